"""Two changes of one server at once: which of them proceeds.

Nova's metadata knows no lock, so each change writes its journal and then looks
who else has. Ironic takes on one service at a time, which decides the rest.
Never does anything itself.
"""

from osc_baremetal_config.core.apply import observation
from osc_baremetal_config.core.apply.observation import (
    Action,
    Move,
    Observation,
    Wait,
)
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.provision_state import SERVICING
from osc_baremetal_config.core.plan.model import Plan

# Seconds for which another change may go without seeing that it is the later.
_PATIENCE_S = 10.0
# Seconds after which another run has written the same, if there is one.
_SETTLED_S = 1.0


def lost(plan: Plan, seen: Observation) -> str | None:
    """Return why this change must give way to another, None if it need not.

    Where both have entries, the one that was first proceeds, once the other
    has given way. One whose entries are gone was overwritten by the other. One
    that has touched the server never gives way.
    """
    if _goes_on(plan, seen):
        return None
    if seen.node.provision_state in SERVICING:
        if observation.is_ours(plan, seen.node) is False:
            return (
                f'Ironic is running another service ({seen.node.service_step})'
            )
        return None
    if not seen.tried.get(Action.SAVE_JOURNAL):
        return None
    mine, others = (
        observation.own_entries(plan, seen),
        observation.rival_entries(plan, seen),
    )
    is_patient = seen.journaled_s is None or seen.journaled_s < _PATIENCE_S
    if others and not (mine and is_patient and _first(mine) <= _first(others)):
        started = ', '.join(
            f'{name}={entry.value} (at {entry.since})'
            for name, entry in sorted(others.items())
        )
        return f'another change was started: {started}'
    return None


def wait(plan: Plan, seen: Observation) -> Move | None:
    """Return the wait for another change to give way, None if there is none.

    It may not have seen this one yet. Of two that both have entries, and look
    after that, at least one sees the other; so neither changes anything while
    there is another.
    """
    if _goes_on(plan, seen) or not observation.rival_entries(plan, seen):
        return None
    return Wait('waiting for another change, started later, to give way')


def others_resize(plan: Plan, seen: Observation) -> str | None:
    """Return what is waited for before a resize, None if it may be started.

    Nova begins a second resize while it is at the first, so of runs that want
    the same only the one proceeds that was the last to write its entry; the
    others see that at a later look, and wait for what it does.
    """
    if plan.is_resumed:
        return None
    if seen.journaled_s is None or seen.journaled_s < _SETTLED_S:
        return 'checking whether another run requests the same'
    entries = observation.own_entries(plan, seen).values()
    if any(entry.by not in (None, seen.run) for entry in entries):
        return 'waiting for another run with the same request'
    return None


def is_timed(plan: Plan, seen: Observation) -> bool:
    """Return whether it still counts how long ago the entries were written."""
    is_to_resize = plan.resize_to and not seen.tried.get(Action.RESIZE)
    return bool(is_to_resize) or not _goes_on(plan, seen)


def must_journal_again(plan: Plan, seen: Observation) -> bool:
    """Return whether the entries of a service that runs have been lost."""
    is_started = seen.has_touched or plan.is_resumed
    is_lost = not observation.own_entries(plan, seen)
    return is_started and is_lost and not seen.is_resized


def changed_meanwhile(plan: Plan, seen: Observation) -> str | None:
    """Return how a node was changed since its change was planned, if it was.

    That it is as wanted is no obstacle: another run that wants the same can
    have made it so, between the looks at the server and at its node even.

    Only before it is serviced; what was read then would be restored.
    """
    if seen.is_serviced or seen.unsure or plan.is_resumed:
        return None
    if seen.node.uuid != plan.node.uuid:
        return None
    unlike = observation.unlike(plan.was, seen)
    if not unlike or not observation.unlike(plan.wanted, seen):
        return None
    return f'the node was changed since it was read: {", ".join(unlike)}'


def _goes_on(plan: Plan, seen: Observation) -> bool:
    """Return whether a change never gives way: it has touched something."""
    return seen.has_touched or seen.unsure or plan.is_resumed


def _first(entries: dict[str, Pending]) -> tuple[str, str]:
    return min(
        (entry.since or '', entry.digest or '') for entry in entries.values()
    )
