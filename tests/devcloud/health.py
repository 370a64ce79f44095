"""Wait until something answers.

Owns all waiting for services.  Must never start or stop one.
"""

import collections.abc
import http.client
import pathlib
import socket
import threading
import time

from tests.devcloud import errors

POLL_S = 0.1


def wait(
    name: str,
    answers: collections.abc.Callable[[], bool],
    cancel: threading.Event,
    limit_s: float = 120,
    poll_s: float = POLL_S,
) -> None:
    """Ask until the answer is yes.

    :param name: for the message.
    :raises TimedOut: it was not within the limit.
    :raises Cancelled: ``cancel`` was set meanwhile.
    """
    end = time.monotonic() + limit_s
    while not answers():
        if time.monotonic() > end:
            raise errors.TimedOut(f'{name}: not within {limit_s:.0f} s')
        if cancel.wait(poll_s):
            raise errors.Cancelled('stopped')


def http_answers(port: int, path: str = '/') -> bool:
    """Say whether an API answers, be it with "log in first"."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
    try:
        connection.request('GET', path)
        return connection.getresponse().status in (200, 300, 401)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def port_open(port: int) -> bool:
    """Say whether somebody listens."""
    try:
        with socket.create_connection(('127.0.0.1', port), timeout=5):
            return True
    except OSError:
        return False


def file_says(path: pathlib.Path, text: str, offset: int) -> bool:
    """Say whether a text stands in a file, after so many bytes."""
    try:
        with path.open('rb') as file:
            file.seek(offset)
            return text.encode() in file.read()
    except OSError:
        return False


def port_greets(port: int) -> bool:
    """Say whether the server speaks first, as MariaDB does once it is up."""
    try:
        with socket.create_connection(('127.0.0.1', port), timeout=5) as peer:
            return bool(peer.recv(1))
    except OSError:
        return False
