"""The changes that are hit, and what counts of how they end.

Owns the worlds and the commands. What hits them is for :mod:`.points`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests import notes
from tests.devcloud.ironic_plugin.devcloud_ironic import attributes
from tests.model import releases
from tests.model.records import OFF, Action, Host, Server
from tests.model.world import RESIZABLE_HOST, Settings, World

NAME = 'web-1'
# Short, so that a run makes few looks and each look is a point that differs.
QUICK = Settings(
    stop_s=0.2,
    start_s=0.2,
    step_s=0.4,
    ramdisk_s=0.4,
    resize_s=0.4,
    revert_s=0.2,
)
MOVING = replace(QUICK, resize_moves_node=True)
Servers = tuple[Server, ...]
Prepare = Callable[[World], Servers]


@dataclass(frozen=True)
class Scenario:
    """One change of one server, or of several by one command.

    :param person: who makes it.
    :param argv: what follows the command, but for the servers.
    :param prepare: makes the servers in a new world.
    :param code: how a run ends in the end, whatever has hit it before.
    :param command: of ``server config``.
    :param release: of Ironic; see :mod:`tests.model.releases`.
    """

    name: str
    person: str
    argv: tuple[str, ...]
    prepare: Prepare
    code: int = 0
    settings: Settings = field(default_factory=lambda: QUICK)
    command: str = 'set'
    release: str = 'newest'

    def on(self, release: str) -> 'Scenario':
        """Return the same on a release.

        Where Ironic has no runbooks to see, it is an operator's.
        """
        has_runbooks = releases.RELEASES[release].version >= (1, 92)
        person = self.person if has_runbooks else 'operator'
        return replace(self, person=person, release=release)

    def world(self) -> tuple[World, Servers]:
        """Return a new world with the servers in it."""
        release = releases.RELEASES[self.release]
        world = World.standard(
            settings=replace(self.settings, release=release)
        )
        servers = self.prepare(world)
        if not release.sets_lessee:
            for server in servers:
                # As an operator does where Ironic does not.
                node = world.nodes[server.node_uuid or '']
                node.lessee = server.project_id
        return world, servers


def state(world: World, servers: Servers) -> dict[str, Any]:
    """Return all of servers and nodes that a change may leave behind."""
    return {
        f'{server.name} {what}': value
        for server in servers
        for what, value in _state(world, server).items()
    }


def _state(world: World, server: Server) -> dict[str, Any]:
    node = world.nodes[server.node_uuid or '']
    return {
        'bmc': _uncounted(node.bmc),
        'bios': _uncounted({n: one.value for n, one in node.bios.items()}),
        'node power': node.power_state,
        'provision state': node.provision_state,
        'maintenance': node.maintenance,
        'status': (server.vm_state, server.task_state),
        'flavor': server.flavor.name,
        'metadata': notes.timeless(server.metadata),
    }


def _uncounted(bios: dict[str, str]) -> dict[str, str]:
    """Return settings without those that count starts."""
    return {n: v for n, v in bios.items() if n not in attributes.COUNTERS}


def boot(flavor: str, **knobs: Any) -> Prepare:
    """Return what boots a server on a node with these knobs."""

    def prepare(world: World) -> Servers:
        server = world.boot(NAME, flavor)
        world.nodes[server.node_uuid or ''].driver_info.update(knobs)
        return (server,)

    return prepare


def offer(world: World, item: str, **settings: Any) -> None:
    """Offer an item, by a deploy template and by a public runbook."""
    name, _, value = item.partition('=')
    step = {
        'interface': 'bios',
        'step': 'apply_configuration',
        'args': {
            'settings': [{'name': n, 'value': v} for n, v in settings.items()]
        },
    }
    extra = {'config-type': name, 'config-value': value}
    title = f'CUSTOM_{name}_{value}'.upper().replace('-', '_')
    world.add_template(title, [step | {'priority': 150}], extra)
    runbook = world.add_runbook(
        f'{name}-{value}', [step | {'order': 1}], extra
    )
    runbook.traits, runbook.public = ['CUSTOM_GOLD'], True


def _offered(item: str, settings: dict[str, Any], **bios: Any) -> Prepare:
    """Return what boots a server on a cloud that offers one item more.

    :param bios: what the node's BIOS says before.
    """

    def prepare(world: World) -> Servers:
        offer(world, item, **settings)
        return (world.boot(NAME, 'bm.large.ht-off', **bios),)

    return prepare


def _ordered(**settings: Any) -> Prepare:
    """Return what boots a server with an item that takes two services."""

    def prepare(world: World) -> Servers:
        offer(world, 'pxe=slot', PxeDev2EnDis='Enabled', **settings)
        return (world.boot(NAME, 'bm.redfish.ht-off'),)

    return prepare


def _resizable(**knobs: Any) -> Prepare:
    def prepare(world: World) -> Servers:
        server = world.boot(
            NAME, 'rz.small.ht-off', node='bm-0', host=RESIZABLE_HOST
        )
        node = world.nodes[server.node_uuid or '']
        node.driver_info.update(knobs)
        world.set_bios(node, {'LogicalProc': 'Disabled'})
        return (server,)

    return prepare


def _movable(world: World) -> Servers:
    """Return a server of a cloud that resizes bare metal to another node."""
    host = Host('devcloud', can_resize=True)
    return (world.boot(NAME, 'bm.large.ht-off', host=host),)


def _fleet(world: World) -> Servers:
    """Return servers of which one node is on, one off and one Redfish."""
    return (
        *boot('bm.large.ht-off')(world),
        *_off(world, 'web-2', 'bm.large.ht-off'),
        world.boot('web-3', 'bm.redfish.ht-off'),
    )


def _off(
    world: World, name: str = NAME, flavor: str = 'bm.redfish.ht-off'
) -> Servers:
    server = world.boot(name, flavor)
    stop(world, server)
    return (server,)


def _deferred(*items: str, is_off: bool = True, **knobs: Any) -> Prepare:
    """Return what boots a server of which items are deferred.

    :param knobs: of its node.
    """

    def prepare(world: World) -> Servers:
        [server] = boot('bm.large.ht-off', **knobs)(world)
        for name, _, value in (item.partition('=') for item in items):
            defer(server, name, value)
        if is_off:
            stop(world, server)
        return (server,)

    return prepare


def defer(server: Server, name: str, value: str) -> None:
    """Have somebody have deferred an item of a server."""
    entry = {'value': value, 'by': 'u', 'at': '2026-11-30T20:10:00+00:00'}
    server.metadata[f'deploy-config-deferred:{name}'] = json.dumps(entry)


def _drifting(world: World) -> Servers:
    """Return a server that drifts, of which something else is deferred."""
    [server] = _deferred('turbo=disabled', is_off=False)(world)
    node = world.nodes[server.node_uuid or '']
    world.set_bios(node, {'LogicalProc': 'Enabled'})
    return (server,)


def stop(world: World, server: Server) -> None:
    """Have a server off, which somebody has stopped long ago."""
    server.vm_state, server.power = 'stopped', OFF
    world.nodes[server.node_uuid or ''].power_state = OFF
    world.clock.sleep(60)
    at, who = world.clock.utc(), (server.user_id, server.project_id)
    server.actions.append(Action('stop', 'req-1', *who, at, at))
    world.clock.sleep(3600)


ENABLE = ('--hyperthreading', 'enabled')
SERVICE = Scenario('service', 'mona', ENABLE, boot('bm.large.ht-off'))
RUNBOOK = Scenario('runbook', 'operator', ENABLE, boot('bm.large.ht-off'))
RESIZE = Scenario(
    'resize', 'mona', (*ENABLE, '--method', 'resize'), _resizable()
)
DEFERRED = Scenario(
    'deferred',
    'operator',
    ('--only-off',),
    _deferred('hyperthreading=enabled', 'turbo=disabled', 'sriov=disabled'),
    command='apply',
)
FLEET = Scenario('fleet', 'mona', ENABLE, _fleet)
PXE = ('--config', 'pxe=slot', '--max-reboots', '2')
ORDERED = Scenario(
    'ordered',
    'mona',
    PXE,
    _ordered(PxeDev2Interface='NIC.Slot.5-1'),
)
SCENARIOS = (
    SERVICE,
    RUNBOOK,
    RESIZE,
    FLEET,
    DEFERRED,
    Scenario(
        'defer',
        'mona',
        (*ENABLE, '--turbo', 'disabled', '--defer'),
        _deferred('turbo=disabled'),
    ),
    Scenario('deferred and drift', 'mona', (), _drifting, command='apply'),
    Scenario(
        'deferred undone',
        'mona',
        (),
        _deferred(
            'hyperthreading=enabled',
            is_off=False,
            fake_bios_fail='the BMC says no',
        ),
        code=4,
        command='apply',
    ),
    Scenario(
        'deferred set',
        'mona',
        ENABLE,
        _deferred('hyperthreading=disabled', 'turbo=disabled', is_off=False),
    ),
    Scenario(
        'deferred unset',
        'mona',
        ('--config', 'hyperthreading', '--apply'),
        _deferred('hyperthreading=enabled', is_off=False),
        command='unset',
    ),
    Scenario('redfish', 'mona', ENABLE, boot('bm.redfish.ht-off')),
    Scenario('off', 'mona', ENABLE, _off),
    Scenario(
        'no stop', 'mona', (*ENABLE, '--no-stop'), boot('bm.large.ht-off')
    ),
    Scenario(
        'two items',
        'mona',
        (*ENABLE, '--turbo', 'disabled', '--sriov', 'disabled'),
        boot('bm.large.ht-off'),
    ),
    Scenario(
        'boolean',
        'mona',
        ('--config', 'quiet-boot=disabled'),
        _offered('quiet-boot=disabled', {'QuietBoot': False}),
    ),
    # The firmware ignores EnergyPerfBias while it is locked.
    Scenario(
        'boolean undone',
        'mona',
        ('--config', 'quiet-boot=disabled'),
        _offered(
            'quiet-boot=disabled',
            {'QuietBoot': 'false', 'EnergyPerfBias': 'MaxPerf'},
            WorkloadProfile='GeneralPowerEfficientCompute',
        ),
        code=4,
    ),
    Scenario(
        'profile',
        'mona',
        ('--config', 'workload=hpc'),
        _offered(
            'workload=hpc', {'WorkloadProfile': 'HighPerformanceCompute(HPC)'}
        ),
    ),
    # The profile sets SriovGlobalEnable otherwise, and ProcVirtualization,
    # which nobody has asked for and which stays so.
    Scenario(
        'profile undone',
        'mona',
        ('--config', 'workload=hpc'),
        _offered(
            'workload=hpc',
            {
                'WorkloadProfile': 'HighPerformanceCompute(HPC)',
                'SriovGlobalEnable': 'Enabled',
            },
        ),
        code=5,
    ),
    ORDERED,
    # Whether the BMC takes that is seen only once the device is enabled.
    Scenario(
        'ordered undone',
        'operator',
        PXE,
        _ordered(PxeDev2Interface='NIC.Embedded.2-1-1'),
        code=4,
    ),
    # Ironic goes on calling it read-only.
    Scenario(
        'ordered locked',
        'operator',
        PXE,
        _ordered(PxeDev2VlanId=7),
        code=4,
    ),
    # By then the registry does not list it.
    Scenario(
        'ordered refused',
        'operator',
        PXE,
        _ordered(PxeDev2Interface='NIC.None'),
        code=4,
    ),
    Scenario(
        'late',
        'mona',
        ENABLE,
        boot('bm.large.ht-off', fake_bios_late=True),
        code=5,
    ),
    Scenario(
        'ignored',
        'mona',
        ENABLE,
        boot('bm.large.ht-off', fake_bios_ignore=True),
        code=5,
    ),
    Scenario(
        'failed',
        'mona',
        ENABLE,
        boot('bm.large.ht-off', fake_bios_fail='the BMC says no'),
        code=4,
    ),
    Scenario(
        'failed resize',
        'mona',
        (*ENABLE, '--method', 'resize'),
        _resizable(fake_bios_fail='the BMC says no'),
        code=4,
    ),
    Scenario(
        'ignored resize',
        'mona',
        (*ENABLE, '--method', 'resize'),
        _resizable(fake_bios_ignore=True),
        code=5,
    ),
    Scenario(
        'moved',
        'mona',
        (*ENABLE, '--method', 'resize'),
        _movable,
        code=4,
        settings=MOVING,
    ),
    Scenario(
        'allowed to move',
        'mona',
        (*ENABLE, '--method', 'resize', '--allow-move'),
        _movable,
        settings=MOVING,
    ),
    Scenario(
        'bounced resize',
        'mona',
        (*ENABLE, '--method', 'resize'),
        boot('bm.large.ht-off'),
        code=4,
    ),
)
