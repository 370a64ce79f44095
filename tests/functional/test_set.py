"""The main job: operator and manager, on a fake and on a Redfish node."""

import signal

from tests import notes, people
from tests.functional import base

WISH = 'deploy-config:hyperthreading'
PENDING = 'deploy-config-pending:hyperthreading'
PREVIOUS = 'deploy-config-previous:hyperthreading'
WAS = '{"value": "disabled", "settings": {"LogicalProc": "Disabled"}}'
ENABLE = ('--hyperthreading', 'enabled')


class SetTest(base.TestCase):
    def change(self, who: people.Person, flavor: str) -> str:
        """Switch hyper-threading on, with all checks; return the server."""
        server = self.server(f'{flavor}.ht-off')
        row = self.show(who, server.id)
        self.assertEqual(
            ('disabled', 'disabled', f'flavor {flavor}.ht-off', False),
            (row['Desired'], row['Actual'], row['Source'], row['Drift']),
        )

        dry = self.set(who, *ENABLE, '--dry-run', '-f', 'json', server.id)
        self.assert_ended(0, dry)
        [step] = [r for r in dry.json() if r['Service'] == 'baremetal']
        self.assertIn('LogicalProc=Disabled', step['Undo'])
        self.assertIn(f'Flavor variant: {flavor}.ht-on.', dry.err)
        self.assertEqual('Disabled', self.bios_value(server.id))
        self.assertEqual({}, self.nova.get_server(server).metadata)

        ran = self.set(who, *ENABLE, '-f', 'json', server.id)
        self.assert_ended(0, ran)
        [result] = ran.json()
        self.assertEqual('verified', result['Result'])
        self.assertEqual('Enabled', self.bios_value(server.id))
        self.assert_running(server.id)
        self.assertEqual(
            {WISH: 'enabled', PREVIOUS: WAS},
            notes.timeless(self.nova.get_server(server).metadata),
        )
        row = self.show(who, server.id)
        self.assertEqual(
            ('enabled', 'enabled', 'server metadata', False),
            (row['Desired'], row['Actual'], row['Source'], row['Drift']),
        )
        return str(server.id)

    def assert_running(self, server_id: str) -> None:
        """Check that Nova and Ironic agree that a server is on."""
        node = self.node_of(server_id)
        self.assertEqual('ACTIVE', self.nova.get_server(server_id).status)
        self.assertEqual(
            ('active', 'power on', False),
            (node.provision_state, node.power_state, node.is_maintenance),
        )

    def test_operator_on_a_fake_node(self) -> None:
        self.change(self.operator, base.FAKE)

    def test_manager_on_a_fake_node(self) -> None:
        self.change(self.mona, base.FAKE)

    def test_operator_on_a_redfish_node(self) -> None:
        server_id = self.change(self.operator, base.REDFISH)
        self.assertEqual(
            'Enabled', self.bmc_of(server_id).bios()['LogicalProc']
        )

    def test_manager_on_a_redfish_node_and_once_more(self) -> None:
        server_id = self.change(self.mona, base.REDFISH)
        bmc = self.bmc_of(server_id)
        self.assertEqual('Enabled', bmc.bios()['LogicalProc'])
        before = bmc.counters()
        again = self.set(self.mona, *ENABLE, '-f', 'json', server_id)
        self.assert_ended(0, again)
        self.assertEqual('unchanged', again.json()[0]['Result'])
        self.assertEqual(before, bmc.counters())

    def test_a_change_applies_the_bios_once(self) -> None:
        server = self.server(f'{base.REDFISH}.ht-off')
        bmc = self.bmc_of(server.id)
        before = bmc.counters()['BiosApplied']
        ran = self.set(self.mona, *ENABLE, server.id)
        self.assert_ended(0, ran)
        self.assertEqual(before + 1, bmc.counters()['BiosApplied'])

    def test_stopped_server_stays_stopped(self) -> None:
        for flavor in (base.FAKE, base.REDFISH):
            with self.subTest(flavor):
                server = self.server(f'{flavor}.ht-off', f'off-{flavor}')
                self.stop(server.id)
                ran = self.set(self.mona, *ENABLE, server.id)
                self.assert_ended(0, ran)
                self.assertEqual(
                    'SHUTOFF', self.nova.get_server(server).status
                )
                self.assertEqual(
                    'power off', self.node_of(server.id).power_state
                )
                self.assertEqual('Enabled', self.bios_value(server.id))

    def test_quiet_is_silent(self) -> None:
        server = self.server(f'{base.FAKE}.ht-off')
        ran = self.mona.openstack(
            *('--quiet', 'server', 'config', 'set', *ENABLE, server.id),
            *('-f', 'value', '-c', 'Result'),
        )
        self.assert_ended(0, ran, out='verified\n', err='')

    def test_killed_and_run_again(self) -> None:
        server = self.server(f'{base.FAKE}.ht-off')
        self.knob(server.id, 'fake_bios_seconds', 6)
        argv = ('server', 'config', 'set', *ENABLE, server.id)
        process = self.mona.start(*argv)
        people.wait(
            'the node is being serviced',
            lambda: self.node_of(server.id).provision_state == 'servicing',
        )
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertIn(PENDING, self.nova.get_server(server).metadata)
        self.assert_refused(
            self.set(self.mona, '--hyperthreading', 'disabled', server.id),
            'another change was started and has not finished: '
            'hyperthreading=enabled',
        )
        ran = self.mona.openstack(*argv)
        self.assert_ended(0, ran)
        self.assert_running(server.id)
        self.assertEqual(
            {WISH: 'enabled', PREVIOUS: WAS},
            notes.timeless(self.nova.get_server(server).metadata),
        )


class FailureTest(base.TestCase):
    def test_bmc_that_says_yes_and_does_nothing(self) -> None:
        server = self.server(f'{base.FAKE}.ht-off')
        self.knob(server.id, 'fake_bios_ignore', True)
        ran = self.set(self.mona, *ENABLE, server.id)
        self.assert_ended(5, ran, result='incomplete')
        self.assertIn('the node has LogicalProc=Disabled', ran.err)
        self.assertIn('The BMC may still apply it', ran.err)
        self.assertEqual('ACTIVE', self.nova.get_server(server).status)
        self.assertIn(PENDING, self.nova.get_server(server).metadata)
        recover = ('server', 'config', 'recover', '--rollback', server.id)
        self.assert_ended(0, self.mona.openstack(*recover))
        self.assertNotIn(PENDING, self.nova.get_server(server).metadata)
