"""Looking, and mending what differs, as five roles on a real cloud."""

from typing import Any

from tests import people, runs
from tests.functional import base

CONFIG = ('server', 'config')
RECORDED = 'deploy-config:hyperthreading'
ALL = ('rita', 'alice', 'mona', 'operator')


class TestCase(base.TestCase):
    def see(self, who: people.Person, *argv: str) -> Any:
        """Return what a person sees, as a program reads it."""
        ran = who.openstack(*CONFIG, *argv, '-f', 'json')
        self.assert_ended(0, ran)
        return ran.json()

    def row(self, who: people.Person, server: str) -> dict[str, Any]:
        """Return the row of hyper-threading in ``list``."""
        rows = self.see(who, 'list', '--server', server)
        [row] = [r for r in rows if r['Config'] == 'hyperthreading']
        return dict(row)

    def drifting(self, server: str) -> list[str]:
        """Return the servers that ``list --drift`` shows to the manager."""
        rows = self.see(self.mona, 'list', '--drift')
        return [r['ID'] for r in rows if r['ID'] == server]

    def apply(self, server: str) -> runs.Ran:
        return self.mona.openstack(*CONFIG, 'apply', server, '-f', 'json')

    def assert_mended(self, server: str, value: str) -> None:
        """Check that drift is seen, mended, and then no more."""
        self.assertEqual([server], self.drifting(server))
        ran = self.apply(server)
        self.assert_ended(0, ran)
        self.assertEqual(['verified'], [r['Result'] for r in ran.json()])
        self.assertEqual(value, self.bios_value(server))
        self.assertEqual([], self.drifting(server))
        ran = self.apply(server)
        self.assert_ended(0, ran)
        self.assertEqual(['unchanged'], [row['Result'] for row in ran.json()])


class LookingTest(TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.web = self.kept_server().id

    def test_every_role_sees_the_server_alike(self) -> None:
        shown = []
        for name in ALL:
            who = self.person(name)
            shown.append(self.show(who, self.web))
            found = self.see(who, 'option', 'list', '--server', self.web)
            may = name in ('mona', 'operator')
            [row] = [
                r
                for r in found
                if (r['Config'], r['Value']) == ('hyperthreading', 'enabled')
            ]
            self.assertEqual(may, row['Possible'], f'{name}: {row}')
            events = self.see(who, 'history', self.web)
            self.assertIn('create', {event['Event'] for event in events})
            sources = {event['Source'] for event in events}
            self.assertEqual(name == 'operator', 'Ironic' in sources)
        for row in shown[1:]:
            self.assertEqual(shown[0], row)
        self.assertEqual(False, shown[0]['Drift'])

    def test_list(self) -> None:
        for name in ('rita', 'alice', 'mona'):
            row = self.row(self.person(name), self.web)
            self.assertEqual('disabled', row['Desired'])
        rows = self.see(self.operator, 'list', '--all-projects', '--long')
        node = self.node_of(self.web).name
        self.assertIn(node, {row['Node'] for row in rows})

    def test_settings(self) -> None:
        shown = []
        for name in ALL:
            rows = self.see(self.person(name), 'setting', 'list', self.web)
            shown.append({row['Name']: row for row in rows})
        row = shown[0]['LogicalProc']
        self.assertEqual('Disabled', row['Value'])
        self.assertEqual(['Enabled', 'Disabled'], row['Allowed'])
        self.assertEqual(['hyperthreading'], row['Config'])
        for other in shown[1:]:
            self.assertEqual(shown[0], other)
        argv = ('--as-template', 'LogicalProc=Enabled', 'QuietBoot=false')
        steps = self.see(self.operator, 'setting', 'list', self.web, *argv)
        ironic: Any = self.system.baremetal
        made = ironic.create_deploy_template(name='CUSTOM_MADE', steps=steps)
        self.addCleanup(ironic.delete_deploy_template, made)
        self.assertEqual(steps, made.steps)

    def test_stranger(self) -> None:
        oscar = self.person('oscar')
        for command in ('show', 'history', 'apply', 'setting list'):
            ran = oscar.openstack(*CONFIG, *command.split(), self.web)
            self.assert_refused(ran, 'No server with the ID')
        self.assertEqual([], self.see(oscar, 'list'))

    def test_unset(self) -> None:
        ran = self.set(self.mona, '--hyperthreading', 'enabled', self.web)
        self.assert_ended(0, ran)
        forget = (*CONFIG, 'unset', '--config', 'hyperthreading', self.web)
        for name in ('rita', 'alice'):
            ran = self.person(name).openstack(*forget, '--apply')
            self.assert_refused(ran, '403')
            metadata = self.nova.get_server(self.web).metadata
            self.assertIn(RECORDED, metadata)
        ran = self.mona.openstack(*forget)
        self.assert_ended(0, ran)
        self.assertNotIn(RECORDED, self.nova.get_server(self.web).metadata)
        self.assert_mended(self.web, 'Disabled')


class DriftTest(TestCase):
    def test_service_behind_our_back(self) -> None:
        web = self.kept_server().id
        self.service(web, LogicalProc='Enabled')
        self.assert_mended(web, 'Disabled')

    def test_rebuild(self) -> None:
        web = self.kept_server().id
        ran = self.set(self.mona, '--hyperthreading', 'enabled', web)
        self.assert_ended(0, ran)
        # Newer microversions destroy a bare-metal server.
        argv = ('--os-compute-api-version', '2.92', 'server', 'rebuild')
        image = self.nova.get_server(web).image.id
        ran = self.mona.openstack(*argv, '--image', image, '--wait', web)
        self.assert_ended(0, ran)
        people.wait(
            'the node is deployed',
            lambda: self.node_of(web).provision_state == 'active',
        )
        self.assertEqual('Disabled', self.bios_value(web))
        self.assert_mended(web, 'Enabled')

    def test_hand_on_the_bmc(self) -> None:
        web = self.server(f'{base.REDFISH}.ht-off').id
        bmc = self.bmc_of(web)
        bmc.take(LogicalProc='Enabled')
        # The next power cycle puts it in force, and with the service Ironic
        # reads it.
        turbo = self.bios_value(web, 'ProcTurboMode')
        other = 'Disabled' if turbo == 'Enabled' else 'Enabled'
        self.service(web, ProcTurboMode=other)
        self.assertEqual('Enabled', bmc.bios()['LogicalProc'])
        people.wait(
            'Ironic has read it',
            lambda: self.bios_value(web) == 'Enabled',
        )
        self.assert_mended(web, 'Disabled')
        self.assertEqual('Disabled', bmc.bios()['LogicalProc'])
