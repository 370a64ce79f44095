"""One command at a time on one folder.

Owns nothing on disk: the lock is on the folder itself and vanishes with the
process, however that ends.
"""

import collections.abc
import contextlib
import fcntl
import os
import pathlib
import threading

from tests.devcloud import errors


@contextlib.contextmanager
def hold(
    folder: pathlib.Path,
    cancel: threading.Event,
    wait: collections.abc.Callable[[], None] | None = None,
) -> collections.abc.Iterator[None]:
    """Hold the folder's lock; make the folder if it is not there.

    :param wait: called once if somebody holds it, who is then waited for;
        None does not wait.
    :raises Busy: somebody holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not _try(handle):
            if wait is None:
                raise errors.Busy(
                    f'another command works on {folder}; try again when it '
                    'is done'
                )
            wait()
            while not _try(handle):
                if cancel.wait(0.2):
                    raise errors.Cancelled('stopped')
        yield
    finally:
        os.close(handle)


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
