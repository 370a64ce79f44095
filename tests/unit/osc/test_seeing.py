"""``show``, ``list``, ``option list`` and ``history``, on the model."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

from testtools import matchers

from tests.model import fixture
from tests.model.world import RESIZABLE_HOST
from tests.unit import base

CONFIG = ('server', 'config')


class SeeingTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world = self.model.world

    def see(self, person: str, *argv: str, code: int = 0) -> Any:
        """Return what a person sees, as a program would read it."""
        self.model.faults.forget()
        ran = self.model.openstack(person, *CONFIG, *argv, '-f', 'json')
        self.assert_ended(code, ran)
        self.said = ran.err
        return ran.json()

    def calls(self) -> list[str]:
        """Return the requests, without their queries."""
        return [str(c).partition('?')[0] for c in self.model.faults.calls()]


class ShowTest(SeeingTest):
    def row(self, person: str, server: str, name: str) -> dict[str, Any]:
        rows = self.see(person, 'show', server)
        [row] = [row for row in rows if row['Config'] == name]
        return dict(row)

    def test_every_role_that_sees_the_server_sees_the_same(self) -> None:
        server = self.world.boot('web-1')
        seen = [
            self.row(person, server.id, 'hyperthreading')
            for person in ('rita', 'alice', 'mona', 'adam', 'operator')
        ]
        for row in seen:
            self.assertEqual(seen[0], row)
        self.assertEqual(
            {
                'Config': 'hyperthreading',
                'Desired': 'disabled',
                'Actual': 'disabled',
                'Allowed': ['enabled', 'disabled'],
                'Source': 'flavor bm.large.ht-off',
                'Capability': 'yes',
                'Drift': False,
                'Deferred': None,
            },
            {
                name: value
                for name, value in seen[0].items()
                if name not in ('Changed', 'Checked')
            },
        )

    def test_stranger(self) -> None:
        self.world.boot('web-1')
        ran = self.model.openstack('oscar', *CONFIG, 'show', 'web-1')
        self.assert_refused(ran, 'No server with the name web-1 exists')

    def test_requests_do_not_grow_with_the_flavors(self) -> None:
        self.world.populate(flavors=10_000)
        server = self.world.boot('web-1')
        for person, name in (('mona', 'web-1'), ('operator', server.id)):
            self.see(person, 'show', name)
            self.assertLessEqual(len(self.calls()), 8, str(self.calls()))

    def test_set_reads_the_flavors_once_in_pages(self) -> None:
        self.world.populate(flavors=2500)
        self.world.boot('web-1')
        self.see('mona', 'set', 'web-1', '--turbo', 'enabled', '--dry-run')
        pages = [c for c in self.calls() if c.endswith('/flavors/detail')]
        self.assertEqual(3, len(pages))

    def test_what_cannot_be_had_is_said(self) -> None:
        web = self.world.boot('web-1')
        web.metadata['deploy-config:sgx'] = 'enabled'
        row = self.row('mona', 'web-1', 'sgx')
        self.assertEqual('lacks the trait HW_CPU_X86_SGX', row['Capability'])
        self.assertEqual([], row['Allowed'])
        self.assertIn('Deploy templates are shown to operators', self.said)

    def test_what_a_bios_has_it_is_capable_of_whatever_the_value(self) -> None:
        node = self.model.node_of(self.world.boot('web-1'))
        logical = node.bios['LogicalProc']
        node.bios['LogicalProc'] = replace(logical, value='Auto')
        row = self.row('mona', 'web-1', 'hyperthreading')
        self.assertEqual((None, 'yes'), (row['Actual'], row['Capability']))
        for name, told in (
            ('LogicalProc', 'not in its BIOS, by what is known of it'),
            (None, 'unknown: Ironic has read no BIOS settings'),
        ):
            for one in [name] if name else list(node.bios):
                del node.bios[one]
            row = self.row('mona', 'web-1', 'hyperthreading')
            self.assertEqual(told, row['Capability'])

    def test_a_server_of_which_nothing_is_told_is_listed(self) -> None:
        web = self.world.boot('web-1', flavor='bm.large')
        self.model.node_of(web).bios.clear()
        self.assertEqual([], self.see('mona', 'list'))
        [row] = self.see('mona', 'list', '--long')
        self.assertEqual(
            (web.id, None, None), (row['ID'], row['Config'], row['Node'])
        )

    def test_what_is_none_of_the_servers_is_for_who_wants_all(self) -> None:
        self.world.boot('web-1')
        rows = self.see('mona', 'show', 'web-1')
        every = self.see('mona', 'show', 'web-1', '--long')
        short = {row['Config'] for row in rows}
        self.assertIn('hyperthreading', short)
        self.assertNotIn('secure-boot', short)
        self.assertLess(short, {row['Config'] for row in every})
        [row] = [r for r in every if r['Config'] == 'hyperthreading']
        self.assertEqual('LogicalProc=Disabled', row['Settings'])

    def test_what_is_going_on_is_said(self) -> None:
        server = self.world.boot('web-1')
        node = self.model.node_of(server)
        node.driver_info['fake_bios_fail'] = 'boom'
        argv = ('--hyperthreading', 'enabled', '--on-failure', 'leave')
        self.model.openstack('mona', *CONFIG, 'set', 'web-1', *argv)
        self.see('mona', 'show', 'web-1')
        self.assertIn('is in state "service failed"', self.said)
        self.assertIn(
            f'openstack server config recover {server.id}', self.said
        )

    def test_sorted_by_a_column_with_gaps(self) -> None:
        self.world.boot('web-1')
        for column in ('Desired', 'Changed', 'Allowed', 'Drift'):
            argv = ('show', 'web-1', '--sort-column', column)
            self.see('mona', *argv)
            self.assertNotIn('unsortable', self.said)

    def test_odd_names(self) -> None:
        self.world.boot('a/b (c)')
        self.assertTrue(self.see('mona', 'show', 'a/b (c)'))
        for name in ('../../x', 'detail', '', '*', '(', 'a.b'):
            ran = self.model.openstack('mona', *CONFIG, 'show', name)
            self.assert_refused(ran, 'No server with the name')

    def test_a_person_reads_how_long_ago(self) -> None:
        self.world.boot('web-1')
        self.model.clock.sleep(7200)
        ran = self.model.openstack('mona', *CONFIG, 'show', 'web-1')
        self.assertIn('| 2 hours ago |', ran.out)


class ListTest(SeeingTest):
    def test_a_row_for_each_server_and_wish(self) -> None:
        self.world.populate(servers=12)
        self.world.boot('vm', 'rz.small', host=RESIZABLE_HOST)
        rows = self.see('mona', 'list')
        self.assertEqual(12, len(rows))
        self.assertEqual(
            ('fleet-00001', 'hyperthreading', 'disabled', 'disabled', False),
            tuple(
                rows[0][name]
                for name in ('Server', 'Config', 'Desired', 'Actual', 'Drift')
            ),
        )
        self.assertIn('1 server left out', self.said)

    def test_requests_grow_with_pages_and_one_for_each_server(self) -> None:
        self.world.populate(servers=40)
        self.see('mona', 'list')
        image = next(iter(self.world.images))
        bios = [call for call in self.calls() if call.endswith('/bios')]
        self.assertEqual(40, len(bios))
        rest = [call for call in self.calls() if call not in bios]
        self.assertEqual(
            {
                'GET /compute/v2.1/servers/detail': 1,
                'GET /baremetal/v1/nodes/': 1,
                f'GET /image/v2/images/{image}': 1,
                'GET /baremetal/v1/deploy_templates/': 1,
                'GET /baremetal/v1/runbooks/': 1,
            },
            {call: rest.count(call) for call in rest},
        )

    def test_servers_of_several_pages(self) -> None:
        self.world.settings.page = 5
        self.world.populate(servers=12)
        self.assertEqual(12, len(self.see('mona', 'list')))

    def test_drift(self) -> None:
        _, second = self.world.populate(servers=2)
        self.world.set_bios(
            self.model.node_of(second), {'LogicalProc': 'Enabled'}
        )
        [row] = self.see('mona', 'list', '--drift')
        self.assertEqual(second.name, row['Server'])
        self.assertEqual(True, row['Drift'])

    def test_chosen_servers(self) -> None:
        for number in range(3):
            self.world.boot(f'web-{number}')
        self.world.server('web-1').tags.append('hpc')
        for argv in (
            ('--tag', 'hpc'),
            ('--server', 'web-1'),
            ('--server', self.world.server('web-1').id),
        ):
            [row] = self.see('mona', 'list', *argv)
            self.assertEqual('web-1', row['Server'])
        self.assertEqual(
            3, len(self.see('mona', 'list', '--flavor', 'bm.large.ht-off'))
        )
        self.assertEqual([], self.see('mona', 'list', '--flavor', 'bm.large'))
        self.assertEqual(
            [], self.see('mona', 'list', '--server', 'nope', code=3)
        )
        self.assertIn(
            'No server with the name nope exists in this project.', self.said
        )

    def test_all_projects(self) -> None:
        self.world.boot('web-1')
        self.world.boot('db-1', project='other')
        self.assertEqual([], self.see('operator', 'list'))
        rows = self.see('operator', 'list', '--all-projects')
        self.assertEqual(['db-1', 'web-1'], [row['Server'] for row in rows])

    def test_long_lists_every_type_with_its_node(self) -> None:
        server = self.world.boot('web-1')
        rows = self.see('rita', 'list', '--long')
        self.assertGreater(len(rows), 7)
        self.assertEqual(
            {self.model.node_of(server).name}, {row['Node'] for row in rows}
        )

    def test_csv_parses(self) -> None:
        self.world.populate(servers=2)
        ran = self.model.openstack('mona', *CONFIG, 'list', '-f', 'csv')
        rows = list(csv.DictReader(io.StringIO(ran.out)))
        self.assertEqual('fleet-00002', rows[1]['Server'])

    def test_sorted_by_a_column(self) -> None:
        self.world.populate(servers=3)
        ran = self.model.openstack(
            'mona',
            *CONFIG,
            'list',
            '--sort-column',
            'Server',
            '--sort-descending',
            *('-f', 'value', '-c', 'Server'),
        )
        self.assertEqual(
            ['fleet-00003', 'fleet-00002', 'fleet-00001'],
            ran.out.split(),
        )


class TableTest(SeeingTest):
    """What a person sees, who has asked for no other form."""

    def table(self, person: str, *argv: str, code: int = 0) -> list[str]:
        """Return the lines of a table, without its rules."""
        ran = self.model.openstack(person, *CONFIG, *argv)
        self.assert_ended(code, ran)
        self.said = ran.err
        return [one for one in ran.out.splitlines() if one[:1] == '|']

    def test_tables_fit_120_columns(self) -> None:
        well = self.world.boot('web-1')
        incapable = self.world.boot('web-3', node='bm-3', flavor='bm.large')
        failed = self.world.boot('web-2')
        info = self.model.node_of(failed).driver_info
        info['fake_bios_fail'] = 'the BMC says no'
        argv = ('--hyperthreading', 'enabled', '--on-failure', 'leave')
        ran = self.model.openstack('mona', *CONFIG, 'set', 'web-2', *argv)
        self.assert_ended(5, ran)
        for person in ('adam', 'operator'):
            for argv in (
                ('list', '--all-projects'),
                ('option', 'list'),
                *(
                    (*command, server.id)
                    for server in (well, incapable, failed)
                    for command in (
                        ('show',),
                        ('option', 'list', '--server'),
                        ('recover',),
                    )
                ),
            ):
                lines = self.table(person, *argv)
                widest = max(lines, key=len, default=f'{argv} {self.said}')
                self.expectThat(len(widest), matchers.LessThan(121), widest)

    def test_a_reason_is_told_once_and_named_in_the_cell(self) -> None:
        self.world.boot('web-1', node='bm-3', flavor='bm.large')
        lines = self.table('mona', 'option', 'list', '--server', 'web-1')
        [row] = [
            one
            for one in lines
            if {'hyperthreading', 'enabled'} <= set(one.split())
        ]
        self.assertIn('trait-missing', row)
        self.assertNotIn('HW_CPU_HYPERTHREADING', '\n'.join(lines))
        self.assertEqual(
            1, self.said.count('lacks the trait HW_CPU_HYPERTHREADING')
        )

    def test_one_who_may_not_is_told_so_once(self) -> None:
        self.world.boot('web-1')
        lines = self.table('rita', 'option', 'list', '--server', 'web-1')
        self.assertIn('not permitted', '\n'.join(lines))
        self.assertEqual(1, self.said.count('A runbook may by default'))

    def test_what_a_node_is_not_capable_of(self) -> None:
        web = self.world.boot('web-1')
        web.metadata['deploy-config:sgx'] = 'enabled'
        lines = self.table('mona', 'show', 'web-1')
        [row] = [one for one in lines if 'sgx' in one]
        self.assertIn('lacks a trait', row)
        self.assertIn('sgx: lacks the trait HW_CPU_X86_SGX', self.said)
        self.assertEqual(1, self.said.count('that Ironic read'))

    def test_ids_are_shown_where_names_do_not_tell(self) -> None:
        self.world.populate(servers=2)
        self.assertNotIn('ID', self.table('mona', 'list')[0])
        twin = self.world.boot('fleet-00001', node='bm-1')
        lines = self.table('mona', 'list')
        self.assertIn(twin.id, '\n'.join(lines))


class OptionListTest(SeeingTest):
    def test_of_some_types_only(self) -> None:
        self.world.boot('web-1')
        for argv in ((), ('--server', 'web-1')):
            listed = ('option', 'list', *argv, '-f', 'json')
            some = ('--type', 'turbo', '--type', 'sriov')
            ran = self.model.openstack('mona', *CONFIG, *listed, *some)
            self.assert_ended(0, ran)
            self.assertEqual(
                {'turbo', 'sriov'}, {row['Config'] for row in ran.json()}
            )
            ran = self.model.openstack(
                'mona', *CONFIG, *listed, '--type', 'turbu'
            )
            self.assert_ended(3, ran)
            self.assertIn('did you mean turbo?', ran.err)

    def test_all_that_is_known(self) -> None:
        rows = self.see('operator', 'option', 'list')
        [row] = [
            row
            for row in rows
            if (row['Config'], row['Value']) == ('hyperthreading', 'enabled')
        ]
        self.assertEqual(
            ['deploy template CUSTOM_HYPERTHREADING_ON', 'runbook ht-on'],
            row['Templates'],
        )
        self.assertIn('bm.large.ht-on', row['Flavors'])

    def test_who_may_not_service_the_node_can_set_nothing(self) -> None:
        self.world.boot('web-1')
        rows = self.see('rita', 'option', 'list', '--server', 'web-1')
        for row in rows:
            if row['Config'] != 'hyperthreading':
                continue
            is_so = row['Value'] == 'disabled'
            self.assertEqual(is_so, row['Possible'])
            self.assertEqual(is_so, row['Reason'] is None)

    def test_of_a_server_with_the_reasons(self) -> None:
        self.world.boot('web-1', node='bm-3', flavor='bm.large')
        rows = {
            (row['Config'], row['Value']): row
            for row in self.see('mona', 'option', 'list', '--server', 'web-1')
        }
        enabled = rows['hyperthreading', 'enabled']
        self.assertEqual(False, enabled['Possible'])
        self.assertIn(
            'lacks the trait HW_CPU_HYPERTHREADING', enabled['Reason']
        )
        self.assertEqual(True, rows['turbo', 'disabled']['Possible'])


class HistoryTest(SeeingTest):
    def test_of_who_leases_the_node_and_of_an_operator(self) -> None:
        server = self.world.boot('web-1')
        argv = ('--hyperthreading', 'enabled')
        self.model.openstack('mona', *CONFIG, 'set', 'web-1', *argv)
        seen = self.see('mona', 'history', 'web-1')
        self.assertEqual({'Nova', 'metadata'}, {row['Source'] for row in seen})
        self.assertLessEqual(
            {'stop', 'hyperthreading: disabled -> enabled'},
            {row['Event'] for row in seen},
        )
        self.assertIn('baremetal:node:history:get', self.said)
        every = self.see('operator', 'history', server.id)
        self.assertLessEqual(
            {'Nova', 'Ironic'}, {row['Source'] for row in every}
        )
        times = [row['Time'] for row in every]
        self.assertEqual(sorted(times), times)

    def test_a_change_that_has_not_ended(self) -> None:
        server = self.world.boot('web-1')
        node = self.model.node_of(server)
        node.driver_info['fake_bios_fail'] = 'boom'
        argv = ('--hyperthreading', 'enabled', '--on-failure', 'leave')
        self.model.openstack('mona', *CONFIG, 'set', 'web-1', *argv)
        rows = self.see('mona', 'history', 'web-1')
        events = [r['Event'] for r in rows if r['Source'] == 'metadata']
        self.assertEqual(['started: hyperthreading=enabled'], events)
        self.assertTrue(json.dumps(rows))
