"""Letting a call finish before Ctrl-C takes effect, and a change its end.

Owns the handling of the first interrupt during a call. A second one is not
held back. Outside a shield an interrupt is what Python makes of it. Owns also
that a change survives the terminal that it was begun on.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


class Hurried(KeyboardInterrupt):
    """The second interrupt: not even the call in flight is waited for."""


@contextlib.contextmanager
def shielded(on_interrupt: Callable[[], None]) -> Iterator[None]:
    """Hold the first interrupt back until the end of the block.

    :param on_interrupt: told at once that there was one.
    :raises KeyboardInterrupt: at the end, if there was one.
    :raises Hurried: at once, for the second.
    """
    if threading.current_thread() is not threading.main_thread():
        # Python interrupts the main thread only.
        yield
        return
    came = threading.Event()

    def note(signum: int, frame: FrameType | None) -> None:
        if came.is_set():
            raise Hurried
        came.set()
        on_interrupt()

    before: Any = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came.is_set():
        raise KeyboardInterrupt


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
    """Go on in the block although the terminal is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Any = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
