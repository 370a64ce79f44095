"""Which items, flavors and nodes an offer is for.

Owns what of it there is, and what offers make for each other: a variant with
two items is one of a variant with one. Never looks at a BIOS.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts.model import Flavor, Item, Node
from osc_baremetal_config.core.offer import scope, variants
from osc_baremetal_config.core.offer.model import Estate, Offer


def items(offer: Offer, catalogue: Catalogue) -> list[Item]:
    """Return the items that are offered."""
    config_type = catalogue.types.get(offer.type)
    known = config_type.values if config_type else ()
    return [Item(offer.type, value) for value in offer.values or known]


def flavor(name: str, flavors_: Sequence[Flavor]) -> Flavor | None:
    """Return the flavor of that ID or name, None if there is none.

    An ID is an ID: a flavor may have any name, that of another's ID too.
    """
    for key in ('id', 'name'):
        for one in flavors_:
            if getattr(one, key) == name:
                return one
    return None


def flavors(offer: Offer, estate: Estate) -> list[Flavor]:
    """Return the flavors that an offer is for, those of them that exist."""
    found = (flavor(name, estate.flavors) for name in offer.flavors)
    return [one for one in found if one]


def nodes(offer: Offer, estate: Estate) -> list[Node]:
    """Return the nodes that an offer is for: all, if it names no flavor."""
    if not offer.flavors:
        return list(estate.nodes)
    return scope.nodes(flavors(offer, estate), estate.nodes)


def in_scope(
    offers: Sequence[Offer], estate: Estate, catalogue: Catalogue
) -> list[Node]:
    """Return the nodes whose BIOS has to be known for offers."""
    whole = with_variants(offers, estate, catalogue)
    uuids = {node.uuid for offer in offers for node in nodes(offer, whole)}
    uuids |= {offer.like for offer in offers if offer.like}
    return [node for node in estate.nodes if node.uuid in uuids]


def variant(offer: Offer, base: Flavor) -> str | None:
    """Return the name of the variant of a flavor, if an offer has one."""
    return offer.variants.get(base.name) or offer.variants.get(base.id)


def with_variants(
    offers: Sequence[Offer], estate: Estate, catalogue: Catalogue
) -> Estate:
    """Return an estate with the variants that offers make, and theirs.

    On all nodes of their bases, as no trait is required for their items. What
    a run that was killed has left without extra specs is made anew.
    """
    names = {
        one.name for one in _made(offers, estate.flavors, estate, catalogue)
    }
    finished = [
        one
        for one in estate.flavors
        if one.extra_specs or one.name not in names
    ]
    made = _made(offers, finished, estate, catalogue)
    return replace(estate, flavors=(*finished, *made))


def _made(
    offers: Sequence[Offer],
    flavors_: Iterable[Flavor],
    estate: Estate,
    catalogue: Catalogue,
) -> list[Flavor]:
    """Return the variants that offers make of flavors, and of these."""
    found = list(flavors_)
    count = len(found)
    # Each base is met once: what it makes is added behind it.
    for base in found:
        for offer in offers:
            if not {base.name, base.id} & set(offer.flavors):
                continue
            for item in items(offer, catalogue):
                made = variants.wanted(base, item, None, estate.templates)
                made = variants.renamed(made, variant(offer, base))
                if all(one.name != made.name for one in found[count:]):
                    found.append(made)
    known = {one.name for one in found[:count] if one.extra_specs}
    return [one for one in found[count:] if one.name not in known]


def ready(
    offers: Sequence[Offer], estate: Estate
) -> tuple[list[Offer], list[Offer]]:
    """Return offers for the flavors that there are, and those for the others.

    A flavor without extra specs may be one that another offer has to finish.
    """
    now, later = [], []
    for offer in offers:
        known = [
            name
            for name in offer.flavors
            if (found := flavor(name, estate.flavors)) and found.extra_specs
        ]
        missing = [name for name in offer.flavors if name not in known]
        if known or not missing:
            now.append(replace(offer, flavors=tuple(known)))
        if missing:
            later.append(replace(offer, flavors=tuple(missing)))
    return now, later
