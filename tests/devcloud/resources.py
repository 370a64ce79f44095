"""What the cloud offers: nodes, templates, runbooks, flavors, images.

Owns the definitions of those that the model of the clouds has too, and how
all are made.  Run again it changes only what is missing.
"""

import collections
import collections.abc
import concurrent.futures
import dataclasses
import functools
import hashlib
import threading

from tests.devcloud import api, health, redfish
from tests.devcloud import layout as layouts

Text = dict[str, str]
Flavors = dict[str, tuple[api.Json, Text]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One config item, and what gives it to a node."""

    type: str
    value: str
    setting: str
    bios: str
    trait: str
    template: str
    runbook: str

    @property
    def extra(self) -> api.Json:
        """What tells which item a template or a runbook gives."""
        return {
            'config-type': self.type,
            'config-value': self.value,
            'required-traits': []
            if self.value == 'disabled'
            else [self.trait],
        }

    @property
    def approved_for(self) -> str:
        """The trait of the nodes that the runbook is approved for.

        What is to be off needs no capability, but a runbook needs a trait.
        """
        return 'CUSTOM_GOLD' if self.value == 'disabled' else self.trait

    def runbook_at(self, version: api.Version) -> str:
        """Return the name of the runbook in a version of Ironic's API.

        It is a trait of the nodes until runbooks have traits themselves.
        """
        if version >= RUNBOOK_TRAITS:
            return self.runbook
        return f'CUSTOM_RUNBOOK_{self.runbook.upper().replace("-", "_")}'

    @property
    def step(self) -> api.Json:
        """The step that sets the BIOS, without its place in the order."""
        settings = [{'name': self.setting, 'value': self.bios}]
        return {
            'interface': 'bios',
            'step': 'apply_configuration',
            'args': {'settings': settings},
        }


SMT = 'HW_CPU_HYPERTHREADING'
TRAITS = (
    SMT,
    'HW_CPU_X86_VMX',
    'HW_NIC_SRIOV',
    'CUSTOM_HYPERTHREADING_ON',
    'CUSTOM_HYPERTHREADING_OFF',
    'CUSTOM_GOLD',
    'CUSTOM_X',
)
# What a template or runbook is called, config-value, BIOS value.
SWITCHES = (('on', 'enabled', 'Enabled'), ('off', 'disabled', 'Disabled'))
# What a node can be given: type, value, the BIOS setting and its value, the
# trait that the node needs, and how the template and the runbook are called.
ITEMS = (
    *(
        Item(
            type='hyperthreading',
            value=value,
            setting='LogicalProc',
            bios=bios,
            trait=SMT,
            template=f'CUSTOM_HYPERTHREADING_{short.upper()}',
            runbook=f'ht-{short}',
        )
        for short, value, bios in SWITCHES
    ),
    *(
        Item(
            type=kind,
            value=value,
            setting=setting,
            bios=bios,
            trait=trait,
            template=f'CUSTOM_{kind.upper()}_{short.upper()}',
            runbook=f'{kind}-{short}',
        )
        for kind, setting, trait in (
            ('virtualization', 'ProcVirtualization', 'HW_CPU_X86_VMX'),
            ('sriov', 'SriovGlobalEnable', 'HW_NIC_SRIOV'),
            ('turbo', 'ProcTurboMode', 'CUSTOM_GOLD'),
        )
        for short, value, bios in SWITCHES
    ),
    *(
        Item(
            type='numa-per-socket',
            value=number,
            setting='NumaNodesPerSocket',
            bios=number,
            trait='CUSTOM_GOLD',
            template=f'CUSTOM_NUMA_PER_SOCKET_{number}',
            runbook=f'numa-per-socket-{number}',
        )
        for number in ('1', '2', '4')
    ),
)
FIRMWARE, RUNBOOKS, RUNBOOK_TRAITS = (1, 86), (1, 92), (1, 112)
# Since when Ironic has what is left out of a cloud that lacks it.
SINCE = {
    'firmware interfaces': FIRMWARE,
    'services': (1, 87),
    'runbooks': RUNBOOKS,
    'traits of runbooks': RUNBOOK_TRAITS,
}
LIMIT_S = 120.0
# So many templates are made at once.
_AT_ONCE = 4


def bare_node(name: str) -> api.Json:
    """Return a node that exists only in Ironic.

    Its interfaces are Ironic's fake ones but for BIOS and deploy, which
    behave as real ones do; see ``ironic_plugin``.
    """
    interfaces = {
        'bios': 'fake-day2',
        'boot': 'fake',
        'console': 'fake',
        'deploy': 'fake-day2',
        'firmware': 'fake',
        'inspect': 'fake',
        'management': 'fake',
        'network': 'noop',
        'power': 'fake',
        'raid': 'fake',
        'rescue': 'fake',
        'storage': 'noop',
        'vendor': 'fake',
    }
    return {
        'name': name,
        'driver': 'fake-hardware',
        'resource_class': 'baremetal.large',
        'properties': {
            'cpus': '32',
            'memory_mb': '65536',
            'local_gb': '100',
            'cpu_arch': 'x86_64',
        },
        'extra': {'rack': f'r{name[-1]}'},
        **{f'{kind}_interface': value for kind, value in interfaces.items()},
    }


def redfish_node(name: str, redfish_url: str) -> api.Json:
    """Return a node whose power, management and BIOS are real Redfish.

    Deploy and boot are fake, so that Nova can use it without an image being
    written; the driver is ``fake-hardware`` because only that allows it.
    Each has a user of its own, so that Ironic has a session for each, as with
    BMCs that are apart.
    """
    return bare_node(name) | {
        'resource_class': 'baremetal.redfish',
        'bios_interface': 'redfish',
        'management_interface': 'redfish',
        'power_interface': 'redfish',
        'firmware_interface': 'no-firmware',
        'driver_info': {
            'redfish_address': redfish_url,
            'redfish_system_id': f'/redfish/v1/Systems/{redfish.system(name)}',
            'redfish_username': name,
            'redfish_password': 'unused',
            'redfish_auth_type': 'basic',
            'redfish_verify_ca': False,
        },
        'properties': {
            'cpus': '8',
            'memory_mb': '1024',
            'local_gb': '10',
            'cpu_arch': 'x86_64',
        },
        'extra': {},
    }


def nodes(redfish_url: str) -> list[api.Json]:
    """Return the nodes that have no real machine's BIOS."""
    bare = [bare_node(f'bm-{number}') for number in range(4)]
    return bare + [redfish_node(name, redfish_url) for name in redfish.PLAIN]


def traits(name: str) -> tuple[str, ...]:
    """Return a node's traits; bm-3 is the one that is not capable."""
    if name == 'bm-3':
        return ('CUSTOM_GOLD',)
    if name in redfish.MACHINES:
        return (*TRAITS, vendor_trait(name))
    return TRAITS


def _approvals(name: str, version: api.Version) -> list[str]:
    """Return the names of runbooks that a node has to have as traits."""
    if not RUNBOOKS <= version < RUNBOOK_TRAITS:
        return []
    own = traits(name)
    return [
        item.runbook_at(version) for item in ITEMS if item.approved_for in own
    ]


def vendor_trait(node: str) -> str:
    """Return the trait that a node with a real machine's BIOS alone has."""
    return f'CUSTOM_{redfish.vendor(node).upper().replace("-", "_")}'


def enroll(
    admin: api.Admin, wanted: list[api.Json], cancel: threading.Event
) -> None:
    """Enroll nodes, and bring them to available; all at once.

    :param wanted: what :func:`bare_node` or :func:`redfish_node` returns.
    """
    ironic = admin.ironic()
    wanted = [_fitted(node, admin.layout, ironic.version) for node in wanted]
    found = {
        node['name']: node for node in ironic.get('/nodes/detail')['nodes']
    }
    with concurrent.futures.ThreadPoolExecutor(len(wanted)) as pool:
        futures = [
            pool.submit(_make_node, ironic, node, found, cancel)
            for node in wanted
        ]
        for future in futures:
            future.result()


def _fitted(
    node: api.Json, layout: layouts.Layout, version: api.Version
) -> api.Json:
    """Return a node with the interfaces that a release has."""
    fitted = dict(node)
    if version < FIRMWARE:
        del fitted['firmware_interface']
    if layout.release.boots_agent and 'driver_info' in node:
        fitted |= {
            'boot_interface': 'fake-day2',
            'deploy_interface': 'agent-day2',
        }
    return fitted


def _make_node(
    ironic: api.Api,
    wanted: api.Json,
    found: dict[str, api.Json],
    cancel: threading.Event,
) -> None:
    name = wanted['name']
    node = found.get(name)
    if node is None:
        node = ironic.post('/nodes', wanted)
    elif 'redfish_address' in node['driver_info']:
        _move_redfish(ironic, node, wanted['driver_info'])
    if node['provision_state'] not in ('enroll', 'verifying', 'manageable'):
        return
    path = f'/nodes/{node["uuid"]}'
    found_traits = [*traits(name), *_approvals(name, ironic.version)]
    ironic.put(f'{path}/traits', {'traits': found_traits})
    if not ironic.get(f'{path}/ports')['ports']:
        ironic.post(
            '/ports', {'node_uuid': node['uuid'], 'address': _mac(name)}
        )
    if node['provision_state'] == 'enroll':
        ironic.put(f'{path}/states/provision', {'target': 'manage'})
    _wait_state(ironic, path, 'manageable', cancel)
    _power_off(ironic, path, cancel)
    ironic.put(f'{path}/states/provision', {'target': 'provide'})
    _wait_state(ironic, path, 'available', cancel)


def _mac(name: str) -> str:
    """Return the address of a node's port, always the same."""
    if name in redfish.NODES:
        return redfish.mac(name)
    last = hashlib.sha256(name.encode()).digest()[:3]
    return '52:54:00:' + last.hex(':')


def _move_redfish(ironic: api.Api, node: api.Json, wanted: api.Json) -> None:
    """Tell a node where the emulator is, if that has changed."""
    found = node['driver_info']
    changes = [
        {'op': 'add', 'path': f'/driver_info/{key}', 'value': value}
        for key, value in wanted.items()
        # Ironic shows no password.
        if found.get(key) != value and key != 'redfish_password'
    ]
    if changes:
        ironic.patch(f'/nodes/{node["uuid"]}', changes)


def _wait_state(
    ironic: api.Api, path: str, state: str, cancel: threading.Event
) -> None:
    def reached() -> bool:
        node = ironic.get(f'{path}?fields=provision_state,last_error')
        if node['provision_state'].endswith('failed'):
            raise ironic.failed(f'{path}: {node["last_error"]}')
        return bool(node['provision_state'] == state)

    health.wait(f'{path} {state}', reached, cancel, LIMIT_S, poll_s=0.2)


def _power_off(ironic: api.Api, path: str, cancel: threading.Event) -> None:
    def is_off() -> bool:
        node = ironic.get(f'{path}?fields=power_state,target_power_state')
        return (
            node['power_state'] == 'power off'
            and node['target_power_state'] is None
        )

    if not is_off():
        ironic.put(f'{path}/states/power', {'target': 'power off'})
        health.wait(f'{path} off', is_off, cancel, LIMIT_S, poll_s=0.2)


def make_templates(
    admin: api.Admin, items: collections.abc.Sequence[Item]
) -> None:
    """Make the deploy templates, and the public runbooks of the same."""
    ironic = admin.ironic()
    kinds = ['deploy_templates']
    if ironic.version >= RUNBOOKS:
        kinds.append('runbooks')
    found = {name for kind in kinds for name in _names(ironic, kind)}
    make = functools.partial(_make_templates, ironic, found)
    with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        collections.deque(pool.map(make, items), maxlen=0)


def _make_templates(ironic: api.Api, found: set[str], item: Item) -> None:
    """Make the template of an item, and its runbook where there are any."""
    if item.template not in found:
        body: api.Json = {
            'name': item.template,
            'steps': [item.step | {'priority': 150}],
            'extra': item.extra,
        }
        ironic.post('/deploy_templates', body)
    if ironic.version < RUNBOOKS:
        return
    has_traits = ironic.version >= RUNBOOK_TRAITS
    name = item.runbook_at(ironic.version)
    if name not in found:
        body = {
            'name': name,
            'steps': [item.step | {'order': 1}],
            'extra': item.extra,
            'public': True,
        }
        ironic.post('/runbooks', body)
    # On its own, for the case that the last run ended in between.
    path = f'/runbooks/{name}/traits'
    if has_traits and ironic.get(path)['traits'] != [item.approved_for]:
        ironic.put(path, {'traits': [item.approved_for]})


def _names(ironic: api.Api, kind: str) -> set[str]:
    return {item['name'] for item in ironic.get(f'/{kind}')[kind]}


def flavors() -> Flavors:
    """Return body and extra specs of each flavor.

    Those of ``rz.`` land on the compute host that can resize.
    """
    found: Flavors = {}
    for kind in ('large', 'redfish'):
        size, base = bare_flavor(kind)
        found[f'bm.{kind}'] = size, base
        for short, value, _ in SWITCHES:
            specs = {
                f'trait:CUSTOM_HYPERTHREADING_{short.upper()}': 'required',
                'deploy-config:hyperthreading': value,
            }
            found[f'bm.{kind}.ht-{short}'] = size, base | specs
    size = {'vcpus': 1, 'ram': 512, 'disk': 1}
    found['rz.small'] = size, {}
    for short, value, _ in SWITCHES:
        specs = {'deploy-config:hyperthreading': value}
        found[f'rz.small.ht-{short}'] = size, specs
    return found


def bare_flavor(kind: str) -> tuple[api.Json, Text]:
    """Return body and extra specs for the nodes of a resource class."""
    size = {'vcpus': 32, 'ram': 65536, 'disk': 100}
    specs = {f'resources:CUSTOM_BAREMETAL_{kind.upper()}': '1'}
    for name in ('VCPU', 'MEMORY_MB', 'DISK_GB'):
        specs[f'resources:{name}'] = '0'
    return size, specs


def make_flavors(admin: api.Admin, wanted: Flavors) -> None:
    """Make flavors."""
    nova = admin.nova()
    found = {
        flavor['name']: flavor
        for flavor in nova.get('/flavors/detail')['flavors']
    }
    for name, (size, specs) in wanted.items():
        flavor = found.get(name)
        if flavor is None:
            body = {'flavor': {'name': name, **size}}
            flavor = nova.post('/flavors', body)['flavor']
        if specs and flavor['extra_specs'] != specs:
            path = f'/flavors/{flavor["id"]}/os-extra_specs'
            nova.post(path, {'extra_specs': specs})


def make_images(admin: api.Admin) -> None:
    """Make two images of a mebibyte of nothing."""
    glance = admin.glance()
    found = {image['name']: image for image in glance.get('/images')['images']}
    for name, properties in (
        ('bm-image', {}),
        ('bm-image-x', {'trait:CUSTOM_X': 'required'}),
    ):
        image = found.get(name)
        if image is None:
            body = {
                'name': name,
                'disk_format': 'raw',
                'container_format': 'bare',
                'visibility': 'public',
                **properties,
            }
            image = glance.post('/images', body)
        if image['status'] == 'queued':
            glance.put(
                f'/images/{image["id"]}/file',
                data=bytes(1 << 20),
                headers={'Content-Type': 'application/octet-stream'},
            )


def is_ready(admin: api.Admin) -> bool:
    """Say whether every free node, and the other host, can get a server."""
    listed = admin.ironic().get(
        '/nodes?fields=uuid,resource_class,'
        'provision_state,maintenance,instance_uuid'
    )
    free = {
        node['uuid']
        for node in listed['nodes']
        if node['provision_state'] == 'available'
        and not node['maintenance']
        and not node['instance_uuid']
    }
    # Nova's list leaves out hosts that its cells do not know yet.
    hypervisors = admin.nova().get('/os-hypervisors')['hypervisors']
    if not free <= {hypervisor['id'] for hypervisor in hypervisors}:
        return False
    if not any(
        one['hypervisor_hostname'] == 'resizable' for one in hypervisors
    ):
        return False
    # The scheduler passes over a host whose last sign of life is old.
    services = admin.nova().get('/os-services')['services']
    if any(one['state'] != 'up' for one in services):
        return False
    return free <= _providers(admin.placement())


def _providers(placement: api.Api) -> set[str]:
    """Return the nodes that Placement would give away."""
    found: set[str] = set()
    for kind in ('LARGE', 'REDFISH', 'VENDORS'):
        listed = placement.get(
            f'/resource_providers?resources=CUSTOM_BAREMETAL_{kind}:1'
            '&required=CUSTOM_GOLD'
        )
        found |= {one['uuid'] for one in listed['resource_providers']}
    return found
