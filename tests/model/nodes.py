"""How Ironic shows nodes, BIOS settings, templates, runbooks and history.

Owns what is in a document, by the microversion and by who asks. Never
refuses anybody.
"""

import datetime
from collections.abc import Collection
from typing import Any

from tests.devcloud.ironic_plugin.devcloud_ironic import attributes
from tests.model import policy
from tests.model.records import (
    BiosSetting,
    Document,
    History,
    Node,
    Runbook,
    Template,
)
from tests.model.wsgi import Call, Version

SHORT = (
    'uuid',
    'instance_uuid',
    'maintenance',
    'power_state',
    'provision_state',
    'name',
)
_INTERFACES = (
    'boot',
    'console',
    'deploy',
    'inspect',
    'management',
    'power',
    'raid',
    'vendor',
)
# Since which version of the API a node has a field; the others always had it.
SINCE: dict[str, Version] = {
    'name': (1, 5),
    'driver_internal_info': (1, 3),
    'clean_step': (1, 7),
    'raid_config': (1, 12),
    'target_raid_config': (1, 12),
    'network_interface': (1, 20),
    'resource_class': (1, 21),
    'storage_interface': (1, 33),
    **{f'{kind}_interface': (1, 31) for kind in _INTERFACES},
    'rescue_interface': (1, 38),
    'inspection_started_at': (1, 6),
    'inspection_finished_at': (1, 6),
    'traits': (1, 37),
    'bios_interface': (1, 40),
    'fault': (1, 42),
    'deploy_step': (1, 44),
    'conductor_group': (1, 46),
    'automated_clean': (1, 47),
    'protected': (1, 48),
    'protected_reason': (1, 48),
    'conductor': (1, 49),
    'owner': (1, 50),
    'description': (1, 51),
    'allocation_uuid': (1, 52),
    'retired': (1, 61),
    'retired_reason': (1, 61),
    'lessee': (1, 65),
    'network_data': (1, 66),
    'boot_mode': (1, 75),
    'secure_boot': (1, 75),
    'shard': (1, 82),
    'parent_node': (1, 83),
    'firmware_interface': (1, 86),
    'service_step': (1, 87),
    'disable_power_off': (1, 95),
    'instance_name': (1, 104),
    'health': (1, 109),
}
# What every node has as it is, there being nothing of the kind here.
_FIXED: Document = {
    'automated_clean': None,
    'boot_mode': None,
    'clean_step': {},
    'conductor_group': '',
    'console_enabled': False,
    'disable_power_off': False,
    'deploy_step': {},
    'description': None,
    'health': None,
    'inspection_finished_at': None,
    'inspection_started_at': None,
    'network_data': {},
    'parent_node': None,
    'protected': False,
    'protected_reason': None,
    'raid_config': {},
    'retired': False,
    'retired_reason': None,
    'secure_boot': None,
    'shard': None,
    'target_raid_config': {},
    'conductor': 'devcloud',
    'allocation_uuid': None,
    'chassis_uuid': None,
}
_PLAIN = (
    'uuid',
    'name',
    'provision_state',
    'target_provision_state',
    'power_state',
    'target_power_state',
    'maintenance',
    'maintenance_reason',
    'fault',
    'reservation',
    'last_error',
    'instance_uuid',
    'owner',
    'lessee',
    'service_step',
    'driver_info',
    'extra',
    'instance_info',
    'traits',
)
_LINKED: dict[str, Version] = {
    'ports': (1, 1),
    'states': (1, 14),
    'portgroups': (1, 24),
    'volume': (1, 32),
}
FIELDS = frozenset(
    (
        *_FIXED,
        *_PLAIN,
        *SINCE,
        'created_at',
        'updated_at',
        'provision_updated_at',
        'properties',
        'driver',
    )
)
# What is hidden from those who are not the owner, and what is shown instead.
_HIDDEN: Document = {
    'driver_info': {
        'content': '** Redacted - requires baremetal:node:get:driver_info '
        'permission. **'
    },
    'driver_internal_info': {
        'content': '** Redacted - Requires baremetal:node:get:'
        'driver_internal_info permission. **'
    },
    'last_error': '** Value Redacted - Requires baremetal:node:get:'
    'last_error permission. **',
    'reservation': '** Redacted - requires baremetal:node:get:reservation '
    'permission. **',
}


def node(
    call: Call, one: Node, fields: Collection[str] | None = None
) -> Document:
    """Return a node, or these fields of it."""
    everything = _values(one)
    wanted = FIELDS if fields is None else fields
    found = {
        name: _shown(call, one, name, everything)
        for name in wanted
        if call.version >= SINCE.get(name, (1, 1))
    }
    found['links'] = _links(call, f'nodes/{one.uuid}')
    if fields is None:
        for kind, since in _LINKED.items():
            if call.version >= since:
                found[kind] = _links(call, f'nodes/{one.uuid}/{kind}')
    return found


def _values(one: Node) -> Document:
    return (
        _FIXED
        | one.fields
        | {name: getattr(one, name) for name in _PLAIN}
        | {
            'created_at': _stamp(one.created),
            'updated_at': _stamp(one.updated),
            'provision_updated_at': _stamp(one.provision_updated),
            'instance_name': one.instance_info.get('display_name'),
            'driver_internal_info': {'service_steps': one.steps or None},
        }
    )


def _shown(call: Call, one: Node, name: str, everything: Document) -> Any:
    wanted = f'baremetal:node:get:{name}'
    if name in _HIDDEN and not policy.may(call.token, wanted, one):
        return _HIDDEN[name]
    return everything.get(name)


def states(one: Node) -> Document:
    """Return the states of a node; Ironic hides none of this from anybody."""
    return {
        'console_enabled': False,
        'last_error': one.last_error,
        'power_state': one.power_state,
        'provision_state': one.provision_state,
        'target_power_state': one.target_power_state,
        'target_provision_state': one.target_provision_state,
        'provision_updated_at': _stamp(one.provision_updated),
        'raid_config': {},
        'target_raid_config': {},
        'boot_mode': None,
        'secure_boot': None,
    }


def bios(
    call: Call, one: Node, setting: BiosSetting, *, detail: bool
) -> Document:
    """Return a BIOS setting; in detail, with what the registry says."""
    found: Document = {
        'created_at': _stamp(setting.created),
        'updated_at': _stamp(setting.updated),
        'name': setting.name,
        'value': setting.value,
        'links': _links(call, f'nodes/{one.uuid}/bios/{setting.name}'),
    }
    attribute = attributes.BY_NAME.get(setting.name)
    has_registry = not one.driver_info.get('no_registry')
    if detail and attribute is not None and has_registry:
        text = attribute.kind == 'String'
        number = attribute.kind == 'Integer'
        found |= {
            'attribute_type': attribute.kind,
            'allowable_values': list(attribute.values),
            'lower_bound': attribute.lower if number else None,
            'upper_bound': attribute.upper if number else None,
            'min_length': attribute.lower if text else None,
            'max_length': attribute.upper if text else None,
            'read_only': setting.read_only,
            'reset_required': not attribute.read_only,
            'unique': attribute.unique,
        }
    return found


def history(
    call: Call, one: Node, entry: History, *, detail: bool
) -> Document:
    """Return an entry of a node's history."""
    found: Document = {
        'uuid': entry.uuid,
        'created_at': _stamp(entry.created),
        'severity': entry.severity,
        'event': entry.event if detail else _cut(entry.event),
        'links': _links(call, f'nodes/{one.uuid}/history/{entry.uuid}')[:1],
    }
    if detail:
        found |= {
            'event_type': entry.event_type,
            'conductor': 'devcloud',
            'user': entry.user_id,
        }
        if call.version >= (1, 115):
            found['state'] = entry.state
    return found


def template(call: Call, one: Template, *, detail: bool) -> Document:
    """Return a deploy template."""
    found: Document = {'uuid': one.uuid, 'name': one.name}
    if detail:
        found |= {
            'created_at': _stamp(one.created),
            'updated_at': _stamp(one.updated),
            'extra': one.extra,
            'steps': one.steps,
        }
    found['links'] = _links(call, f'deploy_templates/{one.uuid}')
    return found


def runbook(call: Call, one: Runbook, *, detail: bool) -> Document:
    """Return a runbook."""
    found: Document = {'uuid': one.uuid, 'name': one.name}
    if detail:
        found |= {
            'created_at': _stamp(one.created),
            'updated_at': _stamp(one.updated),
            'extra': one.extra,
            'public': one.public,
            'owner': one.owner,
            'disable_ramdisk': one.disable_ramdisk,
            'steps': one.steps,
        }
        if call.version >= (1, 112):
            found['traits'] = sorted(one.traits)
            found['description'] = one.description
    found['links'] = _links(call, f'runbooks/{one.uuid}')
    return found


def _links(call: Call, path: str) -> list[Document]:
    return [
        {'href': call.url(f'/v1/{path}'), 'rel': 'self'},
        {'href': call.url(f'/{path}'), 'rel': 'bookmark'},
    ]


def _cut(text: str) -> str:
    return text if len(text) <= 255 else f'{text[:252]}...'


def _stamp(when: datetime.datetime | None) -> str | None:
    return when.strftime('%Y-%m-%dT%H:%M:%S+00:00') if when else None
