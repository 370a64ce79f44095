"""Everything that offers come to on a cloud, or every reason against them.

Owns in which order offers are looked at, which templates serve a flavor's
first boot, and what a person has to know of that. Nothing is changed here.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import releases, violations
from osc_baremetal_config.core.facts.model import (
    Flavor,
    Item,
    Kind,
    Node,
    Step,
)
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.offer import (
    definitions,
    recipes,
    scope,
    targets,
    variants,
)
from osc_baremetal_config.core.offer.model import (
    Change,
    Estate,
    Fit,
    Marks,
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
    fits, changes, then = _in_rounds(offers, estate, catalogue)
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
    return Offering(tuple(fits), tuple(changes), tuple(_remarks(fits, then)))


def _in_rounds(
    offers: Sequence[Offer], estate: Estate, catalogue: Catalogue
) -> tuple[list[Fit], list[Change], Estate]:
    """Return what offers come to, and what there is then.

    What is for flavors that other offers make comes after these.
    """
    fits: list[Fit] = []
    made: dict[str, Change] = {}
    now, left = estate, list(offers)
    while left:
        some, later = targets.ready(left, now)
        if not some:
            # Nothing makes their flavors.
            some, later = later, []
        found = [
            recipes.fit(offer, item, targets.nodes(offer, now), now, catalogue)
            for offer in some
            for item in targets.items(offer, catalogue)
        ]
        changes, now = _changes(found, now)
        for change in changes:
            before = made.get(str(change))
            if before is None:
                made[str(change)] = change
            elif change.kind == definitions.TRAIT:
                made[str(change)] = _more(before, change)
        fits, left = fits + found, later
    return fits, list(made.values()), now


def _more(before: Change, change: Change) -> Change:
    """Return a change that gives a trait to further nodes."""
    return replace(
        before,
        details=before.details + change.details,
        requests=before.requests + change.requests,
        unchangeable=before.unchangeable + change.unchangeable,
    )


def refused(against: Sequence[Violation]) -> errors.Refused:
    """Return that offers cannot be made."""
    return errors.Refused(
        'This cannot be offered; nothing was changed:', against
    )


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
_TWICE = 'it is offered twice, with different steps'
_RUN = releases.RUN_RUNBOOK


def _changes(
    fits: Sequence[Fit], estate: Estate
) -> tuple[list[Change], Estate]:
    """Return what has to be done, each once, and what there is then."""
    found: dict[str, Change] = {}
    steps: dict[str, Sequence[Step]] = {}
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
                change = definitions.change(recipe, kind, estate, nodes)
                before = found.setdefault(str(change), change)
                wanted = steps.setdefault(str(change), recipe.steps)
                if not definitions.is_same(wanted, recipe.steps):
                    twice = replace(before, unchangeable=(_TWICE,))
                    found[str(change)] = twice
    marked = _marked(fits, estate, first)
    for trait, nodes in marked.items():
        if marking := definitions.marking(trait, nodes):
            found.setdefault(str(marking), marking)
    flavors = list(estate.flavors)
    for (base_name, item, variant), template in served.items():
        for base in estate.flavors:
            if base.name == base_name:
                change, made = variants.change(
                    base, item, template, flavors, estate.templates, variant
                )
                found.setdefault(str(change), change)
                if change.state in (State.MISSING, State.UNFINISHED):
                    flavors = [f for f in flavors if f.name != made.name]
                    flavors.append(made)
    then = replace(
        estate,
        flavors=tuple(flavors),
        nodes=_with_traits(estate.nodes, marked),
    )
    return list(found.values()), then


def _with_traits(
    nodes: Iterable[Node], marked: Mapping[str, Iterable[Node]]
) -> tuple[Node, ...]:
    """Return nodes with the traits that some of them get.

    :param marked: trait → the nodes that get it.
    """
    gets: dict[str, set[str]] = {}
    for trait, some in marked.items():
        for node in some:
            gets.setdefault(node.uuid, set()).add(trait)
    return tuple(
        replace(node, traits=node.traits | gets.get(node.uuid, set()))
        for node in nodes
    )


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
        if not _marks(recipe, nodes):
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


def _marks(recipe: Recipe, nodes: Iterable[Node]) -> bool:
    """Return whether the nodes that a recipe fits get its trait."""
    marks = recipe.offer.marks_nodes
    if marks is not Marks.FIRST:
        return marks is Marks.ALL
    return not any(recipe.name in node.traits for node in nodes)


def _served(
    fits: Sequence[Fit], estate: Estate
) -> dict[tuple[str, Item, str | None], str | None]:
    """Return flavor, item and variant → the template for the first boot.

    A flavor finds a template by one trait. So there is none where its nodes
    need several, or where the first boot is not wanted.
    """
    found = {}
    for fit in fits:
        for flavor in targets.flavors(fit.offer, estate):
            serving = _at_first_boot(fit, flavor, fits)
            key = flavor.name, fit.item, targets.variant(fit.offer, flavor)
            found[key] = serving.pop() if len(serving) == 1 else None
    return found


def _at_first_boot(fit: Fit, flavor: Flavor, fits: Iterable[Fit]) -> set[str]:
    """Return the templates that the nodes of a flavor need for an item."""
    name = targets.variant(fit.offer, flavor)
    return {
        recipe.name
        for other in fits
        if other.item == fit.item
        and {flavor.name, flavor.id} & set(other.offer.flavors)
        and targets.variant(other.offer, flavor) == name
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
        for flavor in targets.flavors(fit.offer, estate):
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
    told += _of_release(fits, estate)
    return list(dict.fromkeys(told))


def _of_release(fits: Sequence[Fit], estate: Estate) -> list[str]:
    """Return what this cloud's Ironic makes of what is offered."""
    ironic = estate.ironic
    runbooks = [
        recipe.offer
        for recipe, _ in _recipes(fits)
        if Kind.RUNBOOK in recipe.offer.kinds
    ]
    told: list[str] = []
    if ironic and runbooks and not estate.has_runbooks:
        told.append(
            f'{releases.too_old(ironic, releases.RUNBOOKS)} So no runbooks '
            f'are made, and only operators, who see the deploy templates, can '
            f'make the change.'
        )
    elif ironic and runbooks and not releases.has(ironic, _RUN):
        told.append(
            f'{releases.too_old(ironic, _RUN)} So their steps are run, by '
            f'who may run steps.'
        )
    elif not all(offer.owner for offer in runbooks):
        told.append(
            'Runbooks without an owner are run by administrators of the '
            'system only; the managers of a project set the same by service '
            'steps, where the site allows these.'
        )
    if ironic and not releases.has(ironic, releases.SERVICE):
        told.append(
            f'{releases.too_old(ironic, releases.SERVICE)} What is offered is '
            f'applied when a server is created or rebuilt.'
        )
    return told


def _absent(fits: Iterable[Fit], estate: Estate) -> list[str]:
    """Return the vendors that are asked for and that no node is of."""
    return [
        f'{fit.item}: no node of {vendor} is among those that it fits, so '
        f'nothing is made for that.'
        for fit in fits
        if targets.nodes(fit.offer, estate) and fit.offer.kinds
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
