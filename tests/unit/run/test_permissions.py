"""What Ironic is asked before a change, and for whom an answer holds."""

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import fixtures

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts.model import Step
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.plan.options import Method, Options
from osc_baremetal_config.core.rollout.rollout_plan import RolloutPlan
from osc_baremetal_config.run import permissions
from tests.unit import base, canned
from tests.unit.core import snapshots
from tests.unit.core.moves import plan

What = Sequence[Step] | str
NO = errors.Forbidden('Ironic', 403, 'no role')
BUSY = errors.Conflict('Ironic', 409, 'busy')
NOT_FOR_IT = errors.CloudError('Ironic', 400, 'not for this node')
AWAY = errors.TemporaryCloudError('Ironic', 503, 'away')
RUNBOOK = {'runbook': 'CUSTOM_RB'}
ONLY = {**RUNBOOK, 'options': Options(method=Method.RUNBOOK)}
AT_WORK = {'node': snapshots.node({'provision_state': 'servicing'})}
RIGHT = {'bios': snapshots.bios({'LogicalProc': 'Enabled'})}


class Ironic:
    """Answers what a user may do, and keeps what it was asked.

    :param answer: what is raised about a node and what is to be run.
    """

    def __init__(
        self, answer: Callable[[str, What], Exception | None]
    ) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str]] = []
        self.baremetal = self

    def check_service(self, node_uuid: str, what: What) -> None:
        named = what if isinstance(what, str) else 'steps'
        self.asked.append((node_uuid, named))
        if error := self._answer(node_uuid, what):
            raise error


def on(number: int, **changes: Any) -> Plan:
    """Return the plan for one of several servers."""
    made = plan(**changes)
    uuid = f'n{number}'
    return dataclasses.replace(
        made,
        server=dataclasses.replace(made.server, id=f's{number}'),
        node=dataclasses.replace(made.node, uuid=uuid),
    )


class PermittedTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = canned.Clock()
        self.ironic = Ironic(lambda node, what: None)

    def permitted(
        self,
        *plans: Plan,
        answers: Mapping[str, Exception] | None = None,
        answer: Callable[[str, What], Exception | None] | None = None,
    ) -> RolloutPlan:
        """Return what may be done.

        :param answers: node, runbook or ``steps`` → what is raised.
        """
        known = answers or {}

        def by_name(node: str, what: What) -> Exception | None:
            name = what if isinstance(what, str) else 'steps'
            return known.get(node) or known.get(name)

        self.ironic = Ironic(answer or by_name)
        cloud: Any = self.ironic
        return permissions.permitted(
            RolloutPlan(plans), cloud, self.clock, lambda error: None
        )

    def ways(self, found: RolloutPlan) -> list[str | None]:
        return [one.runbook for one in found.plans]

    def test_the_first_way_that_may_be_gone_is_taken(self) -> None:
        loose = {**RUNBOOK, 'is_loose': True}
        for changes, answers, asked, ways in (
            ({}, {}, ['steps'], [None]),
            (RUNBOOK, {}, ['CUSTOM_RB'], ['CUSTOM_RB']),
            (RUNBOOK, {'CUSTOM_RB': NO}, ['CUSTOM_RB', 'steps'], [None]),
            (
                RUNBOOK,
                {'CUSTOM_RB': NOT_FOR_IT},
                ['CUSTOM_RB', 'steps'],
                [None],
            ),
            (
                RUNBOOK,
                {'CUSTOM_RB': NO, 'steps': NO},
                ['CUSTOM_RB', 'steps'],
                [],
            ),
            (loose, {}, ['steps'], [None]),
            (loose, {'steps': NO}, ['steps', 'CUSTOM_RB'], ['CUSTOM_RB']),
            # Whether the steps may be run is asked, to name the way.
            (ONLY, {'CUSTOM_RB': NO}, ['CUSTOM_RB', 'steps'], []),
            ({}, {'steps': NO}, ['steps'], []),
            (RIGHT, {'steps': NO}, [], [None]),
        ):
            with self.subTest(plan=changes, answers=answers):
                found = self.permitted(on(1, **changes), answers=answers)
                self.assertEqual(
                    asked, [what for _, what in self.ironic.asked]
                )
                self.assertEqual(ways, self.ways(found))
                self.assertEqual(1, len(found.plans + found.refused))

    def test_what_is_serviced_already_is_asked_by_its_steps(self) -> None:
        """That the node is busy then is no refusal; a policy's answer is."""
        for changes, answer, ways in (
            ({}, None, [None]),
            ({}, BUSY, [None]),
            ({}, AWAY, [None]),
            ({}, NO, []),
            (RUNBOOK, BUSY, [None]),
            (ONLY, BUSY, ['CUSTOM_RB']),
            (RUNBOOK, NO, []),
            (ONLY, NO, []),
        ):
            with self.subTest(plan=changes, answer=answer):
                answers = {'steps': answer} if answer else {}
                made = dataclasses.replace(
                    on(1, **changes), node=AT_WORK['node']
                )
                found = self.permitted(made, answers=answers)
                self.assertEqual([('n', 'steps')], self.ironic.asked)
                self.assertEqual(ways, self.ways(found))
                told = ''.join(str(one.error) for one in found.refused)
                self.assertNotIn('You may run the steps', told)
                # Nor is waited for an answer.
                self.assertEqual([], self.clock.slept)

    def test_a_policy_s_answer_holds_for_all_alike(self) -> None:
        for answers, allowed in (({}, 3), ({'steps': NO}, 0)):
            found = self.permitted(on(1), on(2), on(3), answers=answers)
            self.assertEqual([('n1', 'steps')], self.ironic.asked)
            self.assertEqual(allowed, len(found.plans))
            self.assertEqual(3 - allowed, len(found.refused))

    def test_what_is_of_a_node_holds_for_that_node(self) -> None:
        found = self.permitted(
            on(1), on(2), on(3), answers={'n1': BUSY, 'n2': NOT_FOR_IT}
        )
        self.assertEqual(['n1', 'n2', 'n3'], [n for n, _ in self.ironic.asked])
        self.assertEqual(['s3'], [one.server.id for one in found.plans])
        self.assertEqual(['s1', 's2'], [one.id for one in found.refused])

    def test_owners_are_asked_about_each_for_itself(self) -> None:
        other = on(2)
        other = dataclasses.replace(
            other, node=dataclasses.replace(other.node, owner='o')
        )
        self.permitted(on(1), other, on(3))
        self.assertEqual(
            {('n1', 'steps'), ('n2', 'steps')}, set(self.ironic.asked)
        )

    def test_an_ironic_that_is_away_is_given_up_after_three(self) -> None:
        """The first is waited for, a minute; the others are asked once."""
        plans = [on(number) for number in range(1, 6)]
        found = self.permitted(*plans, answers={'steps': AWAY})
        asked = [node for node, _ in self.ironic.asked]
        self.assertEqual(60.0, self.clock.now())
        self.assertEqual(1, asked.count('n2'))
        self.assertEqual(1, asked.count('n3'))
        self.assertEqual({'n1', 'n2', 'n3'}, set(asked))
        self.assertEqual(5, len(found.refused))
        for one in found.refused:
            self.assertFalse(one.is_failure)
            self.assertIn(
                'whether you may change it is not known', str(one.error)
            )
            self.assertIn('away', str(one.error))

    def test_the_others_are_told_the_last_error(self) -> None:
        answers: dict[str, Exception] = {
            f'n{number}': errors.TemporaryCloudError(
                'Ironic', 503, f'no {number}'
            )
            for number in range(1, 5)
        }
        found = self.permitted(*map(on, range(1, 5)), answers=answers)
        told = {one.id: str(one.error) for one in found.refused}
        for server_id, words in (
            ('s2', 'no 2'),
            ('s3', 'no 3'),
            ('s4', 'no 3'),
        ):
            self.assertIn(words, told[server_id])

    def test_one_that_answers_again_is_believed(self) -> None:
        left = iter([AWAY, AWAY, None])
        found = self.permitted(
            on(1), answer=lambda node, what: next(left, None)
        )
        self.assertEqual(1, len(found.plans))
        found = self.permitted(
            on(1),
            on(2),
            answer=lambda node, what: AWAY if node == 'n1' else None,
        )
        self.assertEqual(['s2'], [one.server.id for one in found.plans])

    def test_the_reasons_are_told_the_policy_s_last(self) -> None:
        who = 'By default a node may be serviced'
        for answer, order in ((NO, [who, 'no role']), (BUSY, ['busy', who])):
            found = self.permitted(on(1), answers={'steps': answer})
            [one] = found.refused
            self.assertTrue(one.is_failure)
            self.assertEqual(2, len(one.error.details))
            for words, line in zip(order, one.error.details, strict=True):
                self.assertIn(words, line)
        for answers, is_told in (
            ({'CUSTOM_RB': NO}, True),
            ({'CUSTOM_RB': NO, 'steps': NO}, False),
        ):
            found = self.permitted(on(1, **ONLY), answers=answers)
            told = 'You may run the steps' in str(found.refused[0].error)
            self.assertEqual(is_told, told)

    def test_a_fault_of_ours_is_one_of_these_servers_and_is_logged(
        self,
    ) -> None:
        log = self.useFixture(
            fixtures.FakeLogger(permissions.__name__, level=logging.DEBUG)
        )
        found = self.permitted(on(1), answers={'steps': KeyError('id')})
        self.assertIn("KeyError: 'id'", str(found.refused[0].error))
        self.assertIn('Traceback', log.output)

    def test_an_ironic_that_cannot_do_it_refuses_all(self) -> None:
        old = errors.Refused('Ironic is too old')
        found = self.permitted(on(1), on(2), answers={'steps': old})
        self.assertEqual([('n1', 'steps')], self.ironic.asked)
        self.assertEqual([old, old], [one.error for one in found.refused])

    def test_what_is_right_already_and_what_was_refused_stay(self) -> None:
        idle = on(2, changes=(), record=())
        found = self.permitted(on(1), idle, answers={'steps': NO})
        self.assertEqual(['s2'], [one.server.id for one in found.plans])
        before = RolloutPlan((), found.refused)
        cloud: Any = self.ironic
        again = permissions.permitted(
            before, cloud, self.clock, lambda error: None
        )
        self.assertEqual(found.refused, again.refused)

    def test_one_plan_is_permitted_or_refused(self) -> None:
        cloud: Any = Ironic(lambda node, what: None)
        found = permissions.permitted_one(
            on(1), cloud, self.clock, lambda error: None
        )
        self.assertEqual(on(1), found)
        cloud = Ironic(lambda node, what: NO)
        self.assertRaises(
            errors.Refused,
            permissions.permitted_one,
            on(1),
            cloud,
            self.clock,
            lambda error: None,
        )
