"""Where a server and its node are, and what can be done about it, in words.

Owns what ``recover`` explains. Decides nothing about a change: the ways named
here are walked by :mod:`.sequence` and :mod:`.rollback`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from osc_baremetal_config.core import lifecycle, metadata
from osc_baremetal_config.core.metadata import Pending
from osc_baremetal_config.core.model import Node, Server
from osc_baremetal_config.core.plan import OFF, ON

_RESIZED = 'VERIFY_RESIZE'


@dataclass(frozen=True, slots=True)
class Choice:
    """A way out.

    :param words: what it does, or why it cannot be gone.
    """

    words: str
    is_possible: bool = True

    def __str__(self) -> str:
        return self.words if self.is_possible else f'no: {self.words}'


_NOT_NOTED = Choice('no change is noted on the server', is_possible=False)
_WEDGED = Choice('only an operator can help', is_possible=False)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is going on with a server.

    :param change: the items of the change that has not ended, if any.
    :param since: when it began, None if that is not noted.
    :param failure: why it failed, as far as it is noted or shown.
    :param words: what is so and why, a sentence each.
    :param retry: another try.
    :param rollback: putting back.
    :param abort: dropping the change as it is.
    """

    change: tuple[str, ...]
    since: str | None
    failure: str | None
    words: tuple[str, ...]
    retry: Choice
    rollback: Choice
    abort: Choice


def explain(server: Server, node: Node) -> Situation:
    """Return what is going on with a server and its node."""
    notes = metadata.pending(server.metadata)
    first = next(iter(notes.values()), None)
    noted = (note.failure for note in notes.values())
    failure = next(filter(None, noted), None)
    verdict = lifecycle.classify(node)
    if not failure and isinstance(verdict, lifecycle.Failed):
        failure = verdict.reason
    retry, rollback, abort = _choices(server, node, notes)
    return Situation(
        change=tuple(f'{n}={note.value}' for n, note in sorted(notes.items())),
        since=first.since if first else None,
        failure=failure,
        words=(
            _change(notes),
            *_node(node, verdict),
            *_server(server, first),
        ),
        retry=retry,
        rollback=rollback,
        abort=abort,
    )


def is_quiet(server: Server, node: Node) -> bool:
    """Return whether nothing is going on with a server and its node."""
    return (
        not metadata.pending(server.metadata)
        and isinstance(lifecycle.classify(node), lifecycle.Ready)
        and not node.maintenance
    )


def is_wedged(node: Node) -> bool:
    """Return whether Ironic has lost hold of a service.

    It raises in the middle of one, and leaves the node in "servicing" with
    the error; one that it is at has none. (That nobody holds the lock tells
    less: other tasks of Ironic take it for a moment.) A lessee is not shown
    the error, and so cannot tell.
    """
    return node.provision_state == 'servicing' and node.last_error is not None


def _change(notes: Mapping[str, Pending]) -> str:
    if not notes:
        return 'No change is noted on the server.'
    wished = ', '.join(
        f'{n}={note.value}' for n, note in sorted(notes.items())
    )
    begun = ''.join({f' at {n.since}' for n in notes.values() if n.since})
    failures = {note.failure for note in notes.values() if note.failure}
    if not failures:
        return f'A change to {wished} was begun{begun} and has not ended.'
    return (
        f'A change to {wished} was begun{begun}. It has failed and is being '
        f'put back: {failures.pop()}'
    )


def _node(node: Node, verdict: lifecycle.Verdict) -> list[str]:
    words = []
    match verdict:
        case lifecycle.Ready():
            words.append(f'Node {node} is active.')
        case lifecycle.Working(doing):
            words += _working(node, doing)
        case lifecycle.Failed(reason):
            words.append(
                f'Node {node} is in state "{node.provision_state}" and stays '
                f'there until somebody acts: {reason}'
            )
        case lifecycle.Stuck(reason):
            words.append(f'{reason[0].upper()}{reason[1:]}.')
    if node.maintenance and node.fault == lifecycle.FAULT:
        words.append('Ironic has put it into maintenance because of that.')
    elif node.maintenance:
        why = f': "{node.maintenance_reason}"'
        words.append(
            f'It is in maintenance{why if node.maintenance_reason else ""}, '
            f'which is not because of a service. An operator ends it: '
            f'openstack baremetal node maintenance unset {node.handle}'
        )
    return words


def _working(node: Node, doing: str) -> list[str]:
    if is_wedged(node):
        return [
            f'Node {node} is in state "servicing", but no conductor is at it: '
            f'{node.last_error}',
            'It never leaves that by itself. An operator has to restart the '
            'conductor, which makes it "service failed"; then look again.',
        ]
    words = [f'Ironic is at work on node {node}: {doing}.']
    if node.is_redacted:
        words.append(
            'Whether a conductor is really at it is shown to operators only; '
            'ask one if it stays so for long.'
        )
    return words


def _server(server: Server, note: Pending | None) -> list[str]:
    doing = f', Nova is at {server.task_state}' if server.task_state else ''
    words = [f'Server {server} is {server.status}{doing}.']
    if server.status == _RESIZED:
        words.append(
            f'It was resized to {server.flavor.name}, which waits to be '
            f'confirmed or reverted.'
        )
    is_on = ON if server.status == 'ACTIVE' else OFF
    if note and note.power not in (None, is_on):
        words.append(f'It was {note.power} before the change.')
    return words


def _choices(
    server: Server, node: Node, notes: Mapping[str, Pending]
) -> tuple[Choice, Choice, Choice]:
    """Return what another try, putting back and dropping would do."""
    if is_wedged(node):
        return _WEDGED, _WEDGED, _WEDGED
    has_failed = node.provision_state == 'service failed'
    if has_failed and node.maintenance and node.fault != lifecycle.FAULT:
        held = Choice(
            'an operator has to end the maintenance first', is_possible=False
        )
        return held, held, held
    active = (
        f'{"makes the node active, " if has_failed else ""}'
        f'{"reverts the resize, " if server.status == _RESIZED else ""}'
        f'leaves the settings as they are'
    )
    if not notes:
        nothing = Choice('there is nothing to drop', is_possible=False)
        abort = Choice(active) if has_failed else nothing
        return _NOT_NOTED, _NOT_NOTED, abort
    wished = ', '.join(
        f'{n}={note.value}' for n, note in sorted(notes.items())
    )
    power = next((n.power for n in notes.values() if n.power), 'as it is')
    was = metadata.previous(server.metadata)
    settings = [
        f'{name}={value}'
        for kind in sorted(notes)
        if kind in was
        for name, value in was[kind].settings.items()
    ]
    back = f'puts {", ".join(settings)} back' if settings else 'puts all back'
    return (
        Choice(f'goes on to {wished}, whatever has failed'),
        Choice(f'{back}, with the server {power}'),
        Choice(f'{active}, with the server {power}, and forgets the change'),
    )
