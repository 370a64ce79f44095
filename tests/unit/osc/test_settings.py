"""``setting list``, on the model."""

import dataclasses
import json
import pathlib
from typing import Any

import fixtures

from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.explain import bios_settings
from osc_baremetal_config.osc import files
from tests import runs
from tests.bios import machines
from tests.model import fixture
from tests.unit import base
from tests.unit.core import snapshots


class SettingTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.web = self.model.world.boot('web-1')
        self.node = self.model.node_of(self.web)

    def list(self, *argv: str, form: str = 'json') -> runs.Ran:
        return self.model.openstack(
            *('mona', 'server', 'config', 'setting', 'list', 'web-1'),
            *(*argv, '-f', form),
        )

    def rows(self, *argv: str) -> dict[str, Any]:
        ran = self.list(*argv)
        self.assert_ended(0, ran)
        return {row['Name']: row for row in ran.json()}

    def change(self, bios: Any, value: str) -> None:
        bios['LogicalProc'] = dataclasses.replace(
            bios['LogicalProc'], value=value
        )

    def test_each_with_what_it_may_be_and_what_it_is_for(self) -> None:
        rows = self.rows()
        self.assertEqual(self.node.bios.keys(), rows.keys())
        self.assertEqual(
            {
                'Name': 'LogicalProc',
                'Value': 'Disabled',
                'Type': 'Enumeration',
                'Allowed': ['Enabled', 'Disabled'],
                'Read Only': False,
                'Config': ['hyperthreading'],
            },
            rows['LogicalProc'],
        )

    def test_those_that_are_asked_for(self) -> None:
        self.assertEqual({'LogicalProc'}, self.rows('--name', 'logic*').keys())
        both = self.rows('--name', 'LogicalProc', '--name', 'SysProfile')
        self.assertEqual({'LogicalProc', 'SysProfile'}, both.keys())
        item = self.rows('--item', 'hyperthreading')
        self.assertEqual({'LogicalProc'}, item.keys())
        self.assertEqual({}, self.rows('--name', 'Nope'))

    def test_what_another_server_has_otherwise(self) -> None:
        other = self.model.world.boot('web-2', node='bm-1')
        bios = self.model.node_of(other).bios
        self.assertEqual({}, self.rows('--differs-from', 'web-2'))
        self.change(bios, 'Enabled')
        del bios['SysProfile']
        rows = self.rows('--differs-from', 'web-2')
        self.assertEqual(
            {'LogicalProc': 'Enabled', 'SysProfile': None},
            {name: row['Other'] for name, row in rows.items()},
        )

    def test_what_was_otherwise_when_it_was_written(self) -> None:
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        for form in ('json', 'yaml'):
            path = folder / f'before.{form}'
            path.write_text(self.list(form=form).out, encoding='utf-8')
            argv = ('--differs-from', str(path))
            self.assertEqual({}, self.rows(*argv), form)
            self.change(self.node.bios, 'Enabled')
            self.assertEqual({'LogicalProc'}, self.rows(*argv).keys(), form)
            self.change(self.node.bios, 'Disabled')
        path.write_text('a: b\n', encoding='utf-8')
        ran = self.list('--differs-from', str(path))
        self.assert_refused(ran, f'{path}:1: not what')

    def test_steps_as_ironic_takes_them(self) -> None:
        ran = self.list('--as-template', 'LogicalProc=Enabled')
        self.assert_ended(0, ran)
        settings = [{'name': 'LogicalProc', 'value': 'Enabled'}]
        step = {
            'interface': 'bios',
            'step': 'apply_configuration',
            'args': {'settings': settings},
            'priority': 150,
        }
        self.assertEqual([step], json.loads(ran.out))

    def test_a_template_that_no_bios_would_take(self) -> None:
        ran = self.list('--as-template', 'LogicalProc=On', 'Nope=1')
        self.assert_refused(ran, 'LogicalProc=On: allowed values')
        self.assertIn('Nope=1: its BIOS knows no Nope', ran.err)
        ran = self.list('--as-template', 'A=B', '--name', 'A')
        self.assert_ended(2, ran)

    def test_a_template_is_added_to(self) -> None:
        two = ('--as-template', 'LogicalProc=Enabled')
        ran = self.list(*two, '--as-template', 'QuietBoot=false')
        self.assert_ended(0, ran)
        [step] = json.loads(ran.out)
        self.assertEqual(2, len(step['args']['settings']))
        ran = self.list(*two, '--as-template', 'LogicalProc=Disabled')
        self.assert_ended(2, ran)

    def test_what_a_template_may_do_is_said(self) -> None:
        ran = self.list('--as-template', 'BootMode=Bios')
        self.assert_ended(0, ran)
        words = 'BootMode=Bios can keep the installed system from booting'
        self.assertIn(words, ran.err)

    def test_a_type_that_there_is_not(self) -> None:
        ran = self.list('--item', 'hyperthreding')
        self.assert_refused(ran, '(did you mean hyperthreading?)')

    def test_what_only_the_other_has(self) -> None:
        other = self.model.world.boot('web-2', node='bm-1')
        del self.node.bios['SysProfile']
        rows = self.rows('--differs-from', other.id)
        row = rows['SysProfile']
        self.assertIsNone(row['Value'])
        self.assertIsNotNone(row['Other'])
        argv = ('--differs-from', 'web-2', '--name', 'X')
        self.assertEqual({}, self.rows(*argv))

    def test_files_that_are_no_settings(self) -> None:
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        path = folder / 'x.json'
        row = '{"Name": "A", "Value": "B"}'
        for text, told in (
            ('[]', 'not what'),
            ('{}', 'not what'),
            ('[{"Name": "A"}]', 'not what'),
            ('[{"Name": "A", "Value": []}]', 'not what'),
            (f'[{row}, {row}]', 'more than once: A'),
        ):
            path.write_text(text, encoding='utf-8')
            ran = self.list('--differs-from', str(path))
            self.assert_refused(ran, told)
        ran = self.list('--differs-from', str(folder / 'nope.yaml'))
        self.assert_refused(ran, 'nope.yaml')

    def test_a_password_is_not_repeated(self) -> None:
        ran = self.list('--as-template', 'SetupPassword=hunter2')
        self.assert_refused(ran, 'SetupPassword: ')
        self.assertNotIn('hunter2', ran.out + ran.err)

    def test_what_a_firmware_may_ignore_is_said(self) -> None:
        ran = self.list('--as-template', 'EnergyPerfBias=MaxPerf')
        self.assertNotIn('is fixed by the firmware', ran.err)
        profile = self.node.bios['WorkloadProfile']
        self.node.bios['WorkloadProfile'] = dataclasses.replace(
            profile, value='Other'
        )
        ran = self.list('--as-template', 'EnergyPerfBias=MaxPerf')
        self.assert_ended(0, ran)
        self.assertIn('is fixed by the firmware', ran.err)

    def test_ironic_has_read_none(self) -> None:
        self.node.bios.clear()
        ran = self.list()
        self.assert_ended(0, ran)
        self.assertEqual([], ran.json())
        self.assertIn('has read no BIOS settings', ran.err)


class SecretTest(base.TestCase):
    def test_passwords_and_keys_are_never_shown(self) -> None:
        bios = snapshots.bios(
            {
                'SetupPassword': {'value': 'a', 'attribute_type': 'Password'},
                'IscsiChapSecret': {'value': 'b', 'attribute_type': 'String'},
                'SgxLePublicKeyHash0': {
                    'value': 'c',
                    'attribute_type': 'String',
                },
                'KeySplit': {'value': '1', 'attribute_type': 'Integer'},
            }
        )
        blank = snapshots.snapshot({})
        snapshot = dataclasses.replace(blank, bios=bios)
        found = bios_settings.shown(assess(snapshot, files.load(())))
        shown = {one.setting.name: one.value for one in found}
        self.assertEqual(
            {
                'SetupPassword': None,
                'IscsiChapSecret': None,
                'SgxLePublicKeyHash0': None,
                'KeySplit': 1,
            },
            shown,
        )
        self.assertEqual({'KeySplit': 1}, bios_settings.readable(snapshot))
        others = dict.fromkeys(shown, 'other') | {'AdminPwd': 's3cret'}
        told = bios_settings.different(found, others)
        self.assertEqual(['KeySplit'], [one.setting.name for one in told])

    def test_no_password_of_a_real_machine(self) -> None:
        blank = snapshots.snapshot({})
        for machine in machines.machines():
            bios = machines.bios(machine)
            snapshot = dataclasses.replace(blank, bios=bios)
            for one in bios_settings.shown(assess(snapshot, files.load(()))):
                if one.setting.attribute_type == 'Password':
                    self.assertIsNone(one.value)

    def test_a_secret_of_the_other_server_alone(self) -> None:
        bios = snapshots.bios(
            {'AdminPw': {'value': 's3', 'attribute_type': 'Password'}}
        )
        blank = snapshots.snapshot({})
        other = dataclasses.replace(blank, bios=bios)
        self.assertEqual({}, bios_settings.readable(other))

    def test_what_only_tells_of_passwords_is_shown(self) -> None:
        bios = snapshots.bios({'PasswordStatus': {'value': 'Unlocked'}})
        snapshot = dataclasses.replace(snapshots.snapshot({}), bios=bios)
        [one] = bios_settings.shown(assess(snapshot, files.load(())))
        self.assertEqual('Unlocked', one.value)
        [told] = bios_settings.different([one], {'PasswordStatus': 'Locked'})
        self.assertEqual('Locked', told.other)
