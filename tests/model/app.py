"""The model as one WSGI application.

Owns which service a request goes to, and that only one at a time looks at
the world. Never knows what they do.
"""

import contextlib
from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.model import wsgi
from tests.model.baremetal import BareMetal
from tests.model.compute import Compute
from tests.model.identity import Identity
from tests.model.image import Images
from tests.model.placement import Placement
from tests.model.world import World

# Ironic's ``[conductor]node_locked_retry_interval``.
_BETWEEN_TRIES_S = 1.0


class Application:
    """All services of a world, each under its name.

    :param more: further services, such as the control of a process.
    """

    def __init__(self, world: World, *more: wsgi.Service) -> None:
        self.world = world
        services = (
            Identity(world),
            Compute(world),
            Images(world),
            BareMetal(world),
            Placement(world),
            *more,
        )
        self._services = {service.name: service for service in services}

    def __call__(
        self, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        """Answer a request, once all that is due by now has happened."""
        response = self.answer(Request(environ))
        return response(environ, start_response)

    def spoilt(self, request: Request, status: int) -> Response:
        """Return an error that comes instead of handling a request.

        A 502 is a proxy's; the others are in the words of the service.
        """
        service = self._service(request)
        if service is None or status == 502:
            page = f'<html><body><h1>{status} Bad Gateway</h1></body></html>'
            return Response(page, status=status, mimetype='text/html')
        return service.spoilt(request, status)

    def page(self) -> Response:
        """Return a page of a proxy in trouble that says that all is well."""
        page = '<html><body><h1>It works!</h1></body></html>'
        return Response(page, mimetype='text/html')

    def _service(self, request: Request) -> wsgi.Service | None:
        name = request.path.strip('/').partition('/')[0]
        return self._services.get(name)

    def answer(self, request: Request) -> Response:
        """Return what the service that is addressed answers."""
        service = self._service(request)
        if service is None:
            return wsgi.respond((404, {'error': 'no such service'}))
        for left in reversed(range(self.world.settings.locked_tries)):
            with self.world.clock.lock:
                self.world.clock.catch_up()
                with contextlib.suppress(wsgi.Locked):
                    return service.answer(request, is_patient=left > 0)
            self.world.clock.sleep(_BETWEEN_TRIES_S)
        raise AssertionError('the last try is answered')
