"""What is requested of a server, and left for later.

Owns the form of ``deploy-config-deferred:<type>``, which has the value, and
who has asked for it when. Whoever may write a server's metadata may write it,
so what is not of its form is no request. Never says when later is.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from osc_baremetal_config.core.facts import quoting, times
from osc_baremetal_config.core.facts.metadata import DEFERRED, below
from osc_baremetal_config.core.facts.model import Server


@dataclass(frozen=True, slots=True)
class Deferred:
    """A request that is left for later.

    :param value: what the type is to become.
    :param by: the ID of the user, as the metadata says.
    :param at: since when, ISO 8601 in UTC.
    :param profile: the name of the profile that it is of; empty for none.
    """

    value: str
    by: str
    at: str
    profile: str = ''

    def __str__(self) -> str:
        entry = {name: text for name, text in asdict(self).items() if text}
        return json.dumps(entry, separators=(',', ':'))


def of(name: str, metadata: Mapping[str, str]) -> Deferred | None:
    """Return what is deferred of a type, None if nothing is."""
    text = metadata.get(DEFERRED + name)
    return None if text is None else _parsed(text)


def types(metadata: Mapping[str, str]) -> set[str]:
    """Return the types of which something is deferred."""
    return {name for name in below(DEFERRED, metadata) if of(name, metadata)}


def ignored(server: Server) -> list[str]:
    """Return what is no request although its key says so, in words."""
    found = below(DEFERRED, server.metadata)
    return [
        f'{DEFERRED}{name} in the server metadata is no request that "set '
        f'--defer" has written, and is ignored; to remove it: openstack '
        f'server config unset --config {quoting.quoted(name)} {server.id}'
        for name in sorted(found)
        if not of(name, server.metadata)
    ]


def _parsed(text: str) -> Deferred | None:
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    found = Deferred(*(_text(entry, name) for name in Deferred.__slots__))
    is_whole = found.value and found.by and times.UTC.fullmatch(found.at)
    return found if is_whole else None


def _text(entry: Mapping[str, Any], name: str) -> str:
    text = entry.get(name)
    return text if isinstance(text, str) else ''
