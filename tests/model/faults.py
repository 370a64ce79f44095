"""Faults on the way to the model and back, and a log of the requests.

Owns which request is hit and by what. Never changes the world: whether a
request is handled before its answer is lost is all that the fault decides.
"""

import enum
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from werkzeug.wrappers import Request, Response

_VERSION_HEADERS = (
    'X-OpenStack-Nova-API-Version',
    'X-OpenStack-Ironic-API-Version',
)
# Requests while a cell is down: some looks of one who waits for it.
_CELL_IS_DOWN = 4
_LOGIN = '/auth/tokens'


@enum.unique
class How(enum.Enum):
    """What becomes of a request.

    ``ANSWER`` is another answer without handling. The others are a connection
    that is reset, a body that is cut off, silence until the client gives up,
    a page of HTML that says that all is well, cells of Nova that are down,
    and the end of the client itself;
    ``is_handled`` says whether the request is carried out before.
    """

    ANSWER = 'answer'
    RESET = 'reset'
    CUT = 'cut'
    HANG = 'hang'
    HTML = 'html'
    CELL = 'cell'
    KILL = 'kill'


class Killed(BaseException):
    """The client's process is no more, as far as a test can have it."""


@dataclass(frozen=True)
class Fault:
    """What happens to a request.

    :param status: of the answer, for ``How.ANSWER``.
    :param error: what ends the client in process, for ``How.KILL``.
    :param pid: the client that is killed by a model that is a process.
    :param lasts: so many requests are hit, one after the other.
    """

    how: How = How.ANSWER
    status: int = 503
    is_handled: bool = False
    error: BaseException = field(default_factory=Killed)
    pid: int | None = None
    lasts: int = 1

    @classmethod
    def parse(cls, text: str, pid: int | None = None) -> 'Fault':
        """Return a fault from its words: ``503``, or ``reset after``."""
        word, _, when = text.partition(' ')
        if text == 'cell down':
            return cls(how=How.CELL, lasts=_CELL_IS_DOWN)
        if word.isdigit():
            return cls(status=int(word))
        return cls(how=How(word), is_handled=when == 'after', pid=pid)


@dataclass(frozen=True)
class Seen:
    """A request that was made.

    :param url: path and query.
    :param version: the microversion asked for, None for none.
    :param status: of the answer, None if there was none.
    """

    method: str
    url: str
    version: str | None
    status: int | None

    def __str__(self) -> str:
        return f'{self.method} {self.url}'

    @property
    def is_login(self) -> bool:
        """Return whether this is about login or discovery only."""
        return is_login(self.url)


class Faults:
    """What goes wrong from now on; nothing, until it is armed.

    ``requests`` has all that came since the last :meth:`forget`, and
    ``spoil`` makes the body of every answer, given its request. ``broken``
    has the paths that are answered with a status, as long as they are in it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[int, Fault] = {}
        self._counts_login = False
        self._count = 0
        self.requests: list[Seen] = []
        self.spoil: Callable[[Request, bytes], bytes] | None = None
        self.broken: dict[str, int] = {}

    def arm(
        self, nth: int, fault: Fault, *, counts_login: bool = False
    ) -> None:
        """Have the nth request from now on go wrong; the first is 1.

        :param counts_login: count login and discovery as well.
        """
        with self._lock:
            self._count = 0
            self._planned = dict.fromkeys(range(nth, nth + fault.lasts), fault)
            self._counts_login = counts_login

    def also(self, nth: int, fault: Fault) -> None:
        """Have a further one go wrong, counted since :meth:`arm`."""
        with self._lock:
            self._planned[nth] = fault

    def disarm(self) -> None:
        """Have nothing go wrong any more."""
        with self._lock:
            self._planned = {}

    def forget(self) -> None:
        """Begin the log anew."""
        with self._lock:
            self.requests = []

    def take(self, request: Request) -> Fault | None:
        """Count a request and return what becomes of it, None for nothing."""
        with self._lock:
            if is_login(request.path) and not self._counts_login:
                return None
            self._count += 1
            if status := self.broken.get(request.path):
                return Fault(status=status)
            return self._planned.pop(self._count, None)

    def note(self, request: Request, response: Response | None) -> None:
        """Take note of a request and of its answer."""
        query = request.query_string.decode()
        versions = map(request.headers.get, _VERSION_HEADERS)
        seen = Seen(
            method=request.method,
            url=request.path + (f'?{query}' if query else ''),
            version=next(filter(None, versions), None),
            status=response.status_code if response else None,
        )
        with self._lock:
            self.requests.append(seen)

    def calls(self) -> list[Seen]:
        """Return the requests without login and discovery."""
        with self._lock:
            return [seen for seen in self.requests if not seen.is_login]


def is_login(path: str) -> bool:
    """Return whether a path is of a login or of discovery."""
    return path.partition('?')[0].rstrip('/') in (
        '/identity',
        '/identity/v3',
        f'/identity/v3{_LOGIN}',
        '/compute',
        '/compute/v2.1',
        '/image',
        '/baremetal',
        '/baremetal/v1',
    )
