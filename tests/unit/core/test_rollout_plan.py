"""Which servers a command is for, and why others are left out."""

import dataclasses
import functools

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.facts.model import (
    Item,
    Query,
    Survey,
    Unread,
)
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.rollout import rollout_plan
from osc_baremetal_config.core.rollout.rollout_plan import (
    Refusal,
    RolloutPlan,
)
from osc_baremetal_config.osc import files
from tests.unit import base
from tests.unit.core import snapshots

NO = errors.Refused('no')
AWAY = errors.CloudError('Nova', 503, 'away')
ID = '00000000-0000-0000-0000-00000000000'


@functools.cache
def made() -> Plan:
    """Return a plan by which something changes."""
    asked = [Item('hyperthreading', 'enabled')]
    return planner.make(asked, assess(snapshots.snapshot({}), files.load(())))


def plan(name: str, server_id: str, **more: object) -> Plan:
    """Return the plan for a server."""
    server = snapshots.server({'id': server_id, 'name': name, **more})
    return dataclasses.replace(made(), server=server)


def told(found: RolloutPlan) -> list[tuple[str, str | None, str]]:
    """Return name, id and reason of those that are refused."""
    return [(one.name, one.id, one.error.message) for one in found.refused]


class SelectedTest(base.TestCase):
    def of(self, query: Query, survey: Survey[Plan | Refusal]) -> RolloutPlan:
        return rollout_plan.of(query, survey, is_bound=False)

    def test_a_name_that_several_have_means_none_of_them(self) -> None:
        """Whether they can be changed or not, and only where it is given."""
        several = rollout_plan.several('web').message
        both = (plan('web', 'a'), Refusal('web', 'b', NO))
        survey: Survey[Plan | Refusal] = Survey(made=both)
        found = self.of(Query(names=('web',)), survey)
        self.assertEqual((), found.plans)
        self.assertEqual(
            [('web', 'b', several), ('web', 'a', several)], told(found)
        )
        for names in ((), ('web', 'a', 'b')):
            found = self.of(Query(names=names), survey)
            self.assertEqual(both[:1], found.plans, str(names))
            self.assertEqual([('web', 'b', 'no')], told(found), str(names))

    def test_a_name_that_one_has_means_that_one(self) -> None:
        one: Survey[Plan | Refusal] = Survey(made=(plan('web', 'a'),))
        found = self.of(Query(names=('web',)), one)
        self.assertEqual((one.made, ()), (found.plans, found.refused))

    def test_an_id_is_never_a_name(self) -> None:
        survey: Survey[Plan | Refusal] = Survey(
            made=(plan(f'{ID}1', f'{ID}2'), plan(f'{ID}1', f'{ID}3'))
        )
        found = self.of(Query(names=(f'{ID}1',)), survey)
        self.assertEqual(survey.made, found.plans)

    def test_every_reason_not_to_change_a_server_is_told(self) -> None:
        other, left, away = (
            snapshots.server({'id': name, 'name': name}) for name in 'abc'
        )
        unread = Unread('d', 'd', AWAY), Unread(None, 'e', NO)
        found = self.of(
            Query(names=('f',), tags=('t', 'u'), flavor='big'),
            Survey(
                made=(Refusal('g', 'g', NO),),
                others=(other,),
                missing=('f',),
                excluded=(left,),
                elsewhere=(away,),
                unread=unread,
            ),
        )
        reasons = {name: why for name, _, why in told(found)}
        for name, why in (
            ('a', 'runs on no bare-metal node that you can see'),
            ('b', 'it does not have the tag t and the tag u and the flavor'),
            ('c', 'it is in another project'),
            ('d', 'd (d): not read, so nothing was changed: Nova: away'),
            ('e', 'no'),
            ('f', 'No server with the name f exists in this project.'),
            ('g', 'no'),
        ):
            self.assertIn(why, reasons[name])
        self.assertEqual(7, len(found.refused))
        # That a server could not be read speaks against no other.
        self.assertEqual(6, found.failed)
        [not_read] = [one for one in found.refused if not one.is_failure]
        self.assertEqual('d', not_read.name)

    def test_a_server_of_which_nothing_is_known_is_told_by_what_is(
        self,
    ) -> None:
        for error in (NO, AWAY):
            survey: Survey[Plan | Refusal] = Survey(
                unread=(
                    Unread('i', None, error),
                    Unread('i', 'n', error),
                    Unread(None, None, error),
                )
            )
            names = [one.name for one in self.of(Query(), survey).refused]
            self.assertEqual(['i', 'n', '?'], names)

    def test_what_a_server_lacks(self) -> None:
        survey: Survey[Plan | Refusal] = Survey(
            excluded=(snapshots.server({}),)
        )
        for query, lacks in (
            (Query(tags=('t',)), 'have the tag t.'),
            (Query(flavor='f'), 'have the flavor f.'),
        ):
            [(_, _, why)] = told(self.of(query, survey))
            self.assertTrue(why.endswith(lacks), why)

    def test_where_one_that_is_missing_could_be(self) -> None:
        survey: Survey[Plan | Refusal] = Survey(missing=('n', f'{ID}1'))
        for all_projects, where in ((True, 'any project'), (False, 'this')):
            query = Query(all_projects=all_projects)
            [name, number] = told(self.of(query, survey))
            self.assertIn(where, name[2])
            self.assertIn('is shown to this login', number[2])

    def test_only_one_who_can_log_in_elsewhere_is_told_to(self) -> None:
        server = snapshots.server({})
        survey: Survey[Plan | Refusal] = Survey(others=(server,))
        for is_bound in (True, False):
            found = rollout_plan.of(Query(), survey, is_bound=is_bound)
            [one] = found.refused
            is_told = 'application credential' in str(one.error)
            self.assertEqual(is_bound, is_told)

    def test_who_may_see_servers_is_told_by_what_was_asked(self) -> None:
        no = errors.Forbidden('Nova', 403, 'no')
        for all_projects, words in (
            (True, 'use --all-projects'),
            (False, 'log in to a project'),
        ):
            error = rollout_plan.no_servers(no, all_projects=all_projects)
            self.assertIn(words, str(error))
        self.assertIn('log in to', str(rollout_plan.no_servers(no)))
        self.assertIn('this project', str(rollout_plan.nobody('n')))


class NothingIsCarriedOutTest(base.TestCase):
    def test_each_that_is_named_is_refused_once(self) -> None:
        names = ['n', f'{ID}1', 'n']
        found = rollout_plan.for_named(names, NO)
        self.assertEqual(
            [('n', None, 'no'), (f'{ID}1', f'{ID}1', 'no')], told(found)
        )

    def test_a_plan_keeps_its_items_and_says_whether_it_has_failed(
        self,
    ) -> None:
        one = plan('web', 'a')
        for error, is_failure in ((NO, True), (AWAY, False)):
            before = Refusal('x', 'x', NO)
            found = rollout_plan.without(RolloutPlan((one,), (before,)), error)
            refused = Refusal('web', 'a', error, one.items, is_failure)
            self.assertEqual((refused, before), found.refused)
            self.assertEqual((), found.plans)

    def test_what_is_right_already_is_nothing_to_do(self) -> None:
        one = plan('web', 'a')
        idle = dataclasses.replace(one, changes=(), record=())
        self.assertEqual((one,), RolloutPlan((idle, one)).to_do)

    def test_a_warning_is_told_once_for_all_it_is_about(self) -> None:
        plans = tuple(
            dataclasses.replace(plan(name, name), warnings=warnings)
            for name, warnings in (('a', ('x', 'y')), ('b', ('x',)))
        )
        found = RolloutPlan(plans).warnings
        names = {why: [s.name for s in found[why]] for why in found}
        self.assertEqual({'x': ['a', 'b'], 'y': ['a']}, names)


class MembersTest(base.TestCase):
    def groups(
        self, group_by: str | None, *plans: Plan
    ) -> list[tuple[str, str | None, bool]]:
        found = rollout_plan.members(plans, group_by, {'a': 'sg'})
        return [(one.id, one.group, one.is_out) for one in found]

    def test_by_what_they_are_grouped(self) -> None:
        one = plan(
            'web',
            'a',
            availability_zone='az',
            metadata={'rack': 'r1'},
        )
        for group_by, group in (
            (None, None),
            ('availability-zone', 'az'),
            ('server-group', 'sg'),
            ('rack', 'r1'),
        ):
            self.assertEqual([('a', group, False)], self.groups(group_by, one))

    def test_a_group_that_no_server_has_is_a_slip(self) -> None:
        plans = plan('web', 'b'), plan('web', 'c')
        for name in ('availability-zone', 'server-group', 'a-key', 'z-key'):
            refused = self.assertRaises(
                errors.Refused, self.groups, name, *plans
            )
            self.assertIn(f'--group-by {name}: none', refused.message)
        self.assertEqual([], self.groups('a-key'))
        for name in ('a-key', 'b-key', 'z-key'):
            grouped = plan('web', 'd', metadata={name: 'x'})
            found = self.groups(name, grouped, plans[0])
            self.assertEqual(['x', None], [group for _, group, _ in found])

    def test_what_was_started_before_comes_first(self) -> None:
        resumed = dataclasses.replace(plan('web', 'b'), entries=('it',))
        found = self.groups(None, plan('web', 'a'), resumed)
        self.assertEqual([('b', None, True), ('a', None, False)], found)
