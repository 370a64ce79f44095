"""The BIOS attributes of real machines, and what Ironic makes of them.

Owns the form of the excerpt and of a folder of dumps, which has the Redfish
resources of each machine: ``<machine>/bios.json`` (Bios) and ``registry.json``
(AttributeRegistry), the latter only if it is known. Never makes up an
attribute, and never drops one that Ironic would list.
"""

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osc_baremetal_config.core.facts.model import BiosSetting

EXCERPT = Path(__file__).with_name('excerpt.json')
FOLDER = 'BIOS_REGISTRIES'

Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A BIOS attribute with its registry entry.

    The registry's fields are None, and there are no values, where there is
    no registry entry or where that says nothing of them.

    :param kind: the registry's Type, such as ``Enumeration``.
    :param values: the ValueNames, in the order of the registry, which may
        have one twice.
    :param read_only: None also where the BMC leaves ReadOnly out.
    :param current: the JSON value in the Bios resource.
    """

    name: str
    kind: str | None = None
    values: tuple[str, ...] = ()
    lower: int | None = None
    upper: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    read_only: bool | None = None
    current: Value = None


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine with the attributes that its Bios resource lists."""

    name: str
    attributes: tuple[Attribute, ...]

    def __str__(self) -> str:
        return self.name


def machines() -> list[Machine]:
    """Return the machines of the excerpt, then those of ``BIOS_REGISTRIES``.

    A machine that is in both comes twice, at last with all its attributes.

    :raises OSError: that names no folder.
    """
    folder = os.environ.get(FOLDER)
    return _packaged() + (dumped(Path(folder)) if folder else [])


def dumped(folder: Path) -> list[Machine]:
    """Return the machines of a folder of dumps that Ironic can cache.

    Each has its registry, also where the Bios resource does not name it, as
    that of NVIDIA's OpenBMC; from such a BMC sushy gets none.
    """
    found = []
    for path in sorted(folder.iterdir()):
        values = _read(path / 'bios.json').get('Attributes', {})
        registry = _read(path / 'registry.json')
        if values and _is_cacheable(values, registry):
            attributes = tuple(_attributes(values, registry))
            found.append(Machine(path.name, attributes))
    return found


def registry(folder: Path, machine: Machine) -> dict[str, Any]:
    """Return the registry of a machine of a folder; empty if there is none."""
    return _read(folder / machine.name / 'registry.json')


def text(found: list[Machine]) -> str:
    """Return machines as the excerpt has them, a line for each attribute."""
    blocks = []
    for machine in found:
        lines = ',\n'.join(line(each) for each in machine.attributes)
        blocks.append(f'{json.dumps(machine.name)}: {{\n{lines}\n}}')
    return '{\n' + ',\n'.join(blocks) + '\n}\n'


def line(attribute: Attribute) -> str:
    """Return an attribute as the excerpt has it, without what is None."""
    fields = dataclasses.asdict(attribute)
    name = fields.pop('name')
    told = {k: v for k, v in fields.items() if v is not None and v != ()}
    return f' {json.dumps(name)}: {json.dumps(told)}'


def stored(value: Value) -> str | None:
    """Return the text that Ironic's database holds for a JSON value.

    Its column is text, and the databases take true and false for 1 and 0.
    """
    if value is None:
        return None
    return str(int(value)) if isinstance(value, bool) else str(value)


def bios(machine: Machine) -> dict[str, BiosSetting]:
    """Return a machine's settings as Ironic's API shows them, by name.

    Ironic copies the registry's fields whatever the type: a BlueField's
    Booleans have allowable values, and Passwords have lengths.
    """
    return {
        each.name: BiosSetting(
            name=each.name,
            value=stored(each.current),
            attribute_type=each.kind,
            allowable_values=each.values,
            lower_bound=each.lower,
            upper_bound=each.upper,
            min_length=each.min_length,
            max_length=each.max_length,
            read_only=each.read_only,
        )
        for each in machine.attributes
    }


def _packaged() -> list[Machine]:
    return [
        Machine(name, tuple(_attribute(*item) for item in fields.items()))
        for name, fields in _read(EXCERPT).items()
    ]


def _attribute(name: str, fields: Mapping[str, Any]) -> Attribute:
    values = tuple(fields.get('values', ()))
    return Attribute(name=name, **{**fields, 'values': values})


def _read(path: Path) -> dict[str, Any]:
    """Return a JSON document, empty if there is none."""
    if not path.exists():
        return {}
    document: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
    return document


def _is_cacheable(
    values: Mapping[str, Any], registry: Mapping[str, Any]
) -> bool:
    """Return whether sushy takes the registry and Ironic the values."""
    is_taken = not registry or 'RegistryVersion' in registry
    return is_taken and not any(
        isinstance(value, dict | list) for value in values.values()
    )


def _attributes(
    values: Mapping[str, Value], registry: Mapping[str, Any]
) -> Iterator[Attribute]:
    found = registry.get('RegistryEntries', {}).get('Attributes', [])
    # Of an attribute that a registry has twice, Ironic takes the first.
    entries = {each['AttributeName']: each for each in reversed(found)}
    for name, value in values.items():
        entry = entries.get(name, {})
        yield Attribute(
            name=name,
            kind=entry.get('Type'),
            values=tuple(v['ValueName'] for v in entry.get('Value') or ()),
            lower=entry.get('LowerBound'),
            upper=entry.get('UpperBound'),
            min_length=entry.get('MinLength'),
            max_length=entry.get('MaxLength'),
            read_only=entry.get('ReadOnly'),
            current=value,
        )
