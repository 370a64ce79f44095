"""Whether a server and its node can be changed now.

Owns what must hold before anything is changed, apart from the items.
"""

from collections.abc import Mapping, Sequence

from osc_baremetal_config.core.facts import violations
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import Item, Node, Server
from osc_baremetal_config.core.facts.provision_state import FAULT, SERVICING
from osc_baremetal_config.core.facts.violations import Violation

_STABLE = frozenset({'ACTIVE', 'SHUTOFF'})
_RESIZING = _STABLE | {'RESIZE', 'VERIFY_RESIZE', 'REVERT_RESIZE'}


def not_ready(
    server: Server, node: Node, entries: Mapping[str, Pending]
) -> list[Violation]:
    """Return why server and node cannot be changed now.

    A run that was killed left entries; the same request then resumes what
    is running, and waits for what Nova is doing.
    """
    found = _elsewhere(server, node, entries)
    statuses = (
        _RESIZING if any(n.resize for n in entries.values()) else _STABLE
    )
    if server.status not in statuses:
        found.append(violations.server_status(server))
    if server.task_state and not entries:
        found.append(violations.server_busy(server))
    return found + _node_not_ready(server, node, is_ours=bool(entries))


def locked(server: Server) -> list[Violation]:
    """Return that nothing of a server may be changed, if it is locked."""
    return [violations.server_locked(server)] if server.is_locked else []


def foreign_entries(
    request: Sequence[Item],
    entries: Mapping[str, Pending],
    digest: str,
    server: Server,
) -> list[Violation]:
    """Return that another change has started than what is asked for.

    :param digest: of the request; an entry without one is known by its value.
    """
    asked = {item.type: item.value for item in request}
    foreign = [
        f'{name}={entry.value}{_since(entry)}'
        for name, entry in sorted(entries.items())
        if (entry.digest or digest) != digest or asked.get(name) != entry.value
    ]
    started = ', '.join(foreign)
    if not foreign:
        return []
    return [violations.unfinished_change(server, started, is_other=True)]


def _elsewhere(
    server: Server, node: Node, entries: Mapping[str, Pending]
) -> list[Violation]:
    """Return that a change was started on another node, if it was.

    Only a resize takes a server to another one and is still the same change.
    """
    others = {
        entry.node
        for entry in entries.values()
        if entry.node not in (None, node.uuid) and not entry.resize
    }
    return [
        violations.server_moved(server, other, node)
        for other in sorted(filter(None, others))
    ]


def _node_not_ready(
    server: Server, node: Node, *, is_ours: bool
) -> list[Violation]:
    state = node.provision_state
    held = [violations.node_maintenance(node)] if node.maintenance else []
    if state == 'service failed':
        if node.fault == FAULT:
            held = []
        failed = [] if is_ours else [violations.service_failed(server, node)]
        return held + failed
    if is_ours and state in SERVICING:
        return []
    if state != 'active':
        return [*held, violations.node_state(node)]
    return held + (
        [violations.node_reserved(node)] if node.reservation else []
    )


def _since(entry: Pending) -> str:
    return f' (at {entry.since})' if entry.since else ''
