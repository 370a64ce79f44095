"""What of a cloud's definitions nobody uses, and who uses the rest.

Owns what counts as use: a server that has a flavor, that should have an item,
or a flavor or an image that requires a template's trait. Removes nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.facts import metadata, profiles
from osc_baremetal_config.core.facts.model import (
    Flavor,
    Image,
    Item,
    Server,
    Template,
)
from osc_baremetal_config.core.facts.profiles import Profiles
from osc_baremetal_config.core.offer import (
    definitions,
    listing,
    scope,
    variants,
)
from osc_baremetal_config.core.offer.model import Change, Estate

_SOME = 5


@dataclass(frozen=True, slots=True)
class Removal:
    """What can be removed, and what is in use.

    :param changes: in the order in which they have to be made.
    :param kept: what is not removed → who uses it, in words.
    """

    changes: tuple[Change, ...]
    kept: dict[str, str]


def removal(
    estate: Estate,
    items: Collection[Item],
    wanted: Collection[str] = (),
    bases: Collection[str] = (),
) -> Removal:
    """Return what of the definitions of items nobody uses.

    :param wanted: what is not to be removed, as ``kind name``.
    :param bases: only the variants of these flavors, by name, and neither
        templates nor runbooks; empty for all.
    """
    kept: dict[str, str] = {}
    changes: list[Change] = []
    left = list(estate.flavors)
    every = [
        pair
        for item in listing.items(estate)
        for pair in listing.variants_of(item, estate)
    ]
    for base, variant in _variants(items, estate):
        change = variants.removal(variant)
        if str(change) in wanted or (bases and base.name not in bases):
            continue
        if users := _servers_of(variant, estate):
            kept[str(change)] = _told('it is the flavor of', users)
        elif more := [
            own.name
            for of, own in every
            if of.id == variant.id and own in left
        ]:
            kept[str(change)] = _told('it is the base of flavor', more)
        else:
            changes.append(change)
            left.remove(variant)
    if bases:
        return Removal(tuple(changes), kept)
    gone: list[Template] = []
    for template in _templates(items, estate):
        change = definitions.removal(template)
        if str(change) in wanted:
            continue
        if why := _use(template, left, estate):
            kept[str(change)] = why
        else:
            gone.append(template)
    # What is defined goes last: a run that is killed finds the rest by it.
    traits = tuple(_traits(gone, estate, wanted))
    removals = tuple(map(definitions.removal, gone))
    return Removal((*changes, *traits, *removals), kept)


def _variants(
    items: Iterable[Item], estate: Estate
) -> list[tuple[Flavor, Flavor]]:
    """Return base and variant; first those that are made of others of them."""
    found: dict[str, tuple[Flavor, Flavor]] = {}
    for item in sorted(items):
        for base, variant in listing.variants_of(item, estate):
            found.setdefault(variant.id, (base, variant))
    return sorted(
        found.values(), key=lambda pair: -len(listing.own_items(pair[1]))
    )


def _templates(items: Collection[Item], estate: Estate) -> list[Template]:
    found = [one for one in estate.templates if profiles.given(one) in items]
    return sorted(found, key=lambda one: (one.kind, one.name), reverse=True)


def _traits(
    gone: Iterable[Template], estate: Estate, wanted: Collection[str]
) -> Iterable[Change]:
    """Yield what takes from nodes the traits that nothing needs any more."""
    names = {one.name for one in gone}
    needed = {
        trait
        for one in estate.templates
        if one.name not in names
        for trait in one.approved_for | {one.name}
    }
    for name in sorted(names - needed):
        change = definitions.unmarking(name, estate.nodes)
        if change and str(change) not in wanted:
            yield change


def _use(template: Template, flavors: Iterable[Flavor], estate: Estate) -> str:
    """Return who uses a template, in words; empty for nobody."""
    required = [f.name for f in flavors if template.name in scope.traits(f)]
    if required:
        return _told('its trait is required by flavor', required)
    key = scope.TRAIT + template.name
    images = [one.name for one in estate.images if key in one.properties]
    if images:
        return _told('its trait is required by image', images)
    item = profiles.given(template)
    named = profiles.of_cloud(estate.templates, {})
    by_id = {image.id: image for image in estate.images}
    users = [
        str(server)
        for server in estate.servers
        if item
        and _asks(server, by_id.get(server.image_id or ''), item, named)
    ]
    return _told(f'{item} is desired of', users) if users else ''


def _asks(
    server: Server, image: Image | None, item: Item, named: Profiles
) -> bool:
    """Return whether an item, or a profile, is desired of a server."""
    if item.type == metadata.PROFILE:
        return item.value in (
            properties.get(metadata.PROFILE)
            for properties in (
                server.metadata,
                image.properties if image else {},
                server.flavor.extra_specs,
            )
        )
    found = assessment.desired(item.type, server, image, named)
    return found.value == item.value


def _servers_of(flavor: Flavor, estate: Estate) -> list[str]:
    return [
        str(server)
        for server in estate.servers
        if server.flavor.name == flavor.name
    ]


def _told(what: str, users: list[str]) -> str:
    more = len(users) - _SOME
    return (
        f'{what} {", ".join(users[:_SOME])}'
        f'{f" and {more} more" if more > 0 else ""}'
    )
