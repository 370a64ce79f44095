"""In which order settings can be set: some only once others are in force.

Owns which settings of a change have to wait for which others of it. One waits
only if its node's BIOS cannot be given it now: it is not shown, or read-only.
What opens it is known by the locks of the catalogue; a template cannot say it,
as Ironic takes none that has a step twice. Whether a BIOS takes a value is for
:mod:`.registry`.
"""

from collections.abc import Collection, Iterable, Mapping

from osc_baremetal_config.core.facts import registry, values
from osc_baremetal_config.core.facts.model import Bios, Value
from osc_baremetal_config.core.facts.registry import Lock


def openers(
    wanted: Mapping[str, Value], bios: Bios, locks: Iterable[Lock]
) -> dict[str, frozenset[str]]:
    """Return setting → those that have to be in force before it can be set.

    :param wanted: all that is set, name → value.
    :returns: only what cannot be set now, and can be afterwards.
    """
    closed = [name for name in wanted if _is_closed(name, bios)]
    if not closed:
        return {}
    due = {n for n, v in wanted.items() if not registry.holds(bios, n, v)}
    found = {}
    for name in closed:
        by_lock = {
            lock.name
            for lock in locks
            if lock.name in wanted
            and lock.is_of(name)
            and values.is_same(wanted[lock.name], lock.value)
        }
        if opening := due & by_lock:
            found[name] = frozenset(opening)
    return found


def ranks(opening: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Return setting → how many services come before it can be set.

    :param opening: what :func:`openers` returns.
    :returns: only what has to wait. What waits for itself, over however many
        others, can never be set and is left out.
    """
    found: dict[str, int] = {}
    left = dict(opening)
    while ready := [n for n in left if not left.keys() & set(left[n])]:
        this = {n: 1 + max(found.get(m, 0) for m in left[n]) for n in ready}
        found |= this
        for name in ready:
            del left[name]
    return found


def _is_closed(name: str, bios: Bios) -> bool:
    """Return whether a setting cannot be set now, and may be later.

    What is read-only opens only where Ironic may come to know of it.
    """
    if not bios:
        return False
    setting = bios.get(name)
    if setting is None:
        return True
    return bool(setting.read_only) and registry.may_be_renewed(setting)
