"""Deploy templates and runbooks: what they say and which one is meant.

Owns the meaning of their ``extra`` and of their steps. Which of them a user
may see is for Ironic to say; what is done with them is for the planner.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from osc_baremetal_config.core import registry
from osc_baremetal_config.core.model import (
    Bios,
    Item,
    Kind,
    Node,
    Step,
    Template,
)

APPLY = ('bios', 'apply_configuration')

# Steps on these interfaces, and steps with these words in their names, write
# to disks or make what is on them unreadable.
_LOSSY_INTERFACES = frozenset({'deploy', 'raid'})
_LOSSY_WORDS = ('erase', 'delete', 'clear', 'wipe')


def parse(kind: Kind, document: Mapping[str, Any]) -> Template | None:
    """Return the template that an Ironic document describes.

    A deploy template runs its steps by falling ``priority``, a runbook by
    rising ``order``; priority 0 means that a step is not run.

    :param document: the body of a deploy template or a runbook.
    :returns: None if its ``extra`` names no config item.
    """
    extra = document.get('extra') or {}
    name, value = extra.get('config-type'), extra.get('config-value')
    if not name or value is None:
        return None
    steps = document.get('steps') or []
    if kind is Kind.DEPLOY_TEMPLATE:
        steps = [s for s in steps if s.get('priority', 0) > 0]
        steps.sort(key=lambda step: -step['priority'])
    else:
        steps = sorted(steps, key=lambda step: step.get('order', 0))
    return Template(
        kind=kind,
        name=document['name'],
        item=Item(str(name), str(value)),
        steps=tuple(
            Step(
                interface=step['interface'],
                step=step['step'],
                args=step.get('args') or {},
            )
            for step in steps
        ),
        required_traits=_traits(extra.get('required-traits')),
    )


def settings(steps: Iterable[Step]) -> dict[str, str]:
    """Return the BIOS settings that steps apply, name → value."""
    found = {}
    for step in steps:
        if (step.interface, step.step) == APPLY:
            for setting in step.args.get('settings') or []:
                found[str(setting['name'])] = registry.text(setting['value'])
    return found


def apply_step(wanted: Mapping[str, str]) -> Step:
    """Return the one step that applies all these BIOS settings."""
    listed = [{'name': n, 'value': wanted[n]} for n in sorted(wanted)]
    interface, step = APPLY
    return Step(interface=interface, step=step, args={'settings': listed})


def is_lossy(step: Step) -> bool:
    """Return whether a step can lose data on the disks of a live server."""
    return step.interface in _LOSSY_INTERFACES or any(
        word in step.step for word in _LOSSY_WORDS
    )


def unfit(template: Template, node: Node, bios: Bios) -> list[str]:
    """Return why a template cannot be used on a node; empty if it can."""
    reasons = []
    missing = sorted(template.required_traits - node.traits)
    if missing:
        reasons.append(
            f'{template} requires {", ".join(missing)}, which node {node} '
            f'has not'
        )
    if not template.steps:
        reasons.append(f'{template} has no steps')
    for step in template.steps:
        if is_lossy(step):
            reasons.append(
                f'{template} runs {step}, which can lose data on a live server'
            )
        elif (step.interface, step.step) == APPLY and not _has_settings(step):
            reasons.append(
                f'{template}: {step} lacks its argument "settings", a list '
                f'of {{name, value}}'
            )
        elif (step.interface, step.step) == APPLY:
            reasons += _refused_settings(template, step, node, bios)
    return reasons


def most_specific(fitting: Sequence[Template]) -> list[Template]:
    """Return the templates that win: one, several in a tie, or none.

    A deploy template goes before a runbook, and what requires more traits
    before what requires fewer.
    """

    def rank(template: Template) -> tuple[bool, int]:
        deploy = template.kind is Kind.DEPLOY_TEMPLATE
        return (deploy, len(template.required_traits))

    best = max(map(rank, fitting), default=None)
    winners = [template for template in fitting if rank(template) == best]
    return sorted(winners, key=lambda template: template.name)


def _has_settings(step: Step) -> bool:
    listed = step.args.get('settings')
    return (
        isinstance(listed, list)
        and bool(listed)
        and all(
            isinstance(s, Mapping) and {'name', 'value'} <= s.keys()
            for s in listed
        )
    )


def _refused_settings(
    template: Template, step: Step, node: Node, bios: Bios
) -> list[str]:
    return [
        f'{template} sets {name}={value}: {verdict.reason} (node {node})'
        for name, value in sorted(settings([step]).items())
        if not (verdict := registry.judge(name, value, bios)).is_possible
    ]


def _traits(value: Any) -> frozenset[str]:
    """Return a set of traits from a list or one comma-separated string.

    ``--extra 'required-traits=["A"]'`` stores a list, without the brackets
    the command line stores plain text.
    """
    if isinstance(value, str):
        value = value.split(',')
    return frozenset(str(trait).strip() for trait in value or []) - {''}
