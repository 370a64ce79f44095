"""The catalogue: which types of configuration there are, and what they need.

Owns the meaning of a catalogue document. Reading the files is for
:mod:`osc_baremetal_config.osc.files`; this module never opens one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from osc_baremetal_config import errors


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigType:
    """A type of configuration.

    :param values: all the values it can have.
    :param needs: for a value, the sets of traits of which a node must have
        one whole set; a value that is missing here needs nothing.
    :param incapable: the value that a node has which fulfils none of
        ``needs``; None if that says nothing.
    :param bios: for each vendor's BIOS, value → the settings that mean it.
    """

    name: str
    help: str
    values: tuple[str, ...]
    needs: Mapping[str, tuple[frozenset[str], ...]]
    incapable: str | None
    bios: tuple[Mapping[str, Mapping[str, str]], ...]


Catalogue = Mapping[str, ConfigType]


def parse(document: Any, source: str) -> dict[str, ConfigType]:
    """Return the types that a catalogue document defines.

    :param document: what the YAML file holds: ``{type: {...}}``.
    :param source: the file's name, for messages.
    :raises ConfigError: a key is unknown or has a value of the wrong shape;
        all such faults are named.
    """
    if not isinstance(document, Mapping):
        raise errors.ConfigError(f'{source}: not a mapping of types')
    faults: list[str] = []
    types = {
        str(name): _parse_type(str(name), entry, faults)
        for name, entry in document.items()
    }
    if faults:
        raise errors.ConfigError(f'{source}: not a valid catalogue', faults)
    return types


def _parse_type(name: str, entry: Any, faults: list[str]) -> ConfigType:
    known = {'help', 'values', 'needs', 'incapable', 'bios'}
    if not isinstance(entry, Mapping):
        faults.append(f'{name}: not a mapping')
        entry = {}
    faults.extend(
        f'{name}.{key}: unknown key, known are {", ".join(sorted(known))}'
        for key in entry
        if key not in known
    )
    values = entry.get('values')
    if not _is_words(values) or not values:
        faults.append(f'{name}.values: not a list of words')
        values = []
    return ConfigType(
        name=name,
        help=str(entry.get('help', '')),
        values=tuple(values),
        needs=_parse_needs(name, entry.get('needs', {}), values, faults),
        incapable=_one_of(
            f'{name}.incapable', entry.get('incapable'), values, faults
        ),
        bios=_parse_bios(name, entry.get('bios', []), values, faults),
    )


def _parse_needs(
    name: str, needs: Any, values: Sequence[str], faults: list[str]
) -> dict[str, tuple[frozenset[str], ...]]:
    if not isinstance(needs, Mapping):
        faults.append(f'{name}.needs: not a mapping of values')
        return {}
    parsed = {}
    for value, sets in needs.items():
        _one_of(f'{name}.needs', value, values, faults)
        if isinstance(sets, list) and sets and all(map(_is_words, sets)):
            parsed[value] = tuple(frozenset(traits) for traits in sets)
        else:
            faults.append(f'{name}.needs.{value}: not a list of trait lists')
    return parsed


def _parse_bios(
    name: str, vendors: Any, values: Sequence[str], faults: list[str]
) -> tuple[Mapping[str, Mapping[str, str]], ...]:
    shaped = isinstance(vendors, list) and all(
        isinstance(vendor, Mapping)
        and all(isinstance(settings, Mapping) for settings in vendor.values())
        for vendor in vendors
    )
    if not shaped:
        faults.append(f'{name}.bios: not a list of {{value: settings}}')
        return ()
    for vendor in vendors:
        for value in vendor:
            _one_of(f'{name}.bios', value, values, faults)
    return tuple(vendors)


def _one_of(
    where: str, value: Any, values: Sequence[str], faults: list[str]
) -> str | None:
    if value is None or value in values:
        return None if value is None else str(value)
    faults.append(f'{where}: {value!r} is none of {", ".join(values)}')
    return None


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)
