"""The keys under which a cloud keeps configuration, and what they hold.

Owns ``deploy-config:*`` on flavors, images and servers, and the notes that a
change leaves in a server's metadata. The notes are for people and for the
next run; what the cloud shows always counts more than they do.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from osc_baremetal_config.core.model import Item

WISH = 'deploy-config:'
PENDING = 'deploy-config-pending:'
PREVIOUS = 'deploy-config-previous:'
# What Nova keeps as a value at most, from its schema of metadata.
_LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The note of a change that has begun and not ended.

    :param value: what the item is to become.
    :param power: ``on`` or ``off``: the server's power before the change.
    :param since: when it began, ISO 8601 in UTC.
    :param wish: the mark of the whole wish that the item is a part of.
    :param settled: the item was as wished before the change.
    :param resize: the change resizes the server.
    :param node: the uuid of the node that the server was on, which a resize
        may change; None without one.
    :param by: the run that has noted it, where that matters.
    :param failure: why it is being put back; None if it is not.
    """

    value: str
    power: str | None = None
    since: str | None = None
    wish: str | None = None
    settled: bool = False
    resize: bool = False
    node: str | None = None
    by: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The note of what an item was before a change.

    :param value: None if that could not be told.
    :param settings: the BIOS settings that the change sets, as they were;
        empty if there are more than a note can hold.
    :param at: when the change began, ISO 8601 in UTC.
    """

    value: str | None = None
    at: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


def wishes(properties: Mapping[str, str]) -> dict[str, str]:
    """Return type → value of the ``deploy-config:*`` properties."""
    return _below(WISH, properties)


def pending(metadata: Mapping[str, str]) -> dict[str, Pending]:
    """Return type → note of the changes that have not ended."""
    notes = _below(PENDING, metadata)
    return {name: _parse_pending(text) for name, text in notes.items()}


def previous(metadata: Mapping[str, str]) -> dict[str, Previous]:
    """Return type → note of what was before the last change."""
    notes = _below(PREVIOUS, metadata)
    return {name: _parse_previous(text) for name, text in notes.items()}


def mark(items: Iterable[Item], *, resize: bool) -> str:
    """Return the mark of a wish: the same for the same wish only."""
    text = ' '.join(map(str, sorted(items))) + (' resize' if resize else '')
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def begin(
    notes: Mapping[str, Pending], before: Mapping[str, Previous]
) -> dict[str, str]:
    """Return the metadata to set before anything is touched.

    :param notes: type → note of each item of the wish.
    :param before: type → what the items that change were.
    """
    begun = {PENDING + name: _written(note) for name, note in notes.items()}
    for name, was in before.items():
        begun[PREVIOUS + name] = _written_previous(was)
    return begun


def record(items: Iterable[Item]) -> dict[str, str]:
    """Return the metadata that records items which were verified."""
    return {WISH + item.type: item.value for item in items}


def _below(prefix: str, properties: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(prefix): value
        for key, value in properties.items()
        if key.startswith(prefix)
    }


def _written(note: Pending) -> str:
    """Return a note as text, with as much of the failure as it can hold.

    The end of it: Ironic names the step first and the reason last.
    """
    text = _json(note)
    over = len(text) - _LONGEST
    if over <= 0 or not note.failure:
        return text
    kept = note.failure.encode('ascii', 'replace').decode()
    end = kept[-max(1, len(kept) - over - 8) :]
    return _json(replace(note, failure=f'...{end}'))


def _written_previous(was: Previous) -> str:
    text = _json(was)
    return text if len(text) <= _LONGEST else _json(replace(was, settings={}))


def _json(note: Pending | Previous) -> str:
    """Return a note as JSON, without what says nothing."""
    fields = {name: getattr(note, name) for name in note.__slots__}
    return json.dumps({n: v for n, v in fields.items() if v not in _NOTHING})


_NOTHING: tuple[Any, ...] = (None, False, {})


def _parse_pending(text: str) -> Pending:
    note = _mapping(text)
    if 'value' not in note:
        return Pending(value=text)
    return Pending(
        value=str(note['value']),
        power=_text(note, 'power'),
        since=_text(note, 'since'),
        wish=_text(note, 'wish'),
        settled=note.get('settled') is True,
        resize=note.get('resize') is True,
        node=_text(note, 'node'),
        by=_text(note, 'by'),
        failure=_text(note, 'failure'),
    )


def _parse_previous(text: str) -> Previous:
    note = _mapping(text)
    if not note and text != '{}':
        return Previous(value=text)
    settings = note.get('settings')
    if not isinstance(settings, dict):
        settings = {}
    return Previous(
        value=_text(note, 'value'),
        at=_text(note, 'at'),
        settings={str(n): str(value) for n, value in settings.items()},
    )


def _mapping(text: str) -> dict[str, Any]:
    try:
        note = json.loads(text)
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}


def _text(note: Mapping[str, Any], name: str) -> str | None:
    value = note.get(name)
    return None if value is None else str(value)
