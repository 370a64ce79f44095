"""What a node's BIOS registry says about a setting.

Restates the rules by which Redfish and Ironic judge a value, so that a wrong
one is found before the server is touched. Ironic refuses it too, but only
after it has accepted the request, with the node in maintenance.
"""

import difflib
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from osc_baremetal_config.core.facts import patterns, values
from osc_baremetal_config.core.facts.model import Bios, BiosSetting, Value


@enum.unique
class Possible(enum.Enum):
    """Whether a BIOS can be given a value."""

    YES = 'supported'
    NO = 'unsupported'
    UNKNOWN = 'unknown'


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether, and if not a plain yes, why."""

    possible: Possible
    reason: str = ''

    @property
    def is_possible(self) -> bool:
        """Return True unless the registry rules it out."""
        return self.possible is not Possible.NO


@dataclass(frozen=True, slots=True)
class Lock:
    """A setting that locks others unless it has one value.

    Some registries show what is locked as read-only, as Dell's, others do
    not, as HPE's.

    :param settings: the names of those that it locks, or patterns, as of a
        shell.
    """

    name: str
    value: Value
    settings: frozenset[str]

    def is_of(self, name: str) -> bool:
        """Return whether it locks a setting; never itself."""
        return name != self.name and any(
            patterns.matches(name, pattern) for pattern in self.settings
        )


def near(word: str, known: Iterable[str]) -> str:
    """Return the word that a misspelt one is meant to be, empty for none."""
    by_fold = {k.casefold(): k for k in sorted(known)}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1)
    return by_fold[close[0]] if close else ''


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean …?)`` for a misspelt word, else nothing."""
    return hint(near(word, known))


def hint(meant: str) -> str:
    """Return the question whether a word is meant, nothing for no word."""
    return f' (did you mean {meant}?)' if meant else ''


def holds(bios: Bios, name: str, value: Value | None) -> bool:
    """Return whether a setting has a value, by the rules of its type.

    :param value: None for a setting that is not there.
    """
    return values.holds(bios.get(name), value)


def judge(
    name: str, value: Value, bios: Bios, locks: Iterable[Lock] = ()
) -> Judgement:
    """Return whether a node's BIOS can be given a setting.

    :param bios: the node's settings; empty if Ironic has read none yet.
    :param locks: what is known of settings that lock others.
    """
    if not bios:
        return Judgement(
            Possible.UNKNOWN, 'Ironic has read no BIOS settings of this node'
        )
    setting = bios.get(name)
    if setting is None:
        return Judgement(
            Possible.NO,
            f'its BIOS knows no {name}{_showing(name, bios, locks)}',
        )
    if setting.read_only:
        return Judgement(
            Possible.NO,
            f'{name} is read-only{_unlocking(setting, bios, locks)}',
        )
    if setting.attribute_type is None:
        return Judgement(
            Possible.UNKNOWN, f'Ironic has no registry entry for {name}'
        )
    try:
        return _judge_value(
            setting, values.asked(value, setting.attribute_type)
        )
    except values.WrongType as wrong:
        return Judgement(Possible.NO, str(wrong))


def judge_later(name: str, value: Value, bios: Bios) -> Judgement:
    """Return whether a BIOS can be given a setting once another opens it."""
    setting = bios.get(name)
    if setting is None:
        return Judgement(
            Possible.UNKNOWN, f'its BIOS does not show {name} yet'
        )
    judged = judge(name, value, {name: replace(setting, read_only=False)})
    if setting.read_only and judged.possible is Possible.YES:
        return Judgement(
            Possible.UNKNOWN,
            f'Ironic may go on calling {name} read-only: it notices that it '
            f'is not only {_renewal(setting)}',
        )
    return judged


def may_be_renewed(setting: BiosSetting) -> bool:
    """Return whether Ironic may learn that a setting is not read-only now.

    ``sync_node_setting`` in ironic/objects/bios.py writes a row only if the
    value differs, and compares numbers and booleans with their text, which
    always differs. Of another type the row, and so its mark, stays as it is
    until the value itself changes. Of all of them it is what the registry was
    when Ironic connected to the BMC: sushy reads it once for a connection,
    which Ironic keeps (``SessionCache`` in its redfish/utils.py).
    """
    return setting.attribute_type in ('Integer', 'Boolean')


def ignored(
    name: str, bios: Bios, locks: Iterable[Lock], after: Mapping[str, Value]
) -> str | None:
    """Return why a firmware may ignore a setting, None if nothing says so.

    :param after: all that is set with it, name → value.
    """
    for lock in locks:
        if lock.name not in bios or not lock.is_of(name):
            continue
        wanted = after.get(lock.name)
        is_open = (
            _is_open(bios, lock)
            if wanted is None
            else values.is_same(wanted, lock.value)
        )
        if not is_open:
            now = values.shown(values.current(bios[lock.name], None))
            told = f'is {now}' if wanted is None else f'will be {wanted}'
            return (
                f'{name} is fixed by the firmware unless {lock.name} is '
                f'{lock.value}, and it {told}, although the registry does '
                f'not say so'
            )
    return None


def _is_open(bios: Bios, lock: Lock) -> bool:
    """Return whether a lock is open as the BIOS is."""
    return holds(bios, lock.name, lock.value)


def _unlocking(setting: BiosSetting, bios: Bios, locks: Iterable[Lock]) -> str:
    """Return what would unlock a read-only setting, as far as is known."""
    name = setting.name
    for lock in locks:
        if lock.name in bios and lock.is_of(name):
            if _is_open(bios, lock):
                return (
                    f' by the registry that Ironic has cached, although '
                    f'{lock.name} is {lock.value}; Ironic notices that only '
                    f'{_renewal(setting)}'
                )
            now = values.shown(values.current(bios[lock.name], None))
            how = (
                f'a template that sets {lock.name} as well has it set first'
                if may_be_renewed(setting)
                else f'Ironic would refuse it even then, as it notices that '
                f'only {_renewal(setting)}'
            )
            return (
                f' unless {lock.name} is {lock.value}, and it is {now}; {how}'
            )
    return ''


def _showing(name: str, bios: Bios, locks: Iterable[Lock]) -> str:
    """Return what may have a setting shown, or what may have been meant."""
    for lock in locks:
        is_closed = lock.name in bios and not _is_open(bios, lock)
        if is_closed and lock.is_of(name):
            return (
                f', which may be shown once {lock.name} is {lock.value}: set '
                f'that as well'
            )
    return nearest(name, bios)


def _renewal(setting: BiosSetting) -> str:
    """Return when Ironic notices that a setting is not read-only now."""
    anew = 'when it connects to the BMC again'
    if may_be_renewed(setting):
        return anew
    return f'{anew}, and once the value of {setting.name} has changed'


def _judge_value(setting: BiosSetting, value: Value) -> Judgement:
    match setting.attribute_type:
        case 'Enumeration':
            return _judge_choice(setting, str(value))
        case 'Integer':
            return _judge_range(
                int(value), setting.lower_bound, setting.upper_bound, 'it'
            )
        case 'Boolean':
            return Judgement(Possible.YES)
        case 'String':
            return _judge_range(
                len(str(value)),
                setting.min_length,
                setting.max_length,
                'its length',
            )
        case 'Password':
            return Judgement(
                Possible.NO, 'it is a password, which is never set from here'
            )
        case other:
            return Judgement(Possible.UNKNOWN, f'its type is {other}')


def _judge_choice(setting: BiosSetting, value: str) -> Judgement:
    allowed = setting.allowable_values
    if not allowed:
        return Judgement(
            Possible.UNKNOWN, f'the registry lists no values of {setting.name}'
        )
    if value in allowed:
        return Judgement(Possible.YES)
    told = ''
    if setting.value not in (None, value, *allowed):
        told = (
            f', although it is {values.shown(setting.value)} now: the BMC '
            f'shows what its own registry does not list'
        )
    return Judgement(
        Possible.NO, f'allowed values: {", ".join(allowed)}{told}'
    )


def _judge_range(
    number: int, lowest: int | None, highest: int | None, what: str
) -> Judgement:
    if lowest is not None and number < lowest:
        return Judgement(Possible.NO, f'{what} must be at least {lowest}')
    if highest is not None and number > highest:
        return Judgement(Possible.NO, f'{what} must be at most {highest}')
    return Judgement(Possible.YES)
