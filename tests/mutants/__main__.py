"""Which mutants survive: ``tox -e mutants``.

Ends with 1 if more of them survive than may. Each is tried in a copy of the
repository, in a process of its own, with the tests that reach its line.
"""

import argparse
import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent import futures
from pathlib import Path

from tests.mutants import reach, sample

_ROOT = Path(__file__).parents[2]
_COPIED = ('osc_baremetal_config', 'tests', 'doc', 'setup.cfg')
# A mutant that makes a test wait for ever is dead as well.
_TIMES, _AT_LEAST_S = 2, 20


def main(argv: Sequence[str]) -> int:
    """Return 0 if enough of the mutants die."""
    parsed = _parse(argv)
    began = time.monotonic()
    print('all tests, for what each of them reaches', flush=True)
    known = reach.measured(_ROOT)
    print(f'{len(known.seconds)} tests, {time.monotonic() - began:.0f} s')
    mutants = sample.drawn(_ROOT, parsed.number, parsed.seed)
    survived = 0
    with tempfile.TemporaryDirectory(prefix='mutants-') as folder:
        copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(parsed.jobs):
            copies.put(_copied(Path(folder, str(number))))
        with futures.ThreadPoolExecutor(parsed.jobs) as pool:
            tried = {
                pool.submit(_survives, one, known, copies): one
                for one in mutants
            }
            for done in futures.as_completed(tried):
                if done.result():
                    survived += 1
                    one = tried[done]
                    print(f'survived: {one.path}:{one.line}')
                    print(one.diff(_ROOT), flush=True)
    died = len(mutants) - survived
    share = 100 * died / len(mutants)
    print(
        f'seed {parsed.seed}: {died} of {len(mutants)} died, {share:.1f} %, '
        f'{time.monotonic() - began:.0f} s'
    )
    return int(share < parsed.at_least)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='tests.mutants', description=__doc__)
    for name, default, text in (
        ('number', 200, 'of mutants'),
        ('seed', 1, 'of the sample'),
        ('at-least', 95, 'per cent of them have to die'),
        ('jobs', os.cpu_count() or 1, 'mutants that are tried at once'),
    ):
        parser.add_argument(
            f'--{name}',
            type=int,
            default=default,
            metavar='<number>',
            help=f'{text} (default: {default})',
        )
    return parser.parse_args(argv)


def _copied(folder: Path) -> Path:
    """Return a folder with a copy of what the unit tests need."""
    for name in _COPIED:
        source = _ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns('__pycache__', 'build')
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    return folder


def _survives(
    mutant: sample.Mutant,
    known: reach.Reach,
    copies: 'queue.SimpleQueue[Path]',
) -> bool:
    """Return whether every test that reaches a mutant passes."""
    tests = known.tests(mutant.path, mutant.line)
    folder = copies.get()
    path = folder / mutant.path
    try:
        path.write_text(mutant.code)
        limit_s = _AT_LEAST_S + _TIMES * sum(
            known.seconds[one] for one in tests
        )
        return _passes(tests, folder, limit_s)
    finally:
        shutil.copy(_ROOT / mutant.path, path)
        copies.put(folder)


def _passes(tests: Sequence[str], folder: Path, limit_s: float) -> bool:
    """Return whether tests pass in a folder, within a time."""
    # No bytecode: a mutant can be as long and as old as what it replaces.
    with subprocess.Popen(
        [sys.executable, '-B', '-m', 'unittest', '-q', '-f', *tests],
        cwd=folder,
        env={**os.environ, 'PYTHONPATH': str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            return process.wait(limit_s) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
