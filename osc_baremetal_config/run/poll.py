"""The one loop that waits.

Owns when the cloud is looked at again. What a look means is for its caller,
and nothing else in the package sleeps.
"""

from collections.abc import Callable
from typing import TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.run.protocols import Clock

T = TypeVar('T')

# A one-second service should not take ten; a twenty-minute one should not
# cost a thousand requests.
_FIRST_S = 1.0
LONGEST_S = 10.0
_GROWTH = 1.3
# A blip of an API is no news; this many in a row are.
_BLIPS = 3


class TimeIsUp(Exception):
    """The deadline passed before there was an answer.

    :param error: what the last look failed with, None if it did not.
    """

    def __init__(self, error: errors.TemporaryCloudError | None) -> None:
        super().__init__()
        self.error = error


def poll(
    look: Callable[[], T],
    is_pending: Callable[[T], bool],
    *,
    clock: Clock,
    deadline: float,
    on_blip: Callable[[errors.TemporaryCloudError], None],
    wait_first: bool = False,
    longest_s: float = LONGEST_S,
) -> T:
    """Return the first thing seen that is not pending.

    :param look: looks at the cloud once; a ``TemporaryCloudError`` from it
        counts as pending.
    :param is_pending: whether what was seen has to be looked at again.
    :param deadline: on ``clock``, in its seconds.
    :param on_blip: told of the third temporary error in a row.
    :param wait_first: wait once before the first look.
    :param longest_s: between two looks, to which the waits grow.
    :raises TimeIsUp: at the deadline.
    """
    interval, blips = _FIRST_S, 0
    blip: errors.TemporaryCloudError | None = None
    if wait_first:
        clock.sleep(interval)
        if clock.now() >= deadline:
            raise TimeIsUp(blip)
    while True:
        try:
            seen = look()
        except errors.TemporaryCloudError as error:
            blip, blips = error, blips + 1
            if blips == _BLIPS:
                on_blip(error)
        else:
            blip, blips = None, 0
            if not is_pending(seen):
                return seen
        left = deadline - clock.now()
        if left <= 0:
            raise TimeIsUp(blip)
        clock.sleep(min(interval, left))
        interval = min(interval * _GROWTH, longest_s)


def patiently(
    call: Callable[[], T],
    *,
    clock: Clock,
    limit_s: float,
    on_blip: Callable[[errors.TemporaryCloudError], None],
) -> T:
    """Return what a call returns, made again while it fails for the moment.

    :param limit_s: seconds after which it is given up.
    :param on_blip: told of the third temporary error in a row.
    :raises CloudError: what the call failed with at last.
    """
    try:
        return poll(
            call,
            lambda nothing: False,
            clock=clock,
            deadline=clock.now() + limit_s,
            on_blip=on_blip,
        )
    except TimeIsUp as late:
        if late.error is None:
            raise
        raise late.error from late.error.__cause__
