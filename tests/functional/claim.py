"""Which of several clouds a process of tests has for itself.

Owns the claim, a lock of the kernel's, which ends with the process. Never
starts a cloud.
"""

import fcntl
import os
from typing import TextIO

# The folders of the clouds, as DEVCLOUD_STATE is of one.
VARIABLE = 'DEVCLOUD_STATES'


def take() -> TextIO | None:
    """Return the lock on a cloud, which DEVCLOUD_STATE names from now on.

    :returns: None where there is one cloud only, which needs no claim.
    :raises RuntimeError: all are taken.
    """
    states = os.environ.get(VARIABLE)
    if states is None:
        return None
    for state in states.split(os.pathsep):
        lock = open(f'{state}/claim', 'w')  # noqa: PTH123, SIM115
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            os.environ['DEVCLOUD_STATE'] = state
            return lock
    raise RuntimeError(f'each of {states} is taken by a process of tests')
