"""What Nova does to servers in time: boot, stop, start, resize, power sync.

Owns vm_state, task_state and the instance actions. Never checks who asks or
in which state: that is done by the API, in :mod:`.compute`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.model.records import (
    OFF,
    ON,
    Action,
    Before,
    Event,
    Flavor,
    Host,
    Node,
    Server,
)

if TYPE_CHECKING:
    from tests.model.world import World

# How often Nova's driver asks Ironic about a node that is locked.
_BUSY_S = 2.0
_CONDUCTOR = ('cold_migrate', 'conductor_migrate_server')


class Instances:
    """All that nova-conductor and nova-compute do."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = itertools.count(1)
        self._syncs = False

    def create(
        self,
        name: str,
        flavor: Flavor,
        image_id: str | None,
        *,
        project_id: str,
        user_id: str,
        host: Host | None = None,
    ) -> Server:
        """Return a new server that is being built, on no node yet."""
        now = self._world.clock.utc()
        server = Server(
            id=self._world.new_id(),
            name=name,
            number=next(self._numbers),
            project_id=project_id,
            user_id=user_id,
            flavor=flavor,
            image_id=image_id,
            host=host or _host_for(flavor),
            created=now,
            updated=now,
        )
        server.task_state = 'scheduling'
        self._world.servers[server.id] = server
        self._sync_power_from_now_on()
        return server

    def place(self, server: Server, node: Node | None = None) -> None:
        """Give a server a node that is free; none on a host without any."""
        if node is None and server.host.is_ironic:
            node = self._free_node(server.flavor)
            if node is None:
                self._fail_boot(server)
                return
        if node is not None:
            self._bind(server, node)

    def _fail_boot(self, server: Server) -> None:
        server.vm_state, server.task_state = 'error', None
        server.fault = 'No valid host was found. '
        self._touch(server)

    def begin_boot(self, server: Server) -> None:
        """Have a server come up."""
        self.place(server)
        if server.vm_state != 'error':
            server.task_state = 'spawning'
            self._after(
                self._world.settings.boot_s, lambda: self.finish_boot(server)
            )

    def finish_boot(self, server: Server) -> None:
        """Make a server active, its node deployed."""
        node = self._world.nodes.get(server.node_uuid or '')
        if node is not None:
            node.provision_state = 'active'
            node.provision_updated = self._world.clock.utc()
            node.power_state = ON
            self._apply_templates(server, node)
        server.launched = self._world.clock.utc()
        self._settle(server, 'active', ON)

    def begin_delete(self, server: Server) -> None:
        """Have a server go away, and its node become available."""
        server.task_state = 'deleting'
        self._after(
            self._world.settings.delete_s, lambda: self._delete(server)
        )

    def _delete(self, server: Server) -> None:
        node = self._world.nodes.get(server.node_uuid or '')
        if node is not None and node.reservation:
            self._after(_BUSY_S, lambda: self._delete(server))
            return
        self._world.servers.pop(server.id, None)
        if node is not None and server.host.is_ironic:
            self._release(node)

    def begin_stop(self, server: Server, action: Action) -> None:
        """Have a server stop."""
        self._begin_power(server, action, OFF, self._world.settings.stop_s)

    def begin_start(self, server: Server, action: Action) -> None:
        """Have a server start."""
        self._begin_power(server, action, ON, self._world.settings.start_s)

    def _begin_power(
        self, server: Server, action: Action, power: str, seconds: float
    ) -> None:
        """Have Nova switch a server; the node comes first, Nova knows later.

        Nova's driver waits for a node that is locked.
        """
        self._task(server, f'powering-{_short(power)}')
        name = 'stop' if power == OFF else 'start'
        event = self._begin_event(action, f'compute_{name}_instance', server)

        def switch() -> None:
            node = self._world.node_of(server)
            if node is not None and node.reservation:
                self._after(_BUSY_S, switch)
                return
            if node is not None:
                self._world.conductor.switch(node, power)
            self._after(seconds / 2, known)

        def known() -> None:
            self._settle(server, _VM_STATE[power], power)
            self._end_event(action, event)

        self._after(seconds / 2, switch)

    def begin_resize(
        self, server: Server, flavor: Flavor, action: Action
    ) -> None:
        """Have a server become of another flavor, or bounce back.

        No driver of Ironic can resize: there the server is ACTIVE again
        after a moment, with its flavor unchanged and an action that failed.
        """
        self._task(server, 'resize_prep')
        events = [self._begin_event(action, n, server) for n in _CONDUCTOR]
        if server.host.can_resize:
            self._migrate(server, flavor, action, events)
            return

        def bounce() -> None:
            prep = self._begin_event(action, 'compute_prep_resize', server)
            for event in (prep, *events):
                self._end_event(action, event, 'Error')
            prep.details = 'NotImplementedError'
            for event in events:
                event.details = (
                    'No valid host was found. There are not enough hosts '
                    'available.'
                )
            action.message = 'Error'
            self._settle(server, server.vm_state, server.power)

        self._after(self._world.settings.bounce_s, bounce)

    def _migrate(
        self,
        server: Server,
        flavor: Flavor,
        action: Action,
        events: list[Event],
    ) -> None:
        each = self._world.settings.resize_s / 4
        before = Before(server.flavor, server.vm_state, server.node_uuid)

        def migrating() -> None:
            for event in (
                *events,
                self._begin_event(action, 'compute_prep_resize', server),
            ):
                self._end_event(action, event)
            self._task(server, 'resize_migrating')

        def finishing() -> None:
            names = ('compute_resize_instance', 'compute_finish_resize')
            for name in names:
                event = self._begin_event(action, name, server)
                self._end_event(action, event)
            server.before, server.flavor = before, flavor
            self._move(server)
            self._task(server, 'resize_finish')

        self._after(each, migrating)
        self._after(2 * each, lambda: self._task(server, 'resize_migrated'))
        self._after(3 * each, finishing)
        self._after(
            4 * each, lambda: self._settle(server, 'resized', server.power)
        )

    def begin_confirm(self, server: Server, action: Action) -> None:
        """Have a resize stay; the status says nothing of it meanwhile."""
        event = self._begin_event(action, 'compute_confirm_resize', server)

        def confirmed() -> None:
            before, server.before = server.before, None
            if before and before.node_uuid != server.node_uuid:
                self._release(self._world.nodes[before.node_uuid or ''])
            power = server.power or ON
            self._settle(server, _VM_STATE[power], power)
            self._end_event(action, event)

        self._after(self._world.settings.confirm_s, confirmed)

    def begin_revert(self, server: Server, action: Action) -> None:
        """Have a resize undone."""
        self._task(server, 'resize_reverting')
        names = ('compute_revert_resize', 'compute_finish_revert_resize')
        events = [self._begin_event(action, name, server) for name in names]

        def reverted() -> None:
            before, server.before = server.before, None
            assert before is not None
            server.flavor = before.flavor
            if before.node_uuid != server.node_uuid:
                self._release(self._world.nodes[server.node_uuid or ''])
                self._bind(server, self._world.nodes[before.node_uuid or ''])
            power = ON if before.vm_state == 'active' else OFF
            self._settle(server, before.vm_state, power)
            for event in events:
                self._end_event(action, event)

        self._after(self._world.settings.revert_s, reverted)

    def hear_of_power(self, server_id: str | None, power: str) -> None:
        """Learn a moment later that Ironic has switched a node."""
        if server_id in self._world.servers:
            server = self._world.servers[server_id]
            self._after(
                self._world.settings.event_s,
                lambda: self._believe_power(server, power),
            )

    def _believe_power(self, server: Server, power: str) -> None:
        """Follow an event of Ironic, or lose it; it is an action either way.

        It is lost where Nova is still busy with an earlier one; see Nova's
        ``_is_state_valid_for_power_update_event``.
        """
        name = 'start' if power == ON else 'stop'
        action = self.add_action(
            server, name, user_id='ironic', project_id='service'
        )
        event = self._begin_event(action, 'compute_power_update', server)
        expected = 'stopped' if power == ON else 'active'
        if server.task_state or server.vm_state != expected:
            self._end_event(action, event)
            return
        if not server.host.is_ironic:
            # Nova's fake driver does not know such an event.
            self._end_event(action, event, 'Error')
            event.details = 'NotImplementedError'
            action.message = 'Error'
            return
        self._task(server, f'powering-{_short(power)}')

        def believed() -> None:
            self._settle(server, _VM_STATE[power], power)
            self._end_event(action, event)

        self._after(self._world.settings.lost_event_s, believed)

    def _sync_power_from_now_on(self) -> None:
        if not self._syncs:
            self._syncs = True
            self._after(self._world.settings.power_sync_s, self._sync_power)

    def _sync_power(self) -> None:
        self.sync_power()
        self._after(self._world.settings.power_sync_s, self._sync_power)

    def sync_power(self) -> None:
        """Look at each node's power, and stop what is not as Nova believes.

        Nova's ``_sync_power_states``: what it holds to be stopped it switches
        off, and what it finds off it stops.
        """
        for server in self._world.servers.values():
            node = self._world.node_of(server)
            if node is None or server.task_state:
                continue
            server.power = node.power_state
            differs = server.power != _POWER.get(server.vm_state, server.power)
            if differs:
                action = self.add_action(server, 'stop', user_id='nova')
                self.begin_stop(server, action)

    def add_action(
        self,
        server: Server,
        name: str,
        *,
        user_id: str,
        request_id: str | None = None,
        project_id: str | None = None,
    ) -> Action:
        """Return a new action of a server."""
        now = self._world.clock.utc()
        action = Action(
            name=name,
            request_id=request_id or f'req-{self._world.new_id()}',
            user_id=user_id,
            project_id=project_id or server.project_id,
            began=now,
            updated=now,
        )
        server.actions.append(action)
        return action

    def _begin_event(self, action: Action, name: str, server: Server) -> Event:
        event = Event(name, server.host.name, self._world.clock.utc())
        action.events.append(event)
        return event

    def _end_event(
        self, action: Action, event: Event, result: str = 'Success'
    ) -> None:
        event.ended = action.updated = self._world.clock.utc()
        event.result = result

    def _task(self, server: Server, task: str) -> None:
        server.task_state = task
        self._touch(server)

    def _settle(self, server: Server, state: str, power: str | None) -> None:
        server.vm_state, server.task_state = state, None
        server.power = power
        self._touch(server)

    def _touch(self, server: Server) -> None:
        server.updated = self._world.clock.utc()

    def _after(self, seconds: float, event: Callable[[], None]) -> None:
        self._world.clock.after(seconds, event)

    def _free_node(self, flavor: Flavor) -> Node | None:
        wanted = [s for s in flavor.extra_specs if s.startswith(_CLASS)]
        name = wanted[0].removeprefix(_CLASS).lower() if wanted else ''
        kind = f'baremetal.{name}'
        for node in self._world.nodes.values():
            is_free = node.provision_state == 'available'
            is_free = is_free and not (node.instance_uuid or node.maintenance)
            if is_free and node.fields['resource_class'] == kind:
                return node
        return None

    def _bind(self, server: Server, node: Node) -> None:
        node.instance_uuid = server.id
        if self._world.settings.release.sets_lessee:
            node.lessee = server.project_id
        node.instance_info = {
            'display_name': server.name,
            'flavor_name': server.flavor.name,
            'image_source': server.image_id,
            'project_id': server.project_id,
            'user_id': server.user_id,
            'traits': _required_traits(server.flavor),
        }
        server.node_uuid = node.uuid

    def _release(self, node: Node) -> None:
        """Make a node available; a maintenance it is in stays."""
        node.instance_uuid = node.lessee = None
        node.instance_info = {}
        node.provision_state, node.target_provision_state = 'available', None
        node.power_state = OFF
        node.service_step, node.reservation = {}, None

    def _move(self, server: Server) -> None:
        """Take a server to another node, where the cloud does that."""
        if not self._world.settings.resize_moves_node:
            return
        old = self._world.node_of(server)
        new = self._free_node(server.flavor)
        if old is None or new is None:
            return
        new.provision_state, new.power_state = 'active', old.power_state
        self._bind(server, new)
        self._apply_templates(server, new)

    def _apply_templates(self, server: Server, node: Node) -> None:
        """Deploy as the flavor's traits ask for."""
        wanted = _required_traits(server.flavor)
        for template in self._world.templates.values():
            if template.name in wanted:
                self._world.conductor.apply_template(node, template)


_CLASS = 'resources:CUSTOM_BAREMETAL_'
_VM_STATE = {ON: 'active', OFF: 'stopped'}
_POWER = {'active': ON, 'stopped': OFF}


def _short(power: str) -> str:
    return power.removeprefix('power ')


def _required_traits(flavor: Flavor) -> list[str]:
    return [
        name.removeprefix('trait:')
        for name, value in flavor.extra_specs.items()
        if name.startswith('trait:') and value == 'required'
    ]


def _host_for(flavor: Flavor) -> Host:
    """Return where the scheduler takes a flavor."""
    is_ironic = any(spec.startswith(_CLASS) for spec in flavor.extra_specs)
    if is_ironic:
        return Host('devcloud')
    return Host('resizable', is_ironic=False, can_resize=True)
