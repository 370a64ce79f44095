"""What can be set: in general on a cloud, and on one server here and now.

Owns the questions that ``show`` and ``option list`` ask of the checks of
:mod:`osc_baremetal_config.core.plan.selection`. Never plans.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import profiles
from osc_baremetal_config.core.facts.model import (
    Flavor,
    Item,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.profiles import Profiles
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan import selection
from osc_baremetal_config.core.plan.options import DEFAULT

# Ironic compares the number or boolean that a BMC gives with the text that it
# has stored, and so finds others to have changed whenever it reads them
# (``sync_node_setting`` in ``ironic/objects/bios.py``).
_TELLING = ('Enumeration', 'String')


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item that is known here.

    :param templates: what gives it, by name.
    :param flavors: that name it, by name.
    """

    item: Item
    templates: tuple[str, ...]
    flavors: tuple[str, ...]


@enum.unique
class Capability(enum.Enum):
    """Whether a node is capable of a type, or why that is not known."""

    YES = enum.auto()
    TRAIT_MISSING = enum.auto()
    NOT_IN_BIOS = enum.auto()
    NOT_READ = enum.auto()
    UNKNOWN = enum.auto()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a type of configuration is on a server, and what it can become.

    :param allowed: the values that it can have here, with the one that it
        has.
    :param lacks: sets of traits, of which the node needs one whole set.
    :param changed: when Ironic last saw it change, ISO 8601; None if that
        cannot be told.
    :param matters: it is desired, told by the BIOS, or offered by a template.
    """

    row: assessment.Row
    allowed: tuple[str, ...]
    capability: Capability
    lacks: tuple[frozenset[str], ...]
    changed: str | None
    matters: bool


def offers(
    catalogue: Catalogue,
    templates: Iterable[Template],
    flavors: Iterable[Flavor],
) -> list[KnownItem]:
    """Return every item that catalogue, templates or flavors know."""
    templates, flavors = tuple(templates), tuple(flavors)
    items = {
        Item(name, value)
        for name, config_type in catalogue.types.items()
        for value in config_type.values
    }
    items |= {template.item for template in templates if template.item}
    named = profiles.of_cloud(templates, catalogue.profiles)
    desired = [(one.name, _desired_items(one, named)) for one in flavors]
    items.update(*(own for _, own in desired))
    return [
        KnownItem(
            item,
            tuple(str(t) for t in templates if t.item == item),
            tuple(sorted(name for name, own in desired if item in own)),
        )
        for item in sorted(items)
    ]


def against(item: Item, assessed: Assessment) -> list[Violation]:
    """Return why a server cannot be given an item, nothing if it can."""
    if matches(item, assessed):
        return selection.incapable(item, assessed)
    if unknown := selection.unknown(item, assessed):
        return unknown
    chosen = selection.choose(item, assessed, DEFAULT, {})
    return chosen if isinstance(chosen, list) else []


def matches(item: Item, assessed: Assessment) -> bool:
    """Return whether a server has an item already."""
    return assessed.actual(item.type) == item.value


def changeable(
    offered: Iterable[KnownItem], assessed: Assessment
) -> Item | None:
    """Return some item that a server could be given and has not."""
    for offer in offered:
        item = offer.item
        if not matches(item, assessed) and not against(item, assessed):
            return item
    return None


def outlooks(assessed: Assessment) -> list[Outlook]:
    """Return what every type is on a server, by name."""
    known: dict[str, list[str]] = {
        name: list(config_type.values)
        for name, config_type in assessed.catalogue.types.items()
    }
    for template in assessed.snapshot.templates:
        if template.item:
            values = known.setdefault(template.item.type, [])
            if template.item.value not in values:
                values.append(template.item.value)
    return [
        _outlook(row, known.get(row.type, ()), assessed)
        for row in assessed.rows.values()
    ]


def _desired_items(flavor: Flavor, named: Profiles) -> set[Item]:
    desired = named.desired(flavor.extra_specs)
    return {Item(name, value) for name, value in desired.items()}


def _outlook(
    row: assessment.Row,
    values: Sequence[str],
    assessed: Assessment,
) -> Outlook:
    allowed = tuple(
        value
        for value in values
        if not against(Item(row.type, value), assessed)
    )
    lacks = _lacks(row.type, assessed)
    return Outlook(
        row,
        allowed,
        Capability.TRAIT_MISSING if lacks else _capability(row, assessed),
        lacks,
        _changed(row.type, assessed),
        _matters(row, assessed),
    )


def _matters(row: assessment.Row, assessed: Assessment) -> bool:
    """Return whether a type is any of this server's."""
    offered = (t.item for t in assessed.snapshot.templates)
    return (
        row.desired.value is not None
        or bool(row.actual.settings)
        or any(item and item.type == row.type for item in offered)
    )


def _lacks(name: str, assessed: Assessment) -> tuple[frozenset[str], ...]:
    """Return the sets of traits of which a node has none, though it must."""
    config_type = assessed.catalogue.types.get(name)
    if config_type is None:
        return ()
    node = assessed.snapshot.node
    return tuple(
        frozenset(traits)
        for value in config_type.values
        for traits in assessment.missing_traits(config_type, value, node)
    )


def _capability(row: assessment.Row, assessed: Assessment) -> Capability:
    """Return what a BIOS tells of a type, whatever its value."""
    bios, known = assessed.snapshot.bios, _known(row.type, assessed)
    if any(settings.keys() <= bios.keys() for settings in known):
        return Capability.YES
    if not bios:
        return Capability.NOT_READ
    config_type = assessed.catalogue.types.get(row.type)
    is_told = known or (config_type and config_type.bios)
    return Capability.NOT_IN_BIOS if is_told else Capability.UNKNOWN


def _changed(name: str, assessed: Assessment) -> str | None:
    names = {one for known in _known(name, assessed) for one in known}
    times = [
        setting.updated_at
        for setting in map(assessed.snapshot.bios.get, names)
        if setting
        and setting.updated_at
        and setting.attribute_type in _TELLING
    ]
    return max(times, default=None)


def _known(name: str, assessed: Assessment) -> list[Mapping[str, Value]]:
    """Return the sets of settings that each are a value of a type."""
    sources = assessed.readings(name)
    return [settings for found in sources for _, settings in found if settings]
