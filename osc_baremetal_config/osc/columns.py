"""How values look in a table, and what they are in JSON."""

from typing import Any

from cliff import columns

from osc_baremetal_config.core.state import Drift


class OrDash(columns.FormattableColumn[Any]):
    """A value that may be missing: ``-`` for a person, null for a script."""

    def human_readable(self) -> str:
        """Return the text for a table."""
        return '-' if self._value is None else str(self._value)


class Listed(columns.FormattableColumn[list[str]]):
    """Several texts: a line each for a person, a list for a script."""

    def human_readable(self) -> str:
        """Return the text for a table."""
        return '\n'.join(self._value) or '-'


class YesNo(columns.FormattableColumn[Any]):
    """Whether there is drift: yes, no or unknown; true, false or null."""

    def human_readable(self) -> str:
        """Return the text for a table."""
        return '-' if self._value is Drift.UNKNOWN else str(self._value)

    def machine_readable(self) -> bool | None:
        """Return the value for a script."""
        return {Drift.YES: True, Drift.NO: False}.get(self._value)
