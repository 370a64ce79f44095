"""What has happened to a server's configuration, in order.

Owns how what Nova, Ironic and our journal remember becomes one list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts import journal, metadata
from osc_baremetal_config.core.facts.model import Event, Server

_NOTES = 'metadata'
# Nova's name for the action that everything begins with.
_CREATE = 'create'


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What is remembered of a server.

    :param untold: service → why its history is not told.
    :param users: id → name, of those whose name this user may know.
    """

    server: Server
    events: Sequence[Event]
    untold: Mapping[str, errors.ConfigError] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)


def of(remembered: Remembered) -> list[Event]:
    """Return all events, the first one first.

    What Ironic remembers of the node from before the server is another
    server's.
    """
    events = [replace(one, at=_utc(one.at)) for one in remembered.events]
    began = min((e.at for e in events if e.what == _CREATE), default='')
    events = [event for event in events if event.at >= began]
    events += _unfinished(remembered.server) + _changed(remembered.server)
    return sorted(events, key=lambda event: (event.at, event.what))


def _unfinished(server: Server) -> list[Event]:
    """Return the changes that have started and not finished."""
    return [
        Event(
            at=_utc(entry.since or ''),
            source=_NOTES,
            what=f'started: {name}={entry.value}',
            result=entry.failure or 'has not finished',
        )
        for name, entry in journal.pending(server.metadata).items()
    ]


def _changed(server: Server) -> list[Event]:
    """Return the last change of each type that has ended."""
    started = journal.pending(server.metadata)
    desired = metadata.desired(server.metadata)
    return [
        Event(
            at=_utc(was.at),
            source=_NOTES,
            what=f'{name}: {was.value or "?"} -> {desired.get(name, "?")}',
            result='verified',
        )
        for name, was in journal.previous(server.metadata).items()
        if was.at and name in desired and name not in started
    ]


def _utc(at: str) -> str:
    """Return a time in UTC without fractions, in the form of Ironic.

    Nova writes no zone and means UTC.
    """
    whole, _, rest = at.partition('.')
    if rest or not whole.endswith(('Z', '+00:00')):
        return whole.removesuffix('Z') + '+00:00' if whole else ''
    return whole.replace('Z', '+00:00')
