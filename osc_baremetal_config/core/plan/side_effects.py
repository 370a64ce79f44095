"""What a change does to the settings that it does not name.

Owns the comparison of a whole BIOS before and after. A firmware sets more than
it is asked for: a profile moves a dozen other attributes. Of a BIOS with 500
settings only digests are kept, as a rollout keeps those of a thousand servers.
"""

import hashlib
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import patterns, values
from osc_baremetal_config.core.facts.model import Bios

_DIGEST = 8
_NOT_KNOWN = (
    'whether other settings have changed is not known, as they could not be '
    'compared'
)
_BY_ANOTHER = (
    'other settings have changed; which ones is not known, as an earlier run '
    'has read them before the change'
)


@dataclass(frozen=True, slots=True)
class Rest:
    """The settings that a change does not name, as they were read.

    Without those that are read-only, unless by a known lock, or change by
    themselves.

    :param names: in order.
    :param digests: of their values, in the same order.
    :param count: how many settings there are in all.
    :param skipped: those that are left out, and those that the change names.
    :param before: the digest of the whole before the change, None if that is
        not known.
    :param is_first: this was read before the change, not while an earlier run
        had started it.
    """

    names: tuple[str, ...] = ()
    digests: bytes = b''
    count: int = 0
    skipped: frozenset[str] = frozenset()
    before: str | None = None
    is_first: bool = True


NO_REST = Rest()


@dataclass(frozen=True, slots=True)
class Kept:
    """An item that is to stay, whatever else a change does.

    :param sources: what its value can be read by.
    """

    type: str
    value: str
    sources: tuple[assessment.Readings, ...]


def rest(
    bios: Bios,
    named: Collection[str],
    catalogue: Catalogue,
    before: str | None = None,
    *,
    is_first: bool,
) -> Rest:
    """Return the settings that a change does not name.

    :param named: those that it does; some may not be shown yet.
    :param before: the digest of the whole as the journal has it.
    """
    changing = patterns.any_of(catalogue.volatile)
    locked = patterns.any_of(
        tuple(n for one in catalogue.locks for n in one.settings)
    )
    skipped = frozenset(named) | {
        sys.intern(name)
        for name, setting in bios.items()
        if changing.match(name)
        or (setting.read_only and not locked.match(name))
    }
    names = tuple(sys.intern(name) for name in sorted(bios.keys() - skipped))
    digests = b''.join(_digests(names, bios))
    found = Rest(names, digests, len(bios), skipped, before, is_first)
    return replace(found, before=digest(found)) if is_first else found


def digest(rest: Rest) -> str | None:
    """Return the digest of the whole, None if there is nothing to compare."""
    if not rest.count:
        return None
    text = '\n'.join(rest.names).encode('utf-8', 'surrogatepass')
    whole = hashlib.blake2b(text + rest.digests, digest_size=_DIGEST)
    return whole.hexdigest()


def so_far(rest: Rest) -> tuple[str, ...]:
    """Return what was other than before already when it was read, in words."""
    if rest.is_first or (rest.before and rest.before == digest(rest)):
        return ()
    return _untold(rest)


def changed(rest: Rest, bios: Bios) -> tuple[str, ...]:
    """Return what is other than before, in words; nothing if all is as before.

    :param bios: as it is now.
    """
    names = tuple(sorted(bios.keys() - rest.skipped))
    now = replace(
        rest,
        names=names,
        digests=b''.join(_digests(names, bios)),
        count=len(bios),
    )
    if rest.before == digest(now):
        return ()
    if not (rest.is_first and rest.before):
        return _untold(now)
    digests = tuple(_digests(rest.names, bios))
    found = [
        f'{name} is gone'
        if name not in bios
        else f'{name} is {values.shown(values.current(bios[name], None))}'
        for number, name in enumerate(rest.names)
        if digests[number] != _at(rest.digests, number)
    ]
    new = len(set(names) - set(rest.names))
    are = 'is 1 setting' if new == 1 else f'are {new} settings'
    more = [f'there {are} more than before'] if new > 0 else []
    return tuple(found + more)


def actual(kept: Iterable[Kept], bios: Bios) -> dict[str, str | None]:
    """Return type → what it is now, None if that cannot be told."""
    return {one.type: assessment.read(one.sources, bios).value for one in kept}


def drifting(kept: Iterable[Kept], bios: Bios) -> tuple[str, ...]:
    """Return what is no longer as desired, in words."""
    found = []
    for one in kept:
        actual = assessment.read(one.sources, bios)
        if actual.value != one.value:
            now = actual.value or f'unknown ({actual.reason})'
            found.append(f'{one.type} is {now}, and should be {one.value}')
    return tuple(found)


def _untold(rest: Rest) -> tuple[str, ...]:
    """Return that something may be other than before, but not what."""
    if rest.before and rest.count:
        return (_BY_ANOTHER,)
    return (_NOT_KNOWN,)


def _digests(names: Iterable[str], bios: Bios) -> Iterator[bytes]:
    for name in names:
        setting = bios.get(name)
        value = setting.value if setting else None
        text = '\0' if value is None else values.stored(value)
        data = text.encode('utf-8', 'surrogatepass')
        yield hashlib.blake2b(data, digest_size=_DIGEST).digest()


def _at(digests: bytes, number: int) -> bytes:
    return digests[number * _DIGEST : (number + 1) * _DIGEST]
