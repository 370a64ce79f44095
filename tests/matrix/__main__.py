"""Print what becomes of every request of a change, hit by every fault.

``tox -e faults`` runs all of it against the model, with ``--scenario`` and
``--matrix`` only some; with ``--real`` the crashes of one change on the real
cloud, which must be up.
"""

import argparse
import collections
import concurrent.futures
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence

from tests.matrix import devcloud, points, scenarios
from tests.matrix.points import Verdict

# A crash is followed by the same command at once, and once all has settled.
_LATER_S = (0.0, 60.0)
_MATRICES = ('crash', 'fault')
Counts = collections.Counter[str]


def main(argv: Sequence[str]) -> int:
    """Return 0 if nothing was lost."""
    parser = argparse.ArgumentParser(prog='tests.matrix', description=__doc__)
    names = [scenario.name for scenario in scenarios.SCENARIOS]
    parser.add_argument('--scenario', action='append', choices=names)
    parser.add_argument('--matrix', action='append', choices=_MATRICES)
    parser.add_argument(
        '--real',
        action='store_true',
        help='the crashes of one change on the real cloud, which must be up',
    )
    parsed = parser.parse_args(argv)
    if parsed.real:
        return _real()
    jobs = _jobs(parsed.scenario or names, parsed.matrix or _MATRICES)
    began = time.monotonic()
    total: Counts = collections.Counter()
    _write('scenario', 'requests', 'matrix', ['points', *_columns()])
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for name, matrix, requests, counts, lost in pool.map(
            _play, *zip(*jobs, strict=True)
        ):
            total += counts
            _write(name, requests, matrix, _figures(counts))
            for line in lost:
                print(f'LOST {line}', file=sys.stderr)
    _write('total', '', '', _figures(total))
    print(f'{time.monotonic() - began:.0f} s')
    return 1 if total[Verdict.LOST.value] else 0


def _real() -> int:
    """Return 0 if nothing was lost on the real cloud."""
    summary = devcloud.run(print)
    print(summary)
    for line in summary.lost:
        print(f'LOST {line}', file=sys.stderr)
    return 1 if summary.lost else 0


def _jobs(
    names: Sequence[str], matrices: Sequence[str]
) -> list[tuple[str, str]]:
    return [(name, matrix) for name in names for matrix in matrices]


def _play(name: str, kind: str) -> tuple[str, str, int, Counts, list[str]]:
    """Return what has become of the points of a scenario."""
    os.environ['HOME'] = tempfile.gettempdir()
    [scenario] = [s for s in scenarios.SCENARIOS if s.name == name]
    reference = points.Reference.of(scenario)
    is_crash = kind == 'crash'
    counts: Counts = collections.Counter()
    lost = []
    for point in reference.points(
        points.CRASHES if is_crash else points.FAULTS
    ):
        for later_s in _LATER_S if is_crash else (0.0,):
            outcome = reference.hit(point, later_s=later_s)
            counts[outcome.verdict.value] += 1
            if outcome.verdict is Verdict.LOST:
                lost.append(f'{point}: {outcome.why}')
    return name, kind, reference.requests, counts, lost


def _columns() -> list[str]:
    return [verdict.value for verdict in Verdict]


def _figures(counts: Counts) -> list[object]:
    return [counts.total(), *(counts[column] for column in _columns())]


def _write(
    name: object, requests: object, matrix: object, figures: Iterable[object]
) -> None:
    cells = ''.join(f'{figure:>11}' for figure in figures)
    print(f'{name:<16}{requests:>9}  {matrix:<7}{cells}', flush=True)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
