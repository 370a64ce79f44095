"""The way back: what to do next once a change is not to be made.

Owns the order: note the failure, make the node active, put the settings
back, revert the resize, restore the power, forget. What has not changed is
not put back. Never does anything itself.
"""

from dataclasses import replace

from osc_baremetal_config.core.apply import observation
from osc_baremetal_config.core.apply.observation import (
    Act,
    Do,
    End,
    Move,
    Result,
    Seen,
    Wait,
)
from osc_baremetal_config.core.facts import journal, provision_state
from osc_baremetal_config.core.plan import journal_entries
from osc_baremetal_config.core.plan.model import ON, Aim, Plan
from osc_baremetal_config.core.plan.options import OnFailure

# Seconds for which Nova and Ironic must agree on the power. Where Ironic has
# switched it, Nova learns of it a moment later.
_SETTLED_S = 1.0
# Where a service was aborted while a Redfish BMC was at it, Ironic's next one
# only verifies what that one has set; the one after it does what is asked.
_UNDOINGS = 2


def after_failed_step(plan: Plan, seen: Seen, reason: str) -> Move:
    """Return the next move for a node that is in "service failed".

    :param reason: Ironic's words for what failed last.
    """
    first = seen.failure
    if plan.aim is Aim.ABORT:
        return leave_failed(seen, Do.ABORT)
    if first and seen.tried.get(Do.UNDO):
        return _after_failed_undo(plan, seen, first, reason)
    if not _may_undo(plan):
        return End(Result.LEFT_BETWEEN, first or reason)
    if not first or not _is_noted(plan, seen):
        return _note(seen, first or reason)
    return leave_failed(seen, Do.UNDO)


def _after_failed_undo(
    plan: Plan, seen: Seen, first: str, reason: str
) -> Move:
    """Return the next move where the settings could not be put back.

    Ironic has read them anew for that. If they are as before, nothing was
    to be put back, and the server need not stay off.
    """
    if seen.bios is None:
        return Act(Do.READ_BIOS)
    if _has_changed(plan, seen):
        return End(
            Result.LEFT_BETWEEN,
            f'{first}; putting the settings back failed, too: {reason}',
        )
    return leave_failed(seen, Do.ABORT)


def leave_failed(seen: Seen, do: Do) -> Move:
    """Return what makes an act possible on a node in "service failed"."""
    node = seen.node
    if not node.maintenance:
        return observation.attempt(
            do, seen, f'node {node} stays in service failed'
        )
    if node.fault != provision_state.FAULT:
        why = f': "{node.maintenance_reason}"'
        return End(
            Result.LEFT_BETWEEN,
            f'node {node} is in maintenance, which somebody else has begun'
            f'{why if node.maintenance_reason else ""}',
        )
    return observation.attempt(
        Do.END_MAINTENANCE, seen, f'node {node} stays in maintenance'
    )


def toward_start(plan: Plan, seen: Seen, failure: str) -> Move:
    """Return the next move until all is as it was before the change.

    :param failure: why the change will not be made.
    """
    if _has_changed(plan, seen) or _is_to_overwrite(plan, seen):
        if not _may_undo(plan):
            return End(Result.LEFT_BETWEEN, failure)
        if seen.tried.get(Do.UNDO, 0) >= _UNDOINGS:
            unlike = ', '.join(observation.unlike(plan.was, seen))
            return End(
                Result.LEFT_BETWEEN,
                f'{failure}; the settings are put back, Ironic says, but the '
                f'node has {unlike}',
            )
        if not _is_noted(plan, seen):
            return _note(seen, failure)
        return stop(plan, seen) or Act(Do.UNDO)
    if seen.is_resized and plan.resize_to:
        if not _is_noted(plan, seen):
            return _note(seen, failure)
        return observation.attempt(Do.REVERT, seen, 'the resize stays')
    if power := toward_power(plan, seen):
        return power
    if plan.aim is not Aim.ROLLBACK and _may_come_true(seen):
        return _as_unapplied(plan, seen, failure)
    if seen.besides:
        besides = '; '.join(seen.besides)
        return _forget(
            plan, seen, End(Result.NOT_AS_BEFORE, f'{failure}: {besides}')
        )
    return _forget(plan, seen, End(Result.PUT_BACK, failure))


def leave_unapplied(seen: Seen, failure: str) -> Move:
    """Return the noting that Ironic has reported what is not so.

    The BMC may have it in mind for the next restart. So nothing is put back,
    which Ironic would take for done, and nothing is said to be as before.
    """
    return observation.attempt(
        Do.NOTE_FAILURE,
        seen,
        f'{failure}; the notes do not stay',
        failure,
        unapplied=True,
    )


def _as_unapplied(plan: Plan, seen: Seen, failure: str) -> Move:
    """Return the end of a change that may come true yet, once noted."""
    notes = observation.own_notes(plan, seen).values()
    if not any(note.unapplied for note in notes):
        return leave_unapplied(seen, failure)
    return End(Result.UNAPPLIED, failure)


def _may_come_true(seen: Seen) -> bool:
    """Return whether a BMC may have settings in mind that it has not shown."""
    return seen.unapplied or (seen.accepted and not seen.applied)


def _is_to_overwrite(plan: Plan, seen: Seen) -> bool:
    """Return whether what a BMC has in mind is to be overwritten once.

    Ironic does so where the BMC shows it, although the settings are as
    before.
    """
    is_asked = plan.aim is Aim.ROLLBACK and seen.unapplied
    return is_asked and not seen.tried.get(Do.UNDO)


def toward_abort(plan: Plan, seen: Seen) -> Move:
    """Return the next move until a change is dropped as it is.

    A resize that waits cannot stay so: Nova lets nobody write the metadata.
    """
    if seen.is_resized:
        return observation.attempt(Do.REVERT, seen, 'the resize stays')
    return toward_power(plan, seen) or _forget(
        plan, seen, End(Result.PUT_BACK, 'the change was dropped')
    )


def stop(plan: Plan, seen: Seen) -> Move | None:
    """Return the stopping if the server is to be stopped before a service."""
    if plan.stop and seen.server.status == 'ACTIVE':
        return observation.attempt(Do.STOP, seen, 'the server does not stop')
    return None


def toward_power(plan: Plan, seen: Seen) -> Move | None:
    """Return the next move until the power is as wanted and stays so.

    Nova and Ironic can disagree for good: Nova then switches the node as it
    believes at its next power sync, so each is put right through the one
    that is wrong.
    """
    if not plan.touches_power or seen.is_resized:
        return None
    if observation.power_agrees(plan, seen):
        by_nova = Do.START if plan.power == ON else Do.STOP
        needed_s = 0.0 if seen.tried.get(by_nova) else _SETTLED_S
        if seen.agreed_s is None or seen.agreed_s < needed_s:
            return Wait('the power to settle')
        return None
    if seen.node.target_power_state:
        return Wait(f'Ironic: {seen.node.target_power_state}')
    server_is_on = seen.server.status == 'ACTIVE'
    if server_is_on != (plan.power == ON):
        act = Do.START if plan.power == ON else Do.STOP
        return observation.attempt(
            act, seen, f'the server does not stay {plan.power}'
        )
    act = Do.POWER_ON if plan.power == ON else Do.POWER_OFF
    return observation.attempt(
        act, seen, f'the node does not stay {plan.power}'
    )


def _forget(plan: Plan, seen: Seen, otherwise: End) -> Move:
    """Return the clearing of the notes, or the end if there are none."""
    if observation.own_notes(plan, seen):
        return observation.attempt(Do.FORGET, seen, 'the notes do not go away')
    return otherwise


def _note(seen: Seen, failure: str) -> Move:
    return observation.attempt(
        Do.NOTE_FAILURE, seen, f'{failure}; the notes do not stay', failure
    )


def failure_entries(
    plan: Plan, seen: Seen, reason: str, now: str, *, unapplied: bool
) -> dict[str, str]:
    """Return the metadata that notes why a change is being put back.

    :param now: the time, for notes that have got lost.
    :param unapplied: Ironic has reported success, and nothing was changed.
    :returns: none where a resize waits to be confirmed or reverted, as Nova
        lets nobody write metadata then. That state tells enough.
    """
    if seen.is_resized:
        return {}
    lost = journal.pending(journal_entries.begin(plan, now))
    noted = observation.own_notes(plan, seen) or lost
    notes = {
        name: replace(note, failure=reason, unapplied=unapplied)
        for name, note in noted.items()
    }
    return journal.begin(notes, {})


def _may_undo(plan: Plan) -> bool:
    return plan.undo is not None and (
        plan.aim is Aim.ROLLBACK
        or plan.options.on_failure is OnFailure.ROLLBACK
    )


def _has_changed(plan: Plan, seen: Seen) -> bool:
    """Return whether the node's settings are other than before the change.

    What Ironic does not show may have changed as well, once a service ran.
    """
    if seen.node.uuid != plan.node.uuid:
        return False
    is_shown = plan.was.keys() <= (seen.bios or {}).keys()
    if not is_shown and seen.is_serviced:
        return True
    return bool(observation.unlike(plan.was, seen))


def _is_noted(plan: Plan, seen: Seen) -> bool:
    """Return whether the failure is noted for who continues, if it can be."""
    if seen.is_resized:
        return seen.failure is not None
    notes = observation.own_notes(plan, seen).values()
    return any(note.failure for note in notes)
