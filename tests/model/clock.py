"""The model's time, and what is to happen at some point of it.

Owns the order of events. Never knows what they do, and never starts a thread:
what is due happens when the clock is turned or a request comes in.
"""

import datetime
import heapq
import itertools
import threading
import time
from collections.abc import Callable

Event = Callable[[], None]


class Clock:
    """Time that passes only by being slept.

    It begins with the machine's date: clients compare that with the end of a
    token, and log in anew for every request with one that is of the past.

    Fulfils :class:`osc_baremetal_config.run.protocols.Clock`. Whoever looks
    at the world or changes it holds ``lock``.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.slept: list[float] = []
        self._start = datetime.datetime.now(datetime.UTC)
        self._turned = 0.0
        self._at: float | None = None
        self._events: list[tuple[float, int, Event]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """Return seconds since the model began; during an event, its time."""
        return self._elapsed() if self._at is None else self._at

    def utc(self) -> datetime.datetime:
        """Return the date and time."""
        return self._start + datetime.timedelta(seconds=self.now())

    def sleep(self, seconds: float) -> None:
        """Return that many seconds later, with all done that was due."""
        with self.lock:
            self.slept.append(seconds)
            end = self._turned + seconds
            self._run(end)
            self._turned = end

    def after(self, seconds: float, event: Event) -> None:
        """Have something happen that many seconds from now."""
        entry = (self.now() + seconds, next(self._order), event)
        heapq.heappush(self._events, entry)

    def catch_up(self) -> None:
        """Do all that is due by now."""
        with self.lock:
            self._run(self._elapsed())

    def _elapsed(self) -> float:
        return self._turned

    def _run(self, end: float) -> None:
        while self._events and self._events[0][0] <= end:
            self._at, _, event = heapq.heappop(self._events)
            try:
                event()
            finally:
                self._at = None


class RealClock(Clock):
    """The machine's time, for the model as a process of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return that many seconds later, with all done that was due."""
        time.sleep(seconds)
        self.catch_up()

    def _elapsed(self) -> float:
        return time.monotonic() - self._began
