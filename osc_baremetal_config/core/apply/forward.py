"""The next move: from what is seen, what to do next.

Owns the order of a change: journal, stop, resize, service, verify, confirm,
power, record. It looks at the cloud, not at what was done before, so a run
that was cut off is continued by making the next move. The way back from a
change that failed is in :mod:`.rollback`. Never does anything itself.
"""

from collections.abc import Mapping

from osc_baremetal_config.core.apply import concurrency, observation, rollback
from osc_baremetal_config.core.apply.observation import (
    Action,
    Finish,
    Move,
    Observation,
    Perform,
    Verdict,
    Wait,
)
from osc_baremetal_config.core.facts import journal, metadata, provision_state
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.plan import journal_entries
from osc_baremetal_config.core.plan.model import Aim, Plan

_OTHER = 'another change was made at the same time'


def next_move(plan: Plan, seen: Observation) -> Move:
    """Return the next move that leads from what is seen to the plan's end."""
    if lost := concurrency.lost(plan, seen):
        return _give_way(plan, seen, lost)
    if seen.server.is_being_deleted:
        # Its node is in states then that a person would have to end else.
        return Wait('Nova: deleting')
    match provision_state.classify(seen.node):
        case provision_state.Working(doing):
            if concurrency.must_journal_again(plan, seen):
                return observation.attempt(
                    Action.SAVE_JOURNAL,
                    seen,
                    'the change record does not stay',
                )
            return rollback.give_up_waiting(seen) or Wait(doing)
        case provision_state.Failed(reason):
            return _after_failed_step(plan, seen, reason)
        case provision_state.Stuck(reason):
            return Finish(Verdict.INCOMPLETE, reason)
    if seen.server.task_state:
        return Wait(f'Nova: {seen.server.task_state}')
    if seen.server.status not in ('ACTIVE', 'SHUTOFF', 'VERIFY_RESIZE'):
        return Finish(
            Verdict.INCOMPLETE, f'the server is in {seen.server.status}'
        )
    if seen.bios is None:
        return Perform(Action.READ_BIOS)
    if plan.aim is Aim.ABORT:
        return rollback.toward_abort(plan, seen)
    if seen.failure and not _has_come_true(plan, seen):
        back = rollback.toward_start(plan, seen, seen.failure)
        if back == Perform(Action.CLEAR_JOURNAL) and record_before(plan, seen):
            return observation.attempt(
                Action.RESTORE_RECORD,
                seen,
                'the record does not stay as before',
            )
        return back
    return _toward_end(plan, seen)


def is_timed(plan: Plan, seen: Observation) -> bool:
    """Return whether the next move depends on how long something holds.

    Else the same look leads to the same move, whenever it is.
    """
    is_lasting = seen.agreed_s is not None or seen.asleep_s is not None
    return is_lasting or concurrency.is_timed(plan, seen)


def keys_to_forget(plan: Plan, seen: Observation) -> list[str]:
    """Return the metadata keys that the end of a change removes.

    A change that was not made leaves no way back, and no record goes by it.
    """
    entries = observation.own_entries(plan, seen)
    now = seen.server.metadata
    keys = {
        key
        for name in entries
        for key in journal.keys(metadata.PENDING, name, now)
    }
    if _is_made(plan, seen):
        keys.update(k for k in plan.forget if _is_to_go(k, plan, seen))
    else:
        for name, entry in entries.items():
            if not entry.unchanged:
                keys.update(journal.keys(metadata.PREVIOUS, name, now))
    if _is_back(plan, seen):
        keys.update(_recorded_by(entries, seen, there=False))
    if _has_lost_profile(plan, seen):
        keys.add(metadata.PROFILE)
    return sorted(keys, key=_when_to_forget)


def _is_to_go(key: str, plan: Plan, seen: Observation) -> bool:
    """Return whether a key of a plan's is removed at its end.

    What was deferred is desired until it is recorded; and what somebody has
    deferred since stays.
    """
    now = seen.server.metadata
    if key == metadata.PROFILE:
        return key in now and now[key] == plan.server.metadata.get(key)
    if not key.startswith(metadata.DEFERRED):
        return key in now
    is_recorded = plan.recorded.items() <= now.items()
    was = plan.server.metadata.get(key)
    return is_recorded and key in now and now[key] == was


def _when_to_forget(key: str) -> tuple[int, str]:
    """Return when a key is removed: a run that is killed resumes by the rest.

    First the profile and the record, then the entry, then what was deferred,
    and what was before only after that.
    """
    prefixes = (
        metadata.PROFILE,
        metadata.DESIRED,
        metadata.PENDING,
        metadata.DEFERRED,
        metadata.PREVIOUS,
    )
    found = (n for n, prefix in enumerate(prefixes) if key.startswith(prefix))
    return next(found), key


def record_before(plan: Plan, seen: Observation) -> dict[str, str]:
    """Return the record of before a change that has been rolled back."""
    entries = observation.own_entries(plan, seen)
    if not _is_back(plan, seen):
        return {}
    return _recorded_by(entries, seen, there=True)


def _recorded_by(
    entries: Mapping[str, Pending], seen: Observation, *, there: bool
) -> dict[str, str]:
    """Return what a change has recorded, as it was recorded before.

    :param there: only what was recorded before; else only what was not.
    """
    return {
        metadata.DESIRED + name: entry.record
        for name, entry in entries.items()
        if entry.record is not None
        and entry.record != entry.value
        and bool(entry.record) is there
        and seen.server.metadata.get(metadata.DESIRED + name) == entry.value
    }


def _has_lost_profile(plan: Plan, seen: Observation) -> bool:
    """Return whether a change has recorded a profile that is not there.

    It is rolled back after that, or another change was made meanwhile.
    """
    entries = observation.own_entries(plan, seen)
    named = {entry.profile for entry in entries.values() if entry.profile}
    if seen.server.metadata.get(metadata.PROFILE) not in named:
        return False
    undone = _is_back(plan, seen) and any(
        _recorded_by(entries, seen, there=there) for there in (True, False)
    )
    return undone or bool(corrections(plan, seen))


def corrections(plan: Plan, seen: Observation) -> dict[str, str]:
    """Return the record of what another change has made meanwhile."""
    return {
        metadata.DESIRED + item.type: value
        for item in plan.record
        if (value := seen.actual.get(item.type)) is not None
        and value != item.value
    }


def _is_made(plan: Plan, seen: Observation) -> bool:
    """Return whether a change has been made and not been rolled back."""
    if plan.aim is Aim.ABORT or _is_back(plan, seen):
        return False
    return not observation.unlike(plan.wanted, seen)


def _is_back(plan: Plan, seen: Observation) -> bool:
    """Return whether a change is being rolled back."""
    if plan.aim is Aim.ABORT:
        return False
    return seen.failure is not None and not _has_come_true(plan, seen)


def _has_come_true(plan: Plan, seen: Observation) -> bool:
    """Return whether what Ironic had reported too early has come true."""
    return (
        seen.unapplied
        and plan.aim is Aim.SET
        and not observation.unlike(plan.wanted, seen)
    )


def _is_done(plan: Plan, seen: Observation) -> bool:
    """Return whether all is as wanted, by what can be read.

    Steps that leave no trace in the settings have to be run, and who asks for
    another try has them run again.
    """
    if plan.runs_unread and not seen.is_serviced:
        return False
    return not observation.unlike(plan.wanted, seen)


def _after_failed_step(plan: Plan, seen: Observation, reason: str) -> Move:
    if plan.aim is Aim.RETRY and not seen.is_serviced:
        return _save_journal(plan, seen) or rollback.leave_failed(
            seen, Action.SERVICE
        )
    return rollback.after_failed_step(plan, seen, reason)


def _toward_end(plan: Plan, seen: Observation) -> Move:
    """Return the next move while nothing speaks against the change."""
    is_to_resize = plan.is_to_resize(seen.server)
    if is_to_resize or not _is_done(plan, seen):
        if changed := concurrency.changed_meanwhile(plan, seen):
            if seen.has_touched:
                return _after_another(plan, seen, changed)
            return _give_way(plan, seen, changed)
        if _is_started_by_user(plan, seen):
            return _without_trace(plan, seen) or Finish(Verdict.LEFT)
        return (
            _save_journal(plan, seen)
            or concurrency.wait(plan, seen)
            or (_toward_flavor(plan, seen) if is_to_resize else None)
            or _toward_settings(plan, seen)
        )
    if plan.unreadable_steps and not seen.is_serviced:
        ran = ', '.join(map(str, plan.unreadable_steps))
        return Finish(
            Verdict.INCOMPLETE,
            f'whether {ran} ran to the end cannot be read back',
        )
    if plan.later:
        return _toward_next(plan, seen)
    if seen.is_resized and not plan.resize_to:
        return Finish(Verdict.INCOMPLETE, _somebody_elses(seen))
    if seen.is_resized:
        return _off_another_node(plan, seen) or _confirm(seen)
    return rollback.toward_power(plan, seen) or _toward_record(plan, seen)


def _toward_next(plan: Plan, seen: Observation) -> Move:
    """Return the next move once one of several services is verified."""
    if not observation.own_entries(plan, seen):
        return observation.attempt(
            Action.SAVE_JOURNAL, seen, 'the change record does not stay'
        )
    return Finish(Verdict.NEXT)


def _toward_record(plan: Plan, seen: Observation) -> Move:
    """Return the next move once the server is as wanted.

    Nothing is recorded but under an entry of the journal, and after a look
    and a reading that still hold.
    """
    is_recorded = plan.recorded.items() <= seen.server.metadata.items()
    keys = keys_to_forget(plan, seen)
    # The entries go first where Nova refuses a record because there are too
    # many items; all is verified by then.
    is_full = bool(seen.tried.get(Action.RECORD)) and not is_recorded
    is_journaled = bool(observation.own_entries(plan, seen)) or is_full
    is_over = bool(seen.tried.get(Action.CLEAR_JOURNAL)) and is_recorded
    if seen.tried.get(Action.RECORD) and not is_journaled and not is_over:
        return _overtaken(plan, seen)
    if is_recorded and not keys:
        return Finish(Verdict.VERIFIED)
    if plan.recorded and not (is_journaled or is_over):
        return observation.attempt(
            Action.SAVE_JOURNAL, seen, 'the change record does not stay'
        )
    if waiting := concurrency.wait(plan, seen):
        return waiting
    if plan.recorded and not (seen.checked or seen.tried.get(Action.RECORD)):
        return Perform(Action.READ_BIOS)
    if changed := ', '.join(_broken(plan, seen)):
        if seen.is_serviced or plan.is_resumed:
            reason = f'after the change, {changed}'
            return rollback.toward_start(plan, seen, reason)
        return _give_way(
            plan, seen, f'the node was changed since it was read: {changed}'
        )
    if keys and (is_recorded or is_full):
        return observation.attempt(
            Action.CLEAR_JOURNAL, seen, 'the change record cannot be removed'
        )
    return observation.attempt(Action.RECORD, seen, 'the record does not stay')


def _overtaken(plan: Plan, seen: Observation) -> Move:
    """Return the next move where the entries have gone while it was recorded.

    Another run may have done the same, or another change something else.
    """
    if not seen.checked:
        return Perform(Action.READ_BIOS)
    changed = observation.unlike(plan.wanted, seen) + _broken(plan, seen)
    if not changed and keys_to_forget(plan, seen):
        return observation.attempt(
            Action.CLEAR_JOURNAL, seen, 'the change record cannot be removed'
        )
    if not changed:
        return Finish(Verdict.VERIFIED)
    return _after_another(plan, seen, f'{_OTHER}: {", ".join(changed)}')


def _broken(plan: Plan, seen: Observation) -> list[str]:
    """Return what was as asked for before the change and is not, in words."""
    changing = {change.item.type for change in plan.changes}
    return [
        f'{one.type} is {seen.actual[one.type] or "unknown"}'
        for one in plan.claims
        if one.type in seen.actual.keys() - changing
        and seen.actual[one.type] != one.value
    ]


def _after_another(plan: Plan, seen: Observation, reason: str) -> Move:
    """Return how a change ends after which the node was changed again.

    What was set by that stays so, and is what is recorded.
    """
    if power := rollback.toward_power(plan, seen):
        return power
    if seen.tried.get(Action.RECORD) and not _is_corrected(plan, seen):
        return observation.attempt(
            Action.CORRECT_RECORD, seen, 'the record does not stay'
        )
    if keys_to_forget(plan, seen):
        return observation.attempt(
            Action.CLEAR_JOURNAL, seen, 'the change record cannot be removed'
        )
    return Finish(Verdict.OVERTAKEN, reason)


def _is_corrected(plan: Plan, seen: Observation) -> bool:
    right = corrections(plan, seen)
    return right.items() <= seen.server.metadata.items()


def _give_way(plan: Plan, seen: Observation, reason: str) -> Move:
    """Return how a change ends that another one has come before."""
    return _without_trace(plan, seen) or Finish(Verdict.YIELDED, reason)


def _without_trace(plan: Plan, seen: Observation) -> Move | None:
    """Return the removal of what a change has written that is not made."""
    if seen.tried.get(Action.SAVE_JOURNAL) and keys_to_forget(plan, seen):
        return observation.attempt(
            Action.CLEAR_JOURNAL, seen, 'the change record cannot be removed'
        )
    return None


def _is_started_by_user(plan: Plan, seen: Observation) -> bool:
    """Return whether a server is no longer off that has to be."""
    is_begun = seen.has_touched or seen.unsure or plan.is_resumed
    is_on = seen.server.status != 'SHUTOFF'
    return plan.options.only_off and is_on and not is_begun


def _save_journal(plan: Plan, seen: Observation) -> Move | None:
    """Return the writing of the journal if it is due: it comes first."""
    entries = observation.own_entries(plan, seen)
    failed = any(entry.failure for entry in entries.values())
    is_another_try = failed and plan.aim is Aim.RETRY
    is_to_add = journal_entries.is_to_add(plan, seen.server.metadata)
    is_there = bool(entries) and not is_to_add
    if (is_there or seen.is_serviced) and not is_another_try:
        return None
    return observation.attempt(
        Action.SAVE_JOURNAL, seen, 'the change record does not stay'
    )


def _toward_flavor(plan: Plan, seen: Observation) -> Move:
    """Return the next move while the server has another flavor."""
    if seen.is_resized:
        return Finish(Verdict.INCOMPLETE, _somebody_elses(seen))
    if seen.tried.get(Action.RESIZE):
        return Perform(Action.READ_BOUNCE)
    if other := concurrency.others_resize(plan, seen):
        return Wait(other)
    return rollback.stop(plan, seen) or Perform(Action.RESIZE)


def _somebody_elses(seen: Observation) -> str:
    return (
        f'the server was resized to {seen.server.flavor.name} by somebody '
        f'else, who has to confirm or revert that'
    )


def _toward_settings(plan: Plan, seen: Observation) -> Move:
    """Return the next move while the settings are not as wanted."""
    if elsewhere := _off_another_node(plan, seen):
        return elsewhere
    if not seen.is_serviced:
        return rollback.stop(plan, seen) or Perform(Action.SERVICE)
    unlike = ', '.join(observation.unlike(plan.wanted, seen))
    if seen.verified:
        reason = f'it was verified, and then changed again to {unlike}'
        return _after_another(plan, seen, reason)
    if seen.is_contested:
        return _after_another(plan, seen, f'{_OTHER}: the node has {unlike}')
    if not seen.looked:
        # Another change may have come in between.
        return Wait('checking what Ironic has done')
    reason = f'Ironic reports success, but the node has {unlike}'
    if seen.applied or seen.side_effects or observation.unlike(plan.was, seen):
        return rollback.toward_start(plan, seen, reason)
    return rollback.leave_unapplied(seen, reason)


def _off_another_node(plan: Plan, seen: Observation) -> Move | None:
    """Return what to do about a resize that has changed the node."""
    if seen.node.uuid == plan.origin:
        return None
    if not plan.options.allow_move:
        return rollback.toward_start(
            plan,
            seen,
            f'the resize has moved the server from node {_origin(plan)} to '
            f'{seen.node} (use --allow-move to permit this)',
        )
    if seen.node.uuid == plan.node.uuid:
        return None
    return Finish(Verdict.MOVED, str(seen.node))


def _origin(plan: Plan) -> str:
    """Return the node that the server came from, by its name if known."""
    if plan.node.uuid == plan.origin:
        return str(plan.node)
    return plan.origin


def _confirm(seen: Observation) -> Move:
    """Return the confirming, or the wait: Nova shows no task while it does."""
    if seen.tried.get(Action.CONFIRM):
        return Wait('Nova: confirming the resize')
    return Perform(Action.CONFIRM)
