"""The catalogue: which types of configuration there are, and what they need.

Owns the meaning of a catalogue document and how one overlays another.
Reading the files is for :mod:`osc_baremetal_config.osc.files`; this module
never opens one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The one key that is no type.
CLOUD = 'cloud'
_RESIZE = 'resize'
KEYS = ('help', 'values', 'needs', 'incapable', 'bios')
# Where a fault is: the keys and indexes that lead to it.
Path = tuple[str | int, ...]
_NAME = re.compile(r'[a-z][a-z0-9-]*')


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
    :param incapable: the value that a node has which fulfils none of
        ``needs``; None if that says nothing.
    :param bios: for each kind of BIOS, value → the settings that mean it.
    """

    name: str
    help: str
    values: tuple[str, ...]
    needs: Mapping[str, tuple[frozenset[str], ...]]
    incapable: str | None
    bios: tuple[Mapping[str, Mapping[str, str]], ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The types of configuration, and what is so on this cloud.

    :param types: by name.
    :param resizes: Nova can resize bare-metal servers here.
    """

    types: Mapping[str, ConfigType]
    resizes: bool = False


def overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> Any:
    """Return a document with another laid over it.

    A key of a type replaces that key below; a type that is null is gone.
    """
    merged = dict(below)
    for name, entry in above.items():
        if entry is None:
            merged.pop(name, None)
        elif isinstance(entry, Mapping) and isinstance(
            merged.get(name), Mapping
        ):
            merged[name] = {**merged[name], **entry}
        else:
            merged[name] = entry
    return merged


def parse(document: Any) -> Catalogue | list[Fault]:
    """Return what a catalogue document defines.

    :param document: what the YAML file holds: ``{type: {...}}``, and
        ``cloud: {resize: true}`` where Nova can resize bare metal.
    :returns: all faults, if there are any.
    """
    if not isinstance(document, Mapping):
        return [Fault((), 'not a mapping of types')]
    faults: list[Fault] = []
    types = {
        name: _parse_type(name, entry, faults)
        for name, entry in document.items()
        if name != CLOUD
    }
    resizes = _parse_cloud(document.get(CLOUD), faults)
    return faults or Catalogue(types, resizes)


def _parse_cloud(entry: Any, faults: list[Fault]) -> bool:
    """Return whether the cloud can resize bare-metal servers."""
    if entry is None:
        return False
    if not isinstance(entry, Mapping):
        faults.append(Fault((CLOUD,), 'not a mapping'))
        return False
    faults.extend(
        Fault((CLOUD, key), f'unknown key; known is {_RESIZE}')
        for key in entry
        if key != _RESIZE
    )
    resizes = entry.get(_RESIZE, False)
    if not isinstance(resizes, bool):
        faults.append(Fault((CLOUD, _RESIZE), 'neither true nor false'))
    return resizes is True


def _parse_type(name: Any, entry: Any, faults: list[Fault]) -> ConfigType:
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        faults.append(
            Fault((name,), 'a type is named with a-z, 0-9 and hyphens')
        )
    if not isinstance(entry, Mapping):
        faults.append(Fault((name,), 'not a mapping'))
        entry = {'values': ['?']}
    faults.extend(
        Fault((name, key), f'unknown key; known are {", ".join(KEYS)}')
        for key in entry
        if key not in KEYS
    )
    values = entry.get('values')
    if not _is_words(values) or not values:
        faults.append(Fault((name, 'values'), _NO_WORDS))
        values = []
    return ConfigType(
        name=str(name),
        help=str(entry.get('help', '')),
        values=tuple(values),
        needs=_parse_needs(name, entry.get('needs', {}), values, faults),
        incapable=_one_of(
            (name, 'incapable'), entry.get('incapable'), values, faults
        ),
        bios=_parse_bios(name, entry.get('bios', []), values, faults),
    )


_NO_WORDS = 'not a list of words (quote numbers, yes, no, on, off)'


def _parse_needs(
    name: str, needs: Any, values: Sequence[str], faults: list[Fault]
) -> dict[str, tuple[frozenset[str], ...]]:
    if not isinstance(needs, Mapping):
        faults.append(Fault((name, 'needs'), 'not a mapping of values'))
        return {}
    parsed = {}
    for value, sets in needs.items():
        path = (name, 'needs', value)
        _one_of(path, value, values, faults)
        if isinstance(sets, list) and sets and all(map(_is_words, sets)):
            parsed[value] = tuple(frozenset(traits) for traits in sets)
        else:
            faults.append(Fault(path, 'not a list of lists of traits'))
    return parsed


def _parse_bios(
    name: str, kinds: Any, values: Sequence[str], faults: list[Fault]
) -> tuple[Mapping[str, Mapping[str, str]], ...]:
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
            _one_of((*path, value), value, values, faults)
            if not _is_settings(settings):
                faults.append(
                    Fault((*path, value), 'not a mapping of BIOS settings')
                )
        parsed.append(kind)
    return tuple(parsed)


def _one_of(
    path: Path, value: Any, values: Sequence[str], faults: list[Fault]
) -> str | None:
    if value is None or value in values:
        return None if value is None else str(value)
    faults.append(Fault(path, f'{value!r} is none of {", ".join(values)}'))
    return None


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _is_settings(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(part, str) for item in value.items() for part in item
    )
