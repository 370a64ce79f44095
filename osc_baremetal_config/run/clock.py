"""The real time."""

import datetime
import threading
import time

from osc_baremetal_config.run.protocols import Clock


class SystemClock:
    """The machine's clock. Only :mod:`.poll` may have it sleep."""

    def now(self) -> float:
        """Return seconds from some fixed point; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        time.sleep(seconds)

    def utc(self) -> datetime.datetime:
        """Return the date and time."""
        return datetime.datetime.now(datetime.UTC)


class Stopped(BaseException):
    """The person has interrupted; a run ends at its next wait."""


class Stoppable:
    """A clock whose waits end once the person has interrupted."""

    def __init__(self, clock: Clock, stop: threading.Event) -> None:
        self._clock = clock
        self._stop = stop

    def now(self) -> float:
        """Return seconds from some fixed point; never goes back."""
        return self._clock.now()

    def utc(self) -> datetime.datetime:
        """Return the date and time."""
        return self._clock.utc()

    def sleep(self, seconds: float) -> None:
        """Return that many seconds later.

        :raises Stopped: the person has interrupted.
        """
        if not self._stop.is_set():
            self._clock.sleep(seconds)
        if self._stop.is_set():
            raise Stopped
