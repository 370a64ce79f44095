"""``python -m tests.compat [RELEASE …]``: what works on which release.

Brings up a cloud of each release in turn, tries every operation as operator
and as manager, prints the table, and fails where it is not the one that is
kept. ``--write`` keeps it. ``--only`` tries some operations.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import testtools

from tests.compat import cells, table
from tests.devcloud import cloud, releases
from tests.devcloud import layout as layouts

# What of a refusal is another text in each run.
_IDS = (
    (re.compile(r'\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b'), 'ID'),
    (re.compile(r'req-ID'), 'REQUEST'),
    (re.compile(r'\b[0-9a-f]{32}\b'), 'ID'),
)


def main(argv: Sequence[str]) -> int:
    """Return 0 if all ended as it is kept, else 1."""
    options = _parser().parse_args(argv)
    kept = table.load()
    found = {}
    failed = False
    for name in options.releases or list(releases.RELEASES):
        with _up(name):
            found[name], broken = _column(options.only or None)
        failed |= broken
    _say(*table.lines(found))
    if options.write and not failed:
        all_seen = {
            name: table.merged(kept.get(name), found[name])
            if name in found
            else kept[name]
            for name in releases.RELEASES
            if name in {*kept, *found}
        }
        table.save(all_seen)
        return 0
    return 1 if failed | _differs(kept, found) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m tests.compat', description=__doc__
    )
    parser.add_argument(
        'releases', nargs='*', metavar='RELEASE', help='all by default'
    )
    parser.add_argument('--write', action='store_true')
    parser.add_argument('--only', action='append', choices=cells.OPERATIONS)
    return parser


@contextmanager
def _up(name: str) -> Iterator[None]:
    """Have a cloud of a release; it goes, unless it was there before."""
    before = {k: os.environ.get(k) for k in ('DEVCLOUD_RELEASE', _STATE)}
    if name != releases.NEWEST:
        first = layouts.Layout.load()
        os.environ[_STATE] = f'{first.state}-{name}'
    os.environ['DEVCLOUD_RELEASE'] = name
    was_up = cloud.is_up(layouts.Layout.load())
    try:
        _devcloud('up')
        yield
    finally:
        if not was_up:
            _devcloud('down')
        for key, value in before.items():
            os.environ.pop(key, None)
            if value is not None:
                os.environ[key] = value


_STATE = 'DEVCLOUD_STATE'


def _devcloud(command: str) -> None:
    """Run a command of the devcloud.

    :raises subprocess.CalledProcessError: it has failed, and has said why.
    """
    subprocess.run(
        [sys.executable, '-m', 'tests.devcloud', command], check=True
    )


def _column(only: Sequence[str] | None) -> tuple[table.Column, bool]:
    """Return what was seen on the cloud that is up, and whether any broke."""
    ironic = cloud.ironic(layouts.Layout.load())
    seen: dict[str, dict[str, cells.Outcome]] = {}
    broken = False
    for operation in only or cells.OPERATIONS:
        for person, name in cells.PEOPLE.items():
            cell = cells.Cell(operation, name)
            result = testtools.TestResult()
            cell.run(result)
            if cell.outcome is None or not result.wasSuccessful():
                broken = True
                _say(f'{operation} as {person}: FAILED')
                _say(*(why for _, why in (*result.errors, *result.failures)))
                continue
            outcome = cells.Outcome(
                cell.outcome.result, _timeless(cell.outcome.words)
            )
            seen.setdefault(operation, {})[person] = outcome
            _say(f'{operation} as {person}: {outcome.result}')
    return table.Column(ironic.package, ironic.api, seen), broken


def _timeless(words: str) -> str:
    """Return a refusal without what another run has otherwise."""
    for pattern, word in _IDS:
        words = pattern.sub(word, words)
    return words


def _differs(
    kept: Mapping[str, table.Column], found: Mapping[str, table.Column]
) -> bool:
    """Return whether anything is not as it is kept; say what."""
    differs = False
    for name, column in found.items():
        for operation, people in column.cells.items():
            for person, outcome in people.items():
                wanted = (
                    kept[name].cells.get(operation, {}).get(person)
                    if name in kept
                    else None
                )
                if outcome != wanted:
                    differs = True
                    _say(
                        f'{name}: {operation} as {person}: {outcome}, and '
                        f'{wanted} is kept'
                    )
    return differs


def _say(*rows: str) -> None:
    for row in rows:
        sys.stdout.write(f'{row}\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
