"""``set`` for many servers, on the model."""

from pathlib import Path
from typing import Any

from tests import runs
from tests.model import fixture
from tests.model.records import Server
from tests.unit import base

CONFIG = ('server', 'config')
ENABLE = ('--hyperthreading', 'enabled')


class RolloutTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world = self.model.world
        self.servers = self.world.populate(servers=8)
        self.names = [server.name for server in self.servers]

    def set(self, *argv: str, person: str = 'mona') -> runs.Ran:
        self.model.faults.forget()
        return self.model.openstack(person, *CONFIG, 'set', *argv)

    def rows(self, ran: runs.Ran) -> dict[str, dict[str, Any]]:
        return {row['Server']: row for row in ran.json()}

    def holds(self, server: Server) -> str:
        return str(self.model.node_of(server).bmc['LogicalProc'])

    def spoil(self, server: Server) -> None:
        node = self.model.node_of(server)
        node.driver_info['fake_bios_ignore'] = True

    def test_all_are_changed_and_a_re_run_does_nothing(self) -> None:
        argv = (*ENABLE, *self.names, '-f', 'json')
        ran = self.set(*argv)
        self.assert_ended(0, ran)
        self.assertEqual({'verified'}, {row['Result'] for row in ran.json()})
        self.assertIn('8 servers: 8 to change, 0 right already', ran.err)
        for server in self.servers:
            self.assertEqual('Enabled', self.holds(server))
            self.assertEqual('active', server.vm_state)
        ran = self.set(*argv)
        self.assert_ended(0, ran)
        self.assertEqual(
            {'nothing to do'}, {row['Result'] for row in ran.json()}
        )

    def test_chosen_by_tag(self) -> None:
        for server in self.servers[:2]:
            server.tags.append('hpc')
        ran = self.set(*ENABLE, '--tag', 'hpc', '-f', 'value', '-c', 'ID')
        self.assert_ended(0, ran)
        ids = sorted(server.id for server in self.servers[:2])
        self.assertEqual(ids, sorted(ran.out.split()))
        self.assertEqual('Disabled', self.holds(self.servers[2]))

    def test_dry_run_touches_nothing(self) -> None:
        ran = self.set(*ENABLE, *self.names, '--dry-run', '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual(set(self.names), set(self.rows(ran)))
        self.assertEqual({}, self.servers[0].metadata)

    def test_a_failure_keeps_others_from_being_begun(self) -> None:
        self.spoil(self.servers[0])
        ran = self.set(
            *ENABLE, *self.names, '--max-concurrent', '1', '-f', 'json'
        )
        self.assert_ended(7, ran)
        rows = self.rows(ran)
        self.assertEqual('put back', rows[self.names[0]]['Result'])
        for name in self.names[1:]:
            self.assertEqual('not begun', rows[name]['Result'])
        self.assertIn('Not begun, because 1 failed: fleet-00002', ran.err)
        self.assertEqual({}, self.servers[1].metadata)

    def test_failures_that_are_allowed(self) -> None:
        self.spoil(self.servers[0])
        ran = self.set(
            *ENABLE, *self.names, '--max-failures', '20%', '-f', 'json'
        )
        self.assert_ended(7, ran)
        results = [row['Result'] for row in ran.json()]
        self.assertEqual(7, results.count('verified'))

    def test_canary(self) -> None:
        self.spoil(self.servers[0])
        ran = self.set(
            *ENABLE,
            *self.names,
            *('--canary', '1', '--max-failures', '8', '-f', 'json'),
        )
        self.assert_ended(7, ran)
        results = [row['Result'] for row in ran.json()]
        self.assertEqual(7, results.count('not begun'))
        self.assertIn('because a canary failed', ran.err)

    def test_never_more_at_once_nor_two_of_a_group(self) -> None:
        for number, server in enumerate(self.servers):
            server.metadata['rack'] = f'r{number % 2}'
        most = self.most_at_once()
        ran = self.set(*ENABLE, *self.names, '--group-by', 'rack')
        self.assert_ended(0, ran)
        self.assertLessEqual(most[0], 2)
        self.assertGreaterEqual(most[0], 1)

    def most_at_once(self) -> list[int]:
        """Return a list whose one element is the most nodes in service."""
        most = [0]
        begin = self.world.conductor.begin_service

        def count(*args: Any, **more: Any) -> Any:
            answer = begin(*args, **more)
            now = sum(
                node.provision_state.startswith('servic')
                for node in self.world.nodes.values()
            )
            most[0] = max(most[0], now)
            return answer

        self.world.conductor.begin_service = count  # type: ignore[method-assign]
        return most

    def test_a_file_that_says_what_each_should_be(self) -> None:
        path = Path.home() / 'desired.yaml'
        path.write_text(
            f'{self.names[0]}: {{hyperthreading: enabled, turbo: disabled}}\n'
            f'{self.names[1]}: {{hyperthreading: disabled}}\n',
            encoding='utf-8',
        )
        ran = self.set('--file', str(path), '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual(
            ['verified', 'verified', 'nothing to do'],
            [row['Result'] for row in ran.json()],
        )
        node = self.model.node_of(self.servers[0])
        self.assertEqual('Disabled', node.bmc['ProcTurboMode'])

    def test_files_that_are_broken(self) -> None:
        path = Path.home() / 'desired.yaml'
        for text in ('', '[]', 'web-1: enabled', 'web-1: {a: [b]}', '{'):
            path.write_text(text, encoding='utf-8')
            self.assert_refused(self.set('--file', str(path)), str(path))

    def test_one_that_is_refused_counts_as_failed(self) -> None:
        self.model.node_of(self.servers[0]).traits.clear()
        ran = self.set(*ENABLE, *self.names)
        self.assert_ended(3, ran)
        self.assertIn('lacks the trait HW_CPU_HYPERTHREADING', ran.err)
        self.assertEqual({}, self.servers[1].metadata)

    def test_who_may_not(self) -> None:
        ran = self.set(*ENABLE, *self.names, person='rita')
        self.assert_ended(3, ran)
        self.assertIn('403', ran.err)
        self.assertEqual({}, self.servers[1].metadata)

    def test_watching_does_not_ask_for_each_server(self) -> None:
        ran = self.set(*ENABLE, *self.names)
        self.assert_ended(0, ran)
        calls = [str(call) for call in self.model.faults.calls()]
        own = [c for c in calls if c.startswith('GET') and '/servers/' in c]
        own = [c for c in own if '/servers/detail' not in c]
        self.assertEqual([], own)
        lists = [c for c in calls if '/servers/detail' in c]
        nodes = [c for c in calls if '/nodes/?' in c]
        self.assertEqual(len(lists), len(nodes))

    def test_quiet(self) -> None:
        ran = self.set(*ENABLE, *self.names, '-q', '-f', 'json')
        self.assert_ended(0, ran, err='')

    def test_no_server(self) -> None:
        ran = self.set(*ENABLE)
        self.assert_ended(2, ran, out='')
        self.assertIn('No server: name at least one', ran.err)
