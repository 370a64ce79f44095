"""Nothing is claimed that was not seen: public reports as cases, on the model.

The names in brackets are those of the reports: what a rollback needs, what a
journal is believed, what a value is, and what a firmware does besides.
"""

import json
from typing import Any

from tests import runs
from tests.matrix import scenarios
from tests.model import fixture
from tests.model.records import OFF, ON, Server
from tests.model.world import World
from tests.unit import base

CONFIG = ('server', 'config')
PENDING, PREVIOUS = 'deploy-config-pending:', 'deploy-config-previous:'
HT = 'hyperthreading'
HPC = 'HighPerformanceCompute(HPC)'
LONG = (
    'BroadcomNetXtremeGigabitEthernetAdapter__'
    'Slot27PhysicalPort1LogicalPort1_LegacyBootProtocolQ3302'
)


class ClaimsTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world: World = self.model.world
        self.server: Server = self.world.boot('web-1')
        self.node = self.model.node_of(self.server)

    def do(self, *argv: str, person: str = 'mona') -> runs.Ran:
        return self.model.openstack(person, *CONFIG, *argv, self.server.id)

    def set(self, item: str, *argv: str, person: str = 'mona') -> runs.Ran:
        return self.do('set', '--config', item, *argv, person=person)

    def recover(self, *argv: str, person: str = 'mona') -> runs.Ran:
        return self.do('recover', '-f', 'json', *argv, person=person)

    def offer(self, item: str, **settings: Any) -> None:
        scenarios.offer(self.world, item, **settings)

    def state(self) -> dict[str, Any]:
        return scenarios.state(self.world, (self.server,))

    def leave(self, item: str) -> None:
        """Leave a change that is made, and that somebody has cut off."""
        accepted = ('--accept-risk', 'boot')
        self.assert_ended(0, self.set(item, '--no-wait', *accepted))
        self.model.wait_until(lambda: self.node.provision_state == 'active')

    def pending(self) -> list[str]:
        return [key for key in self.server.metadata if PENDING in key]

    def knob(self, name: str, value: Any) -> None:
        self.node.driver_info[name] = value


class WayBackTest(ClaimsTest):
    """A rollback does not depend on the way forward (C11, C22, C23, C40)."""

    def forget_all(self) -> None:
        self.world.templates.clear()
        self.world.runbooks.clear()

    def test_templates_are_gone(self) -> None:
        before = self.state()
        for person in ('mona', 'operator'):
            world = World.standard()
            self.forget_all()
            self.world.templates.update(world.templates)
            self.world.runbooks.update(world.runbooks)
            self.leave(f'{HT}=enabled')
            self.assertEqual('Enabled', self.node.bmc['LogicalProc'])
            self.forget_all()
            ran = self.recover('--rollback', person=person)
            self.assert_ended(0, ran)
            self.assertEqual(before, self.state())

    def test_what_nobody_vouches_for_is_only_put_back_if_asked_for(
        self,
    ) -> None:
        self.offer('quiet-boot=disabled', QuietBoot=False)
        before = self.state()
        self.leave('quiet-boot=disabled')
        self.forget_all()
        left = self.state()
        told = self.recover().json()['rollback']
        self.assertIn('QuietBoot=true is from the server metadata', told)
        ran = self.recover('--rollback')
        self.assert_refused(ran, '--trust-metadata', 'nothing was changed')
        self.assertEqual(left, self.state())
        ran = self.recover('--rollback', '--trust-metadata')
        self.assert_ended(0, ran)
        self.assertIn('what was before is taken from the server meta', ran.err)
        self.assertEqual(before, self.state())

    def test_a_template_that_was_edited_changes_nothing(self) -> None:
        before = self.state()
        self.leave(f'{HT}=enabled')
        for one in (*self.world.templates.values(),):
            one.steps[0]['args'] = {
                'settings': [{'name': 'LogicalProc', 'value': 'Enabled'}]
            }
        self.assert_ended(0, self.recover('--rollback'))
        self.assertEqual(before, self.state())

    def test_a_setting_that_is_gone_is_said(self) -> None:
        self.leave(f'{HT}=enabled')
        del self.node.bios['LogicalProc'], self.node.bmc['LogicalProc']
        told = self.recover().json()
        for way in ('retry', 'rollback'):
            self.assertIn('its BIOS knows no LogicalProc', told[way])
            self.assert_refused(
                self.recover(f'--{way}'), 'its BIOS knows no LogicalProc'
            )
        self.assertTrue(self.pending())
        self.assert_ended(0, self.recover('--abort'))

    def test_a_long_name_is_in_the_journal(self) -> None:
        names = {LONG: True, 'QuietBoot': False, 'BootMode': 'Bios'}
        names |= {'EnergyPerfBias': 'MaxPerf', 'SysProfile': 'Custom'}
        self.offer('many=on', **names)
        before = self.state()
        self.leave('many=on')
        keys = [key for key in self.server.metadata if PREVIOUS in key]
        self.assertEqual([f'{PREVIOUS}many', f'{PREVIOUS}many:1'], keys)
        self.assertEqual('1', self.node.bmc[LONG])
        self.forget_all()
        self.assert_ended(0, self.recover('--rollback', '--trust-metadata'))
        self.assertEqual(before, self.state())

    def test_what_the_metadata_cannot_hold_is_known_before(self) -> None:
        for number in range(126):
            self.server.metadata[f'key-{number}'] = 'x'
        before = self.state()
        ran = self.set(f'{HT}=enabled')
        self.assert_ended(0, ran)
        self.server.metadata['one more'] = 'x'
        before = self.state()
        self.offer('quiet-boot=disabled', QuietBoot=False)
        for argv in ((), ('--dry-run',)):
            ran = self.set('quiet-boot=disabled', *argv)
            self.assert_ended(3, ran)
            self.assertIn('Nova holds 128', ran.err)
            self.assertEqual(before, self.state())

    def test_the_record_of_before_comes_back(self) -> None:
        self.offer('quiet-boot=disabled', QuietBoot=False)
        self.offer('quiet-boot=enabled', QuietBoot=True)
        self.server.metadata['deploy-config:quiet-boot'] = 'enabled'
        before = self.state()
        self.leave('quiet-boot=disabled')
        # As if it had been killed before it cleared its notes.
        self.server.metadata['deploy-config:quiet-boot'] = 'disabled'
        self.assert_ended(0, self.recover('--rollback'))
        self.assertEqual(before, self.state())

    def test_forgetting_comes_last(self) -> None:
        # C33
        self.set(f'{HT}=enabled')
        self.knob('fake_bios_fail', 'the BMC says no')
        recorded = dict(self.server.metadata)
        ran = self.do('unset', '--config', HT, '--apply')
        self.assert_ended(4, ran)
        self.assertEqual(
            'enabled', self.server.metadata[f'deploy-config:{HT}']
        )
        self.assertEqual(
            recorded.keys() - {f'{PREVIOUS}{HT}'}, {f'deploy-config:{HT}'}
        )
        self.assertEqual('Enabled', self.node.bmc['LogicalProc'])


class NoRegistryTest(ClaimsTest):
    """An Ironic that has no registry of the node (C40)."""

    def test_numbers_and_truths_are_undone_as_such(self) -> None:
        self.knob('no_registry', True)
        self.offer(
            'mixed=on', NumaNodesPerSocket=2, QuietBoot=False, BootMode='Bios'
        )
        before = self.state()
        self.leave('mixed=on')
        self.assertEqual('0', self.node.bmc['QuietBoot'])
        self.assert_ended(0, self.recover('--rollback', '--trust-metadata'))
        self.assertEqual(before, self.state())


class JournalTest(ClaimsTest):
    """The journal is untrusted input (H11)."""

    def forge(self, kind: str, settings: Any, **more: Any) -> None:
        item = {HT: 'enabled', 'numa-per-socket': '2'}[kind]
        note = {
            'value': item,
            'power': 'on',
            'since': '2026-11-25T12:00:00+00:00',
            'wish': {HT: '252ae663', 'numa-per-socket': 'c2b6f5f8'}[kind],
            **more,
        }
        was = {'value': '1', 'at': note['since'], 'settings': settings}
        self.server.metadata[PENDING + kind] = json.dumps(note)
        self.server.metadata[PREVIOUS + kind] = json.dumps(was)

    def test_a_setting_that_no_template_offers(self) -> None:
        self.forge(HT, {'BootMode': 'Bios'})
        before = self.state()
        ran = self.recover('--rollback')
        self.assert_refused(
            ran,
            'BootMode=Bios is from the server metadata, and neither the '
            'catalogue nor a template that you can see names BootMode',
        )
        self.assertEqual(before, self.state())

    def test_a_value_that_the_registry_forbids(self) -> None:
        self.forge(HT, {'LogicalProc': 'Sideways'})
        before = self.state()
        for argv in ((), ('--trust-metadata',)):
            ran = self.recover('--rollback', *argv)
            self.assert_refused(ran, 'allowed values: Enabled, Disabled')
        self.assertEqual(before, self.state())

    def test_a_power_that_nova_does_not_know_of(self) -> None:
        self.world.set_bios(self.node, {'LogicalProc': 'Enabled'})
        self.forge(HT, {'LogicalProc': 'Disabled'}, power='off')
        ran = self.recover('--rollback')
        self.assert_ended(5, ran)
        self.assertIn('the server was off before the change', ran.err)
        self.assertEqual(ON, self.server.power)
        self.assertEqual('Disabled', self.node.bmc['LogicalProc'])

    def test_a_power_that_nova_does_know_of(self) -> None:
        scenarios.stop(self.world, self.server)
        self.leave(f'{HT}=enabled')
        self.assert_ended(0, self.recover('--rollback'))
        self.assertEqual(OFF, self.server.power)

    def test_entries_that_do_not_belong_together(self) -> None:
        self.forge(HT, {'LogicalProc': 'Disabled'}, wish='ffffffff')
        told = self.recover().json()
        for way in ('retry', 'rollback'):
            self.assertIn('the digest in the entries is not', told[way])
        self.assert_refused(self.recover('--retry'), 'the digest')
        self.assert_ended(0, self.recover('--abort'))
        self.assertEqual([], self.pending())

    def test_what_was_before_another_change(self) -> None:
        self.forge(HT, {'LogicalProc': 'Disabled'})
        was = {'value': 'x', 'at': '2020-01-01T00:00:00+00:00'}
        was_text = json.dumps(was | {'settings': {'LogicalProc': 'Disabled'}})
        self.server.metadata[PREVIOUS + HT] = was_text
        ran = self.recover('--rollback', '--trust-metadata')
        self.assert_refused(ran, 'only says it of another change')

    def test_a_server_in_error(self) -> None:
        # H6
        self.leave(f'{HT}=enabled')
        self.server.vm_state = 'error'
        told = self.recover().json()
        for way in ('retry', 'rollback', 'abort'):
            self.assertIn('openstack server set --state active', told[way])
            ran = self.recover(f'--{way}')
            self.assert_refused(ran, 'openstack server set --state active')
        ran = self.set(f'{HT}=enabled')
        self.assert_refused(ran, 'openstack server set --state active')
        self.server.vm_state = 'active'
        self.assert_ended(0, self.set(f'{HT}=enabled'))


class TypesTest(ClaimsTest):
    """Values have types (C4, C5, R1)."""

    def test_text_is_sent_as_what_the_registry_says(self) -> None:
        self.offer('all=on', NumaNodesPerSocket='2', QuietBoot='false')
        self.assert_ended(0, self.set('all=on'))
        self.assertEqual('2', self.node.bmc['NumaNodesPerSocket'])
        self.assertEqual('0', self.node.bmc['QuietBoot'])

    def test_what_is_of_another_type_is_refused(self) -> None:
        numbers = (' 2', '+2', '1_0', '2.0', True, 'two')
        for name, value in enumerate(numbers):
            self.offer(f'numa={name}', NumaNodesPerSocket=value)
            ran = self.set(f'numa={name}')
            self.assert_ended(3, ran)
            self.assertIn('it must be an integer', ran.err)
        for name, value in enumerate(('1', 'yes', 1, 'Enabled')):
            self.offer(f'quiet={name}', QuietBoot=value)
            ran = self.set(f'quiet={name}')
            self.assert_ended(3, ran)
            self.assertIn('it must be true or false', ran.err)

    def test_a_truth_is_shown_and_put_back_as_such(self) -> None:
        self.offer('quiet-boot=disabled', QuietBoot=False, BootCount=7)
        before = self.state()
        ran = self.set('quiet-boot=disabled', '--dry-run')
        self.assertIn('QuietBoot true -> false', ran.out)
        self.assertIn('QuietBoot=true', ran.out)
        # The counter ignores what it is set to, so all is put back.
        ran = self.set('quiet-boot=disabled')
        self.assert_ended(4, ran)
        self.assertIn(
            'Rolled back: QuietBoot=true, BootCount=0, the s', ran.err
        )
        self.assertEqual(before, self.state())

    def test_text_for_a_number_goes_by_steps_not_by_the_runbook(self) -> None:
        # An Ironic before mid-2026 would pass the runbook's text on.
        ran = self.set('numa-per-socket=2', person='operator')
        self.assert_ended(0, ran)
        self.assertEqual('2', self.node.bmc['NumaNodesPerSocket'])


class UnknownTest(ClaimsTest):
    """Not knowing is an answer (C2, H8, R2, R4, R5)."""

    def test_a_step_that_leaves_no_trace_is_not_taken_for_done(self) -> None:
        firmware = {
            'interface': 'firmware',
            'step': 'update',
            'args': {'settings': [{'component': 'bios', 'url': 'http://x'}]},
        }
        self.offer('quiet-boot=enabled', QuietBoot=True)
        for template in self.world.templates.values():
            if 'QUIET' in template.name:
                template.steps.append(firmware | {'priority': 10})
        for runbook in self.world.runbooks.values():
            if 'quiet' in runbook.name:
                runbook.steps.append(firmware | {'order': 2})
        ran = self.set('quiet-boot=enabled')
        self.assert_refused(
            ran, 'no automatic rollback: firmware.update', '--on-failure leave'
        )
        self.assertEqual({}, self.server.metadata)
        ran = self.set('quiet-boot=enabled', '--on-failure', 'leave')
        # The model's nodes know no such step.
        self.assert_ended(5, ran)
        self.assertNotIn('deploy-config:quiet-boot', self.server.metadata)
        self.assertIn('whether firmware.update has run cannot', ran.err)

    def test_a_missing_trait_tells_nothing(self) -> None:
        self.node.traits = ['CUSTOM_GOLD']
        for bios in (self.node.bmc, self.node.bios):
            bios.pop('LogicalProc')
        ran = self.do('show', '-f', 'json')
        [row] = [r for r in ran.json() if r['Config'] == HT]
        self.assertIsNone(row['Actual'])
        self.assertIsNone(row['Drift'])
        ran = self.set(f'{HT}=disabled')
        self.assert_refused(ran, 'its BIOS knows no LogicalProc')

    def test_when_a_number_changed_is_not_known(self) -> None:
        self.assert_ended(0, self.set('numa-per-socket=2'))
        self.assert_ended(0, self.set(f'{HT}=enabled'))
        rows = {r['Config']: r for r in self.do('show', '-f', 'json').json()}
        self.assertIsNone(rows['numa-per-socket']['Changed'])
        self.assertIsNotNone(rows[HT]['Changed'])

    def test_what_another_setting_unlocks_is_named(self) -> None:
        self.offer('both=on', SysProfile='Custom', ProcCStates='Disabled')
        ran = self.set('both=on')
        self.assert_refused(
            ran,
            'ProcCStates is read-only unless SysProfile is Custom, and it is '
            'PerfPerWattOptimizedDapc; Ironic would refuse it even then, as '
            'it notices that only when it connects to the BMC again, and once '
            'the value of ProcCStates has changed',
        )

    def test_what_a_profile_locks_silently_is_a_warning(self) -> None:
        profile = 'GeneralPowerEfficientCompute'
        self.world.set_bios(self.node, {'WorkloadProfile': profile})
        self.offer('bias=max', EnergyPerfBias='MaxPerf')
        ran = self.set('bias=max', '--dry-run')
        self.assert_ended(0, ran)
        self.assertIn(
            'EnergyPerfBias is fixed by the firmware unless WorkloadProfile '
            f'is Custom, and it is {profile}',
            ran.err,
        )


class BesidesTest(ClaimsTest):
    """What a firmware does besides (C7, C8)."""

    def test_what_is_known_to_change_besides_is_a_warning(self) -> None:
        self.offer('workload=hpc', WorkloadProfile=HPC)
        ran = self.set('workload=hpc', '--dry-run')
        self.assert_ended(0, ran)
        self.assertIn(
            f'WorkloadProfile={HPC} is known to change EnergyPerfBias to '
            f'MaxPerf, ProcVirtualization to Disabled',
            ran.err,
        )

    def test_only_what_would_change_is_told(self) -> None:
        self.world.set_bios(self.node, {'ProcVirtualization': 'Disabled'})
        self.offer('workload=hpc', WorkloadProfile=HPC)
        ran = self.set('workload=hpc', '--dry-run')
        self.assertIn('is known to change EnergyPerfBias to MaxPerf', ran.err)
        self.assertNotIn('ProcVirtualization', ran.err)
        self.world.set_bios(self.node, {'WorkloadProfile': HPC})
        ran = self.set('workload=hpc', '--dry-run')
        self.assertNotIn('is known to change', ran.err)

    def test_what_would_be_undone_by_it_is_refused(self) -> None:
        self.offer('workload=hpc', WorkloadProfile=HPC)
        ran = self.set('workload=hpc', '--virtualization', 'enabled')
        self.assert_refused(
            ran, 'virtualization=enabled: would not hold after'
        )

    def test_what_the_same_change_overrules_is_refused(self) -> None:
        self.world.set_bios(self.node, {'ProcVirtualization': 'Disabled'})
        why = f'as WorkloadProfile={HPC} sets ProcVirtualization to Disabled'
        self.offer('workload=hpc', WorkloadProfile=HPC)
        self.offer('virtualization=enabled', ProcVirtualization='Enabled')
        ran = self.set('workload=hpc', '--virtualization', 'enabled')
        self.assert_refused(ran, 'virtualization=enabled: would not hold', why)
        both = {'WorkloadProfile': HPC, 'ProcVirtualization': 'Enabled'}
        self.offer('guests=many', **both)
        ran = self.set('guests=many')
        self.assert_refused(ran, 'guests=many: would not hold after', why)

    def test_what_a_profile_in_force_fixes_is_a_warning(self) -> None:
        self.world.set_bios(
            self.node,
            {'WorkloadProfile': HPC, 'ProcVirtualization': 'Disabled'},
        )
        ran = self.set('virtualization=enabled', '--dry-run')
        self.assertIn(
            'ProcVirtualization is fixed by the firmware while '
            f'WorkloadProfile is {HPC}',
            ran.err,
        )

    def test_what_is_as_desired_and_would_not_be_is_a_warning(self) -> None:
        record = 'deploy-config:virtualization'
        self.server.metadata[record] = 'enabled'
        self.offer('workload=hpc', WorkloadProfile=HPC)
        ran = self.set('workload=hpc', '--dry-run')
        self.assertIn(
            'virtualization: is enabled as desired, and would be disabled',
            ran.err,
        )

    def test_what_else_has_changed_is_said(self) -> None:
        record = 'deploy-config:virtualization'
        self.server.metadata[record] = 'enabled'
        self.offer('workload=hpc', WorkloadProfile=HPC)
        ran = self.set('workload=hpc')
        self.assert_ended(0, ran)
        self.assertIn(
            'web-1: also changed: EnergyPerfBias is MaxPerf; '
            'ProcVirtualization is Disabled.',
            ran.err,
        )
        self.assertIn(
            'no longer as desired: virtualization is disabled, and should be '
            'enabled',
            ran.err,
        )

    def test_nothing_is_said_of_counters(self) -> None:
        ran = self.set(f'{HT}=enabled')
        self.assertNotEqual('0', self.node.bmc['BootCount'])
        self.assertNotIn('also changed', ran.err)

    def test_what_cannot_be_put_back_is_named(self) -> None:
        self.offer(
            'workload=hpc', WorkloadProfile=HPC, SriovGlobalEnable='Enabled'
        )
        ran = self.set('workload=hpc')
        self.assert_ended(5, ran, result='incomplete')
        self.assertIn('ProcVirtualization is Disabled', ran.err)
        self.assertNotIn('Put back', ran.err)
        self.assertEqual('Custom', self.node.bmc['WorkloadProfile'])
        self.assertEqual([], self.pending())

    def test_what_is_pending_is_never_as_before(self) -> None:
        self.knob('fake_bios_late', True)
        ran = self.set(f'{HT}=enabled')
        self.assert_ended(5, ran, result='incomplete')
        self.assertIn('The BMC may still apply it', ran.err)
        self.assertNotIn('as before.', ran.err.replace('known to be as b', ''))
        self.assertIn('recover --rollback', ran.err)

    def test_what_has_come_true_is_recorded(self) -> None:
        self.knob('fake_bios_late', True)
        self.set(f'{HT}=enabled')
        self.node.driver_info.clear()
        self.world.set_bios(self.node, {'LogicalProc': 'Enabled'})
        ran = self.set(f'{HT}=enabled')
        self.assert_ended(0, ran)
        self.assertEqual([], self.pending())
        self.assertEqual(
            'enabled', self.server.metadata[f'deploy-config:{HT}']
        )

    def test_what_is_pending_is_overwritten_if_asked_for(self) -> None:
        before = self.state()
        self.knob('fake_bios_late', True)
        self.set(f'{HT}=enabled')
        self.node.driver_info.clear()
        services = self.node.counters.bios_applied
        self.assert_ended(0, self.recover('--rollback'))
        self.assertEqual(services + 1, self.node.counters.bios_applied)
        self.assertEqual(before, self.state())


class SomebodyElsesTest(ClaimsTest):
    """What only records leaves alone what somebody else is at."""

    def test_a_resize_that_waits(self) -> None:
        [self.server] = scenarios.RESIZE.prepare(self.world)
        self.node = self.model.node_of(self.server)
        self.world.set_bios(self.node, {'LogicalProc': 'Enabled'})
        self.server.vm_state = 'resized'
        for argv in ((), ('--dry-run',)):
            ran = self.set(f'{HT}=enabled', *argv)
            self.assert_ended(3, ran)
            self.assertIn('VERIFY_RESIZE', ran.err)
        self.assertEqual('resized', self.server.vm_state)
        self.assertEqual({}, self.server.metadata)

    def test_a_service_that_has_failed(self) -> None:
        self.world.set_bios(self.node, {'LogicalProc': 'Enabled'})
        self.node.provision_state = 'service failed'
        self.node.maintenance, self.node.fault = True, 'service failure'
        before = self.state()
        self.assert_refused(self.set(f'{HT}=enabled'), 'recover --abort')
        self.assertEqual(before, self.state())

    def test_what_is_only_forgotten(self) -> None:
        self.server.metadata[f'deploy-config:{HT}'] = 'enabled'
        forget = ('unset', '--config', HT, '--apply')
        self.assert_refused(self.do(*forget, person='rita'), '403')
        self.server.locked_by = 'admin'
        self.assert_refused(self.do(*forget), 'is locked')
        self.server.locked_by = None
        self.assert_ended(0, self.do(*forget))
        self.assertEqual({}, self.server.metadata)


class EditedTest(ClaimsTest):
    """Entries of a true change, one field of which somebody has edited."""

    def edit(self, **fields: Any) -> None:
        key = PENDING + HT
        note = json.loads(self.server.metadata[key]) | fields
        self.server.metadata[key] = json.dumps(note)

    def setUp(self) -> None:
        super().setUp()
        self.before = self.state()
        self.leave(f'{HT}=enabled')

    def assert_nothing_done(self, *reasons: str) -> None:
        left = self.state()
        self.recover()
        for argv in (('--rollback',), ('--rollback', '--trust-metadata')):
            self.assert_refused(self.recover(*argv), *reasons)
        self.assertEqual(left, self.state())

    def test_node(self) -> None:
        self.edit(node='00000000-0000-4000-8000-000000000000')
        self.assert_nothing_done('was on node 00000000-0000-4000')
        self.assert_refused(self.set(f'{HT}=enabled'), 'recover --abort')

    def test_settled(self) -> None:
        self.edit(settled=True)
        self.assert_nothing_done('do not belong together')

    def test_unapplied(self) -> None:
        self.edit(unapplied=True)
        told = self.recover().json()
        self.assertIn('damaged', told['rollback'])

    def test_time_that_is_none(self) -> None:
        self.edit(since='9999-99-99T99:99:99')
        told = self.recover().json()
        self.assertIn('damaged', told['rollback'])

    def test_power(self) -> None:
        # The change itself has stopped the server.
        self.assertEqual(OFF, self.server.power)
        self.edit(power='off')
        ran = self.recover('--rollback')
        self.assert_ended(0, ran)
        self.assertIn('so it will be on', ran.err)
        self.assertEqual(self.before, self.state())

    def test_power_of_a_change_that_has_ended(self) -> None:
        self.assert_ended(0, self.set(f'{HT}=enabled'))
        was = json.loads(self.server.metadata[PREVIOUS + HT])
        self.model.clock.sleep(1000)
        note = {'value': 'enabled', 'power': 'off', 'wish': '252ae663'}
        note['since'] = was['at']
        self.server.metadata[PENDING + HT] = json.dumps(note)
        ran = self.recover('--rollback')
        self.assert_ended(5, ran)
        self.assertEqual(ON, self.server.power)


class AdviceTest(ClaimsTest):
    """What a message advises works when it is pasted."""

    def paste(self, ran: runs.Ran) -> runs.Ran:
        [line] = [x for x in ran.err.splitlines() if 'Continue with' in x]
        argv = line.partition('openstack ')[2].split()
        return self.model.openstack('mona', *argv)

    def test_another_try_of_apply_records_nothing(self) -> None:
        self.world.set_bios(self.node, {'LogicalProc': 'Enabled'})
        self.knob('fake_bios_fail', 'the BMC says no')
        ran = self.do('apply', '--on-failure', 'leave')
        self.assert_ended(5, ran)
        self.node.driver_info.clear()
        self.assert_ended(0, self.paste(ran))
        self.assertNotIn(f'deploy-config:{HT}', self.server.metadata)
        self.assertEqual('Disabled', self.node.bmc['LogicalProc'])

    def test_another_try_of_unset_forgets(self) -> None:
        self.set(f'{HT}=enabled')
        self.knob('fake_bios_fail', 'the BMC says no')
        leave = ('--apply', '--on-failure', 'leave')
        ran = self.do('unset', '--config', HT, *leave)
        self.assert_ended(5, ran)
        self.node.driver_info.clear()
        self.assert_ended(0, self.paste(ran))
        self.assertNotIn(f'deploy-config:{HT}', self.server.metadata)

    def test_what_may_come_true_is_tried_again(self) -> None:
        self.knob('fake_bios_late', True)
        ran = self.set(f'{HT}=enabled')
        self.node.driver_info.clear()
        self.assert_ended(0, self.paste(ran))
        self.assertEqual('Enabled', self.node.bmc['LogicalProc'])
        self.assertEqual([], self.pending())

    def test_a_template_that_sets_more_by_now(self) -> None:
        self.offer('q=1', QuietBoot=False)
        before = self.state()
        self.leave('q=1')
        for one in (*self.world.templates.values(),):
            if one.extra['config-type'] == 'q':
                self.world.templates.pop(one.uuid)
        for book in (*self.world.runbooks.values(),):
            if book.extra['config-type'] == 'q':
                self.world.runbooks.pop(book.uuid)
        self.offer('q=1', QuietBoot=False, BootMode='Bios')
        ran = self.set('q=1')
        self.assert_refused(ran, 'sets BootMode, which it did not when')
        self.assert_ended(0, self.recover('--rollback'))
        self.assertEqual(before, self.state())

    def test_a_type_that_would_share_an_entry(self) -> None:
        self.offer('foo:1=on', QuietBoot=False)
        ran = self.set('foo:1=on')
        self.assert_refused(ran, 'may end with a colon and a number')
        self.assertEqual({}, self.server.metadata)
