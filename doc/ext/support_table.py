"""The directive ``support-table``: what works on which release.

From what ``tox -e compat`` has seen, so that the page cannot say anything
else.
"""

import pathlib
from typing import Any, ClassVar

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

_SEEN = pathlib.Path(__file__).parents[2] / 'tests/compat/support.yaml'


class SupportTable(Directive):
    """A table of operations and releases, and each refusal once."""

    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Return the table, and below it what a person reads."""
        seen = yaml.safe_load(_SEEN.read_text())
        parsed = nodes.container()
        lines = StringList(_lines(seen), source=str(_SEEN))
        self.state.nested_parse(lines, self.content_offset, parsed)
        return parsed.children


def _lines(seen: dict[str, Any]) -> list[str]:
    """Return the table as reStructuredText."""
    quotes: list[str] = []
    operations = next(iter(seen.values()))['cells']
    rows = [['', *(_head(name, one) for name, one in seen.items())]]
    rows += [
        [
            operation,
            *(_cell(one['cells'][operation], quotes) for one in seen.values()),
        ]
        for operation in operations
    ]
    lines = ['.. list-table::', '   :header-rows: 1', '']
    for row in rows:
        first, *rest = row
        lines.append(f'   * - {first}')
        lines += [f'     - {cell}' for cell in rest]
    for number, quote in enumerate(quotes, 1):
        lines += ['', f'[{number}] ::', '']
        lines += [f'   {line}' for line in quote.split('\n')]
    return lines


def _head(name: str, seen: dict[str, Any]) -> str:
    return f'{name} (Ironic {seen["ironic"]}, API {seen["api"]})'


def _cell(people: dict[str, Any], quotes: list[str]) -> str:
    """Return how an operation ends, once where it ends alike for all."""
    ends = {person: _short(cell, quotes) for person, cell in people.items()}
    if len(set(ends.values())) == 1:
        return next(iter(ends.values()))
    return '; '.join(f'{person}: {end}' for person, end in ends.items())


def _short(cell: dict[str, str], quotes: list[str]) -> str:
    words = cell.get('words')
    if not words:
        return cell['result']
    if words not in quotes:
        quotes.append(words)
    return f'{cell["result"]} [{quotes.index(words) + 1}]'


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the directive."""
    app.add_directive('support-table', SupportTable)
    return {'parallel_read_safe': True}
