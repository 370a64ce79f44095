"""When a look may be skipped because it shows what the last one has shown."""

import dataclasses
import itertools
from collections.abc import Iterator

from osc_baremetal_config.core.apply import forward, observation
from osc_baremetal_config.core.apply.observation import (
    Action,
    Observation,
    Wait,
)
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.facts import journal
from osc_baremetal_config.core.facts.model import Item, Node, Server
from osc_baremetal_config.core.plan import journal_entries, planner
from osc_baremetal_config.core.plan.model import Aim, Plan
from osc_baremetal_config.osc import files
from tests.unit import base
from tests.unit.core import snapshots

NOW = '2026-11-26T12:00:00.000+00:00'
LATER = '2026-11-26T12:00:05.000+00:00'
TRIED = (
    (),
    (Action.SAVE_JOURNAL,),
    (Action.SAVE_JOURNAL, Action.STOP),
    (Action.SAVE_JOURNAL, Action.STOP, Action.SERVICE, Action.START),
)


def plans() -> Iterator[Plan]:
    """Yield the plans for a server that is on or off, in each aim."""
    asked, known = [Item('hyperthreading', 'enabled')], files.load(())
    target = snapshots.flavor({'name': 'bm.on', 'id': 'f'})
    for status in ('ACTIVE', 'SHUTOFF'):
        snapshot = snapshots.snapshot({'server': {'status': status}})
        made = planner.make(asked, assess(snapshot, known))
        for aim, flavor in itertools.product(Aim, (None, target)):
            yield dataclasses.replace(made, aim=aim, resize_to=flavor)


def metadata(plan: Plan) -> Iterator[dict[str, str]]:
    """Yield a server's metadata, by whose entries there are."""
    rival = journal.Pending(value='disabled', since=LATER, digest='0123abcd')
    mine = journal_entries.begin(plan, NOW, 'a')
    theirs = journal.begin({'turbo': rival}, {})
    yield from ({}, mine, theirs, mine | theirs)


def looks(plan: Plan) -> Iterator[tuple[Server, Node]]:
    """Yield what a look at a server and its node may show."""
    for items, status, task, state, power in itertools.product(
        metadata(plan),
        ('ACTIVE', 'SHUTOFF', 'VERIFY_RESIZE'),
        (None, 'powering-off'),
        ('active', 'servicing', 'service failed'),
        ('power on', 'power off'),
    ):
        yield (
            dataclasses.replace(
                plan.server, metadata=items, status=status, task_state=task
            ),
            dataclasses.replace(
                plan.node, provision_state=state, power_state=power
            ),
        )


def observations(plan: Plan) -> Iterator[Observation]:
    """Yield what may have been seen of a change before a look."""
    for tried, seconds in itertools.product(TRIED, (None, 5.0)):
        yield dataclasses.replace(
            observation.begin(plan, 'a'),
            journaled_s=seconds,
            tried=dict.fromkeys(tried, 1),
        )


class WaitsTest(base.TestCase):
    def test_what_is_not_timed_waits_whenever_it_is_seen_again(self) -> None:
        waits, timed = 0, 0
        for plan in plans():
            for seen, look in itertools.product(
                observations(plan), looks(plan)
            ):
                first = observation.look(plan, seen, *look, 0.0)
                move = forward.next_move(plan, first)
                if not isinstance(move, Wait):
                    continue
                again = observation.look(plan, first, *look, 1000.0)
                is_same = forward.next_move(plan, again) == move
                if forward.is_timed(plan, first):
                    timed += not is_same
                else:
                    waits += 1
                    self.assertTrue(is_same, f'{move}: {first}')
        self.assertGreater(waits, 1000)
        self.assertGreater(timed, 10)
