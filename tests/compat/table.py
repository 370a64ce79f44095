"""The table of what works on which release, as it is kept and compared.

Owns ``support.yaml``, which the documentation shows. Must never run a thing.
"""

import dataclasses
import pathlib
from collections.abc import Mapping

import yaml

from tests.compat.cells import OPERATIONS, PEOPLE, Outcome

FILE = pathlib.Path(__file__).with_name('support.yaml')
Cells = Mapping[str, Mapping[str, Outcome]]


@dataclasses.dataclass(frozen=True)
class Column:
    """What was seen on one release.

    :param ironic: the version of Ironic.
    :param api: the newest version of its API.
    :param cells: operation → person → how it ended.
    """

    ironic: str
    api: str
    cells: Cells


def load() -> dict[str, Column]:
    """Return what is kept, by release."""
    if not FILE.exists():
        return {}
    return {
        name: Column(
            kept['ironic'],
            kept['api'],
            {
                operation: {
                    person: Outcome(cell['result'], cell.get('words', ''))
                    for person, cell in people.items()
                }
                for operation, people in kept['cells'].items()
            },
        )
        for name, kept in yaml.safe_load(FILE.read_text()).items()
    }


def save(columns: Mapping[str, Column]) -> None:
    """Keep what was seen; what a person read without identifiers."""
    document = {name: _document(one) for name, one in columns.items()}
    FILE.write_text(
        '# What works on which release; tox -e compat -- --write makes it.\n'
        + yaml.safe_dump(document, sort_keys=False, width=79)
    )


def merged(kept: Column | None, seen: Column) -> Column:
    """Return what was seen, and of what was not tried what is kept."""
    before = kept.cells if kept else {}
    cells = {
        operation: seen.cells.get(operation, before.get(operation, {}))
        for operation in OPERATIONS
        if operation in {*before, *seen.cells}
    }
    return dataclasses.replace(seen, cells=cells)


def _document(column: Column) -> dict[str, object]:
    return {
        'ironic': column.ironic,
        'api': column.api,
        'cells': {
            operation: {
                person: {
                    k: v for k, v in dataclasses.asdict(cell).items() if v
                }
                for person, cell in people.items()
            }
            for operation, people in column.cells.items()
        },
    }


def lines(columns: Mapping[str, Column]) -> list[str]:
    """Return the table as a terminal shows it, and each refusal once."""
    quotes: list[str] = []
    rows = []
    for name, column in columns.items():
        rows.append(f'{name}: Ironic {column.ironic}, API {column.api}')
        for operation in OPERATIONS:
            people = column.cells.get(operation, {})
            ends = [
                f'{person}: {_short(people[person], quotes)}'
                for person in PEOPLE
                if person in people
            ]
            rows.append(f'  {operation:15} {"; ".join(ends)}')
    for number, quote in enumerate(quotes, 1):
        rows += ['', f'[{number}]', *(f'  {row}' for row in quote.split('\n'))]
    return rows


def _short(cell: Outcome, quotes: list[str]) -> str:
    """Return a result, with the number of what the person read."""
    if not cell.words:
        return cell.result
    if cell.words not in quotes:
        quotes.append(cell.words)
    return f'{cell.result} [{quotes.index(cell.words) + 1}]'
