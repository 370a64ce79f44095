"""Nothing is claimed that was not seen: on the real cloud."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from tests import people, runs
from tests.functional import base

PENDING, PREVIOUS = 'deploy-config-pending:', 'deploy-config-previous:'
OFF = {'QuietBoot': False}
HPC = {'WorkloadProfile': 'HighPerformanceCompute(HPC)'}
CONFIG = ('server', 'config')
_VERSION = '1.112'


class TestCase(base.TestCase):
    """A test on a cloud that offers an item more, for as long as it lasts."""

    @contextlib.contextmanager
    def offered(
        self, item: str, settings: dict[str, Any], *more: dict[str, Any]
    ) -> Iterator[None]:
        """Offer an item by a deploy template and by a public runbook.

        :param more: further steps.
        """
        name, _, value = item.partition('=')
        title = f'CUSTOM_{name}_{value}'.upper().replace('-', '_')
        listed = [{'name': n, 'value': v} for n, v in settings.items()]
        apply = {
            'interface': 'bios',
            'step': 'apply_configuration',
            'args': {'settings': listed},
        }
        steps = [apply, *more]
        body: dict[str, Any] = {
            'extra': {'config-type': name, 'config-value': value}
        }
        template = body | {
            'name': title,
            'steps': [
                step | {'priority': 150 - n} for n, step in enumerate(steps)
            ],
        }
        runbook = body | {
            'name': f'{name}-{value}',
            'public': True,
            'steps': [
                step | {'order': n} for n, step in enumerate(steps, start=1)
            ],
        }
        made = [
            f'/deploy_templates/{self.post("/deploy_templates", template)}',
            f'/runbooks/{self.post("/runbooks", runbook)}',
        ]
        traits = {'traits': ['CUSTOM_GOLD']}
        self.system.baremetal.put(
            f'{made[1]}/traits', json=traits, microversion=_VERSION
        ).raise_for_status()
        try:
            yield
        finally:
            for path in made:
                self.system.baremetal.delete(path, microversion=_VERSION)

    def post(self, path: str, body: dict[str, Any]) -> str:
        answer = self.system.baremetal.post(
            path, json=body, microversion=_VERSION
        )
        answer.raise_for_status()
        return str(answer.json()['uuid'])

    def do(self, who: people.Person, *argv: str) -> runs.Ran:
        return who.openstack(*CONFIG, *argv)

    def recover(self, who: people.Person, *argv: str) -> runs.Ran:
        return self.do(who, 'recover', '-f', 'json', *argv)

    def leave(self, server_id: str, item: str, *argv: str) -> None:
        """Leave a change that is made, and that nobody has ended."""
        asked = ('--config', item, *argv, '--no-wait', server_id)
        ran = self.set(self.mona, *asked)
        self.assert_ended(0, ran)
        people.wait(
            'the node is serviced',
            lambda: (
                self.node_of(server_id).provision_state == 'active'
                and self.node_of(server_id).reservation is None
            ),
        )

    def pending(self, server_id: str) -> list[str]:
        metadata = self.nova.get_server(server_id).metadata
        return [key for key in metadata if key.startswith(PENDING)]


class BooleanTest(TestCase):
    """A Boolean is set, and put back to what it was."""

    def check(self, server_id: str) -> None:
        before = self.state(server_id)
        with self.offered('quiet-boot=disabled', OFF):
            self.leave(server_id, 'quiet-boot=disabled')
            self.assertEqual('0', self.bios_value(server_id, 'QuietBoot'))
            ran = self.recover(self.mona, '--rollback', server_id)
            self.assert_ended(0, ran)
            self.assertEqual('1', self.bios_value(server_id, 'QuietBoot'))
            self.assertEqual(before, self.state(server_id))

    def test_on_a_fake_node(self) -> None:
        # It takes true and false only, as Ironic before mid-2026 passes on.
        self.check(self.kept_server().id)

    def test_on_a_redfish_node(self) -> None:
        server = self.server(f'{base.REDFISH}.ht-off')
        self.check(server.id)
        self.assertIs(True, self.bmc_of(server.id).bios()['QuietBoot'])


class WayBackTest(TestCase):
    """The way forward is gone when the way back is asked for."""

    def check(self, who: people.Person) -> None:
        server = self.kept_server()
        before = self.state(server.id)
        with self.offered('quiet-boot=disabled', OFF):
            self.leave(server.id, 'quiet-boot=disabled')
        told = self.recover(who, server.id).json()
        self.assertIn('no: ', told['retry'])
        self.assertIn('QuietBoot=true is from the server', told['rollback'])
        ran = self.recover(who, '--rollback', server.id)
        self.assert_refused(ran, '--trust-metadata', 'nothing was changed')
        self.assertEqual('0', self.bios_value(server.id, 'QuietBoot'))
        self.assertTrue(self.pending(server.id))
        trust = ('--rollback', '--trust-metadata')
        self.assert_ended(0, self.recover(who, *trust, server.id))
        self.assertEqual('1', self.bios_value(server.id, 'QuietBoot'))
        self.assertEqual(before, self.state(server.id))

    def test_as_manager(self) -> None:
        self.check(self.mona)

    def test_as_operator(self) -> None:
        self.check(self.operator)


class BesidesTest(TestCase):
    """A profile that sets more than it is asked for."""

    def test_on_a_redfish_node(self) -> None:
        server = self.server(f'{base.REDFISH}.ht-off')
        # Whatever an earlier server has left there.
        self.service(
            server.id,
            WorkloadProfile='Custom',
            EnergyPerfBias='BalancedPerf',
            ProcVirtualization='Enabled',
            SriovGlobalEnable='Disabled',
        )
        record = {'deploy-config:virtualization': 'enabled'}
        self.nova.set_server_metadata(server, **record)
        with self.offered('workload=hpc', HPC):
            ran = self.set(self.mona, '--config', 'workload=hpc', server.id)
            self.assert_ended(0, ran)
            self.check_back(server.id)
        self.assertIn(
            'also changed: EnergyPerfBias is MaxPerf; ProcVirtualization is '
            'Disabled.',
            ran.err,
        )
        self.assertIn('no longer as desired: virtualization is dis', ran.err)

    def check_back(self, server_id: str) -> None:
        """Check that what is desired is brought back, by the profile."""
        bmc = self.bmc_of(server_id)
        self.assertEqual('Disabled', bmc.bios()['ProcVirtualization'])
        with self.offered('workload=custom', {'WorkloadProfile': 'Custom'}):
            ran = self.set(self.mona, '--config=workload=custom', server_id)
            self.assert_ended(0, ran)
            self.assert_ended(0, self.do(self.mona, 'apply', server_id))
        self.assertEqual('Enabled', bmc.bios()['ProcVirtualization'])

    def test_what_cannot_be_put_back_is_named(self) -> None:
        server = self.kept_server()
        wanted = HPC | {'SriovGlobalEnable': 'Enabled'}
        with self.offered('workload=hpc', wanted):
            ran = self.set(self.mona, '--config', 'workload=hpc', server.id)
        self.assert_ended(5, ran, result='incomplete')
        self.assertIn('ProcVirtualization is Disabled', ran.err)
        self.assertNotIn('Put back', ran.err)
        value = self.bios_value(server.id, 'WorkloadProfile')
        self.assertEqual('Custom', value)


class UnknownTest(TestCase):
    def test_firmware_step_is_not_taken_for_done(self) -> None:
        server = self.kept_server()
        before = self.state(server.id)
        images = [{'component': 'bios', 'url': 'http://127.0.0.1/x'}]
        firmware = {
            'interface': 'firmware',
            'step': 'update',
            'args': {'settings': images},
        }
        with self.offered('quiet-boot=enabled', {'QuietBoot': True}, firmware):
            item = ('--config', 'quiet-boot=enabled', server.id)
            ran = self.set(self.mona, *item)
            self.assert_refused(
                ran,
                'no automatic rollback: firmware.update',
                '--on-failure leave',
            )
            self.assertEqual(before, self.state(server.id))
            ran = self.set(self.mona, '--on-failure', 'leave', *item)
            self.assertIn('firmware.update has run cannot be read', ran.err)
            # Whether the fake interface runs it or not: it was asked to.
            self.assertIn(ran.code, (0, 5), str(ran))
            if ran.code:
                metadata = self.nova.get_server(server).metadata
                self.assertNotIn('deploy-config:quiet-boot', metadata)
                ran = self.recover(self.mona, '--abort', server.id)
                self.assert_ended(0, ran)


class JournalTest(TestCase):
    """A member who may not service anything writes a journal."""

    def forge(
        self, server_id: str, settings: dict[str, str], power: str = 'on'
    ) -> None:
        since = '2026-11-25T12:00:00+00:00'
        note = {
            'value': 'enabled',
            'power': power,
            'since': since,
            'wish': '252ae663',
        }
        was = {'value': 'x', 'at': since, 'settings': settings}
        ran = self.person('alice').openstack(
            *('server', 'set', server_id),
            *('--property', f'{PENDING}hyperthreading={json.dumps(note)}'),
            *('--property', f'{PREVIOUS}hyperthreading={json.dumps(was)}'),
        )
        self.assert_ended(0, ran)

    def test_settings_that_nobody_offers(self) -> None:
        server = self.kept_server()
        self.forge(server.id, {'BootMode': 'Bios'})
        before = self.state(server.id)
        ran = self.recover(self.mona, '--rollback', server.id)
        self.assert_refused(ran, 'BootMode=Bios is from the server metadata')
        self.assertEqual(before, self.state(server.id))
        self.assertEqual('Uefi', self.bios_value(server.id, 'BootMode'))

    def test_value_that_the_registry_forbids(self) -> None:
        server = self.kept_server()
        self.forge(server.id, {'LogicalProc': 'Sideways'})
        before = self.state(server.id)
        trust = ('--rollback', '--trust-metadata')
        ran = self.recover(self.mona, *trust, server.id)
        self.assert_refused(ran, 'allowed values: Enabled, Disabled')
        self.assertEqual(before, self.state(server.id))

    def test_power_that_nova_does_not_confirm(self) -> None:
        server = self.kept_server()
        self.forge(server.id, {'LogicalProc': 'Disabled'}, power='off')
        ran = self.recover(self.mona, '--rollback', server.id)
        self.assertIn('the server was off before the change', ran.err)
        self.assertEqual('ACTIVE', self.nova.get_server(server).status)

    def test_server_in_error(self) -> None:
        server = self.kept_server()
        with self.offered('quiet-boot=disabled', OFF):
            item = ('--config', 'quiet-boot=disabled', server.id)
            self.leave(server.id, 'quiet-boot=disabled')
            admin = self.operator.connect().compute
            admin.reset_server_state(server, 'error')
            self.addCleanup(admin.reset_server_state, server, 'active')
            told = self.recover(self.mona, server.id).json()
            command = f'openstack server set --state active {server.id}'
            for way in ('retry', 'rollback', 'abort'):
                self.assertIn(command, told[way])
                ran = self.recover(self.mona, f'--{way}', server.id)
                self.assert_refused(ran, command)
            self.assert_refused(self.set(self.mona, *item), command)
            argv = (*command.split()[1:], '--auto-approve')
            ran = self.operator.openstack(*argv)
            self.assert_ended(0, ran)
            self.assert_ended(0, self.set(self.mona, *item))
        self.assertEqual([], self.pending(server.id))


class TwoTest(TestCase):
    def test_record_and_change_at_once(self) -> None:
        """What is desired is what is so, or one of the two was refused."""
        server = self.kept_server()
        argv = (*CONFIG, 'set')
        for _ in range(3):
            self.lab.as_new(server.id)
            started = [
                self.mona.start(*argv, '--turbo', value, server.id)
                for value in ('enabled', 'disabled')
            ]
            ends = [
                runs.Ran(one.wait(), *one.communicate()) for one in started
            ]
            for ran in ends:
                self.assertNotIn('Traceback', ran.err)
            metadata = self.nova.get_server(server).metadata
            desired = metadata.get('deploy-config:turbo')
            actual = self.bios_value(server.id, 'ProcTurboMode').lower()
            self.assertEqual(actual, desired, str(ends))
            self.assertIn(0, [ran.code for ran in ends], str(ends))
            self.assertEqual([], self.pending(server.id))
