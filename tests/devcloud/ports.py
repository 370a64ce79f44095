"""Free TCP ports on loopback, for all services of a cloud at once.

Owns the choice.  Must never write a file: the state keeps what was chosen.
Ports come in blocks below the range that the kernel hands to outgoing
connections, so that no client of anything takes one while a cloud is down.
"""

import collections.abc
import contextlib
import random
import socket

LOOPBACK = '127.0.0.1'
FIRST, LAST, BLOCK = 20000, 32000, 16


def is_free(port: int) -> bool:
    """Say whether a service could listen on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def taken(ports: collections.abc.Mapping[str, int]) -> dict[str, int]:
    """Return those of the ports that somebody listens on."""
    return {name: port for name, port in ports.items() if not is_free(port)}


@contextlib.contextmanager
def reserve(
    names: collections.abc.Sequence[str],
    is_free: collections.abc.Callable[[int], bool] = is_free,
) -> collections.abc.Iterator[dict[str, int]]:
    """Choose a free port for each name, out of one block.

    While the context is open, no other ``reserve`` on this machine chooses
    the same block; what guards it vanishes with the process.

    :param names: at most BLOCK of them.
    :param is_free: for tests.
    :raises OSError: no block is free.
    """
    if len(names) > BLOCK:
        raise ValueError(f'{len(names)} ports do not fit into {BLOCK}')
    starts = list(range(FIRST, LAST, BLOCK))
    random.shuffle(starts)
    for start in starts:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as guard:
            try:
                # An abstract name: there is no file to leave behind.
                guard.bind(f'\0devcloud-ports-{start}')
            except OSError:
                continue
            chosen = dict(zip(names, range(start, LAST + BLOCK), strict=False))
            if all(is_free(port) for port in chosen.values()):
                yield chosen
                return
    raise OSError('no block of free ports on loopback')
