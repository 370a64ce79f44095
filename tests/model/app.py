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
            *more,
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
        for left in reversed(range(self.world.settings.locked_tries)):
            with self.world.clock.lock:
                self.world.clock.catch_up()
                with contextlib.suppress(wsgi.Locked):
                    return service.answer(request, is_patient=left > 0)
            self.world.clock.sleep(_BETWEEN_TRIES_S)
        raise AssertionError('the last try is answered')
