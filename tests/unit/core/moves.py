"""A change that is under way, from a few words, and its next move in words.

Everything that a case leaves out is as after the first moves of a change to
``hyperthreading=enabled``: its entry is written, the server is on and as
before, and every look has found it so for some seconds.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from osc_baremetal_config.core.apply import forward, observation
from osc_baremetal_config.core.apply.observation import (
    Action,
    Finish,
    Move,
    Observation,
    Perform,
    Wait,
)
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.facts import journal
from osc_baremetal_config.core.facts.journal import Pending, Previous
from osc_baremetal_config.core.facts.model import Flavor, Item, Step
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.osc import files
from tests.unit.core import snapshots

HT = 'hyperthreading'
BEGAN = '2026-06-01T00:00:00+00:00'
# A step that leaves no trace in the BIOS settings.
UNREAD = Step(interface='firmware', step='update', args={'settings': ['x']})


@functools.cache
def _made() -> Plan:
    asked = [Item(HT, 'enabled')]
    return planner.make(asked, assess(snapshots.snapshot({}), files.load(())))


def plan(**changes: Any) -> Plan:
    """Return the plan of the change, but for what is given."""
    return dataclasses.replace(_made(), **changes)


def target() -> Flavor:
    """Return the flavor that a server is resized to."""
    return snapshots.flavor({'name': 'bm.on', 'id': 'f'})


def entries(entry: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the metadata of a change, but for what is given of its entry.

    :param entry: None for no entry.
    """
    if entry is None:
        return {}
    known = Pending(
        **{
            'value': 'enabled',
            'since': BEGAN,
            'digest': _made().digest,
            'record': '',
            **entry,
        }
    )
    was = Previous(value='disabled', settings={'LogicalProc': 'Disabled'})
    return journal.begin({HT: known}, {} if known.unchanged else {HT: was})


def rival(since: str, **entry: Any) -> dict[str, str]:
    """Return the metadata of another change."""
    other = {'value': 'enabled', 'since': since, 'digest': '0123abcd', **entry}
    return journal.begin({'turbo': Pending(**other)}, {})


def recorded(value: str) -> dict[str, str]:
    """Return the metadata that records a value."""
    return {f'deploy-config:{HT}': value}


def seen(
    *,
    bios: str | None = 'Disabled',
    entry: Mapping[str, Any] | None = {},
    metadata: Mapping[str, str] | None = None,
    server: Mapping[str, Any] | None = None,
    node: Mapping[str, Any] | None = None,
    tried: str = '',
    **more: Any,
) -> Observation:
    """Return what is seen.

    :param bios: the value of the setting, None if it has to be read,
        ``none`` if it is not shown.
    :param entry: what is other in its entry; None for no entry.
    :param metadata: what else is in the server's metadata.
    :param tried: the actions that were tried, each as often as it is named.
    """
    names = [Action[name] for name in tried.split()]
    items = {**entries(entry), **(metadata or {})}
    shown = {} if bios == 'none' else {'LogicalProc': bios}
    words = {'agreed_s': 5.0, 'journaled_s': 5.0, 'checked': True, 'run': 'a'}
    return Observation(
        server=snapshots.server({'metadata': items, **(server or {})}),
        node=snapshots.node(dict(node or {})),
        bios=None if bios is None else snapshots.bios(shown),
        tried={one: names.count(one) for one in names},
        **{**words, **more},
    )


def words(move: Move) -> str:
    """Return a move in words, as the cases have it."""
    match move:
        case Wait(doing):
            return f'wait: {doing}'
        case Perform(action, reason, unapplied):
            told = [action.name, reason, 'unapplied' if unapplied else '']
            return ': '.join(filter(None, told))
        case Finish(result, reason):
            return ': '.join(filter(None, [result.name, reason]))


def next_move(plan: Plan, now: Observation) -> str:
    """Return the next move in words, with the failure that is recorded."""
    looked = observation.look(plan, now, now.server, now.node, 0.0)
    now = dataclasses.replace(
        now, failure=looked.failure, unapplied=looked.unapplied
    )
    return words(forward.next_move(plan, now))
