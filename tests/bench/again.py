"""Looking at something again and again, beside what is measured."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent import futures


@contextlib.contextmanager
def again(look: Callable[[], None], every_s: float) -> Iterator[None]:
    """Have a thread look every so many seconds until the end of the block.

    What a look raises is raised then: a figure that misses some of them is
    none.
    """
    ends = threading.Event()

    def go_on() -> None:
        while not ends.wait(every_s):
            look()

    with futures.ThreadPoolExecutor(1) as pool:
        looking = pool.submit(go_on)
        try:
            yield
        finally:
            ends.set()
        looking.result()
