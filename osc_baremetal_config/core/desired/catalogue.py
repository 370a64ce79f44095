"""The catalogue: which types of configuration there are, and what they need.

Owns the meaning of a catalogue document and how one overlays another.
Reading the files is for :mod:`osc_baremetal_config.osc.files`; this module
never opens one.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from osc_baremetal_config.core.facts import values
from osc_baremetal_config.core.facts.model import Value
from osc_baremetal_config.core.facts.registry import Lock

# The keys that are no types.
CLOUD, LOCKS, VOLATILE = 'cloud', 'locks', 'volatile'
_LISTS = (LOCKS, VOLATILE)
_RESIZE = 'resize'
KEYS = ('help', 'values', 'needs', 'bios')
# What files of earlier releases may have: a missing trait says nothing about
# a BIOS that nobody can read.
_IGNORED = ('incapable',)
_LOCK = ('setting', 'value', 'locks')
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
    :param bios: for each kind of BIOS, value → the settings that mean it.
    """

    name: str
    help: str
    values: tuple[str, ...]
    needs: Mapping[str, tuple[frozenset[str], ...]]
    bios: tuple[Mapping[str, Mapping[str, Value]], ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The types of configuration, and what holds on this cloud.

    :param types: by name.
    :param resizes: Nova can resize bare-metal servers here.
    :param locks: settings that others can be changed only with.
    :param volatile: patterns of names, as of a shell, of settings that change
        by themselves; such a change is nobody's side effect.
    """

    types: Mapping[str, ConfigType]
    resizes: bool = False
    locks: tuple[Lock, ...] = ()
    volatile: tuple[str, ...] = ()


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
            merged[name] = merged.get(name, {}) | dict(entry)
    return merged


def parse(document: Any) -> Catalogue | list[Fault]:
    """Return what a catalogue document defines.

    :param document: what the YAML file holds: ``{type: {...}}``,
        ``cloud: {resize: true}`` where Nova can resize bare metal, ``locks``
        and ``volatile``.
    :returns: all faults, if there are any.
    """
    if not isinstance(document, Mapping):
        return [Fault((), 'not a mapping of types')]
    faults = list(misfits(document))
    fitting = overlay({}, document)
    resizes = _parse_cloud(fitting.pop(CLOUD, {}), faults)
    locks = _parse_locks(fitting.pop(LOCKS, []), faults)
    volatile = fitting.pop(VOLATILE, [])
    types = {
        name: _parse_type(name, entry, faults)
        for name, entry in fitting.items()
    }
    if not _is_words(volatile):
        faults.append(Fault((VOLATILE,), _NO_WORDS))
        volatile = []
    return faults or Catalogue(types, resizes, locks, tuple(volatile))


def _parse_locks(
    entries: Sequence[Any], faults: list[Fault]
) -> tuple[Lock, ...]:
    """Return the settings that others can be changed only with."""
    found = []
    for index, entry in enumerate(entries):
        if (
            isinstance(entry, Mapping)
            and set(entry) == set(_LOCK)
            and isinstance(entry['setting'], str)
            and values.is_value(entry['value'])
            and _is_words(entry['locks'])
        ):
            names = frozenset(entry['locks'])
            found.append(Lock(entry['setting'], entry['value'], names))
        else:
            text = f'not a mapping of {", ".join(_LOCK)}, the last a list'
            faults.append(Fault((LOCKS, index), text))
    return tuple(found)


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
    known = dict.fromkeys(words)
    return ConfigType(
        name=str(name),
        help=str(text),
        values=tuple(known),
        needs=_parse_needs(name, entry.get('needs', {}), known, faults),
        bios=_parse_bios(name, entry.get('bios', []), known, faults),
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
) -> tuple[Mapping[str, Mapping[str, Value]], ...]:
    if not isinstance(kinds, list):
        faults.append(Fault((name, 'bios'), 'not a list'))
        return ()
    parsed = []
    for index, kind in enumerate(kinds):
        path: Path = (name, 'bios', index)
        if not isinstance(kind, Mapping):
            faults.append(Fault(path, 'not a mapping of values'))
            continue
        for value, settings in kind.items():
            _check_word((*path, value), value, words, faults)
            if not _is_settings(settings):
                faults.append(
                    Fault((*path, value), 'not a mapping of BIOS settings')
                )
        parsed.append(kind)
    return tuple(parsed)


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
