"""The real time."""

import datetime
import time


class SystemClock:
    """The machine's clock. Only :mod:`.pacing` may have it sleep."""

    def now(self) -> float:
        """Return seconds from some fixed point; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        time.sleep(seconds)

    def utc(self) -> datetime.datetime:
        """Return the date and time."""
        return datetime.datetime.now(datetime.UTC)
