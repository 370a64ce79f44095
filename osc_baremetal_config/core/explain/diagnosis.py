"""Where a server and its node are, in words.

Owns what ``recover`` explains. What can be done about it is for
:mod:`.recovery`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from osc_baremetal_config.core.facts import (
    journal,
    provision_state,
    quoting,
)
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import Node, Server
from osc_baremetal_config.core.plan.model import OFF, ON

_RESIZED = 'VERIFY_RESIZE'


@dataclass(frozen=True, slots=True)
class Situation:
    """What is going on with a server.

    :param change: the items of the change that has not finished, if any.
    :param since: when it started, None if that is not recorded.
    :param failure: why it failed, as far as it is recorded or shown.
    :param words: the situation and why, a sentence each.
    """

    change: tuple[str, ...]
    since: str | None
    failure: str | None
    words: tuple[str, ...]


def explain(server: Server, node: Node, now_s: float) -> Situation:
    """Return what is going on with a server and its node.

    :param now_s: the time, in seconds since 1970.
    """
    entries = journal.pending(server.metadata)
    first = next(iter(entries.values()), None)
    failures = (entry.failure for entry in entries.values())
    failure = next(filter(None, failures), None)
    phase = provision_state.classify(node)
    if not failure and isinstance(phase, provision_state.Failed):
        failure = phase.reason
    return Situation(
        change=tuple(
            f'{n}={entry.value}' for n, entry in sorted(entries.items())
        ),
        since=first.since if first else None,
        failure=failure,
        words=(
            _change(entries),
            *_node(node, phase, now_s),
            *_server(server, first),
        ),
    )


def is_quiet(server: Server, node: Node) -> bool:
    """Return whether nothing is going on with a server and its node."""
    return (
        not journal.pending(server.metadata)
        and isinstance(provision_state.classify(node), provision_state.Ready)
        and not node.maintenance
    )


def _change(entries: Mapping[str, Pending]) -> str:
    if not entries:
        return 'No change is recorded on the server.'
    requested = ', '.join(
        f'{n}={entry.value}' for n, entry in sorted(entries.items())
    )
    started = ''.join({f' at {n.since}' for n in entries.values() if n.since})
    failures = {entry.failure for entry in entries.values() if entry.failure}
    if any(entry.unapplied for entry in entries.values()):
        # Ironic may have reported success, or that it waited in vain.
        why = '; '.join(failure.rstrip('.') for failure in sorted(failures))
        return (
            f'A change to {requested} was started{started}. Its settings were '
            f'not applied: {why}. The BMC may still apply them when the node '
            'is next restarted.'
        )
    if not failures:
        return (
            f'A change to {requested} was started{started} and has not '
            f'finished.'
        )
    return (
        f'A change to {requested} was started{started}. It has failed and is '
        f'being rolled back: {failures.pop()}'
    )


def _node(node: Node, phase: provision_state.Phase, now_s: float) -> list[str]:
    words = []
    match phase:
        case provision_state.Ready():
            words.append(f'Node {node} is active.')
        case provision_state.Working(doing):
            words += _working(node, doing, now_s)
        case provision_state.Failed(reason):
            words.append(
                f'Node {node} is in state "{node.provision_state}" and stays '
                f'there until somebody acts: {reason}'
            )
        case provision_state.Stuck(reason):
            words.append(f'{reason[0].upper()}{reason[1:]}.')
    if node.maintenance and node.fault == provision_state.FAULT:
        words.append('Ironic has put it into maintenance because of that.')
    elif node.maintenance:
        why = f': "{node.maintenance_reason}"'
        words.append(
            f'It is in maintenance{why if node.maintenance_reason else ""}, '
            'which is not because of a service. An operator can end it: '
            f'openstack baremetal node maintenance unset {quoting.node(node)}'
        )
    return words


def _working(node: Node, doing: str, now_s: float) -> list[str]:
    if provision_state.is_wedged(node, now_s):
        why = f': {node.last_error}' if node.last_error else '.'
        return [
            f'Node {node} is in state "servicing", but no conductor is '
            f'working on it{why}',
            'It never leaves that by itself. An operator has to restart the '
            'conductor, which makes it "service failed"; then look again.',
        ]
    words = [f'Ironic is working on node {node}: {doing}.']
    if node.is_redacted:
        words.append(
            'Only operators can see whether a conductor is really working on '
            'it; ask one if this takes long.'
        )
    return words


def _server(server: Server, entry: Pending | None) -> list[str]:
    doing = f', Nova is at {server.task_state}' if server.task_state else ''
    words = [f'Server {server} is {server.status}{doing}.']
    if server.status == _RESIZED:
        words.append(
            f'It was resized to {server.flavor.name}, which waits to be '
            f'confirmed or reverted.'
        )
    is_on = ON if server.status == 'ACTIVE' else OFF
    if entry and entry.power not in (None, is_on):
        words.append(f'It was {entry.power} before the change.')
    return words
