"""What the settings of real machines are read as: each machine, each type.

Held against a table by hand, ``tests/bios/readings.yaml``.
"""

import dataclasses
import functools
from pathlib import Path
from typing import Any

import yaml

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import firmware
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.desired.firmware import Firmware
from osc_baremetal_config.core.facts.model import BiosSetting, Item
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.model import Plan, SettingChange
from osc_baremetal_config.core.rollout.rollout_plan import RolloutPlan
from osc_baremetal_config.core.rollout.scheduler import Limits
from osc_baremetal_config.osc import files
from osc_baremetal_config.osc.views import plans as plans_view
from tests.bios import machines, table
from tests.unit import base
from tests.unit.core import snapshots

NODE = snapshots.node({})
TABLE = Path(machines.__file__).with_name('readings.yaml')


@functools.cache
def rows() -> tuple[table.Row, ...]:
    """Return the whole table, which is made once."""
    return tuple(table.rows(files.load(())))


def told(bios: dict[str, BiosSetting]) -> dict[str, str]:
    """Return type → value as it is read, ``none`` where nothing is told."""
    blank = snapshots.snapshot({'templates': []})
    found = assess(dataclasses.replace(blank, bios=bios), files.load(()))
    return {
        name: row.actual.value or 'none'
        for name, row in found.rows.items()
        if row.actual.settings
    }


class ReadingsTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        text = TABLE.read_text(encoding='utf-8')
        self.table: dict[str, dict[str, str]] = yaml.safe_load(text)

    def test_each_machine_is_read_as_by_hand(self) -> None:
        catalogue = files.load(())
        for machine in machines.machines():
            expected = dict(self.table[machine.name])
            bios = machines.bios(machine)
            vendor = expected.pop('vendor', 'none')
            self.assertEqual(expected, told(bios), machine.name)
            if expected:
                found = catalogue.vendor(bios, NODE) or 'none'
                self.assertEqual(vendor, found, machine.name)

    def test_only_what_a_machine_is_takes_nothing(self) -> None:
        for row in rows():
            for way in row.ways:
                words = f'{row.machine}: {row.type}={way.value}: {way}'
                if way.value == row.read:
                    self.assertEqual(('', 0), (way.why_not, way.reboots))
                else:
                    self.assertTrue(way.why_not or way.reboots, words)

    def test_a_way_is_that_of_the_maker(self) -> None:
        for row in rows():
            if row.machine.name.startswith('dell') and row.type == 'boot-mode':
                values = [way.settings['BootMode'] for way in row.ways]
                self.assertEqual({'Bios', 'Uefi'}, set(values))

    def test_no_machine_of_the_table_is_missing(self) -> None:
        known = {machine.name for machine in machines.machines()}
        self.assertEqual(known, self.table.keys())


class MakerTest(base.TestCase):
    """Whose BIOS it is: by its settings, else by what Ironic knows."""

    def vendor(self, bios: dict[str, BiosSetting], **node: str) -> str:
        return files.load(()).vendor(bios, snapshots.node(dict(node)))

    def test_what_ironic_knows_comes_second(self) -> None:
        dell = snapshots.bios({'SysProfile': 'Custom'})
        self.assertEqual('Dell', self.vendor(dell, vendor='HPE'))
        self.assertEqual('HPE', self.vendor({}, vendor='HPE'))

    def test_the_words_of_bmcs_and_hardware_types(self) -> None:
        for words, maker in (
            ('Dell Inc.', 'Dell'),
            ('dell inc.', 'Dell'),
            ('Hewlett Packard Enterprise', 'HPE'),
            ('HPE', 'HPE'),
            ('LENOVO', 'Lenovo'),
            ('Supermicro', 'Supermicro'),
            ('Cisco Systems Inc', 'Cisco'),
            ('NVIDIA', 'NVIDIA'),
            ('Contoso', ''),
            ('Dell and HPE', ''),
            ('Modell', ''),
            ('', ''),
        ):
            self.assertEqual(maker, self.vendor({}, vendor=words), words)
        for driver, maker in (
            ('idrac', 'Dell'),
            ('ilo5', 'HPE'),
            ('redfish', ''),
            ('ipmi', ''),
        ):
            self.assertEqual(maker, self.vendor({}, driver=driver), driver)

    def test_a_setting_means_what_its_maker_says(self) -> None:
        profile = snapshots.bios({'WorkloadProfile': 'NotConfigured'})
        blank = dataclasses.replace(
            snapshots.snapshot({'templates': []}), bios=profile
        )
        dell, hpe = 'LowLatencyOptimizedProfile', 'LowLatency'
        for vendor, values in (
            ('Dell', {dell}),
            ('HPE', {hpe}),
            ('', {dell, hpe}),
        ):
            node = snapshots.node({'vendor': vendor})
            kinds = files.load(()).meant(profile, node)['workload-profile']
            known = {
                kind.values['low-latency']['WorkloadProfile'] for kind in kinds
            }
            self.assertEqual(values, known, vendor)
        self.assertIsNone(
            assess(blank, files.load(())).actual('workload-profile')
        )


class KindsTest(base.TestCase):
    def bios(self, **values: Any) -> dict[str, BiosSetting]:
        return snapshots.bios({name: values[name] for name in values})

    def test_settings_that_contradict_each_other_tell_nothing(self) -> None:
        bios = self.bios(SriovSupport='Enabled', SRIOVEnable='Disable')
        self.assertEqual('none', told(bios)['sriov'])

    def test_a_pattern_is_not_fooled_by_other_names(self) -> None:
        for name, value in (
            ('SMTControl_00CB', 'disabled'),
            ('SMTControl_Extra_00CB', None),
            ('SMTControl_0CB', None),
            ('SMTControl_Mode', None),
            ('MySMTControl_00CB', None),
        ):
            bios = self.bios(**{name: 'Disabled'})
            self.assertEqual(value, told(bios).get('hyperthreading'), name)

    def test_names_that_match_one_pattern_have_to_agree(self) -> None:
        name = 'SecurityDeviceSupport_'
        for other, value in (('Enable', 'enabled'), ('Disable', 'none')):
            both = {f'{name}005A': 'Enable', f'{name}0063': other}
            bios = self.bios(**both)
            self.assertEqual(value, told(bios)['tpm'])

    def test_the_kind_with_more_settings_is_meant(self) -> None:
        two = {'L1StreamHwPrefetcher': 'Enabled'}
        two['L2StreamHwPrefetcher'] = 'Enabled'
        self.assertEqual('enabled', told(self.bios(**two))['prefetchers'])
        more = ('L1RegionPrefetcher', 'L1StridePrefetcher')
        five = two | dict.fromkeys((*more, 'L2UpDownPrefetcher'), 'Disabled')
        self.assertEqual('none', told(self.bios(**five))['prefetchers'])

    def test_memory_that_can_be_encrypted_is_not_yet_a_guest_that_is(
        self,
    ) -> None:
        for control, value in (('Enable', 'enabled'), ('Disable', 'none')):
            bios = self.bios(Memory_SMEE='Enabled', Memory_SEVControl=control)
            self.assertEqual(value, told(bios)['sev'])
        self.assertEqual('none', told(self.bios(Sme='Enabled'))['sev'])

    def test_memory_that_is_interleaved_is_no_numa(self) -> None:
        for interleave, value in (('Enabled', '0'), ('Disabled', '1')):
            bios = self.bios(
                SubNumaCluster='Disabled', NodeInterleave=interleave
            )
            self.assertEqual(value, told(bios)['numa-per-socket'])

    def test_names_that_look_like_patterns_are_names(self) -> None:
        kind = Firmware(values={'on': {'Foo[1]': 'x', 'Bar*': 'y'}})
        [found] = firmware.every(
            [kind], firmware.Names(['Foo[1]', 'Bar*', 'Bart', 'Foo1'])
        )
        self.assertEqual({'Foo[1]': 'x', 'Bar*': 'y'}, found.values['on'])

    def test_patterns_that_want_two_values_of_one_setting_do_not_fit(
        self,
    ) -> None:
        kind = Firmware(values={'on': {'Foo*': 'x', '*Bar': 'y'}})
        self.assertEqual(
            (), firmware.every([kind], firmware.Names(['FooBar']))
        )

    def test_a_number_of_another_board_tells_nothing(self) -> None:
        bios = self.bios(Hyper_Threading_ALL__F27F='0')
        self.assertEqual('none', told(bios)['hyperthreading'])


class MixedFleetTest(base.TestCase):
    """One command for servers of several vendors."""

    def plan(self, name: str, setting: str, own: str) -> Plan:
        """Return the plan for a server, with a template for each BIOS."""
        templates = [
            snapshots.template('on', 'enabled'),
            snapshots.template('smt', 'enabled'),
        ]
        templates[1]['steps'][0]['args']['settings'][0]['name'] = 'ProcSMT'
        blank = snapshots.snapshot(
            {
                'server': {'id': name, 'name': name},
                'bios': {setting: 'Disabled', own: 'Custom'},
                'templates': templates,
            }
        )
        asked = [Item('hyperthreading', 'enabled')]
        return planner.make(asked, assess(blank, files.load(())))

    def test_each_server_gets_its_own_setting(self) -> None:
        plans = (
            self.plan('web-1', 'LogicalProc', 'SysProfile'),
            self.plan('web-2', 'ProcSMT', 'ProcAMDBoost'),
            self.plan('web-3', 'LogicalProc', 'SysProfile'),
        )
        vendors = [plan.vendor for plan in plans]
        self.assertEqual(['Dell', 'HPE AMD', 'Dell'], vendors)
        told = plans_view.summary_of_many(RolloutPlan(plans), Limits())
        self.assertIn('2 Dell: LogicalProc; 1 HPE AMD: ProcSMT.', told)

    def test_a_fleet_of_one_vendor_is_told_as_before(self) -> None:
        plans = (
            self.plan('web-1', 'LogicalProc', 'SysProfile'),
            self.plan('web-3', 'LogicalProc', 'SysProfile'),
        )
        told = plans_view.summary_of_many(RolloutPlan(plans), Limits())
        self.assertEqual(1, len(told), str(told))
        other = dataclasses.replace(plans[0], changes=())
        turbo = dataclasses.replace(
            plans[1].changes[0],
            settings=(SettingChange('ProcTurboMode', 'Enabled', 'Disabled'),),
        )
        mixed = (other, plans[0], dataclasses.replace(other, changes=(turbo,)))
        told = plans_view.summary_of_many(RolloutPlan(mixed), Limits())
        self.assertFalse([line for line in told if 'Dell' in line])

    def test_a_vendor_without_a_template_is_refused_by_name(self) -> None:
        refused = self.assertRaises(
            errors.Refused,
            self.plan,
            'web-4',
            'Processors_HyperThreading',
            'Processors_TurboMode',
        )
        self.assertIn('which has none of LogicalProc, ', str(refused.details))
