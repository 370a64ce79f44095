"""What the functional tests share: servers, nodes and people.

The cloud must be up (``python -m tests.devcloud up``); a test fails where it
is not, because a skipped one would show nothing.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from openstack import connection

from tests import people, runs
from tests.devcloud import layout as layouts

FAKE, REDFISH = 'bm.large', 'bm.redfish'
IDLE = ('active', 'available', 'service failed')


class TestCase(runs.RunTestCase):
    """A test with the cloud's people and a server of its own."""

    def setUp(self) -> None:
        """Meet the people."""
        super().setUp()
        self.layout = layouts.Layout.load()
        self.operator = self.person('operator')
        self.mona = self.person('mona')
        self.system = self.person('operator-system').connect()
        self.nova = self.mona.connect().compute

    def person(self, name: str) -> people.Person:
        """Return a person by the name of the entry in clouds.yaml."""
        return people.Person(name, self.layout)

    def server(self, flavor: str, name: str = 'test-1') -> Any:
        """Return a new active server of mona's project."""
        sdk: connection.Connection = self.mona.connect()
        image = sdk.image.find_image('bm-image', ignore_missing=False)
        found = sdk.compute.find_flavor(flavor, ignore_missing=False)
        server = self.nova.create_server(
            name=name, image_id=image.id, flavor_id=found.id, networks='none'
        )
        self.addCleanup(self._delete, server.id)
        return self.nova.wait_for_server(server, interval=1)

    def _delete(self, server_id: str) -> None:
        node = self.node_of(server_id)
        self.nova.delete_server(server_id)
        people.wait(
            f'server {server_id} is gone',
            lambda: self.nova.find_server(server_id) is None,
        )
        if node is not None:
            self._make_available(node.id)

    def _make_available(self, node_id: str) -> None:
        """Bring a node back to where Nova can use it for the next test."""
        ironic = self.system.baremetal

        def is_available() -> bool:
            node = ironic.get_node(node_id)
            return bool(node.provision_state == 'available')

        people.wait(f'node {node_id} is available', is_available)
        if ironic.get_node(node_id).is_maintenance:
            ironic.unset_node_maintenance(node_id)

    def node_of(self, server_id: str) -> Any:
        """Return the node of a server as the operator sees it, or None."""
        listed = self.system.baremetal.nodes(
            instance_id=server_id, details=True
        )
        return next(iter(listed), None)

    def bmc_of(self, server_id: str) -> people.Bmc:
        """Return the BMC of a server on a Redfish node."""
        return people.Bmc.of(self.node_of(server_id).name, self.layout)

    def bios_value(self, server_id: str) -> str:
        """Return what Ironic says LogicalProc is."""
        path = f'/nodes/{self.node_of(server_id).id}/bios/LogicalProc'
        document = self.system.baremetal.get(path, microversion='1.74').json()
        return str(document['LogicalProc']['value'])

    def knob(self, server_id: str, name: str, value: Any) -> None:
        """Set a knob of a fake node until the end of the test."""
        node = self.node_of(server_id)
        path = f'/driver_info/{name}'
        self._patch(node.id, {'op': 'add', 'path': path, 'value': value})
        self.addCleanup(self._patch, node.id, {'op': 'remove', 'path': path})

    def _patch(self, node_id: str, change: dict[str, Any]) -> None:
        self.system.baremetal.patch(
            f'/nodes/{node_id}', json=[change], microversion='1.87'
        ).raise_for_status()

    @contextlib.contextmanager
    def maintenance(self, server_id: str, reason: str) -> Iterator[None]:
        """Keep a server's node in maintenance."""
        node = self.node_of(server_id)
        ironic = self.system.baremetal
        ironic.set_node_maintenance(node, reason)
        try:
            yield
        finally:
            ironic.unset_node_maintenance(node)

    def set(self, who: people.Person, *argv: str) -> runs.Ran:
        """Return what ``server config set`` does for a person."""
        return who.openstack('server', 'config', 'set', *argv)

    def show(self, who: people.Person, server: str) -> Any:
        """Return what a person is shown of a server's hyper-threading."""
        ran = who.openstack('server', 'config', 'show', server, '-f', 'json')
        self.assert_ended(0, ran)
        [row] = [r for r in ran.json() if r['Config'] == 'hyperthreading']
        return row
