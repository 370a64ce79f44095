"""Into how many services a change is divided, and what each of them sets.

Owns the division: what can be set now is set by the first service, and what is
possible only once that is in force by the next ones, for which the plan is
made again. Which setting waits for which is for ``facts/order.py``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import order, steps, violations
from osc_baremetal_config.core.facts.journal import Previous
from osc_baremetal_config.core.facts.model import Item, Step, Template, Value
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan.model import (
    ItemChange,
    Plan,
    SettingChange,
)


def beside(
    request: Iterable[Item], templates: Iterable[Template]
) -> dict[str, Value]:
    """Return what the templates of a request may set, name → value."""
    items = set(request)
    return {
        name: value
        for template in templates
        if template.item in items
        for name, value in steps.settings(template.steps).items()
    }


def divided(
    changes: Sequence[ItemChange],
    assessed: Assessment,
    before: Mapping[str, Previous],
) -> list[ItemChange]:
    """Return changes with what has to wait for a later service.

    :param before: type → entry of the changes that an earlier run has begun.
    """
    later = order.ranks(_openers(changes, assessed))
    return [
        replace(
            change,
            settings=tuple(
                _placed(
                    setting,
                    later.get(setting.name, 0),
                    before.get(change.item.type),
                    is_shown=setting.name in assessed.snapshot.bios,
                )
                for setting in change.settings
            ),
        )
        for change in changes
    ]


def of(
    changes: Sequence[ItemChange], assessed: Assessment
) -> tuple[tuple[Step, ...], ...]:
    """Return the steps of each service, of the first one first."""
    every = [s for change in changes for s in change.settings]
    return tuple(
        steps.typed(
            _without(
                steps.merge(c.template.steps for c in changes if c.template),
                {s.name for s in every if s.later > number},
            ),
            assessed.snapshot.bios,
        )
        for number in range(max((s.later for s in every), default=0) + 1)
    )


def reasons(
    changes: Sequence[ItemChange], assessed: Assessment
) -> tuple[str, ...]:
    """Return why there is more than one service, in words."""
    wanted = {s.name: s.after for c in changes for s in c.settings}
    return tuple(
        f'{name} can be set only once '
        + ' and '.join(f'{n} is {wanted[n]}' for n in sorted(names))
        for name, names in sorted(_openers(changes, assessed).items())
    )


def unsuitable(plan: Plan) -> list[Violation]:
    """Return why the services of a plan cannot be run one after the other."""
    if not plan.later:
        return []
    if plan.resize_to:
        return [violations.services_unordered('a resize')]
    if plan.unreadable_steps:
        ran = ', '.join(map(str, plan.unreadable_steps))
        return [violations.services_unordered(ran)]
    return []


def too_many(plan: Plan, done: int = 0) -> list[Violation]:
    """Return that a plan has more services than the options permit.

    :param done: how many of the change were run by now.
    """
    limit, count = plan.options.max_reboots, plan.reboots + done
    if limit is None or count <= limit:
        return []
    return [violations.too_many_reboots(count, limit, plan.why_later)]


def _openers(
    changes: Sequence[ItemChange], assessed: Assessment
) -> dict[str, frozenset[str]]:
    return order.openers(
        {s.name: s.after for c in changes for s in c.settings},
        assessed.snapshot.bios,
        assessed.catalogue.locks,
    )


def _placed(
    setting: SettingChange,
    later: int,
    before: Previous | None,
    *,
    is_shown: bool,
) -> SettingChange:
    """Return a setting with the service that sets it, and its way back."""
    if before is None:
        is_hidden = bool(later) and not is_shown
        return replace(setting, later=later, rank=later, is_hidden=is_hidden)
    return replace(
        setting,
        later=later,
        rank=before.rank(setting.name),
        is_hidden=setting.name in before.hidden,
    )


def _without(every: Iterable[Step], names: set[str]) -> tuple[Step, ...]:
    """Return steps that leave some settings as they are."""
    found: list[Step] = []
    for step in every:
        settings = steps.settings([step])
        if names & settings.keys():
            kept = {n: v for n, v in settings.items() if n not in names}
            found += steps.apply(kept)
        else:
            found.append(step)
    return tuple(found)
