"""What is sent for a plan, and which command is named next."""

import dataclasses
from typing import Any

from osc_baremetal_config.core.apply import api_calls, next_steps, policies
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import (
    InstanceAction,
    Item,
    Kind,
    Snapshot,
    Template,
)
from osc_baremetal_config.core.facts.risks import Risk
from osc_baremetal_config.core.facts.steps import apply
from osc_baremetal_config.core.plan import draft, methods
from osc_baremetal_config.core.plan.model import Aim, Plan
from osc_baremetal_config.core.plan.options import (
    Method,
    OnFailure,
    Options,
)
from tests.unit import base
from tests.unit.core import moves, snapshots
from tests.unit.core.moves import HT, plan, seen

OFF = {'server': snapshots.server({'status': 'SHUTOFF'})}
RESIZE = {'resize_to': moves.target()}
RESUMED = {'entries': (HT,)}
UNREAD = {'steps': (*plan().steps, moves.UNREAD)}
# As wanted already, so that nothing has to be run.
RIGHT = {'bios': snapshots.bios({'LogicalProc': 'Enabled'})}
AT_WORK = {'node': snapshots.node({'provision_state': 'servicing'})}
NO_CHANGE: dict[str, Any] = {'changes': (), 'steps': (), 'undo': ()}


class CallsTest(base.TestCase):
    def calls(self, **changes: Any) -> str:
        """Return what is sent, in words."""
        words = []
        for one in api_calls.of(plan(**changes)):
            body = next(iter(one.body or {}), '')
            names = {'target': 'service', '': one.path.rpartition('/')[2]}
            words.append(names.get(body, body))
        return ' '.join(words)

    def test_what_is_sent_in_which_order(self) -> None:
        key = f'deploy-config-pending:{HT}'
        end = f'metadata {key}'
        for changes, sent in (
            ({}, f'metadata os-stop service os-start {end}'),
            (OFF | {'power': 'off'}, f'metadata service {end}'),
            (OFF, f'metadata service os-start {end}'),
            (
                {'options': Options(stop=False)},
                f'metadata service {end}',
            ),
            (
                RESIZE,
                'metadata os-stop resize service confirmResize os-start '
                + end,
            ),
            (RESUMED, f'os-stop service os-start {end}'),
            (RIGHT, f'metadata os-start {end}'),
            (RIGHT | UNREAD, f'metadata os-stop service os-start {end}'),
            (RIGHT | UNREAD | RESUMED, f'os-start {end}'),
            (
                RIGHT | UNREAD | RESUMED | {'aim': Aim.RETRY},
                f'os-stop service os-start {end}',
            ),
            (AT_WORK, f'metadata os-start {end}'),
            ({'record': ()}, f'metadata os-stop service os-start {key}'),
            # Only to be recorded, or only to be forgotten, or nothing.
            (
                {**NO_CHANGE, 'unchanged': (Item(HT, 'enabled'),)},
                f'metadata {end}',
            ),
            ({**NO_CHANGE, 'record': (), 'forget': ('k',)}, 'k'),
            ({**NO_CHANGE, 'record': ()}, ''),
        ):
            with self.subTest(plan=changes):
                self.assertEqual(sent, self.calls(**changes))

    def test_how_it_would_be_undone(self) -> None:
        known = apply({'LogicalProc': 'Disabled'})
        for undo, told in (
            (known, 'a service that sets LogicalProc=Disabled'),
            ((), 'cannot be'),
            (None, 'cannot be'),
        ):
            [service] = [
                one.undo
                for one in api_calls.of(plan(undo=undo))
                if one.service == 'baremetal'
            ]
            self.assertEqual(told, service)

    def test_what_is_asked_for_is_a_runbook_if_there_is_one(self) -> None:
        for runbook, body in (
            (None, 'service_steps'),
            ('CUSTOM_RB', 'runbook'),
        ):
            [sent] = [
                one.body
                for one in api_calls.of(plan(runbook=runbook))
                if one.service == 'baremetal'
            ]
            self.assertEqual({'target', body}, sent.keys())


class PlanTest(base.TestCase):
    """What follows from a plan as it is."""

    def check(self, name: str, *cases: tuple[dict[str, Any], object]) -> None:
        for changes, expected in cases:
            with self.subTest(plan=changes):
                self.assertEqual(expected, getattr(plan(**changes), name))

    def test_whether_there_is_anything_to_do(self) -> None:
        none = {**NO_CHANGE, 'record': ()}
        self.check(
            'is_empty',
            ({}, False),
            (none, True),
            (none | {'aim': Aim.ABORT}, False),
            (none | {'aim': Aim.ROLLBACK}, True),
            (none | {'forget': ('k',)}, False),
            (none | RESUMED, False),
            (none | RESIZE, False),
            (NO_CHANGE, False),
        )

    def test_whether_the_server_may_be_off(self) -> None:
        self.check(
            'touches_power',
            ({}, True),
            (NO_CHANGE, False),
            (NO_CHANGE | RESUMED, True),
            (NO_CHANGE | RESIZE, True),
            (
                NO_CHANGE
                | {'resize_to': snapshots.flavor({'name': 'bm.off'})},
                False,
            ),
        )

    def test_whether_it_stops_the_server(self) -> None:
        self.check(
            'stops',
            ({}, True),
            (OFF, False),
            ({'options': Options(stop=False)}, False),
            (AT_WORK, False),
            (RIGHT, False),
            (RIGHT | RESIZE, True),
            (NO_CHANGE, False),
        )

    def test_whether_a_failure_would_have_to_be_undone(self) -> None:
        leave = {'options': Options(on_failure=OnFailure.LEAVE)}
        self.check(
            'needs_leave',
            ({}, True),
            (leave, False),
            ({'aim': Aim.RETRY}, False),
            (RIGHT, False),
        )

    def test_what_carries_it_out(self) -> None:
        runbook = {'runbook': 'CUSTOM_RB'}
        self.check(
            'method',
            ({}, Method.SERVICE),
            (runbook, Method.RUNBOOK),
            (runbook | RESIZE, Method.RESIZE),
        )
        undo = plan().undo
        self.check(
            'what_undoes',
            ({}, undo),
            ({'undo_runbook': 'CUSTOM_BACK'}, undo),
            (runbook, undo),
            (runbook | {'undo_runbook': 'CUSTOM_BACK'}, 'CUSTOM_BACK'),
            ({'undo': None}, ()),
        )

    def test_the_ways_that_it_can_be_carried_out(self) -> None:
        by_runbook = {'options': Options(method=Method.RUNBOOK)}
        runbook = {'runbook': 'CUSTOM_RB'}
        for changes, names in (
            ({}, [None]),
            (by_runbook, [None]),
            (runbook, ['CUSTOM_RB', None]),
            (runbook | {'is_loose': True}, [None, 'CUSTOM_RB']),
            (runbook | by_runbook, ['CUSTOM_RB']),
            (runbook | by_runbook | {'is_loose': True}, ['CUSTOM_RB']),
        ):
            ways = [way.runbook for way in plan(**changes).ways()]
            self.assertEqual(names, ways, str(changes))


class PoliciesTest(base.TestCase):
    def test_whether_ironic_has_to_be_asked(self) -> None:
        failed = dataclasses.replace(
            plan().server, metadata=moves.entries({'failure': 'x'})
        )
        for changes, is_to_ask in (
            ({}, True),
            (RIGHT, False),
            (RIGHT | {'undo': None}, False),
            ({'undo': None}, True),
            (RIGHT | {'server': failed}, True),
            (RIGHT | {'server': failed, 'undo': None}, False),
            (AT_WORK, False),
        ):
            with self.subTest(plan=changes):
                found = policies.is_to_ask(plan(**changes))
                self.assertEqual(is_to_ask, found)

    def test_which_plans_are_treated_alike(self) -> None:
        node = plan().node
        other_id = dataclasses.replace(plan().server, id='t')
        for changes, is_alike in (
            ({'server': other_id}, True),
            ({'node': dataclasses.replace(node, owner='o')}, False),
            ({'node': dataclasses.replace(node, lessee='l')}, False),
            (RIGHT, False),
            (UNREAD, False),
            ({'runbook': 'CUSTOM_RB'}, False),
        ):
            same = policies.subject(plan()) == policies.subject(
                plan(**changes)
            )
            self.assertEqual(is_alike, same, str(changes))
        one, other = plan(**AT_WORK), plan(**AT_WORK, server=other_id)
        self.assertNotEqual(policies.subject(one), policies.subject(other))

    def test_what_undoes_is_asked_about_where_nothing_is_to_be_run(
        self,
    ) -> None:
        self.assertEqual(plan().steps, policies.what(plan()))
        self.assertEqual(plan().undo, policies.what(plan(steps=())))


class MethodsTest(base.TestCase):
    def test_whether_the_server_is_resized(self) -> None:
        journaled = Pending(value='x', resize=True)
        for method, can, entries, expected in (
            (Method.RESIZE, False, {}, True),
            (Method.AUTO, True, {}, True),
            (Method.AUTO, False, {}, False),
            (Method.SERVICE, True, {}, False),
            (Method.RUNBOOK, True, {}, False),
            (Method.AUTO, False, {HT: journaled}, True),
            (
                Method.AUTO,
                True,
                {HT: dataclasses.replace(journaled, resize=False)},
                False,
            ),
            (
                Method.RESIZE,
                True,
                {HT: dataclasses.replace(journaled, resize=False)},
                True,
            ),
        ):
            found = methods.resizes(
                Options(method=method),
                Catalogue({}, resizes=can),
                entries,
            )
            self.assertEqual(expected, found, str((method, can, entries)))

    def test_the_flavor_that_it_is_resized_to(self) -> None:
        own, other = moves.target(), snapshots.flavor({'name': 'x'})
        server = snapshots.server({'flavor': {'name': own.name}})
        entries = {HT: Pending(value='x', resize=True)}
        for variants, known, expected in (
            (None, {}, None),
            ((other,), {}, other),
            ((own,), {}, None),
            ((own,), entries, own),
            ((other,), entries, other),
        ):
            found = methods.target(variants, Options(), server, known)
            self.assertEqual(expected, found)


class RunbookTest(base.TestCase):
    """Which runbook does exactly what is wanted, and why none does."""

    def setUp(self) -> None:
        super().setUp()
        number = {'value': '1', 'attribute_type': 'Integer'}
        blank = snapshots.snapshot(
            {'bios': {'N': number}, 'node': {'traits': ['T']}}
        )
        self.wanted = apply({'N': 5})
        known = {
            'A_LOOSE': apply({'N': '5'}),
            'B_EXACT': apply({'N': 5}),
            'C_OTHER': apply({'N': 6}),
        }
        self.snapshot = dataclasses.replace(
            blank,
            templates=tuple(
                Template(
                    kind=Kind.RUNBOOK,
                    name=name,
                    item=None,
                    steps=steps,
                    approved_for=frozenset({'T'}),
                )
                for name, steps in known.items()
            ),
        )

    def only(self, *names: str, trait: str = 'T') -> Snapshot:
        """Return the snapshot with some runbooks, approved by a trait."""
        found = (
            dataclasses.replace(one, approved_for=frozenset({trait}))
            for one in self.snapshot.templates
            if one.name in names
        )
        return dataclasses.replace(self.snapshot, templates=tuple(found))

    def test_the_one_that_writes_values_as_the_bmc_takes_them(self) -> None:
        loose, exact, other = 'A_LOOSE', 'B_EXACT', 'C_OTHER'
        for there, name, is_loose in (
            (self.only(loose, exact, other), exact, False),
            (self.only(loose, other), loose, True),
            (self.only(other), None, False),
            (self.only(exact, trait='U'), None, False),
        ):
            found = methods.runbook(self.wanted, there, Options())
            self.assertEqual(name, draft.name(found))
            self.assertEqual(is_loose, draft.is_loose(found, self.wanted))

    def test_none_is_looked_for_where_none_can_be_used(self) -> None:
        service = Options(method=Method.SERVICE)
        runbook = Options(method=Method.RUNBOOK)
        for wanted, options, is_found in (
            (self.wanted, runbook, True),
            (self.wanted, service, False),
            ((), Options(), False),
        ):
            found = methods.runbook(wanted, self.snapshot, options)
            self.assertEqual(is_found, found is not None)

    def test_why_there_is_none(self) -> None:
        for names, code in (
            (('A_LOOSE',), 'runbook-not-approved'),
            (('C_OTHER', 'B_EXACT'), 'runbook-not-approved'),
            (('C_OTHER',), 'runbook-missing'),
            ((), 'runbook-missing'),
        ):
            there = self.only(*names, trait='U')
            found = methods.no_runbook(self.wanted, there)
            self.assertEqual(code, found.code)


class CommandsTest(base.TestCase):
    def plan(self, aim: Aim = Aim.SET, **options: Any) -> Plan:
        return plan(aim=aim, options=Options(**options))

    def test_the_command_that_continues(self) -> None:
        ask = f'--config {HT}=enabled'
        for made, command in (
            (self.plan(), f'set {ask} s'),
            (self.plan(Aim.RETRY), 'recover --retry s'),
            (self.plan(Aim.ABORT), 'recover --abort s'),
            (
                self.plan(Aim.ROLLBACK, trust_metadata=True),
                'recover --rollback --trust-metadata s',
            ),
            (self.plan(records=False), 'apply s'),
            (
                self.plan(forgets=(HT, 'turbo'), strict=True),
                f'unset --apply --config {HT} --config turbo --strict s',
            ),
        ):
            self.assertEqual(
                f'openstack server config {command}',
                next_steps.continuing(made),
            )

    def test_it_has_the_options_that_are_no_defaults(self) -> None:
        for options, written in (
            ({}, ''),
            ({'method': Method.RUNBOOK}, '--method runbook '),
            ({'method': Method.SERVICE}, '--method service '),
            ({'flavor': 'a b'}, "--target-flavor 'a b' "),
            ({'stop': False}, '--no-stop '),
            ({'strict': True}, '--strict '),
            ({'allow_data_loss': True}, '--allow-data-loss '),
            ({'require_flavor': True}, '--require-flavor '),
            ({'allow_move': True}, '--allow-move '),
            ({'on_failure': OnFailure.LEAVE}, '--on-failure leave '),
            ({'on_failure': OnFailure.ROLLBACK}, ''),
            ({'accepted': frozenset({Risk.BOOT})}, '--accept-risk boot '),
        ):
            command = next_steps.continuing(self.plan(**options))
            self.assertTrue(command.endswith(f'=enabled {written}s'), command)

    def test_a_failed_change_that_is_left_is_tried_again(self) -> None:
        failed = {'provision_state': 'service failed'}
        retry, again = 'recover --retry', 'server config set'
        leave = {'options': Options(on_failure=OnFailure.LEAVE)}
        for changes, node, told in (
            ({}, failed, again),
            (leave, failed, retry),
            (leave, {}, again),
            (leave, {'provision_state': 'a'}, again),
            (leave, {'provision_state': 'z'}, again),
            ({'undo': None}, failed, retry),
            ({'undo': None, 'aim': Aim.ROLLBACK}, failed, 'recover --rollb'),
        ):
            lines = next_steps.after_failure(plan(**changes), seen(node=node))
            [line] = [one for one in lines if one.startswith('Continue')]
            self.assertIn(told, line)

    def test_what_somebody_else_has_to_do_first(self) -> None:
        end = 'An operator has to end the maintenance first'
        keep = 'Nova changes neither the power nor the metadata'
        for server, node, told in (
            ({}, {}, set()),
            ({}, {'maintenance': True}, {end}),
            ({}, {'maintenance': True, 'fault': 'a fault'}, {end}),
            ({}, {'maintenance': True, 'fault': 'zz'}, {end}),
            ({}, {'maintenance': True, 'fault': 'service failure'}, set()),
            ({'status': 'ERROR'}, {}, {keep}),
            ({'status': 'RESIZE'}, {}, set()),
        ):
            now = seen(server=server, node=node)
            text = '\n'.join(next_steps.after_failure(plan(), now))
            found = {words for words in (end, keep) if words in text}
            self.assertEqual(told, found)

    def test_the_state_in_which_a_node_is_left(self) -> None:
        for node, told in (
            ({}, '"active".'),
            ({'maintenance': True}, '"active" and in maintenance.'),
            (
                {'maintenance': True, 'fault': 'x'},
                '"active" and in maintenance, fault: x.',
            ),
            ({'fault': 'x'}, '"active".'),
        ):
            first, *_ = next_steps.after_failure(plan(), seen(node=node))
            self.assertTrue(first.endswith(told), first)

    def test_who_may_do_what_was_refused(self) -> None:
        use, service = 'A runbook may by default', 'By default a node may'
        steps = 'You may run the steps'
        only = {'options': Options(method=Method.RUNBOOK)}
        runbook = {'runbook': 'CUSTOM_RB'}
        for changes, may_use_steps, told in (
            ({}, False, [service]),
            ({}, True, [service]),
            (runbook, False, [use, service]),
            (runbook | only, True, [use, steps]),
            (runbook | only, False, [use]),
            (only, False, []),
        ):
            lines = next_steps.who_may(
                plan(**changes), may_use_steps=may_use_steps
            )
            self.assertEqual(len(told), len(lines))
            for words, line in zip(told, lines, strict=True):
                self.assertTrue(line.startswith(words), line)

    def test_why_nova_has_not_resized(self) -> None:
        failed = InstanceAction(
            name='resize',
            message='no host',
            failures=('a', 'b'),
            request_id='req-1',
        )
        bare = InstanceAction(
            name='resize', message='', failures=(), request_id='req-1'
        )
        to = plan(**RESIZE)
        for made, action, words in (
            (to, failed, 'to bm.on: no host: a; b (req-1). '),
            (to, bare, 'no message: it shows you no details (req-1). '),
            (to, None, 'to bm.on: Nova shows no such action. '),
            (plan(), None, 'to ?: Nova shows no such action. '),
        ):
            self.assertIn(words, next_steps.bounced(made, action))

    def test_what_was_rolled_back(self) -> None:
        [change] = plan().changes
        unknown = dataclasses.replace(change, before=None)
        for changes, told in (
            ({}, f'{HT} is disabled, the server is on'),
            ({'changes': (unknown,)}, 'LogicalProc=Disabled, the server is'),
        ):
            self.assertIn(told, next_steps.rolled_back(plan(**changes)))
        for changes, told in (({}, 'LogicalProc'), (NO_CHANGE, 'none')):
            first, *_ = next_steps.not_restored(plan(**changes))
            self.assertIn(f'Restored: {told}.', first)
