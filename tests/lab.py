"""Servers of the real cloud, and how each is brought back to what it was.

Owns making, looking at and undoing. For the functional tests and the crash
matrix, which make one server and hit it many times.
"""

import contextlib
from collections.abc import Mapping
from typing import Any

from openstack import exceptions

from tests import notes, people
from tests.devcloud import layout as layouts
from tests.devcloud.ironic_plugin.devcloud_ironic import attributes

FAKE, REDFISH, RESIZABLE = 'bm.large', 'bm.redfish', 'rz.small'
# How often a server is made before that it fails counts.
_BOOTS = 5
# What all of this needs of Ironic, and what a service needs.
_IRONIC, _SERVICE = '1.74', '1.87'
# Long enough for Nova to see that the power was off.
_BLINK_S = 0.5
# What Ironic says of the BIOS of a new server with hyper-threading off, but
# for what nobody can set.
_OFF = {'LogicalProc': 'Disabled'}
_AS_NEW = {
    name: attributes.stored(value)
    for name, value in attributes.DEFAULTS.items()
    if not attributes.BY_NAME[name].read_only
    and name not in attributes.COUNTERS
} | _OFF
# Where the fake interface keeps what is to come true at the next start.
_PENDING = 'fake_bios_pending'


class Lab:
    """The servers of mona's project, and their nodes as an operator sees."""

    def __init__(self, layout: layouts.Layout) -> None:
        self.sdk = people.Person('mona', layout).connect()
        self.nova = self.sdk.compute
        self._admin = people.Person('operator', layout).connect()
        self.ironic = (
            people.Person('operator-system', layout).connect().baremetal
        )

    def boot(self, flavor: str, name: str) -> Any:
        """Return a new active server.

        Nova may still believe a node to be free that no longer is.
        """
        for _ in range(_BOOTS):
            found = self._when_up(self._begin_boot(flavor, name))
            if found.status == 'ACTIVE':
                return found
            self.delete(found.id)
        raise AssertionError(f'{name}: {found.fault}')

    def boot_all(self, flavors: Mapping[str, str]) -> dict[str, str]:
        """Return name → id of new active servers, made at once.

        :param flavors: by the names.
        """
        begun = {n: self._begin_boot(f, n) for n, f in flavors.items()}
        for name, server_id in list(begun.items()):
            if self._when_up(server_id).status != 'ACTIVE':
                self.delete(server_id)
                begun[name] = self.boot(flavors[name], name).id
        return begun

    def _begin_boot(self, flavor: str, name: str) -> str:
        image = self.sdk.image.find_image('bm-image', ignore_missing=False)
        found = self.nova.find_flavor(
            flavor, ignore_missing=False, get_extra_specs=True
        )
        people.wait(f'a host for {flavor}', lambda: self._has_host(found))
        return str(
            self.nova.create_server(
                name=name,
                image_id=image.id,
                flavor_id=found.id,
                networks='none',
            ).id
        )

    def _has_host(self, flavor: Any) -> bool:
        """Return whether Placement has a host of a flavor that is free.

        Nova tells Placement of a node that has become free, or of its new
        traits, only when it next looks at all of them; until then Placement
        refuses a trait that it does not know.
        """
        specs = flavor.extra_specs
        wanted = {
            'VCPU': flavor.vcpus,
            'MEMORY_MB': flavor.ram,
            'DISK_GB': flavor.disk,
        } | _suffixed(specs, 'resources:')
        resources = [f'{k}:{v}' for k, v in wanted.items() if int(v)]
        query = {'resources': ','.join(resources)}
        if required := _suffixed(specs, 'trait:'):
            query['required'] = ','.join(required)
        answer = self._admin.placement.get(
            '/allocation_candidates', params=query, microversion='1.17'
        )
        if answer.status_code == 400:
            return False
        answer.raise_for_status()
        providers = answer.json()['provider_summaries']
        return any(map(self._is_free, providers))

    def _is_free(self, provider: str) -> bool:
        """Return whether a provider is no node, or one that nobody uses."""
        node = self.ironic.find_node(provider)
        return node is None or (
            node.provision_state == 'available' and not node.instance_id
        )

    def _when_up(self, server_id: str) -> Any:
        """Return a server once the making of it has ended."""

        def has_ended() -> bool:
            server = self.nova.get_server(server_id)
            return server.status in ('ACTIVE', 'ERROR')

        people.wait(f'server {server_id} is up', has_ended)
        return self.nova.get_server(server_id)

    def delete(self, server_id: str) -> None:
        """Delete a server, if it is there, and make its node usable."""
        node = self.node_of(server_id)
        if self.nova.find_server(server_id) is not None:
            self.nova.delete_server(server_id)
        people.wait(
            f'server {server_id} is gone',
            lambda: self.nova.find_server(server_id) is None,
        )
        if node is not None and 'display_name' in node.instance_info:
            self.when_available(node.id)

    def when_available(self, node_id: str) -> None:
        """Return when Nova can use a node again."""
        people.wait(
            f'node {node_id} is available',
            lambda: (
                self.ironic.get_node(node_id).provision_state == 'available'
            ),
        )
        if self.ironic.get_node(node_id).is_maintenance:
            self.ironic.unset_node_maintenance(node_id)

    def node_of(self, server_id: str) -> Any:
        """Return the node of a server, or None."""
        listed = self.ironic.nodes(instance_id=server_id, details=True)
        return next(iter(listed), None)

    def bios_of(self, server_id: str, name: str = 'LogicalProc') -> str:
        """Return what Ironic says a BIOS setting is."""
        return self._bios(self.node_of(server_id).id)[name]

    def _bios(self, node_id: str) -> dict[str, str]:
        path = f'/nodes/{node_id}/bios'
        document = self.ironic.get(path, microversion='1.74').json()
        return {each['name']: str(each['value']) for each in document['bios']}

    def state(self, server_id: str) -> dict[str, Any]:
        """Return all that a change may leave behind."""
        server, node = self.nova.get_server(server_id), self.node_of(server_id)
        return {
            'bios': self.bios_of(server_id),
            'node': node.name,
            'node power': node.power_state,
            'provision state': node.provision_state,
            'maintenance': node.is_maintenance,
            'status': server.status,
            'flavor': server.flavor.original_name,
            'metadata': notes.timeless(server.metadata),
        }

    def patch(self, node_id: str, change: dict[str, Any]) -> None:
        """Change one field of a node."""
        self.ironic.patch(
            f'/nodes/{node_id}', json=[change], microversion=_IRONIC
        ).raise_for_status()

    def turn(self, node_id: str, knob: str, value: Any) -> None:
        """Set a knob of a fake node; None takes it away."""
        path = f'/driver_info/{knob}'
        if value is not None:
            change = {'op': 'add', 'path': path, 'value': value}
            self.patch(node_id, change)
        elif knob in self.ironic.get_node(node_id).driver_info:
            self.patch(node_id, {'op': 'remove', 'path': path})

    def provision(self, node_id: str, what: dict[str, Any]) -> None:
        """Begin a change of a node's provision state."""
        self.when_free(node_id)
        is_service = what['target'] in ('service', 'abort')
        answer = self.ironic.put(
            f'/nodes/{node_id}/states/provision',
            json=what,
            microversion=_SERVICE if is_service else _IRONIC,
        )
        exceptions.raise_from_response(answer)

    def when_free(self, node_id: str) -> None:
        """Return when no conductor has a node locked."""
        people.wait(
            f'node {node_id} is not locked',
            lambda: self.ironic.get_node(node_id).reservation is None,
        )

    def reach(self, node_id: str, what: dict[str, Any], state: str) -> None:
        """Change a node's provision state and wait until it is reached."""
        self.provision(node_id, what)

        def is_reached() -> bool:
            node = self.ironic.get_node(node_id)
            return node.provision_state == state and node.reservation is None

        people.wait(f'node {node_id} is {state}', is_reached)

    def as_new(self, server_id: str) -> None:
        """Bring a server on a fake node back to what a new one is.

        It is on, its hyper-threading is off, and all else of its BIOS as it
        is delivered, whatever an earlier server has left on the node.

        :raises AssertionError: it cannot be.
        """
        node = self._when_idle(server_id)
        for knob in [n for n in node.driver_info if n.startswith('fake_')]:
            self.turn(node.id, knob, None)
        self._leave_failure(node)
        if self._changed(node.id) or _PENDING in node.driver_internal_info:
            self._put_back(node.id)
        self.settle(server_id)

    def as_delivered(self, server_id: str, bmc: people.Bmc) -> None:
        """Bring a server on a node with a BMC back to what a new one is.

        It is on, and the whole BIOS as it is delivered.
        """
        node = self._when_idle(server_id)
        self._leave_failure(node)
        bmc.deliver()
        if not self._is_known(node.id, bmc):
            self.reread(node.id, bmc)
        self.settle(server_id)

    def reread(self, node_id: str, bmc: people.Bmc) -> None:
        """Have Ironic read the settings again, by a service of nothing.

        What the BMC has already takes no reboot.
        """
        now = bmc.bios()
        name = next(
            name
            for name, setting in self.settings(node_id).items()
            if not setting['read_only']
            and now[name] in setting['allowable_values']
        )
        step = {
            'interface': 'bios',
            'step': 'apply_configuration',
            'args': {'settings': [{'name': name, 'value': now[name]}]},
        }
        what = {'target': 'service', 'service_steps': [step]}
        self.provision(node_id, what)

        def is_read() -> bool:
            node = self.ironic.get_node(node_id)
            is_idle = node.provision_state == 'active' and not node.reservation
            return is_idle and self._is_known(node_id, bmc)

        people.wait(f'the BIOS of node {node_id} is read', is_read)

    def service(self, server_id: str, settings: Mapping[str, Any]) -> None:
        """Have somebody else set the BIOS of a server's node."""
        listed = [{'name': n, 'value': v} for n, v in settings.items()]
        step = {
            'interface': 'bios',
            'step': 'apply_configuration',
            'args': {'settings': listed},
        }
        node_id = self.node_of(server_id).id
        self.provision(node_id, {'target': 'service', 'service_steps': [step]})

        def is_serviced() -> bool:
            bios, node = self._bios(node_id), self.ironic.get_node(node_id)
            return all(bios[name] == v for name, v in settings.items()) and (
                node.provision_state,
                node.reservation,
            ) == ('active', None)

        people.wait(f'{server_id} is serviced', is_serviced)

    def settings(self, node_id: str) -> dict[str, dict[str, Any]]:
        """Return all that Ironic has of a node's BIOS settings, by name."""
        path = f'/nodes/{node_id}/bios?detail=True'
        listed = self.ironic.get(path, microversion=_IRONIC).json()['bios']
        return {setting['name']: setting for setting in listed}

    def _is_known(self, node_id: str, bmc: people.Bmc) -> bool:
        """Return whether Ironic has the settings that are in force."""
        now = {n: attributes.stored(v) for n, v in bmc.bios().items()}
        return self._bios(node_id) == now

    def leave_failure(self, server_id: str) -> None:
        """Leave a service of a server's node that has failed."""
        self._leave_failure(self._when_idle(server_id))

    def _leave_failure(self, node: Any) -> None:
        if node.provision_state != 'service failed':
            return
        if node.is_maintenance:
            self.ironic.unset_node_maintenance(node)
        what: dict[str, Any] = {'target': 'abort'}
        try:
            self.reach(node.id, what, 'active')
        except exceptions.BadRequestException:
            # Before Ironic 32 another service is the only way.
            steps = [{'interface': 'bios', 'step': 'factory_reset'}]
            what = {'target': 'service', 'service_steps': steps}
            self.reach(node.id, what, 'active')

    def settle(self, server_id: str) -> None:
        """Have a server on, with nothing in its metadata."""
        server = self.nova.get_server(server_id)
        self.nova.delete_server_metadata(server, list(server.metadata))
        self.have_on(server_id)

    def have_on(self, server_id: str) -> None:
        """Have a server on, as Nova and Ironic both see it."""
        if not self._is_on(server_id):
            self._start(server_id)

    def _when_idle(self, server_id: str) -> Any:
        """Return the node of a server once nothing is done with either."""

        def is_idle() -> bool:
            node = self.node_of(server_id)
            server = self.nova.get_server(server_id)
            return (
                node.reservation is None
                and node.provision_state in ('active', 'service failed')
                and server.task_state is None
            )

        people.wait(f'nothing is done with {server_id}', is_idle)
        return self.node_of(server_id)

    def _changed(self, node_id: str) -> dict[str, str]:
        """Return what a new server's BIOS says where this node's differs."""
        bios = self._bios(node_id)
        return {
            name: value
            for name, value in _AS_NEW.items()
            if bios[name] != value
        }

    def _put_back(self, node_id: str) -> None:
        """Put the BIOS back, behind everybody's back.

        Some of it was delivered with a value that no BMC would take: only a
        reset brings that back.
        """
        self.turn(node_id, 'fake_bios_seconds', _BLINK_S)
        settings = [{'name': name, 'value': v} for name, v in _OFF.items()]
        steps = [
            {'interface': 'bios', 'step': 'factory_reset'},
            {
                'interface': 'bios',
                'step': 'apply_configuration',
                'args': {'settings': settings},
            },
        ]
        what = {'target': 'service', 'service_steps': steps}
        self.provision(node_id, what)
        people.wait(
            f'node {node_id} is serviced', lambda: self._is_serviced(node_id)
        )
        self.turn(node_id, 'fake_bios_seconds', None)

    def _is_serviced(self, node_id: str) -> bool:
        node = self.ironic.get_node(node_id)
        return (
            not self._changed(node_id)
            and node.provision_state == 'active'
            and node.reservation is None
        )

    def _is_on(self, server_id: str) -> bool:
        server = self.nova.get_server(server_id)
        node = self.node_of(server_id)
        return (
            server.status == 'ACTIVE'
            and server.task_state is None
            and server.power_state == 1
            and node.power_state == 'power on'
        )

    def _start(self, server_id: str) -> None:
        """Start a server, however often Nova believes that it is off.

        An event of Ironic's may start it, or stop it, at the same time.
        """

        def is_on() -> bool:
            server = self.nova.get_server(server_id)
            if server.status == 'SHUTOFF' and server.task_state is None:
                with contextlib.suppress(exceptions.ConflictException):
                    self.nova.start_server(server_id)
            return self._is_on(server_id)

        people.wait(f'{server_id} is on', is_on)


def _suffixed(specs: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Return the extra specs of one prefix, without it."""
    return {
        key.removeprefix(prefix): value
        for key, value in specs.items()
        if key.startswith(prefix)
    }
