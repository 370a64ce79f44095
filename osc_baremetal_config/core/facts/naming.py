"""Which servers the names and IDs of a command mean.

Owns that an ID is an ID: a server may have any name, that of another's ID
too, and is never meant by that. Never looks for a server.
"""

import re
from collections.abc import Collection, Iterable

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts.model import Listed, Server, T, Unread

_ID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')


def is_id(name_or_id: str) -> bool:
    """Return whether what is given is an ID."""
    return bool(_ID.fullmatch(name_or_id))


def chosen(names: Collection[str], listed: Listed[Server]) -> Listed[Server]:
    """Return those of the servers that are given.

    A name that none has may be that of one of which Nova shows the ID only;
    it could then not be read either.

    :param names: names or IDs; empty for all servers.
    """
    if not names:
        return listed
    unread = {
        key: one for key, one in listed.unread.items() if _is_meant(one, names)
    }
    found = Listed(
        {k: one for k, one in listed.found.items() if _is_meant(one, names)},
        unread,
    )
    hidden = [one for one in listed.unread.values() if one.name is None]
    for name in missing(names, found) if hidden else ():
        if not is_id(name):
            unread[name] = Unread(None, name, hidden[0].error)
    return found


def doubts(
    names: Collection[str], listed: Listed[T]
) -> list[errors.ConfigError]:
    """Return why some of those that are given could not be read.

    :param names: names or IDs; empty where any is wanted.
    """
    every = listed.unread.values()
    if not names:
        return [one.error for one in every]
    if found := [one.error for one in every if _is_meant(one, names)]:
        return found
    is_unclear = any(not is_id(name) for name in missing(names, listed))
    return [one.error for one in every if is_unclear and one.name is None]


def missing(names: Iterable[str], listed: Listed[T]) -> tuple[str, ...]:
    """Return the names and IDs that none of the servers has."""
    every = (*listed.found.values(), *listed.unread.values())
    known = {getattr(one, 'name', None) for one in every}
    known = {name for name in known if name and not is_id(name)}
    known |= listed.found.keys() | listed.unread.keys()
    return tuple(name for name in names if name not in known)


def _is_meant(one: Server | Unread, names: Collection[str]) -> bool:
    """Return whether a server is one of those that are given."""
    if one.id in names:
        return True
    return one.name is not None and not is_id(one.name) and one.name in names
