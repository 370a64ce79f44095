"""Documents as the services' APIs answer them, of one small cloud.

The server ``web-1`` runs on the node ``rack3-07`` with hyper-threading off.
Each function takes what a test wants to be different.
"""

import json
from typing import Any

SERVER_ID = '5f0c7a1e-3c1c-4a77-9c8c-0a6b40a2a001'
NODE_ID = 'c36cf458-1f0c-4d2e-8f57-7d9f3c1b0002'
IMAGE_ID = '9d1f6a52-6c0e-4e5b-b4be-2b1a0c8d0003'
PROJECT_ID = 'ac3e0000000000000000000000000004'
REDACTED = (
    '** Redacted - requires baremetal:node:get:reservation permission. **'
)

# The digests of all other settings: without LogicalProc, and of all.
REST, REST_OF_ALL = 'e4a6a0577479b2b4', 'bfe3ea82b2e5cc7f'

Document = dict[str, Any]


def flavor(name: str = 'bm.large.ht-off', **specs: str) -> Document:
    """Return a flavor whose extra specs end in ``specs``."""
    value, trait = {
        'bm.large.ht-on': ('enabled', 'CUSTOM_HT_ON'),
        'bm.large.ht-off': ('disabled', 'CUSTOM_HT_OFF'),
    }.get(name, (None, None))
    extra: Document = {'resources:CUSTOM_BAREMETAL_LARGE': '1'}
    if value:
        extra['deploy-config:hyperthreading'] = value
        extra[f'trait:{trait}'] = 'required'
    return {
        'name': name,
        'vcpus': 32,
        'ram': 65536,
        'disk': 100,
        'swap': 0,
        'OS-FLV-EXT-DATA:ephemeral': 0,
        'extra_specs': extra | specs,
    }


def flavors(*names: str) -> Document:
    """Return a page of flavors."""
    listed = names or ('bm.large', 'bm.large.ht-on', 'bm.large.ht-off')
    return {'flavors': [flavor(name) | {'id': name} for name in listed]}


def server(**changes: Any) -> Document:
    """Return a server."""
    embedded = flavor()
    embedded['original_name'] = embedded.pop('name')
    embedded['ephemeral'] = embedded.pop('OS-FLV-EXT-DATA:ephemeral')
    return {
        'id': SERVER_ID,
        'name': 'web-1',
        'status': 'ACTIVE',
        'OS-EXT-STS:task_state': None,
        'flavor': embedded,
        'image': {'id': IMAGE_ID},
        'locked': False,
        'locked_reason': None,
        'metadata': {},
        'tenant_id': PROJECT_ID,
    } | changes


def image(**properties: str) -> Document:
    """Return an image."""
    return {
        'id': IMAGE_ID,
        'name': 'bm-image',
        'status': 'active',
    } | properties


def node(**changes: Any) -> Document:
    """Return a node, as a lessee sees it."""
    return {
        'uuid': NODE_ID,
        'name': 'rack3-07',
        'provision_state': 'active',
        'target_provision_state': None,
        'power_state': 'power on',
        'target_power_state': None,
        'traits': ['HW_CPU_HYPERTHREADING', 'CUSTOM_HT_ON', 'CUSTOM_HT_OFF'],
        'maintenance': False,
        'maintenance_reason': None,
        'fault': None,
        'reservation': REDACTED,
        'last_error': REDACTED,
        'service_step': {},
        'provision_updated_at': '2026-11-22T13:00:00+00:00',
        'owner': None,
        'lessee': PROJECT_ID,
        'driver': 'redfish',
        'properties': {},
    } | changes


def nodes(*found: Document) -> Document:
    """Return a page of nodes."""
    return {'nodes': list(found)}


def bios(value: str = 'Disabled', **others: Document) -> Document:
    """Return the BIOS settings of a node; ``value`` is that of LogicalProc."""
    settings = {
        'LogicalProc': {
            'value': value,
            'attribute_type': 'Enumeration',
            'allowable_values': ['Enabled', 'Disabled'],
            'read_only': False,
        },
        **others,
    }
    return {'bios': [{'name': n} | s for n, s in settings.items()]}


def steps(value: str, **more: Any) -> list[Document]:
    """Return the one step that sets LogicalProc."""
    settings = [{'name': 'LogicalProc', 'value': value}]
    step = {
        'interface': 'bios',
        'step': 'apply_configuration',
        'args': {'settings': settings},
    }
    return [step | more]


def extra(value: str, *traits: str) -> Document:
    """Return what names the config item of a template."""
    return {
        'config-type': 'hyperthreading',
        'config-value': value,
        'required-traits': list(traits),
    }


def deploy_templates() -> Document:
    """Return the two deploy templates."""
    return {
        'deploy_templates': [
            {
                'name': f'CUSTOM_HT_{name}',
                'steps': steps(setting, priority=150),
                'extra': extra(value, 'HW_CPU_HYPERTHREADING'),
            }
            for name, value, setting in (
                ('ON', 'enabled', 'Enabled'),
                ('OFF', 'disabled', 'Disabled'),
            )
        ]
    }


def runbooks() -> Document:
    """Return the two runbooks."""
    return {
        'runbooks': [
            {
                'name': f'ht-{name}',
                'steps': steps(setting, order=1),
                'extra': extra(value),
                'public': True,
                'traits': ['HW_CPU_HYPERTHREADING'],
            }
            for name, value, setting in (
                ('on', 'enabled', 'Enabled'),
                ('off', 'disabled', 'Disabled'),
            )
        ]
    }


def fault(text: str) -> Document:
    """Return how Ironic words an error."""
    if text.startswith('baremetal:'):
        text = f'Access was denied to the following resource: {text}'
    fault = {'faultcode': 'Client', 'faultstring': text, 'debuginfo': None}
    return {'error_message': json.dumps(fault)}
