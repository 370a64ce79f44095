"""Whether a server and its node can be changed now.

Owns what has to be so before anything is touched, apart from the items.
"""

import shlex
from collections.abc import Mapping, Sequence

from osc_baremetal_config.core import recovery
from osc_baremetal_config.core.lifecycle import SERVICING
from osc_baremetal_config.core.metadata import PENDING, Pending
from osc_baremetal_config.core.model import Item, Node, Server


def not_ready(
    server: Server, node: Node, notes: Mapping[str, Pending]
) -> list[str]:
    """Return why server and node cannot be serviced now.

    A run that was cut off left notes; the same wish then goes on with the
    service that is running, and waits for what Nova is doing.
    """
    found = []
    if server.status not in ('ACTIVE', 'SHUTOFF'):
        found.append(
            f'the server is in status {server.status}; it must be ACTIVE or '
            f'SHUTOFF'
        )
    if server.task_state and not notes:
        found.append(
            f'Nova is busy with the server ({server.task_state}); try again '
            f'when it has ended'
        )
    return found + _node_not_ready(node, is_ours=bool(notes))


def locked(server: Server) -> list[str]:
    """Return why nothing of a server may be changed, if it is locked."""
    if not server.is_locked:
        return []
    why = f': "{server.locked_reason}"' if server.locked_reason else ''
    return [f'the server is locked{why} (openstack server unlock {server.id})']


def foreign_notes(
    wish: Sequence[Item],
    notes: Mapping[str, Pending],
    server: Server,
) -> list[str]:
    """Return the changes that have begun and are not what is asked for."""
    asked = {item.type: item.value for item in wish}
    if not any(asked.get(name) != note.value for name, note in notes.items()):
        return []
    noted = sorted((name, note) for name, note in notes.items())
    begun = ', '.join(
        f'{name}={note.value}{_since(note)}' for name, note in noted
    )
    wished = ' '.join(
        f'--config {shlex.quote(f"{name}={note.value}")}'
        for name, note in noted
    )
    keys = ' '.join(
        f'--property {shlex.quote(PENDING + name)}' for name, _ in noted
    )
    return [
        f'a change was begun and has not ended: {begun}; finish it first: '
        f'openstack server config set {wished} {server.id}, or drop it if '
        f'the node is active: openstack server unset {keys} {server.id}'
    ]


def _node_not_ready(node: Node, *, is_ours: bool) -> list[str]:
    found = []
    running = is_ours and node.provision_state in SERVICING
    if node.provision_state == 'service failed':
        why = node.last_error or node.maintenance_reason or 'no reason shown'
        ways = recovery.out_of_service_failed(node)
        return [
            f'node {node} is in state "service failed" ({why}); make it '
            f'active first: {", then: ".join(ways)}'
        ]
    if node.maintenance:
        why = (
            f': "{node.maintenance_reason}"' if node.maintenance_reason else ''
        )
        found.append(
            f'node {node} is in maintenance{why} (an operator ends it: '
            f'openstack baremetal node maintenance unset {node.handle})'
        )
    if node.provision_state != 'active' and not running:
        why = f': {node.last_error}' if node.last_error else ''
        found.append(
            f'node {node} is in state "{node.provision_state}"; it must be '
            f'active{why}'
        )
    elif node.reservation and not running:
        found.append(
            f'node {node} is locked by the conductor {node.reservation}; try '
            f'again in a moment'
        )
    return found


def _since(note: Pending) -> str:
    return f' (at {note.since})' if note.since else ''
