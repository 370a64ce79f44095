"""How a change is made: several items, methods, waiting, exit codes."""

import signal
import time
from typing import Any

from tests import people
from tests.functional import base

ENABLE = ('--hyperthreading', 'enabled')
WISH = 'deploy-config:hyperthreading'
PENDING = 'deploy-config-pending:hyperthreading'


class ItemsTest(base.TestCase):
    def test_four_items_cost_one_reboot_and_none_when_repeated(self) -> None:
        server = self.server(f'{base.REDFISH}.ht-off')
        bmc = self.bmc_of(server.id)
        wish = (
            *ENABLE,
            *('--virtualization', 'disabled', '--sriov', 'enabled'),
            *('--config', 'numa-per-socket=2'),
        )
        self.addCleanup(self.factory_bios, server.id)
        before = bmc.counters()
        ran = self.set(self.mona, *wish, '-f', 'json', server.id)
        self.assert_ended(0, ran)
        self.assertEqual(['verified'] * 4, [r['Result'] for r in ran.json()])
        self.assertEqual(
            {
                'LogicalProc': 'Enabled',
                'ProcVirtualization': 'Disabled',
                'SriovGlobalEnable': 'Enabled',
                'NumaNodesPerSocket': 2,
            }.items()
            - bmc.bios().items(),
            set(),
        )
        after = bmc.counters()
        self.assertEqual(1, after['BiosApplied'] - before['BiosApplied'])
        started = sum(
            after[how] - before[how] for how in ('PowerOn', 'Restart')
        )
        self.assertEqual(1, started, f'{before} {after} {ran.err}')
        again = self.set(self.mona, *wish, '--detailed-exit-code', server.id)
        self.assert_ended(0, again)
        self.assertEqual(after, bmc.counters())

    def factory_bios(self, server_id: str) -> None:
        """Give the node's BIOS back what the other tests expect of it."""
        ran = self.set(
            self.mona,
            *('--virtualization', 'enabled', '--sriov', 'disabled'),
            *('--config', 'numa-per-socket=1', server_id),
        )
        self.assert_ended(0, ran)


class MethodTest(base.TestCase):
    def method_of(self, who: people.Person, *argv: str) -> str:
        ran = self.set(who, *ENABLE, '-f', 'json', *argv)
        self.assert_ended(0, ran)
        return str(ran.json()[0]['Method'])

    def test_operator_takes_a_runbook_and_a_manager_may_not(self) -> None:
        server = self.kept_server()
        self.assert_refused(
            self.set(self.mona, *ENABLE, '--method', 'runbook', server.id),
            'baremetal:runbook:use (403, req-',
            'a manager of the project that owns it',
            'You may run the steps: use --method service.',
        )
        self.assertEqual({}, self.nova.get_server(server).metadata)
        self.assertEqual('runbook', self.method_of(self.operator, server.id))
        self.assertEqual('Enabled', self.bios_value(server.id))

    def test_manager_takes_the_runbook_of_the_project(self) -> None:
        server = self.kept_server()
        self.own('ht-on')
        self.assertEqual('runbook', self.method_of(self.mona, server.id))
        self.assertEqual('Enabled', self.bios_value(server.id))

    def test_operator_takes_steps_if_asked_to(self) -> None:
        server = self.kept_server()
        method = self.method_of(
            self.operator, '--method', 'service', server.id
        )
        self.assertEqual('service', method)

    def own(self, name: str) -> None:
        """Let mona's project own a runbook until the end of the test."""
        project = self.mona.connect().current_project_id
        ironic = self.system.baremetal
        self.patch_runbook(name, '/public', False)
        self.patch_runbook(name, '/owner', project)
        self.addCleanup(self.patch_runbook, name, '/public', True)
        self.addCleanup(self.patch_runbook, name, '/owner', None)
        self.assertTrue(ironic)

    def patch_runbook(self, name: str, path: str, value: Any) -> None:
        change: dict[str, Any] = {'op': 'replace', 'path': path}
        if value is None:
            change['op'] = 'remove'
        else:
            change['value'] = value
        self.system.baremetal.patch(
            f'/runbooks/{name}', json=[change], microversion='1.112'
        ).raise_for_status()


class PowerTest(base.TestCase):
    # nova.conf of the cloud: sync_power_state_interval.
    SYNC_S = 60

    def test_power_stays_across_novas_power_sync(self) -> None:
        # The node's fast off and on loses the event that it is on again.
        server = self.server(f'{base.FAKE}.ht-off')
        ran = self.set(self.mona, *ENABLE, '--no-stop', server.id)
        self.assert_ended(0, ran)
        end = time.monotonic() + self.SYNC_S + 5
        people.wait(
            'the power sync is over',
            lambda: self.is_on(server.id) and time.monotonic() > end,
        )

    def is_on(self, server_id: str) -> bool:
        self.assertEqual('ACTIVE', self.nova.get_server(server_id).status)
        self.assertEqual('power on', self.node_of(server_id).power_state)
        return True


class WaitTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.web = self.server(f'{base.FAKE}.ht-off')
        self.knob(self.web.id, 'fake_bios_seconds', 5)

    def finish(self) -> None:
        """Run the same command again, which must find its way."""
        ran = self.set(self.mona, *ENABLE, '--detailed-exit-code', self.web.id)
        self.assert_ended(10, ran)
        server = self.nova.get_server(self.web)
        self.assertEqual('ACTIVE', server.status)
        self.assertEqual('enabled', server.metadata[WISH])
        self.assertNotIn(PENDING, server.metadata)
        self.assertEqual('Enabled', self.bios_value(self.web.id))

    def test_no_wait(self) -> None:
        ran = self.set(self.mona, *ENABLE, '--no-wait', self.web.id)
        self.assert_ended(0, ran)
        self.assertIn('| started ', ran.out)
        self.assertIn(PENDING, self.nova.get_server(self.web).metadata)
        self.finish()

    def test_time_is_up(self) -> None:
        ran = self.set(self.mona, *ENABLE, '--timeout', '4', self.web.id)
        self.assert_ended(6, ran, result='timed out')
        self.assertIn('not finished after 4 s', ran.err)
        self.finish()

    def test_interrupted(self) -> None:
        process = self.mona.start(
            'server', 'config', 'set', *ENABLE, self.web.id
        )
        people.wait(
            'the node is being serviced',
            lambda: self.node_of(self.web.id).provision_state == 'servicing',
        )
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertEqual(130, process.returncode)
        self.finish()


class FailureTest(base.TestCase):
    def test_any_other_failure(self) -> None:
        ran = self.mona.openstack(
            *('--os-password', 'wrong', 'server', 'config', 'show', 'x')
        )
        self.assert_ended(1, ran, out='')
