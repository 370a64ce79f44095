"""Ctrl-C and a closed terminal while a change is under way.

Owns what becomes of the signals. The calls of a change are made in threads,
so the first Ctrl-C takes effect at once in the main thread, which waits for
the calls in flight; the second ends that wait.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any


class _Later:
    """Takes note of an interrupt, and does nothing about it."""

    def __init__(self) -> None:
        self.came = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Take note of it."""
        self.came = True


def postpone() -> None:
    """Have no interrupt come between an interrupt and its result."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _Later())


def heed() -> bool:
    """Have an interrupt be what Python makes of it.

    :returns: whether one has come while they were postponed.
    """
    if threading.current_thread() is not threading.main_thread():
        return False
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    return isinstance(before, _Later) and before.came


@contextlib.contextmanager
def without_hangup() -> Iterator[None]:
    """Keep running in the block when the terminal is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Any = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
