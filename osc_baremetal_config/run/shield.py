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
