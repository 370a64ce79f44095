"""What has to be asked of Placement to compare its traits with Ironic's.

Owns how a thousand nodes are compared by a few questions: nodes that have the
same traits among those that matter are one question, whose answer must have
all of them.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from osc_baremetal_config.core.check import machines
from osc_baremetal_config.core.check.survey import Placement
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts.model import Node
from osc_baremetal_config.core.offer import scope
from osc_baremetal_config.core.offer.model import Estate

# Questions at most; the largest groups first.
MOST = 2


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes that have the same traits, of those that matter."""

    required: frozenset[str]
    forbidden: frozenset[str]
    nodes: tuple[str, ...]


def groups(
    estate: Estate, catalogue: Catalogue, unknown: Set[str] = frozenset()
) -> list[Group]:
    """Return the nodes that Nova should know, the largest group first.

    :param unknown: traits that Placement does not know, and so takes in no
        question.
    """
    relevant = relevant_traits(estate, catalogue) - unknown
    found: dict[frozenset[str], list[str]] = {}
    for node in _in_use(estate):
        own = node.traits & relevant
        found.setdefault(own, []).append(node.uuid)
    return sorted(
        (
            Group(own, frozenset(relevant - own), tuple(nodes))
            for own, nodes in found.items()
        ),
        key=lambda one: (-len(one.nodes), sorted(one.required)),
    )


def compared(
    found: Sequence[Group], answers: Iterable[Set[str]], known: Set[str]
) -> Placement:
    """Return what Placement has, by its answers.

    :param answers: for each group the UUIDs that have these traits; fewer
        answers leave the groups behind uncompared.
    :param known: the UUIDs of all its providers.
    """
    differing: Mapping[str, frozenset[str]] = {
        uuid: group.required
        for group, answer in zip(found, answers, strict=False)
        for uuid in group.nodes
        if uuid in known and uuid not in answer
    }
    return Placement(differing)


def lacking(estate: Estate, unknown: Set[str]) -> dict[str, frozenset[str]]:
    """Return the nodes with traits that Placement does not know, and these."""
    return {
        node.uuid: node.traits & unknown
        for node in _in_use(estate)
        if node.traits & unknown
    }


def _in_use(estate: Estate) -> list[Node]:
    """Return the nodes that Nova should know."""
    return [
        node
        for node in estate.nodes
        if node.provision_state in machines.IN_USE
    ]


def uncompared(found: Sequence[Group], asked: int) -> int:
    """Return how many nodes no question was about."""
    return sum(len(group.nodes) for group in found[asked:])


def relevant_traits(estate: Estate, catalogue: Catalogue) -> set[str]:
    """Return the traits by which servers are scheduled, or could be."""
    none = frozenset[str]()
    found = set(none.union(*map(scope.traits, estate.flavors)))
    for template in estate.templates:
        found |= {template.name} & _all(estate.nodes)
        found |= template.required_traits | template.approved_for
    for config_type in catalogue.types.values():
        for sets in config_type.needs.values():
            found |= none.union(*sets)
    return found & _all(estate.nodes)


def _all(nodes: Iterable[Node]) -> frozenset[str]:
    none = frozenset[str]()
    return none.union(*(node.traits for node in nodes))
