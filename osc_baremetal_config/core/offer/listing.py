"""The offers that a cloud has, from its definitions.

Owns how templates, runbooks and variants are put together again, so that
offering the result changes nothing. Never says whether they are any good.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import metadata, profiles, steps
from osc_baremetal_config.core.facts.model import (
    Flavor,
    Item,
    Kind,
    Profile,
    Template,
)
from osc_baremetal_config.core.offer import (
    definitions,
    recipes,
    scope,
    targets,
    variants,
)
from osc_baremetal_config.core.offer.model import Estate, Marks, Offer
from osc_baremetal_config.core.plan import flavors as flavors_


def offers(estate: Estate, catalogue: Catalogue) -> list[Offer]:
    """Return what a cloud offers, by type, value and name."""
    found = [
        _with_nodes(offer, estate, catalogue)
        for item in items(estate)
        for offer in _of_item(item, estate)
    ]
    return sorted(
        found,
        key=lambda one: (
            *(one.type, one.values, one.name, one.runbook),
            sorted(one.variants.items()),
        ),
    )


def variants_of(item: Item, estate: Estate) -> Iterator[tuple[Flavor, Flavor]]:
    """Yield base and variant, of the variants that have an item."""
    known = variants.giving(estate.templates)
    for variant in estate.flavors:
        if _has(variant, item) and (
            base := variants.base_of(variant, item, estate.flavors, known)
        ):
            yield base, variant


def baseless(estate: Estate) -> list[Flavor]:
    """Return the flavors with items that are no variant of another flavor."""
    known = variants.giving(estate.templates)
    return [
        flavor
        for flavor in estate.flavors
        if (items := own_items(flavor))
        and not any(
            variants.base_of(flavor, item, estate.flavors, known)
            for item in items
        )
    ]


def items(estate: Estate) -> list[Item]:
    """Return the items for which something is defined.

    A template that has nothing to run defines none.
    """
    found = {
        item
        for one in estate.templates
        if one.steps and (item := profiles.given(one))
    }
    for flavor in estate.flavors:
        found |= set(own_items(flavor))
    return sorted(found)


def own_items(flavor: Flavor) -> list[Item]:
    """Return the items that a flavor has, and its profile as one."""
    return [Item(*pair) for pair in flavors_.asked(flavor).items()]


def _has(flavor: Flavor, item: Item) -> bool:
    return flavors_.asked(flavor).get(item.type) == item.value


def _of_item(item: Item, estate: Estate) -> Iterator[Offer]:
    """Yield the offers of one item."""
    own = [
        one
        for one in estate.templates
        if profiles.given(one) == item and one.steps
    ]
    rows = list(_pairs(item, own))
    pairs = list(variants_of(item, estate))
    names = {row.name for row in rows if Kind.DEPLOY_TEMPLATE in row.kinds}
    for row in rows:
        own_pairs = [
            (base.name, variant.name)
            for base, variant in pairs
            if row.name in scope.traits(variant) & names
        ]
        for layer in _layers(own_pairs) or [{}]:
            yield replace(row, flavors=tuple(layer), variants=layer)
    others = [
        (base.name, variant.name)
        for base, variant in pairs
        if not scope.traits(variant) & names
    ]
    for layer in _layers(others):
        yield Offer(
            type=item.type,
            values=(item.value,),
            profile=_without_items(item),
            flavors=tuple(layer),
            variants=layer,
            kinds=frozenset(),
            first_boot=False,
            marks_nodes=Marks.NONE,
        )


def _layers(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Return base → variant, as often as a base has several variants."""
    layers: list[dict[str, str]] = []
    for base, variant in sorted(pairs):
        layer = next((one for one in layers if base not in one), None)
        if layer is None:
            layer = {}
            layers.append(layer)
        layer[base] = variant
    return layers


def _pairs(item: Item, own: Sequence[Template]) -> Iterator[Offer]:
    """Yield templates and runbooks of an item, put together if they match."""
    left = sorted(
        (one for one in own if one.kind is Kind.RUNBOOK),
        key=lambda one: one.name,
    )
    for template in sorted(own, key=lambda one: one.name):
        if template.kind is Kind.RUNBOOK:
            continue
        match = next((one for one in left if _is_pair(template, one)), None)
        if match:
            left.remove(match)
        yield _offer(item, template, match)
    for runbook in left:
        yield _offer(item, runbook, runbook)


def _is_pair(template: Template, runbook: Template) -> bool:
    return (
        definitions.is_same(template.steps, runbook.steps)
        and template.required_traits == runbook.required_traits
        and template.profile == runbook.profile
        and template.extra == runbook.extra
    )


def _without_items(item: Item) -> Profile | None:
    """Return the profile that flavors name, where no template defines it."""
    is_profile = item.type == metadata.PROFILE
    return Profile(item.value, ()) if is_profile else None


def _offer(item: Item, some: Template, runbook: Template | None) -> Offer:
    """Return the offer that templates of an item come to.

    :param some: the deploy template, or the runbook where there is none.
    """
    kinds = frozenset(one.kind for one in (some, runbook) if one)
    settings = steps.settings(some.steps)
    is_usual = some.kind is Kind.RUNBOOK or definitions.has_usual_priorities(
        some.steps
    )
    is_plain = is_usual and definitions.is_same(
        some.steps, steps.apply(settings)
    )
    listed = [
        replace(step, priority=-number) if is_usual else step
        for number, step in enumerate(some.steps)
    ]
    return Offer(
        type=item.type,
        values=(item.value,),
        profile=some.profile,
        name=some.name,
        runbook=runbook.name if runbook else '',
        settings=settings if is_plain else {},
        steps=() if is_plain else tuple(listed),
        extra=some.extra,
        required_traits=some.required_traits,
        traits=_own_traits(some, runbook),
        owner=runbook.owner if runbook else None,
        owner_name=(runbook.owner or '') if runbook else '',
        is_public=bool(runbook and runbook.is_public),
        kinds=kinds,
    )


def _own_traits(
    some: Template, runbook: Template | None
) -> frozenset[str] | None:
    """Return for what a runbook is approved, None for the usual trait."""
    if runbook is None or runbook.approved_for == {some.name}:
        return None
    return runbook.approved_for


def _with_nodes(offer: Offer, estate: Estate, catalogue: Catalogue) -> Offer:
    """Return an offer that says whether it marks nodes, as it has or not."""
    if not offer.kinds:
        return replace(offer, marks_nodes=Marks.NONE)
    item = Item(offer.type, offer.values[0])
    nodes = targets.nodes(offer, estate)
    fit = recipes.fit(offer, item, nodes, estate, catalogue)
    has_it = {
        recipe.name in node.traits
        for recipe, fitting in fit.fitting
        for node in fitting
    }
    if has_it == {False}:
        return replace(offer, marks_nodes=Marks.NONE)
    is_for_some = False in has_it
    return replace(
        offer, marks_nodes=Marks.FIRST if is_for_some else Marks.ALL
    )
