"""Several servers with one command, on a real cloud."""

import json
import signal
import tempfile
from pathlib import Path
from typing import Any

from tests import people, runs
from tests.functional import base

ENABLE = ('--hyperthreading', 'enabled')
PENDING = 'deploy-config-pending:hyperthreading'
PREVIOUS = 'deploy-config-previous:hyperthreading'
WISH = 'deploy-config:hyperthreading'


class FleetTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.servers = [
            self.kept_server(f'test-{number}') for number in range(2)
        ]
        for server in self.servers:
            self.nova.add_tag_to_server(server, 'hpc')

    def values(self) -> list[str]:
        return [self.bios_value(server.id) for server in self.servers]

    def results(self, ran: runs.Ran) -> dict[str, Any]:
        return {row['Server']: row['Result'] for row in ran.json()}

    def test_all_with_a_tag(self) -> None:
        argv = (*ENABLE, '--tag', 'hpc', '-f', 'json')
        ran = self.set(self.mona, *argv, '--dry-run')
        self.assert_ended(0, ran)
        self.assertEqual(['Disabled'] * 2, self.values())
        for result in ('verified', 'unchanged'):
            ran = self.set(self.mona, *argv)
            self.assert_ended(0, ran)
            self.assertEqual(
                {'test-0': result, 'test-1': result}, self.results(ran)
            )
            self.assertEqual(['Enabled'] * 2, self.values())
        for server in self.servers:
            self.assertEqual('ACTIVE', self.nova.get_server(server).status)

    def test_canary_that_fails(self) -> None:
        self.knob(self.servers[0].id, 'fake_bios_ignore', True)
        ran = self.set(
            self.mona,
            *(*ENABLE, 'test-0', 'test-1', '--canary', '1', '-f', 'json'),
        )
        self.assert_ended(7, ran)
        self.assertEqual(
            {'test-0': 'incomplete', 'test-1': 'not started'},
            self.results(ran),
        )
        self.assertEqual(['Disabled'] * 2, self.values())

    def test_never_two_of_a_group_at_once(self) -> None:
        for server in self.servers:
            self.nova.set_server_metadata(server, rack='r1')
        ran = self.set(
            self.mona,
            *(*ENABLE, 'test-0', 'test-1', '--group-by', 'rack', '-f', 'json'),
        )
        self.assert_ended(0, ran)
        begun, started = [], []
        for server in self.servers:
            metadata = self.nova.get_server(server).metadata
            begun.append(json.loads(metadata[PREVIOUS])['at'][:19])
            starts = [
                action.start_time
                for action in self.nova.server_actions(server)
                if action.action == 'start'
            ]
            started.append(max(starts))
        self.assertLessEqual(min(started), max(begun))

    def test_killed_and_run_again(self) -> None:
        argv = ('server', 'config', 'set', *ENABLE, '--tag', 'hpc')
        process = self.mona.start(*argv)
        people.wait(
            'both are noted',
            lambda: all(
                PENDING in self.nova.get_server(server).metadata
                for server in self.servers
            ),
        )
        process.kill()
        process.communicate()
        self.assertEqual(-signal.SIGKILL, process.returncode)
        ran = self.set(self.mona, *ENABLE, '--tag', 'hpc', '-f', 'json')
        self.assert_ended(0, ran)
        self.assert_changed()

    def test_interrupted_and_run_again(self) -> None:
        argv = (*ENABLE, '--tag', 'hpc', '--max-concurrent', '1', '-f', 'json')
        process = self.mona.start('server', 'config', 'set', *argv)
        people.wait(
            'one is noted',
            lambda: any(
                PENDING in self.nova.get_server(server).metadata
                for server in self.servers
            ),
        )
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        self.assertEqual(130, process.returncode, err)
        self.assertIn('Run the command again to resume.', err)
        self.assertNotIn('Traceback', err)
        self.assertEqual(
            {'test-0': 'interrupted', 'test-1': 'not started'},
            self.results(runs.Ran(130, out, err)),
        )
        self.assert_ended(0, self.set(self.mona, *ENABLE, '--tag', 'hpc'))
        self.assert_changed()

    def assert_changed(self) -> None:
        self.assertEqual(['Enabled'] * 2, self.values())
        for server in self.servers:
            found = self.nova.get_server(server)
            self.assertEqual('ACTIVE', found.status)
            self.assertEqual('enabled', found.metadata.get(WISH))
            self.assertNotIn(PENDING, found.metadata)

    def test_a_file_says_what_each_should_be(self) -> None:
        self.stop(self.servers[1].id)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'desired.yaml'
            path.write_text(
                'test-0: {hyperthreading: enabled, turbo: disabled}\n'
                'test-1: {hyperthreading: enabled}\n',
                encoding='utf-8',
            )
            ran = self.set(self.mona, '--file', str(path), '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual(3, len(ran.json()))
        self.assertEqual(['Enabled'] * 2, self.values())
        turbo = self.bios_value(self.servers[0].id, 'ProcTurboMode')
        self.assertEqual('Disabled', turbo)
        states = [self.nova.get_server(s).status for s in self.servers]
        self.assertEqual(['ACTIVE', 'SHUTOFF'], states)

    def test_an_operator_with_those_of_all_projects(self) -> None:
        argv = (*ENABLE, '--all-projects', '--tag', 'hpc', '-f', 'json')
        ran = self.set(self.operator, *argv)
        self.assert_ended(0, ran)
        self.assertEqual({'runbook'}, {row['Method'] for row in ran.json()})
        self.assert_changed()

    def test_who_may_not(self) -> None:
        argv = (*ENABLE, '--tag', 'hpc', '-f', 'json')
        for name in ('alice', 'rita'):
            ran = self.set(self.person(name), *argv)
            self.assert_ended(3, ran)
            self.assertIn('403', ran.err)
            self.assertEqual(
                {'test-0': 'refused', 'test-1': 'refused'}, self.results(ran)
            )
        ran = self.set(self.person('oscar'), *argv)
        self.assert_ended(0, ran)
        self.assertEqual([], ran.json())
        self.assertIn('Warning: no server matches', ran.err)
        ran = self.set(self.person('oscar'), *ENABLE, 'test-0', 'test-1')
        self.assert_ended(3, ran)
        self.assertIn(
            'No server with the name test-0 exists in this project.', ran.err
        )
        for server in self.servers:
            self.assertNotIn(PENDING, self.nova.get_server(server).metadata)


class MixedFleetTest(base.TestCase):
    def test_one_fake_and_one_redfish(self) -> None:
        fake = self.server(f'{base.FAKE}.ht-off', 'test-0')
        redfish = self.server(f'{base.REDFISH}.ht-off', 'test-1')
        bmc = self.bmc_of(redfish.id)
        before = bmc.counters()['BiosApplied']
        ran = self.set(self.mona, *ENABLE, 'test-0', 'test-1', '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual('Enabled', self.bios_value(fake.id))
        self.assertEqual('Enabled', bmc.bios()['LogicalProc'])
        self.assertEqual(before + 1, bmc.counters()['BiosApplied'])
        for server in (fake, redfish):
            self.assertEqual('ACTIVE', self.nova.get_server(server).status)
