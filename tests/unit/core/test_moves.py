"""What comes next of a change, where two conditions meet.

A table for each decision of ``core/apply``: what the plan and what is seen
are besides :mod:`.moves`, and the next move. The usual course of a change is
in ``cases/sequence.yaml``.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any

from osc_baremetal_config.core.apply import forward, observation, rollback
from osc_baremetal_config.core.facts import journal
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.plan.model import Aim
from osc_baremetal_config.core.plan.options import OnFailure, Options
from osc_baremetal_config.core.plan.side_effects import Kept
from tests.unit import base
from tests.unit.core import moves, snapshots
from tests.unit.core.moves import HT, plan, recorded, rival, seen

Words = dict[str, Any]
# Plan, what is seen, and the next move.
Case = tuple[Words, Words, str]

EARLIER, LATER = '2026-01-01T00:00:00+00:00', '2026-12-31T00:00:00+00:00'
OFF = {'status': 'SHUTOFF'}
NODE_OFF = {'power_state': 'power off'}
FAILED = {'provision_state': 'service failed', 'last_error': 'denied'}
AT_WORK = {'provision_state': 'servicing'}
# A resize that waits, to the flavor that is wanted or to another one.
WAITS = {'status': 'VERIFY_RESIZE'}
RESIZED = {**WAITS, 'flavor': {'name': 'bm.on'}}
RESIZE: Words = {'resize_to': moves.target()}
RESUMED: Words = {'entries': (HT,)}
LEAVE: Words = {'options': Options(on_failure=OnFailure.LEAVE)}
MAY_MOVE: Words = {**RESIZE, 'options': Options(allow_move=True)}
UNREAD: Words = {'steps': (*plan().steps, moves.UNREAD)}
ELSEWHERE = {'uuid': 'm', 'name': 'rack4-01'}
ELSEWHERE_TOO = {'uuid': 'z', 'name': 'rack4-02'}
# A change of which it was not known what was before.
NOT_KNOWN: Words = {
    'changes': tuple(
        dataclasses.replace(
            one,
            settings=tuple(
                dataclasses.replace(setting, before=None)
                for setting in one.settings
            ),
        )
        for one in plan().changes
    )
}
SOMEBODY = (
    'INCOMPLETE: the server was resized to {} by somebody else, who has to '
    'confirm or revert that'
)
SAID_DONE = 'Ironic reports success, but the node has LogicalProc='
# Another type that is right already, and is claimed at the end.
TURBO = Kept('turbo', 'enabled', ())
CLAIMS: Words = {
    'claims': (TURBO, Kept(HT, 'enabled', ()), Kept('sriov', 'x', ()))
}
OTHER = 'another change was started: turbo=enabled (at 2026-{}T00:00:00+00:00)'
WAIT_FOR_OTHER = 'wait: waiting for another change, started later, to give way'


class MovesCase(base.TestCase):
    """Cases of the next move."""

    def check(self, cases: Iterable[Case]) -> None:
        for changes, what, expected in cases:
            with self.subTest(plan=changes, seen=what):
                now = seen(**what)
                self.assertEqual(
                    expected, moves.next_move(plan(**changes), now)
                )


class NextMoveTest(MovesCase):
    def test_a_server_that_is_deleted_is_waited_for(self) -> None:
        deleting = 'wait: Nova: deleting'
        for server in ({'task_state': 'deleting'}, {'status': 'DELETED'}):
            for node in ({}, FAILED, {'provision_state': 'cleaning'}):
                self.check([({}, {'server': server, 'node': node}, deleting)])

    def test_lost_entries_of_a_service_that_runs_are_written_again(
        self,
    ) -> None:
        lost: Words = {'entry': None, 'node': AT_WORK}
        self.check(
            [
                ({}, lost, 'wait: servicing'),
                ({}, {**lost, 'tried': 'SAVE_JOURNAL'}, 'wait: servicing'),
                ({}, {**lost, 'tried': 'SERVICE'}, 'SAVE_JOURNAL'),
                ({}, {**lost, 'tried': 'STOP'}, 'SAVE_JOURNAL'),
                (RESUMED, lost, 'SAVE_JOURNAL'),
                (
                    {},
                    {**lost, 'tried': 'SERVICE', 'server': WAITS},
                    'wait: servicing',
                ),
                (
                    {},
                    {'node': AT_WORK, 'tried': 'SERVICE'},
                    'wait: servicing',
                ),
                (
                    {},
                    {**lost, 'tried': 'SERVICE SAVE_JOURNAL ' * 3},
                    'INCOMPLETE: the change record does not stay',
                ),
            ]
        )

    def test_what_is_as_wanted_is_recorded_and_then_forgotten(self) -> None:
        right: Words = {'bios': 'Enabled'}
        full = {**right, 'tried': 'RECORD'}
        done = {**right, 'metadata': recorded('enabled')}
        self.check(
            [
                ({}, right, 'RECORD'),
                ({}, {**right, 'entry': None}, 'SAVE_JOURNAL'),
                ({}, {**right, 'checked': False}, 'READ_BIOS'),
                ({}, done, 'CLEAR_JOURNAL'),
                ({}, {**done, 'checked': False}, 'READ_BIOS'),
                ({}, {**done, 'entry': None}, 'VERIFIED'),
                # The value of another type, or another value of this one.
                ({}, {**right, 'metadata': recorded('disabled')}, 'RECORD'),
                # Where there are too many items, the entries go first.
                ({}, full, 'CLEAR_JOURNAL'),
                ({}, {**full, 'checked': False}, 'CLEAR_JOURNAL'),
                ({}, {**full, 'entry': None}, 'RECORD'),
                (
                    {},
                    {**full, 'entry': None, 'tried': 'RECORD ' * 3},
                    'INCOMPLETE: the record does not stay',
                ),
                (
                    {},
                    {**done, 'tried': 'CLEAR_JOURNAL ' * 3},
                    'INCOMPLETE: the change record cannot be removed',
                ),
                # Nothing is recorded of what is only put right.
                ({'record': ()}, right, 'CLEAR_JOURNAL'),
                ({'record': ()}, {**right, 'entry': None}, 'VERIFIED'),
                (
                    {'record': ()},
                    {**right, 'checked': False},
                    'CLEAR_JOURNAL',
                ),
                # A record that is to go needs no entry.
                (
                    {'record': (), 'forget': ('deploy-config:x',)},
                    {
                        **right,
                        'entry': None,
                        'metadata': {'deploy-config:x': 'y'},
                    },
                    'CLEAR_JOURNAL',
                ),
            ]
        )

    def test_another_change_is_waited_for_before_anything_is_recorded(
        self,
    ) -> None:
        both: Words = {'bios': 'Enabled', 'metadata': rival(LATER)}
        self.check(
            [
                ({}, {**both, 'tried': 'SAVE_JOURNAL'}, WAIT_FOR_OTHER),
                ({}, both, WAIT_FOR_OTHER),
                # What has touched the server gives way to nobody.
                ({}, {**both, 'tried': 'STOP'}, 'RECORD'),
                ({}, {**both, 'unsure': True}, 'RECORD'),
                ({}, {**both, 'watched': True}, 'RECORD'),
                (RESUMED, both, 'RECORD'),
            ]
        )

    def test_entries_that_go_while_it_is_recorded_are_another_s_doing(
        self,
    ) -> None:
        gone: Words = {
            'bios': 'Enabled',
            'entry': None,
            'tried': 'RECORD',
            'metadata': recorded('enabled'),
        }
        broken = {**gone, 'actual': {'turbo': 'disabled', HT: 'enabled'}}
        told = 'another change was made at the same time: turbo is disabled'
        self.check(
            [
                ({}, gone, 'VERIFIED'),
                ({}, {**gone, 'checked': False}, 'READ_BIOS'),
                (CLAIMS, gone, 'VERIFIED'),
                (
                    CLAIMS,
                    {**broken, 'actual': {'turbo': 'enabled'}},
                    'VERIFIED',
                ),
                (CLAIMS, broken, f'OVERTAKEN: {told}'),
                (
                    CLAIMS,
                    {**broken, 'actual': {'turbo': None}},
                    f'OVERTAKEN: {told.replace("disabled", "unknown")}',
                ),
                # Once the entries are gone by its own hand, that is the end.
                (
                    CLAIMS,
                    {**broken, 'tried': 'RECORD CLEAR_JOURNAL'},
                    'VERIFIED',
                ),
            ]
        )

    def test_an_item_that_was_right_and_is_not_any_more(self) -> None:
        broken: Words = {'bios': 'Enabled', 'actual': {'turbo': 'disabled'}}
        told = 'after the change, turbo is disabled'
        since = 'the node was changed since it was read: turbo is disabled'
        self.check(
            [
                (CLAIMS, {**broken, 'actual': {'turbo': 'enabled'}}, 'RECORD'),
                # What is changed is told by its settings.
                (CLAIMS, {**broken, 'actual': {HT: 'disabled'}}, 'RECORD'),
                ({}, broken, 'RECORD'),
                (CLAIMS, {**broken, 'entry': None}, 'SAVE_JOURNAL'),
                (CLAIMS, broken, f'YIELDED: {since}'),
                (CLAIMS, {**broken, 'tried': 'SAVE_JOURNAL'}, 'CLEAR_JOURNAL'),
                (
                    CLAIMS,
                    {**broken, 'tried': 'SERVICE'},
                    f'JOURNAL_FAILURE: {told}',
                ),
                (
                    {**CLAIMS, **RESUMED},
                    broken,
                    f'JOURNAL_FAILURE: {told}',
                ),
                (
                    {**CLAIMS, **RESUMED, **LEAVE},
                    broken,
                    f'INCOMPLETE: {told}',
                ),
            ]
        )
        worse = {**broken, 'actual': {'turbo': 'zero'}}
        told = since.replace('disabled', 'zero')
        self.check([(CLAIMS, worse, f'YIELDED: {told}')])

    def test_a_node_that_was_changed_since_it_was_read(self) -> None:
        other: Words = {'bios': 'Auto', 'tried': 'SAVE_JOURNAL'}
        told = 'the node was changed since it was read: LogicalProc=Auto'
        self.check(
            [
                ({}, other, 'CLEAR_JOURNAL'),
                ({}, {**other, 'entry': None}, f'YIELDED: {told}'),
                ({}, {**other, 'tried': ''}, f'YIELDED: {told}'),
                # One that is off already is started again first.
                (
                    {},
                    {
                        **other,
                        'tried': 'SAVE_JOURNAL STOP',
                        'server': OFF,
                        'node': NODE_OFF,
                    },
                    'START',
                ),
                ({}, {**other, 'tried': 'STOP'}, 'CLEAR_JOURNAL'),
                (
                    {},
                    {**other, 'tried': 'STOP', 'entry': None},
                    f'OVERTAKEN: {told}',
                ),
                # Not where the change itself may have done that.
                ({}, {**other, 'unsure': True}, 'STOP'),
                (RESUMED, other, 'STOP'),
                ({}, {**other, 'bios': 'Disabled'}, 'STOP'),
                (MAY_MOVE, {**other, 'node': ELSEWHERE}, 'STOP'),
                (MAY_MOVE, {**other, 'node': ELSEWHERE_TOO}, 'STOP'),
            ]
        )

    def test_a_change_that_was_overtaken_leaves_what_the_other_has_set(
        self,
    ) -> None:
        after: Words = {
            'bios': 'Auto',
            'tried': 'SERVICE',
            'verified': True,
            'actual': {HT: 'auto'},
        }
        told = 'it was verified, and then changed again to LogicalProc=Auto'
        wrong = {
            **after,
            'tried': 'SERVICE RECORD',
            'metadata': recorded('enabled'),
        }
        right = {**wrong, 'metadata': recorded('auto')}
        ended = {**after, 'entry': None}
        self.check(
            [
                ({}, {**after, 'server': OFF}, 'START'),
                ({}, after, 'CLEAR_JOURNAL'),
                ({}, ended, f'OVERTAKEN: {told}'),
                ({}, wrong, 'CORRECT_RECORD'),
                ({}, right, 'CLEAR_JOURNAL'),
                ({}, {**right, 'entry': None}, f'OVERTAKEN: {told}'),
                (
                    {},
                    {
                        **wrong,
                        'tried': 'SERVICE RECORD' + ' CORRECT_RECORD' * 3,
                    },
                    'INCOMPLETE: the record does not stay',
                ),
                # What cannot be told is no correction.
                ({}, {**wrong, 'actual': {HT: None}}, 'CLEAR_JOURNAL'),
                ({}, {**wrong, 'actual': {}}, 'CLEAR_JOURNAL'),
                (
                    {},
                    {**ended, 'verified': False, 'is_contested': True},
                    'OVERTAKEN: another change was made at the same time: '
                    'the node has LogicalProc=Auto',
                ),
            ]
        )

    def test_a_service_that_has_not_led_to_what_was_asked_for(self) -> None:
        after: Words = {'bios': 'Disabled', 'tried': 'SERVICE'}
        unapplied = f'JOURNAL_FAILURE: {SAID_DONE}Disabled: unapplied'
        partly = f'JOURNAL_FAILURE: {SAID_DONE}Auto'
        self.check(
            [
                ({}, {**after, 'bios': None}, 'READ_BIOS'),
                (
                    {},
                    {**after, 'looked': False},
                    'wait: checking what Ironic has done',
                ),
                ({}, after, unapplied),
                ({}, {**after, 'accepted': True}, unapplied),
                ({}, {**after, 'bios': 'Auto'}, partly),
                ({}, {**after, 'applied': True}, 'CLEAR_JOURNAL'),
                ({}, {**after, 'side_effects': ('X is 2',)}, 'CLEAR_JOURNAL'),
                (
                    {},
                    {**after, 'side_effects': ('X is 2',), 'entry': None},
                    f'NOT_RESTORED: {SAID_DONE}Disabled: X is 2',
                ),
                (
                    {},
                    {**after, 'applied': True, 'entry': None},
                    f'ROLLED_BACK: {SAID_DONE}Disabled',
                ),
            ]
        )

    def test_steps_that_leave_no_trace_have_to_run(self) -> None:
        right: Words = {'bios': 'Enabled'}
        retry = {**UNREAD, **RESUMED, 'aim': Aim.RETRY}
        self.check(
            [
                (UNREAD, right, 'STOP'),
                (UNREAD, {**right, 'watched': True}, 'RECORD'),
                (UNREAD, {**right, 'tried': 'SERVICE'}, 'RECORD'),
                (
                    {**UNREAD, **RESUMED},
                    right,
                    'INCOMPLETE: whether firmware.update ran to the end '
                    'cannot be read back',
                ),
                ({**UNREAD, **RESUMED}, {**right, 'watched': True}, 'RECORD'),
                (retry, right, 'STOP'),
                (retry, {**right, 'watched': True}, 'RECORD'),
                (RESUMED, right, 'RECORD'),
            ]
        )

    def test_before_a_resize(self) -> None:
        off: Words = {'server': OFF}
        another = 'wait: checking whether another run requests the same'
        self.check(
            [
                (RESIZE, {}, 'STOP'),
                (RESIZE, off, 'RESIZE'),
                (RESIZE, {**off, 'entry': None}, 'SAVE_JOURNAL'),
                (RESIZE, {**off, 'journaled_s': None}, another),
                (RESIZE, {**off, 'journaled_s': 0.9}, another),
                (RESIZE, {**off, 'journaled_s': 1.0}, 'RESIZE'),
                ({**RESIZE, **RESUMED}, {**off, 'journaled_s': 0.0}, 'RESIZE'),
                (RESIZE, {**off, 'entry': {'by': 'a'}}, 'RESIZE'),
                (
                    RESIZE,
                    {**off, 'entry': {'by': 'b'}},
                    'wait: waiting for another run with the same request',
                ),
                (RESIZE, {**off, 'metadata': rival(LATER)}, WAIT_FOR_OTHER),
                (RESIZE, {**off, 'tried': 'RESIZE'}, 'READ_BOUNCE'),
                # Also where the settings are right already.
                (RESIZE, {**off, 'bios': 'Enabled'}, 'RESIZE'),
                (RESIZE, {'server': WAITS}, SOMEBODY.format('bm.off')),
                (
                    {**RESIZE, 'options': Options(stop=False)},
                    {},
                    'RESIZE',
                ),
            ]
        )

    def test_after_a_resize(self) -> None:
        right: Words = {'bios': 'Enabled', 'server': RESIZED}
        moved = (
            'the resize has moved the server from node {} to rack4-01 '
            '(m) (use --allow-move to permit this)'
        )
        too = moved.format('rack3-07 (n)').replace('4-01 (m)', '4-02 (z)')
        here = {'node': snapshots.node(dict(ELSEWHERE))}
        too_here = snapshots.node(dict(ELSEWHERE_TOO))
        self.check(
            [
                (RESIZE, right, 'CONFIRM'),
                (
                    RESIZE,
                    {**right, 'tried': 'CONFIRM'},
                    'wait: Nova: confirming the resize',
                ),
                ({}, right, SOMEBODY.format('bm.on')),
                (RESIZE, {**right, 'bios': 'Disabled'}, 'SERVICE'),
                (
                    RESIZE,
                    {**right, 'server': {**RESIZED, **OFF}},
                    'START',
                ),
                # To another node, where that may be and where it may not.
                (
                    RESIZE,
                    {**right, 'node': ELSEWHERE},
                    f'JOURNAL_FAILURE: {moved.format("rack3-07 (n)")}',
                ),
                (
                    {**RESIZE, **here},
                    {**right, 'node': ELSEWHERE},
                    f'JOURNAL_FAILURE: {moved.format("n")}',
                ),
                (
                    MAY_MOVE,
                    {**right, 'node': ELSEWHERE},
                    'MOVED: rack4-01 (m)',
                ),
                (
                    MAY_MOVE,
                    {**right, 'node': ELSEWHERE_TOO},
                    'MOVED: rack4-02 (z)',
                ),
                (
                    RESIZE,
                    {**right, 'node': ELSEWHERE_TOO},
                    f'JOURNAL_FAILURE: {too}',
                ),
                (
                    {**RESIZE, 'node': too_here},
                    {**right, 'node': ELSEWHERE_TOO},
                    f'JOURNAL_FAILURE: {too.replace("rack3-07 (n)", "n")}',
                ),
                (
                    {**MAY_MOVE, **here},
                    {**right, 'node': ELSEWHERE},
                    'CONFIRM',
                ),
                (
                    {**MAY_MOVE, **here},
                    {**right, 'node': ELSEWHERE, 'bios': 'Disabled'},
                    'SERVICE',
                ),
            ]
        )

    def test_a_failed_step(self) -> None:
        failed: Words = {'node': FAILED}
        known: Words = {**failed, 'entry': {'failure': 'first'}}
        retry: Words = {**RESUMED, 'aim': Aim.RETRY}
        self.check(
            [
                ({}, failed, 'JOURNAL_FAILURE: denied'),
                ({}, {**failed, 'failure': 'x'}, 'JOURNAL_FAILURE: x'),
                (LEAVE, failed, 'INCOMPLETE: denied'),
                (LEAVE, {**failed, 'failure': 'x'}, 'INCOMPLETE: x'),
                ({'undo': None}, failed, 'INCOMPLETE: denied'),
                ({}, known, 'RESTORE_SETTINGS'),
                (LEAVE, known, 'INCOMPLETE: first'),
                ({**LEAVE, 'aim': Aim.ROLLBACK}, known, 'RESTORE_SETTINGS'),
                (
                    {'undo': None, 'aim': Aim.ROLLBACK},
                    known,
                    'INCOMPLETE: first',
                ),
                ({'aim': Aim.ABORT}, failed, 'ABORT'),
                (
                    {'aim': Aim.ABORT},
                    {**known, 'tried': 'RESTORE_SETTINGS'},
                    'ABORT',
                ),
                # Nova takes no metadata while a resize waits.
                (
                    {},
                    {**failed, 'server': WAITS, 'failure': 'x'},
                    'RESTORE_SETTINGS',
                ),
                (
                    {},
                    {**failed, 'server': WAITS},
                    'JOURNAL_FAILURE: denied',
                ),
                (
                    {},
                    {**failed, 'tried': 'JOURNAL_FAILURE ' * 3},
                    'INCOMPLETE: denied; the change record does not stay',
                ),
                # Another try writes its entry first, and then services.
                (retry, failed, 'SERVICE'),
                (retry, known, 'SAVE_JOURNAL'),
                (retry, {**failed, 'entry': None}, 'SAVE_JOURNAL'),
                (
                    retry,
                    {**failed, 'watched': True},
                    'JOURNAL_FAILURE: denied',
                ),
            ]
        )

    def test_the_maintenance_of_a_failed_step(self) -> None:
        ours = {**FAILED, 'maintenance': True, 'fault': 'service failure'}
        known: Words = {'node': ours, 'entry': {'failure': 'first'}}
        told = (
            'INCOMPLETE: node rack3-07 (n) is in maintenance, which somebody '
            'else has started'
        )
        self.check(
            [
                ({}, known, 'END_MAINTENANCE'),
                (
                    {},
                    {**known, 'tried': 'END_MAINTENANCE ' * 3},
                    'INCOMPLETE: node rack3-07 (n) stays in maintenance',
                ),
                ({}, {**known, 'node': {**ours, 'fault': None}}, told),
                (
                    {},
                    {**known, 'node': {**ours, 'fault': 'power failure'}},
                    told,
                ),
                (
                    {},
                    {**known, 'node': {**ours, 'fault': 'zzz'}},
                    told,
                ),
                (
                    {},
                    {
                        **known,
                        'node': {
                            **ours,
                            'fault': None,
                            'maintenance_reason': 'disk',
                        },
                    },
                    f'{told}: "disk"',
                ),
                (
                    {'aim': Aim.ABORT},
                    {'node': FAILED, 'tried': 'ABORT ' * 3},
                    'INCOMPLETE: node rack3-07 (n) stays in service failed',
                ),
            ]
        )

    def test_where_a_failed_service_cannot_be_aborted(self) -> None:
        held = {**FAILED, 'maintenance': True, 'fault': 'service failure'}
        undone: Words = {
            'node': FAILED,
            'entry': {'failure': 'first'},
            'tried': 'RESTORE_SETTINGS ABORT',
            'cannot_abort': True,
        }
        dropped: Words = {'node': FAILED, 'cannot_abort': True}
        told = (
            'INCOMPLETE: this Ironic (before 2025.2) cannot abort a service '
            'that has failed, and one that changes nothing has failed, too, '
            'so an operator has to find out why: denied'
        )
        self.check(
            [
                ({}, undone, 'LEAVE'),
                ({}, {**undone, 'node': held}, 'END_MAINTENANCE'),
                ({}, {**undone, 'tried': 'RESTORE_SETTINGS LEAVE'}, told),
                ({'aim': Aim.ABORT}, {**dropped, 'tried': 'ABORT'}, 'LEAVE'),
                ({'aim': Aim.ABORT}, {**dropped, 'tried': 'LEAVE'}, told),
            ]
        )

    def test_a_ramdisk_that_cannot_boot(self) -> None:
        off = {'provision_state': 'service wait', 'power_state': 'power off'}
        asleep: Words = {'node': off, 'asleep_s': 20.0}
        wait = 'wait: service wait (the agent ramdisk boots, which takes '
        wait += 'minutes)'
        why = 'the node was switched off while it booted the agent ramdisk'
        known = {**asleep, 'entry': {'failure': 'first'}}
        for now, move in (
            (asleep, f'JOURNAL_FAILURE: {why}'),
            (known, 'ABORT'),
            ({**known, 'tried': 'ABORT ' * 3}, wait),
            ({**asleep, 'asleep_s': 19.0}, wait),
            ({**asleep, 'asleep_s': None}, wait),
        ):
            self.check([({}, now, move)])

    def test_the_step_that_changes_nothing(self) -> None:
        for power in ('on', 'off'):
            [step] = rollback.out_of_failure(plan(power=power))
            self.assertEqual(f'power.power_{power}', str(step))

    def test_a_restoring_that_fails(self) -> None:
        known: Words = {
            'node': FAILED,
            'entry': {'failure': 'first'},
            'tried': 'RESTORE_SETTINGS',
        }
        twice = known | {'tried': 'RESTORE_SETTINGS ' * 2}
        told = 'INCOMPLETE: first; restoring the settings failed, too: denied'
        self.check(
            [
                ({}, {**known, 'bios': None}, 'READ_BIOS'),
                ({}, {**known, 'bios': 'Disabled'}, 'ABORT'),
                ({}, {**twice, 'bios': 'Disabled'}, 'ABORT'),
                # What Ironic does not show may have changed.
                *(
                    ({}, {**tried, 'bios': bios}, move)
                    for bios in ('Enabled', 'none')
                    for tried, move in (
                        (known, 'RESTORE_SETTINGS'),
                        (twice, told),
                    )
                ),
            ]
        )

    def test_the_way_back(self) -> None:
        back: Words = {'bios': 'Enabled', 'entry': {'failure': 'first'}}
        off: Words = {**back, 'server': OFF}
        twice = (
            'INCOMPLETE: first; Ironic reports the rollback as successful, '
            'but the node has LogicalProc=Enabled'
        )
        self.check(
            [
                ({}, back, 'STOP'),
                ({}, off, 'RESTORE_SETTINGS'),
                ({}, {**off, 'tried': 'RESTORE_SETTINGS'}, 'RESTORE_SETTINGS'),
                ({}, {**off, 'tried': 'RESTORE_SETTINGS ' * 2}, twice),
                ({}, {**off, 'tried': 'RESTORE_SETTINGS ' * 3}, twice),
                (LEAVE, off, 'INCOMPLETE: first'),
                (
                    {},
                    {**off, 'entry': {}, 'failure': 'x'},
                    'JOURNAL_FAILURE: x',
                ),
                # A resize is reverted once the settings are as before.
                (
                    RESIZE,
                    {**back, 'server': RESIZED},
                    'RESTORE_SETTINGS',
                ),
                (
                    RESIZE,
                    {**back, 'bios': 'Disabled', 'server': RESIZED},
                    'REVERT',
                ),
                (
                    RESIZE,
                    {
                        'entry': {},
                        'failure': 'x',
                        'server': RESIZED,
                    },
                    'REVERT',
                ),
                (
                    {},
                    {**back, 'bios': 'Disabled', 'server': RESIZED},
                    'CLEAR_JOURNAL',
                ),
                (
                    RESIZE,
                    {
                        **back,
                        'bios': 'Disabled',
                        'server': RESIZED,
                        'tried': 'REVERT ' * 3,
                    },
                    'INCOMPLETE: the resize stays',
                ),
                # The settings of another node are none of its doing.
                (
                    RESIZE,
                    {**back, 'server': RESIZED, 'node': ELSEWHERE},
                    'REVERT',
                ),
                ({}, {**back, 'bios': 'Disabled'}, 'CLEAR_JOURNAL'),
                (
                    RESIZE,
                    {**back, 'server': RESIZED, 'node': ELSEWHERE_TOO},
                    'REVERT',
                ),
                # What is not shown may have changed where a service ran.
                ({}, {**back, 'bios': 'none'}, 'STOP'),
                (NOT_KNOWN, {**back, 'bios': 'none'}, 'CLEAR_JOURNAL'),
                (
                    NOT_KNOWN,
                    {**back, 'bios': 'none', 'watched': True},
                    'STOP',
                ),
                (
                    {},
                    {
                        'bios': 'Disabled',
                        'entry': None,
                        'failure': 'x',
                        'accepted': True,
                    },
                    'JOURNAL_FAILURE: x: unapplied',
                ),
                (
                    {},
                    {
                        'bios': 'Disabled',
                        'entry': None,
                        'failure': 'x',
                        'accepted': True,
                        'applied': True,
                    },
                    'ROLLED_BACK: x',
                ),
                (
                    {'aim': Aim.ROLLBACK},
                    {
                        'bios': 'Disabled',
                        'entry': None,
                        'failure': 'x',
                        'accepted': True,
                    },
                    'ROLLED_BACK: x',
                ),
            ]
        )

    def test_what_may_come_true_yet(self) -> None:
        unapplied = {'failure': 'first', 'unapplied': True}
        later: Words = {'entry': unapplied}
        right = {**later, 'bios': 'Enabled'}
        undone = {'aim': Aim.ROLLBACK}
        self.check(
            [
                ({}, later, 'UNAPPLIED: first'),
                ({}, {**later, 'server': OFF}, 'START'),
                ({}, right, 'RECORD'),
                ({}, {**right, 'entry': {'failure': 'first'}}, 'STOP'),
                (undone, {**later, 'server': OFF}, 'RESTORE_SETTINGS'),
                (
                    undone,
                    {**later, 'tried': 'RESTORE_SETTINGS'},
                    'CLEAR_JOURNAL',
                ),
                (
                    undone,
                    {**later, 'entry': {'failure': 'first'}},
                    'CLEAR_JOURNAL',
                ),
                (undone, {**right, 'server': OFF}, 'RESTORE_SETTINGS'),
            ]
        )

    def test_a_rollback_needs_no_failure_to_be_recorded(self) -> None:
        asked = 'its rollback was requested'
        undone = {'aim': Aim.ROLLBACK}
        off: Words = {'bios': 'Enabled', 'server': OFF}
        self.check(
            [
                (undone, off, f'JOURNAL_FAILURE: {asked}'),
                (undone, {**off, 'entry': None}, f'JOURNAL_FAILURE: {asked}'),
                (
                    undone,
                    {**off, 'entry': {'failure': 'first'}},
                    'RESTORE_SETTINGS',
                ),
                # Whatever the request was: by the journal it is this one.
                (
                    undone,
                    {'entry': {'digest': '00'}},
                    'CLEAR_JOURNAL',
                ),
                (undone, {'entry': None}, f'ROLLED_BACK: {asked}'),
            ]
        )

    def test_the_record_of_before_is_restored_before_it_is_forgotten(
        self,
    ) -> None:
        back: Words = {
            'entry': {'failure': 'first', 'record': 'disabled'},
            'metadata': recorded('enabled'),
        }
        self.check(
            [
                ({}, back, 'RESTORE_RECORD'),
                (
                    {},
                    {**back, 'metadata': recorded('disabled')},
                    'CLEAR_JOURNAL',
                ),
                ({}, {**back, 'metadata': {}}, 'CLEAR_JOURNAL'),
                ({}, {**back, 'server': OFF}, 'START'),
                (
                    {},
                    {**back, 'tried': 'RESTORE_RECORD ' * 3},
                    'INCOMPLETE: the record does not stay as before',
                ),
            ]
        )

    def test_a_change_that_is_dropped(self) -> None:
        drop = {'aim': Aim.ABORT, 'changes': (), 'entries': (HT,)}
        self.check(
            [
                (drop, {'server': WAITS}, 'REVERT'),
                (
                    drop,
                    {'server': WAITS, 'tried': 'REVERT ' * 3},
                    'INCOMPLETE: the resize stays',
                ),
                (drop, {'server': OFF}, 'START'),
                (drop, {}, 'CLEAR_JOURNAL'),
                (drop, {'entry': {'digest': '00'}}, 'CLEAR_JOURNAL'),
                (
                    drop,
                    {'entry': None},
                    'ROLLED_BACK: the change was dropped',
                ),
                (
                    drop,
                    {'tried': 'CLEAR_JOURNAL ' * 3},
                    'INCOMPLETE: the change record cannot be removed',
                ),
            ]
        )

    def test_the_power(self) -> None:
        right: Words = {
            'bios': 'Enabled',
            'metadata': recorded('enabled'),
            'entry': None,
        }
        settle = 'wait: waiting for the power to settle'
        was_off: Words = {'power': 'off'}
        off: Words = {**right, 'server': OFF, 'node': NODE_OFF}
        self.check(
            [
                ({}, {**right, 'agreed_s': None}, settle),
                ({}, {**right, 'agreed_s': 0.9}, settle),
                ({}, {**right, 'agreed_s': 1.0}, 'VERIFIED'),
                (
                    {},
                    {**right, 'agreed_s': 0.0, 'tried': 'START'},
                    'VERIFIED',
                ),
                ({}, {**right, 'agreed_s': 0.0, 'tried': 'STOP'}, settle),
                ({}, {**right, 'agreed_s': 0.0, 'tried': 'POWER_ON'}, settle),
                (
                    {},
                    {**right, 'agreed_s': None, 'tried': 'START'},
                    settle,
                ),
                (was_off, {**off, 'agreed_s': 0.9}, settle),
                (was_off, {**off, 'agreed_s': 1.0}, 'VERIFIED'),
                (
                    was_off,
                    {**off, 'agreed_s': 0.0, 'tried': 'STOP'},
                    'VERIFIED',
                ),
                (was_off, {**off, 'agreed_s': 0.0, 'tried': 'START'}, settle),
                (was_off, {**off, 'server': {}}, 'STOP'),
                (was_off, {**off, 'node': {}}, 'POWER_OFF'),
                ({}, {**off, 'node': {}}, 'START'),
                ({}, {**off, 'server': {}}, 'POWER_ON'),
                (
                    {},
                    {**off, 'server': {}, 'tried': 'POWER_ON ' * 3},
                    'INCOMPLETE: the node does not stay on',
                ),
                # Nothing was stopped by a plan that changes no setting.
                ({'changes': ()}, {**off, 'agreed_s': None}, 'VERIFIED'),
            ]
        )


class ConcurrencyTest(MovesCase):
    def test_of_two_that_have_entries_the_first_goes_on(self) -> None:
        mine: Words = {'tried': 'SAVE_JOURNAL', 'server': OFF}
        self.check(
            [
                ({}, {**mine, 'metadata': rival(LATER)}, WAIT_FOR_OTHER),
                ({}, {**mine, 'metadata': rival(EARLIER)}, 'CLEAR_JOURNAL'),
                # Of two that began at once the one with the lower digest.
                (
                    {'digest': '0' * 8},
                    {
                        **mine,
                        'entry': {'digest': '0' * 8},
                        'metadata': rival(moves.BEGAN),
                    },
                    WAIT_FOR_OTHER,
                ),
                (
                    {'digest': 'f' * 8},
                    {
                        **mine,
                        'entry': {'digest': 'f' * 8},
                        'metadata': rival(moves.BEGAN),
                    },
                    'CLEAR_JOURNAL',
                ),
                # Only so long.
                (
                    {},
                    {**mine, 'metadata': rival(LATER), 'journaled_s': 11.0},
                    'CLEAR_JOURNAL',
                ),
                (
                    {},
                    {**mine, 'metadata': rival(LATER), 'journaled_s': 9.9},
                    WAIT_FOR_OTHER,
                ),
                (
                    {},
                    {**mine, 'metadata': rival(LATER), 'journaled_s': 10.0},
                    'CLEAR_JOURNAL',
                ),
                (
                    {},
                    {**mine, 'metadata': rival(LATER), 'journaled_s': None},
                    WAIT_FOR_OTHER,
                ),
                (
                    {},
                    {**mine, 'metadata': rival(LATER), 'entry': None},
                    f'YIELDED: {OTHER.format("12-31")}',
                ),
                # One of a person has no digest and is its own.
                ({}, {**mine, 'entry': {'digest': None}}, 'SERVICE'),
                (
                    {},
                    {**mine, 'entry': {'digest': '00'}},
                    'YIELDED: another change was started: hyperthreading='
                    f'enabled (at {moves.BEGAN})',
                ),
            ]
        )

    def test_what_is_journaled_by_nobody_yet_waits_and_does_not_yield(
        self,
    ) -> None:
        for since in (EARLIER, LATER):
            other: Words = {'metadata': rival(since), 'server': OFF}
            self.check([({}, other, WAIT_FOR_OTHER)])

    def test_another_service(self) -> None:
        step = plan().undo
        assert step
        node = {**AT_WORK, 'service_step': step[0]}
        told = (
            'YIELDED: Ironic is running another service '
            '(bios.apply_configuration)'
        )
        own = {**node, 'service_step': plan().steps[0]}
        ran = 'wait: servicing bios.apply_configuration'
        firmware = {**node, 'service_step': moves.UNREAD}
        self.check(
            [
                ({}, {'node': node}, told),
                ({}, {'node': node, 'entry': None}, told),
                ({}, {'node': node, 'tried': 'SAVE_JOURNAL'}, 'CLEAR_JOURNAL'),
                ({}, {'node': own}, ran),
                ({}, {'node': node, 'tried': 'STOP'}, ran),
                ({}, {'node': node, 'unsure': True}, ran),
                (RESUMED, {'node': node}, ran),
                ({}, {'node': AT_WORK}, 'wait: servicing'),
                (
                    {},
                    {
                        'node': AT_WORK,
                        'tried': 'SAVE_JOURNAL',
                        'metadata': rival(EARLIER),
                    },
                    'wait: servicing',
                ),
                (
                    UNREAD,
                    {'node': firmware},
                    'wait: servicing firmware.update',
                ),
                (
                    {},
                    {'node': firmware},
                    told.replace(
                        'bios.apply_configuration', 'firmware.update'
                    ),
                ),
            ]
        )


class TimedTest(base.TestCase):
    """Whether the next move depends on how long something holds."""

    def test_what_is_timed(self) -> None:
        what: Any
        for changes, what, expected in (
            ({}, {'agreed_s': None}, True),
            ({}, {'agreed_s': None, 'tried': 'STOP'}, False),
            ({}, {'agreed_s': None, 'unsure': True}, False),
            (RESUMED, {'agreed_s': None}, False),
            ({}, {'agreed_s': 0.0, 'tried': 'STOP'}, True),
            (RESIZE, {'agreed_s': None, 'tried': 'STOP'}, True),
            (RESIZE, {'agreed_s': None, 'tried': 'STOP RESIZE'}, False),
        ):
            with self.subTest(plan=changes, seen=what):
                found = forward.is_timed(plan(**changes), seen(**what))
                self.assertEqual(expected, found)


class KeysTest(base.TestCase):
    """What of the metadata is removed, and what is written back."""

    pending = f'deploy-config-pending:{HT}'
    previous = f'deploy-config-previous:{HT}'
    record = f'deploy-config:{HT}'

    def test_which_keys_are_removed_and_which_first(self) -> None:
        both = [self.pending, self.previous]
        every = [self.record, *both]
        failed: Words = {'entry': {'failure': 'x', 'record': ''}}
        forget = {'forget': (self.record, 'deploy-config:gone')}
        there: Words = {'metadata': recorded('enabled')}
        made: Words = {'bios': 'Enabled', **there}
        true = {'failure': 'x', 'unapplied': True}
        for changes, what, expected in (
            # One that is made keeps the way back.
            ({}, made, [self.pending]),
            (forget, made, [self.record, self.pending]),
            # One that is not leaves none, and no record goes by it.
            ({}, there, both),
            (forget, there, both),
            ({}, {'entry': {'unchanged': True}}, [self.pending]),
            # One that is rolled back takes its own record with it.
            ({}, {**failed, **there}, every),
            ({}, {**failed, 'metadata': recorded('disabled')}, both),
            ({}, {**there, 'entry': {'failure': 'x', 'record': 'auto'}}, both),
            ({}, {**there, 'entry': {'failure': 'x', 'record': None}}, both),
            ({}, {**made, **failed}, every),
            # Where it has come true after all, it is made.
            ({}, {**made, 'entry': true}, [self.pending]),
            ({}, {**there, 'entry': true}, every),
            ({'aim': Aim.ROLLBACK}, {**made, 'entry': true}, every),
            ({'aim': Aim.ABORT}, {**made, **failed}, both),
            ({}, {**made, 'entry': None}, []),
            # Of another request nothing is.
            ({}, {'entry': {'digest': '00'}}, []),
        ):
            with self.subTest(plan=changes, seen=what):
                now = self.with_failure(changes, what)
                found = forward.keys_to_forget(plan(**changes), now)
                self.assertEqual(expected, found)

    def with_failure(
        self, changes: Words, what: Words
    ) -> observation.Observation:
        """Return what is seen, with the failure that is recorded."""
        made, now = plan(**changes), seen(**what)
        looked = observation.look(made, now, now.server, now.node, 0.0)
        return dataclasses.replace(
            now, failure=looked.failure, unapplied=looked.unapplied
        )

    def test_the_record_of_before(self) -> None:
        there: Words = {'metadata': recorded('enabled')}
        before = {self.record: 'disabled'}
        for what, expected in (
            ({'entry': {'failure': 'x', 'record': 'disabled'}}, before),
            (
                {'entry': {'failure': 'x', 'record': 'zero'}},
                {self.record: 'zero'},
            ),
            ({'entry': {'failure': 'x', 'record': ''}}, {}),
            ({'entry': {'failure': 'x', 'record': None}}, {}),
            ({'entry': {'failure': 'x', 'record': 'enabled'}}, {}),
            ({'entry': {'record': 'disabled'}}, {}),
        ):
            with self.subTest(seen=what):
                now = self.with_failure({}, {**there, **what})
                self.assertEqual(expected, forward.record_before(plan(), now))

    def test_what_of_a_record_is_corrected(self) -> None:
        two = plan(record=(Item(HT, 'enabled'), Item('turbo', 'on')))
        for actual, expected in (
            ({}, {}),
            ({HT: None, 'turbo': 'on'}, {}),
            ({HT: 'enabled'}, {}),
            ({HT: 'disabled'}, {self.record: 'disabled'}),
            ({HT: 'zero', 'turbo': 'on'}, {self.record: 'zero'}),
        ):
            found = forward.corrections(two, seen(actual=actual))
            self.assertEqual(expected, found)

    def test_the_entries_of_a_failure(self) -> None:
        """That are lost are written anew; none while a resize waits."""
        what: Any
        for what, since in (({}, moves.BEGAN), ({'entry': None}, LATER)):
            for unapplied in (True, False):
                found = rollback.failure_entries(
                    plan(), seen(**what), 'why', LATER, unapplied=unapplied
                )
                [entry] = journal.pending(found).values()
                self.assertEqual(
                    ('why', unapplied, since),
                    (entry.failure, entry.unapplied, entry.since),
                )
        waits = seen(server=WAITS)
        found = rollback.failure_entries(
            plan(), waits, 'why', LATER, unapplied=False
        )
        self.assertEqual({}, found)
