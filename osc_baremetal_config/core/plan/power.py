"""The power that a server had before its change.

Owns what the journal's word on it is worth: whoever may write the server's
metadata may write that it was off, and a server would be left off by it. So it
is held against the actions that Nova remembers. Never switches anything.
"""

from collections.abc import Mapping, Sequence

from osc_baremetal_config.core.facts import journal, times
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import Event, Server

ON, OFF = 'on', 'off'
# Names of Nova's actions (nova/compute/instance_actions.py), and whether a
# server is on after each. An event of Ironic is a start or a stop as well.
_IS_ON_AFTER = {
    'create': True,
    'start': True,
    'reboot': True,
    'rebuild': True,
    'unshelve': True,
    'stop': False,
    'shelve': False,
}
# Our clock and Nova's may differ by so much.
_SKEW_S = 300


def is_off(server: Server) -> bool:
    """Return whether its user has stopped a server, and nothing goes on.

    What goes on may be a change that was started while it was off.
    """
    if entries := journal.pending(server.metadata):
        return all(entry.power == OFF for entry in entries.values())
    return server.status == 'SHUTOFF' and server.task_state is None


def is_in_question(server: Server, entries: Mapping[str, Pending]) -> bool:
    """Return whether Nova's actions are needed to tell the power before."""
    return any(entry.power for entry in entries.values())


def before(
    server: Server,
    entries: Mapping[str, Pending],
    actions: Sequence[Event] | None,
) -> tuple[str, str | None]:
    """Return the power before the change, and why the journal is not believed.

    :param entries: type → entry of the change; without any it is the power
        now.
    :param actions: what Nova remembers, None if that is not known.
    """
    now = ON if server.status == 'ACTIVE' else OFF
    first = next((entry for entry in entries.values() if entry.power), None)
    if first is None or first.power is None:
        return now, None
    if actions is None:
        # To switch a server off on nobody's word would be an outage.
        if first.power in (ON, now):
            return first.power, None
        return now, _UNBELIEVED.format(first.power, 'does not tell', now)
    was = _by_actions(first, server, actions) or now
    if was == first.power:
        return was, None
    return was, _UNBELIEVED.format(first.power, 'says otherwise', was)


_UNBELIEVED = (
    'the server metadata says that the server was {} before the change, and '
    'Nova, by the actions that it shows, {}; so it will be {}'
)


def _by_actions(
    entry: Pending, server: Server, actions: Sequence[Event]
) -> str | None:
    """Return the power that a server had when a change was started.

    A change of a server that is on stops it right after that, which by the
    clocks of two machines may seem to be before; there the journal counts.
    One of a server that is off never starts it.

    :returns: None if the journal does not say when that was.
    """
    began = times.seconds(entry.since or '')
    if began is None:
        return None
    known = sorted(
        (
            (at, _IS_ON_AFTER[action.what], action.project)
            for action in actions
            if action.what in _IS_ON_AFTER
            and (at := times.seconds(action.at)) is not None
        ),
        key=lambda one: one[0],
    )
    before = [(at, is_on) for at, is_on, _ in known if at < began]
    # A server is on when it is made, which Nova may remember no more.
    last, was_on = before[-1] if before else (began, True)
    # Ironic's own events belong to the project of the services.
    is_started = any(
        is_on and project == server.project_id
        for at, is_on, project in known
        if at >= began
    )
    if was_on or is_started:
        return ON
    return entry.power if began - last <= _SKEW_S else OFF
