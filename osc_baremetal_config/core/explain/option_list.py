"""What can be set: in general on a cloud, and on one server here and now.

Owns the questions that ``show`` and ``option list`` ask of the checks of
:mod:`osc_baremetal_config.core.plan.selection`. Never plans.
"""

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import (
    metadata,
    profiles,
    registry,
    violations,
)
from osc_baremetal_config.core.facts.model import (
    Flavor,
    Item,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.profiles import Profiles
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan import profiles as profiles_
from osc_baremetal_config.core.plan import selection
from osc_baremetal_config.core.plan.options import DEFAULT

# Ironic compares the number or boolean that a BMC gives with the text that it
# has stored, and so finds others to have changed whenever it reads them
# (``sync_node_setting`` in ``ironic/objects/bios.py``).
_TELLING = ('Enumeration', 'String')


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item that is known here, or a profile.

    :param item: of a profile its name, with the key of properties as type.
    :param templates: what gives it, by name.
    :param flavors: that name it, by name.
    :param items: that it comes to; none where a profile is not clear.
    """

    item: Item
    templates: tuple[str, ...]
    flavors: tuple[str, ...]
    items: tuple[Item, ...]


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
    """Return every item that catalogue, templates or flavors know.

    And after these the profiles that catalogue or templates know.
    """
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
    contents: dict[Item, tuple[Item, ...]] = {
        item: (item,)
        for item in sorted(items)
        if item.type != metadata.PROFILE
    }
    for name in sorted(named.known.keys() | named.ambiguous):
        profile = named.known.get(name)
        of_profile = Item(metadata.PROFILE, name)
        contents[of_profile] = profile.items if profile else ()
    return [
        KnownItem(
            item,
            tuple(
                sorted(str(t) for t in templates if profiles.given(t) == item)
            ),
            tuple(sorted(name for name, own in desired if item in own)),
            own_items,
        )
        for item, own_items in contents.items()
    ]


def of_types(
    known: Sequence[KnownItem], types: Collection[str]
) -> list[KnownItem]:
    """Return the items of some types, of all where none is named.

    :raises Refused: one of the types is not known.
    """
    if not types:
        return list(known)
    names = {one.item.type for one in known} - {metadata.PROFILE}
    unknown = [
        violations.unknown_type(
            name, names, registry.nearest(name, names), is_named=True
        )
        for name in dict.fromkeys(types)
        if name not in names
    ]
    if unknown:
        raise errors.Refused('There is nothing to list:', unknown)
    return [one for one in known if one.item.type in types]


def against(offer: KnownItem, assessed: Assessment) -> list[Violation]:
    """Return why a server cannot be given an item, nothing if it can."""
    if not offer.items:
        name = offer.item.value
        differing = assessed.profiles.ambiguous[name]
        return [violations.profile_ambiguous(name, differing)]
    offered = profiles_.with_items(offer.items, assessed)
    return [one for item in offer.items for one in _against_one(item, offered)]


def _against_one(item: Item, assessed: Assessment) -> list[Violation]:
    if _has(item, assessed):
        return selection.incapable(item, assessed)
    if unknown := selection.unknown(item, assessed):
        return unknown
    chosen = selection.choose(item, assessed, DEFAULT, {})
    return chosen if isinstance(chosen, list) else []


def matches(offer: KnownItem, assessed: Assessment) -> bool:
    """Return whether a server has an item, or all of a profile, already."""
    return all(_has(item, assessed) for item in offer.items)


def _has(item: Item, assessed: Assessment) -> bool:
    return assessed.actual(item.type) == item.value


def changeable(
    offered: Iterable[KnownItem], assessed: Assessment
) -> tuple[Item, ...]:
    """Return some items that a server could be given and has not, or none."""
    for offer in offered:
        if not matches(offer, assessed) and not against(offer, assessed):
            return offer.items
    return ()


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
    desired = dict(named.desired(flavor.extra_specs))
    if profile := named.of(flavor.extra_specs):
        desired[metadata.PROFILE] = profile.name
    return {Item(name, value) for name, value in desired.items()}


def _outlook(
    row: assessment.Row,
    values: Sequence[str],
    assessed: Assessment,
) -> Outlook:
    allowed = tuple(
        value
        for value in values
        if not _against_one(Item(row.type, value), assessed)
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
