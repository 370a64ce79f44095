"""One change: the calls of its actions, and what is known of it."""

import dataclasses
from collections.abc import Callable
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import forward
from osc_baremetal_config.core.apply.on_error import When
from osc_baremetal_config.core.facts import journal
from osc_baremetal_config.core.facts.model import InstanceAction, Server
from osc_baremetal_config.core.plan.model import Aim, Plan
from osc_baremetal_config.core.plan.options import Method, OnFailure, Options
from osc_baremetal_config.core.rollout.result import Outcome
from osc_baremetal_config.run.change import Change, How
from tests.unit import base, canned
from tests.unit.core import moves, snapshots
from tests.unit.core.moves import HT, plan

NOW = '2026-11-22T14:02:00.000+00:00'
OFF = {'status': 'SHUTOFF'}
NODE_OFF = {'power_state': 'power off'}
FAILED = {'provision_state': 'service failed', 'last_error': 'denied'}
AT_WORK = {'provision_state': 'servicing'}
RESIZE = {'resize_to': moves.target()}
RIGHT = snapshots.bios({'LogicalProc': 'Enabled'})
BEFORE = snapshots.bios({'LogicalProc': 'Disabled'})


class Services:
    """Nova and Ironic: keep every call, and give the answers they are given.

    :param answers: name of a call → its answer, or an exception to raise.
    """

    def __init__(self, **answers: Any) -> None:
        self._answers = {'set_metadata': {}, 'bios': BEFORE} | answers
        self.calls: list[tuple[str, Any]] = []
        self.compute = self.baremetal = self

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self.calls.append((name, (*args, *more.values())))
            answer = self._answers.get(name)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    @property
    def names(self) -> list[str]:
        """Return the names of the calls."""
        return [name for name, _ in self.calls]


class Told:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.doings: list[str] = []
        self.warnings: list[str] = []

    def doing(self, server: Server, what: str, *seconds: float) -> None:
        self.doings.append(what)

    def warn(self, text: str, server: Server | None = None) -> None:
        self.warnings.append(text)


class ChangeCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock, self.told = canned.Clock(), Told()
        self.services = Services()

    def change(
        self,
        of: Plan,
        *,
        wait: bool = True,
        plan_again: Callable[[Plan], Plan] = lambda plan: plan,
        **answers: Any,
    ) -> Change:
        self.services = Services(**answers)
        cloud: Any = self.services
        told: Any = self.told
        how = How(limit_s=60.0, plan_again=plan_again, wait=wait)
        return Change(of, cloud, self.clock, told, how)

    def server(self, entry: Any = None, **words: Any) -> Server:
        return snapshots.server({'metadata': moves.entries(entry), **words})

    def see(self, change: Change, server: Server, **node: Any) -> bool:
        """Have a change see a server and its node, a second later."""
        self.clock.sleep(1.0)
        return change.see(server, snapshots.node(node))


class CallsTest(ChangeCase):
    def test_the_call_of_each_action(self) -> None:
        failed = {'failure': 'first'}
        steps, undo = plan().steps, plan().undo
        resized = {'status': 'VERIFY_RESIZE', 'flavor': {'name': 'bm.on'}}
        ours = {**FAILED, 'maintenance': True, 'fault': 'service failure'}
        for changes, server, node, call in (
            ({}, {'entry': {}}, {}, ('begin_stop', ('s',))),
            (
                {},
                {'entry': {}, **OFF},
                {},
                ('begin_service', ('n', steps)),
            ),
            (
                {'runbook': 'CUSTOM_RB'},
                {'entry': {}, **OFF},
                {},
                ('begin_service', ('n', 'CUSTOM_RB')),
            ),
            (
                RESIZE | {'entries': (HT,)},
                {'entry': {}, **OFF},
                {},
                ('begin_resize', ('s', 'f')),
            ),
            (
                RESIZE | {'bios': RIGHT},
                {'entry': {}, **resized},
                {},
                ('confirm_resize', ('s',)),
            ),
            (
                {},
                {'entry': failed, **OFF},
                FAILED,
                ('begin_service', ('n', undo)),
            ),
            ({}, {'entry': failed}, ours, ('end_maintenance', ('n',))),
            ({'aim': Aim.ABORT}, {}, FAILED, ('abort', ('n',))),
            (
                RESIZE,
                {'entry': failed, **resized},
                {},
                ('revert_resize', ('s',)),
            ),
            (
                {'bios': RIGHT},
                {'entry': {}, **OFF},
                {},
                ('begin_start', ('s',)),
            ),
            (
                {'bios': RIGHT},
                {'entry': {}},
                NODE_OFF,
                ('begin_power', ('n', True)),
            ),
            (
                {'bios': RIGHT, 'power': 'off'},
                {'entry': {}, **OFF},
                {},
                ('begin_power', ('n', False)),
            ),
        ):
            with self.subTest(plan=changes, server=server, node=node):
                seen, there = self.server(**server), snapshots.node(node)
                of = plan(server=seen, node=there, **changes)
                one = self.change(of)
                self.assertIs(When.LOOK, one.proceed())
                self.assertEqual([call], self.services.calls)

    def test_the_entries_are_written_first(self) -> None:
        one = self.change(plan())
        self.assertIs(When.LOOK, one.proceed())
        [(name, (server_id, entries))] = self.services.calls
        self.assertEqual(('set_metadata', 's'), (name, server_id))
        self.assertEqual(moves.entries(None), {})
        self.assertIn(NOW, entries[f'deploy-config-pending:{HT}'])
        self.assertEqual(['saving the change record'], self.told.doings)

    def test_what_is_verified_is_recorded_and_forgotten_at_once(self) -> None:
        """What is seen by an answer needs no other look."""
        key = f'deploy-config:{HT}'
        there = self.server({})
        one = self.change(
            plan(server=there, bios=RIGHT),
            bios=RIGHT,
            set_metadata={**there.metadata, key: 'enabled'},
        )
        self.assertIs(When.LOOK, one.proceed())
        for _ in range(2):
            self.see(one, there)
        found = one.proceed()
        self.assertIsInstance(found, Outcome)
        self.assertEqual(
            [
                ('bios', ('n', False)),
                ('set_metadata', ('s', {key: 'enabled'})),
                ('delete_metadata', ('s', [f'deploy-config-pending:{HT}'])),
            ],
            self.services.calls,
        )

    def test_how_long_the_power_stays_is_told_by_the_clock(self) -> None:
        there = self.server({})
        one = self.change(plan(server=there, bios=RIGHT), bios=RIGHT)
        one.proceed()
        seen = []
        for _ in range(4):
            self.clock.sleep(0.4)
            seen.append(one.see(there, snapshots.node({})))
        self.assertEqual([False, False, False, True], seen)

    def test_a_failure_is_written_into_the_entry(self) -> None:
        there = self.server({})
        one = self.change(
            plan(server=there, node=snapshots.node(FAILED)),
            set_metadata=moves.entries({'failure': 'denied'}),
        )
        self.assertIs(When.LOOK, one.proceed())
        (_, (_, entries)), second = self.services.calls
        [entry] = journal.pending(entries).values()
        self.assertEqual(('denied', False), (entry.failure, entry.unapplied))
        # It is seen by the answer, so what comes next is done at once.
        self.assertEqual(('begin_service', ('n', plan().undo)), second)

    def test_what_nova_says_of_a_resize_that_bounced_is_the_reason(
        self,
    ) -> None:
        action = InstanceAction(
            name='resize', message='no host', failures=(), request_id='r'
        )
        there = self.server({'record': None}, **OFF)
        of = plan(server=there, entries=(HT,), **RESIZE)
        one = self.change(of, last_action=action)
        self.assertIs(When.LOOK, one.proceed())
        self.see(one, there)
        one.proceed()
        names = self.services.names
        self.assertEqual(['begin_resize', 'last_action'], names[:2])
        self.assertIn(('last_action', ('s', 'resize')), self.services.calls)


class SeenTest(ChangeCase):
    def test_whether_the_server_may_stay_off(self) -> None:
        there = self.server({})
        one = self.change(plan(server=there))
        self.assertFalse(one.may_stay_off)
        one.proceed()
        self.assertTrue(one.may_stay_off)
        off = self.server({}, **OFF)
        self.assertTrue(self.see(one, off, **NODE_OFF))
        self.assertTrue(one.may_stay_off)
        one.proceed()
        self.assertEqual('begin_service', self.services.names[-1])
        self.assertFalse(one.may_stay_off)

    def test_one_that_was_started_again_does_not(self) -> None:
        there = self.server({})
        one = self.change(plan(server=there))
        one.proceed()
        self.assertFalse(
            self.see(one, off := self.server({}, **OFF), **AT_WORK)
        )
        self.assertTrue(one.may_stay_off)
        step = plan().steps[0]
        self.see(one, off, **AT_WORK, service_step=step)
        self.assertFalse(one.may_stay_off)

    def test_whether_it_is_at_the_service(self) -> None:
        off = self.server({}, **OFF)
        one = self.change(plan(server=off))
        self.assertEqual((False, False), (one.is_touched, one.is_at_service))
        one.proceed()
        self.assertEqual((True, True), (one.is_touched, one.is_at_service))
        self.services._answers['bios'] = RIGHT
        self.see(one, off, provision_updated_at='x')
        one.proceed()
        self.assertFalse(one.is_at_service)
        self.assertEqual('x', one.node.provision_updated_at)

    def test_a_wait_is_told_at_every_look(self) -> None:
        one = self.change(plan(server=self.server({})))
        one.proceed()
        busy = self.server({}, task_state='powering-off')
        self.told.doings.clear()
        for _ in range(3):
            self.assertFalse(self.see(one, busy))
        self.assertEqual(['Nova: powering-off'] * 3, self.told.doings)
        self.assertTrue(self.see(one, self.server({}, **OFF)))

    def test_the_time_that_it_has(self) -> None:
        self.clock.sleep(5.0)
        one = self.change(plan())
        self.clock.sleep(2.0)
        self.assertEqual((2.0, 65.0), (one.elapsed_s, one.deadline))
        self.assertIn('not finished after 60 s', one.out_of_time().message)

    def test_a_look_that_shows_nothing_is_told(self) -> None:
        one = self.change(plan())
        error = errors.CloudError('Nova', 503, 'away')
        one.not_seen(error)
        self.assertEqual([error.message], self.told.doings)
        self.assertIn('away', one.unseen(error).message)


class EndTest(ChangeCase):
    def end(self, change: Change) -> Outcome:
        """Return how a change ends that has nothing more to do."""
        for _ in range(5):
            found = change.proceed()
            if isinstance(found, Outcome):
                return found
            self.see(change, change.plan.server)
        raise AssertionError('it does not end')

    def done(self, **changes: Any) -> Plan:
        """Return the plan for what is right and recorded."""
        there = self.server(
            metadata={f'deploy-config:{HT}': 'enabled'},
        )
        return plan(server=there, bios=RIGHT, **changes)

    def test_what_it_says_of_other_settings_is_of_its_own_service(
        self,
    ) -> None:
        for changes, has_served in (
            ({}, False),
            ({'entries': (HT,)}, True),
        ):
            one = self.change(self.done(**changes), bios=RIGHT)
            one._seen = dataclasses.replace(
                one._seen, side_effects=('X is 2',), drifting=('y is z',)
            )
            found = self.end(one)
            expected = ('X is 2',) if has_served else ()
            self.assertEqual(expected, found.side_effects)
            self.assertEqual(has_served, bool(found.drifting))
            self.assertEqual((None, True), (found.method, found.is_finished))

    def test_an_error_ends_it(self) -> None:
        for error, expected in (
            (errors.CloudError('Nova', 403, 'no'), errors.Refused),
            (errors.NotFound('Nova', 404, 'gone'), errors.ServerGone),
        ):
            one = self.change(plan(), set_metadata=error)
            self.assertRaises(expected, one.proceed)

    def test_a_temporary_error_is_told_and_tried_again_later(self) -> None:
        away = errors.TemporaryCloudError('Nova', 503, 'away')
        one = self.change(plan(), set_metadata=away)
        self.assertIs(When.LATER, one.proceed())
        self.assertIn('trying again', self.told.doings[-1])
        self.assertFalse(one.may_stay_off)

    def test_a_refused_service_is_rolled_back_and_not_told_twice(self) -> None:
        no = errors.CloudError('Ironic', 400, 'no')
        off = self.server({}, **OFF)
        one = self.change(plan(server=off), begin_service=no)
        self.assertIs(When.LOOK, one.proceed())
        self.assertEqual(['requesting the service'], self.told.doings)

    def test_a_server_that_a_resize_has_moved_is_planned_again(self) -> None:
        moved = snapshots.node({'uuid': 'm', 'name': 'rack4-01'})
        resized = {'status': 'VERIFY_RESIZE', 'flavor': {'name': 'bm.on'}}
        options = Options(allow_move=True)
        of = plan(
            server=self.server({}, **resized),
            bios=RIGHT,
            options=options,
            **RESIZE,
        )
        again = dataclasses.replace(of, node=moved, warnings=('look here',))
        one = self.change(of, plan_again=lambda plan: again)
        one.proceed()
        self.see(one, of.server, uuid='m', name='rack4-01')
        one._seen = dataclasses.replace(one._seen, tried={}, bios=RIGHT)
        one._move = forward.next_move(of, one._seen)
        self.assertIs(When.LOOK, one.proceed())
        self.assertEqual(
            (again, ['look here']), (one.plan, self.told.warnings)
        )

    def test_one_that_is_not_waited_for_ends_with_the_service(self) -> None:
        off = self.server({}, **OFF)
        one = self.change(plan(server=off), wait=False)
        found = one.proceed()
        assert isinstance(found, Outcome)
        self.assertEqual(
            (Method.SERVICE, False), (found.method, found.is_finished)
        )
        # What is at it already is not waited for either.
        step = plan().steps[0]
        at_it = plan(
            server=self.server({}),
            node=snapshots.node({**AT_WORK, 'service_step': step}),
        )
        found = self.change(at_it, wait=False).proceed()
        assert isinstance(found, Outcome)
        self.assertEqual((None, False), (found.method, found.is_finished))
        self.assertIs(When.LOOK, self.change(at_it).proceed())
        # What fails is rolled back all the same.
        failed = self.server({'failure': 'x'})
        one = self.change(
            dataclasses.replace(at_it, server=failed), wait=False
        )
        self.assertIs(When.LOOK, one.proceed())

    def test_a_service_that_somebody_else_has_is_none(self) -> None:
        """A node that is at work when it is seen, and was not planned so."""
        one = self.change(plan(server=self.server({})), wait=False)
        self.assertIs(When.LOOK, one.proceed())
        self.see(one, self.server({}, **OFF), **AT_WORK)
        self.assertIs(When.LOOK, one.proceed())

    def test_a_failure_that_is_left_says_how_to_go_on(self) -> None:
        leave = Options(on_failure=OnFailure.LEAVE)
        one = self.change(
            plan(
                server=self.server({}),
                node=snapshots.node(FAILED),
                options=leave,
            )
        )
        left = self.assertRaises(errors.Incomplete, one.proceed)
        self.assertIn('recover --retry', str(left))
