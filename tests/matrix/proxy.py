"""A way to a real cloud on which a request can be caught.

Owns the counting of one client's requests, what is done at one of them, and
what is made of the answers.
Knows no service: what a service says of its own address is rewritten, so
that all that the client does comes this way.
"""

import http.client
import http.server
import threading
from collections.abc import Callable, Mapping
from email import message
from types import TracebackType
from typing import Any
from urllib import parse

_LIMIT_S = 120
# What concerns one connection only, or is no longer so for the rewritten
# body.
_DROPPED = frozenset(
    {
        'accept-encoding',
        'connection',
        'content-length',
        'date',
        'host',
        'keep-alive',
        'server',
        'transfer-encoding',
    }
)


class Proxy:
    """Stands before services, each on a port of its own on loopback.

    ``spoil`` is given every request and the body of its answer, and returns
    status and body of another answer, or None to let it be.

    :param upstream: the address of each service, by its name.
    """

    def __init__(self, upstream: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._nth = 0
        self._is_after = False
        self._act: Callable[[], None] | None = None
        self.requests: list[str] = []
        self.spoil: Callable[[str, bytes], tuple[int, bytes] | None] | None
        self.spoil = None
        self._fronts = {
            name: _Front(self, name, url) for name, url in upstream.items()
        }
        self._renamed = [
            (url.encode(), self.url(name).encode())
            for name, url in upstream.items()
        ]

    def __enter__(self) -> 'Proxy':
        for front in self._fronts.values():
            threading.Thread(
                target=front.serve_forever, args=(0.01,), daemon=True
            ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for front in self._fronts.values():
            front.shutdown()
            front.server_close()

    def url(self, name: str) -> str:
        """Return where a service is reached through the proxy."""
        return f'http://127.0.0.1:{self._fronts[name].server_port}'

    def arm(self, nth: int, act: Callable[[], None], *, after: bool) -> None:
        """Count from 1 again, and catch the nth request; 0 catches none.

        :param act: made once, when the request is there. Neither it nor its
            answer is passed on.
        :param after: let the service answer first.
        """
        with self._lock:
            self._nth, self._act, self._is_after = nth, act, after
            self.requests = []

    def counts(self, request: str) -> bool:
        """Count a request and return whether it is the one to be caught."""
        with self._lock:
            self.requests.append(request)
            return len(self.requests) == self._nth

    def catches(self, *, after: bool) -> bool:
        """Act on the caught request if it is time; return whether it was."""
        act = self._act
        if act is None or self._is_after != after:
            return False
        act()
        return True

    def rewritten(self, text: bytes) -> bytes:
        """Return what a service says, with the addresses of the proxy."""
        for true, ours in self._renamed:
            text = text.replace(true, ours)
        return text


class _Front(http.server.ThreadingHTTPServer):
    """One service's port."""

    daemon_threads = True

    def __init__(self, proxy: Proxy, name: str, upstream: str) -> None:
        super().__init__(('127.0.0.1', 0), _Handler)
        self.proxy = proxy
        self.name = name
        self.upstream = parse.urlsplit(upstream).netloc

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who is killed leaves connections behind."""


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    def _pass_on(self) -> None:
        front = self.server
        assert isinstance(front, _Front)
        length = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(length)
        path = self.path.partition('?')[0]
        request = f'{self.command} {front.name} {path}'
        is_caught = front.proxy.counts(request)
        if is_caught and front.proxy.catches(after=False):
            self.close_connection = True
            return
        self._answer(front, request, body, is_caught=is_caught)

    def _answer(
        self, front: _Front, request: str, body: bytes, *, is_caught: bool
    ) -> None:
        connection = http.client.HTTPConnection(
            front.upstream, timeout=_LIMIT_S
        )
        try:
            connection.request(
                self.command, self.path, body or None, _kept(self.headers)
            )
            answer = connection.getresponse()
            said = front.proxy.rewritten(answer.read())
        finally:
            connection.close()
        if is_caught and front.proxy.catches(after=True):
            self.close_connection = True
            return
        status = answer.status
        if front.proxy.spoil and (spoilt := front.proxy.spoil(request, said)):
            status, said = spoilt
        self.send_response_only(status)
        for name, value in _kept(answer.headers).items():
            told = front.proxy.rewritten(value.encode()).decode()
            self.send_header(name, told)
        self.send_header('Content-Length', str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _pass_on

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _kept(headers: message.Message) -> dict[str, str]:
    """Return the headers that are passed on."""
    return {
        name: value
        for name, value in headers.items()
        if name.lower() not in _DROPPED
    }
