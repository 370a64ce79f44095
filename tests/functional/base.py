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

FAKE, REDFISH, RESIZABLE = 'bm.large', 'bm.redfish', 'rz.small'
# How often a server is made before that it fails counts.
_BOOTS = 3


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
        """Return a new active server of mona's project.

        Nova may still believe a node to be free that no longer is.
        """
        for _ in range(_BOOTS):
            found = self._when_up(self._boot(flavor, name).id)
            if found.status == 'ACTIVE':
                return found
        raise AssertionError(f'{name}: {found.fault}')

    def _when_up(self, server_id: str) -> Any:
        """Return a server once the making of it has ended."""

        def has_ended() -> bool:
            server = self.nova.get_server(server_id)
            return server.status in ('ACTIVE', 'ERROR')

        people.wait(f'server {server_id} is up', has_ended)
        return self.nova.get_server(server_id)

    def _boot(self, flavor: str, name: str) -> Any:
        """Return a server that is being made."""
        sdk: connection.Connection = self.mona.connect()
        image = sdk.image.find_image('bm-image', ignore_missing=False)
        found = sdk.compute.find_flavor(flavor, ignore_missing=False)
        server = self.nova.create_server(
            name=name, image_id=image.id, flavor_id=found.id, networks='none'
        )
        self.addCleanup(self._delete, server.id)
        return server

    def _delete(self, server_id: str) -> None:
        node = self.node_of(server_id)
        if self.nova.find_server(server_id) is None:
            return
        self.nova.delete_server(server_id)
        people.wait(
            f'server {server_id} is gone',
            lambda: self.nova.find_server(server_id) is None,
        )
        if node is not None:
            self._make_available(node.id)

    def resizable(self, name: str = 'test-rz') -> Any:
        """Return a server that Nova can resize, with a node bound to it.

        Nova's fake driver runs it, so the node's power is not its own.
        """
        server = self.server(f'{RESIZABLE}.ht-off', name)
        # Made before the binding, so undone after it.
        self.bind(server.id, self.free_node())
        return self.nova.get_server(server)

    def free_node(self) -> Any:
        """Return a fake node that is capable and that nobody uses."""
        listed = self.system.baremetal.nodes(
            provision_state='available', is_maintenance=False, details=True
        )
        capable = (
            node
            for node in listed
            if node.bios_interface == 'fake-day2'
            and node.instance_id is None
            and 'HW_CPU_HYPERTHREADING' in node.traits
        )
        return next(capable)

    def bind(self, server_id: str, node: Any) -> None:
        """Bind a node to a server by hand, until the end of the test.

        It is deployed as Nova has it done for a flavor with
        hyper-threading off.
        """
        project = self.mona.connect().current_project_id
        self.addCleanup(self._release, node.id)
        for path, value in (
            ('/instance_uuid', server_id),
            ('/lessee', project),
            ('/instance_info/traits', ['CUSTOM_HYPERTHREADING_OFF']),
        ):
            self._patch(node.id, {'op': 'add', 'path': path, 'value': value})
        self._provision(node.id, 'active', 'active')

    def rebind(self, server_id: str, to: Any) -> None:
        """Have a server run on another node, as if Nova had moved it."""
        node = self.node_of(server_id)
        self._patch(node.id, {'op': 'remove', 'path': '/instance_uuid'})
        self._patch(
            to.id,
            {'op': 'add', 'path': '/instance_uuid', 'value': server_id},
        )

    def _release(self, node_id: str) -> None:
        """Undo the binding of a node, so that Nova can use it again."""
        ironic = self.system.baremetal
        if ironic.get_node(node_id).is_maintenance:
            ironic.unset_node_maintenance(node_id)
        if ironic.get_node(node_id).provision_state != 'available':
            self._provision(node_id, 'deleted', 'available')
        node = ironic.get_node(node_id)
        for path, value in (
            ('/instance_uuid', node.instance_id),
            ('/lessee', node.lessee),
        ):
            if value is not None:
                self._patch(node_id, {'op': 'remove', 'path': path})

    def _provision(self, node_id: str, target: str, state: str) -> None:
        """Have a node deployed or undeployed, and wait for its end."""
        ironic = self.system.baremetal
        people.wait(
            f'node {node_id} is not locked',
            lambda: ironic.get_node(node_id).reservation is None,
        )
        ironic.set_node_provision_state(node_id, target)
        people.wait(
            f'node {node_id} is {state}',
            lambda: (
                ironic.get_node(node_id).provision_state == state
                and ironic.get_node(node_id).reservation is None
            ),
        )

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
        self.addCleanup(self._turn_off, node.id, name)

    def knob_off(self, server_id: str, name: str) -> None:
        """Turn a knob off."""
        self._turn_off(self.node_of(server_id).id, name)

    def _turn_off(self, node_id: str, name: str) -> None:
        if name in self.system.baremetal.get_node(node_id).driver_info:
            path = f'/driver_info/{name}'
            self._patch(node_id, {'op': 'remove', 'path': path})

    def _patch(self, node_id: str, change: dict[str, Any]) -> None:
        self.system.baremetal.patch(
            f'/nodes/{node_id}', json=[change], microversion='1.87'
        ).raise_for_status()

    def state(self, server_id: str) -> dict[str, Any]:
        """Return all that a change may leave behind."""
        server, node = self.nova.get_server(server_id), self.node_of(server_id)
        return {
            'bios': self.bios_value(server_id),
            'node': node.name,
            'node power': node.power_state,
            'provision state': node.provision_state,
            'maintenance': node.is_maintenance,
            'status': server.status,
            'flavor': server.flavor.original_name,
            'metadata': server.metadata,
        }

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
