"""Break files by chance, and print what was made of them.

``tox -e fuzz -- 20000`` breaks so many; a seed that fails is told, and makes
the same files again. With ``--pure`` PyYAML does without libyaml.
"""

import argparse
import collections
import concurrent.futures
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_AT_A_TIME = 250


def main(argv: Sequence[str]) -> int:
    """Return 0 if every file was read or refused as it should be."""
    parser = argparse.ArgumentParser(prog='tests.fuzz', description=__doc__)
    parser.add_argument('files', type=int, nargs='?', default=20_000)
    parser.add_argument('--seed', type=int, default=0, help='the first one')
    parser.add_argument('--pure', action='store_true')
    parsed = parser.parse_args(argv)
    began = time.monotonic()
    seeds = range(parsed.seed, parsed.seed + parsed.files)
    starts = range(0, len(seeds), _AT_A_TIME)
    parts = [seeds[at : at + _AT_A_TIME] for at in starts]
    total: collections.Counter[str] = collections.Counter()
    with concurrent.futures.ProcessPoolExecutor(
        initializer=_without_libyaml if parsed.pure else None
    ) as pool:
        for counts in pool.map(_play, parts):
            total += counts
    for became, number in sorted(total.items()):
        print(f'{number:8} {became}')
    print(f'{time.monotonic() - began:8.1f} seconds')
    return int(set(total) - {'valid', 'refused'} != set())


def _without_libyaml() -> None:
    """Let PyYAML find no libyaml, as where it was built without it."""
    sys.modules['yaml._yaml'] = None  # type: ignore[assignment]


def _play(seeds: Sequence[int]) -> collections.Counter[str]:
    """Return what has become of some files."""
    from tests.fuzz import files

    counts: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory(prefix='fuzz-') as folder:
        for seed in seeds:
            try:
                counts[files.check(seed, Path(folder))] += 1
            except AssertionError as error:
                counts[str(error)[:300]] += 1
    return counts


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
