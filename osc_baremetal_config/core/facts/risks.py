"""What a setting can do to a server besides what it is for.

Owns the kinds of risk and their words. Which setting has which is for the
catalogue to say.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from osc_baremetal_config.core.facts import patterns, values
from osc_baremetal_config.core.facts.model import Value

# As Ironic keeps booleans, where no registry tells that these are some.
_BOOLEANS = {'true': '1', 'false': '0'}


@enum.unique
class Risk(enum.StrEnum):
    """What can be lost."""

    BOOT = 'boot'
    KEYS = 'keys'
    DATA = 'data'

    @property
    def words(self) -> str:
        """Return what can happen, as the end of a sentence."""
        return {
            Risk.BOOT: 'can keep the installed system from booting',
            Risk.KEYS: 'can destroy keys, and so what they encrypt',
            Risk.DATA: 'can lose data on the disks of the server',
        }[self]


@dataclass(frozen=True, slots=True)
class RiskySetting:
    """A setting that has a risk.

    :param pattern: of its name, as of a shell.
    :param value: that has it; None for every value.
    :param harmless: the one value that has not; None for no such.
    """

    pattern: str
    risk: Risk
    value: Value | None = None
    harmless: Value | None = None

    def is_set_by(self, name: str, value: Value) -> bool:
        """Return whether a setting with a value is this one.

        Rather once too often: case does not matter, nor true or 1.
        """
        if not patterns.matches(name, self.pattern):
            return False
        if self.harmless is not None:
            return _plain(self.harmless) != _plain(value)
        return self.value is None or _plain(self.value) == _plain(value)


def of(
    known: Iterable[RiskySetting], settings: Iterable[tuple[str, Value]]
) -> dict[Risk, list[str]]:
    """Return risk → the settings that have it, in words.

    :param known: what is known of risky settings.
    :param settings: name and value of those that are set.
    """
    found: dict[Risk, list[str]] = {}
    every = tuple(known)
    for name, value in settings:
        for risk in {one.risk for one in every if one.is_set_by(name, value)}:
            words = found.setdefault(risk, [])
            words.append(f'{name}={values.shown(value)}')
    return found


def _plain(value: Value) -> str:
    text = values.stored(value).casefold()
    return _BOOLEANS.get(text, text)
