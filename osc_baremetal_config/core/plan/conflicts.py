"""What the changes of a plan come to, taken together.

Owns what several items do to each other and to those that nobody asked for.
Which template gives one item is for :mod:`.selection`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import (
    effects,
    registry,
    steps,
    values,
    violations,
)
from osc_baremetal_config.core.facts.model import (
    BiosSetting,
    Item,
    Snapshot,
    Value,
)
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan.model import ItemChange


def contradictions(request: Sequence[Item]) -> list[Violation]:
    """Return the types of which several values are requested."""
    by_type: dict[str, list[str]] = {}
    for item in request:
        by_type.setdefault(item.type, []).append(item.value)
    return [
        violations.contradicting_request(name, values)
        for name, values in by_type.items()
        if len(values) > 1
    ]


def clashes(changes: Sequence[ItemChange]) -> list[Violation]:
    """Return where two items want different values of one BIOS setting."""
    wanted: dict[str, tuple[Item, str]] = {}
    found = []
    for change in changes:
        for setting in change.settings:
            this = change.item, values.shown(setting.after)
            first = wanted.setdefault(setting.name, this)
            if first[1] != this[1]:
                found.append(
                    violations.setting_clash(setting.name, first, this)
                )
    return found


def unopened(
    changes: Sequence[ItemChange], assessed: Assessment
) -> list[Violation]:
    """Return the settings that nothing opens, once the templates are chosen.

    Another template of the request would have, which was not chosen.
    """
    bios, locks = assessed.snapshot.bios, assessed.catalogue.locks
    found = []
    for change in changes:
        for setting in change.settings if change.template else ():
            verdict = registry.judge(setting.name, setting.after, bios, locks)
            if change.template and not (setting.later or verdict.is_possible):
                found.append(
                    violations.setting_unsupported(
                        change.template,
                        setting.name,
                        setting.after,
                        verdict.reason,
                        assessed.snapshot.node,
                    ).of(change.item)
                )
    return found


def undone(
    request: Sequence[Item],
    changes: Sequence[ItemChange],
    assessed: Assessment,
) -> list[Violation]:
    """Return the items that the changes of others would undo."""
    if not changes:
        return []
    after = _after(changes, assessed)
    by = [change.template for change in changes]
    why = _overruled(changes, assessed)
    found = []
    for item in request:
        value = after.actual(item.type)
        asked = item.type in {change.item.type for change in changes}
        if value != item.value and (
            asked or assessed.actual(item.type) == item.value
        ):
            found.append(violations.item_undone(item, by, why))
    return found


def drifting(changes: Sequence[ItemChange], assessed: Assessment) -> list[str]:
    """Return what is as desired and would no longer be."""
    if not changes:
        return []
    after = _after(changes, assessed)
    asked = {change.item.type for change in changes}
    before = assessed.rows
    return [
        f'{row.type}: is {before[row.type].actual.value} as desired, and '
        f'would be {row.actual.value} afterwards'
        for row in after.rows.values()
        if row.type not in asked
        and row.drift is assessment.Drift.YES
        and before[row.type].drift is assessment.Drift.NO
    ]


def ignored(changes: Sequence[ItemChange], assessed: Assessment) -> list[str]:
    """Return what a firmware may ignore, although its registry allows it."""
    after = _wanted(changes)
    return [
        f'{change.item}: {why}'
        for change in changes
        for setting in change.settings
        if (why := why_ignored(setting.name, after, assessed))
    ]


def why_ignored(
    name: str, after: Mapping[str, Value], assessed: Assessment
) -> str | None:
    """Return why a firmware may ignore a setting, None if nothing says so.

    :param after: all that is set with it, name → value.
    """
    bios = assessed.snapshot.bios
    if why := registry.ignored(name, bios, assessed.catalogue.locks, after):
        return why
    if effect := effects.fixing(assessed.effects, after, bios).get(name):
        value = values.shown(effect.value)
        return (
            f'{name} is fixed by the firmware while {effect.name} is {value}'
        )
    return None


def besides(changes: Sequence[ItemChange], assessed: Assessment) -> list[str]:
    """Return what a firmware is known to change besides, in words."""
    return [
        f'{effect.name}={values.shown(effect.value)} is known to change '
        + ', '.join(
            f'{name} to {values.shown(value)}'
            for name, value in sorted(changed.items())
        )
        for effect, changed in _effects(changes, assessed).items()
    ]


def _overruled(
    changes: Sequence[ItemChange], assessed: Assessment
) -> list[str]:
    """Return what of changes is overruled by others of them, in words."""
    wanted = _wanted(changes)
    return [
        f'{effect.name}={values.shown(effect.value)} sets {name} to '
        f'{values.shown(value)}'
        for effect, changed in _effects(changes, assessed).items()
        for name, value in sorted(changed.items())
        if name in wanted
    ]


def unread(changes: Sequence[ItemChange]) -> list[str]:
    """Return which steps run although the settings may be right already."""
    return [
        f'{change.item}: whether {step} has run cannot be read, so it runs'
        for change in changes
        for step in (change.template.steps if change.template else ())
        if not steps.is_apply(step)
    ]


def unsure(changes: Sequence[ItemChange], snapshot: Snapshot) -> list[str]:
    """Return what cannot be checked beforehand."""
    found = []
    for change in changes:
        for setting in change.settings:
            judge = registry.judge_later if setting.later else registry.judge
            verdict = judge(setting.name, setting.after, snapshot.bios)
            if verdict.possible is registry.Possible.UNKNOWN:
                found.append(
                    f'{change.item}: cannot be checked beforehand, as '
                    f'{verdict.reason}'
                )
    return found


def _effects(
    changes: Sequence[ItemChange], assessed: Assessment
) -> dict[effects.Effect, dict[str, Value]]:
    return effects.of(
        assessed.effects, _wanted(changes), assessed.snapshot.bios
    )


def _wanted(changes: Sequence[ItemChange]) -> dict[str, Value]:
    return {s.name: s.after for change in changes for s in change.settings}


def _after(changes: Sequence[ItemChange], assessed: Assessment) -> Assessment:
    """Return what the server will be like after the changes."""
    bios = dict(assessed.snapshot.bios)
    after = _wanted(changes)
    for changed in _effects(changes, assessed).values():
        after |= changed
    for name, value in after.items():
        known = bios.get(name, BiosSetting(name=name, value=None))
        bios[name] = replace(known, value=value)
    return assessed.of(replace(assessed.snapshot, bios=bios))
