"""Everything that offers come to on a cloud, or every reason against them.

Owns how offers are checked, which templates serve a flavor's first boot, and
what a person has to know of that. Nothing is changed here.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import registry, violations
from osc_baremetal_config.core.facts.model import Flavor, Item, Kind, Node
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.offer import (
    definitions,
    names,
    recipes,
    scope,
    variants,
)
from osc_baremetal_config.core.offer.model import (
    Change,
    Estate,
    Fit,
    Offer,
    Recipe,
    State,
    to_do,
)


@dataclass(frozen=True, slots=True)
class Offering:
    """What offers come to.

    :param fits: which nodes can be given each item.
    :param changes: in the order in which they have to be made: what servers
        are made from comes last.
    :param remarks: what a person should know.
    """

    fits: tuple[Fit, ...]
    changes: tuple[Change, ...]
    remarks: tuple[str, ...] = ()


def make(
    offers: Sequence[Offer],
    estate: Estate,
    catalogue: Catalogue,
    *,
    updates: bool = False,
) -> Offering:
    """Return what offers come to.

    :param estate: with the BIOS settings of the nodes :func:`in_scope`.
    :param updates: what is different is changed.
    :raises Refused: something of them cannot be.
    """
    fits = [
        recipes.fit(offer, item, _nodes(offer, estate), estate, catalogue)
        for offer in offers
        for item in _items(offer, catalogue)
    ]
    changes = _changes(fits, estate)
    due = {str(change) for change in to_do(changes)}
    against = [one for fit in fits for one in _unfitting(fit, due)]
    against += [
        violations.definition_fixed(str(change), why)
        for change in changes
        for why in change.unchangeable
    ]
    against += [
        violations.definition_differs(str(change), change.details)
        for change in changes
        if change.state is State.DIFFERENT
        and not change.unchangeable
        and not updates
    ]
    if against:
        raise refused(against)
    return Offering(tuple(fits), tuple(changes), tuple(_remarks(fits, estate)))


def faults(
    offers: Iterable[Offer], estate: Estate, catalogue: Catalogue
) -> list[Violation]:
    """Return everything that offers name and that there is not."""
    return [
        fault
        for offer in offers
        for fault in _faults(offer, estate, catalogue)
    ]


def refused(against: Sequence[Violation]) -> errors.Refused:
    """Return that offers cannot be made."""
    return errors.Refused(
        'This cannot be offered; nothing was changed:', against
    )


def check_flavors(offer: Offer, estate: Estate) -> None:
    """Raise unless there are the flavors that an offer names."""
    if against := _unknown_flavors(offer, estate):
        raise errors.Refused('Nothing was changed:', against)


def flavors(offer: Offer, estate: Estate) -> list[Flavor]:
    """Return the flavors that an offer is for, those of them that exist."""
    found = (_flavor(name, estate) for name in offer.flavors)
    return [flavor for flavor in found if flavor]


def in_scope(offers: Iterable[Offer], estate: Estate) -> list[Node]:
    """Return the nodes whose BIOS has to be known for offers."""
    uuids = {node.uuid for offer in offers for node in _nodes(offer, estate)}
    uuids |= {offer.like for offer in offers if offer.like}
    return [node for node in estate.nodes if node.uuid in uuids]


def _flavor(name: str, estate: Estate) -> Flavor | None:
    by_name = {flavor.name: flavor for flavor in estate.flavors}
    by_id = {flavor.id: flavor for flavor in estate.flavors}
    # An ID is an ID: a flavor may have any name, that of another's ID too.
    return by_id.get(name) or by_name.get(name)


def _nodes(offer: Offer, estate: Estate) -> list[Node]:
    """Return the nodes that an offer is for: all, if it names no flavor."""
    if not offer.flavors:
        return list(estate.nodes)
    return scope.nodes(flavors(offer, estate), estate.nodes)


def _items(offer: Offer, catalogue: Catalogue) -> list[Item]:
    """Return the items that are offered."""
    config_type = catalogue.types.get(offer.type)
    known = config_type.values if config_type else ()
    return [Item(offer.type, value) for value in offer.values or known]


def _faults(
    offer: Offer, estate: Estate, catalogue: Catalogue
) -> list[Violation]:
    """Return what an offer names that there is not."""
    if unfit := list(_unfit_words(offer, catalogue)):
        return unfit
    return [
        *_unknown_items(offer, catalogue),
        *_unknown_flavors(offer, estate),
        *_unknown_vendors(offer, catalogue),
    ]


def _unfit_words(offer: Offer, catalogue: Catalogue) -> Iterator[Violation]:
    """Yield the words of an offer that no service would take."""
    known = catalogue.types.get(offer.type)
    values = set(offer.values) - set(known.values if known else ())
    items = offer.profile.items if offer.profile else ()
    values |= {item.value for item in items}
    types = [offer.type, *(item.type for item in items)]
    required = offer.required_traits or ()
    traits = {*(offer.traits or ()), *required}
    trait, letters = 'a trait', 'capital letters, digits and underscores'
    plain = 'letters, digits, underscores, dots and hyphens'
    for what, words, fits, needed in (
        ('a type', types, names.is_type, 'a-z, 0-9 and hyphens'),
        ('a value', values, names.is_value, plain),
        (
            'the name of a deploy template',
            [offer.name] if Kind.DEPLOY_TEMPLATE in offer.kinds else [],
            names.is_template,
            f'CUSTOM_ and {letters}',
        ),
        ('the name of a runbook', [offer.runbook], names.is_runbook, plain),
        (
            'the name of a flavor',
            offer.variants.values(),
            names.is_flavor,
            plain,
        ),
        (trait, traits, names.is_trait, letters),
    ):
        for word in sorted(words):
            if word and not fits(word):
                yield violations.word_unfit(what, word, needed)


def _unknown_items(offer: Offer, catalogue: Catalogue) -> list[Violation]:
    if offer.profile:
        single = [
            replace(offer, type=i.type, values=(i.value,), profile=None)
            for i in offer.profile.items
        ]
        return [v for one in single for v in _unknown_items(one, catalogue)]
    config_type = catalogue.types.get(offer.type)
    if config_type is None:
        nearest = registry.nearest(offer.type, catalogue.types)
        # An operator may offer what no catalogue names.
        if offer.own_steps and offer.values and not nearest:
            return []
        known = catalogue.types
        return [
            violations.unknown_type(offer.type, known, nearest, is_named=True)
        ]
    return [
        violations.unknown_value(
            Item(offer.type, value),
            config_type.values,
            registry.nearest(value, config_type.values),
        ).of(Item(offer.type, value))
        for value in offer.values
        if value not in config_type.values
    ]


def _unknown_flavors(offer: Offer, estate: Estate) -> list[Violation]:
    found = []
    for name in offer.flavors:
        flavor = _flavor(name, estate)
        if flavor is None:
            known = [one.name for one in estate.flavors]
            nearest = registry.nearest(name, known)
            found.append(violations.flavor_unknown(name, nearest))
        elif offer.kinds and not scope.is_bare_metal(flavor):
            found.append(violations.flavor_virtual(str(flavor)))
    return found


def _unknown_vendors(offer: Offer, catalogue: Catalogue) -> list[Violation]:
    known = recipes.vendors(catalogue)
    makers = {name.split()[0] for name in known}
    found = []
    for vendor in offer.vendors:
        if not any(recipes.is_one_of(one, [vendor]) for one in known):
            nearest = registry.nearest(vendor, known | makers)
            found.append(violations.vendor_unknown(vendor, makers, nearest))
    return found


def _unfitting(fit: Fit, due: AbstractSet[str]) -> list[Violation]:
    """Return that an item can be given to none of the nodes, if that is so.

    Where there are no nodes yet, what is asked for is made all the same; and
    what is there already stays.

    :param due: what has to be made or changed, as ``kind name``.
    """
    if not fit.offer.kinds or any(nodes for _, nodes in fit.fitting):
        return []
    made = {
        str(recipe.as_template(kind))
        for recipe, _ in fit.fitting
        for kind in Kind
    }
    if fit.unfit and (made & due or not made):
        return [violations.nothing_fits(fit.item, reasons(fit))]
    if not fit.fitting:
        return [violations.nothing_fits(fit.item, [])]
    return []


def reasons(fit: Fit) -> list[str]:
    """Return why nodes cannot be given an item, each reason once."""
    about: dict[str, list[str]] = {}
    for node, why in fit.unfit:
        about.setdefault(why, []).append(node.handle)
    return [
        f'{", ".join(names[:_SOME])}'
        f'{f" and {len(names) - _SOME} more" if len(names) > _SOME else ""}: '
        f'{why}'
        for why, names in about.items()
    ]


_SOME = 5


def _changes(fits: Sequence[Fit], estate: Estate) -> list[Change]:
    """Return what has to be done, each once."""
    found: dict[str, Change] = {}

    def add(change: Change | None) -> None:
        if change is not None:
            found.setdefault(str(change), change)

    served = _served(fits, estate)
    first = {trait for trait in served.values() if trait}
    kinds = [
        kind
        for kind in Kind
        if kind is not Kind.RUNBOOK or estate.has_runbooks
    ]
    for kind in kinds:
        for recipe, nodes in _recipes(fits):
            if kind in recipe.offer.kinds:
                add(definitions.change(recipe, kind, estate, nodes))
    for trait, nodes in _marked(fits, estate, first).items():
        add(definitions.marking(trait, nodes))
    for (base_name, item, variant), template in served.items():
        for base in estate.flavors:
            if base.name == base_name:
                add(
                    variants.change(
                        base,
                        item,
                        template,
                        estate.flavors,
                        estate.templates,
                        variant,
                    )
                )
    return list(found.values())


def _recipes(fits: Iterable[Fit]) -> list[tuple[Recipe, Sequence[Node]]]:
    return [pair for fit in fits for pair in fit.fitting]


def _marked(
    fits: Sequence[Fit], estate: Estate, first: set[str]
) -> dict[str, list[Node]]:
    """Return trait → the nodes that need it.

    :param first: the traits by which flavors find a template.
    """
    found: dict[str, list[Node]] = {}
    for recipe, nodes in _recipes(fits):
        if not recipe.offer.marks_nodes:
            continue
        is_relied_on = estate.has_runbooks and definitions.relies_on_name(
            recipe, estate, nodes
        )
        if recipe.name in first or is_relied_on:
            found.setdefault(recipe.name, []).extend(nodes)
        runbook = recipe.as_template(Kind.RUNBOOK).name
        if is_relied_on and estate.names_are_traits:
            found.setdefault(runbook, []).extend(nodes)
    return {
        trait: list({node.uuid: node for node in nodes}.values())
        for trait, nodes in found.items()
    }


def _served(
    fits: Sequence[Fit], estate: Estate
) -> dict[tuple[str, Item, str | None], str | None]:
    """Return flavor, item and variant → the template for the first boot.

    A flavor finds a template by one trait. So there is none where its nodes
    need several, or where the first boot is not wanted.
    """
    found = {}
    for fit in fits:
        for flavor in flavors(fit.offer, estate):
            serving = _at_first_boot(fit, flavor, fits)
            key = flavor.name, fit.item, _variant(fit.offer, flavor)
            found[key] = serving.pop() if len(serving) == 1 else None
    return found


def _variant(offer: Offer, flavor: Flavor) -> str | None:
    """Return the name of the variant of a flavor, if an offer has one."""
    found = offer.variants
    return found.get(flavor.name) or found.get(flavor.id)


def _at_first_boot(fit: Fit, flavor: Flavor, fits: Iterable[Fit]) -> set[str]:
    """Return the templates that the nodes of a flavor need for an item."""
    return {
        recipe.name
        for other in fits
        if other.item == fit.item
        and {flavor.name, flavor.id} & set(other.offer.flavors)
        and _variant(other.offer, flavor) == _variant(fit.offer, flavor)
        for recipe, nodes in other.fitting
        if recipe.offer.first_boot
        and Kind.DEPLOY_TEMPLATE in recipe.offer.kinds
        and (not nodes or any(scope.takes(flavor, node) for node in nodes))
    }


def _remarks(fits: Sequence[Fit], estate: Estate) -> list[str]:
    """Return what a person should know of offers that can be made."""
    told: list[str] = []
    for fit in fits:
        for recipe, nodes in fit.fitting:
            if not nodes:
                told.append(
                    f'{fit.item}: there was no node to check this on: '
                    f'{definitions.told(recipe.steps)}'
                    + (
                        ', which is only documented'
                        if recipe.is_documented
                        else ''
                    )
                )
        for flavor in flavors(fit.offer, estate):
            serving = _at_first_boot(fit, flavor, fits)
            if len(serving) > 1:
                told.append(
                    f'{fit.item}: a server of {flavor.name} gets it by '
                    f'"server config apply" only, not at its first boot: its '
                    f'nodes need {len(serving)} deploy templates '
                    f'({", ".join(sorted(serving))}), and a flavor finds one '
                    f'by its trait. Offer a flavor for each vendor instead.'
                )
    told += _absent(fits, estate)
    if estate.has_runbooks and any(
        Kind.RUNBOOK in recipe.offer.kinds and not recipe.offer.owner
        for recipe, _ in _recipes(fits)
    ):
        told.append(
            'Runbooks without an owner are run by administrators of the '
            'system only; the managers of a project set the same by service '
            'steps, where the site allows these.'
        )
    if not estate.has_runbooks and any(
        Kind.RUNBOOK in recipe.offer.kinds for recipe, _ in _recipes(fits)
    ):
        told.append(
            "This cloud's Ironic has no runbooks, so the users of projects "
            'need permission to run service steps.'
        )
    return list(dict.fromkeys(told))


def _absent(fits: Iterable[Fit], estate: Estate) -> list[str]:
    """Return the vendors that are asked for and that no node is of."""
    return [
        f'{fit.item}: no node of {vendor} is among those that it fits, so '
        f'nothing is made for that.'
        for fit in fits
        if _nodes(fit.offer, estate) and fit.offer.kinds
        for vendor in fit.offer.vendors
        if not any(
            recipes.is_one_of(recipe.vendor, [vendor])
            for recipe, _ in fit.fitting
        )
    ]


def summary(fit: Fit) -> str:
    """Return how many nodes can be given an item, and by what."""
    fitting = sum(len(nodes) for _, nodes in fit.fitting)
    every = fitting + len(fit.unfit)
    by = ', '.join(
        f'{len(nodes)} {recipe.vendor} '.replace('  ', ' ')
        + f'({definitions.told(recipe.steps)})'
        for recipe, nodes in fit.fitting
        if nodes
    )
    noun = 'node' if every == 1 else 'nodes'
    return f'{fit.item}: fits {fitting} of {every} {noun}' + (
        f': {by}' if by else ''
    )
