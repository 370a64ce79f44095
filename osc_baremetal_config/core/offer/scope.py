"""On which nodes the servers of a flavor can be.

Owns how a flavor's extra specs and a node's resource class and traits are
compared, as Nova and Placement do it. Never looks at a BIOS.
"""

import re
from collections.abc import Collection, Iterable, Mapping

from osc_baremetal_config.core.facts.model import Flavor, Node
from osc_baremetal_config.core.offer.names import CUSTOM

TRAIT = 'trait:'
_CLASS = 'resources:' + CUSTOM


def is_bare_metal(flavor: Flavor) -> bool:
    """Return whether a flavor asks for a resource class of nodes."""
    return bool(classes(flavor))


def nodes(flavors: Iterable[Flavor], every: Iterable[Node]) -> list[Node]:
    """Return the nodes on which servers of one of the flavors can be."""
    flavors = tuple(flavors)
    return [node for node in every if any(takes(f, node) for f in flavors)]


def takes(flavor: Flavor, node: Node) -> bool:
    """Return whether a server of a flavor can be on a node."""
    specs = flavor.extra_specs
    required = traits(flavor)
    forbidden = {
        key.removeprefix(TRAIT)
        for key, value in specs.items()
        if key.startswith(TRAIT) and value == 'forbidden'
    }
    return (
        is_of_class(flavor, node)
        and required <= node.traits
        and not forbidden & node.traits
    )


def is_of_class(flavor: Flavor, node: Node) -> bool:
    """Return whether a node is of the resource class of a flavor."""
    name = node.resource_class
    return bool(name) and resource_class(name) in classes(flavor)


def traits(flavor: Flavor) -> frozenset[str]:
    """Return the traits that a flavor requires of a node."""
    return frozenset(
        key.removeprefix(TRAIT)
        for key, value in flavor.extra_specs.items()
        if key.startswith(TRAIT) and value == 'required'
    )


def without_traits(
    specs: Mapping[str, str], names: Collection[str]
) -> dict[str, str]:
    """Return extra specs without what they say of some traits."""
    return {
        key: value
        for key, value in specs.items()
        if key.removeprefix(TRAIT) not in names
    }


def resource_class(name: str) -> str:
    """Return what Placement calls a node's resource class.

    As ``normalize_name`` of os-resource-classes.
    """
    return CUSTOM + re.sub('[^0-9A-Z]+', '_', name.upper())


def classes(flavor: Flavor) -> frozenset[str]:
    """Return the resource classes of nodes that a flavor asks for."""
    return frozenset(
        CUSTOM + key.removeprefix(_CLASS)
        for key, value in flavor.extra_specs.items()
        if key.startswith(_CLASS) and value != '0'
    )
