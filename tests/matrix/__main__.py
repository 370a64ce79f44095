"""Print what becomes of every request of a change, hit by every fault.

``tox -e faults`` runs all of it against the model, with ``--scenario``,
``--matrix`` and ``--every`` only some, with ``--release`` on an older Ironic;
with ``--real`` the crashes of one change on the real cloud, which must be up.
The matrices:

* ``crash``: killed at every request, and the same command again;
* ``fault``: every request hit by every fault;
* ``gone``: killed, and the way forward gone before the way back;
* ``two``: two clients in every order of their calls;
* ``forged``: journals that somebody has forged;
* ``spoilt``: every document of a conversation, spoilt in every way;
* ``mute``: stderr gone at every request;
* ``ends``: commands whose streams end, with real processes;
* ``planted``: texts that steer a terminal in every field of every answer;
* ``offers``: what an operator offers, every request hit by every fault.
"""

import argparse
import collections
import concurrent.futures
import functools
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from tests.matrix import (
    devcloud,
    ends,
    forged,
    gone,
    offering,
    planted,
    points,
    scenarios,
    spoilt,
    two,
)
from tests.matrix.points import Outcome, Verdict
from tests.model import releases

# A crash is followed by the same command at once, and once all has settled.
_LATER_S = (0.0, 60.0)
_FORGERIES = 2000
_AT_A_TIME = 500
Counts = collections.Counter[str]
# A point in words, and what has become of it.
Points = Iterator[tuple[object, Outcome]]


def main(argv: Sequence[str]) -> int:
    """Return 0 if nothing was lost."""
    parser = argparse.ArgumentParser(prog='tests.matrix', description=__doc__)
    names = [scenario.name for scenario in scenarios.SCENARIOS]
    parser.add_argument('--scenario', action='append', choices=names)
    every = [*_BY_SCENARIO, *_MATRICES]
    parser.add_argument('--matrix', action='append', choices=every)
    parser.add_argument(
        '--release',
        default='newest',
        choices=releases.RELEASES,
        help=f'whose Ironic the model plays, for {", ".join(_BY_SCENARIO)}',
    )
    parser.add_argument(
        '--every',
        type=int,
        default=1,
        metavar='N',
        help='of these, only every Nth point',
    )
    parser.add_argument(
        '--real',
        action='store_true',
        help='the crashes of one change on the real cloud, which must be up',
    )
    parsed = parser.parse_args(argv)
    if parsed.real:
        return _real()
    is_newest = parsed.release == 'newest'
    chosen = parsed.matrix or (every if is_newest else list(_BY_SCENARIO))
    if not is_newest and not _BY_SCENARIO.keys() >= set(chosen):
        parser.error(f'--release is for {", ".join(_BY_SCENARIO)} only')
    jobs = [
        (matrix, name)
        for matrix in chosen
        for name in _names(matrix, parsed.scenario or names)
    ]
    play = functools.partial(_play, parsed.release, parsed.every)
    began = time.monotonic()
    total: Counts = collections.Counter()
    _write('matrix', 'of', ['points', *_columns()])
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for matrix, name, counts, lost in pool.map(
            play, *zip(*jobs, strict=True)
        ):
            total += counts
            _write(matrix, name, _figures(counts))
            for line in lost:
                print(f'LOST {line}', file=sys.stderr)
    _write('total', '', _figures(total))
    print(f'{time.monotonic() - began:.0f} s')
    return 1 if total[Verdict.LOST.value] else 0


def _real() -> int:
    """Return 0 if nothing was lost on the real cloud."""
    summary = devcloud.run(print)
    print(summary)
    for line in summary.lost:
        print(f'LOST {line}', file=sys.stderr)
    return 1 if summary.lost else 0


def _names(matrix: str, chosen: Sequence[str]) -> list[str]:
    """Return what a matrix is played for."""
    if matrix == 'gone':
        return [
            str(one) for one in gone.cases() if one.scenario.name in chosen
        ]
    if matrix == 'two':
        return [pair.name for pair in two.PAIRS]
    if matrix == 'planted':
        return [command.name for command in planted.COMMANDS]
    if matrix == 'offers':
        return [case.name for case in offering.CASES]
    if matrix == 'ends':
        return ['streams']
    if matrix == 'forged':
        return list(map(str, range(0, _FORGERIES, _AT_A_TIME)))
    if matrix == 'spoilt':
        return [command.name for command in spoilt.COMMANDS]
    return list(chosen)


def _play(
    release: str, every: int, matrix: str, name: str
) -> tuple[str, str, Counts, list[str]]:
    """Return what has become of the points of a matrix."""
    os.environ['HOME'] = tempfile.gettempdir()
    counts: Counts = collections.Counter()
    lost = []
    if matrix in _BY_SCENARIO:
        reference = _reference(name, release)
        played = _BY_SCENARIO[matrix](reference, every)
    else:
        played = _MATRICES[matrix](name)
    for point, outcome in played:
        counts[outcome.verdict.value] += 1
        if outcome.verdict is Verdict.LOST:
            lost.append(f'{point}: {outcome.why}')
    return matrix, name, counts, lost


def _crash(reference: points.Reference, every: int) -> Points:
    found = reference.points(points.CRASHES)
    for point in itertools.islice(found, 0, None, every):
        for later_s in _LATER_S:
            yield point, reference.hit(point, later_s=later_s)


def _fault(reference: points.Reference, every: int) -> Points:
    found = reference.points(points.FAULTS)
    for point in itertools.islice(found, 0, None, every):
        yield point, reference.hit(point)


def _gone(name: str) -> Points:
    [case] = [one for one in gone.cases() if str(one) == name]
    reference = points.Reference.of(case.scenario)
    for point in reference.points(points.CRASHES):
        yield f'{case}: {point}', gone.hit(reference, point, case)


def _two(name: str) -> Points:
    [pair] = [one for one in two.PAIRS if one.name == name]
    for order in two.orders(pair):
        yield f'{name}: {order}', two.hit(pair, order)


def _forged(name: str) -> Points:
    for seed in range(int(name), int(name) + _AT_A_TIME):
        yield seed, forged.hit(seed)


def _spoilt(name: str) -> Points:
    [command] = [one for one in spoilt.COMMANDS if one.name == name]
    for point in spoilt.points(command):
        yield point, spoilt.hit(point)


def _mute(reference: points.Reference, every: int) -> Points:
    found = reference.points(points.MUTES)
    for point in itertools.islice(found, 0, None, every):
        yield point, reference.mute(point)


def _ends(name: str) -> Points:
    for case, wrong in ends.play(ends.CASES):
        verdict = Verdict.LOST if wrong else Verdict.THROUGH
        yield case.name, Outcome(verdict, wrong)


def _planted(name: str) -> Points:
    [command] = [one for one in planted.COMMANDS if one.name == name]
    for seed, form in planted.seeds(command):
        yield f'{name}: {seed}, {form}', planted.hit(command, seed, form)


def _offers(name: str) -> Points:
    [case] = [one for one in offering.CASES if one.name == name]
    for point, play in offering.points(case):
        yield point, play()


_BY_SCENARIO: dict[str, Callable[[points.Reference, int], Points]] = {
    'crash': _crash,
    'fault': _fault,
    'mute': _mute,
}
_MATRICES: dict[str, Callable[[str], Points]] = {
    'gone': _gone,
    'two': _two,
    'forged': _forged,
    'spoilt': _spoilt,
    'ends': _ends,
    'planted': _planted,
    'offers': _offers,
}


def _reference(name: str, release: str) -> points.Reference:
    [scenario] = [s for s in scenarios.SCENARIOS if s.name == name]
    return points.Reference.of(scenario.on(release))


def _columns() -> list[str]:
    return [verdict.value for verdict in Verdict]


def _figures(counts: Counts) -> list[object]:
    return [counts.total(), *(counts[column] for column in _columns())]


def _write(matrix: object, name: object, figures: Iterable[object]) -> None:
    cells = ''.join(f'{figure:>11}' for figure in figures)
    print(f'{matrix:<8}{name:<32}{cells}', flush=True)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
