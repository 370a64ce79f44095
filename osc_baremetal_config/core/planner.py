"""Making the plan for one server, or naming every reason against it.

Asks nobody: the same wish and snapshot always make the same plan.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core import (
    choice,
    effects,
    flavors,
    metadata,
    methods,
    readiness,
    state,
    steps,
    undoing,
)
from osc_baremetal_config.core.catalogue import Catalogue
from osc_baremetal_config.core.metadata import Pending
from osc_baremetal_config.core.model import (
    Bios,
    Flavor,
    Item,
    Kind,
    Server,
    Snapshot,
    Template,
)
from osc_baremetal_config.core.options import DEFAULT, Method, Options
from osc_baremetal_config.core.plan import (
    OFF,
    ON,
    Aim,
    Change,
    Plan,
    SettingChange,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of servers, whichever they are.

    :param wish_of: the items that a server should have; it may raise that
        this is not clear.
    """

    wish_of: Callable[[Snapshot], Iterable[Item]]
    catalogue: Catalogue
    options: Options

    def plan(self, snapshot: Snapshot) -> Plan:
        """Return the plan that gives a server what is asked of it.

        :raises Refused: it cannot be done, or it is not clear what.
        """
        wish = self.wish_of(snapshot)
        return make(wish, snapshot, self.catalogue, self.options)


def make(
    items: Iterable[Item],
    snapshot: Snapshot,
    catalogue: Catalogue,
    options: Options = DEFAULT,
    aim: Aim = Aim.SET,
) -> Plan:
    """Return the plan that gives a server these items.

    :param items: the wish; their order never matters.
    :param aim: where the plan of a change that was begun leads.
    :raises Refused: it cannot be done; every reason is named.
    """
    wish = tuple(sorted(set(items)))
    server, node = snapshot.server, snapshot.node
    notes = metadata.pending(server.metadata)
    changes, settled, violations = _outcomes(
        wish, snapshot, catalogue, options
    )
    merged = steps.merge(change.template.steps for change in changes)
    runbook = methods.runbook(merged, snapshot, options)
    undo = undoing.steps_for(changes, snapshot.bios)
    variants = _variants(wish, snapshot)
    resizes = methods.resizes(options, catalogue, notes)
    target = (
        methods.target(variants, options, server, notes) if resizes else None
    )
    record = _to_record(changes, settled, notes, snapshot)
    plan = Plan(
        server=server,
        node=node,
        origin=_origin(notes) or node.uuid,
        bios=_of_changes(changes, snapshot.bios),
        changes=tuple(changes),
        settled=tuple(settled),
        steps=merged,
        undo=undo,
        runbook=_name(runbook),
        undo_runbook=_name(methods.runbook(undo or (), snapshot, options)),
        resize_to=target,
        options=options,
        variants=flavors.meant(variants, options),
        power=_power(server, notes),
        record=record if options.records else (),
        notes=tuple(sorted(notes)),
        mark=metadata.mark(wish, resize=bool(target)),
        warnings=(
            *effects.unsure(changes, snapshot),
            *effects.drifting(changes, snapshot, catalogue),
        ),
        aim=aim,
    )
    violations += _together(wish, plan, snapshot, catalogue)
    violations += _not_now(wish, plan, notes)
    violations += _not_this_way(plan, snapshot)
    violations += flavors.unclear(
        variants,
        options,
        server.flavor,
        is_one=resizes or (bool(changes) and options.require_flavor),
    )
    if violations:
        raise errors.Refused(
            f'{server} cannot be set as asked; nothing was touched:',
            violations,
        )
    return plan


def resume(
    snapshot: Snapshot, catalogue: Catalogue, options: Options, aim: Aim
) -> Plan:
    """Return the plan that leads a change on which is noted on the server.

    :raises Refused: nothing is noted, or it cannot be done.
    """
    notes = metadata.pending(snapshot.server.metadata)
    if not notes:
        raise errors.Refused(
            f'{snapshot.server}: no change is noted that has not ended.'
        )
    wish = [Item(name, note.value) for name, note in notes.items()]
    if any(note.resize for note in notes.values()):
        options = replace(options, method=Method.RESIZE)
    plan = make(wish, snapshot, catalogue, options, aim)
    if aim is Aim.ROLLBACK and plan.undo is None:
        raise errors.Refused(
            f'{snapshot.server}: there is no way back, as it is not known '
            f'what was before, or a step does more than set the BIOS.'
        )
    return plan


def drop(snapshot: Snapshot, options: Options) -> Plan:
    """Return the plan that ends whatever was begun, as it is.

    :raises Refused: the server is locked.
    """
    server = snapshot.server
    notes = metadata.pending(server.metadata)
    if violations := readiness.locked(server):
        raise errors.Refused(f'{server} cannot be recovered:', violations)
    return Plan(
        server=server,
        node=snapshot.node,
        origin=_origin(notes) or snapshot.node.uuid,
        bios={},
        changes=(),
        settled=(),
        steps=(),
        undo=None,
        runbook=None,
        undo_runbook=None,
        resize_to=None,
        options=options,
        variants=None,
        power=_power(server, notes),
        record=(),
        notes=tuple(sorted(notes)),
        mark='',
        warnings=(),
        aim=Aim.ABORT,
    )


def _outcomes(
    wish: Sequence[Item],
    snapshot: Snapshot,
    catalogue: Catalogue,
    options: Options,
) -> tuple[list[Change], list[Item], list[str]]:
    """Return what changes, what is settled, and what speaks against it."""
    changes: list[Change] = []
    settled: list[Item] = []
    violations: list[str] = []
    for item in wish:
        outcome = _plan_item(item, snapshot, catalogue, options)
        if isinstance(outcome, Change):
            changes.append(outcome)
        elif outcome:
            violations += [f'{item}: {reason}' for reason in outcome]
        else:
            settled.append(item)
    return changes, settled, violations


def _together(
    wish: Sequence[Item], plan: Plan, snapshot: Snapshot, catalogue: Catalogue
) -> list[str]:
    """Return what the items of a plan do to each other."""
    clashes = effects.contradictions(wish) or effects.clashes(plan.changes)
    return clashes or effects.undone(wish, plan.changes, snapshot, catalogue)


def _not_now(
    wish: Sequence[Item], plan: Plan, notes: Mapping[str, Pending]
) -> list[str]:
    """Return why server and node cannot be changed as they are now."""
    server, target = plan.server, plan.resize_to
    found = readiness.foreign_notes(wish, notes, plan.mark, server)
    if plan.changes or notes or plan.record or target:
        found += readiness.locked(server)
    if plan.changes or notes or target:
        found += readiness.not_ready(server, plan.node, notes)
    return found


def _not_this_way(plan: Plan, snapshot: Snapshot) -> list[str]:
    """Return why a plan cannot be carried out as the options want it."""
    options = plan.options
    found = []
    if plan.changes and not plan.runbook and not plan.may_use_steps:
        found.append(methods.no_runbook(plan.steps, snapshot))
    if options.strict:
        unsure = effects.unsure(plan.changes, snapshot)
        found += [f'{text} (--strict)' for text in unsure]
    return found


def _plan_item(
    item: Item, snapshot: Snapshot, catalogue: Catalogue, options: Options
) -> Change | list[str]:
    """Return the change, or the reasons against it, or no reasons.

    No reasons and no change: the item is as it should be. One that an
    earlier run has begun to change stays a change, until that has ended.
    """
    unknown = choice.unknown(item, snapshot, catalogue)
    if unknown:
        return [unknown]
    is_now = state.actual(item.type, snapshot, catalogue).value == item.value
    note = metadata.pending(snapshot.server.metadata).get(item.type)
    is_begun = note is not None and note.wish is not None and not note.settled
    if is_now and not is_begun:
        return choice.incapable(item, snapshot, catalogue)
    template = choice.choose(item, snapshot, catalogue, options)
    if isinstance(template, list):
        return [] if is_now else template
    is_here = note is None or note.node in (None, snapshot.node.uuid)
    was = undoing.previous(item.type, snapshot, is_begun=is_begun and is_here)
    return Change(
        item=item,
        before=was.value
        if is_begun and is_here
        else state.actual(item.type, snapshot, catalogue).value,
        template=template,
        settings=tuple(
            SettingChange(name, was.settings.get(name), value)
            for name, value in steps.settings(template.steps).items()
        ),
    )


def _name(template: Template | None) -> str | None:
    return template.name if template else None


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


def _of_changes(changes: Sequence[Change], bios: Bios) -> Bios:
    """Return the settings that change, of the hundreds that a BIOS has."""
    names = {setting.name for change in changes for setting in change.settings}
    return {name: bios[name] for name in names if name in bios}


def _origin(notes: Mapping[str, Pending]) -> str | None:
    """Return the node that the server was on before the change began."""
    return next((note.node for note in notes.values() if note.node), None)


def _power(server: Server, notes: Mapping[str, Pending]) -> str:
    """Return the power that the server had before the change began."""
    for note in notes.values():
        if note.power in (ON, OFF):
            return note.power
    return ON if server.status == 'ACTIVE' else OFF


def _to_record(
    changes: Sequence[Change],
    settled: Sequence[Item],
    notes: Mapping[str, Pending],
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
