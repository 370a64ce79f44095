"""What the BMC of a real machine takes, and what comes of it.

Owns the behaviour of the machines whose attributes the excerpt has, by the
rules of their registries and the habits of their vendors. Never knows of
power, of time, or of what pends: that is for the emulator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bios.machines import Attribute, Machine, Value
from tests.bios.rules import Rule

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Habits:
    """What a BMC does that no registry tells.

    :param tells_locks: its registry calls read-only what is locked by the
        values in force, and a value for that is refused, unless the same
        request unlocks it, as with Dell; others take it and forget it.
    :param shown_if: a setting that is there only while another has a value.
    :param late: settings that come true at the second start only.
    :param refused: settings that it refuses whatever the value is.
    """

    tells_locks: bool = False
    shown_if: Mapping[str, tuple[str, Value]] = field(default_factory=dict)
    late: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Bmc:
    """The BMC of a machine, without its state."""

    machine: Machine
    rules: Sequence[Rule]
    habits: Habits

    @property
    def defaults(self) -> dict[str, Value]:
        """Return the settings as the machine was found."""
        return self._shown({}, {a.name: a.current for a in self._attributes})

    @property
    def late(self) -> frozenset[str]:
        """Return the settings that come true at the second start only."""
        return self.habits.late

    def parse(self, wanted: Values, current: Values) -> dict[str, Value]:
        """Return settings as the BMC keeps them.

        :param current: the values that are in force.
        :raises ValueError: it refuses them, for all these reasons.
        """
        asked = {**current, **wanted}
        reasons = [
            reason
            for name, value in wanted.items()
            if (reason := self._refusal(name, value, current, asked))
        ]
        if reasons:
            raise ValueError('; '.join(reasons))
        return dict(wanted)

    def after(self, current: Values, wanted: Values) -> dict[str, Value]:
        """Return all values once it has applied what it has taken."""
        asked = {**current, **wanted}
        locked = self._locked(asked)
        values = {n: v for n, v in asked.items() if n not in locked}
        values = {**current, **values}
        return self._shown(current, self._settled(current, values))

    def restarted(self, current: Values) -> dict[str, Value]:
        """Return all values after one more start."""
        return dict(current)

    def entries(self, current: Values) -> list[dict[str, Any]]:
        """Return the entries of its registry while it has these values."""
        return [
            _entry(attribute)
            | {'ReadOnly': self._is_read_only(attribute, current)}
            for attribute in self._attributes
            if attribute.kind and attribute.name in current
        ]

    @property
    def _attributes(self) -> tuple[Attribute, ...]:
        return self.machine.attributes

    def _refusal(
        self, name: str, value: Value, current: Values, asked: Values
    ) -> str:
        """Return why a setting is refused, empty if it is not."""
        known = {each.name: each for each in self._attributes}
        if name not in known or name not in current:
            return f'there is no attribute {name}'
        if name in self.habits.refused:
            return f'{name} cannot be changed while the system is in use'
        if self._is_read_only(known[name], asked):
            return f'{name} is read-only'
        return _misfit(known[name], value)

    def _is_read_only(self, attribute: Attribute, values: Values) -> bool:
        """Return what a registry says that is made for these values.

        What it said when it was dumped was made for those of that moment.
        """
        lockable = {name for rule in self.rules for name in rule.locks}
        if self.habits.tells_locks and attribute.name in lockable:
            return attribute.name in self._locked(values)
        return bool(attribute.read_only)

    def _locked(self, values: Values) -> set[str]:
        held = (rule for rule in self.rules if rule.holds(values))
        return {name for rule in held for name in rule.locks}

    def _settled(self, before: Values, values: Values) -> dict[str, Value]:
        """Return values with what follows from those that are new.

        As a profile can set another one, each rule is looked at again until
        nothing changes, but speaks once.
        """
        found, rules = dict(values), list(self.rules)
        while rules:
            new = {n for n, v in found.items() if before.get(n) != v}
            now = [r for r in rules if r.causes & new and r.holds(found)]
            if not now:
                break
            for rule in now:
                known = {n: v for n, v in rule.sets.items() if n in found}
                found.update(known)
            rules = [rule for rule in rules if rule not in now]
        return found

    def _shown(self, before: Values, values: Values) -> dict[str, Value]:
        """Return the values of what is there with them.

        What is new comes as the machine was found with it.
        """
        found = dict(values)
        delivered = {each.name: each.current for each in self._attributes}
        for name, (other, value) in self.habits.shown_if.items():
            if found.get(other) != value:
                found.pop(name, None)
            elif name not in before:
                found[name] = delivered[name]
        return found


# That a Dell makes its registry for the values in force is known of the R630
# and the R750. The others are one each of what BMCs are reported to do,
# whoever built them, so that there is a machine which does it.
_HABITS = {
    'dell-r630-13g': Habits(
        tells_locks=True,
        shown_if={'PxeDev2Interface': ('PxeDev2EnDis', 'Enabled')},
    ),
    'hpe-dl385-gen10plusv2-a42-2.60': Habits(late=frozenset({'ProcAmdIoVt'})),
    'lenovo-sr670v2-xcc': Habits(
        refused=frozenset({'DevicesandIOPorts_SRIOV'})
    ),
}


def of(machine: Machine, rules: Sequence[Rule]) -> Bmc:
    """Return the BMC of a machine, with its habits."""
    return Bmc(machine, rules, _HABITS.get(machine.name, Habits()))


# What JSON has to give for each kind, and how a refusal words it.
_TYPES: Mapping[str, tuple[type, str]] = {
    'Boolean': (bool, 'true or false'),
    'Enumeration': (str, 'text'),
    'Integer': (int, 'a number'),
    'Password': (str, 'text'),
    'String': (str, 'text'),
}


def _misfit(attribute: Attribute, value: Value) -> str:
    """Return why a value does not fit a registry's entry, if it does not."""
    if attribute.kind is None:
        return ''
    wanted, words = _TYPES[attribute.kind]
    if type(value) is not wanted:
        return f'{attribute.name} takes {words}, not {value!r}'
    if attribute.kind == 'Enumeration' and value not in attribute.values:
        known = ', '.join(attribute.values)
        return f'{attribute.name} takes {known}, not {value!r}'
    size = value if isinstance(value, int) else len(str(value))
    if attribute.kind == 'Integer':
        least, most = attribute.lower, attribute.upper
    else:
        least, most = attribute.min_length, attribute.max_length
    if (least is not None and size < least) or (
        most is not None and size > most
    ):
        return f'{attribute.name} takes {least} to {most}, not {size}'
    return ''


# The registry's word for each field of an attribute.
_FIELDS = {
    'kind': 'Type',
    'lower': 'LowerBound',
    'upper': 'UpperBound',
    'min_length': 'MinLength',
    'max_length': 'MaxLength',
}


def _entry(attribute: Attribute) -> dict[str, Any]:
    """Return an entry of the registry, with what is known of it for good."""
    entry: dict[str, Any] = {'AttributeName': attribute.name}
    for name, word in _FIELDS.items():
        if (value := getattr(attribute, name)) is not None:
            entry[word] = value
    if attribute.values:
        entry['Value'] = [{'ValueName': value} for value in attribute.values]
    return entry
