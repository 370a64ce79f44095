"""What is seen of a change after a look, a reading, or an action."""

import dataclasses
from typing import Any

from osc_baremetal_config.core.apply import observation
from osc_baremetal_config.core.apply.observation import Action, Observation
from osc_baremetal_config.core.facts.model import BiosSetting, Node, Step
from osc_baremetal_config.core.facts.steps import apply
from osc_baremetal_config.core.plan.model import Aim, Plan
from osc_baremetal_config.core.plan.side_effects import Kept, Rest
from tests.unit import base
from tests.unit.core import moves, snapshots
from tests.unit.core.moves import HT, entries, plan, rival, seen

NEW, OLD = (
    apply({'LogicalProc': 'Enabled'}),
    apply({'LogicalProc': 'Disabled'}),
)


def at_work(step: Step | None, state: str = 'servicing') -> Node:
    """Return the node with a step that runs."""
    return snapshots.node({'provision_state': state, 'service_step': step})


class LookTest(base.TestCase):
    def look(
        self,
        now: Observation,
        node: Node | None = None,
        passed_s: float = 2.0,
        of: Plan | None = None,
        **server: Any,
    ) -> Observation:
        return observation.look(
            of or plan(),
            now,
            dataclasses.replace(now.server, **server),
            node or now.node,
            passed_s,
        )

    def test_for_how_long_a_ramdisk_cannot_boot(self) -> None:
        off = {'provision_state': 'service wait', 'power_state': 'power off'}
        for more, is_so in (
            ({}, True),
            ({'power_state': 'power on'}, False),
            ({'target_power_state': 'power on'}, False),
            ({'service_step': plan().steps[0]}, False),
            ({'provision_state': 'servicing'}, False),
            ({'provision_state': 'service failed'}, False),
        ):
            node = snapshots.node({**off, **more})
            once = self.look(seen(), node)
            twice = self.look(once, node)
            self.assertEqual(
                (0.0, 2.0) if is_so else (None, None),
                (once.asleep_s, twice.asleep_s),
                str(more),
            )

    def test_what_was_read_holds_while_the_node_is_as_it_was(self) -> None:
        for node, holds in (
            ({}, True),
            ({'power_state': 'power off'}, True),
            ({'provision_updated_at': 'later'}, False),
            ({'uuid': 'm'}, False),
            ({'provision_state': 'servicing'}, False),
            ({'provision_state': 'service wait'}, False),
            ({'provision_state': 'service failed'}, True),
        ):
            with self.subTest(node=node):
                found = self.look(seen(), snapshots.node(node))
                self.assertEqual(holds, found.bios is not None)

    def test_entries_that_go_during_a_service_are_another_s(self) -> None:
        """What was read before has to be read again, once."""
        for what, is_contested, holds in (
            ({}, False, True),
            ({'entry': None}, False, True),
            ({'tried': 'STOP', 'entry': None}, False, True),
            ({'tried': 'SERVICE'}, False, True),
            ({'tried': 'SERVICE', 'entry': None}, True, False),
            ({'watched': True, 'entry': None}, True, False),
            (
                {'watched': True, 'entry': None, 'is_contested': True},
                True,
                True,
            ),
            ({'is_contested': True}, True, True),
        ):
            with self.subTest(seen=what):
                found = self.look(seen(**what, looked=False))
                self.assertTrue(found.looked)
                self.assertEqual(
                    (is_contested, holds),
                    (found.is_contested, found.bios is not None),
                )

    def test_for_how_long_something_holds(self) -> None:
        off = {'status': 'SHUTOFF'}
        server: Any
        for before_s, server, after_s in (
            (None, {}, 0.0),
            (0.0, {}, 2.0),
            (3.0, {}, 5.0),
            (3.0, off, None),
        ):
            now = seen(agreed_s=before_s, journaled_s=before_s)
            found = self.look(now, **server)
            self.assertEqual(after_s, found.agreed_s)
            self.assertEqual(
                0.0 if before_s is None else before_s + 2.0,
                found.journaled_s,
            )

    def test_which_step_is_its_own(self) -> None:
        """And whether the BMC was seen to have taken the settings."""
        two = plan(steps=(*NEW, moves.UNREAD))
        for of, node, is_ours, accepted in (
            (plan(), at_work(NEW[0]), True, False),
            (plan(), at_work(OLD[0]), False, False),
            (plan(), at_work(None), None, False),
            (plan(), at_work(moves.UNREAD), False, False),
            (two, at_work(moves.UNREAD), True, False),
            (plan(), at_work(NEW[0], 'service wait'), True, True),
            # It waits for the agent ramdisk.
            (plan(), at_work(None, 'service wait'), None, False),
            (plan(), at_work(OLD[0], 'service wait'), False, False),
            (plan(), at_work(NEW[0], 'active'), None, False),
            (plan(), at_work(NEW[0], 'a state'), None, False),
            (plan(), at_work(None, 'zapping'), None, False),
        ):
            with self.subTest(node=node):
                found = self.look(seen(), node, of=of)
                self.assertIs(is_ours, observation.is_ours(of, node))
                self.assertEqual(
                    (is_ours is True, accepted),
                    (found.watched, found.accepted),
                )
                # What was seen once stays so.
                again = self.look(found, snapshots.node({}), of=of)
                self.assertEqual(
                    (found.watched, found.accepted),
                    (again.watched, again.accepted),
                )

    def test_a_failure_that_another_run_has_recorded(self) -> None:
        failed = {'failure': 'x', 'unapplied': True}
        asked = 'its rollback was requested'
        for aim, what, failure, unapplied in (
            (Aim.SET, {}, None, False),
            (Aim.SET, {'entry': failed}, 'x', True),
            (Aim.SET, {'entry': {'failure': 'x'}}, 'x', False),
            (Aim.SET, {'entry': failed, 'failure': 'y'}, 'y', False),
            (Aim.SET, {'entry': {**failed, 'digest': '00'}}, None, False),
            (Aim.RETRY, {'entry': failed}, None, False),
            (Aim.ROLLBACK, {'entry': failed}, 'x', True),
            (Aim.ROLLBACK, {}, asked, False),
            (Aim.ABORT, {}, None, False),
        ):
            with self.subTest(aim=aim, seen=what):
                found = self.look(seen(**what), of=plan(aim=aim))
                self.assertEqual(
                    (failure, unapplied), (found.failure, found.unapplied)
                )


class PowerTest(base.TestCase):
    def test_nova_and_ironic_agree_on_what_is_wanted(self) -> None:
        for power, status, node, agrees in (
            ('on', 'ACTIVE', 'power on', True),
            ('on', 'ACTIVE', 'power off', False),
            ('on', 'ACTIVE', None, True),
            ('on', 'SHUTOFF', 'power on', False),
            ('on', 'SHUTOFF', None, False),
            ('off', 'ACTIVE', 'power on', False),
            ('off', 'SHUTOFF', 'power off', True),
            ('off', 'SHUTOFF', 'power on', False),
            ('off', 'SHUTOFF', 'rebooting', True),
        ):
            now = seen(server={'status': status}, node={'power_state': node})
            found = observation.power_agrees(plan(power=power), now)
            self.assertEqual(agrees, found, str((power, status, node)))


class BeginTest(base.TestCase):
    def test_a_service_of_an_earlier_run_is_its_own(self) -> None:
        for step, is_ours in ((NEW[0], True), (OLD[0], False), (None, False)):
            node = at_work(step)
            found = observation.begin(plan(node=node), 'a')
            self.assertEqual((is_ours, 'a'), (found.watched, found.run))
            self.assertEqual(is_ours, found.is_serviced)

    def test_what_other_settings_are_is_known_from_before_it(self) -> None:
        for rest, count in ((Rest(), 0), (Rest(is_first=False), 1)):
            found = observation.begin(plan(rest=rest))
            self.assertEqual(count, len(found.side_effects))

    def test_nothing_is_known_yet_of_how_it_goes(self) -> None:
        found = observation.begin(plan())
        for name in (
            'watched',
            'unsure',
            'accepted',
            'applied',
            'verified',
            'is_contested',
            'checked',
            'unapplied',
        ):
            self.assertIs(False, getattr(found, name), name)
        self.assertTrue(found.looked)


class ReadTest(base.TestCase):
    def read(self, now: Observation, value: str, **more: Any) -> Observation:
        bios = snapshots.bios({'LogicalProc': value, 'X': '1'})
        return observation.read(plan(**more), now, bios)

    def test_what_was_once_read_is_remembered(self) -> None:
        for tried, value, applied, verified in (
            ('', 'Disabled', False, False),
            ('', 'Enabled', True, False),
            ('SERVICE', 'Enabled', True, True),
            ('SERVICE', 'Auto', True, False),
            ('SERVICE', 'Disabled', False, False),
        ):
            with self.subTest(tried=tried, value=value):
                found = self.read(seen(tried=tried), value)
                self.assertEqual(
                    (applied, verified), (found.applied, found.verified)
                )
                again = self.read(found, 'Disabled')
                self.assertEqual(
                    (applied, verified), (again.applied, again.verified)
                )
                self.assertFalse(found.looked)

    def test_only_the_settings_of_the_plan_are_kept(self) -> None:
        found = self.read(seen(), 'Disabled')
        assert found.bios is not None
        self.assertEqual({'LogicalProc'}, found.bios.keys())
        bare = observation.read(plan(), seen(), snapshots.bios({'X': '1'}))
        self.assertEqual({}, bare.bios)

    def test_a_reading_counts_for_the_record_under_an_entry(self) -> None:
        for what, checked in (
            ({}, True),
            ({'entry': None}, False),
            ({'entry': None, 'tried': 'RECORD'}, True),
            ({'entry': {'digest': '00'}}, False),
        ):
            found = self.read(seen(**what), 'Disabled')
            self.assertEqual(checked, found.checked, str(what))

    def test_what_the_items_are(self) -> None:
        source = ([('one', {'X': '1'}), ('two', {'X': '2'})],)
        kept = Kept('x', 'two', source)
        found = self.read(seen(), 'Disabled', claims=(kept,), kept=(kept,))
        self.assertEqual({'x': 'one'}, found.actual)
        self.assertEqual(('x is one, and should be two',), found.drifting)


class AfterTest(base.TestCase):
    def test_an_action_is_counted(self) -> None:
        once = seen().after(Action.STOP)
        twice = once.after(Action.STOP).after(Action.START)
        self.assertEqual({Action.STOP: 1}, once.tried)
        self.assertEqual({Action.STOP: 2, Action.START: 1}, twice.tried)

    def test_what_is_not_known_any_more_after_it(self) -> None:
        for action in Action:
            found = seen().after(action)
            is_serviced = action in (
                Action.SERVICE,
                Action.RESTORE_SETTINGS,
                Action.LEAVE,
            )
            is_written = action in (Action.SAVE_JOURNAL, Action.RECORD)
            self.assertEqual(is_serviced, found.bios is None, str(action))
            self.assertEqual(not is_written, found.checked, str(action))
            self.assertEqual(
                action is Action.SAVE_JOURNAL,
                found.journaled_s is None,
                str(action),
            )
            self.assertFalse(seen(checked=False).after(action).checked)

    def test_which_actions_touch_server_or_node(self) -> None:
        harmless = {
            Action.SAVE_JOURNAL,
            Action.RECORD,
            Action.RESTORE_RECORD,
            Action.CORRECT_RECORD,
            Action.CLEAR_JOURNAL,
            Action.READ_BIOS,
        }
        for action in Action:
            found = seen().after(action)
            self.assertEqual(action not in harmless, found.has_touched)
            self.assertEqual(action is Action.SERVICE, found.is_serviced)
            self.assertEqual(
                action not in harmless, observation.is_touched(plan(), found)
            )
        self.assertTrue(seen(watched=True).has_touched)
        self.assertTrue(observation.is_touched(plan(entries=(HT,)), seen()))


class EntriesTest(base.TestCase):
    def test_whose_entries_they_are(self) -> None:
        later = '2026-12-31T00:00:00+00:00'
        for aim, entry, is_own in (
            (Aim.SET, {}, True),
            (Aim.SET, {'digest': None}, True),
            (Aim.SET, {'digest': '00'}, False),
            (Aim.SET, {'digest': 'ffffffff'}, False),
            (Aim.RETRY, {'digest': '00'}, False),
            (Aim.ROLLBACK, {'digest': '00'}, True),
            (Aim.ABORT, {'digest': '00'}, True),
        ):
            of, now = plan(aim=aim), seen(entry=entry, metadata=rival(later))
            own = set(observation.own_entries(of, now))
            others = set(observation.rival_entries(of, now))
            self.assertEqual(is_own, HT in own, str((aim, entry)))
            self.assertEqual({HT, 'turbo'}, own | others)
            self.assertEqual(set(), own & others)


class UnlikeTest(base.TestCase):
    def test_what_differs_is_told_as_it_is(self) -> None:
        shown = {'A': BiosSetting(name='A', value='1')}
        expected: Any
        for expected, bios, told in (
            ({'A': 1}, shown, []),
            ({'A': 2}, shown, ['A=1']),
            ({'B': 'x', 'A': 2}, shown, ['A=1', 'B=?']),
            ({'A': None}, {}, []),
            ({'A': None}, shown, ['A=1']),
            ({'A': 1}, None, ['A=?']),
        ):
            now = dataclasses.replace(seen(), bios=bios)
            self.assertEqual(told, observation.unlike(expected, now))

    def test_the_last_refusal_is_told_where_it_was_tried_too_often(
        self,
    ) -> None:
        for count, refusal, told in (
            (2, None, 'STOP'),
            (3, None, 'INCOMPLETE: stays'),
            (4, 'no', 'INCOMPLETE: stays: no'),
        ):
            now = seen(tried='STOP ' * count, refusal=refusal)
            move = observation.attempt(Action.STOP, now, 'stays')
            self.assertEqual(told, moves.words(move))
        again = seen().with_metadata(entries(None))
        self.assertEqual({}, again.server.metadata)
