"""How Nova shows servers, flavors and actions.

Owns what is in a document, by the microversion and by who asks. Never
refuses anybody.
"""

from __future__ import annotations

import datetime
import hashlib
from typing import TYPE_CHECKING

from tests.model.records import (
    ON,
    Action,
    Document,
    Event,
    Flavor,
    Server,
)
from tests.model.wsgi import Call

if TYPE_CHECKING:
    from tests.model.world import World

_STATUS = {
    'active': 'ACTIVE',
    'building': 'BUILD',
    'deleted': 'DELETED',
    'error': 'ERROR',
    'resized': 'VERIFY_RESIZE',
    'stopped': 'SHUTOFF',
}
_PROGRESS = frozenset(
    ('ACTIVE', 'BUILD', 'RESIZE', 'REVERT_RESIZE', 'VERIFY_RESIZE')
)
_POWER = {None: 0, ON: 1}


def status(server: Server) -> str:
    """Return a server's status, from its vm_state and task_state."""
    task = server.task_state or ''
    if task == 'resize_reverting':
        return 'REVERT_RESIZE'
    if task.startswith('resize_'):
        return 'RESIZE'
    return _STATUS[server.vm_state]


def short(
    call: Call, thing: Server | Flavor, kind: str = 'servers'
) -> Document:
    """Return a server or a flavor as a list without details has it."""
    return {
        'id': thing.id,
        'name': thing.name,
        'links': _links(call, kind, thing.id),
    }


def full(
    world: World, call: Call, server: Server, *, alone: bool = False
) -> Document:
    """Return a server.

    :param alone: it is shown, not one of a list.
    """
    if call.is_down(server):
        return _stub(call, server)
    state = status(server)
    found: Document = short(call, server) | {
        'accessIPv4': '',
        'accessIPv6': '',
        'addresses': {},
        'created': _stamp(server.created),
        'updated': _stamp(server.updated),
        'flavor': _embedded_flavor(call, server.flavor),
        'hostId': host_id(server.project_id, server.host.name),
        'image': _image(call, server),
        'metadata': server.metadata,
        'status': state,
        'tenant_id': server.project_id,
        'user_id': server.user_id,
        'config_drive': '',
        'key_name': None,
        'OS-DCF:diskConfig': 'MANUAL',
        'OS-EXT-AZ:availability_zone': 'nova',
        'OS-EXT-STS:task_state': server.task_state,
        'OS-EXT-STS:vm_state': server.vm_state,
        'OS-EXT-STS:power_state': _POWER.get(server.power, 4),
        'OS-SRV-USG:launched_at': _long_stamp(server.launched),
        'OS-SRV-USG:terminated_at': None,
        'os-extended-volumes:volumes_attached': [],
    }
    if state in _PROGRESS:
        found['progress'] = 0
    if state == 'ERROR':
        found['fault'] = {
            'code': 500,
            'message': server.fault,
            'created': _stamp(server.updated),
        }
    return found | _newer(call, server, alone) | _for_admins(call, server)


def _stub(call: Call, server: Server) -> Document:
    """Return what Nova knows of a server without its cell, since 2.69."""
    return {
        'id': server.id,
        'status': 'UNKNOWN',
        'tenant_id': server.project_id,
        'created': _stamp(server.created),
        'links': _links(call, 'servers', server.id),
    }


def _newer(call: Call, server: Server, alone: bool) -> Document:
    """Return what later versions have more."""
    found: Document = {}
    version = call.version
    if version >= (2, 9):
        found['locked'] = server.locked_by is not None
    if version >= (2, 19):
        found['description'] = None
    if version >= (2, 26):
        found['tags'] = server.tags
    if version >= (2, 63):
        found['trusted_image_certificates'] = None
    if version >= (2, 71) and alone:
        found['server_groups'] = []
    if version >= (2, 73):
        found['locked_reason'] = server.locked_reason
    if version >= (2, 90):
        found['OS-EXT-SRV-ATTR:hostname'] = server.name
    if version >= (2, 96):
        found['pinned_availability_zone'] = None
    if version >= (2, 100):
        found['scheduler_hints'] = {}
    return found


def _for_admins(call: Call, server: Server) -> Document:
    if not call.token.is_admin:
        return {}
    hypervisor = server.host.name
    if server.host.is_ironic:
        hypervisor = server.node_uuid or hypervisor
    found: Document = {
        'OS-EXT-SRV-ATTR:host': server.host.name,
        'OS-EXT-SRV-ATTR:hypervisor_hostname': hypervisor,
        'OS-EXT-SRV-ATTR:instance_name': f'instance-{server.number:08x}',
    }
    if call.version >= (2, 3):
        found |= {
            'OS-EXT-SRV-ATTR:kernel_id': '',
            'OS-EXT-SRV-ATTR:launch_index': 0,
            'OS-EXT-SRV-ATTR:ramdisk_id': '',
            'OS-EXT-SRV-ATTR:reservation_id': f'r-{server.number:08x}',
            'OS-EXT-SRV-ATTR:root_device_name': '/dev/sda',
            'OS-EXT-SRV-ATTR:user_data': None,
        }
    if call.version >= (2, 16):
        found['host_status'] = 'UP'
    return found


def flavor(call: Call, one: Flavor) -> Document:
    """Return a flavor."""
    found = short(call, one, 'flavors') | {
        'ram': one.ram,
        'disk': one.disk,
        'swap': one.swap or ('' if call.version < (2, 75) else 0),
        'OS-FLV-EXT-DATA:ephemeral': one.ephemeral,
        'OS-FLV-DISABLED:disabled': False,
        'vcpus': one.vcpus,
        'os-flavor-access:is_public': one.is_public,
        'rxtx_factor': 1.0,
    }
    if call.version >= (2, 55):
        found['description'] = one.description
    if call.version >= (2, 61):
        found['extra_specs'] = dict(one.extra_specs)
    return found


def action(
    call: Call, server: Server, one: Action, *, alone: bool = False
) -> Document:
    """Return an action; alone, with its events for those who may see them."""
    found: Document = {
        'action': one.name,
        'instance_uuid': server.id,
        'request_id': one.request_id,
        'user_id': one.user_id,
        'project_id': one.project_id,
        'start_time': _long_stamp(one.began),
        'message': one.message,
    }
    if call.version >= (2, 58):
        found['updated_at'] = _long_stamp(one.updated)
    if alone and (call.token.is_admin or call.version >= (2, 51)):
        found['events'] = [
            _event(call, server, event) for event in reversed(one.events)
        ]
    return found


def _event(call: Call, server: Server, event: Event) -> Document:
    is_admin = call.token.is_admin
    found: Document = {
        'event': event.name,
        'start_time': _long_stamp(event.began),
        'finish_time': _long_stamp(event.ended),
        'result': event.result,
    }
    if is_admin:
        found['traceback'] = event.traceback
    if call.version >= (2, 62):
        found['hostId'] = host_id(server.project_id, event.host)
        if is_admin:
            found['host'] = event.host
    if call.version >= (2, 84) and is_admin:
        found['details'] = event.details
    return found


def host_id(project_id: str, host: str) -> str:
    """Return what a project may know a host by."""
    return hashlib.sha224(f'{project_id}{host}'.encode()).hexdigest()


def _embedded_flavor(call: Call, one: Flavor) -> Document:
    if call.version < (2, 47):
        link = {'rel': 'bookmark', 'href': _bookmark(call, 'flavors', one.id)}
        return {'id': one.id, 'links': [link]}
    return {
        'vcpus': one.vcpus,
        'ram': one.ram,
        'disk': one.disk,
        'ephemeral': one.ephemeral,
        'swap': one.swap,
        'original_name': one.name,
        'extra_specs': dict(one.extra_specs),
    }


def _image(call: Call, server: Server) -> Document | str:
    if server.image_id is None:
        return ''
    href = _bookmark(call, 'images', server.image_id)
    found: Document = {
        'id': server.image_id,
        'links': [{'rel': 'bookmark', 'href': href}],
    }
    if call.version >= (2, 98):
        found['properties'] = {}
    return found


def _links(call: Call, kind: str, thing_id: str) -> list[Document]:
    return [
        {'rel': 'self', 'href': call.url(f'/v2.1/{kind}/{thing_id}')},
        {'rel': 'bookmark', 'href': _bookmark(call, kind, thing_id)},
    ]


def _bookmark(call: Call, kind: str, thing_id: str) -> str:
    return call.url(f'/{kind}/{thing_id}')


def _stamp(when: datetime.datetime) -> str:
    return when.strftime('%Y-%m-%dT%H:%M:%SZ')


def _long_stamp(when: datetime.datetime | None) -> str | None:
    return when.strftime('%Y-%m-%dT%H:%M:%S.000000') if when else None
