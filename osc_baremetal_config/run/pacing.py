"""How long is waited until the cloud is asked again.

Owns every wait: nothing else in the package sleeps. What an answer means is
for its caller.
"""

from collections.abc import Callable
from typing import TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.run.protocols import Clock

T = TypeVar('T')
# Told of the third temporary error in a row.
OnBlip = Callable[[errors.TemporaryCloudError], None]

# A one-second service should not take two; a twenty-minute one should not
# cost a thousand requests. So the next look is a tenth of the time away that
# has passed, within these.
_SHORTEST_S = 0.25
_LONGEST_S = 10.0
_SHARE = 0.1
# A look at many may take long itself; so much longer is it waited.
_TIMES_TAKEN = 4
# Where nothing can be different at once.
LATER_S = 1.0
# One failed call is no news; this many in a row are.
_BLIPS = 3


class Pace:
    """When the cloud is looked at next.

    The waits grow while nothing happens and start anew when something does.
    None is shorter than four times what the last look took, so that a slow
    cloud is not kept busy by being looked at.
    """

    def __init__(self, clock: Clock, on_blip: OnBlip) -> None:
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

    def wait(self, until: float) -> None:
        """Return when the next look is due.

        :param until: when it is at the latest, on the clock.
        """
        left_s = max(0.0, until - self._clock.now())
        self._clock.sleep(min(self.due_in_s, left_s))

    def happened(self) -> None:
        """Record that something has happened, so more may soon."""
        self._happened = self._clock.now()
        self._due = min(self._due, self._next)

    def looked(self, took_s: float) -> None:
        """Record a look that took so many seconds."""
        self._blips = 0
        self._took_s = took_s
        self._due = self._next

    def failed(self, error: errors.TemporaryCloudError, took_s: float) -> None:
        """Record a look that failed temporarily."""
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


def retried(
    call: Callable[[], T], *, clock: Clock, limit_s: float, on_blip: OnBlip
) -> T:
    """Return what a call returns, made again while it fails temporarily.

    :param limit_s: seconds after which it is given up.
    :raises CloudError: what the call failed with at last.
    """
    started, blips = clock.now(), 0
    # Rounding could leave a sum of seconds short of the limit for ever; a
    # point in time is reached.
    until = started + limit_s
    while True:
        try:
            return call()
        except errors.TemporaryCloudError as error:
            blips += 1
            if blips == _BLIPS:
                on_blip(error)
            now = clock.now()
            if now >= until:
                raise
            clock.sleep(min(_interval_s(now - started), until - now))


def _interval_s(passed_s: float) -> float:
    """Return the seconds until the next call, by those that have passed."""
    return min(max(passed_s * _SHARE, _SHORTEST_S), _LONGEST_S)
