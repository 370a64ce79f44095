"""What is shown of a golden server, and of how others differ from it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.explain.baseline import (
    Baseline,
    Compared,
    Deviation,
    Kind,
)
from osc_baremetal_config.core.facts import values
from osc_baremetal_config.core.facts.model import Survey, Value
from osc_baremetal_config.osc.views import tables
from osc_baremetal_config.osc.views.cells import Json, OnOneLine, OrDash
from osc_baremetal_config.osc.views.tables import NOTHING, SERVER, Row, Table

# Of a person: a row for each setting. Of a script: for each setting of a
# server.
COUNTED: tuple[str, ...] = ('Setting', 'Baseline', 'Values', 'Servers')
EACH: tuple[str, ...] = ('Setting', 'Kind', 'Baseline', 'Value', *SERVER)
WRITTEN: tuple[str, ...] = ('server', 'id', 'vendor', 'file')


def exported(document: Mapping[str, Any]) -> tuple[Sequence[str], Row]:
    """Return the fields of ``export``, and the value of each."""
    return tuple(document), tuple(
        Json(told) if isinstance(told, dict) else OrDash(told)
        for told in document.values()
    )


def written(found: Baseline, path: str) -> tuple[Sequence[str], Row]:
    """Return the fields of ``export --file``, and the value of each."""
    vendor = OrDash(found.vendor or None)
    return WRITTEN, (found.server, found.id, vendor, path)


def untold(assessed: Assessment) -> list[str]:
    """Return which types are not exported although the BIOS has them."""
    return [
        f'{row.type} is left out, as its value cannot be told: '
        f'{row.actual.reason}'
        for row in assessed.rows.values()
        if row.actual.value is None and row.actual.settings
    ]


def left_out(names: Sequence[str]) -> list[str]:
    """Return what a file cannot have."""
    if not names:
        return []
    return [f'Left out for their control characters: {", ".join(names)}.']


def counted(found: Survey[Compared], deviations: Iterable[Deviation]) -> Table:
    """Return the table of what differs, a row for each setting.

    At last those servers of which that is not known.
    """
    rows: list[Row] = [
        (
            one.name,
            OrDash(_shown(one.baseline)),
            OnOneLine([f'{_shown(v) or "-"} ({n})' for v, n in one.counts]),
            _servers([server.name for server, _ in one.found]),
        )
        for one in deviations
    ]
    if unknown := [
        name or server_id or '?' for name, server_id in _unknown(found)
    ]:
        rows.append((NOTHING, NOTHING, NOTHING, _servers(unknown)))
    return Table(COUNTED, rows)


def each(found: Survey[Compared], deviations: Iterable[Deviation]) -> Table:
    """Return the table of what differs, a row for each setting of a server.

    A server of which that is not known has a row without values.
    """
    rows: list[Row] = [
        (
            *(one.name, one.kind.value, OrDash(one.baseline), OrDash(value)),
            *(server.name, server.id),
        )
        for one in deviations
        for server, value in one.found
    ]
    rows += [
        (*[NOTHING] * 4, OrDash(name), OrDash(server_id))
        for name, server_id in _unknown(found)
    ]
    return Table(EACH, rows)


def remarks(baseline: Baseline, found: Survey[Compared]) -> list[str]:
    """Return what is not compared, and why."""
    lines = []
    if baseline.settings is None:
        lines.append(
            'The baseline has no settings, so that only items are compared; '
            '"server config export --settings" writes them as well.'
        )
    told = [
        (one.server.name, 'not compared, as Ironic has read no BIOS settings')
        for one in found.made
        if not one.is_read
    ]
    foreign = "only items are compared, as its BIOS is another vendor's"
    told += [
        (one.server.name, foreign)
        for one in found.made
        if one.is_foreign and baseline.settings
    ]
    told += [
        (one.server.name, f'{name} is not compared, as it cannot be told')
        for one in found.made
        for name in one.untold
    ]
    return lines + tables.once(told)


def summary(
    found: Survey[Compared], deviations: Sequence[Deviation]
) -> list[str]:
    """Return how many servers differ, and in how much."""
    compared = [one for one in found.made if one.is_read]
    if not compared:
        return []
    count = sum(bool(one.differences) for one in compared)
    verb = 'differs' if 1 in (count, len(compared)) else 'differ'
    line = f'{count} of {tables.count(len(compared), "server")} {verb}'
    told = [
        tables.count(number, kind.value)
        for kind in (Kind.SETTING, Kind.ITEM)
        if (number := sum(one.kind is kind for one in deviations))
    ]
    return [line + (f', in {" and ".join(told)}' if told else '') + '.']


def _unknown(
    found: Survey[Compared],
) -> list[tuple[str | None, str | None]]:
    """Return name and ID of the servers of which nothing is known."""
    unread = [(one.name, one.id) for one in found.unread]
    return unread + [
        (one.server.name, one.server.id)
        for one in found.made
        if not one.is_read
    ]


def _servers(names: Sequence[str]) -> str:
    return f'{len(names)}: {tables.some(names)}'


def _shown(value: Value | None) -> str | None:
    return None if value is None else values.shown(value)
