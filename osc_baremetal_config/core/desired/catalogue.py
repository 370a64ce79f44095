"""The catalogue: which types of configuration there are, and what they need.

Owns the meaning of a catalogue document and how one overlays another.
Reading the files is for :mod:`osc_baremetal_config.osc.files`; this module
never opens one.
"""

import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from osc_baremetal_config.core.desired import firmware
from osc_baremetal_config.core.desired.firmware import (
    SOURCES,
    Firmware,
    Kinds,
)
from osc_baremetal_config.core.facts import profiles, registry, values
from osc_baremetal_config.core.facts.effects import Effect
from osc_baremetal_config.core.facts.model import Bios, Item, Node, Profile
from osc_baremetal_config.core.facts.registry import Lock
from osc_baremetal_config.core.facts.risks import Risk, RiskySetting

# The keys that are no types.
CLOUD, VENDORS = 'cloud', 'vendors'
LOCKS, EFFECTS = 'locks', 'effects'
VOLATILE, UNIQUE, RISKS = 'volatile', 'unique', 'risks'
PROFILES = 'profiles'
_LISTS = (LOCKS, EFFECTS, VOLATILE, UNIQUE, RISKS)
_RESIZE = 'resize'
KEYS = ('help', 'values', 'needs', 'bios', 'risks')
# The keys of a kind of BIOS that are no values.
_VENDOR, _SOURCE = 'vendor', 'source'
# What files of earlier releases may have: a missing trait says nothing about
# a BIOS that nobody can read.
_IGNORED = ('incapable',)
_LOCK = ('setting', 'value', 'locks')
_EFFECT = ('setting', 'value', 'sets')
_RISK_WORDS = ', '.join(Risk)
# Where a fault is: the keys and indexes that lead to it.
Path = tuple[str | int, ...]
_NAME = re.compile(r'[a-z][a-z0-9-]*')
# How many words a message has room for, and how many characters of each.
_SOME, _LONGEST = 10, 60


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a document, and where."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigType:
    """A type of configuration.

    :param values: all the values it can have.
    :param needs: for a value, the sets of traits of which a node must have
        one whole set; a value that is missing here needs nothing.
    :param bios: the kinds of BIOS, each with how it tells the value.
    :param risks: what a wrong value can do, whatever sets it.
    """

    name: str
    help: str
    values: tuple[str, ...]
    needs: Mapping[str, tuple[frozenset[str], ...]]
    bios: tuple[Firmware, ...]
    risks: tuple[Risk, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The types of configuration, and what holds on this cloud.

    :param types: by name.
    :param resizes: Nova can resize bare-metal servers here.
    :param locks: settings that others can be changed only with.
    :param volatile: patterns of names, as of a shell, of settings that change
        by themselves; such a change is nobody's side effect.
    :param unique: patterns of names of settings that belong to one machine.
    :param vendors: vendor → patterns of names that only its BIOS has.
    :param risks: settings that have a risk, whatever they are set for.
    :param effects: what a firmware changes besides.
    :param profiles: named sets of items, by name.
    """

    types: Mapping[str, ConfigType]
    resizes: bool = False
    locks: tuple[Lock, ...] = ()
    volatile: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    vendors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    risks: tuple[RiskySetting, ...] = ()
    effects: tuple[Effect, ...] = ()
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    def kinds(self, bios: Bios) -> Mapping[str, Kinds]:
        """Return type → its kinds that a BIOS may be, with its own names."""
        return _kinds(self, frozenset(bios))

    def meant(self, bios: Bios, node: Node) -> Mapping[str, Kinds]:
        """Return type → its kinds that a BIOS is taken for."""
        maker, *_ = self.vendor(bios, node).split() or ['']
        return _meant(self, frozenset(bios), maker)

    def vendor(self, bios: Bios, node: Node) -> str:
        """Return whose BIOS it is; empty if nobody knows.

        Its settings tell, and where they do not, what Ironic knows of the
        node.
        """
        by_settings = _vendor(self, frozenset(bios))
        return by_settings or firmware.told(
            self.vendors, node.vendor, node.driver
        )


# The servers of a fleet have few sets of names among them.
@functools.lru_cache(maxsize=64)
def _kinds(catalogue: Catalogue, names: frozenset[str]) -> Mapping[str, Kinds]:
    sorted_ = firmware.Names(names)
    return {
        name: firmware.every(config_type.bios, sorted_)
        for name, config_type in catalogue.types.items()
    }


@functools.lru_cache(maxsize=64)
def _meant(
    catalogue: Catalogue, names: frozenset[str], maker: str
) -> Mapping[str, Kinds]:
    known = _kinds(catalogue, names)
    return {n: firmware.meant(kinds, maker) for n, kinds in known.items()}


@functools.lru_cache(maxsize=64)
def _vendor(catalogue: Catalogue, names: frozenset[str]) -> str:
    return firmware.vendor(catalogue.vendors, firmware.Names(names))


def fits(name: Any, entry: Any) -> bool:
    """Return whether an entry of a document is of the right kind, or null."""
    kind = list if name in _LISTS else Mapping
    return entry is None or isinstance(entry, kind)


def misfits(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the entries of a document that are of the wrong kind.

    In each document by itself: nothing can be laid over one, or under it.
    """
    for name, entry in document.items():
        if not fits(name, entry):
            needed = 'list' if name in _LISTS else 'mapping'
            yield Fault((name,), f'not a {needed}')


def overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> Any:
    """Return a document with another laid over it, without its misfits.

    A key of a type replaces that key below; a type that is null is gone.
    """
    merged = dict(below)
    for name, entry in above.items():
        if entry is None:
            merged.pop(name, None)
        elif name in _LISTS and fits(name, entry):
            merged[name] = entry
        elif fits(name, entry):
            merged[name] = _below(merged.get(name, {}), entry) | dict(entry)
    return merged


def _below(
    entry: Mapping[str, Any], above: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a type keeps of the file below where another is laid over.

    What it says of values that there are no more would be nobody's fault.
    """
    words, kept = above.get('values'), dict(entry)
    if not _is_words(words):
        return kept
    known = {_VENDOR, _SOURCE, *(words or ())}
    if isinstance(needs := kept.get('needs'), Mapping):
        kept['needs'] = {v: n for v, n in needs.items() if v in known}
    if isinstance(kinds := kept.get('bios'), list):
        kept['bios'] = [
            {v: n for v, n in kind.items() if v in known}
            if isinstance(kind, Mapping)
            else kind
            for kind in kinds
        ]
    return kept


def parse(document: Any) -> Catalogue | list[Fault]:
    """Return what a catalogue document defines.

    :param document: what the YAML file holds: ``{type: {...}}``,
        ``cloud: {resize: true}`` where Nova can resize bare metal, ``locks``,
        ``effects``, ``volatile``, ``unique``, ``vendors``, ``risks`` and
        ``profiles``.
    :returns: all faults, if there are any.
    """
    if not isinstance(document, Mapping):
        return [Fault((), 'not a mapping of types')]
    faults = list(misfits(document))
    fitting = overlay({}, document)
    resizes = _parse_cloud(fitting.pop(CLOUD, {}), faults)
    locks = _parse_locks(fitting.pop(LOCKS, []), faults)
    effects = _parse_effects(fitting.pop(EFFECTS, []), faults)
    volatile, unique = (
        _parse_patterns(name, fitting.pop(name, []), faults)
        for name in (VOLATILE, UNIQUE)
    )
    vendors = _parse_vendors(fitting.pop(VENDORS, {}), faults)
    risks = _parse_risks(fitting.pop(RISKS, []), faults)
    sets = fitting.pop(PROFILES, {})
    types = {
        name: _parse_type(name, entry, faults)
        for name, entry in fitting.items()
    }
    named = _parse_profiles(sets, types, faults)
    return faults or Catalogue(
        types, resizes, locks, volatile, unique, vendors, risks, effects, named
    )


def _parse_profiles(
    entry: Mapping[Any, Any],
    types: Mapping[str, ConfigType],
    faults: list[Fault],
) -> dict[str, Profile]:
    """Return the named sets of items, but for those that are null."""
    found = {}
    for name, items in entry.items():
        if items is None:
            continue
        path = (PROFILES, name)
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            text = 'a profile is named with a-z, 0-9 and hyphens'
            faults.append(Fault(path, text))
        if not isinstance(items, Mapping) or not items:
            faults.append(Fault(path, 'not a mapping of types to values'))
            continue
        for type_name, value in items.items():
            _check_item((*path, type_name), type_name, value, types, faults)
        found[str(name)] = profiles.make(
            str(name), (Item(str(n), str(v)) for n, v in items.items())
        )
    return found


def _check_item(
    path: Path,
    name: Any,
    value: Any,
    types: Mapping[str, ConfigType],
    faults: list[Fault],
) -> None:
    """Add that a profile has an item that there is not."""
    config_type = types.get(name)
    if config_type is None:
        known = [one.name for one in types.values()]
        nearest = registry.nearest(_short(name), known)
        text = f'{_short(name)!r} is no type of the catalogue{nearest}'
        faults.append(Fault(path, text))
    elif not _is_word(value):
        faults.append(Fault(path, 'not a word (quote numbers, yes, no)'))
    elif config_type.values and value not in config_type.values:
        nearest = registry.nearest(_short(value), config_type.values)
        text = f'{_short(value)!r} is none of {_some(config_type.values)}'
        faults.append(Fault(path, text + nearest))


def _parse_patterns(
    name: str, entry: Sequence[Any], faults: list[Fault]
) -> tuple[str, ...]:
    """Return the patterns of names of a list."""
    if _is_words(entry):
        return tuple(entry)
    faults.append(Fault((name,), _NO_WORDS))
    return ()


def _parse_locks(
    entries: Sequence[Any], faults: list[Fault]
) -> tuple[Lock, ...]:
    """Return the settings that others can be changed only with."""
    found = []
    for index, entry in enumerate(entries):
        if (
            isinstance(entry, Mapping)
            and set(entry) == set(_LOCK)
            and _is_word(entry['setting'])
            and values.is_value(entry['value'])
            and _is_words(entry['locks'])
            and entry['locks']
        ):
            names = frozenset(entry['locks'])
            found.append(Lock(entry['setting'], entry['value'], names))
        else:
            text = f'not a mapping of {", ".join(_LOCK)}, the last a list'
            faults.append(Fault((LOCKS, index), text))
    return tuple(found)


def _parse_effects(
    entries: Sequence[Any], faults: list[Fault]
) -> tuple[Effect, ...]:
    """Return what a firmware changes besides."""
    found = []
    for index, entry in enumerate(entries):
        if (
            isinstance(entry, Mapping)
            and set(entry) - {_VENDOR} == set(_EFFECT)
            and _is_word(entry['setting'])
            and _is_word(entry.get(_VENDOR, 'any'))
            and values.is_value(entry['value'])
            and isinstance(entry['sets'], Mapping)
            and entry['sets']
            and all(map(_is_word, entry['sets']))
            and all(map(values.is_value, entry['sets'].values()))
        ):
            found.append(
                Effect(
                    entry['setting'],
                    entry['value'],
                    entry['sets'],
                    entry.get(_VENDOR, ''),
                )
            )
        else:
            text = f'not a mapping of {", ".join(_EFFECT)}, the last a mapping'
            faults.append(Fault((EFFECTS, index), text))
    return tuple(found)


def _parse_risks(
    entries: Sequence[Any], faults: list[Fault]
) -> tuple[RiskySetting, ...]:
    """Return the settings that have a risk."""
    found = []
    for index, entry in enumerate(entries):
        if _is_risk(entry):
            value, harmless = entry.get('value'), entry.get('except')
            risk = Risk(entry['risk'])
            found.append(RiskySetting(entry['setting'], risk, value, harmless))
        else:
            text = f'not a mapping of setting, risk ({_RISK_WORDS}), and value'
            faults.append(Fault((RISKS, index), f'{text} or except'))
    return tuple(found)


def _is_risk(entry: Any) -> bool:
    """Return whether an entry tells of a setting that has a risk."""
    if not isinstance(entry, Mapping):
        return False
    of = entry.keys() - {'setting', 'risk'}
    return (
        _is_word(entry.get('setting'))
        and entry.get('risk') in list(Risk)
        and of in (set(), {'value'}, {'except'})
        and all(values.is_value(entry[name]) for name in of)
    )


def _parse_vendors(
    entry: Mapping[str, Any], faults: list[Fault]
) -> dict[str, Sequence[str]]:
    """Return whose BIOS has which names."""
    found = {name: known for name, known in entry.items() if known is not None}
    for vendor, patterns in found.items():
        if not (_is_word(vendor) and _is_words(patterns)):
            faults.append(Fault((VENDORS, vendor), _NO_WORDS))
    return found


def _parse_cloud(entry: Mapping[str, Any], faults: list[Fault]) -> bool:
    """Return whether the cloud can resize bare-metal servers."""
    faults.extend(
        Fault((CLOUD, key), f'unknown key; known is {_RESIZE}')
        for key in entry
        if key != _RESIZE
    )
    resizes = entry.get(_RESIZE, False)
    if not isinstance(resizes, bool):
        faults.append(Fault((CLOUD, _RESIZE), 'neither true nor false'))
    return resizes is True


def _parse_type(
    name: Any, entry: Mapping[str, Any], faults: list[Fault]
) -> ConfigType:
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        faults.append(
            Fault((name,), 'a type is named with a-z, 0-9 and hyphens')
        )
    faults.extend(
        Fault((name, key), f'unknown key; known are {", ".join(KEYS)}')
        for key in entry
        if key not in (*KEYS, *_IGNORED)
    )
    text = entry.get('help', '')
    if not isinstance(text, str):
        faults.append(Fault((name, 'help'), 'not text'))
    words = entry.get('values')
    if not _is_words(words) or not words:
        faults.append(Fault((name, 'values'), _NO_WORDS))
        words = []
    risks = entry.get('risks', [])
    if not (_is_words(risks) and set(risks) <= set(Risk)):
        faults.append(Fault((name, 'risks'), f'not a list of {_RISK_WORDS}'))
        risks = []
    known = dict.fromkeys(words)
    if known.keys() & {_VENDOR, _SOURCE}:
        text = f'{_VENDOR} and {_SOURCE} are keys of a kind of BIOS'
        faults.append(Fault((name, 'values'), text))
    return ConfigType(
        name=str(name),
        help=str(text),
        values=tuple(known),
        needs=_parse_needs(name, entry.get('needs', {}), known, faults),
        bios=_parse_bios(name, entry.get('bios', []), known, faults),
        risks=tuple(map(Risk, risks)),
    )


_NO_WORDS = 'not a list of words (quote numbers, yes, no, on, off)'


def _parse_needs(
    name: str, needs: Any, words: Collection[str], faults: list[Fault]
) -> dict[str, tuple[frozenset[str], ...]]:
    if not isinstance(needs, Mapping):
        faults.append(Fault((name, 'needs'), 'not a mapping of values'))
        return {}
    parsed = {}
    for value, sets in needs.items():
        path = (name, 'needs', value)
        _check_word(path, value, words, faults)
        if isinstance(sets, list) and sets and all(map(_is_words, sets)):
            parsed[value] = tuple(frozenset(traits) for traits in sets)
        else:
            faults.append(Fault(path, 'not a list of lists of traits'))
    return parsed


def _parse_bios(
    name: str, kinds: Any, words: Collection[str], faults: list[Fault]
) -> tuple[Firmware, ...]:
    if not isinstance(kinds, list):
        faults.append(Fault((name, 'bios'), 'not a list'))
        return ()
    parsed = []
    for index, kind in enumerate(kinds):
        path: Path = (name, 'bios', index)
        if isinstance(kind, Mapping):
            parsed.append(_parse_firmware(path, kind, words, faults))
        else:
            faults.append(Fault(path, 'not a mapping of values'))
    return tuple(parsed)


def _parse_firmware(
    path: Path,
    kind: Mapping[str, Any],
    words: Collection[str],
    faults: list[Fault],
) -> Firmware:
    known = dict(kind)
    vendor, source = known.pop(_VENDOR, ''), known.pop(_SOURCE, '')
    if vendor != '' and not _is_word(vendor):
        faults.append(Fault((*path, _VENDOR), 'not text'))
    if source != '' and source not in SOURCES:
        text = f'{_short(source)!r} is none of {_some(SOURCES)}'
        faults.append(Fault((*path, _SOURCE), text))
    for value, settings in known.items():
        _check_word((*path, value), value, words, faults)
        if not _is_settings(settings):
            faults.append(
                Fault((*path, value), 'not a mapping of BIOS settings')
            )
    return Firmware(values=known, vendor=str(vendor), source=str(source))


def _check_word(
    path: Path, word: Any, words: Collection[str], faults: list[Fault]
) -> None:
    if words and word not in words:
        text = f'{_short(word)!r} is none of {_some(words)}'
        faults.append(Fault(path, text))


def _some(words: Iterable[str]) -> str:
    """Return words for a message, as many as it has room for."""
    told = [_short(word) for word in islice(words, _SOME + 1)]
    return ', '.join([*told[:_SOME], *['...'] * (len(told) > _SOME)])


def _short(word: Any) -> str:
    """Return as much of a word as a message has room for."""
    return str(word)[:_LONGEST]


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_word, value))


def _is_word(value: Any) -> bool:
    """Return whether a text can stand in a line, as it is."""
    return (
        isinstance(value, str)
        and value.isprintable()
        and value == ' '.join(value.split())
        and value != ''
    )


def _is_settings(settings: Any) -> bool:
    return isinstance(settings, Mapping) and all(
        isinstance(name, str) and values.is_value(value)
        for name, value in settings.items()
    )
