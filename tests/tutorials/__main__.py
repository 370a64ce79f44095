"""``python -m tests.tutorials``: the pages, run on two clouds at once.

With ``--write`` it writes what was printed into the pages. With the names of
pages it runs these.
"""

import argparse
import concurrent.futures
import os
import queue
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.devcloud import layout as layouts
from tests.functional import __main__ as clouds
from tests.tutorials import pages, running, shell, stage


def main(argv: Sequence[str]) -> int:
    """Return 0 if the pages are right."""
    parser = argparse.ArgumentParser(prog='python -m tests.tutorials')
    parser.add_argument('--write', action='store_true')
    parser.add_argument('page', nargs='*', type=Path)
    wanted = parser.parse_args(argv)
    paths = [path.resolve() for path in wanted.page] or pages.paths()
    with clouds.up(1 if len(paths) == 1 else 2) as states:
        ran = _run_all(paths, states, is_written=wanted.write)
    total = running.Ran()
    for each in ran:
        total.add(each)
    for line in (*total.not_run, *total.faults):
        print(line, end='\n\n')
    print(running.summary(len(paths), total))
    return 0 if total.is_right else 1


def _run_all(
    paths: Sequence[Path], states: Sequence[str], *, is_written: bool
) -> list[running.Ran]:
    """Return how each page has ended."""
    free: queue.Queue[str] = queue.Queue()
    for state in states:
        free.put(state)

    def run(path: Path) -> running.Ran:
        state = free.get()
        try:
            return _run(path, state, is_written=is_written)
        finally:
            free.put(state)

    with concurrent.futures.ThreadPoolExecutor(len(states)) as pool:
        return list(pool.map(run, paths))


def _run(path: Path, state: str, *, is_written: bool) -> running.Ran:
    """Return how a page has ended on a cloud."""
    layout = layouts.Layout.load({**os.environ, 'DEVCLOUD_STATE': state})
    text = path.read_text(encoding='utf-8')
    name = str(path.relative_to(pages.ROOT))
    blocks = pages.blocks(text)
    with (
        stage.folder() as folder,
        stage.Stage(layout, folder) as staged,
        shell.opened(folder, stage.environment(layout, folder)) as opened,
    ):
        ran = running.run(name, blocks, opened, folder, staged.set)
    if is_written:
        path.write_text(pages.with_output(text, ran.printed), encoding='utf-8')
    state = f'{len(ran.faults)} faults' if ran.faults else 'as it says'
    print(f'{name}: {ran.commands} commands, {state}', flush=True)
    return ran


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
