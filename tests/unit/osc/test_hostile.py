"""Answers, names and flavors that are not what they seem, on the model."""

import dataclasses
from typing import Any

from tests import runs
from tests.model import fixture
from tests.model.faults import Fault
from tests.model.records import Server
from tests.model.world import World
from tests.unit import base

ENABLE = ('--hyperthreading', 'enabled')
DOWN = 'is UNKNOWN: its cell does not answer'


class HostileTest(base.TestCase):
    count = 3

    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world: World = self.model.world
        self.servers = [
            self.world.boot(f'web-{number}')
            for number in range(1, self.count + 1)
        ]
        self.one, self.two = self.servers[:2]

    def do(self, *argv: str, person: str = 'mona') -> runs.Ran:
        return self.model.openstack(person, 'server', 'config', *argv)

    def set(self, *names: str, person: str = 'mona') -> runs.Ran:
        return self.do('set', *ENABLE, '-f', 'json', *names, person=person)

    def value(self, server: Server) -> str:
        return self.model.node_of(server).bmc['LogicalProc']

    def bios_of(self, server: Server) -> str:
        return f'/baremetal/v1/nodes/{server.node_uuid}/bios'

    def results(self, ran: runs.Ran) -> dict[str, Any]:
        return {row['ID']: row['Result'] for row in ran.json()}


class CellTest(HostileTest):
    def setUp(self) -> None:
        super().setUp()
        self.two.cell_is_down = True

    def test_one_row_of_a_list(self) -> None:
        ran = self.do('list', '-f', 'json')
        self.assert_ended(7, ran)
        rows = {row['ID']: row for row in ran.json()}
        self.assertEqual({s.id for s in self.servers}, set(rows))
        self.assertIsNone(rows[self.two.id]['Server'])
        self.assertIsNone(rows[self.two.id]['Drift'])
        self.assertIn(f'{self.two.id}: not read: ', ran.err)
        self.assertIn(DOWN, ran.err)

    def test_one_refusal_of_a_rollout(self) -> None:
        names = (self.one.id, self.two.id, 'web-3')
        ran = self.set(*names)
        self.assert_ended(7, ran)
        self.assertEqual(
            {
                self.one.id: 'verified',
                self.two.id: 'failed',
                self.servers[2].id: 'verified',
            },
            self.results(ran),
        )
        self.assertIn(DOWN, ran.err)

    def test_one_server(self) -> None:
        for argv in (('show',), ('recover',), ('set', *ENABLE)):
            ran = self.do(*argv, self.two.id)
            self.assert_ended(1, ran)
            self.assertIn(f'server {self.two.id} {DOWN}', ran.err)

    def test_a_name_that_it_may_have(self) -> None:
        for argv in (('show',), ('recover',), ('set', *ENABLE)):
            ran = self.do(*argv, 'web-2')
            self.assert_ended(1, ran)
            self.assertIn(f'server {self.two.id} {DOWN}', ran.err)

    def test_a_name_among_others(self) -> None:
        ran = self.do('set', *ENABLE, 'web-1', 'web-2', '-f', 'json')
        self.assert_ended(7, ran)
        results = {row['Server']: row['Result'] for row in ran.json()}
        self.assertEqual({'web-1': 'verified', 'web-2': 'failed'}, results)
        ran = self.do('list', '--server', 'web-2')
        self.assert_ended(7, ran)
        self.assertIn(DOWN, ran.err)

    def test_it_passes_while_a_name_is_looked_for(self) -> None:
        sleep = self.world.clock.sleep

        def sleep_and_recover(seconds: float) -> None:
            self.two.cell_is_down = False
            sleep(seconds)

        self.world.clock.sleep = sleep_and_recover  # type: ignore[method-assign]
        for names in (['web-2'], ['web-1', 'web-2'], [self.two.id, 'web-1']):
            self.two.cell_is_down = True
            ran = self.do('set', *ENABLE, *names)
            self.assert_ended(0, ran)

    def test_in_the_middle_of_a_rollout(self) -> None:
        self.two.cell_is_down = False
        sleep = self.world.clock.sleep
        slept = []

        def sleep_and_fail(seconds: float) -> None:
            slept.append(seconds)
            self.two.cell_is_down = 4 < len(slept) < 20
            sleep(seconds)

        self.world.clock.sleep = sleep_and_fail  # type: ignore[method-assign]
        ran = self.set('web-1', 'web-2', 'web-3')
        self.assert_ended(0, ran)
        self.assertEqual({'verified'}, set(self.results(ran).values()))
        self.assertGreater(len(slept), 20)


class BrokenTest(HostileTest):
    def test_bios_of_one_node(self) -> None:
        self.model.faults.broken[self.bios_of(self.two)] = 500
        ran = self.do('list', '-f', 'json')
        self.assert_ended(7, ran)
        self.assertIn(f'web-2 ({self.two.id}): not read: Ironic: ', ran.err)
        self.assertEqual(3, len({row['ID'] for row in ran.json()}))
        ran = self.set('web-1', 'web-2', 'web-3')
        self.assert_ended(7, ran)
        self.assertEqual('failed', self.results(ran)[self.two.id])
        self.assertEqual('Enabled', self.value(self.servers[2]))

    def test_all_are_not_waited_for_each_by_itself(self) -> None:
        self.world.populate(servers=67)
        for server in self.world.servers.values():
            self.model.faults.broken[self.bios_of(server)] = 500
        before = self.world.clock.now()
        ran = self.do('list', '-f', 'json')
        self.assert_ended(7, ran)
        self.assertEqual(70, len(ran.json()))
        # Ten seconds for those that are read at once, and none for the rest.
        self.assertLess(self.world.clock.now() - before, 32 * 10 + 30)

    def test_page_instead_of_a_server(self) -> None:
        for nth in (2, 5, 9, 12):
            self.model.faults.arm(nth, Fault.parse('html before'))
            ran = self.set('web-1')
            self.assert_ended(0, ran)


class DeletedTest(HostileTest):
    def test_the_node_is_hidden_before_the_server_is_gone(self) -> None:
        """As Nova has it: no task, status DELETED, and then nothing."""
        node, slept = self.model.node_of(self.one), list[float]()
        sleep = self.world.clock.sleep

        def sleep_and_delete(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 4:
                node.lessee = node.instance_uuid = None
                self.one.vm_state, self.one.task_state = 'deleted', None
            if len(slept) == 7:
                del self.world.servers[self.one.id]
            sleep(seconds)

        self.world.settings.step_s = 60.0
        self.world.clock.sleep = sleep_and_delete  # type: ignore[method-assign]
        ran = self.set('web-1')
        self.assert_ended(5, ran)
        self.assertIn(f'web-1 ({self.one.id}): the server is gone', ran.err)
        self.assertNotIn('Continue with', ran.err)
        self.assertGreaterEqual(len(slept), 7)


class NamesTest(HostileTest):
    count = 2

    def test_a_server_that_is_called_like_anothers_id(self) -> None:
        trap = self.world.boot(self.two.id)
        ran = self.set(self.two.id, 'web-1')
        self.assert_ended(0, ran)
        self.assertEqual({self.one.id, self.two.id}, set(self.results(ran)))
        self.assertEqual('Disabled', self.value(trap))
        self.assert_ended(0, self.set(trap.id, 'web-1'))
        self.assertEqual('Enabled', self.value(trap))

    def test_nor_by_the_id_of_what_is_no_more(self) -> None:
        gone = '11111111-2222-3333-4444-555555555555'
        trap = self.world.boot(gone)
        for names in ((gone,), (gone, 'web-1')):
            ran = self.set(*names)
            self.assertIn(f'ID {gone}', ran.err)
            self.assertEqual('Disabled', self.value(trap))
        self.assert_ended(0, self.set(trap.id))

    def test_an_administrator_names_servers_of_another_project(self) -> None:
        ran = self.set(self.one.id, self.two.id, person='operator')
        self.assert_ended(0, ran)
        self.assertEqual('Enabled', self.value(self.one))
        self.assertEqual('Enabled', self.value(self.two))
        ran = self.do(
            *('list', '-f', 'json', '--server', self.one.id), person='operator'
        )
        self.assertEqual({self.one.id}, {row['ID'] for row in ran.json()})


class FlavorTest(HostileTest):
    count = 2

    def variant(self, *projects: str) -> None:
        """Have the only variant be for these projects only."""
        [flavor] = [
            flavor
            for flavor in self.world.flavors.values()
            if flavor.name == 'bm.large.ht-on'
        ]
        self.world.flavors[flavor.id] = dataclasses.replace(
            flavor, is_public=False, projects=frozenset(projects)
        )

    def dry_run(self, person: str) -> str:
        ran = self.do(
            *('set', *ENABLE, '--dry-run', self.one.id), person=person
        )
        self.assert_ended(0, ran)
        return ran.out + ran.err

    def test_private_flavor_of_another_project(self) -> None:
        self.variant('another')
        for person in ('operator', 'adam', 'mona'):
            self.assertNotIn('bm.large.ht-on', self.dry_run(person))
            argv = ('option', 'list', '--server', self.one.id)
            ran = self.do(*argv, person=person)
            self.assertNotIn('bm.large.ht-on', ran.out)

    def test_private_flavor_of_the_servers_project(self) -> None:
        self.variant(self.one.project_id)
        for person in ('operator', 'adam', 'mona'):
            self.assertIn('bm.large.ht-on', self.dry_run(person))
