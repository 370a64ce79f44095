"""What is told of the end of a change, and what it means for others."""

import dataclasses

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import api_calls, observation
from osc_baremetal_config.core.apply.next_steps import bounced, continuing
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import journal
from osc_baremetal_config.core.facts.metadata import PREVIOUS
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.facts.risks import Risk
from osc_baremetal_config.core.plan import planner, side_effects
from osc_baremetal_config.core.plan.options import DEFAULT
from osc_baremetal_config.core.rollout.result import Ended, Outcome
from osc_baremetal_config.osc import files
from tests.unit import base
from tests.unit.core import snapshots


class EndedTest(base.TestCase):
    def test_which_nodes_are_still_out_of_service(self) -> None:
        incomplete = errors.Incomplete('left')
        for error, is_touched, is_out in (
            (incomplete, True, True),
            (incomplete, False, False),
            (errors.TimedOut('late'), True, True),
            (errors.RolledBack('back'), True, False),
            (errors.ServerGone('gone'), True, False),
            (errors.NotRestored('not as before'), True, False),
            (errors.Refused('no'), False, False),
        ):
            ended = Ended(1.0, error=error, is_touched=is_touched)
            self.assertEqual(is_out, ended.is_out, str(error))
        for is_finished in (True, False):
            outcome = Outcome(1.0, None, is_finished)
            self.assertEqual(not is_finished, Ended(1.0, outcome).is_out)


class SideEffectsTest(base.TestCase):
    def test_what_is_told_where_an_earlier_run_has_read_them(self) -> None:
        bios = snapshots.bios({'X': '1'})
        for before, now, told in (
            ('0' * 16, bios, 'an earlier run has read them'),
            (None, bios, 'they could not be compared'),
            ('0' * 16, {}, 'they could not be compared'),
        ):
            rest = side_effects.Rest(('X',), before=before, is_first=False)
            [sentence] = side_effects.changed(rest, now)
            self.assertIn(told, sentence)

    def test_what_is_as_before_is_not_told(self) -> None:
        bios = snapshots.bios({'X': '1'})
        rest = side_effects.rest(bios, (), Catalogue(types={}), is_first=True)
        self.assertEqual((), side_effects.changed(rest, bios))
        other = snapshots.bios({'X': '2'})
        self.assertEqual(('X is 2',), side_effects.changed(rest, other))


class JournalTest(base.TestCase):
    def test_what_was_before_takes_no_more_than_sixteen_items(self) -> None:
        for count, is_held in ((16, True), (17, False)):
            keys = {f'{PREVIOUS}x:{number}': '' for number in range(count)}
            self.assertEqual(is_held, journal.too_much({}, keys) is None)


class OptionsTest(base.TestCase):
    def test_nothing_is_taken_on_trust_by_default(self) -> None:
        self.assertFalse(DEFAULT.trust_metadata)
        self.assertFalse(DEFAULT.allow_data_loss)
        self.assertFalse(DEFAULT.allow_move)


class PlanTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        asked = [Item('hyperthreading', 'enabled')]
        assessed = assess(snapshots.snapshot({}), files.load(()))
        self.plan = planner.make(asked, assessed, DEFAULT)

    def test_it_is_said_where_nova_shows_no_action(self) -> None:
        self.assertIn('Nova shows no such action', bounced(self.plan, None))

    def test_the_command_that_continues_accepts_what_was_accepted(
        self,
    ) -> None:
        accepted = frozenset({Risk.KEYS, Risk.BOOT})
        options = dataclasses.replace(DEFAULT, accepted=accepted)
        plan = dataclasses.replace(self.plan, options=options)
        self.assertIn(
            '--accept-risk boot --accept-risk keys', continuing(plan)
        )

    def test_a_service_that_runs_already_is_its_own(self) -> None:
        for steps, is_its_own in ((self.plan.steps, True), ((), False)):
            node = dataclasses.replace(
                self.plan.node,
                provision_state='servicing',
                service_step=next(iter(steps), None),
            )
            plan = dataclasses.replace(self.plan, node=node)
            self.assertEqual(is_its_own, observation.begin(plan).is_serviced)

    def test_how_the_service_would_be_undone(self) -> None:
        for undo, told in (
            (self.plan.undo, 'a service that sets LogicalProc=Disabled'),
            (None, 'cannot be'),
        ):
            plan = dataclasses.replace(self.plan, undo=undo)
            [service] = [
                one for one in api_calls.of(plan) if one.service == 'baremetal'
            ]
            self.assertEqual(told, service.undo)
