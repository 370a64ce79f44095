"""The keys under which a cloud keeps configuration, and what they hold.

Owns ``deploy-config:*`` on flavors, images and servers, and the notes that a
change leaves in a server's metadata. The notes are for people and for the
next run; what the cloud shows always counts more than they do.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from osc_baremetal_config.core.model import Item

WISH = 'deploy-config:'
PENDING = 'deploy-config-pending:'
PREVIOUS = 'deploy-config-previous:'


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The note of a change that has begun and not ended.

    :param value: what the item is to become.
    :param power: ``on`` or ``off``: the server's power before the change.
    :param since: when it began, ISO 8601 in UTC.
    """

    value: str
    power: str | None = None
    since: str | None = None


def wishes(properties: Mapping[str, str]) -> dict[str, str]:
    """Return type → value of the ``deploy-config:*`` properties."""
    return _below(WISH, properties)


def pending(metadata: Mapping[str, str]) -> dict[str, Pending]:
    """Return type → note of the changes that have not ended."""
    notes = _below(PENDING, metadata)
    return {name: _parse_pending(text) for name, text in notes.items()}


def pending_keys(metadata: Mapping[str, str]) -> list[str]:
    """Return the keys that note changes which have not ended."""
    return sorted(key for key in metadata if key.startswith(PENDING))


def begin(
    items: Iterable[tuple[Item, str | None]], power: str, since: str
) -> dict[str, str]:
    """Return the metadata to set before anything is touched.

    :param items: each item with its value before, None if that is unknown.
    """
    notes = {}
    for item, before in items:
        note = Pending(value=item.value, power=power, since=since)
        notes[PENDING + item.type] = json.dumps(asdict(note))
        if before is not None:
            notes[PREVIOUS + item.type] = before
    return notes


def record(items: Iterable[Item]) -> dict[str, str]:
    """Return the metadata that records items which were verified."""
    return {WISH + item.type: item.value for item in items}


def _below(prefix: str, properties: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(prefix): value
        for key, value in properties.items()
        if key.startswith(prefix)
    }


def _parse_pending(text: str) -> Pending:
    try:
        note = json.loads(text)
        return Pending(
            value=str(note['value']),
            power=note.get('power'),
            since=note.get('since'),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return Pending(value=text)
