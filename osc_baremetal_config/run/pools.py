"""Threads for calls that are made at the same time.

Owns what becomes of the calls that wait for a thread when it all ends early.
"""

import contextlib
from collections.abc import Iterator
from concurrent import futures


@contextlib.contextmanager
def pool(threads: int) -> Iterator[futures.ThreadPoolExecutor]:
    """Give a pool of threads until the end of the block.

    If the block ends by an exception, Ctrl-C among them, what only waits for
    a thread is dropped; what is under way ends in any case.
    """
    with futures.ThreadPoolExecutor(threads) as found:
        try:
            yield found
        except BaseException:
            found.shutdown(cancel_futures=True)
            raise
