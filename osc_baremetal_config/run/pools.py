"""Threads for calls that are made at the same time.

Owns what becomes of the calls that wait for a thread when it all ends early.
"""

import contextlib
from collections.abc import Iterator
from concurrent import futures


class Pool(futures.ThreadPoolExecutor):
    """Threads that can be left to themselves."""

    _is_dropped = False

    def drop(self) -> None:
        """Wait for no call any more, not even at the end of the block."""
        self._is_dropped = True
        self.shutdown(wait=False, cancel_futures=True)

    def __exit__(self, *error: object) -> None:
        """End, once the calls have ended."""
        self.shutdown(wait=not self._is_dropped)


@contextlib.contextmanager
def pool(threads: int) -> Iterator[Pool]:
    """Give a pool of threads until the end of the block.

    If the block ends by an exception, Ctrl-C among them, what only waits for
    a thread is dropped; what is under way ends in any case.
    """
    with Pool(threads) as found:
        try:
            yield found
        except BaseException:
            found.shutdown(cancel_futures=True)
            raise
