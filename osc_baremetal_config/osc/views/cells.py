"""How values look in a table, and what they are in JSON."""

import copy
import datetime
import functools
import json
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from cliff import columns


# In cliff of 2024.1 the class takes no parameter.
class _Sortable(columns.FormattableColumn):  # type: ignore[type-arg]
    """A value that may be missing; what is missing comes first."""

    def __lt__(self, other: object) -> bool:
        """Return whether this comes before another of its column."""
        return _key(self) < _key(other)


def _key(cell: object) -> tuple[bool, str]:
    value = getattr(cell, '_value', cell)
    return (value is not None, str(value))


class OrDash(_Sortable):
    """A value that may be missing: ``-`` for a person, null for a script."""

    def human_readable(self) -> str:
        """Return the text for a table."""
        return '-' if self._value is None else str(self._value)


class Named(_Sortable):
    """Who has done something: a name for a person, the ID for a script.

    :param names: id → name, as far as they are known.
    """

    def __init__(self, value: str | None, names: Mapping[str, str]) -> None:
        super().__init__(value)
        self._names = names

    def human_readable(self) -> str:
        """Return the text for a table."""
        if self._value is None:
            return '-'
        return self._names.get(self._value, self._value)


class Deferral(_Sortable):
    """Who has deferred a request, and when: a mapping, null for a script.

    :param names: id → name of users, as far as they are known.
    :param now: the time from which how long ago is counted.
    """

    def __init__(
        self,
        value: Mapping[str, str] | None,
        names: Mapping[str, str],
        now: datetime.datetime,
    ) -> None:
        super().__init__(value)
        self._names = names
        self._now = now

    def human_readable(self) -> str:
        """Return the text for a table."""
        if self._value is None:
            return '-'
        by, at = self._value['by'], self._value['at']
        ago = Ago(at, self._now).human_readable()
        return f'by {self._names.get(by, by)} {ago}'


class Lines(_Sortable):
    """Several texts: a line each for a person, a list for a script."""

    def human_readable(self) -> str:
        """Return the text for a table."""
        return '\n'.join(self._value) or '-'


class Json(_Sortable):
    """A document: as JSON for a person, as it is for a script."""

    def human_readable(self) -> str:
        """Return the text for a table."""
        return '-' if self._value is None else json.dumps(self._value)


class OnOneLine(_Sortable):
    """Several words: with commas for a person, a list for a script."""

    def human_readable(self) -> str:
        """Return the text for a table."""
        return ', '.join(self._value) or '-'


class Ago(_Sortable):
    """A time: how long ago for a person, ISO 8601 or null for a script.

    :param now: the time from which that is counted.
    """

    def __init__(self, value: str | None, now: datetime.datetime) -> None:
        super().__init__(value)
        self._now = now

    def human_readable(self) -> str:
        """Return the text for a table."""
        if self._value is None:
            return '-'
        try:
            then = datetime.datetime.fromisoformat(self._value)
        except ValueError:
            return str(self._value)
        if then.tzinfo is None:
            then = then.replace(tzinfo=datetime.UTC)
        return _ago((self._now - then).total_seconds())


class YesNo(_Sortable):
    """A boolean that may be unknown: yes, no or ``-``; true, false or null."""

    def human_readable(self) -> str:
        """Return the text for a table."""
        return {True: 'yes', False: 'no'}.get(self._value, '-')


# The longest unit of which there is at least one.
_UNITS = ((86400, 'day'), (3600, 'hour'), (60, 'minute'))


def _ago(seconds: float) -> str:
    for length, unit in _UNITS:
        count = int(seconds // length)
        if count >= 1:
            return f'{count} {unit}{"" if count == 1 else "s"} ago'
    return 'just now'


def seen(value: Any, visible: Callable[[str], str]) -> Any:
    """Return cells, or rows of them, with each text as it can be seen.

    The lines that a cell makes of several texts stay; those within do not.

    :param visible: returns a text on one line.
    """
    if isinstance(value, str):
        shown = visible(value)
        # Not a plain text instead of a member of an enumeration.
        return value if shown == value else shown
    if isinstance(value, list | tuple):
        return [seen(one, visible) for one in value]
    if isinstance(value, columns.FormattableColumn):
        cell = copy.copy(value)
        cell._value = seen(value._value, visible)
        return cell
    return value


def wrapped(value: Any, width: int) -> Any:
    """Return cells, or rows of them, with lines no longer than a width.

    But for single words that are longer.
    """
    if isinstance(value, list | tuple):
        return [wrapped(one, width) for one in value]
    lines = str(value).splitlines()
    if all(len(line) <= width for line in lines):
        return value
    wrap = functools.partial(
        textwrap.wrap,
        width=width,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return Lines([part for line in lines for part in wrap(line)])


def quoted(cell: Any) -> str:
    """Return a cell as it can stand between double quotes in a shell.

    The quotes themselves, and only they, are for the formatter to escape.
    """
    if isinstance(cell, columns.FormattableColumn):
        cell = cell.machine_readable()
    return re.sub(r'[\\$`]', r'\\\g<0>', str(cell))
