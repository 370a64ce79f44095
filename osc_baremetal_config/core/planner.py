"""Making the plan for one server, or naming every reason against it.

Asks nobody: the same wish and snapshot always make the same plan.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from osc_baremetal_config import errors
from osc_baremetal_config.core import (
    choice,
    flavors,
    metadata,
    readiness,
    registry,
    state,
    steps,
    templates,
)
from osc_baremetal_config.core.catalogue import Catalogue
from osc_baremetal_config.core.model import (
    BiosSetting,
    Flavor,
    Item,
    Kind,
    Server,
    Snapshot,
    Step,
    Template,
)
from osc_baremetal_config.core.options import DEFAULT, Method, Options
from osc_baremetal_config.core.plan import (
    OFF,
    ON,
    Change,
    Plan,
    SettingChange,
)


def make(
    items: Iterable[Item],
    snapshot: Snapshot,
    catalogue: Catalogue,
    options: Options = DEFAULT,
) -> Plan:
    """Return the plan that gives a server these items.

    :param items: the wish; their order never matters.
    :raises Refused: it cannot be done; every reason is named.
    """
    wish = tuple(sorted(set(items)))
    server, node = snapshot.server, snapshot.node
    violations: list[str] = []
    changes: list[Change] = []
    settled: list[Item] = []
    for item in wish:
        outcome = _plan_item(item, snapshot, catalogue, options)
        if isinstance(outcome, Change):
            changes.append(outcome)
        elif outcome:
            violations += [f'{item}: {reason}' for reason in outcome]
        else:
            settled.append(item)
    merged = steps.merge(change.template.steps for change in changes)
    runbook = _runbook(merged, snapshot, options)
    unsure = _unsure(changes, snapshot)
    variants = _variants(wish, snapshot)
    notes = metadata.pending(server.metadata)
    clashes = _contradictions(wish) or _clashes(changes)
    violations += clashes or _undone(wish, changes, snapshot, catalogue)
    violations += readiness.foreign_notes(wish, notes, server)
    record = _to_record(changes, settled, notes, snapshot)
    if changes or notes or record:
        violations += readiness.locked(server)
    if changes:
        violations += readiness.not_ready(server, node, notes)
    if changes and runbook is None and options.method is Method.RUNBOOK:
        violations.append(_no_runbook(merged, snapshot))
    if options.strict:
        violations += [f'{text} (--strict)' for text in unsure]
    if options.flavor or (options.require_flavor and changes):
        violations += _wrong_flavor(variants, options)
    if violations:
        raise errors.Refused(
            f'{server} cannot be set as asked; nothing was touched:',
            violations,
        )
    return Plan(
        server=server,
        node=node,
        bios=snapshot.bios,
        changes=tuple(changes),
        settled=tuple(settled),
        steps=merged,
        runbook=runbook.name if runbook else None,
        options=options,
        variants=_meant(variants, options),
        power=_power(server, notes),
        record=record,
        notes=tuple(sorted(notes)),
        warnings=(*unsure, *_drifting(changes, snapshot, catalogue)),
    )


def _contradictions(wish: Sequence[Item]) -> list[str]:
    by_type: dict[str, list[str]] = {}
    for item in wish:
        by_type.setdefault(item.type, []).append(item.value)
    return [
        f'{name}: asked to be {" and ".join(values)} at once'
        for name, values in by_type.items()
        if len(values) > 1
    ]


def _plan_item(
    item: Item, snapshot: Snapshot, catalogue: Catalogue, options: Options
) -> Change | list[str]:
    """Return the change, or the reasons against it, or no reasons.

    No reasons and no change: the item is as it should be.
    """
    unknown = choice.unknown(item, snapshot, catalogue)
    if unknown:
        return [unknown]
    found = state.actual(item.type, snapshot, catalogue)
    if found.value == item.value:
        return choice.incapable(item, snapshot, catalogue)
    template = choice.choose(item, snapshot, catalogue, options)
    if isinstance(template, list):
        return template
    return Change(
        item=item,
        before=found.value,
        template=template,
        settings=tuple(
            SettingChange(name, _value_now(name, snapshot), value)
            for name, value in steps.settings(template.steps).items()
        ),
    )


def _value_now(name: str, snapshot: Snapshot) -> str | None:
    setting = snapshot.bios.get(name)
    return setting.value if setting else None


def _clashes(changes: Sequence[Change]) -> list[str]:
    """Return where two items want different values of one BIOS setting."""
    wanted: dict[str, tuple[str, Item]] = {}
    found = []
    for change in changes:
        for setting in change.settings:
            first = wanted.setdefault(
                setting.name, (setting.after, change.item)
            )
            if first[0] != setting.after:
                found.append(
                    f'{first[1]} sets {setting.name}={first[0]} but '
                    f'{change.item} sets {setting.name}={setting.after}'
                )
    return found


def _after(changes: Sequence[Change], snapshot: Snapshot) -> Snapshot:
    """Return what the node's BIOS will be like after the changes."""
    bios = dict(snapshot.bios)
    for change in changes:
        for setting in change.settings:
            name = setting.name
            known = bios.get(name, BiosSetting(name=name, value=None))
            bios[name] = replace(known, value=setting.after)
    return replace(snapshot, bios=bios)


def _undone(
    wish: Sequence[Item],
    changes: Sequence[Change],
    snapshot: Snapshot,
    catalogue: Catalogue,
) -> list[str]:
    """Return the items that the changes of others would undo."""
    if not changes:
        return []
    after = _after(changes, snapshot)
    found = []
    for item in wish:
        value = state.actual(item.type, after, catalogue).value
        asked = item.type in {change.item.type for change in changes}
        if value != item.value and (
            asked or _is_now(item, snapshot, catalogue)
        ):
            by = ', '.join(str(change.template) for change in changes)
            found.append(f'{item}: would not be so after {by}')
    return found


def _is_now(item: Item, snapshot: Snapshot, catalogue: Catalogue) -> bool:
    return state.actual(item.type, snapshot, catalogue).value == item.value


def _drifting(
    changes: Sequence[Change], snapshot: Snapshot, catalogue: Catalogue
) -> list[str]:
    """Return what is as desired and would not be so any more."""
    after = _after(changes, snapshot)
    asked = {change.item.type for change in changes}
    before = {row.type: row for row in state.rows(snapshot, catalogue)}
    return [
        f'{row.type}: is {before[row.type].actual.value} as desired, and '
        f'would be {row.actual.value} afterwards'
        for row in state.rows(after, catalogue)
        if row.type not in asked
        and row.drift is state.Drift.YES
        and before[row.type].drift is state.Drift.NO
    ]


def _runbook(
    wanted: Sequence[Step], snapshot: Snapshot, options: Options
) -> Template | None:
    """Return the runbook that does exactly what is wanted, if there is one."""
    if options.method is Method.SERVICE or not wanted:
        return None
    covering = [
        template
        for template in snapshot.templates
        if templates.covers(template, wanted, snapshot.node)
    ]
    return min(covering, key=lambda template: template.name, default=None)


def _no_runbook(wanted: Sequence[Step], snapshot: Snapshot) -> str:
    node = snapshot.node
    for template in snapshot.templates:
        if templates.covers(
            template, wanted, replace(node, traits=template.approved_for)
        ):
            needed = ' or '.join(sorted(template.approved_for)) or 'a trait'
            return (
                f'{template} is not approved for node {node}, which has not '
                f'the trait {needed}'
            )
    return (
        'no runbook that you can see does exactly this '
        '(--method service runs the steps without one)'
    )


def _variants(
    wish: Sequence[Item], snapshot: Snapshot
) -> tuple[Flavor, ...] | None:
    if snapshot.flavors is None:
        return None
    deploy = [t for t in snapshot.templates if t.kind is Kind.DEPLOY_TEMPLATE]
    return tuple(
        flavors.variants(
            snapshot.server.flavor, snapshot.flavors, wish, deploy
        )
    )


def _power(server: Server, notes: Mapping[str, metadata.Pending]) -> str:
    """Return the power that the server had before the change began."""
    for note in notes.values():
        if note.power in (ON, OFF):
            return note.power
    return ON if server.status == 'ACTIVE' else OFF


def _to_record(
    changes: Sequence[Change],
    settled: Sequence[Item],
    notes: Mapping[str, metadata.Pending],
    snapshot: Snapshot,
) -> tuple[Item, ...]:
    """Return what changes, and what is right but not what is desired."""
    unrecorded = [
        item
        for item in settled
        if item.type in notes
        or state.desired(item.type, snapshot.server, snapshot.image).value
        != item.value
    ]
    return tuple(sorted([c.item for c in changes] + unrecorded))


def _unsure(changes: Sequence[Change], snapshot: Snapshot) -> list[str]:
    """Return what cannot be checked beforehand."""
    found = []
    for change in changes:
        for setting in change.settings:
            verdict = registry.judge(
                setting.name, setting.after, snapshot.bios
            )
            if verdict.possible is registry.Possible.UNKNOWN:
                found.append(
                    f'{change.item}: cannot be checked beforehand, '
                    f'{verdict.reason}'
                )
    return found


def _meant(
    variants: tuple[Flavor, ...] | None, options: Options
) -> tuple[Flavor, ...] | None:
    """Return the variants, or the one of them that is named."""
    if variants is None or options.flavor is None:
        return variants
    return tuple(v for v in variants if v.name == options.flavor)


def _wrong_flavor(
    variants: tuple[Flavor, ...] | None, options: Options
) -> list[str]:
    """Return why not one flavor is the variant."""
    names = [variant.name for variant in variants or ()]
    if options.flavor:
        if options.flavor in names:
            return []
        known = ', '.join(names) or 'none'
        return [
            f'flavor {options.flavor} is no variant for this; variants are: '
            f'{known}'
        ]
    if len(names) == 1:
        return []
    if names:
        return [
            f'several flavors are variants for this: {", ".join(names)} '
            f'(--flavor names one)'
        ]
    return ['no flavor is a variant for this (--require-flavor)']
