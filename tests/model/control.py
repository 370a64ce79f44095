"""What a test may ask of a model that is a process of its own.

Owns the addresses under ``/model``, which no real cloud has. Never used in
process, where a test has the world at hand.
"""

import dataclasses
from typing import Any

from werkzeug.wrappers import Response

from tests.devcloud import resources
from tests.model import faults, servers, wsgi
from tests.model.records import Document, Node, Server
from tests.model.world import World
from tests.model.wsgi import Call, Refusal, Service, route


class Control(Service):
    """The strings that the world hangs by."""

    name = 'model'

    def __init__(self, world: World, troubles: faults.Faults) -> None:
        super().__init__(world)
        self._faults = troubles

    def refuse(self, call: Call, refusal: Refusal) -> Response:
        """Return an error."""
        return wsgi.respond((refusal.status, {'error': refusal.text}))

    @route('/requests')
    def list_requests(self, call: Call) -> Any:
        """Return the requests that were made, without logins."""
        seen = map(dataclasses.asdict, self._faults.calls())
        return {'requests': list(seen)}

    @route('/requests', 'DELETE')
    def forget_requests(self, call: Call) -> Any:
        """Begin the log anew."""
        self._faults.forget()
        return 204, None

    @route('/faults', 'PUT')
    def arm(self, call: Call) -> Any:
        """Have a request go wrong: ``{"nth": 3, "fault": "reset after"}``.

        ``kill`` needs the ``pid`` of the client; with ``lasts`` it is so many
        requests that go wrong, one after the other.
        """
        asked = call.body()
        fault = faults.Fault.parse(str(asked['fault']), asked.get('pid'))
        lasts = int(asked.get('lasts', fault.lasts))
        fault = dataclasses.replace(fault, lasts=lasts)
        counts_login = bool(asked.get('counts_login'))
        self._faults.arm(int(asked['nth']), fault, counts_login=counts_login)
        return 204, None

    @route('/faults', 'DELETE')
    def disarm(self, call: Call) -> Any:
        """Have nothing go wrong any more."""
        self._faults.disarm()
        return 204, None

    @route('/settings', 'PUT')
    def change_settings(self, call: Call) -> Any:
        """Change how long things take, and other knobs."""
        for name, value in call.body().items():
            if not hasattr(self.world.settings, name):
                raise Refusal(400, f'no setting {name}')
            setattr(self.world.settings, name, value)
        return dataclasses.asdict(self.world.settings)

    @route('/boot', 'POST')
    def boot(self, call: Call) -> Any:
        """Have a server that is up already: ``{"name": …, "flavor": …}``."""
        return self._server(self.world.boot(**call.body()))

    @route('/servers/<name>')
    def show_server(self, call: Call, name: str) -> Any:
        """Return a server, and its node with what its BMC holds."""
        try:
            return self._server(self.world.server(name))
        except StopIteration:
            raise Refusal(404, f'no server {name}') from None

    @route('/nodes', 'POST')
    def add_node(self, call: Call) -> Any:
        """Have a node more, available: ``{"name": …}``."""
        definition = resources.bare_node(call.body()['name'])
        return _node(self.world.add_node(definition))

    @route('/nodes/<name>', 'PUT')
    def change_node(self, call: Call, name: str) -> Any:
        """Change what the BMC holds: ``{"bmc": {…}, "told": false}``."""
        node = self.world.node(name)
        asked = call.body()
        self.world.set_bios(node, asked['bmc'], told=asked.get('told', True))
        return _node(node)

    @route('/restart-conductor', 'POST')
    def restart_conductor(self, call: Call) -> Any:
        """End Ironic's conductor and begin it anew."""
        self.world.conductor.restart()
        return 204, None

    @route('/sync-power', 'POST')
    def sync_power(self, call: Call) -> Any:
        """Have Nova look at all nodes' power now."""
        self.world.nova.sync_power()
        return 204, None

    @route('/lapse', 'POST')
    def lapse(self, call: Call) -> Any:
        """Revoke all tokens."""
        self.world.lapse()
        return 204, None

    def _server(self, server: Server) -> Document:
        node = self.world.nodes.get(server.node_uuid or '')
        return {
            'id': server.id,
            'name': server.name,
            'status': servers.status(server),
            'task_state': server.task_state,
            'flavor': server.flavor.name,
            'metadata': server.metadata,
            'node': _node(node) if node else None,
        }


def _node(node: Node) -> Document:
    return {
        'uuid': node.uuid,
        'name': node.name,
        'provision_state': node.provision_state,
        'power_state': node.power_state,
        'reservation': node.reservation,
        'maintenance': node.maintenance,
        'bmc': node.bmc,
        'bios': {name: one.value for name, one in node.bios.items()},
        'counters': dataclasses.asdict(node.counters),
    }
