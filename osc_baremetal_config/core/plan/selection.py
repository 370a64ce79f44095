"""Which template gives a server an item, or every reason why none does.

Owns the checks of one item on one node. What several items mean together is
for the planner.
"""

from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import quoting, registry, templates
from osc_baremetal_config.core.facts.model import (
    Item,
    Kind,
    Snapshot,
    Template,
)
from osc_baremetal_config.core.plan.options import Method, Options

_CREATE_RUNBOOK = 'openstack baremetal runbook create …'


def choose(
    item: Item, snapshot: Snapshot, catalogue: Catalogue, options: Options
) -> Template | list[str]:
    """Return the template for an item that is to change.

    :returns: the reasons against the change, if there are any.
    """
    reasons = incapable(item, snapshot, catalogue)
    template = _fitting(
        item, snapshot, catalogue, options, skip_traits=bool(reasons)
    )
    if isinstance(template, list):
        return reasons + template
    return reasons or template


def unknown(
    item: Item, snapshot: Snapshot, catalogue: Catalogue
) -> str | None:
    """Return why an item is none that is known here, None if it is."""
    offered = [t.item for t in snapshot.templates if t.item]
    types = set(catalogue.types) | {o.type for o in offered}
    if item.type not in types:
        hint = registry.nearest(item.type, types)
        return (
            f'no such type of configuration{hint}; known here: '
            f'{", ".join(sorted(types))}'
        )
    values = {o.value for o in offered if o.type == item.type}
    if config_type := catalogue.types.get(item.type):
        values.update(config_type.values)
    if item.value not in values:
        hint = registry.nearest(item.value, values)
        return f'allowed values: {", ".join(sorted(values))}{hint}'
    return None


def incapable(
    item: Item, snapshot: Snapshot, catalogue: Catalogue
) -> list[str]:
    """Return why a node cannot have an item, by its traits."""
    config_type = catalogue.types.get(item.type)
    if config_type is None:
        return []
    node = snapshot.node
    missing = assessment.missing_traits(config_type, item.value, node)
    if not missing:
        return []
    needed = ' or '.join(' and '.join(sorted(traits)) for traits in missing)
    known = sorted(
        name
        for vendor in config_type.bios
        for name in vendor.get(item.value, {})
        if name in snapshot.bios
    )
    reason = f'node {node} lacks the trait {needed}'
    if known:
        trait = min(missing[0])
        reason += (
            f'; its BIOS does list {", ".join(known)}, so an operator may '
            f'add it: openstack baremetal node add trait {quoting.node(node)} '
            f'{quoting.quoted(trait)}'
        )
    return [reason]


def _fitting(
    item: Item,
    snapshot: Snapshot,
    catalogue: Catalogue,
    options: Options,
    *,
    skip_traits: bool,
) -> Template | list[str]:
    """Return the template for an item, or why there is none.

    :param skip_traits: the node's lack of the capability was said already;
        a template that fails for the same reason is not worth a line.
    """
    offered = [
        template
        for template in snapshot.templates
        if template.item == item and _is_usable(template, options)
    ]
    if not offered:
        return [_no_template(item, snapshot, options)]
    node = snapshot.node
    faults = [
        (
            templates.lacking_traits(t, node),
            _unfit(t, snapshot, catalogue, options),
        )
        for t in offered
    ]
    winners = templates.most_specific(
        [t for t, found in zip(offered, faults, strict=True) if not any(found)]
    )
    if len(winners) == 1:
        return winners[0]
    if winners:
        names = ' and '.join(str(template) for template in winners)
        return [f'{names} match equally well; an operator must resolve this']
    return [
        line
        for lacking, unfit in faults
        for line in ([] if skip_traits else lacking) + unfit
    ]


def _unfit(
    template: Template,
    snapshot: Snapshot,
    catalogue: Catalogue,
    options: Options,
) -> list[str]:
    return templates.unfit(
        template,
        snapshot.node,
        snapshot.bios,
        catalogue.locks,
        allow_data_loss=options.allow_data_loss,
    )


def _is_usable(template: Template, options: Options) -> bool:
    """Return whether a method can make use of a kind of template."""
    return (
        template.kind is Kind.RUNBOOK or options.method is not Method.RUNBOOK
    )


def _no_template(item: Item, snapshot: Snapshot, options: Options) -> str:
    extra = ' '.join(
        f'--extra {quoting.quoted(word)}'
        for word in (f'config-type={item.type}', f'config-value={item.value}')
    )
    if Kind.DEPLOY_TEMPLATE in snapshot.hidden:
        return (
            'no runbook that you can see sets this, and deploy templates are '
            'shown to operators only; ask one to publish a runbook: '
            f'{_CREATE_RUNBOOK} {extra}'
        )
    if options.method is Method.RUNBOOK:
        return (
            'this cloud has no runbook for it (--method service needs none); '
            f'an operator can create one: {_CREATE_RUNBOOK} {extra}'
        )
    return (
        'this cloud has neither a deploy template nor a runbook for it; an '
        'operator can create one: openstack baremetal deploy template create '
        f'… {extra}'
    )
