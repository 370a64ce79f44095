"""What a change does to the settings that it does not name.

Owns the comparison of a whole BIOS before and after. A firmware sets more than
it is asked for: a profile moves a dozen other attributes. Of a BIOS with 500
settings only numbers are kept, as a rollout keeps those of a thousand servers.
"""

import array
import hashlib
import sys
from collections.abc import Collection, Iterable
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
    :param marks: of their values, in the same order, as 64-bit numbers that
        hold in this process only.
    :param count: how many settings there are in all.
    :param skipped: those that are left out, and those that the change names.
    :param digest: of the whole, None if there is nothing to compare.
    :param before: the same before the change, None if that is not known.
    :param is_first: this was read before the change, not while an earlier run
        had started it.
    """

    names: tuple[str, ...] = ()
    marks: bytes = b''
    count: int = 0
    skipped: frozenset[str] = frozenset()
    digest: str | None = None
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
    found = replace(_read(bios, skipped), before=before, is_first=is_first)
    return replace(found, before=found.digest) if is_first else found


def so_far(rest: Rest) -> tuple[str, ...]:
    """Return what was other than before already when it was read, in words."""
    if rest.is_first or (rest.before and rest.before == rest.digest):
        return ()
    return _untold(rest)


def changed(rest: Rest, bios: Bios) -> tuple[str, ...]:
    """Return what is other than before, in words; nothing if all is as before.

    :param bios: as it is now.
    """
    now = replace(
        _read(bios, rest.skipped), before=rest.before, is_first=rest.is_first
    )
    if rest.before == now.digest:
        return ()
    if not (rest.is_first and rest.before):
        return _untold(now)
    marks = _marks(_texts(rest.names, bios))
    found = [
        f'{name} is gone'
        if name not in bios
        else f'{name} is {values.shown(values.current(bios[name], None))}'
        for number, name in enumerate(rest.names)
        if _at(marks, number) != _at(rest.marks, number)
    ]
    new = [
        f'{name} is new' for name in now.names if name not in set(rest.names)
    ]
    return tuple(found + new)


def _read(bios: Bios, skipped: frozenset[str]) -> Rest:
    """Return the settings of a BIOS but for those that are left out."""
    names = tuple(map(sys.intern, sorted(bios.keys() - skipped)))
    texts = _texts(names, bios)
    whole = '\n'.join((*names, *texts)).encode('utf-8', 'surrogatepass')
    digest = hashlib.blake2b(whole, digest_size=_DIGEST).hexdigest()
    return Rest(
        names,
        _marks(texts),
        len(bios),
        skipped,
        digest if bios else None,
    )


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


def _texts(names: Iterable[str], bios: Bios) -> list[str]:
    """Return the values of settings as text, of what is not there as well."""
    return [
        '\0'
        if (setting := bios.get(name)) is None or setting.value is None
        else values.stored(setting.value)
        for name in names
    ]


def _marks(texts: Iterable[str]) -> bytes:
    return array.array('q', map(hash, texts)).tobytes()


def _at(marks: bytes, number: int) -> bytes:
    return marks[number * _DIGEST : (number + 1) * _DIGEST]
