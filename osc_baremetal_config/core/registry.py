"""What a node's BIOS registry says about a setting.

Restates the rules by which Redfish and Ironic judge a value, so that a wrong
one is found before the server is touched. Ironic refuses it too, but only
after it has accepted the request, with the node in maintenance.
"""

import difflib
import enum
from collections.abc import Iterable
from dataclasses import dataclass

from osc_baremetal_config.core.model import Bios, BiosSetting


@enum.unique
class Possible(enum.Enum):
    """Whether a BIOS can be given a value."""

    YES = 'supported'
    NO = 'unsupported'
    UNKNOWN = 'unknown'


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether, and if not a plain yes, why."""

    possible: Possible
    reason: str = ''

    @property
    def is_possible(self) -> bool:
        """Return True unless the registry rules it out."""
        return self.possible is not Possible.NO


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean …?)`` for a misspelt word, else nothing."""
    by_fold = {k.casefold(): k for k in sorted(known)}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1)
    return f' (did you mean {by_fold[close[0]]}?)' if close else ''


def holds(bios: Bios, name: str, value: str | None) -> bool:
    """Return whether a setting has a value, by the rules of its type.

    :param value: None for a setting that is not there.
    """
    setting = bios.get(name)
    if setting is None or setting.value is None or value is None:
        return (setting.value if setting else None) == value
    match setting.attribute_type:
        case 'Integer':
            try:
                return int(setting.value) == int(value)
            except ValueError:
                return setting.value == value
        case 'Boolean':
            return setting.value.casefold() == value.casefold()
    return setting.value == value


def native(bios: Bios, name: str, value: str) -> str | int | bool:
    """Return a value as a BMC takes it, which Ironic shows as text."""
    setting = bios.get(name)
    match setting.attribute_type if setting else None:
        case 'Integer' if value.removeprefix('-').isdecimal():
            return int(value)
        case 'Boolean':
            return value.casefold() == 'true'
    return value


def judge(name: str, value: str, bios: Bios) -> Verdict:
    """Return whether a node's BIOS can be given a setting.

    :param bios: the node's settings; empty if Ironic has read none yet.
    """
    if not bios:
        return Verdict(
            Possible.UNKNOWN, 'Ironic has read no BIOS settings of this node'
        )
    setting = bios.get(name)
    if setting is None:
        hint = nearest(name, bios)
        return Verdict(Possible.NO, f'its BIOS knows no {name}{hint}')
    if setting.read_only:
        return Verdict(Possible.NO, f'{name} is read-only')
    if setting.attribute_type is None:
        return Verdict(
            Possible.UNKNOWN, f'Ironic has no registry entry for {name}'
        )
    return _judge_value(setting, value)


def _judge_value(setting: BiosSetting, value: str) -> Verdict:
    match setting.attribute_type:
        case 'Enumeration':
            return _judge_choice(setting, value)
        case 'Integer':
            return _judge_integer(setting, value)
        case 'Boolean':
            if value.casefold() in ('true', 'false'):
                return Verdict(Possible.YES)
            return Verdict(Possible.NO, 'it must be true or false')
        case 'String':
            return _judge_length(setting, value)
        case 'Password':
            return Verdict(
                Possible.NO, 'it is a password, which is never set from here'
            )
        case other:
            return Verdict(Possible.UNKNOWN, f'its type is {other}')


def _judge_choice(setting: BiosSetting, value: str) -> Verdict:
    allowed = setting.allowable_values
    if not allowed:
        return Verdict(
            Possible.UNKNOWN, f'the registry lists no values of {setting.name}'
        )
    if value in allowed:
        return Verdict(Possible.YES)
    return Verdict(Possible.NO, f'allowed are {", ".join(allowed)}')


def _judge_integer(setting: BiosSetting, value: str) -> Verdict:
    try:
        number = int(value)
    except ValueError:
        return Verdict(Possible.NO, 'it must be a whole number')
    return _judge_range(
        number, setting.lower_bound, setting.upper_bound, 'it must be'
    )


def _judge_length(setting: BiosSetting, value: str) -> Verdict:
    return _judge_range(
        len(value),
        setting.min_length,
        setting.max_length,
        'its length must be',
    )


def _judge_range(
    number: int, lowest: int | None, highest: int | None, what: str
) -> Verdict:
    if lowest is not None and number < lowest:
        return Verdict(Possible.NO, f'{what} at least {lowest}')
    if highest is not None and number > highest:
        return Verdict(Possible.NO, f'{what} at most {highest}')
    return Verdict(Possible.YES)
