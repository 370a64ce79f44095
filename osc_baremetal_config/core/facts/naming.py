"""Which servers the names and IDs of a command mean.

Owns that an ID is an ID: a server may have any name, that of another's ID
too, and is never meant by that. Never looks for a server.
"""

import re
from collections.abc import Collection, Iterable

from osc_baremetal_config.core.facts.model import Listed, Server

_ID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')


def is_id(name_or_id: str) -> bool:
    """Return whether what is given is an ID."""
    return bool(_ID.fullmatch(name_or_id))


def is_meant(server: Server, names: Collection[str]) -> bool:
    """Return whether a server is one of those that are given.

    :param names: names or IDs; empty for all servers.
    """
    if not names or server.id in names:
        return True
    return not is_id(server.name) and server.name in names


def missing(names: Iterable[str], listed: Listed[Server]) -> tuple[str, ...]:
    """Return the names and IDs that none of the servers has."""
    known = {one.name for one in listed.found.values()}
    known = {name for name in known if not is_id(name)}
    known |= listed.found.keys() | listed.unread.keys()
    return tuple(name for name in names if name not in known)
