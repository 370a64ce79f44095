"""Who may do what to a node or a runbook, after Ironic's default policies.

Owns the tables. Never answers anybody: the API turns a no into 403 or 404.
"""

from tests.model.records import Node, Runbook, Token

_SYSTEM = {
    'baremetal:node:get': 'reader',
    'baremetal:node:history:get': 'reader',
    'baremetal:node:get:driver_info': 'reader',
    'baremetal:node:get:driver_internal_info': 'reader',
    'baremetal:node:get:last_error': 'reader',
    'baremetal:node:get:reservation': 'reader',
    'baremetal:deploy_template:get': 'reader',
    'baremetal:runbook:get': 'reader',
}
# What a project needs to be able to, as a node's lessee and as its owner.
_LESSEE = {
    'baremetal:node:get': 'reader',
    'baremetal:node:set_power_state': 'member',
    'baremetal:node:update_extra': 'member',
    'baremetal:node:update_instance_info': 'manager',
    'baremetal:node:set_maintenance': 'manager',
    'baremetal:node:clear_maintenance': 'manager',
    'baremetal:node:set_provision_state': 'manager',
    'baremetal:node:set_provision_state:service_steps': 'manager',
}
_OWNER = {
    'baremetal:node:get': 'reader',
    'baremetal:node:history:get': 'reader',
    'baremetal:node:get:driver_info': 'reader',
    'baremetal:node:get:driver_internal_info': 'reader',
    'baremetal:node:get:last_error': 'reader',
    'baremetal:node:get:reservation': 'reader',
    'baremetal:node:set_power_state': 'member',
    'baremetal:node:update': 'member',
    'baremetal:node:update_extra': 'member',
    'baremetal:node:update_instance_info': 'member',
    'baremetal:node:update:driver_info': 'manager',
    'baremetal:node:set_maintenance': 'member',
    'baremetal:node:clear_maintenance': 'member',
    'baremetal:node:set_provision_state': 'member',
    'baremetal:node:set_provision_state:service_steps': 'member',
}


def may(token: Token, policy: str, node: Node | None = None) -> bool:
    """Return whether somebody may do something, to a node if one is given."""
    if token.is_system:
        return _SYSTEM.get(policy, 'member') in token.roles
    if node is None or token.project is None:
        return False
    mine = token.project.id
    return (node.owner == mine and _OWNER.get(policy) in token.roles) or (
        node.lessee == mine and _LESSEE.get(policy) in token.roles
    )


def may_see_runbook(token: Token, runbook: Runbook) -> bool:
    """Return whether a runbook is shown to somebody."""
    if token.is_system:
        return 'reader' in token.roles
    return runbook.public or _is_owner(token, runbook, 'reader')


def may_use_runbook(token: Token, runbook: Runbook) -> bool:
    """Return whether somebody may have a runbook carried out.

    Also whether they may change it; being public is not enough for either.
    """
    if token.is_system:
        return 'member' in token.roles
    return _is_owner(token, runbook, 'manager')


def may_create_runbook(token: Token) -> bool:
    """Return whether somebody may make a runbook."""
    return ('member' if token.is_system else 'manager') in token.roles


def _is_owner(token: Token, runbook: Runbook, role: str) -> bool:
    project = token.project.id if token.project else None
    return runbook.owner == project is not None and role in token.roles
