"""The model over HTTP: threads, latencies and real faults.

Owns the sockets. Never knows what is asked.
"""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from werkzeug import serving
from werkzeug.wrappers import Request, Response

from tests.model import faults, wsgi
from tests.model.app import Application
from tests.model.faults import Fault, How

# A client gives up long before; a thread that waits costs little.
_SILENCE_S = 3600.0


@dataclass(frozen=True)
class Latency:
    """How long an answer takes at least, in milliseconds."""

    read_ms: float = 0.0
    write_ms: float = 0.0

    def of(self, request: Request) -> float:
        """Return the seconds that a request has to wait."""
        is_read = request.method in ('GET', 'HEAD')
        return (self.read_ms if is_read else self.write_ms) / 1000


class Served:
    """An application that is reached over a network with its troubles."""

    def __init__(
        self,
        application: Application,
        troubles: faults.Faults,
        latency: Latency,
    ) -> None:
        self._application = application
        self._faults = troubles
        self._latency = latency
        self._ends = threading.Event()

    def end(self) -> None:
        """Let go of those who are kept waiting."""
        self._ends.set()

    def __call__(
        self, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        """Answer a request, or do as its fault says."""
        request = Request(environ)
        response = self._answer(request, environ)
        return response(environ, start_response)

    def _answer(self, request: Request, environ: dict[str, Any]) -> Response:
        if request.path.startswith('/model/'):
            return self._application.answer(request)
        time.sleep(self._latency.of(request))
        fault = self._faults.take(request)
        response = None
        if fault and fault.how is How.CELL:
            environ[wsgi.CELLS_ARE_DOWN] = True
            fault = None
        if fault is None or fault.is_handled:
            response = self._application.answer(request)
        self._faults.note(request, response)
        if fault is None and response is not None:
            return response
        assert fault is not None
        return self._spoil(fault, request, response, environ)

    def _spoil(
        self,
        fault: Fault,
        request: Request,
        response: Response | None,
        environ: dict[str, Any],
    ) -> Response:
        """Return what comes of a request that was hit."""
        if fault.how is How.ANSWER:
            return self._application.spoilt(request, fault.status)
        if fault.how is How.HTML:
            return self._application.page()
        if fault.how is How.HANG:
            self._ends.wait(_SILENCE_S)
        elif fault.how is How.KILL and fault.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(fault.pid, signal.SIGKILL)
        elif fault.how is How.CUT:
            return _cut(response)
        # Nothing of an answer gets through.
        with contextlib.suppress(OSError):
            environ['werkzeug.socket'].shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError


def _cut(response: Response | None) -> Response:
    """Return an answer that promises more than it has."""
    spoilt = response or Response('{}', mimetype='application/json')
    body = spoilt.get_data()
    spoilt.automatically_set_content_length = False
    spoilt.response = [body[: len(body) // 2]]
    spoilt.headers['Content-Length'] = str(len(body) + 1)
    spoilt.headers['Connection'] = 'close'
    return spoilt


class _Handler(serving.WSGIRequestHandler):
    """Says nothing, and sends small answers at once."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class Server:
    """The model on loopback, in threads of this process.

    :param port: 0 for any that is free.
    """

    def __init__(self, served: Served, port: int = 0) -> None:
        self._served = served
        self._http = serving.make_server(
            '127.0.0.1', port, served, threaded=True, request_handler=_Handler
        )
        self._thread = threading.Thread(
            target=self._http.serve_forever, name='model', daemon=True
        )

    @property
    def url(self) -> str:
        """Return where the model is."""
        return f'http://127.0.0.1:{self._http.port}'

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._served.end()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
