"""Which steps give an item to the nodes that there are.

Owns how the catalogue and the BIOS of each node become deploy templates, how
these are called, and why a node cannot be given an item. What has to be made
of it is for :mod:`.changes`.
"""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.desired.firmware import Firmware
from osc_baremetal_config.core.facts import (
    patterns,
    profiles,
    steps,
    templates,
)
from osc_baremetal_config.core.facts.model import (
    Bios,
    Item,
    Kind,
    Node,
    Step,
    Value,
)
from osc_baremetal_config.core.offer import definitions, names
from osc_baremetal_config.core.offer.model import Estate, Fit, Offer, Recipe

_DOCUMENT = 'document'
# Letters of the digest that tells one board's template from another's.
_DIGEST = 6


def fit(
    offer: Offer,
    item: Item,
    nodes: Sequence[Node],
    estate: Estate,
    catalogue: Catalogue,
) -> Fit:
    """Return which nodes can be given an item, and by what.

    :param nodes: those of the flavors that the offer is for. Where there are
        none, the recipes are those of the vendors that are named.
    """
    if not offer.kinds:
        return Fit(offer=offer, item=item)
    found: dict[str, tuple[Recipe, list[Node]]] = {}
    unfit: list[tuple[Node, str]] = []
    for node in nodes:
        recipe = _of_node(offer, item, node, estate, catalogue)
        if isinstance(recipe, str):
            unfit.append((node, recipe))
        else:
            found.setdefault(recipe.name, (recipe, []))[1].append(node)
    # Of the BIOSes that a vendor is known to have only those that are there.
    if not nodes or offer.own_steps:
        for recipe in _without_nodes(offer, item, estate, catalogue):
            known = [one for one, _ in found.values()]
            if not any(_is_alike(recipe, one) for one in known):
                found.setdefault(recipe.name, (recipe, []))
    # Not in the order in which a cloud happens to list its nodes.
    fitting = tuple(
        sorted(found.values(), key=lambda one: (one[0].vendor, one[0].name))
    )
    return Fit(offer=offer, item=item, fitting=fitting, unfit=tuple(unfit))


def is_by_board(item: Item, vendor: str, catalogue: Catalogue) -> bool:
    """Return whether a vendor's settings have other names on every board."""
    known = _kinds(item, [vendor], catalogue)
    return bool(known) and all(_has_patterns(one, item) for one in known)


def vendors(catalogue: Catalogue) -> set[str]:
    """Return the vendors that a catalogue knows, by their whole names."""
    found = set(catalogue.vendors)
    for config_type in catalogue.types.values():
        found |= {kind.vendor for kind in config_type.bios if kind.vendor}
    return found


def needed(item: Item, catalogue: Catalogue) -> frozenset[str]:
    """Return the traits that a node needs for an item.

    :returns: none where it needs one of several, which a template cannot say.
    """
    config_type = catalogue.types.get(item.type)
    sets = config_type.needs.get(item.value, ()) if config_type else ()
    return next(iter(sets)) if len(sets) == 1 else frozenset()


def is_one_of(vendor: str, asked: Iterable[str]) -> bool:
    """Return whether a vendor is meant: by its maker, or by its whole name.

    :param asked: empty for all.
    """
    own = {vendor.casefold(), *vendor.casefold().split()[:1]}
    wanted = {one.casefold() for one in asked}
    return not wanted or bool(own & wanted)


def _of_node(
    offer: Offer, item: Item, node: Node, estate: Estate, catalogue: Catalogue
) -> Recipe | str:
    """Return what gives an item to a node, or why nothing does."""
    bios = estate.bios.get(node.uuid, {})
    if why := estate.faults.get(node.uuid):
        return f'its BIOS settings could not be read: {why}'
    if not bios:
        return 'Ironic has read no BIOS settings of it'
    for single in offer.items(item):
        config_type = catalogue.types.get(single.type)
        if config_type and (
            lacking := assessment.missing_traits(
                config_type, single.value, node
            )
        ):
            told = ' or '.join(' and '.join(sorted(one)) for one in lacking)
            return f'it lacks the trait {told}'
    reasons: list[str] = []
    for recipe in _candidates(offer, item, node, estate, catalogue):
        against = templates.unfit(
            recipe.as_template(Kind.DEPLOY_TEMPLATE),
            # Which one it is stands before what nodes have in common.
            None,
            bios,
            catalogue.locks,
            allow_data_loss=True,
        ) + templates.lacking_traits(
            recipe.as_template(Kind.DEPLOY_TEMPLATE), node
        )
        if not against:
            return recipe
        reasons += [one.text for one in against]
    return '; '.join(dict.fromkeys(reasons)) or _unknown(
        offer, item, node, bios, catalogue
    )


def _unknown(
    offer: Offer, item: Item, node: Node, bios: Bios, catalogue: Catalogue
) -> str:
    """Return why nothing is known that gives an item to a node."""
    vendor = catalogue.vendor(bios, node)
    if vendor and not is_one_of(vendor, offer.vendors):
        return f'its BIOS is of {vendor}'
    of = f' (of {vendor})' if vendor else ''
    meant = catalogue.meant(bios, node)
    unknown = [
        str(one)
        for one in offer.items(item)
        if not any(k.values.get(one.value) for k in meant.get(one.type, ()))
    ]
    told = ', '.join(unknown) or str(item)
    return f'no setting of its BIOS{of} is known that gives {told}'


def _candidates(
    offer: Offer, item: Item, node: Node, estate: Estate, catalogue: Catalogue
) -> Iterator[Recipe]:
    """Yield what may give an item to a node, the likeliest first."""
    bios = estate.bios[node.uuid]
    if offer.own_steps:
        yield _named(
            offer, item, steps.typed(offer.own_steps, bios), estate, catalogue
        )
        return
    like = next((n for n in estate.nodes if n.uuid == offer.like), node)
    told = estate.bios.get(like.uuid, {})
    meant = catalogue.meant(told, like)
    kinds = [meant.get(one.type, ()) for one in offer.items(item)]
    for kind, wanted in _combined(offer.items(item), kinds):
        vendor = kind.vendor or catalogue.vendor(told, like)
        if is_one_of(vendor, offer.vendors):
            opened = _with_openers(wanted, told, catalogue)
            yield _named(
                offer,
                item,
                steps.typed(steps.apply(opened), told),
                estate,
                catalogue,
                replace(kind, vendor=vendor),
            )


def _without_nodes(
    offer: Offer, item: Item, estate: Estate, catalogue: Catalogue
) -> Iterator[Recipe]:
    """Yield what is asked for whatever nodes there are."""
    if offer.own_steps:
        yield _named(offer, item, offer.own_steps, estate, catalogue)
        return
    if offer.like:
        return
    if not offer.vendors:
        return
    items = offer.items(item)
    kinds = [
        [
            kind
            for kind in _kinds(one, offer.vendors, catalogue)
            if not _has_patterns(kind, one)
        ]
        for one in items
    ]
    for kind, wanted in _combined(items, kinds):
        opened = _with_openers(wanted, None, catalogue)
        yield _named(offer, item, steps.apply(opened), estate, catalogue, kind)


def _combined(
    items: Sequence[Item], kinds: Sequence[Sequence[Firmware]]
) -> Iterator[tuple[Firmware, dict[str, Value]]]:
    """Yield whose settings give all of several items, with these settings.

    Those of one maker, and only where one does not undo another.

    :param kinds: of each item the kinds of BIOS that may give it.
    """
    for chosen in itertools.product(*kinds):
        found: dict[str, Value] = {}
        settings = [
            k.values.get(i.value) for i, k in zip(items, chosen, strict=True)
        ]
        for one in settings:
            found |= one or {}
        is_whole = all(
            one and one.items() <= found.items() for one in settings
        )
        if is_whole and len({_maker(kind.vendor) for kind in chosen}) == 1:
            documented = [k for k in chosen if k.source == _DOCUMENT]
            some = (documented or list(chosen))[0]
            vendor = max((kind.vendor for kind in chosen), key=len)
            yield replace(some, vendor=vendor), found


def _maker(vendor: str) -> str:
    return vendor.partition(' ')[0]


def _with_openers(
    wanted: Mapping[str, Value], bios: Bios | None, catalogue: Catalogue
) -> dict[str, Value]:
    """Return settings with those that have to hold for them.

    :param bios: None where it is not known; locks are of one vendor then as
        the settings are that they lock.
    """
    opened = dict(wanted)
    for name in wanted:
        for lock in catalogue.locks:
            if lock.is_of(name) and (bios is None or lock.name in bios):
                opened.setdefault(lock.name, lock.value)
    return opened


def _kinds(
    item: Item, asked: Iterable[str], catalogue: Catalogue
) -> list[Firmware]:
    """Return the kinds of BIOS of vendors that are known to have an item."""
    config_type = catalogue.types.get(item.type)
    asked = tuple(asked)
    return [
        kind
        for kind in (config_type.bios if config_type else ())
        if item.value in kind.values and is_one_of(kind.vendor, asked)
    ]


def _has_patterns(kind: Firmware, item: Item) -> bool:
    return any(
        patterns.beginning(name) != name for name in kind.values[item.value]
    )


def _named(
    offer: Offer,
    item: Item,
    wanted: Sequence[Step],
    estate: Estate,
    catalogue: Catalogue,
    kind: Firmware | None = None,
) -> Recipe:
    """Return a recipe, under the name of the template that does the same.

    A second template for the same would only be in a tie with the first.
    """
    items = offer.items(item)
    required = frozenset[str]().union(*(needed(i, catalogue) for i in items))
    if offer.required_traits is not None:
        required = offer.required_traits
    vendor = kind.vendor if kind else ''
    if not kind and len(offer.vendors) == 1:
        vendor = offer.vendors[0]
    recipe = Recipe(
        offer=offer,
        item=item,
        name=offer.name or _name(offer, item, vendor, wanted, kind, catalogue),
        steps=tuple(wanted),
        vendor=vendor,
        required_traits=required,
        is_documented=bool(kind and kind.source == _DOCUMENT),
    )
    same = sorted(
        one.name
        for one in estate.templates
        if one.kind is Kind.DEPLOY_TEMPLATE
        and profiles.given(one) == item
        and one.profile == offer.profile
        and one.required_traits == required
        and definitions.is_same(one.steps, tuple(wanted))
    )
    if offer.name or recipe.name in same or not same:
        return recipe
    return replace(recipe, name=same[0])


def _name(
    offer: Offer,
    item: Item,
    vendor: str,
    wanted: Iterable[Step],
    kind: Firmware | None,
    catalogue: Catalogue,
) -> str:
    """Return the name of a deploy template: a trait, as Ironic has it.

    With a digest where a vendor has several for one item.
    """
    words = ['profile' if offer.profile else item.type, item.value, vendor]
    asked = _maker(vendor) if offer.profile else vendor
    if kind and any(
        _is_one_of_several(one, asked, catalogue) for one in offer.items(item)
    ):
        text = json.dumps(steps.documents(wanted), sort_keys=True)
        words.append(hashlib.sha256(text.encode()).hexdigest()[:_DIGEST])
    return names.trait('_'.join(filter(None, words)))


def _is_one_of_several(item: Item, vendor: str, catalogue: Catalogue) -> bool:
    """Return whether a vendor has several ways to give an item."""
    alike = [
        kind
        for kind in _kinds(item, [], catalogue)
        if vendor in (kind.vendor, _maker(kind.vendor))
    ]
    return len(alike) > 1 or any(_has_patterns(one, item) for one in alike)


def _is_alike(one: Recipe, other: Recipe) -> bool:
    """Return whether two recipes are for the same vendor."""
    return one.vendor == other.vendor
