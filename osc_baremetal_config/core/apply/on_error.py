"""What the error of an act means for the change that has made it.

Owns which errors are waited out, which of these are counted, and which end a
change. Never makes a call.
"""

import enum
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import verdicts
from osc_baremetal_config.core.apply.observation import Do, Seen
from osc_baremetal_config.core.plan.model import Aim, Plan

# Acts that begin what Ironic may be at already when it does not answer.
_SERVICES = (Do.SERVICE, Do.UNDO)
# Acts of which an error of the service itself is counted: it will not be
# better soon.
_ENOUGH = (
    Do.STOP,
    Do.START,
    Do.POWER_ON,
    Do.POWER_OFF,
    Do.REVERT,
    Do.ABORT,
    Do.END_MAINTENANCE,
)
# What Nova answers where these were done before, and where the metadata is
# full until the notes are gone.
_LOOK_AGAIN = {
    Do.CONFIRM: (400, 404),
    Do.REVERT: (400, 404),
    Do.RECORD: (403,),
}
_READS = {Do.READ_BIOS}
# Acts whose refusal is the end of the change, not of the run: it is put back.
_BEGINNINGS = (Do.STOP, Do.RESIZE, Do.SERVICE)


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

    seen: Seen
    when: When
    words: str = ''


def to_error(
    plan: Plan, seen: Seen, do: Do, error: errors.CloudError
) -> Answer:
    """Return what follows from the error with which an act was answered.

    A conflict says that the state is another by now, as when Ironic's event
    has made a server active that is to be started. A refused beginning ends
    the change, with everything to be put back.

    :raises Refused: nothing was touched yet.
    :raises LeftBetween: it cannot go on, neither there nor back.
    """
    told = f'{do.value}: {error.message}'
    if isinstance(error, errors.TemporaryCloudError):
        again = _may_be_done(seen, do, error)
        return Answer(again, When.LATER, f'{told}; trying again')
    if _is_other_by_now(do, error):
        refused = replace(seen.after(do), refusal=error.message)
        return Answer(refused, When.LATER, f'{told}; looking again')
    failed = _given_up(plan, seen, do, error)
    return Answer(failed.after(do), When.LOOK)


def _may_be_done(
    seen: Seen, do: Do, error: errors.TemporaryCloudError
) -> Seen:
    """Return what is seen where an act may have been done all the same."""
    is_unsure = do in _SERVICES and error.status != 409
    seen = replace(seen, bios=None, unsure=seen.unsure or is_unsure)
    if error.status == 500 and do in _ENOUGH:
        return replace(seen.after(do), refusal=error.message)
    return seen


def _is_other_by_now(do: Do, error: errors.CloudError) -> bool:
    """Return whether a look can show why an act was refused."""
    is_conflict = isinstance(error, errors.Conflict)
    return is_conflict or error.status in _LOOK_AGAIN.get(do, ())


def _given_up(
    plan: Plan, seen: Seen, do: Do, error: errors.CloudError
) -> Seen:
    """Return what is seen of a change that will not be made.

    :raises Refused: nothing was touched yet.
    :raises LeftBetween: it is too late for putting it back.
    """
    if gone := verdicts.gone(plan, seen, error):
        raise gone from error
    is_untouched = not plan.is_resumed and not seen.tried.keys() - _READS
    is_first = do in (Do.NOTE, Do.READ_BIOS, Do.FORGET) and is_untouched
    is_way_out = plan.aim is not Aim.SET and not seen.tried
    if is_first or is_way_out:
        raise errors.Refused(
            f'{plan.server}: {do.value} is refused; nothing was touched:',
            [error.message],
        ) from error
    reason = f'{do.value}: {error.message}'
    if do not in _BEGINNINGS or seen.failure:
        if seen.failure:
            reason = f'{seen.failure}; {reason}'
        raise verdicts.left_between(plan, seen, reason) from error
    return replace(seen, failure=reason)
