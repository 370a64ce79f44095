"""Short lines that say what is going on, with the seconds so far.

Owns the clock and the stream.  Must never print a secret: callers pass
names and addresses only.
"""

import sys
import threading
import time
import typing


class Progress:
    """Lines such as ``[devcloud  12s] keystone answers``, from any thread.

    :param stream: where they go; None is standard error.
    """

    def __init__(self, stream: typing.TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._start = time.monotonic()

    def elapsed_s(self) -> float:
        """Return the seconds since this object was made."""
        return time.monotonic() - self._start

    def say(self, text: str) -> None:
        """Print one line."""
        with self._lock:
            print(
                f'[devcloud {self.elapsed_s():3.0f}s] {text}',
                file=self._stream,
                flush=True,
            )
