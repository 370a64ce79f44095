"""The way to the model without sockets, for all that uses ``requests``.

Owns how a request and its answer are carried over, and how a fault looks to
the client. Never knows what is asked.
"""

import contextlib
import io
from collections.abc import Iterator, Mapping
from typing import Any

import requests
import urllib3
from requests import adapters
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from tests.model import faults, wsgi
from tests.model.app import Application
from tests.model.faults import How

URL = 'http://model.example.com'


class Adapter(adapters.BaseAdapter):
    """Hands requests to an application, in the thread that makes them."""

    def __init__(
        self, application: Application, troubles: faults.Faults
    ) -> None:
        super().__init__()
        self._application = application
        self._faults = troubles
        self._http = adapters.HTTPAdapter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return the answer to a request.

        :raises requests.RequestException: the request was hit by a fault.
        """
        asked = _incoming(request)
        fault = self._faults.take(asked)
        if fault is None:
            return self._handle(request, asked)
        if fault.how is How.CELL:
            asked.environ[wsgi.CELLS_ARE_DOWN] = True
            return self._handle(request, asked)
        if fault.is_handled:
            self._handle(request, asked)
        else:
            self._faults.note(asked, None)
        if fault.how is How.ANSWER:
            spoilt = self._application.spoilt(asked, fault.status)
            return self._outgoing(request, spoilt)
        if fault.how is How.HTML:
            return self._outgoing(request, self._application.page())
        if fault.how is How.KILL:
            raise fault.error
        raise _error(fault.how, request)

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _handle(
        self, request: requests.PreparedRequest, asked: Request
    ) -> requests.Response:
        response = self._application.answer(asked)
        self._faults.note(asked, response)
        body = response.get_data()
        if body and self._faults.spoil:
            response.set_data(self._faults.spoil(asked, body))
        return self._outgoing(request, response)

    def _outgoing(
        self, request: requests.PreparedRequest, response: Response
    ) -> requests.Response:
        body = response.get_data()
        response.headers['Content-Length'] = str(len(body))
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(body),
            headers=dict(response.headers.items()),
            status=response.status_code,
            reason=response.status.partition(' ')[2],
            preload_content=False,
            request_method=request.method,
        )
        return self._http.build_response(request, raw)


def _incoming(request: requests.PreparedRequest) -> Request:
    body = request.body or b''
    path, _, query = (request.path_url or '/').partition('?')
    builder = EnvironBuilder(
        path=path,
        base_url=URL,
        query_string=query,
        method=request.method or 'GET',
        headers=list((request.headers or {}).items()),
        data=body.encode() if isinstance(body, str) else body,
    )
    return builder.get_request()


def _error(how: How, request: requests.PreparedRequest) -> Exception:
    match how:
        case How.HANG:
            return requests.ReadTimeout('Read timed out.', request=request)
        case How.CUT:
            return requests.exceptions.ChunkedEncodingError(
                'Connection broken: IncompleteRead', request=request
            )
    return requests.ConnectionError(
        'Connection reset by peer', request=request
    )


@contextlib.contextmanager
def mounted(adapter: Adapter) -> Iterator[None]:
    """Have every session of ``requests`` reach the model at its address."""
    before = requests.Session.get_adapter

    def get_adapter(
        session: requests.Session, url: str
    ) -> adapters.BaseAdapter:
        if url.startswith(URL):
            return adapter
        return before(session, url)

    setattr(requests.Session, 'get_adapter', get_adapter)  # noqa: B010
    try:
        yield
    finally:
        setattr(requests.Session, 'get_adapter', before)  # noqa: B010
