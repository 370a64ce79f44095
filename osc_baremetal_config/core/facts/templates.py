"""Deploy templates and runbooks: what they say and which one is meant.

Owns the rules for their steps and traits. Which of them a user may see is for
Ironic to say; what is done with them is for the planner.
"""

from collections.abc import Iterable, Mapping, Sequence

from osc_baremetal_config.core.facts import (
    order,
    registry,
    steps,
    violations,
)
from osc_baremetal_config.core.facts.model import (
    Bios,
    Kind,
    Node,
    Step,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.violations import Violation

# What ``extra`` says of an item or a profile.
KEYS = frozenset(
    {
        'config-type',
        'config-value',
        'config-profile',
        'config-items',
        'required-traits',
    }
)


def unfit(
    template: Template,
    node: Node | None,
    bios: Bios,
    locks: Iterable[registry.Lock] = (),
    *,
    allow_data_loss: bool = False,
    beside: Mapping[str, Value] | None = None,
) -> list[Violation]:
    """Return why a template cannot be used on a node, but for its traits.

    :param node: None for reasons that do not name it.
    :param locks: what is known of settings that lock others.
    :param beside: what the other templates of the change may set, which can
        open what this one sets.
    """
    locks = tuple(locks)
    wanted = {**(beside or {}), **steps.settings(template.steps)}
    opening = order.openers(wanted, bios, locks)
    later = order.ranks(opening)
    found = [
        violations.template_contradicts(template, name, values)
        for name, values in steps.contradictions(template.steps).items()
    ]
    if not steps.settings(template.steps):
        found.append(violations.template_unverifiable(template))
    for step in template.steps:
        is_lossy = steps.is_lossy(step)
        if not steps.is_known(step):
            found.append(
                violations.step_unknown(template, step, is_lossy=is_lossy)
            )
        elif is_lossy and not allow_data_loss:
            found.append(violations.step_lossy(template, step))
        elif missing := steps.missing(step):
            found.append(violations.step_incomplete(template, step, missing))
        found += _refused_settings(template, step, node, bios, locks, later)
    return found


def lacking_traits(template: Template, node: Node) -> list[Violation]:
    """Return that a node lacks traits, if it does."""
    lacking = template.required_traits - node.traits
    if not lacking:
        return []
    return [violations.template_traits(template, lacking, node)]


def does(runbook: Template, wanted: Sequence[Step], bios: Bios) -> bool:
    """Return whether a template is a runbook for exactly these steps.

    :param wanted: as the BMC takes them. What a runbook writes as text may be
        a number there, see :func:`is_exact`.
    """
    return runbook.kind is Kind.RUNBOOK and steps.is_same(
        steps.typed(steps.merge([runbook.steps]), bios), wanted
    )


def is_exact(runbook: Template, wanted: Sequence[Step]) -> bool:
    """Return whether a runbook writes every value as the BMC takes it.

    An Ironic that does not convert it passes text on for a number.
    """
    return steps.is_same(steps.merge([runbook.steps]), wanted)


def covers(
    runbook: Template, wanted: Sequence[Step], node: Node, bios: Bios
) -> bool:
    """Return whether a runbook does on a node exactly what is wanted."""
    is_approved = bool(runbook.approved_for & node.traits)
    return is_approved and does(runbook, wanted, bios)


def most_specific(fitting: Sequence[Template]) -> list[Template]:
    """Return the templates that win: one, several in a tie, or none.

    What is for the item goes before what is for a profile, then what requires
    more traits before what requires fewer, then what changes less before what
    changes more, then a deploy template before a runbook, and a project's
    runbook before one without an owner, which projects may see and not run.
    """

    def rank(template: Template) -> tuple[bool, int, int, bool, bool]:
        return (
            template.profile is None,
            len(template.required_traits),
            -len(steps.settings(template.steps)),
            template.kind is Kind.DEPLOY_TEMPLATE,
            template.owner is not None,
        )

    best = max(map(rank, fitting), default=None)
    winners = [template for template in fitting if rank(template) == best]
    return sorted(winners, key=lambda template: template.name)


def _refused_settings(
    template: Template,
    step: Step,
    node: Node | None,
    bios: Bios,
    locks: Iterable[registry.Lock],
    later: Iterable[str],
) -> list[Violation]:
    wanted = steps.settings([step])
    judged = {n: registry.judge(n, wanted[n], bios, locks) for n in wanted}
    for name in wanted.keys() & set(later):
        judged[name] = registry.judge_later(name, wanted[name], bios)
    return [
        violations.setting_unsupported(
            template, name, wanted[name], judged[name].reason, node
        )
        for name in sorted(wanted)
        if not judged[name].is_possible
    ]
