"""The model as one WSGI application.

Owns which service a request goes to, and that only one at a time looks at
the world. Never knows what they do.
"""

from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.model import wsgi
from tests.model.baremetal import BareMetal
from tests.model.compute import Compute
from tests.model.identity import Identity
from tests.model.image import Images
from tests.model.world import World


class Application:
    """All services of a world, each under its name."""

    def __init__(self, world: World) -> None:
        self.world = world
        services = (
            Identity(world),
            Compute(world),
            Images(world),
            BareMetal(world),
        )
        self._services = {service.name: service for service in services}

    def __call__(
        self, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        """Answer a request, once all that is due by now has happened."""
        response = self.answer(Request(environ))
        return response(environ, start_response)

    def answer(self, request: Request) -> Response:
        """Return what the service that is addressed answers."""
        name = request.path.strip('/').partition('/')[0]
        service = self._services.get(name)
        if service is None:
            return wsgi.respond((404, {'error': f'no service {name!r}'}))
        with self.world.clock.lock:
            self.world.clock.catch_up()
            return service.answer(request)
