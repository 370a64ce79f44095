"""Making the plan for one server, or naming every reason against it.

Asks nobody: the same wish and snapshot always make the same plan.
"""

from collections.abc import Iterable, Mapping, Sequence

from osc_baremetal_config import errors
from osc_baremetal_config.core import (
    choice,
    flavors,
    metadata,
    readiness,
    registry,
    state,
    templates,
)
from osc_baremetal_config.core.catalogue import Catalogue
from osc_baremetal_config.core.model import (
    Flavor,
    Item,
    Kind,
    Server,
    Snapshot,
    Step,
)
from osc_baremetal_config.core.plan import (
    OFF,
    ON,
    Change,
    Plan,
    SettingChange,
)


def make(
    items: Iterable[Item], snapshot: Snapshot, catalogue: Catalogue
) -> Plan:
    """Return the plan that gives a server these items.

    :param items: the wish; their order never matters.
    :raises Refused: it cannot be done; every reason is named.
    """
    wish = tuple(sorted(set(items)))
    violations = _contradictions(wish)
    changes: list[Change] = []
    settled: list[Item] = []
    for item in wish:
        outcome = _plan_item(item, snapshot, catalogue)
        if isinstance(outcome, Change):
            changes.append(outcome)
        elif outcome:
            violations += [f'{item}: {reason}' for reason in outcome]
        else:
            settled.append(item)
    violations += _clashes(changes)
    notes = metadata.pending(snapshot.server.metadata)
    violations += readiness.foreign_notes(wish, notes, snapshot.server)
    if changes:
        violations += readiness.not_ready(
            snapshot.server, snapshot.node, notes
        )
    if violations:
        raise errors.Refused(
            f'{snapshot.server} cannot be set as asked; nothing was touched:',
            violations,
        )
    return Plan(
        server=snapshot.server,
        node=snapshot.node,
        bios=snapshot.bios,
        changes=tuple(changes),
        settled=tuple(settled),
        steps=_merge(changes),
        variants=_variants(wish, snapshot),
        power=_power(snapshot.server, notes),
        record=_to_record(changes, settled, notes, snapshot),
        notes=tuple(sorted(notes)),
        warnings=_warnings(changes, snapshot),
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
    item: Item, snapshot: Snapshot, catalogue: Catalogue
) -> Change | list[str]:
    """Return the change, or the reasons against it, or no reasons.

    No reasons and no change: the item is as it should be.
    """
    unknown = choice.unknown(item, snapshot, catalogue)
    if unknown:
        return [unknown]
    found = state.actual(item.type, snapshot, catalogue)
    if found.value == item.value:
        return []
    template = choice.choose(item, snapshot, catalogue)
    if isinstance(template, list):
        return template
    return Change(
        item=item,
        before=found.value,
        template=template,
        settings=tuple(
            SettingChange(name, _value_now(name, snapshot), value)
            for name, value in templates.settings(template.steps).items()
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


def _merge(changes: Sequence[Change]) -> tuple[Step, ...]:
    """Return the steps of all changes, the BIOS settings in one of them.

    One ``bios.apply_configuration`` means one reboot. The order of the first
    template that has such a step decides where it stands.
    """
    settings: dict[str, str] = {}
    merged: list[Step | None] = []
    for change in changes:
        for step in change.template.steps:
            if (step.interface, step.step) != templates.APPLY:
                merged.append(step)
                continue
            if not settings:
                merged.append(None)
            settings.update(templates.settings([step]))
    return tuple(step or templates.apply_step(settings) for step in merged)


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


def _warnings(
    changes: Sequence[Change], snapshot: Snapshot
) -> tuple[str, ...]:
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
    return tuple(found)
