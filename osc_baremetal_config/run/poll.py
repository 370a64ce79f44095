"""The one loop that waits.

Owns when the cloud is looked at again. What a look means is for its caller,
and nothing else in the package sleeps.
"""

from collections.abc import Callable
from typing import TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.run.protocols import Clock

T = TypeVar('T')

# A one-second service should not take two; a twenty-minute one should not
# cost a thousand requests. So the next look is a twentieth of the time away
# that has passed, within these.
_SHORTEST_S = 0.25
_LONGEST_S = 10.0
_SHARE = 0.05
# A look at many may take long itself; so much longer is it waited.
_TIMES_TAKEN = 2
# Where it is known that nothing is another at once.
LATER_S = 1.0
# A blip of an API is no news; this many in a row are.
_BLIPS = 3


class Pace:
    """When many are looked at next, by one look for all of them.

    The waits grow as those of :func:`poll` while nothing happens, and begin
    anew when something does. None is shorter than twice what the last look
    took, so that a slow cloud is not kept busy by being looked at.

    :param on_blip: told of the third temporary error in a row.
    """

    def __init__(
        self,
        clock: Clock,
        on_blip: Callable[[errors.TemporaryCloudError], None],
    ) -> None:
        self._clock = clock
        self._on_blip = on_blip
        self._blips = 0
        self._took_s = 0.0
        self._happened = clock.now()
        self._due = self._happened + _SHORTEST_S

    @property
    def due_in_s(self) -> float:
        """Return the seconds until the next look, none if it is due."""
        return max(0.0, self._due - self._clock.now())

    def wait(self) -> None:
        """Return when the next look is due."""
        self._clock.sleep(self.due_in_s)

    def happened(self) -> None:
        """Take note that something has happened, so more may soon."""
        self._happened = self._clock.now()
        self._due = min(self._due, self._next)

    def looked(self, took_s: float) -> None:
        """Take note of a look that took so many seconds."""
        self._blips = 0
        self._took_s = took_s
        self._due = self._next

    def failed(self, error: errors.TemporaryCloudError, took_s: float) -> None:
        """Take note of a look that failed for the moment."""
        self._blips += 1
        if self._blips == _BLIPS:
            self._on_blip(error)
        self._took_s = took_s
        self._due = self._next

    @property
    def _next(self) -> float:
        """Return when the next look is due if the last one was just now."""
        now = self._clock.now()
        wait_s = _interval_s(now - self._happened)
        return now + max(wait_s, _TIMES_TAKEN * self._took_s)


def _interval_s(passed_s: float) -> float:
    """Return the seconds until the next look, by those that have passed."""
    return min(max(passed_s * _SHARE, _SHORTEST_S), _LONGEST_S)


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
) -> T:
    """Return the first thing seen that is not pending.

    :param look: looks at the cloud once; a ``TemporaryCloudError`` from it
        counts as pending.
    :param is_pending: whether what was seen has to be looked at again.
    :param deadline: on ``clock``, in its seconds.
    :param on_blip: told of the third temporary error in a row.
    :param wait_first: wait once before the first look.
    :raises TimeIsUp: at the deadline.
    """
    began, blips = clock.now(), 0
    blip: errors.TemporaryCloudError | None = None
    if wait_first:
        clock.sleep(LATER_S)
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
        now = clock.now()
        if now >= deadline:
            raise TimeIsUp(blip)
        clock.sleep(min(_interval_s(now - began), deadline - now))


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
