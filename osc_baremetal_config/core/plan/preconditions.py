"""Whether a server and its node can be changed now.

Owns what must hold before anything is changed, apart from the items.
"""

from collections.abc import Mapping, Sequence

from osc_baremetal_config.core.facts import quoting
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import Item, Node, Server
from osc_baremetal_config.core.facts.provision_state import FAULT, SERVICING

_STABLE = frozenset({'ACTIVE', 'SHUTOFF'})
_RESIZING = _STABLE | {'RESIZE', 'VERIFY_RESIZE', 'REVERT_RESIZE'}


def not_ready(
    server: Server, node: Node, entries: Mapping[str, Pending]
) -> list[str]:
    """Return why server and node cannot be changed now.

    A run that was killed left entries; the same request then resumes what
    is running, and waits for what Nova is doing.
    """
    found = _elsewhere(server, node, entries)
    statuses = (
        _RESIZING if any(n.resize for n in entries.values()) else _STABLE
    )
    if server.status not in statuses:
        found.append(
            f'the server is in status {server.status}; it must be ACTIVE or '
            f'SHUTOFF{_usable_again(server)}'
        )
    if server.task_state and not entries:
        found.append(
            f'Nova is busy with the server ({server.task_state}); try again '
            'when that has finished'
        )
    return found + _node_not_ready(server, node, is_ours=bool(entries))


def _elsewhere(
    server: Server, node: Node, entries: Mapping[str, Pending]
) -> list[str]:
    """Return that a change was started on another node, if it was.

    Only a resize takes a server to another one and is still the same change.
    """
    others = {
        entry.node
        for entry in entries.values()
        if entry.node not in (None, node.uuid) and not entry.resize
    }
    return [
        f'the change was started while the server was on node {other}, and it '
        f'is on {node} now; drop it: openstack server config recover --abort '
        f'{server.id}'
        for other in sorted(filter(None, others))
    ]


def _usable_again(server: Server) -> str:
    """Return who can lead a server out of an error, and how."""
    if server.status != 'ERROR':
        return ''
    return (
        f'. Nova changes neither its power nor its metadata then. Where it is '
        f'to be kept, an administrator can make it usable again: openstack '
        f'server set --state active {server.id}'
    )


def locked(server: Server) -> list[str]:
    """Return why nothing of a server may be changed, if it is locked."""
    if not server.is_locked:
        return []
    why = f': "{server.locked_reason}"' if server.locked_reason else ''
    return [f'the server is locked{why} (openstack server unlock {server.id})']


def foreign_entries(
    request: Sequence[Item],
    entries: Mapping[str, Pending],
    digest: str,
    server: Server,
) -> list[str]:
    """Return the changes that have started and are not what is asked for.

    :param digest: of the request; an entry without one is known by its value.
    """
    asked = {item.type: item.value for item in request}
    foreign = [
        f'{name}={entry.value}{_since(entry)}'
        for name, entry in sorted(entries.items())
        if (entry.digest or digest) != digest or asked.get(name) != entry.value
    ]
    if not foreign:
        return []
    return [
        'another change was started and has not finished: '
        f'{", ".join(foreign)}; to resolve it: openstack server config '
        f'recover {server.id}'
    ]


def _node_not_ready(server: Server, node: Node, *, is_ours: bool) -> list[str]:
    state = node.provision_state
    if state == 'service failed':
        held = node.maintenance and node.fault != FAULT
        found = [_in_maintenance(node)] if held else []
        return found if is_ours else [*found, _has_failed(server, node)]
    found = []
    running = is_ours and state in SERVICING
    if node.maintenance and not running:
        found.append(_in_maintenance(node))
    if state != 'active' and not running:
        why = f': {node.last_error}' if node.last_error else ''
        found.append(
            f'node {node} is in state "{state}"; it must be active{why}'
        )
    elif node.reservation and not running:
        found.append(
            f'node {node} is locked by the conductor {node.reservation}; try '
            f'again in a moment'
        )
    return found


def _has_failed(server: Server, node: Node) -> str:
    why = node.last_error or node.maintenance_reason or 'no reason shown'
    return (
        f'node {node} is in state "service failed" ({why}); make it active '
        f'first: openstack server config recover --abort {server.id}'
    )


def _in_maintenance(node: Node) -> str:
    reason = node.maintenance_reason
    why = f': "{reason}"' if reason else ''
    return (
        f'node {node} is in maintenance{why} (an operator can end it: '
        f'openstack baremetal node maintenance unset {quoting.node(node)})'
    )


def _since(entry: Pending) -> str:
    return f' (at {entry.since})' if entry.since else ''
