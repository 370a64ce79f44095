"""What all checks look at, put together once.

Owns which traits there are, which items are defined, and which nodes a
template is for. Finds nothing wrong itself.
"""

import difflib
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import metadata, profiles, quoting, steps
from osc_baremetal_config.core.facts.model import (
    Bios,
    Flavor,
    Item,
    Kind,
    Node,
    Template,
)
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

    :param providers: the UUIDs of those that it knows; None if it was not
        asked.
    :param differing: node UUID → the traits by which it differs from Ironic,
        as far as these were compared.
    """

    providers: frozenset[str] | None = None
    differing: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Survey:
    """What there is on a cloud.

    :param traits: all that os-traits knows.
    :param now_s: the time, in seconds since 1970.
    """

    estate: Estate
    catalogue: Catalogue
    traits: frozenset[str]
    now_s: float
    placement: Placement = Placement()

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

    def recipe(self, template: Template) -> Recipe | None:
        """Return what the catalogue would have in the place of a template.

        For the vendor of which it has settings, or the only one there is.
        """
        item = profiles.given(template)
        if item is None:
            return None
        offer = Offer(
            type=item.type,
            values=(item.value,),
            profile=template.profile,
            name=template.name,
        )
        found = [
            recipe
            for recipe, nodes in recipes.fit(
                offer,
                item,
                [node for node, _ in self.read],
                self.estate,
                self.catalogue,
            ).fitting
            if nodes
        ]
        return found[0] if len(found) == 1 else None

    def bases_of(self, item: Item) -> list[str]:
        """Return the flavors of which variants have an item, or could."""
        pairs = listing.variants_of(item, self.estate)
        return sorted({base.name for base, _ in pairs})


def command(template: Template, what: str, *more: str) -> str:
    """Return a command of the client of Ironic about a template.

    :param what: one word or two, such as ``trait add``.
    """
    words = (*_CLIENT[template.kind], *what.split())
    return quoting.command(*words, quoting.template(template), *more)


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
