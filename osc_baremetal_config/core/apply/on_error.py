"""What the error of an act means for the change that has made it.

Owns which errors are waited out, which of these are counted, and which end a
change. Never makes a call.
"""

import enum
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import observation, verdicts
from osc_baremetal_config.core.apply.observation import Action, Observation
from osc_baremetal_config.core.plan.model import Aim, Plan

# Acts of which an error of the service itself is counted: it will not be
# better soon.
_ENOUGH = (
    Action.STOP,
    Action.START,
    Action.POWER_ON,
    Action.POWER_OFF,
    Action.REVERT,
    Action.ABORT,
    Action.END_MAINTENANCE,
)
# What Nova answers where these were done before, and where the metadata is
# full until the entries are gone.
_LOOK_AGAIN = {
    Action.CONFIRM: (400, 404),
    Action.REVERT: (400, 404),
    Action.RECORD: (403,),
}
_READS = {Action.READ_BIOS}
# How Ironic refuses what the state of a node does not know.
_NOT_FROM_HERE = 400
# Actions whose refusal is the end of the change, not of the run: it is rolled
# back.
_BEGINNINGS = (Action.STOP, Action.RESIZE, Action.SERVICE)


@enum.unique
class When(enum.Enum):
    """When the next move can be decided.

    ``NOW`` by what is known, by a ``LOOK``, or by one ``LATER``, because the
    cloud will not be another at once.
    """

    NOW = enum.auto()
    LOOK = enum.auto()
    LATER = enum.auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """What follows from the error of an act.

    :param words: for the person; empty if there is nothing to tell yet.
    """

    seen: Observation
    when: When
    words: str = ''


def to_error(
    plan: Plan, seen: Observation, action: Action, error: errors.CloudError
) -> Answer:
    """Return what follows from the error with which an act was answered.

    A conflict says that the state is another by now, as when Ironic's event
    has made a server active that is to be started. A refused beginning ends
    the change, with everything to be restored.

    :raises Refused: nothing was changed yet.
    :raises Incomplete: it cannot continue, neither there nor back.
    """
    told = f'{action.value}: {error.message}'
    if isinstance(error, errors.TemporaryCloudError):
        again = _may_be_done(seen, action, error)
        return Answer(again, When.LATER, f'{told}; trying again')
    if action is Action.ABORT and error.status == _NOT_FROM_HERE:
        # Ironic knew no abort of a service that has failed before 2025.2.
        seen = replace(seen.after(action), cannot_abort=True)
        return Answer(seen, When.LOOK)
    if _is_other_by_now(action, error):
        refused = replace(seen.after(action), refusal=error.message)
        return Answer(refused, When.LATER, f'{told}; looking again')
    failed = _given_up(plan, seen, action, error)
    return Answer(failed.after(action), When.LOOK)


def _may_be_done(
    seen: Observation, action: Action, error: errors.TemporaryCloudError
) -> Observation:
    """Return what is seen where an action may have been performed anyway."""
    is_unsure = action in observation.SERVICES and error.status != 409
    seen = replace(seen, bios=None, unsure=seen.unsure or is_unsure)
    if error.status == 500 and action in _ENOUGH:
        return replace(seen.after(action), refusal=error.message)
    return seen


def _is_other_by_now(action: Action, error: errors.CloudError) -> bool:
    """Return whether a look can show why an act was refused."""
    is_conflict = isinstance(error, errors.Conflict)
    return is_conflict or error.status in _LOOK_AGAIN.get(action, ())


def _given_up(
    plan: Plan, seen: Observation, action: Action, error: errors.CloudError
) -> Observation:
    """Return what is seen of a change that will not be made.

    :raises Refused: nothing was changed yet.
    :raises Incomplete: it is too late for putting it back.
    """
    if gone := verdicts.gone(plan, seen, error):
        raise gone from error
    is_untouched = not plan.is_resumed and not seen.tried.keys() - _READS
    is_first = (
        action in (Action.SAVE_JOURNAL, Action.READ_BIOS, Action.CLEAR_JOURNAL)
        and is_untouched
    )
    is_way_out = plan.aim is not Aim.SET and not seen.tried
    if is_first or is_way_out:
        raise errors.Refused(
            f'{plan.server}: {action.value} is refused; nothing was changed:',
            [error.message],
        ) from error
    reason = f'{action.value}: {error.message}'
    if action not in _BEGINNINGS or seen.failure:
        if seen.failure:
            reason = f'{seen.failure}; {reason}'
        raise verdicts.incomplete(plan, seen, reason) from error
    return replace(seen, failure=reason)
