"""What the settings of a real machine do to each other.

Owns the form of ``rules.json``, which has of a registry's Dependencies what
fixes a setting and what locks it. Never has a rule that no registry has, and
leaves out those whose conditions are joined by both AND and OR.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.bios.machines import Machine, Value

RULES = Path(__file__).with_name('rules.json')

_SETS = 'CurrentValue'
# A setting that is grey in the menus of the firmware is as good as locked.
_LOCKS = ('ReadOnly', 'GrayOut')
_WORDS = {'EQU': True, 'NEQ': False}


@dataclass(frozen=True, slots=True)
class Condition:
    """That a setting has a value, or that it has not."""

    name: str
    value: Value
    is_equal: bool = True

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether it is so; of what is not there nothing is."""
        if self.name not in values:
            return False
        return (values[self.name] == self.value) is self.is_equal


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows from conditions.

    :param is_all: all of them have to hold, not just one.
    :param sets: name → value of the settings that get it.
    :param locks: the names of settings that cannot be changed.
    """

    conditions: tuple[Condition, ...]
    is_all: bool
    sets: Mapping[str, Value]
    locks: tuple[str, ...]

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether it applies to a BIOS with these values."""
        held = (condition.holds(values) for condition in self.conditions)
        return all(held) if self.is_all else any(held)

    @property
    def causes(self) -> frozenset[str]:
        """Return the names of the settings that it depends on."""
        return frozenset(condition.name for condition in self.conditions)

    @classmethod
    def load(cls, document: Mapping[str, Any]) -> Self:
        """Return a rule of ``rules.json``."""
        return cls(
            tuple(
                Condition(name, value, word == '=')
                for name, word, value in document['if']
            ),
            bool(document.get('all', False)),
            document.get('sets', {}),
            tuple(document.get('locks', ())),
        )

    def dump(self) -> dict[str, Any]:
        """Return it as ``rules.json`` has it, without what is empty."""
        document: dict[str, Any] = {
            'if': [
                [each.name, '=' if each.is_equal else '!=', each.value]
                for each in self.conditions
            ],
            'all': self.is_all,
            'sets': dict(self.sets),
            'locks': list(self.locks),
        }
        return {key: value for key, value in document.items() if value}


# The conditions, and whether all have to hold.
_Key = tuple[tuple[Condition, ...], bool]


def packaged(machine: str) -> tuple[Rule, ...]:
    """Return the rules that the tree has of a machine."""
    document = json.loads(RULES.read_text(encoding='utf-8'))
    return tuple(Rule.load(each) for each in document.get(machine, ()))


def text(found: Mapping[str, Sequence[Rule]]) -> str:
    """Return rules as ``rules.json`` has them, a line for each."""
    blocks = []
    for machine, rules in found.items():
        lines = ',\n'.join(f' {json.dumps(each.dump())}' for each in rules)
        blocks.append(f'{json.dumps(machine)}: [\n{lines}\n]')
    return '{\n' + ',\n'.join(blocks) + '\n}\n'


def of(registry: Mapping[str, Any], machine: Machine) -> tuple[Rule, ...]:
    """Return the rules of a registry that name a machine's settings only.

    What follows from the same conditions is one rule.
    """
    known = {attribute.name for attribute in machine.attributes}
    sets: dict[_Key, dict[str, Value]] = {}
    locks: dict[_Key, list[str]] = {}
    for key, dependency in _dependencies(registry):
        name = dependency['MapToAttribute']
        if not {name, *(c.name for c in key[0])} <= known:
            continue
        sets.setdefault(key, {})
        locks.setdefault(key, [])
        value = dependency['MapToValue']
        if dependency['MapToProperty'] == _SETS:
            sets[key][name] = value
        elif value and name not in locks[key]:
            locks[key].append(name)
    return tuple(
        Rule(*key, sets=sets[key], locks=tuple(locks[key]))
        for key in sets
        if sets[key] or locks[key]
    )


def _dependencies(
    registry: Mapping[str, Any],
) -> Iterator[tuple[_Key, Mapping[str, Any]]]:
    """Yield conditions, and a dependency that has them."""
    entries = registry.get('RegistryEntries', {})
    for entry in entries.get('Dependencies') or ():
        dependency = entry['Dependency']
        terms = {each.get('MapTerms') for each in dependency['MapFrom']}
        terms -= {None}
        if dependency['MapToProperty'] not in (_SETS, *_LOCKS):
            continue
        # Dell leaves out that any one of several will do.
        if not terms <= {'AND'} and not terms <= {'OR'}:
            continue
        conditions = tuple(
            Condition(
                each['MapFromAttribute'],
                each['MapFromValue'],
                _WORDS[each['MapFromCondition']],
            )
            for each in dependency['MapFrom']
        )
        yield (conditions, terms == {'AND'}), dependency
