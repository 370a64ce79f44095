"""What the four services share: routes, request ids, tokens, refusals.

Owns the way of a request through a service. Never knows what a service does.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from werkzeug import exceptions, routing
from werkzeug.wrappers import Request, Response

from tests.model.records import Server, Token

if TYPE_CHECKING:
    from tests.model.world import World

F = TypeVar('F', bound=Callable[..., Any])
Version = tuple[int, int]
Headers = dict[str, str]
# In the environment of a request: all cells are down while it is answered.
CELLS_ARE_DOWN = 'model.cells-are-down'
UNAUTHORIZED = 'The request you have made requires authentication.'


class Refusal(Exception):
    """An answer that is an error, in the words of the real service."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Locked(Refusal):
    """What one is answered who has waited for a node that stays locked."""


@dataclass
class Call:
    """One request to one service.

    :param base: the service's own address, as the client wrote it.
    :param version: the microversion that it is answered in.
    """

    request: Request
    base: str
    request_id: str
    version: Version = (0, 0)
    token_or_none: Token | None = None

    @property
    def token(self) -> Token:
        """Return the token of one who has authenticated."""
        self.authenticate()
        assert self.token_or_none is not None
        return self.token_or_none

    def is_down(self, server: Server) -> bool:
        """Return whether the cell of a server does not answer now."""
        return server.cell_is_down or CELLS_ARE_DOWN in self.request.environ

    def authenticate(self) -> None:
        """Return if this is of somebody, whoever it is.

        :raises Refusal: it is not.
        """
        if self.token_or_none is None:
            raise Refusal(401, UNAUTHORIZED)

    @property
    def query(self) -> Mapping[str, str]:
        """Return what is asked for after the question mark."""
        return self.request.args

    def body(self) -> Any:
        """Return the document that was sent, an empty one for none."""
        try:
            return json.loads(self.request.get_data() or b'{}')
        except ValueError:
            raise Refusal(400, 'Malformed request body') from None

    def url(self, path: str) -> str:
        """Return an address of this service."""
        return f'{self.base}{path}'


def route(rule: str, *methods: str) -> Callable[[F], F]:
    """Have a method of a service answer requests."""

    def mark(function: F) -> F:
        rules = [*getattr(function, 'rules', []), (rule, methods or ('GET',))]
        function.rules = rules  # type: ignore[attr-defined]
        return function

    return mark


class Service:
    """A service; its methods that are marked with :func:`route` answer.

    Such a method takes the call and the parts of the path, and returns a
    document, or (status, document), or (status, document, headers).
    """

    name = ''

    def __init__(self, world: World) -> None:
        self.world = world
        self._map = _routes(type(self))  # type: ignore[arg-type]

    def answer(self, request: Request, *, is_patient: bool) -> Response:
        """Return what the service answers.

        :raises Locked: the client waits, so that it can be tried again.
        """
        call = self._call(request)
        try:
            self.prepare(call)
            response = self._dispatch(call)
        except Refusal as refusal:
            if is_patient and isinstance(refusal, Locked):
                raise
            response = self.refuse(call, refusal)
        return self._with_headers(call, response)

    def spoilt(self, request: Request, status: int) -> Response:
        """Return an error for a request that nobody has looked at."""
        call = self._call(request)
        call.version = (1, 1)
        response = self.refuse(call, Refusal(status, 'as a test has told'))
        return self._with_headers(call, response)

    @property
    def tells_request(self) -> bool:
        """Return whether answers have their request's ID as usual."""
        return True

    def _call(self, request: Request) -> Call:
        base = f'{request.host_url.rstrip("/")}/{self.name}'
        return Call(request, base, f'req-{self.world.new_id()}')

    def _with_headers(self, call: Call, response: Response) -> Response:
        if self.tells_request:
            response.headers['x-openstack-request-id'] = call.request_id
        for key, value in self.headers(call).items():
            response.headers[key] = value
        return response

    def prepare(self, call: Call) -> None:
        """Take note of the token; a service may do more.

        :raises Refusal: the request is no good, wherever it goes.
        """
        call.token_or_none = self.authenticated(
            call.request.headers.get('X-Auth-Token')
        )

    def authenticated(self, token_id: str | None) -> Token | None:
        """Return a token that is good, None for any other."""
        token = self.world.tokens.get(token_id or '')
        if token is None or token.is_revoked:
            return None
        return token if self.world.clock.now() < token.expires else None

    def headers(self, call: Call) -> Headers:
        """Return headers of every answer of this service."""
        return {}

    def refuse(self, call: Call, refusal: Refusal) -> Response:
        """Return an error as this service words it."""
        raise NotImplementedError

    def _dispatch(self, call: Call) -> Response:
        path = call.request.path.removeprefix(f'/{self.name}')
        adapter = self._map.bind('')
        try:
            endpoint, parts = adapter.match(
                path.rstrip('/') or '/', method=call.request.method
            )
        except exceptions.MethodNotAllowed:
            raise Refusal(405, 'Method Not Allowed') from None
        except exceptions.NotFound:
            raise Refusal(404, 'The resource could not be found.') from None
        return respond(getattr(self, endpoint)(call, **parts))


def respond(answer: Any) -> Response:
    """Return a document, or (status, document, headers), as a response."""
    status, document = 200, answer
    headers: Headers = {}
    if isinstance(answer, tuple):
        status, document, *rest = answer
        headers = rest[0] if rest else {}
    response = Response(status=status)
    response.headers.pop('Content-Type')
    if document is not None:
        response.data = json.dumps(document)
        response.headers['Content-Type'] = 'application/json'
    for key, value in headers.items():
        response.headers[key] = value
    return response


def parse_version(text: str) -> Version:
    """Return a microversion as numbers."""
    major, _, minor = text.partition('.')
    return int(major), int(minor)


@functools.cache
def _routes(service: type[Service]) -> routing.Map:
    """Return where a service's methods answer, compiled once."""
    rules = [
        routing.Rule(rule, methods=methods, endpoint=name)
        for name in dir(service)
        for rule, methods in getattr(getattr(service, name), 'rules', ())
    ]
    return routing.Map(rules, merge_slashes=False)
