"""Ironic's documents as values; never looks at what the values mean."""

from collections.abc import Mapping
from typing import Any

from osc_baremetal_config.core.model import BiosSetting, Node


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
        maintenance_reason=document['maintenance_reason'],
        fault=document['fault'],
        reservation=_shown(document['reservation']),
        last_error=_shown(document['last_error']),
        service_step=f'{step["interface"]}.{step["step"]}' if step else None,
    )


def _shown(value: str | None) -> str | None:
    """Return a value unless Ironic has hidden it from this user.

    It then says ``** Redacted - requires … permission. **`` or
    ``** Value Redacted - Requires … permission. **``.
    """
    if value and value.startswith('**') and 'edacted' in value:
        return None
    return value


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
    )
