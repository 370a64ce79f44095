"""What all checks look at, put together once.

Owns which traits there are, which items are defined, and which nodes a
template is for. Finds nothing wrong itself.
"""

import difflib
import functools
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import (
    metadata,
    profiles,
    quoting,
    registry,
    steps,
    templates,
)
from osc_baremetal_config.core.facts.model import (
    Bios,
    Flavor,
    Item,
    Kind,
    Node,
    Template,
)
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.offer import listing, recipes, scope
from osc_baremetal_config.core.offer.model import Estate, Offer, Recipe

_CUSTOM = re.compile('CUSTOM_[A-Z0-9_]+')
# How near a name has to be to be the same with a slip.
_NEAR = 0.85
_CLIENT = {
    Kind.DEPLOY_TEMPLATE: ('openstack', 'baremetal', 'deploy', 'template'),
    Kind.RUNBOOK: ('openstack', 'baremetal', 'runbook'),
}


@dataclass(frozen=True, slots=True)
class Placement:
    """What Placement has of the nodes.

    :param differing: node UUID → the traits by which it differs from Ironic,
        as far as these were compared.
    """

    differing: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Survey:
    """What there is on a cloud.

    :param traits: all that os-traits knows.
    :param now_s: the time, in seconds since 1970.
    :param projects: ID → name of all projects; None if they are not known.
    """

    estate: Estate
    catalogue: Catalogue
    traits: frozenset[str]
    now_s: float
    placement: Placement = Placement()
    projects: Mapping[str, str] | None = None

    @functools.cached_property
    def node_traits(self) -> frozenset[str]:
        """All traits that some node has."""
        none = frozenset[str]()
        return none.union(*(node.traits for node in self.estate.nodes))

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """The names of the deploy templates, which are traits as well."""
        return frozenset(
            one.name
            for one in self.estate.templates
            if one.kind is Kind.DEPLOY_TEMPLATE
        )

    @functools.cached_property
    def items(self) -> frozenset[Item]:
        """The items that a deploy template or a runbook gives."""
        return frozenset(one.item for one in self.estate.templates if one.item)

    @functools.cached_property
    def every_item(self) -> frozenset[Item]:
        """All these, and those of profiles."""
        of_profiles = [
            one.profile.items for one in self.estate.templates if one.profile
        ]
        return self.items.union(*of_profiles)

    @functools.cached_property
    def read(self) -> Sequence[tuple[Node, Bios]]:
        """The nodes whose BIOS settings are known."""
        return [
            (node, bios)
            for node in self.estate.nodes
            if (bios := self.estate.bios.get(node.uuid))
        ]

    @functools.cached_property
    def bases(self) -> Sequence[Flavor]:
        """The flavors of bare metal that have no items."""
        return [
            flavor
            for flavor in self.estate.flavors
            if scope.is_bare_metal(flavor) and not listing.own_items(flavor)
        ]

    def meant(self, name: str) -> str | None:
        """Return what a trait with a slip should be, None for no slip."""
        if name in self.traits | self.node_traits | self.names:
            return None
        known = self.node_traits | self.names
        if not _CUSTOM.fullmatch(name):
            known |= self.traits
        near = difflib.get_close_matches(name, sorted(known), 1, _NEAR)
        if near:
            return near[0]
        return None if _CUSTOM.fullmatch(name) else ''

    def of(self, template: Template) -> Sequence[tuple[Node, Bios]]:
        """Return the nodes that a template is for, as far as they were read.

        Those that have one of its settings; none where it has none.
        """
        names = steps.settings(template.steps).keys()
        return [(n, bios) for n, bios in self.read if names & bios.keys()]

    def relying(self, template: Template, node: Node) -> str:
        """Return what finds a template by a trait that a node lacks, in words.

        Flavors whose servers could be on the node but for traits of templates;
        where no flavor needs the trait, runbooks that are approved for it.

        :returns: empty for nothing, and where no node of the resource class
            has the trait: then it is not for these.
        """
        if (template.name, node.resource_class) not in self._marked_classes:
            return ''
        if needing := self._requiring.get(template.name):
            found = [
                f'flavor {flavor}'
                for flavor in needing
                if scope.takes(flavor, node)
            ]
        else:
            found = [
                str(one)
                for one in self.estate.templates
                if template.name in one.approved_for
                and not one.approved_for & node.traits
            ]
        return ' and '.join(found)

    @functools.cached_property
    def _marked_classes(self) -> Set[tuple[str, str | None]]:
        """Trait and resource class, of all nodes."""
        return {
            (trait, node.resource_class)
            for node in self.estate.nodes
            for trait in node.traits
        }

    @functools.cached_property
    def _requiring(self) -> Mapping[str, Sequence[Flavor]]:
        """Template → flavors that need its trait, without such traits."""
        found: dict[str, list[Flavor]] = {}
        for flavor in self.estate.flavors:
            for trait in scope.traits(flavor) & self.names:
                specs = scope.without_traits(flavor.extra_specs, self.names)
                plain = replace(flavor, extra_specs=specs)
                found.setdefault(trait, []).append(plain)
        return found

    @functools.cached_property
    def _fitting(self) -> Mapping[str, Mapping[str, Node]]:
        """Template → UUID → node, of the nodes that it fits."""
        return {
            str(template): {
                node.uuid: node
                for node, bios in self.read
                if not templates.lacking_traits(template, node)
                and not self.unfit(template, node, bios)
            }
            for template in self.estate.templates
        }

    def fitting(self, template: Template) -> list[Node]:
        """Return the nodes that a template fits, as far as they were read."""
        return list(self._fitting[str(template)].values())

    def fits(self, template: Template, node: Node) -> bool:
        """Return whether a template fits a node that was read."""
        return node.uuid in self._fitting[str(template)]

    def unfit(
        self, template: Template, node: Node, bios: Bios
    ) -> list[Violation]:
        """Return why a template does not fit a BIOS, nothing if it does."""
        return templates.unfit(
            template, node, bios, self.catalogue.locks, allow_data_loss=True
        )

    def slip(self, item: Item) -> str:
        """Return the type or the value that an item was meant to have.

        Empty for one that the catalogue knows, or that is like none of it.
        """
        types = self.catalogue.types
        if item.type not in types:
            return registry.near(item.type, types)
        known = types[item.type].values
        return '' if item.value in known else registry.near(item.value, known)

    def recipe(self, template: Template) -> Recipe | None:
        """Return what the catalogue would have in the place of a template.

        For the vendor of which it has settings; where it has none of any, for
        the nodes that have its trait; else the only one there is.
        """
        item = profiles.given(template)
        if item is None:
            return None
        offer = Offer(
            type=item.type, values=(item.value,), profile=template.profile
        )
        nodes = [node for node, _ in self.read]
        found = recipes.fit(offer, item, nodes, self.estate, self.catalogue)
        fitting = [(recipe, some) for recipe, some in found.fitting if some]
        own = steps.settings(template.steps).keys()
        marks = template.approved_for | {template.name}
        alike = [
            (recipe, some)
            for recipe, some in fitting
            if own & steps.settings(recipe.steps).keys()
        ]
        marked = [
            (recipe, some)
            for recipe, some in alike or fitting
            if any(marks & node.traits for node in some)
        ]
        likely = [recipe for recipe, _ in marked or alike or fitting]
        return likely[0] if len(likely) == 1 else None

    def bases_of(self, item: Item) -> list[str]:
        """Return the flavors of which variants have an item, or could."""
        pairs = listing.variants_of(item, self.estate)
        return sorted({base.name for base, _ in pairs})

    def base_for(self, item: Item) -> list[str]:
        """Return the flavor on most of whose nodes an item can be offered.

        Of several the first by name; empty where it can be offered on none.
        """
        offer = Offer(type=item.type, values=(item.value,))
        read = [node for node, _ in self.read]
        counts = {}
        for flavor in self.bases:
            nodes = scope.nodes([flavor], read)
            found = recipes.fit(
                offer, item, nodes, self.estate, self.catalogue
            )
            counts[flavor.name] = sum(len(some) for _, some in found.fitting)
        best = max(sorted(counts), key=lambda name: counts[name], default='')
        return [best] if best and counts[best] else []


def command(template: Template, what: str, *more: str) -> str:
    """Return a command of the client of Ironic about a template.

    :param what: one word or two, such as ``trait add``.
    """
    words = (*_CLIENT[template.kind], *what.split())
    return quoting.command(*words, quoting.template(template), *more)


def of_node(node: Node, what: str, *more: str) -> str:
    """Return a command of the client of Ironic about a node.

    :param what: one word or two, such as ``add trait``.
    """
    words = ('openstack', 'baremetal', 'node', *what.split())
    return quoting.command(*words, quoting.node(node), *more)


def offering(
    item: Item, flavors: Iterable[str], owners: Iterable[str] = ()
) -> str:
    """Return the commands that offer an item.

    :param owners: the projects that it is offered to, one by one.
    :returns: empty for no flavors, and for a profile, whose items are unknown.
    """
    names = list(flavors)
    if not names or item.type == metadata.PROFILE:
        return ''
    words = ('openstack', 'server', 'config', 'option', 'create')
    what = ('--type', item.type, '--value', item.value, '--flavor', *names)
    return quoting.both(
        *(
            quoting.command(*words, *what, *(('--owner', own) if own else ()))
            for own in list(owners) or ['']
        )
    )
