"""What a BMC takes, what comes of it, and when; on both kinds of node."""

from typing import Any

from tests.contract.cloud import step_of, steps
from tests.devcloud.ironic_plugin.devcloud_ironic import attributes
from tests.model.conductor import StepFailed
from tests.model.records import OFF, ON, Node
from tests.unit import base
from tests.unit.model import test_world

HPC = 'HighPerformanceCompute(HPC)'


class AttributesTest(base.TestCase):
    def refusal(self, current: Any = None, **settings: Any) -> str:
        """Return why a BMC refuses settings."""
        error = self.assertRaises(
            ValueError, attributes.parse, settings, current
        )
        return str(error)

    def test_only_the_type_that_json_has_for_it(self) -> None:
        taken = {'QuietBoot': False, 'NumaNodesPerSocket': 2, 'AssetTag': '2'}
        self.assertEqual(taken, attributes.parse(taken))
        for name, value, words in (
            ('QuietBoot', 'true', "true or false, not 'true'"),
            ('QuietBoot', 1, 'true or false, not 1'),
            ('NumaNodesPerSocket', '2', "a number, not '2'"),
            ('NumaNodesPerSocket', True, 'a number, not True'),
            ('NumaNodesPerSocket', 5, '0 to 4, not 5'),
            ('AssetTag', 2, 'text, not 2'),
            ('LogicalProc', True, 'text, not True'),
        ):
            self.assertEqual(
                f'{name} takes {words}', self.refusal(**{name: value})
            )

    def test_what_is_wrong_with_itself(self) -> None:
        for name, why in (
            ('PatrolScrub_3C01', "takes 0, 1, not 'Enable'"),
            ('SystemContact', 'takes 1 to 32 characters'),
        ):
            default = attributes.DEFAULTS[name]
            text = self.refusal(**{name: default})
            self.assertEqual(f'{name} {why}', text)
        taken = {'EgmReserve': 512, 'PatrolScrub_3C01': '1'}
        self.assertEqual(taken, attributes.parse(taken))
        self.assertRaises(ValueError, attributes.converted, 'EgmReserve', 0)

    def test_read_only_for_the_profile_that_is_in_force(self) -> None:
        both = {'SysProfile': 'Custom', 'ProcCStates': 'Disabled'}
        self.assertEqual('ProcCStates is read-only', self.refusal(**both))
        custom = attributes.after(
            attributes.DEFAULTS, {'SysProfile': 'Custom'}
        )
        self.assertEqual(both, attributes.parse(both, custom))
        self.assertEqual(
            'SystemServiceTag is read-only',
            self.refusal(custom, SystemServiceTag='X'),
        )

    def test_what_ironic_converts(self) -> None:
        for name, value, converted in (
            ('NumaNodesPerSocket', '2', 2),
            ('NumaNodesPerSocket', True, 1),
            ('QuietBoot', 'True', True),
            ('QuietBoot', 'false', False),
            # What Ironic itself shows of a Boolean that is true.
            ('QuietBoot', '1', False),
            ('QuietBoot', 1, 1),
            ('AssetTag', '2', '2'),
            ('Nope', '2', '2'),
        ):
            found = attributes.converted(name, value)
            self.assertEqual(repr(converted), repr(found), name)

    def test_what_is_not_heeded(self) -> None:
        now = attributes.DEFAULTS
        energy = {'EnergyPerfBias': 'BalancedPower'}
        self.assertEqual(now | energy, attributes.after(now, energy))
        self.assertEqual(now, attributes.after(now, {'BootCount': 9}))
        hpc = attributes.after(now, {'WorkloadProfile': HPC} | energy)
        self.assertEqual(
            {
                'WorkloadProfile': HPC,
                'EnergyPerfBias': 'MaxPerf',
                'ProcVirtualization': 'Disabled',
            },
            dict(hpc.items() - now.items()),
        )
        self.assertEqual(hpc, attributes.after(hpc, energy))
        free = {'WorkloadProfile': 'Custom'} | energy
        self.assertEqual(hpc | free, attributes.after(hpc, free))
        self.assertEqual(now, attributes.after(hpc, now))

    def test_profile_speaks_only_when_it_is_new(self) -> None:
        hpc = attributes.after(attributes.DEFAULTS, {'WorkloadProfile': HPC})
        virtual = {'WorkloadProfile': HPC, 'ProcVirtualization': 'Enabled'}
        self.assertEqual(hpc | virtual, attributes.after(hpc, virtual))

    def test_what_is_there_with_another_only(self) -> None:
        now = attributes.DEFAULTS
        there = {'PxeDev2Interface': 'NIC.Slot.5-1'}
        both = {'PxeDev2EnDis': 'Enabled'} | there
        self.assertNotIn('PxeDev2Interface', now)
        self.assertEqual(
            'there is no attribute PxeDev2Interface', self.refusal(**both)
        )
        enabled = attributes.after(now, {'PxeDev2EnDis': 'Enabled'})
        self.assertEqual('NIC.Embedded.1-1-1', enabled['PxeDev2Interface'])
        self.assertEqual(there, attributes.parse(there, enabled))
        chosen = attributes.after(enabled, there)
        self.assertEqual(now | both, chosen)
        self.assertEqual(chosen, attributes.after(chosen, {}))
        off = {'PxeDev2EnDis': 'Disabled'} | there
        self.assertEqual(now, attributes.after(chosen, off))

    def test_starts_are_counted_in_either_form(self) -> None:
        for value, more in ((1, 2), ('1', '2')):
            now = {'BootCount': value, 'AssetTag': '1'}
            self.assertEqual(
                {'BootCount': more, 'AssetTag': '1'},
                attributes.restarted(now),
            )


class BiosTest(test_world.WorldTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.other = self.world.boot('web-2', 'bm.redfish.ht-off')
        self.redfish = self.model.node_of(self.other)
        self.both = self.node, self.redfish

    def serve(self, node: Node, **settings: Any) -> None:
        """Have settings set, with success."""
        self.service(node, service_steps=step_of(settings))
        self.clock.sleep(15)
        self.assertEqual(
            ('active', None), (node.provision_state, node.last_error)
        )

    def failure(self, node: Node, **settings: Any) -> str:
        """Return how a service fails, and leave it."""
        self.service(node, service_steps=step_of(settings))
        self.model.wait_until(lambda: node.provision_state == 'service failed')
        why = str(node.last_error)
        self.world.conductor.clear_maintenance(node)
        self.world.conductor.begin_abort(node)
        self.clock.sleep(1)
        return why

    def restart(self, node: Node) -> None:
        """Have a node rebooted by its owner."""
        path = f'/nodes/{node.uuid}/states/power'
        self.ironic('PUT', path, {'target': 'rebooting'})
        self.clock.sleep(5)

    def shown(self, node: Node, name: str) -> Any:
        """Return what Ironic shows of a setting."""
        path = f'/nodes/{node.uuid}/bios/{name}'
        return self.ironic('GET', path).json()[name]

    def test_boolean(self) -> None:
        for node in self.both:
            self.serve(node, QuietBoot=False)
            self.assertEqual('0', node.bmc['QuietBoot'])
            shown = self.shown(node, 'QuietBoot')
            self.assertEqual(
                ('Boolean', '0', []),
                (
                    shown['attribute_type'],
                    shown['value'],
                    shown['allowable_values'],
                ),
            )

    def test_text_is_refused_or_converted(self) -> None:
        why = self.failure(self.node, NumaNodesPerSocket='2')
        self.assertIn("NumaNodesPerSocket takes a number, not '2'", why)
        why = self.failure(self.node, QuietBoot='true')
        self.assertIn('QuietBoot takes true or false', why)
        self.serve(self.redfish, NumaNodesPerSocket='2', QuietBoot='False')
        self.assertEqual('2', self.redfish.bmc['NumaNodesPerSocket'])
        self.assertEqual('0', self.redfish.bmc['QuietBoot'])
        self.serve(self.redfish, QuietBoot='true')
        self.assertEqual('1', self.redfish.bmc['QuietBoot'])
        self.serve(self.redfish, QuietBoot='1')
        self.assertEqual('0', self.redfish.bmc['QuietBoot'])

    def test_bmc_refuses_what_ironic_does_not_convert(self) -> None:
        why = self.failure(self.redfish, QuietBoot=0)
        self.assertIn('Error: QuietBoot takes true or false, not 0', why)
        # It is true already, and one is as good: the BMC is not asked.
        self.serve(self.redfish, QuietBoot=1)

    def test_bounds_that_nothing_fits(self) -> None:
        self.serve(self.node, EgmReserve=512)
        self.assertEqual('512', self.node.bmc['EgmReserve'])
        why = self.failure(self.redfish, EgmReserve=0)
        self.assertIn('invalid value for setting(s): EgmReserve', why)
        shown = self.shown(self.redfish, 'EgmReserve')
        self.assertEqual(-1, shown['upper_bound'])

    def test_side_effects_and_the_lock(self) -> None:
        for node in self.both:
            self.serve(node, WorkloadProfile=HPC)
            for name, value in (
                ('ProcVirtualization', 'Disabled'),
                ('EnergyPerfBias', 'MaxPerf'),
            ):
                self.assertEqual(value, node.bmc[name])
                self.assertEqual(value, node.bios[name].value)
        self.serve(self.node, EnergyPerfBias='BalancedPower')
        self.assertEqual('MaxPerf', self.node.bmc['EnergyPerfBias'])
        # Redfish waits for what the BMC has forgotten.
        why = self.failure(self.redfish, EnergyPerfBias='BalancedPower')
        self.assertIn('Timeout reached while servicing the node', why)

    def test_read_only_until_the_profile_is_custom(self) -> None:
        why = self.failure(
            self.node, SysProfile='Custom', ProcCStates='Disabled'
        )
        self.assertIn('ProcCStates is read-only', why)
        self.serve(self.node, SysProfile='Custom')
        self.assertTrue(self.shown(self.node, 'ProcCStates')['read_only'])
        self.serve(self.node, ProcCStates='Disabled')
        self.assertEqual('Disabled', self.node.bmc['ProcCStates'])
        # The row was written anew, so Ironic has learnt of it.
        self.assertFalse(self.shown(self.node, 'ProcCStates')['read_only'])

    def test_ironic_learns_over_a_new_connection_that_it_is_writable(
        self,
    ) -> None:
        node = self.redfish
        self.serve(node, SysProfile='Custom')
        self.assertEqual('Custom', node.bios['SysProfile'].value)
        refusal = 'invalid value for setting(s): ProcCStates'
        self.assertIn(refusal, self.failure(node, ProcCStates='Disabled'))
        self.world.set_bios(node, {'ProcCStates': 'Autonomous'})
        self.assertIn(refusal, self.failure(node, ProcCStates='Disabled'))
        node.driver_info['redfish_address'] = 'https://BMC'
        self.assertIn(refusal, self.failure(node, ProcCStates='Disabled'))
        self.world.set_bios(node, {'ProcCStates': 'Enabled'})
        self.serve(node, ProcCStates='Disabled')

    def test_late(self) -> None:
        for node in self.both:
            node.driver_info['fake_bios_late'] = True
        self.serve(self.node, LogicalProc='Enabled')
        self.restart_and_look(self.node)
        why = self.failure(self.redfish, LogicalProc='Enabled')
        self.assertIn('Timeout reached while servicing the node', why)
        self.restart_and_look(self.redfish)

    def restart_and_look(self, node: Node) -> None:
        """Check that settings come true at the start after their step."""
        self.assertEqual('Disabled', node.bmc['LogicalProc'])
        self.assertEqual({'LogicalProc': 'Enabled'}, node.pending)
        applied = node.counters.bios_applied
        self.restart(node)
        self.assertEqual('Enabled', node.bmc['LogicalProc'])
        self.assertEqual({}, node.pending)
        self.assertEqual(applied + 1, node.counters.bios_applied)
        # Ironic has not looked since, which a service does first of all.
        self.assertEqual('Disabled', node.bios['LogicalProc'].value)
        node.driver_info.clear()
        self.serve(node, LogicalProc='Enabled')
        self.assertEqual('Enabled', node.bios['LogicalProc'].value)

    def test_late_and_off(self) -> None:
        self.node.driver_info['fake_bios_late'] = True
        self.act(self.web, **{'os-stop': None})
        self.clock.sleep(5)
        self.serve(self.node, LogicalProc='Enabled')
        self.assertEqual(OFF, self.node.power_state)
        self.assertEqual('Disabled', self.node.bmc['LogicalProc'])
        self.act(self.web, **{'os-start': None})
        self.clock.sleep(5)
        self.assertEqual(ON, self.node.power_state)
        self.assertEqual('Enabled', self.node.bmc['LogicalProc'])

    def test_late_on_redfish_and_started_by_somebody(self) -> None:
        node = self.redfish
        node.driver_info['fake_bios_late'] = True
        self.service(node, service_steps=steps('Enabled'))
        self.model.wait_until(lambda: node.provision_state == 'service wait')
        self.world.conductor.switch(node, OFF)
        self.world.conductor.switch(node, ON)
        self.clock.sleep(10)
        self.assertEqual('active', node.provision_state)
        self.assertEqual('Enabled', node.bios['LogicalProc'].value)

    def test_counter(self) -> None:
        for node in self.both:
            before = int(node.bmc['BootCount'])
            self.restart(node)
            self.assertEqual(str(before + 1), node.bmc['BootCount'])
            self.assertEqual(str(before), node.bios['BootCount'].value)
            self.serve(node, QuietBoot=False)
            self.assertEqual(str(before + 2), node.bmc['BootCount'])
            self.assertEqual(str(before + 2), node.bios['BootCount'].value)
            self.assertFalse(self.shown(node, 'BootCount')['read_only'])
        self.serve(self.node, BootCount=500)
        self.assertEqual('3', self.node.bmc['BootCount'])
        why = self.failure(self.redfish, BootCount=500)
        self.assertIn('Timeout reached while servicing the node', why)

    def test_updated_at_tells_nothing_of_numbers(self) -> None:
        for node in self.both:
            self.serve(node, LogicalProc='Enabled')
        fake, redfish = self.node.bios, self.redfish.bios
        for name in ('QuietBoot', 'NumaNodesPerSocket'):
            self.assertIsNone(fake[name].updated)
            self.assertIsNotNone(redfish[name].updated)
        self.assertIsNone(redfish['SysProfile'].updated)

    def test_factory_reset(self) -> None:
        reset = {'interface': 'bios', 'step': 'factory_reset'}
        for node in self.both:
            self.serve(node, WorkloadProfile=HPC, PatrolScrub_3C01='0')
            self.service(node, service_steps=[reset])
            self.clock.sleep(15)
            self.assertEqual('active', node.provision_state)
            factory = {
                name: attributes.stored(value)
                for name, value in attributes.DEFAULTS.items()
            }
            changed = dict(node.bmc.items() - factory.items())
            self.assertEqual({'BootCount'}, set(changed))

    def test_template_of_a_deployment(self) -> None:
        for number, flavor in (('1', 'bm.large'), ('2', 'bm.redfish')):
            found = self.world.flavor(flavor)
            assert found is not None
            trait = 'trait:CUSTOM_NUMA_PER_SOCKET_2'
            self.world.add_flavor(
                f'numa.{number}',
                {**found.extra_specs, trait: 'required'},
            )
        web = self.world.boot('web-3', 'numa.2')
        node = self.model.node_of(web)
        self.assertEqual('2', node.bmc['NumaNodesPerSocket'])
        error = self.assertRaises(
            StepFailed, self.world.boot, 'web-4', 'numa.1'
        )
        self.assertIn('takes a number', str(error))
