"""Making the plan for one server, or naming every reason against it.

Asks nobody: the same request and snapshot always make the same plan.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import (
    deferred,
    journal,
    steps,
    values,
    violations,
)
from osc_baremetal_config.core.facts.journal import Pending, Previous
from osc_baremetal_config.core.facts.metadata import (
    DEFERRED,
    DESIRED,
    PREVIOUS,
    PROFILE,
)
from osc_baremetal_config.core.facts.model import (
    Bios,
    Flavor,
    Item,
    Kind,
    Snapshot,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.violations import Code, Violation
from osc_baremetal_config.core.plan import (
    acceptance,
    conflicts,
    draft,
    flavors,
    journal_entries,
    methods,
    preconditions,
    previous,
    profiles,
    rollback_plan,
    selection,
    services,
    side_effects,
)
from osc_baremetal_config.core.plan.model import (
    Aim,
    ItemChange,
    Plan,
    SettingChange,
)
from osc_baremetal_config.core.plan.options import (
    DEFAULT,
    Method,
    OnFailure,
    Options,
)

# Name → value of settings.
Read = Mapping[str, Value]
NOTHING: Read = {}


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """What is asked of servers, whichever they are.

    :param items_of: the items that a server should have; it may raise that
        this is not clear.
    """

    items_of: Callable[[Assessment], Iterable[Item]]
    catalogue: Catalogue
    options: Options

    def plan(self, snapshot: Snapshot, read: Read = NOTHING) -> Plan:
        """Return the plan that gives a server what is asked of it.

        :param read: what this run has read before the change.
        :raises Refused: it cannot be done, or it is not clear what.
        """
        assessed = assessment.assess(snapshot, self.catalogue)
        items = self.items_of(assessed)
        return make(items, assessed, self.options, read=read)


def make(
    items: Iterable[Item],
    assessed: Assessment,
    options: Options = DEFAULT,
    aim: Aim = Aim.SET,
    read: Read = NOTHING,
) -> Plan:
    """Return the plan that gives a server these items.

    Where these were started and are being rolled back, it is the plan for
    that, for which nothing of the way forward has to be there.

    :param items: the request; their order never matters.
    :param aim: where the plan of a change that was started leads.
    :param read: name → value of the settings that this run has read itself
        before the change; of others only the journal tells, which is believed
        less.
    :raises Refused: it cannot be done; every reason is named.
    """
    request = tuple(sorted(set(items)))
    server = assessed.snapshot.server
    entries = journal.pending(server.metadata)
    if aim is Aim.SET and _is_being_undone(request, entries):
        return rollback_plan.make(assessed, options, aim)
    changes, unchanged, stuck = _outcomes(request, assessed, options, read)
    plan = _with_way_back(
        _forward(request, changes, unchanged, assessed, options, aim),
        assessed,
        read,
    )
    stuck += _together(request, plan, assessed)
    found = _against(request, plan, assessed)
    if not (stuck or found):
        return plan
    if not (found or read) and _is_to_be_undone(plan, stuck, entries):
        # An earlier run has got as far as that, and this is as far as it goes.
        back = rollback_plan.make(assessed, options, aim)
        return replace(back, failure='; '.join(map(str, stuck)))
    more = ' more' if entries else ''
    raise errors.Refused(
        f'Cannot apply the requested configuration to {server}; '
        f'nothing{more} was changed:',
        stuck + found,
    )


def _against(
    request: Sequence[Item], plan: Plan, assessed: Assessment
) -> list[Violation]:
    """Return what speaks against a plan, apart from its items."""
    server, options = plan.server, plan.options
    entries = journal.pending(server.metadata)
    found: list[Violation] = []
    if plan.risks and not plan.is_resumed:
        found += acceptance.unaccepted(plan.changes, assessed, options)
    found += _not_now(request, plan, entries)
    found += _not_this_way(plan, assessed.snapshot)
    found += _not_to_be_journaled(plan)
    found += services.unsuitable(plan)
    if not plan.is_resumed:
        found += services.too_many(plan)
    resizes = methods.resizes(options, assessed.catalogue, entries)
    found += flavors.unclear(
        _variants(request, assessed),
        options,
        server.flavor,
        is_one=resizes or (bool(plan.changes) and options.require_flavor),
    )
    return found


def _forward(
    request: Sequence[Item],
    changes: Sequence[ItemChange],
    unchanged: Sequence[Item],
    assessed: Assessment,
    options: Options,
    aim: Aim,
) -> Plan:
    """Return the plan of changes, whatever speaks against it."""
    entries = journal.pending(assessed.snapshot.server.metadata)
    merged, *later = services.of(changes, assessed)
    runbook = methods.runbook(merged, assessed.snapshot, options)
    variants = _variants(request, assessed)
    target = None
    if methods.resizes(options, assessed.catalogue, entries):
        target = methods.target(
            variants, options, assessed.snapshot.server, entries
        )
    claimed = _to_claim(changes, unchanged, entries, assessed)
    record = _to_record(claimed, entries, assessed.snapshot, options)
    # As it is desired at the end.
    at_end = assessed.without(options.forgets)
    blank = draft.without_steps(assessed.snapshot, options, aim)
    return replace(
        blank,
        bios=draft.of_changes(changes, assessed.snapshot.bios),
        changes=tuple(changes),
        unchanged=tuple(unchanged),
        steps=merged,
        later=tuple(later),
        why_later=services.reasons(changes, assessed),
        undo=previous.steps_for(changes),
        runbook=draft.name(runbook),
        is_loose=draft.is_loose(runbook, merged),
        resize_to=target,
        variants=flavors.meant(variants, options),
        record=record,
        profile=profiles.to_record(record, assessed, options),
        forget=_to_forget(changes, record, assessed, options),
        vendor=assessed.vendor,
        risks=acceptance.every(changes, assessed),
        rest=draft.rest(changes, assessed, entries),
        kept=_kept(request, at_end),
        claims=tuple(_item_kept(i, assessed) for i in claimed),
        digest=journal.digest(request, resize=bool(target)),
        warnings=(
            *blank.warnings,
            *draft.slow(changes, assessed.snapshot),
            *assessment.unknown_profiles(assessed),
            *conflicts.unsure(changes, assessed.snapshot),
            *conflicts.ignored(changes, assessed),
            *conflicts.besides(changes, assessed),
            *conflicts.unread(changes),
            *conflicts.drifting(changes, at_end),
        ),
    )


def resume(
    assessed: Assessment, options: Options, aim: Aim, read: Read = NOTHING
) -> Plan:
    """Return the plan that resumes the change in the journal of the server.

    :param read: what this run has read before the change.
    :raises Refused: there is no such change, or it cannot be resumed.
    """
    server = assessed.snapshot.server
    entries = journal.pending(server.metadata)
    if not entries:
        raise errors.Refused(f'{server}: no unfinished change is recorded.')
    if aim is Aim.ROLLBACK:
        return rollback_plan.make(assessed, options, aim)
    if damage := journal.faults(entries):
        raise errors.Refused(
            f'{server}: the journal of the change cannot be believed; nothing '
            'was changed:',
            map(violations.journal_damaged, damage),
        )
    request = [Item(name, entry.value) for name, entry in entries.items()]
    if any(entry.resize for entry in entries.values()):
        options = replace(options, method=Method.RESIZE)
    options = replace(
        options,
        max_reboots=None,
        records=all(entry.record is not None for entry in entries.values()),
        forgets=tuple(name for name, n in entries.items() if n.forgets),
        profile=next((n.profile for n in entries.values() if n.profile), None),
    )
    return make(request, assessed, options, aim, read)


def drop(snapshot: Snapshot, options: Options) -> Plan:
    """Return the plan that ends whatever was started, as it is.

    :raises Refused: the server is locked.
    """
    server = snapshot.server
    if locked := preconditions.locked(server):
        raise errors.Refused(f'{server} cannot be recovered:', locked)
    return draft.without_steps(snapshot, options, Aim.ABORT)


def _is_being_undone(
    request: Sequence[Item], entries: Mapping[str, Pending]
) -> bool:
    """Return whether this very request was started and is rolled back.

    Not where Ironic has reported success and nothing was changed: that may
    come true yet.
    """
    journaled = sorted(
        Item(name, entry.value) for name, entry in entries.items()
    )
    return journaled == list(request) and any(
        entry.failure and not entry.unapplied for entry in entries.values()
    )


def _is_to_be_undone(
    plan: Plan, stuck: Iterable[Violation], entries: Mapping[str, Pending]
) -> bool:
    """Return whether the next of several services turns out to be impossible.

    By the BIOS, as it is after the ones before. It is undone then, as by the
    run that was killed; that somebody sees no template is no reason.
    """
    before = journal.previous(plan.server.metadata)
    return (
        plan.aim is Aim.SET
        and plan.options.on_failure is OnFailure.ROLLBACK
        and all(one.code is Code.SETTING_UNSUPPORTED for one in stuck)
        and all(entry.digest == plan.digest for entry in entries.values())
        and any(name in before and before[name].later for name in entries)
    )


def _with_way_back(plan: Plan, assessed: Assessment, read: Read) -> Plan:
    """Return a plan with the steps that undo it, or why there are none."""
    if not plan.changes:
        return plan
    obstacles = previous.obstacles(
        plan.changes, assessed.snapshot.bios, assessed.catalogue.locks
    )
    if plan.is_resumed:
        obstacles += previous.doubtful(assessed, plan.changes, read)
    obstacles += filter(None, [journal_entries.no_room(plan)])
    if obstacles:
        reasons = tuple(dict.fromkeys(obstacles))
        return replace(plan, undo=None, no_rollback=reasons)
    runbook = methods.runbook(plan.undo or (), assessed.snapshot, plan.options)
    return replace(plan, undo_runbook=draft.name(runbook))


def _kept(
    request: Sequence[Item], assessed: Assessment
) -> tuple[side_effects.Kept, ...]:
    """Return the items that are as desired, and that nobody asks for."""
    asked = {item.type for item in request}
    return tuple(
        _item_kept(Item(row.type, row.desired.value), assessed)
        for row in assessed.rows.values()
        if row.desired.value is not None
        and row.drift is assessment.Drift.NO
        and row.type not in asked
    )


def _item_kept(item: Item, assessed: Assessment) -> side_effects.Kept:
    sources = assessed.readings(item.type)
    return side_effects.Kept(item.type, item.value, sources)


def _to_forget(
    changes: Sequence[ItemChange],
    record: Sequence[Item],
    assessed: Assessment,
    options: Options,
) -> tuple[str, ...]:
    """Return the keys that are removed once all is as it should be.

    What a change was before it stays, as the way back. What is recorded is
    deferred no longer.
    """
    metadata = assessed.snapshot.server.metadata
    changing = {change.item.type for change in changes}
    recorded = {item.type for item in record} & deferred.types(metadata)
    keys = [DEFERRED + name for name in sorted({*options.forgets, *recorded})]
    keys += [DESIRED + name for name in options.forgets]
    for name in options.forgets:
        if name not in changing:
            keys += journal.keys(PREVIOUS, name, metadata)
    if profiles.is_to_forget(record, assessed, options):
        keys.append(PROFILE)
    return tuple(key for key in keys if key in metadata)


def _not_to_be_journaled(plan: Plan) -> list[Violation]:
    """Return why a change cannot be journaled, or be undone if it fails."""
    no_room = None if plan.is_empty else journal_entries.no_room(plan)
    found = [violations.no_room(no_room)] if no_room else []
    if plan.needs_leave:
        found += map(violations.no_rollback, plan.no_rollback)
    return found


def _outcomes(
    request: Sequence[Item],
    assessed: Assessment,
    options: Options,
    read: Read,
) -> tuple[list[ItemChange], list[Item], list[Violation]]:
    """Return what changes, what is settled, and what speaks against it."""
    changes: list[ItemChange] = []
    unchanged: list[Item] = []
    found: list[Violation] = []
    offered = profiles.with_items(request, assessed)
    beside = services.beside(request, offered.snapshot.templates)
    for item in request:
        outcome = _plan_item(item, offered, options, beside, read)
        if isinstance(outcome, ItemChange):
            changes.append(outcome)
        elif outcome:
            found += [violation.of(item) for violation in outcome]
        else:
            unchanged.append(item)
    changes = services.divided(changes, assessed, _begun(assessed.snapshot))
    found += conflicts.unopened(changes, assessed)
    return changes, unchanged, found


def _begun(snapshot: Snapshot) -> dict[str, Previous]:
    """Return type → what was before, of the changes that have not ended."""
    entries = journal.pending(snapshot.server.metadata)
    before = journal.previous(snapshot.server.metadata)
    return {name: before[name] for name in entries.keys() & before.keys()}


def _together(
    request: Sequence[Item],
    plan: Plan,
    assessed: Assessment,
) -> list[Violation]:
    """Return what the items of a plan do to each other."""
    clashes = conflicts.contradictions(request) or conflicts.clashes(
        plan.changes
    )
    return clashes or conflicts.undone(request, plan.changes, assessed)


def _not_now(
    request: Sequence[Item], plan: Plan, entries: Mapping[str, Pending]
) -> list[Violation]:
    """Return why server and node cannot be changed as they are now."""
    server, target = plan.server, plan.resize_to
    found = preconditions.foreign_entries(
        request, entries, plan.digest, server
    )
    if not plan.is_empty or plan.changes or entries or target:
        found += preconditions.locked(server)
        found += preconditions.not_ready(server, plan.node, entries)
    return found


def _not_this_way(plan: Plan, snapshot: Snapshot) -> list[Violation]:
    """Return why a plan cannot be carried out as the options want it."""
    options = plan.options
    found: list[Violation] = []
    if plan.changes and not plan.runbook and not plan.may_use_steps:
        found.append(methods.no_runbook(plan.steps, snapshot))
    if options.strict:
        unsure = conflicts.unsure(plan.changes, snapshot)
        found += map(violations.not_checkable, unsure)
    return found


def _plan_item(
    item: Item,
    assessed: Assessment,
    options: Options,
    beside: Mapping[str, Value],
    read: Read,
) -> ItemChange | list[Violation]:
    """Return the change, or the reasons against it, or no reasons.

    No reasons and no change: the item is as it should be. One that an
    earlier run has started to change stays a change, until that has ended.
    """
    unknown = selection.unknown(item, assessed)
    if unknown:
        return unknown
    now = assessed.actual(item.type)
    entry = journal.pending(assessed.snapshot.server.metadata).get(item.type)
    is_started = (
        entry is not None and entry.digest is not None and not entry.unchanged
    )
    template = selection.choose(item, assessed, options, beside)
    if now == item.value and not is_started and not _has_unread(template):
        return selection.incapable(item, assessed)
    if isinstance(template, list):
        return [] if now == item.value else template
    wanted = {
        name: steps.asked(name, value, assessed.snapshot.bios)
        for name, value in steps.settings(template.steps).items()
    }
    if entry is not None and is_started:
        was, before = previous.known(item.type, entry, assessed.snapshot)
        hidden = previous.hidden(item.type, assessed.snapshot)
        if was and (more := sorted(wanted.keys() - was.keys() - hidden)):
            return [violations.template_changed(template, more)]
        new = {n: v for n, v in wanted.items() if n in hidden}
        was = _as_read(new, assessed.snapshot.bios) | was
        was |= {n: v for n, v in read.items() if n in wanted}
    else:
        was, before = _as_read(wanted, assessed.snapshot.bios), now
    return ItemChange(
        item=item,
        before=before,
        template=template,
        settings=tuple(
            SettingChange(name, was.get(name), value)
            for name, value in wanted.items()
        ),
    )


def _has_unread(template: Template | list[Violation]) -> bool:
    """Return whether a template does what leaves no trace in the BIOS.

    So that the settings are right does not show that all of it was done.
    """
    return isinstance(template, Template) and not all(
        map(steps.is_apply, template.steps)
    )


def _as_read(wanted: Mapping[str, Value], bios: Bios) -> dict[str, Value]:
    """Return the settings as they are, those that are shown."""
    now = {n: values.current(bios.get(n), wanted[n]) for n in wanted}
    return {name: value for name, value in now.items() if value is not None}


def _variants(
    request: Sequence[Item], assessed: Assessment
) -> tuple[Flavor, ...] | None:
    snapshot = assessed.snapshot
    if snapshot.flavors is None:
        return None
    deploy = [t for t in snapshot.templates if t.kind is Kind.DEPLOY_TEMPLATE]
    return tuple(
        flavors.variants(
            snapshot.server.flavor,
            flavors.usable(snapshot.flavors, snapshot.server.project_id),
            request,
            deploy or None,
            assessed.profiles,
        )
    )


def _to_claim(
    changes: Sequence[ItemChange],
    unchanged: Sequence[Item],
    entries: Mapping[str, Pending],
    assessed: Assessment,
) -> tuple[Item, ...]:
    """Return what changes, and what is right but not recorded as desired."""
    unrecorded = [
        item
        for item in unchanged
        if item.type in entries
        or deferred.of(item.type, assessed.snapshot.server.metadata)
        or assessed.desired(item.type) != item.value
    ]
    return tuple(sorted([c.item for c in changes] + unrecorded))


def _to_record(
    claimed: Sequence[Item],
    entries: Mapping[str, Pending],
    snapshot: Snapshot,
    options: Options,
) -> tuple[Item, ...]:
    """Return what is recorded at the end.

    Where nothing else is, what was deferred is all the same; of a change that
    was started its entries tell what that was.
    """

    def was_deferred(item: Item) -> bool:
        if entry := entries.get(item.type):
            return entry.record is not None
        later = deferred.of(item.type, snapshot.server.metadata)
        is_kept = item.type not in options.forgets
        return is_kept and later is not None and later.value == item.value

    return tuple(i for i in claimed if options.records or was_deferred(i))
