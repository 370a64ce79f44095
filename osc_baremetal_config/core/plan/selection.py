"""Which template gives a server an item, or every reason why none does.

Owns the checks of one item on one node. What several items mean together is
for the planner.
"""

from collections.abc import Iterable, Mapping, Sequence

from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import (
    registry,
    releases,
    steps,
    templates,
    violations,
)
from osc_baremetal_config.core.facts.model import (
    Bios,
    Item,
    Kind,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan.options import Method, Options


def choose(
    item: Item,
    assessed: Assessment,
    options: Options,
    beside: Mapping[str, Value],
) -> Template | list[Violation]:
    """Return the template for an item that is to change.

    :param beside: what the templates of the request may set, name → value.
    :returns: what speaks against the change, if anything does.
    """
    lacking = incapable(item, assessed)
    ironic = assessed.snapshot.ironic
    if ironic and not releases.has(ironic, releases.SERVICE):
        return [*lacking, violations.service_unsupported(ironic)]
    template = _fitting(
        item, assessed, options, beside, skip_traits=bool(lacking)
    )
    if isinstance(template, list):
        return lacking + template
    return lacking or template


def unknown(item: Item, assessed: Assessment) -> list[Violation]:
    """Return that an item is none that is known here, if that is so."""
    offered = [t.item for t in assessed.snapshot.templates if t.item]
    types = set(assessed.catalogue.types) | {o.type for o in offered}
    if item.type not in types:
        nearest = registry.nearest(item.type, types)
        return [violations.unknown_type(item.type, types, nearest)]
    values = {o.value for o in offered if o.type == item.type}
    if config_type := assessed.catalogue.types.get(item.type):
        values.update(config_type.values)
    if item.value not in values:
        nearest = registry.nearest(item.value, values)
        return [violations.unknown_value(item, values, nearest)]
    return []


def incapable(item: Item, assessed: Assessment) -> list[Violation]:
    """Return that a node cannot have an item, by its traits."""
    config_type = assessed.catalogue.types.get(item.type)
    if config_type is None:
        return []
    node = assessed.snapshot.node
    missing = assessment.missing_traits(config_type, item.value, node)
    if not missing:
        return []
    kinds = assessed.catalogue.kinds(assessed.snapshot.bios)
    listed = {
        name
        for kind in kinds[item.type]
        for name in kind.values.get(item.value, {})
    }
    return [violations.trait_missing(node, missing, listed)]


def _fitting(
    item: Item,
    assessed: Assessment,
    options: Options,
    beside: Mapping[str, Value],
    *,
    skip_traits: bool,
) -> Template | list[Violation]:
    """Return the template for an item, or why there is none.

    :param skip_traits: the node's lack of the capability was said already;
        a template that fails for the same reason is not worth a line.
    """
    offered = [
        template
        for template in assessed.snapshot.templates
        if template.item == item and _is_usable(template, options)
    ]
    if not offered:
        return [
            violations.template_missing(
                item,
                is_hidden=Kind.DEPLOY_TEMPLATE in assessed.snapshot.hidden,
                is_runbook=options.method is Method.RUNBOOK,
                ironic=assessed.snapshot.ironic,
            )
        ]
    faults = [
        (
            templates.lacking_traits(t, assessed.snapshot.node),
            _unfit(t, assessed, options, beside),
        )
        for t in offered
    ]
    winners = templates.most_specific(
        [t for t, found in zip(offered, faults, strict=True) if not any(found)]
    )
    if len(winners) == 1:
        return winners[0]
    if winners:
        return [violations.template_ambiguous(winners)]
    told = [
        ([] if skip_traits else lacking) + unfit for lacking, unfit in faults
    ]
    return _worth_telling(offered, told, assessed)


def _worth_telling(
    offered: Sequence[Template],
    faults: Sequence[list[Violation]],
    assessed: Assessment,
) -> list[Violation]:
    """Return what is wrong with templates of which none fits.

    :param faults: of each template, in the same order.
    """
    bios = assessed.snapshot.bios
    own = [t for t in offered if steps.settings(t.steps).keys() & bios.keys()]
    others = [t for t in offered if _is_strange(t, bios)]
    if len(others) == len(offered) and (names := _several(offered)):
        return [
            violations.template_foreign(
                assessed.snapshot.node, assessed.vendor, names
            )
        ]
    return [
        one
        for template, found in zip(offered, faults, strict=True)
        # What is for others speaks for itself where there is one for this.
        if not (own and template in others)
        for one in found
    ]


def _is_strange(template: Template, bios: Bios) -> bool:
    """Return whether a template is for the BIOS of another vendor."""
    names = steps.settings(template.steps).keys()
    return bool(bios and names) and not names & bios.keys()


def _several(offered: Iterable[Template]) -> list[str]:
    """Return the settings of templates, if not all have the same ones."""
    sets = {frozenset(steps.settings(one.steps)) for one in offered}
    return sorted(frozenset().union(*sets)) if len(sets) > 1 else []


def _unfit(
    template: Template,
    assessed: Assessment,
    options: Options,
    beside: Mapping[str, Value],
) -> list[Violation]:
    return templates.unfit(
        template,
        assessed.snapshot.node,
        assessed.snapshot.bios,
        assessed.catalogue.locks,
        allow_data_loss=options.allow_data_loss,
        beside=beside,
    )


def _is_usable(template: Template, options: Options) -> bool:
    """Return whether a method can make use of a kind of template."""
    return (
        template.kind is Kind.RUNBOOK or options.method is not Method.RUNBOOK
    )
