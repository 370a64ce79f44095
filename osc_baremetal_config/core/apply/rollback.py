"""The way back: what to do next once a change is not to be made.

Owns the order: record the failure, make the node active, restore the settings,
revert the resize, restore the power, clear the journal. What has not changed
is not restored. Never does anything itself.
"""

from dataclasses import replace

from osc_baremetal_config.core.apply import observation
from osc_baremetal_config.core.apply.observation import (
    Action,
    Finish,
    Move,
    Observation,
    Perform,
    Verdict,
    Wait,
)
from osc_baremetal_config.core.facts import journal, provision_state, steps
from osc_baremetal_config.core.facts.model import Step
from osc_baremetal_config.core.plan import journal_entries
from osc_baremetal_config.core.plan.model import ON, Aim, Plan
from osc_baremetal_config.core.plan.options import OnFailure

# Seconds for which Nova and Ironic must agree on the power. Where Ironic has
# switched it, Nova learns of it a moment later.
_SETTLED_S = 1.0
# So long nobody is at it, if a node is off whose ramdisk is waited for.
_ASLEEP_S = 20.0
# Where a service was aborted while a Redfish BMC was at it, Ironic's next one
# only verifies what that one has set; the one after it does what is asked.
_UNDOINGS = 2


def after_failed_step(plan: Plan, seen: Observation, reason: str) -> Move:
    """Return the next move for a node that is in "service failed".

    :param reason: Ironic's words for what failed last.
    """
    first = seen.failure
    if plan.aim is Aim.ABORT:
        return _leave(seen)
    if first and seen.tried.get(Action.RESTORE_SETTINGS):
        return _after_failed_undo(plan, seen, first, reason)
    if not _may_undo(plan):
        return Finish(Verdict.INCOMPLETE, first or reason)
    if not first or not _is_journaled(plan, seen):
        return _save_journal(seen, first or reason)
    return leave_failed(seen, Action.RESTORE_SETTINGS)


def _after_failed_undo(
    plan: Plan, seen: Observation, first: str, reason: str
) -> Move:
    """Return the next move where the settings could not be restored.

    Ironic has read them again for that. If they are as before, nothing was to
    be restored, and the server need not stay off.
    """
    if seen.bios is None:
        return Perform(Action.READ_BIOS)
    is_last = seen.count(Action.RESTORE_SETTINGS) >= _limit(plan)
    if _has_changed(plan, seen) and not is_last:
        # After a service that has waited in vain, Ironic's next one fails by
        # what that one has left.
        return leave_failed(seen, Action.RESTORE_SETTINGS)
    if _has_changed(plan, seen):
        return Finish(
            Verdict.INCOMPLETE,
            f'{first}; restoring the settings failed, too: {reason}',
        )
    return _leave(seen)


def _leave(seen: Observation) -> Move:
    """Return what makes a node active, with its settings as they are.

    Where Ironic does not abort a service that has failed, another one leads
    out of it, and a step that only switches the power changes nothing. Once is
    enough: where that fails, the ramdisk does not boot, or so.
    """
    if not seen.cannot_abort:
        return leave_failed(seen, Action.ABORT)
    if seen.tried.get(Action.LEAVE):
        return Finish(
            Verdict.INCOMPLETE,
            f'this Ironic (before 2025.2) cannot abort a service that has '
            f'failed, and one that changes nothing has failed, too, so an '
            f'operator has to find out why: {_why(seen)}',
        )
    return leave_failed(seen, Action.LEAVE)


def give_up_waiting(seen: Observation) -> Move | None:
    """Return the abort of a service whose ramdisk will not call back.

    Nova's power sync switches a node off that it believes to be off while
    Ironic boots the ramdisk. Switched on again, it would boot its disk.
    """
    if seen.asleep_s is None or seen.asleep_s < _ASLEEP_S:
        return None
    if not seen.failure:
        why = 'the node was switched off while it booted the agent ramdisk'
        return _save_journal(seen, why)
    move = observation.attempt(Action.ABORT, seen, '')
    return move if isinstance(move, Perform) else None


def _why(seen: Observation) -> str:
    """Return why a service has failed, as far as Ironic tells."""
    node = seen.node
    return node.last_error or node.maintenance_reason or 'no reason shown'


def out_of_failure(plan: Plan) -> tuple[Step, ...]:
    """Return a service that leaves everything as it is to be."""
    return (Step(interface='power', step=f'power_{plan.power}'),)


def leave_failed(seen: Observation, action: Action) -> Move:
    """Return what makes an act possible on a node in "service failed"."""
    node = seen.node
    if not node.maintenance:
        return observation.attempt(
            action, seen, f'node {node} stays in service failed'
        )
    if node.fault != provision_state.FAULT:
        why = f': "{node.maintenance_reason}"'
        return Finish(
            Verdict.INCOMPLETE,
            f'node {node} is in maintenance, which somebody else has started'
            f'{why if node.maintenance_reason else ""}',
        )
    return observation.attempt(
        Action.END_MAINTENANCE, seen, f'node {node} stays in maintenance'
    )


def toward_start(plan: Plan, seen: Observation, failure: str) -> Move:
    """Return the next move until all is as it was before the change.

    :param failure: why the change will not be made.
    """
    if _has_changed(plan, seen) or _is_to_overwrite(plan, seen):
        if not _may_undo(plan):
            return Finish(Verdict.INCOMPLETE, failure)
        if seen.count(Action.RESTORE_SETTINGS) >= _limit(plan):
            unlike = ', '.join(observation.unlike_before(plan, seen))
            return Finish(
                Verdict.INCOMPLETE,
                f'{failure}; Ironic reports the rollback as successful, but '
                f'the node has {unlike}',
            )
        if not _is_journaled(plan, seen):
            return _save_journal(seen, failure)
        return stop(plan, seen) or Perform(Action.RESTORE_SETTINGS)
    if seen.is_resized and plan.resize_to:
        if not _is_journaled(plan, seen):
            return _save_journal(seen, failure)
        return observation.attempt(Action.REVERT, seen, 'the resize stays')
    if power := toward_power(plan, seen):
        return power
    if plan.aim is not Aim.ROLLBACK and _may_come_true(seen):
        return _as_unapplied(plan, seen, failure)
    if seen.side_effects:
        side_effects = '; '.join(seen.side_effects)
        return _forget(
            plan,
            seen,
            Finish(Verdict.NOT_RESTORED, f'{failure}: {side_effects}'),
        )
    return _forget(plan, seen, Finish(Verdict.ROLLED_BACK, failure))


def _limit(plan: Plan) -> int:
    """Return how many services may be tried on the way back."""
    return _UNDOINGS * len(plan.undo or ())


def leave_unapplied(seen: Observation, failure: str) -> Move:
    """Return the recording that Ironic has reported what is not the case.

    The BMC may still apply it at the next restart. So nothing is restored,
    which Ironic would take for done, and nothing is said to be as before.
    """
    return observation.attempt(
        Action.JOURNAL_FAILURE,
        seen,
        f'{failure}; the change record does not stay',
        failure,
        unapplied=True,
    )


def _as_unapplied(plan: Plan, seen: Observation, failure: str) -> Move:
    """Return the end of a change that may come true yet, once recorded."""
    entries = observation.own_entries(plan, seen).values()
    if not any(entry.unapplied for entry in entries):
        return leave_unapplied(seen, failure)
    return Finish(Verdict.UNAPPLIED, failure)


def _may_come_true(seen: Observation) -> bool:
    """Return whether a BMC may still apply settings that it has not shown."""
    return seen.unapplied or (seen.accepted and not seen.applied)


def _is_to_overwrite(plan: Plan, seen: Observation) -> bool:
    """Return whether what a BMC may still apply is to be overwritten once.

    Ironic does so where the BMC shows it, although the settings are as
    before.
    """
    is_asked = plan.aim is Aim.ROLLBACK and seen.unapplied
    return is_asked and not seen.tried.get(Action.RESTORE_SETTINGS)


def toward_abort(plan: Plan, seen: Observation) -> Move:
    """Return the next move until a change is dropped as it is.

    A resize that waits cannot stay so: Nova lets nobody write the metadata.
    """
    if seen.is_resized:
        return observation.attempt(Action.REVERT, seen, 'the resize stays')
    return toward_power(plan, seen) or _forget(
        plan, seen, Finish(Verdict.ROLLED_BACK, 'the change was dropped')
    )


def stop(plan: Plan, seen: Observation) -> Move | None:
    """Return the stopping if the server is to be stopped before a service."""
    if plan.stop and seen.server.status == 'ACTIVE':
        return observation.attempt(
            Action.STOP, seen, 'the server does not stop'
        )
    return None


def toward_power(plan: Plan, seen: Observation) -> Move | None:
    """Return the next move until the power is as wanted and stays so.

    Nova and Ironic can disagree for good: Nova then switches the node as it
    believes at its next power sync, so each is put right through the one
    that is wrong.
    """
    if not plan.touches_power or seen.is_resized:
        return None
    if observation.power_agrees(plan, seen):
        by_nova = Action.START if plan.power == ON else Action.STOP
        if seen.agreed_s is None or (
            seen.agreed_s < _SETTLED_S and not seen.tried.get(by_nova)
        ):
            return Wait('waiting for the power to settle')
        return None
    if seen.node.target_power_state:
        return Wait(f'Ironic: {seen.node.target_power_state}')
    server_is_on = seen.server.status == 'ACTIVE'
    if server_is_on != (plan.power == ON):
        action = Action.START if plan.power == ON else Action.STOP
        return observation.attempt(
            action, seen, f'the server does not stay {plan.power}'
        )
    action = Action.POWER_ON if plan.power == ON else Action.POWER_OFF
    return observation.attempt(
        action, seen, f'the node does not stay {plan.power}'
    )


def _forget(plan: Plan, seen: Observation, otherwise: Finish) -> Move:
    """Return the clearing of the journal, or the end if it is clear."""
    if observation.own_entries(plan, seen):
        return observation.attempt(
            Action.CLEAR_JOURNAL, seen, 'the change record cannot be removed'
        )
    return otherwise


def _save_journal(seen: Observation, failure: str) -> Move:
    return observation.attempt(
        Action.JOURNAL_FAILURE,
        seen,
        f'{failure}; the change record does not stay',
        failure,
    )


def failure_entries(
    plan: Plan, seen: Observation, reason: str, now: str, *, unapplied: bool
) -> dict[str, str]:
    """Return the metadata that records why a change is being rolled back.

    :param now: the time, for entries that have got lost.
    :param unapplied: Ironic has reported success, and nothing was changed.
    :returns: none where a resize waits to be confirmed or reverted, as Nova
        lets nobody write metadata then. That state tells enough.
    """
    if seen.is_resized:
        return {}
    lost = journal.pending(journal_entries.begin(plan, now))
    entries = observation.own_entries(plan, seen) or lost
    entries = {
        name: replace(entry, failure=reason, unapplied=unapplied)
        for name, entry in entries.items()
    }
    return journal.begin(entries, {})


def _may_undo(plan: Plan) -> bool:
    return plan.undo is not None and (
        plan.aim is Aim.ROLLBACK
        or plan.options.on_failure is OnFailure.ROLLBACK
    )


def _has_changed(plan: Plan, seen: Observation) -> bool:
    """Return whether the node's settings are other than before the change.

    What Ironic does not show may have changed as well, once a service ran.
    """
    if seen.node.uuid != plan.node.uuid:
        return False
    is_shown = plan.was.keys() - plan.hidden <= (seen.bios or {}).keys()
    if not is_shown and seen.is_serviced:
        return True
    return bool(observation.unlike_before(plan, seen))


def what_undoes(plan: Plan, seen: Observation) -> tuple[Step, ...] | str:
    """Return what Ironic is asked to run next on the way back.

    Of several services the first whose settings are not as before.
    """
    if not plan.undo or len(plan.undo) == 1:
        return plan.what_undoes
    bios = seen.bios or {}
    for step in plan.undo:
        was = {
            n: v
            for n, v in steps.settings([step]).items()
            if n in bios or n not in plan.hidden
        }
        if observation.unlike(was, seen):
            return (step,)
    return plan.undo[-1:]


def _is_journaled(plan: Plan, seen: Observation) -> bool:
    """Return whether the failure is recorded, if it can be."""
    if seen.is_resized:
        return seen.failure is not None
    entries = observation.own_entries(plan, seen).values()
    return any(entry.failure for entry in entries)
