"""What the functional tests share: servers, nodes and people.

The cloud must be up (``python -m tests.devcloud up``); a test fails where it
is not, because a skipped one would show nothing.
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from testtools import content

from tests import lab, people, runs
from tests.devcloud import layout as layouts

FAKE, REDFISH, RESIZABLE = lab.FAKE, lab.REDFISH, lab.RESIZABLE
# What a failure is explained by: who switched the power, and what went wrong.
_LOGS = ('ironic', 'nova-compute')
_TELLING = re.compile(
    r'WARNING|ERROR|power-update|[Pp]owered|sync_power_state'
)
_LINES = 40


class TestCase(runs.RunTestCase):
    """A test with the cloud's people and a server of its own."""

    _kept: ClassVar[dict[type, dict[str, str]]] = {}

    def setUp(self) -> None:
        """Meet the people."""
        super().setUp()
        self.layout = layouts.Layout.load()
        self.lab = lab.Lab(self.layout)
        self.operator = self.person('operator')
        self.mona = self.person('mona')
        self.system = self.person('operator-system').connect()
        self.nova = self.lab.nova
        sizes = {name: self._log(name).stat().st_size for name in _LOGS}
        self.addOnException(lambda _: self._explain(sizes))

    def _log(self, name: str) -> Any:
        return self.layout.log_of(name)

    def _explain(self, sizes: dict[str, int]) -> None:
        """Show what the services have logged since a test began.

        :param sizes: of each log then, in bytes.
        """
        for name, size in sizes.items():
            with self._log(name).open('rb') as log:
                log.seek(size)
                lines = log.read().decode('utf-8', 'replace').splitlines()
            found = [line[:300] for line in lines if _TELLING.search(line)]
            text = '\n'.join(found[-_LINES:])
            self.addDetail(f'{name}.log', content.text_content(text))

    def person(self, name: str) -> people.Person:
        """Return a person by the name of the entry in clouds.yaml."""
        return people.Person(name, self.layout)

    def server(self, flavor: str, name: str = 'test-1') -> Any:
        """Return a new active server of mona's project."""
        server = self.lab.boot(flavor, name)
        self.addCleanup(self.lab.delete, server.id)
        return server

    def kept_server(self, name: str = 'test-1') -> Any:
        """Return a server on a fake node, hyper-threading off, as new.

        It is made by the first test of a class and goes with the last.
        """
        every = self._kept.setdefault(type(self), {})
        kept = every.get(name)
        if kept and self.nova.find_server(kept):
            try:
                self.lab.as_new(kept)
            except AssertionError:
                self.lab.delete(kept)
            else:
                return self.nova.get_server(kept)
        server = self.lab.boot(f'{FAKE}.ht-off', name)
        every[name] = server.id
        # Its node has what the last server on it has left there.
        self.lab.as_new(server.id)
        return self.nova.get_server(server)

    @classmethod
    def tearDownClass(cls) -> None:
        """Delete the servers that the tests have shared, if any."""
        for kept in cls._kept.pop(cls, {}).values():
            lab.Lab(layouts.Layout.load()).delete(kept)
        super().tearDownClass()

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
            self.lab.patch(
                node.id, {'op': 'add', 'path': path, 'value': value}
            )
        self.lab.reach(node.id, {'target': 'active'}, 'active')

    def rebind(self, server_id: str, to: Any) -> None:
        """Have a server run on another node, as if Nova had moved it."""
        node = self.node_of(server_id)
        self.lab.patch(node.id, {'op': 'remove', 'path': '/instance_uuid'})
        self.lab.patch(
            to.id,
            {'op': 'add', 'path': '/instance_uuid', 'value': server_id},
        )

    def _release(self, node_id: str) -> None:
        """Undo the binding of a node, so that Nova can use it again."""
        ironic = self.system.baremetal
        if ironic.get_node(node_id).is_maintenance:
            ironic.unset_node_maintenance(node_id)
        if ironic.get_node(node_id).provision_state != 'available':
            self.lab.reach(node_id, {'target': 'deleted'}, 'available')
        node = ironic.get_node(node_id)
        for path, value in (
            ('/instance_uuid', node.instance_id),
            ('/lessee', node.lessee),
        ):
            if value is not None:
                self.lab.patch(node_id, {'op': 'remove', 'path': path})

    def stop(self, server_id: str) -> None:
        """Stop a server, and return once Nova is no longer busy with it.

        An event of Ironic's can show it as off while the stop still runs.
        """

        def is_off() -> bool:
            server = self.nova.get_server(server_id)
            return server.status == 'SHUTOFF' and server.task_state is None

        self.nova.stop_server(server_id)
        people.wait(f'{server_id} is off', is_off)

    def node_of(self, server_id: str) -> Any:
        """Return the node of a server as the operator sees it, or None."""
        return self.lab.node_of(server_id)

    def bmc_of(self, server_id: str) -> people.Bmc:
        """Return the BMC of a server on a Redfish node."""
        return people.Bmc.of(self.node_of(server_id).name, self.layout)

    def bios_value(self, server_id: str, name: str = 'LogicalProc') -> str:
        """Return what Ironic says a BIOS setting is."""
        return self.lab.bios_of(server_id, name)

    def state(self, server_id: str) -> dict[str, Any]:
        """Return all that a change may leave behind."""
        return self.lab.state(server_id)

    def knob(self, server_id: str, name: str, value: Any) -> None:
        """Set a knob of a fake node until the end of the test."""
        node = self.node_of(server_id)
        self.lab.turn(node.id, name, value)
        self.addCleanup(self.lab.turn, node.id, name, None)

    def knob_off(self, server_id: str, name: str) -> None:
        """Take a knob of a fake node away."""
        self.lab.turn(self.node_of(server_id).id, name, None)

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

    def service(self, server: str, **settings: str) -> None:
        """Have the node serviced behind the tool's back."""
        self.lab.service(server, settings)

    def set(self, who: people.Person, *argv: str) -> runs.Ran:
        """Return what ``server config set`` does for a person."""
        return who.openstack('server', 'config', 'set', *argv)

    def show(self, who: people.Person, server: str) -> Any:
        """Return what a person is shown of a server's hyper-threading."""
        ran = who.openstack('server', 'config', 'show', server, '-f', 'json')
        self.assert_ended(0, ran)
        [row] = [r for r in ran.json() if r['Config'] == 'hyperthreading']
        return row
