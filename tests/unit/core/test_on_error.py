"""What the error of an action means, and what a state of a node means."""

import contextlib
import dataclasses
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import on_error, verdicts
from osc_baremetal_config.core.apply.observation import (
    Action,
    Finish,
    Observation,
    Verdict,
)
from osc_baremetal_config.core.apply.on_error import Answer, When
from osc_baremetal_config.core.facts import provision_state
from osc_baremetal_config.core.plan.model import Aim
from tests.unit import base
from tests.unit.core import moves, snapshots
from tests.unit.core.moves import HT, plan, seen

SERVICES = {Action.SERVICE, Action.RESTORE_SETTINGS, Action.LEAVE}
# Of these an error of the service itself is counted.
ENOUGH = {
    Action.STOP,
    Action.START,
    Action.POWER_ON,
    Action.POWER_OFF,
    Action.REVERT,
    Action.ABORT,
    Action.END_MAINTENANCE,
}
BEGINNINGS = {Action.STOP, Action.RESIZE, Action.SERVICE}
# What may be refused before anything was done.
FIRST = {Action.SAVE_JOURNAL, Action.READ_BIOS, Action.CLEAR_JOURNAL}


class ToErrorTest(base.TestCase):
    def answer(
        self,
        action: Action,
        error: errors.CloudError,
        now: Observation | None = None,
        **changes: Any,
    ) -> Answer:
        now = now or seen(tried='SAVE_JOURNAL')
        return on_error.to_error(plan(**changes), now, action, error)

    def test_what_is_temporary_is_made_again_later(self) -> None:
        for action in Action:
            for status in (None, 409, 499, 500, 501, 503):
                away = errors.TemporaryCloudError('Nova', status, 'away')
                found = self.answer(action, away)
                is_counted = status == 500 and action in ENOUGH
                where = f'{action}, {status}'
                self.assertEqual(When.LATER, found.when, where)
                self.assertIn('away', found.words)
                self.assertIn('trying again', found.words)
                self.assertIsNone(found.seen.bios, where)
                self.assertEqual(
                    int(is_counted),
                    found.seen.count(action)
                    - seen(tried='SAVE_JOURNAL').count(action),
                    where,
                )
                self.assertEqual(
                    away.message if is_counted else None, found.seen.refusal
                )
                # Ironic may be at it, unless it says that it is at another.
                self.assertEqual(
                    action in SERVICES and status != 409, found.seen.unsure
                )

    def test_an_ironic_that_aborts_no_failed_service(self) -> None:
        refused = errors.CloudError('Ironic', 400, 'can not be performed')
        for aim in (Aim.SET, Aim.ABORT):
            found = self.answer(Action.ABORT, refused, seen(), aim=aim)
            self.assertEqual(When.LOOK, found.when)
            self.assertTrue(found.seen.cannot_abort)
            self.assertEqual(1, found.seen.count(Action.ABORT))
        for action in set(Action) - {Action.ABORT}:
            with contextlib.suppress(errors.ConfigError):
                found = self.answer(action, refused)
                self.assertFalse(found.seen.cannot_abort, action)

    def test_what_was_unsure_once_stays_so(self) -> None:
        away = errors.TemporaryCloudError('Nova', 503, 'away')
        unsure = seen(unsure=True)
        self.assertTrue(self.answer(Action.STOP, away, unsure).seen.unsure)

    def test_what_may_be_another_state_by_now_is_looked_at(self) -> None:
        looked_at = {
            (Action.CONFIRM, 400),
            (Action.CONFIRM, 404),
            (Action.REVERT, 400),
            (Action.REVERT, 404),
            (Action.RECORD, 403),
        }
        for action in Action:
            conflict = errors.Conflict('Nova', 409, 'busy')
            found = self.answer(action, conflict)
            self.assertEqual(When.LATER, found.when)
            self.assertIn('looking again', found.words)
            self.assertEqual(conflict.message, found.seen.refusal)
            self.assertGreater(found.seen.count(action), 0)
            for status in (399, 400, 401, 402, 403, 404, 405):
                error = errors.CloudError('Nova', status, 'no')
                try:
                    found = self.answer(action, error)
                except errors.ConfigError:
                    is_looked_at = False
                else:
                    is_looked_at = found.when is When.LATER
                self.assertEqual(
                    (action, status) in looked_at,
                    is_looked_at,
                    f'{action}, {status}',
                )

    def test_a_refused_beginning_ends_the_change_and_not_the_run(self) -> None:
        no = errors.CloudError('Nova', 402, 'no')
        for action in BEGINNINGS:
            found = self.answer(action, no)
            self.assertEqual((When.LOOK, ''), (found.when, found.words))
            self.assertEqual(
                f'{action.value}: Nova: no (402)', found.seen.failure
            )
            self.assertEqual(1, found.seen.count(action))
        for action in set(Action) - BEGINNINGS:
            left = self.assertRaises(
                errors.Incomplete, self.answer, action, no
            )
            self.assertIn(f'{action.value}: Nova: no', left.message)

    def test_a_second_failure_is_told_with_the_first(self) -> None:
        no = errors.CloudError('Nova', 402, 'no')
        failed = seen(tried='STOP', failure='first')
        for action in Action:
            left = self.assertRaises(
                errors.Incomplete, self.answer, action, no, failed
            )
            self.assertIn(f'first; {action.value}: Nova: no', left.message)

    def test_a_refusal_before_anything_was_done(self) -> None:
        no = errors.CloudError('Nova', 402, 'no')
        for tried, changes, refused in (
            ('', {}, FIRST),
            ('READ_BIOS', {}, FIRST),
            ('SAVE_JOURNAL', {}, set[Action]()),
            ('READ_BIOS STOP', {}, set[Action]()),
            ('', {'entries': (HT,)}, set[Action]()),
            # A way out of a change is refused whatever it would begin with.
            ('', {'aim': Aim.RETRY, 'entries': (HT,)}, set(Action)),
            ('', {'aim': Aim.ABORT}, set(Action)),
            ('READ_BIOS', {'aim': Aim.ABORT, 'entries': (HT,)}, set()),
        ):
            for action in Action:
                where = f'{action}, {tried}, {changes}'
                try:
                    self.answer(action, no, seen(tried=tried), **changes)
                except errors.Refused as error:
                    self.assertIn(action, refused, where)
                    self.assertIn('nothing was changed', error.message)
                except errors.Incomplete:
                    self.assertNotIn(action, refused, where)
                else:
                    self.assertNotIn(action, refused, where)

    def test_a_server_that_is_gone_ends_it(self) -> None:
        for service, is_gone in (('Nova', True), ('Ironic', False)):
            for error in (
                errors.NotFound(service, 404, 'no'),
                errors.CloudError(service, 404, 'no'),
            ):
                left = verdicts.unseen(plan(), seen(), error)
                self.assertEqual(
                    is_gone and isinstance(error, errors.NotFound),
                    isinstance(left, errors.ServerGone),
                )
        gone = errors.NotFound('Nova', 404, 'no')
        self.assertRaises(errors.ServerGone, self.answer, Action.SERVICE, gone)


class EndTest(base.TestCase):
    def test_which_error_an_end_is(self) -> None:
        for verdict, kind in (
            (Verdict.VERIFIED, None),
            (Verdict.ROLLED_BACK, errors.RolledBack),
            (Verdict.UNAPPLIED, errors.NotRestored),
            (Verdict.NOT_RESTORED, errors.NotRestored),
            (Verdict.OVERTAKEN, errors.NotRestored),
            (Verdict.YIELDED, errors.Refused),
            (Verdict.MOVED, errors.Incomplete),
            (Verdict.INCOMPLETE, errors.Incomplete),
        ):
            for aim in Aim:
                is_asked_for = verdict is Verdict.ROLLED_BACK and aim in (
                    Aim.ROLLBACK,
                    Aim.ABORT,
                )
                found = verdicts.of(
                    plan(aim=aim), seen(), Finish(verdict, 'why')
                )
                if kind is None or is_asked_for:
                    self.assertIsNone(found)
                else:
                    self.assertIs(kind, type(found))
                    self.assertIn('why', str(found))


class ProvisionStateTest(base.TestCase):
    def test_what_a_state_means(self) -> None:
        step = moves.UNREAD
        untold = 'the service has failed; Ironic shows you no reason'
        held = ' (in maintenance, which can hold it up)'
        words: Any
        for words, phase in (
            ({}, provision_state.Ready()),
            ({'maintenance': True}, provision_state.Ready()),
            (
                {'target_provision_state': 'active'},
                provision_state.Working('active'),
            ),
            (
                {'provision_state': 'servicing', 'service_step': step},
                provision_state.Working('servicing firmware.update'),
            ),
            (
                {'provision_state': 'service wait', 'maintenance': True},
                provision_state.Working(
                    f'service wait (the agent ramdisk boots, which takes '
                    f'minutes){held}'
                ),
            ),
            (
                {'provision_state': 'service wait', 'service_step': step},
                provision_state.Working('service wait firmware.update'),
            ),
            (
                {'provision_state': 'cleaning', 'maintenance': True},
                provision_state.Working('cleaning'),
            ),
            (
                {'provision_state': 'service failed', 'last_error': 'x'},
                provision_state.Failed('x'),
            ),
            (
                {'provision_state': 'error', 'maintenance_reason': 'y'},
                provision_state.Failed('y'),
            ),
            (
                {
                    'provision_state': 'error',
                    'maintenance_reason': 'y',
                    'last_error': 'x',
                },
                provision_state.Failed('x'),
            ),
            ({'provision_state': 'error'}, provision_state.Failed(untold)),
            *(
                (
                    {'provision_state': state},
                    provision_state.Stuck(
                        f'node rack3-07 (n) is in state "{state}", which '
                        f'needs a person'
                    ),
                )
                for state in ('a state', 'rescue', 'service hold')
            ),
        ):
            found = provision_state.classify(snapshots.node(words))
            self.assertEqual(phase, found, str(words))

    def test_a_server_that_is_deleted(self) -> None:
        server = snapshots.server({})
        changes: Any
        for changes, is_deleted in (
            ({}, False),
            ({'task_state': 'deleting'}, True),
            ({'task_state': 'powering-off'}, False),
            ({'task_state': 'attaching'}, False),
            ({'status': 'DELETED'}, True),
            ({'status': 'ERROR'}, False),
        ):
            found = dataclasses.replace(server, **changes)
            self.assertEqual(is_deleted, found.is_being_deleted, str(changes))
