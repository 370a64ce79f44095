"""What all tables have in common."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from osc_baremetal_config.osc.views.cells import OrDash

# Names on a line that is about many servers.
_SOME = 5
SERVER = ('Server', 'ID')
NOTHING = OrDash(None)
Row = tuple[object, ...]


class Table(NamedTuple):
    """Columns, and the cells of each row."""

    columns: Sequence[str]
    rows: Sequence[Row]


def without(table: Table, names: Iterable[str]) -> Table:
    """Return a table without the columns of these names."""
    left_out = set(names)
    kept = [n for n, name in enumerate(table.columns) if name not in left_out]
    return Table(
        [table.columns[n] for n in kept],
        [tuple(row[n] for n in kept) for row in table.rows],
    )


def for_person(table: Table) -> Table:
    """Return a table without the IDs if the names tell the servers apart."""
    servers = {(str(row[0]), str(row[1])) for row in table.rows}
    is_clear = len({name for name, _ in servers}) == len(servers)
    return without(table, ['ID']) if is_clear else table


def in_order(columns: Sequence[str], rows: Iterable[Row]) -> Table:
    """Return a table by server and type."""
    return Table(
        columns, sorted(rows, key=lambda row: (str(row[0]), str(row[2])))
    )


def some(names: Iterable[str]) -> str:
    """Return names for one line, with the number of those left out."""
    every = sorted(names)
    left = len(every) - _SOME
    return ', '.join(every[:_SOME]) + (f' and {left} more' if left > 0 else '')


def once(told: Iterable[tuple[str, str]]) -> list[str]:
    """Return sentences for one line each, with all that each is about.

    :param told: what a sentence is about, and the sentence.
    """
    about: dict[str, list[str]] = {}
    for name, sentence in told:
        about.setdefault(sentence, []).append(name)
    return [f'{some(names)}: {text}' for text, names in about.items()]


def count(number: int, noun: str) -> str:
    """Return a number of things, in the singular or the plural."""
    return f'{number} {noun}{"" if number == 1 else "s"}'
