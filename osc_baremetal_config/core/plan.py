"""The plan: what a wish means for one server, or why it cannot be.

Owns every check that is made before anything is touched. The plan is a value:
what ``--dry-run`` prints is what is carried out, and making it asks nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from osc_baremetal_config import errors
from osc_baremetal_config.core import (
    flavors,
    metadata,
    registry,
    state,
    templates,
)
from osc_baremetal_config.core.catalogue import Catalogue, ConfigType
from osc_baremetal_config.core.model import (
    Bios,
    Flavor,
    Item,
    Kind,
    Node,
    Server,
    Snapshot,
    Step,
    Template,
)

SERVICING = frozenset({'servicing', 'service wait'})
ON, OFF = 'on', 'off'


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A BIOS setting with its value before and after."""

    name: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An item that changes, and what changes it.

    :param before: its value now, None if that cannot be told.
    """

    item: Item
    before: str | None
    template: Template
    settings: tuple[SettingChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that would be done to one server.

    :param bios: the BIOS settings that it was made from.
    :param settled: the items that are as they should be already.
    :param steps: what Ironic is to run, in order; empty if nothing changes.
    :param variants: the flavors that equal the server's but for the items;
        None if flavors were not read.
    :param power: ``on`` or ``off``: how the server is at the end.
    :param record: the items to write into the server's metadata at the end.
    :param notes: types whose notes of an earlier run are to be cleared.
    :param warnings: what the person should know, without being refused.
    """

    server: Server
    node: Node
    bios: Bios
    changes: tuple[Change, ...]
    settled: tuple[Item, ...]
    steps: tuple[Step, ...]
    variants: tuple[Flavor, ...] | None
    power: str
    record: tuple[Item, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing at all to do."""
        return not (self.changes or self.record or self.notes)

    @property
    def wanted(self) -> dict[str, str]:
        """Return the BIOS settings that must be read back, name → value."""
        return {s.name: s.after for c in self.changes for s in c.settings}

    @property
    def was(self) -> dict[str, str | None]:
        """Return the same settings as they are now."""
        return {s.name: s.before for c in self.changes for s in c.settings}


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
    violations += _foreign_notes(wish, notes, snapshot.server)
    if changes:
        violations += _not_ready(snapshot.server, snapshot.node, notes)
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
    unknown = _unknown(item, snapshot, catalogue)
    if unknown:
        return [unknown]
    found = state.actual(item.type, snapshot, catalogue)
    if found.value == item.value:
        return []
    config_type = catalogue.get(item.type)
    reasons = _incapable(item, config_type, snapshot) if config_type else []
    template = _choose(item, snapshot, skip_traits=bool(reasons))
    if isinstance(template, list):
        return reasons + template
    if reasons:
        return reasons
    return Change(
        item=item,
        before=found.value,
        template=template,
        settings=tuple(
            SettingChange(name, _value_now(name, snapshot), value)
            for name, value in templates.settings(template.steps).items()
        ),
    )


def _unknown(
    item: Item, snapshot: Snapshot, catalogue: Catalogue
) -> str | None:
    offered = [t.item for t in snapshot.templates]
    types = set(catalogue) | {o.type for o in offered}
    if item.type not in types:
        hint = registry.nearest(item.type, types)
        return (
            f'no such type of configuration{hint}; known here are '
            f'{", ".join(sorted(types))}'
        )
    values = {o.value for o in offered if o.type == item.type}
    if item.type in catalogue:
        values.update(catalogue[item.type].values)
    if item.value not in values:
        hint = registry.nearest(item.value, values)
        return f'allowed are {", ".join(sorted(values))}{hint}'
    return None


def _incapable(
    item: Item, config_type: ConfigType, snapshot: Snapshot
) -> list[str]:
    node = snapshot.node
    missing = state.missing_traits(config_type, item.value, node)
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
            f'add it: openstack baremetal node add trait {node.handle} {trait}'
        )
    return [reason]


def _choose(
    item: Item, snapshot: Snapshot, *, skip_traits: bool
) -> Template | list[str]:
    """Return the template for an item, or why there is none.

    :param skip_traits: the node's lack of the capability was said already;
        a template that fails for the same reason is not worth a line.
    """
    node, bios = snapshot.node, snapshot.bios
    offered = [t for t in snapshot.templates if t.item == item]
    if not offered:
        return [_no_template(item, snapshot)]
    faults = [templates.unfit(t, node, bios) for t in offered]
    winners = templates.most_specific(
        [t for t, found in zip(offered, faults, strict=True) if not found]
    )
    if len(winners) == 1:
        return winners[0]
    if winners:
        names = ' and '.join(str(template) for template in winners)
        return [f'{names} fit equally well; an operator must say which']
    lines = [line for found in faults for line in found]
    if skip_traits:
        lines = [line for line in lines if ' requires ' not in line]
    return lines


def _no_template(item: Item, snapshot: Snapshot) -> str:
    extra = (
        f'--extra config-type={item.type} --extra config-value={item.value}'
    )
    if Kind.DEPLOY_TEMPLATE in snapshot.hidden:
        return (
            'no runbook that you can see gives it, and deploy templates are '
            'shown to operators only; ask one to publish a runbook: '
            f'openstack baremetal runbook create … {extra}'
        )
    return (
        'this cloud has neither a deploy template nor a runbook for it; '
        'an operator makes one: '
        f'openstack baremetal deploy template create … {extra}'
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


def _foreign_notes(
    wish: Sequence[Item],
    notes: Mapping[str, metadata.Pending],
    server: Server,
) -> list[str]:
    """Return the changes that have begun and are not what is asked for."""
    asked = {item.type: item.value for item in wish}
    return [
        f'{name}={note.value} was begun{_since(note)} and has not ended; '
        f'finish it first: openstack server config set {server.id} '
        f'--config {name}={note.value}'
        for name, note in sorted(notes.items())
        if asked.get(name) != note.value
    ]


def _since(note: metadata.Pending) -> str:
    return f' at {note.since}' if note.since else ''


def _not_ready(
    server: Server, node: Node, notes: Mapping[str, metadata.Pending]
) -> list[str]:
    """Return why server and node cannot be serviced now.

    A run that was cut off left notes; the same wish then goes on with the
    service that is running, and waits for what Nova is doing.
    """
    found = []
    if server.is_locked:
        why = f': "{server.locked_reason}"' if server.locked_reason else ''
        found.append(
            f'the server is locked{why} (openstack server unlock {server.id})'
        )
    if server.status not in ('ACTIVE', 'SHUTOFF'):
        found.append(
            f'the server is in status {server.status}; it must be ACTIVE or '
            f'SHUTOFF'
        )
    if server.task_state and not notes:
        found.append(
            f'Nova is busy with the server ({server.task_state}); try again '
            f'when it has ended'
        )
    return found + _node_not_ready(node, is_ours=bool(notes))


def _node_not_ready(node: Node, *, is_ours: bool) -> list[str]:
    found = []
    running = is_ours and node.provision_state in SERVICING
    if node.maintenance:
        why = (
            f': "{node.maintenance_reason}"' if node.maintenance_reason else ''
        )
        found.append(
            f'node {node} is in maintenance{why} (an operator ends it: '
            f'openstack baremetal node maintenance unset {node.handle})'
        )
    if node.provision_state != 'active' and not running:
        why = f': {node.last_error}' if node.last_error else ''
        found.append(
            f'node {node} is in state "{node.provision_state}"; it must be '
            f'active{why}'
        )
    elif node.reservation and not running:
        found.append(
            f'node {node} is locked by the conductor {node.reservation}; try '
            f'again in a moment'
        )
    return found


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
