"""Documents of the services as values; never looks at what they mean."""

from collections.abc import Mapping
from typing import Any

from osc_baremetal_config.cloud import texts
from osc_baremetal_config.core.model import (
    BiosSetting,
    Event,
    Flavor,
    Node,
    Server,
    Step,
)


def server(document: Mapping[str, Any]) -> Server:
    """Return a server, as Nova shows one since API 2.47."""
    flavor = document['flavor']
    return Server(
        id=document['id'],
        name=document['name'],
        status=document['status'],
        flavor=Flavor(
            name=flavor['original_name'],
            vcpus=flavor['vcpus'],
            ram_mib=flavor['ram'],
            disk_gib=flavor['disk'],
            ephemeral_gib=flavor['ephemeral'],
            swap_mib=flavor['swap'],
            extra_specs=flavor.get('extra_specs') or {},
        ),
        task_state=document.get('OS-EXT-STS:task_state'),
        image_id=(document.get('image') or {}).get('id'),
        is_locked=bool(document.get('locked')),
        locked_reason=document.get('locked_reason'),
        project_id=document.get('tenant_id'),
        availability_zone=document.get('OS-EXT-AZ:availability_zone'),
        metadata=document.get('metadata') or {},
    )


def node(document: Mapping[str, Any]) -> Node:
    """Return a node."""
    step = document.get('service_step') or {}
    return Node(
        uuid=document['uuid'],
        name=document['name'],
        provision_state=document['provision_state'],
        target_provision_state=document['target_provision_state'],
        power_state=document['power_state'],
        target_power_state=document['target_power_state'],
        traits=frozenset(document['traits']),
        maintenance=bool(document['maintenance']),
        maintenance_reason=_shown(document['maintenance_reason']),
        fault=document['fault'],
        reservation=_shown(document['reservation']),
        last_error=_shown(document['last_error']),
        is_redacted=_is_redacted(document['reservation']),
        service_step=_step(step) if step else None,
        provision_updated_at=document['provision_updated_at'],
        owner=document['owner'],
        lessee=document['lessee'],
    )


def _step(document: Mapping[str, Any]) -> Step:
    return Step(
        interface=document['interface'],
        step=document['step'],
        args=document.get('args') or {},
    )


def _shown(value: str | None) -> str | None:
    """Return a value unless Ironic has hidden it from this user."""
    if value is None or _is_redacted(value):
        return None
    return texts.one_line(value)


def _is_redacted(value: str | None) -> bool:
    """Return whether Ironic has hidden a value from this user.

    It then says ``** Redacted - requires … permission. **`` or
    ``** Value Redacted - Requires … permission. **``.
    """
    return bool(value and value.startswith('**') and 'edacted' in value)


def bios_setting(document: Mapping[str, Any]) -> BiosSetting:
    """Return a BIOS setting."""
    return BiosSetting(
        name=document['name'],
        value=document.get('value'),
        attribute_type=document.get('attribute_type'),
        allowable_values=tuple(document.get('allowable_values') or ()),
        lower_bound=document.get('lower_bound'),
        upper_bound=document.get('upper_bound'),
        min_length=document.get('min_length'),
        max_length=document.get('max_length'),
        read_only=document.get('read_only'),
        updated_at=document.get('updated_at'),
    )


def event(document: Mapping[str, Any]) -> Event:
    """Return an entry of a node's history."""
    return Event(
        at=document['created_at'],
        source='Ironic',
        what=texts.one_line(document.get('event') or ''),
        who=document.get('user'),
        result=document.get('severity') or '',
    )
