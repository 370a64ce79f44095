"""What a change writes about itself into a server's metadata.

Owns the form of the entries, what of them is believed, and how much of them
Nova can hold. Whoever may write a server's metadata may write them, so nothing
is taken from one that is not of its form; whether what it says is right is for
``plan/previous.py`` and ``plan/power.py``.

``deploy-config-pending:<type>`` is the entry of a change that has started and
not ended, ``deploy-config-previous:<type>`` what was before. Where one value
cannot hold an entry, it continues under the same key with ``:1``.
"""

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from osc_baremetal_config.core.facts import times, values
from osc_baremetal_config.core.facts.metadata import PENDING, PREVIOUS, below
from osc_baremetal_config.core.facts.model import Item, Value

# From Nova's schema of metadata: characters of a value, the form of a key;
# and its default quota of items.
LONGEST = 255
_KEY = re.compile(r'[a-zA-Z0-9-_:. ]{1,255}')
_ITEMS = 128
# An entry of what was before may be so many items.
_PARTS = 16
# One that has a failure in it takes two items.
_FAILURE_ROOM = 2 * LONGEST
_HEX = re.compile(r'[0-9a-f]{1,64}')
_PART = re.compile(r'.+:\d+')
_DAMAGED = 'its entry in the server metadata is damaged'


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The entry of a change that has started and not ended.

    :param value: what the item is to become.
    :param power: ``on`` or ``off``: the server's power before the change.
    :param since: when it began, ISO 8601 in UTC.
    :param digest: of the whole request that the item is a part of.
    :param unchanged: the item was as asked for before the change.
    :param resize: the change resizes the server.
    :param node: the uuid of the node that the server was on.
    :param flavor: the name of the flavor that it had; only with a resize.
    :param by: the run that has written it, where that matters.
    :param record: what was recorded of the item before the change, empty if
        nothing was; None for a change that records nothing.
    :param profile: what the change records with the items; None for none.
    :param forgets: the record of the item goes at the end.
    :param bios: the digest of all other BIOS settings before the change.
    :param failure: why it is being rolled back; None if it is not.
    :param unapplied: Ironic has reported success, and nothing was changed.
    :param fault: why the entry cannot be believed; None if it can.
    """

    value: str
    power: str | None = None
    since: str | None = None
    digest: str | None = None
    unchanged: bool = False
    resize: bool = False
    node: str | None = None
    flavor: str | None = None
    by: str | None = None
    record: str | None = None
    profile: str | None = None
    forgets: bool = False
    bios: str | None = None
    failure: str | None = None
    unapplied: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The entry of what an item was before a change.

    :param value: None if that could not be told.
    :param settings: the BIOS settings that the change sets, as they were.
    :param at: when the change began, ISO 8601 in UTC.
    :param later: the names of those that are set by the second service, by
        the third, and so on; empty for a change of one service.
    :param hidden: the names of those that were not shown before.
    :param fault: why the entry cannot be believed; None if it can.
    """

    value: str | None = None
    at: str | None = None
    settings: Mapping[str, Value] = field(default_factory=dict)
    later: tuple[tuple[str, ...], ...] = ()
    hidden: tuple[str, ...] = ()
    fault: str | None = None

    def rank(self, name: str) -> int:
        """Return how many services come before the one that sets a setting."""
        found = (n for n, names in enumerate(self.later, 1) if name in names)
        return next(found, 0)


def pending(metadata: Mapping[str, str]) -> dict[str, Pending]:
    """Return type → entry of the changes that have not ended."""
    entries = _entries(PENDING, metadata)
    return {name: _parse_pending(text) for name, text in entries.items()}


def previous(metadata: Mapping[str, str]) -> dict[str, Previous]:
    """Return type → entry of what was before the last change."""
    entries = _entries(PREVIOUS, metadata)
    return {name: _parse_previous(text) for name, text in entries.items()}


def keys(prefix: str, name: str, metadata: Mapping[str, str]) -> list[str]:
    """Return the keys under which there is an entry of one type.

    :param prefix: of pending or of previous entries.
    """
    parts = below(prefix, metadata)
    return [
        prefix + key
        for key in sorted(parts)
        if key == name or (not is_type(key) and key.rpartition(':')[0] == name)
    ]


def digest(items: Iterable[Item], *, resize: bool) -> str:
    """Return the digest of a request: the same for the same request only."""
    text = ' '.join(map(str, sorted(items))) + (' resize' if resize else '')
    data = text.encode('utf-8', 'surrogatepass')
    return hashlib.sha256(data).hexdigest()[:8]


def faults(entries: Mapping[str, Pending]) -> list[str]:
    """Return why the entries of a change cannot be believed.

    One that a person has written, without a digest, is believed.
    """
    found = [
        f'{n}: {entry.fault}' for n, entry in entries.items() if entry.fault
    ]
    items = [Item(name, entry.value) for name, entry in entries.items()]
    whole = digest(
        items, resize=any(entry.resize for entry in entries.values())
    )
    if any(entry.digest not in (None, whole) for entry in entries.values()):
        found.append(
            'the digest in the entries is not that of the entries: one was '
            'added, removed or edited'
        )
    return found


def begin(
    entries: Mapping[str, Pending], before: Mapping[str, Previous]
) -> dict[str, str]:
    """Return the metadata to set before anything is touched.

    :param entries: type → entry of each item of the request.
    :param before: type → what the items that change were.
    """
    texts = {
        PENDING + name: _written(entry) for name, entry in entries.items()
    }
    texts |= {PREVIOUS + name: _json(was) for name, was in before.items()}
    return {
        key + (f':{number}' if number else ''): part
        for key, text in texts.items()
        for number, part in enumerate(_parts(text))
    }


def is_type(name: str) -> bool:
    """Return whether a key is of an entry, not of the rest of one.

    The rest of an entry may be left where a run was cut off while it removed
    it; it is nobody's.
    """
    return _PART.fullmatch(name) is None


def too_much(
    metadata: Mapping[str, str], entries: Mapping[str, str]
) -> str | None:
    """Return why Nova cannot hold entries beside a server's metadata."""
    for key in entries:
        if not _KEY.fullmatch(key):
            return f'{key!r} is no key that Nova takes for metadata'
    if sum(key.startswith(PREVIOUS) for key in entries) > _PARTS:
        return 'what was before is too long for the server metadata'
    count = len(metadata.keys() | entries.keys())
    if count > _ITEMS:
        return (
            f'the server metadata would have {count} items, and Nova holds '
            f'{_ITEMS}'
        )
    return None


def _entries(prefix: str, metadata: Mapping[str, str]) -> dict[str, str]:
    """Return type → text of its entry, whole."""
    parts = below(prefix, metadata)
    return {name: _joined(name, parts) for name in parts if is_type(name)}


def _joined(name: str, parts: Mapping[str, str]) -> str:
    """Return the text of an entry, from as many items as it takes."""
    text = parts[name][:LONGEST]
    for number in range(1, _PARTS):
        part = parts.get(f'{name}:{number}')
        # What follows a whole entry is the rest of a longer one.
        if part is None or _mapping(text) is not None:
            break
        text += part[:LONGEST]
    return text


def _parts(text: str) -> list[str]:
    return [text[n : n + LONGEST] for n in range(0, len(text), LONGEST)]


def _written(entry: Pending) -> str:
    """Return an entry as text, with as much of the failure as it can hold.

    The end of it: Ironic names the step first and the reason last.
    """
    text = _json(entry)
    if len(text) <= _FAILURE_ROOM or not entry.failure:
        return text
    # JSON has six characters for one that is not ASCII.
    kept = entry.failure.encode('ascii', 'replace').decode()
    longer = _json(replace(entry, failure=f'...{kept}'))
    over = max(0, len(longer) - _FAILURE_ROOM)
    end = kept[min(over, len(kept) - 1) :]
    return _json(replace(entry, failure=f'...{end}'))


def _json(entry: Pending | Previous) -> str:
    """Return an entry as JSON, without what says nothing."""
    fields = {
        _STORED.get(name, name): getattr(entry, name)
        for name in entry.__slots__
    }
    return json.dumps(
        {n: v for n, v in fields.items() if v is not None and v is not False}
        if isinstance(entry, Pending)
        else {n: v for n, v in fields.items() if v not in (None, {}, ())}
    )


# What earlier releases have called these in the entries, and so all do.
_STORED = {'digest': 'wish', 'unchanged': 'settled'}
_TEXTS = (
    'power',
    'since',
    'digest',
    'node',
    'flavor',
    'by',
    'record',
    'profile',
    'bios',
    'failure',
)


# A change under way is looked at many times, and its entries stay the same.
@functools.lru_cache(maxsize=4096)
def _parse_pending(text: str) -> Pending:
    entry = _mapping(text)
    if entry is None and not text.lstrip().startswith('{'):
        return Pending(value=_short(text))
    entry = entry or {}
    value = entry.get('value')
    parsed = Pending(
        value=_short(value) if isinstance(value, str) else '?',
        power=_one_of(entry, 'power', ('on', 'off')),
        since=_matching(entry, 'since', times.UTC),
        digest=_matching(entry, _STORED['digest'], _HEX),
        unchanged=entry.get(_STORED['unchanged']) is True,
        resize=entry.get('resize') is True,
        node=_text(entry, 'node'),
        flavor=_text(entry, 'flavor'),
        forgets=entry.get('forgets') is True,
        by=_matching(entry, 'by', _HEX),
        record=_text(entry, 'record'),
        profile=_text(entry, 'profile'),
        bios=_matching(entry, 'bios', _HEX),
        failure=_text(entry, 'failure', _FAILURE_ROOM),
        unapplied=entry.get('unapplied') is True,
    )
    is_whole = isinstance(value, str) and all(
        getattr(parsed, name) is not None
        for name in _TEXTS
        if entry.get(_STORED.get(name, name)) is not None
    )
    is_whole &= bool(parsed.failure) or not parsed.unapplied
    return parsed if is_whole else replace(parsed, fault=_DAMAGED)


def _parse_previous(text: str) -> Previous:
    entry = _mapping(text)
    if entry is None and not text.lstrip().startswith('{'):
        return Previous(value=_short(text))
    entry = entry or {}
    settings = entry.get('settings', {})
    if not isinstance(settings, dict):
        settings = {}
    later, hidden = entry.get('later', []), entry.get('hidden', [])
    parsed = Previous(
        value=_text(entry, 'value'),
        at=_matching(entry, 'at', times.UTC),
        settings={n: v for n, v in settings.items() if values.is_value(v)},
        later=tuple(map(_names, later)) if isinstance(later, list) else (),
        hidden=_names(hidden),
    )
    is_whole = (
        _mapping(text) is not None
        and parsed.settings == entry.get('settings', {})
        and list(map(list, parsed.later)) == later
        and list(parsed.hidden) == hidden
        and all(
            getattr(parsed, name) is not None
            for name in ('value', 'at')
            if entry.get(name) is not None
        )
    )
    return parsed if is_whole else replace(parsed, fault=_DAMAGED)


def _mapping(text: str) -> dict[str, Any] | None:
    """Return a JSON object, None for anything else or anything too large."""
    if len(text) > LONGEST * _PARTS:
        return None
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _text(
    entry: Mapping[str, Any], name: str, longest: int = LONGEST
) -> str | None:
    value = entry.get(name)
    return value[:longest] if isinstance(value, str) else None


def _names(listed: Any) -> tuple[str, ...]:
    """Return the texts of a list, none for anything else."""
    if not isinstance(listed, list):
        return ()
    return tuple(one for one in listed if isinstance(one, str))


def _matching(
    entry: Mapping[str, Any], name: str, form: re.Pattern[str]
) -> str | None:
    value = entry.get(name)
    matches = isinstance(value, str) and form.fullmatch(value)
    return value if matches else None


def _one_of(
    entry: Mapping[str, Any], name: str, known: tuple[str, ...]
) -> str | None:
    value = entry.get(name)
    return value if value in known else None


def _short(text: str) -> str:
    """Return as much of a text as Nova would have, whoever has written it."""
    return text[:LONGEST]
