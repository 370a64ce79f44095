"""The kinds of BIOS: by which settings each tells the value of a type.

Owns patterns of names, and which of several kinds a BIOS is. What a type is,
and what is made of a reading, is for others.
"""

import bisect
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from osc_baremetal_config.core.facts import patterns
from osc_baremetal_config.core.facts.model import Value

# How sure it is that a kind of BIOS has these settings: a registry of a real
# machine lists them, one had such a value, or it is only documented.
SOURCES = ('registry', 'value', 'document')
Settings = Mapping[str, Value]
# What vendors call themselves in the words of their BMCs, and the hardware
# types of Ironic that are for the machines of one vendor only.
_ALIASES = {
    'idrac': 'Dell',
    'ilo': 'HPE',
    'ilo5': 'HPE',
    'hp': 'HPE',
    'hewlett': 'HPE',
    'xclarity': 'Lenovo',
    'megarac': 'AMI',
    'megatrends': 'AMI',
    'super': 'Supermicro',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """How one kind of BIOS tells the value of a type.

    :param values: value of the type → the settings that mean it. Their names
        may be patterns, as of a shell, with ``#`` for a hexadecimal digit.
    :param vendor: who builds it, in words; empty if that is not said.
    :param source: one of ``SOURCES``; empty if that is not said.
    """

    values: Mapping[str, Settings]
    vendor: str = ''
    source: str = ''

    @property
    def names(self) -> frozenset[str]:
        """Return the names of all the settings."""
        return frozenset(n for known in self.values.values() for n in known)


Kinds = tuple[Firmware, ...]


class Names:
    """The names of the settings of one BIOS, of which it has hundreds."""

    def __init__(self, names: Iterable[str]) -> None:
        self._sorted = sorted(names)
        self._every = frozenset(self._sorted)

    def matching(self, pattern: str) -> list[str]:
        """Return the names that a pattern matches, in order."""
        if pattern in self._every:
            return [pattern]
        start = patterns.beginning(pattern)
        if start == pattern:
            return []
        first = bisect.bisect_left(self._sorted, start)
        alike = itertools.takewhile(
            lambda name: name.startswith(start), self._sorted[first:]
        )
        return [name for name in alike if patterns.matches(name, pattern)]


def every(kinds: Iterable[Firmware], names: Names) -> Kinds:
    """Return what a BIOS has of each kind, with its own names for patterns.

    Where several names match a pattern, all of them tell.

    :param names: of all the settings of the BIOS.
    :returns: the kinds of which it has all the settings of some value.
    """
    found = []
    for kind in kinds:
        known = {
            value: _named(settings, names)
            for value, settings in kind.values.items()
        }
        here = {value: named for value, named in known.items() if named}
        if here:
            found.append(replace(kind, values=here))
    return tuple(found)


def meant(kinds: Kinds, maker: str) -> Kinds:
    """Return the kinds that a BIOS is, of those that it can be.

    Those of its own maker, if it has any: vendors have settings of one name
    with other values. Of two the one with more settings is meant, if it has
    all those of the other.

    :param maker: the first word of its vendor; empty if that is not known.
    """
    own = tuple(kind for kind in kinds if maker in kind.vendor.split()[:1])
    kinds = own or kinds
    return tuple(
        kind
        for kind in kinds
        if not any(kind.names < other.names for other in kinds)
    )


def vendor(vendors: Mapping[str, Sequence[str]], names: Names) -> str:
    """Return whose BIOS it is; empty if its settings do not tell.

    :param vendors: vendor → patterns of names that are its own.
    """
    counts = {
        name: sum(bool(names.matching(one)) for one in its_own)
        for name, its_own in vendors.items()
    }
    most = max(counts.values(), default=0)
    best = [name for name, count in counts.items() if count == most]
    return best[0] if most and len(best) == 1 else ''


def told(vendors: Iterable[str], *words: str) -> str:
    """Return the maker that somebody else's words name; empty for none.

    :param vendors: those that are known.
    :param words: such as ``Dell Inc.``, or the name of a hardware type.
    """
    makers = {name.split()[0].casefold(): name.split()[0] for name in vendors}
    known = makers | {
        n: m for n, m in _ALIASES.items() if m in makers.values()
    }
    found = {
        known[word]
        for text in words
        for word in re.findall('[a-z0-9]+', text.casefold())
        if word in known
    }
    return found.pop() if len(found) == 1 else ''


def _named(settings: Settings, names: Names) -> dict[str, Value]:
    """Return settings by the names that a BIOS has; none if one lacks."""
    named: dict[str, Value] = {}
    for pattern, value in settings.items():
        found = names.matching(pattern)
        is_other = any(named.get(name, value) != value for name in found)
        if not found or is_other:
            return {}
        named |= dict.fromkeys(found, value)
    return named
