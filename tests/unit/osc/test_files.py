"""The packaged catalogue, and what a broken one is told."""

import os
from pathlib import Path

import fixtures
import os_traits

from osc_baremetal_config import errors
from osc_baremetal_config.osc import files
from tests.unit import base


class PackagedTest(base.TestCase):
    def test_its_traits_are_those_of_os_traits(self) -> None:
        known = set(os_traits.get_traits())
        for config_type in files.load(()).types.values():
            for sets in config_type.needs.values():
                self.assertLessEqual(frozenset().union(*sets), known)

    def test_every_value_can_be_read_from_every_vendors_bios(self) -> None:
        for config_type in files.load(()).types.values():
            self.assertTrue(config_type.help)
            for vendor in config_type.bios:
                self.assertEqual(set(config_type.values), set(vendor))


class FilesTest(base.TestCase):
    def write(self, text: str, name: str = 'site.yaml') -> Path:
        path = Path(self.useFixture(fixtures.TempDir()).path) / name
        path.write_text(text, encoding='utf-8')
        return path

    def faults(self, *texts: str) -> list[str]:
        """Return the faults, each from its file's name on."""
        paths = [self.write(t, f'{i}.yaml') for i, t in enumerate(texts)]
        refused = self.assertRaises(errors.Refused, files.load, paths)
        return [line.rpartition('/')[2] for line in refused.details]

    def test_a_file_adds_replaces_and_removes(self) -> None:
        path = self.write(
            'secure-boot: {values: [enabled, disabled]}\n'
            'turbo: {help: Faster.}\n'
            'sgx: null\n'
        )
        known = files.load([path]).types
        self.assertEqual(('enabled', 'disabled'), known['secure-boot'].values)
        self.assertEqual('Faster.', known['turbo'].help)
        self.assertEqual(('enabled', 'disabled'), known['turbo'].values)
        self.assertNotIn('sgx', known)

    def test_all_faults_are_named_with_file_line_and_key(self) -> None:
        broken = """\
a:
  values: [enabled, disabled]
  nedds: {}
  needs: {of: [[CUSTOM_A]]}
b:
  values: [on]
c:
  values: [x]
  needs:
    x: [[HW_CPU_HYPERTHREDING], [CUSTOM_A]]
d:
  values: [x]
  bios:
    - x: {A: B}
    - y: {A: [1]}
E: {values: [x]}
f: 1
"""
        self.assertEqual(
            [
                '0.yaml:10: c.needs.x: HW_CPU_HYPERTHREDING is no trait of '
                'os-traits (did you mean HW_CPU_HYPERTHREADING?)',
                "0.yaml:15: d.bios.1.y: 'y' is none of x",
                '0.yaml:15: d.bios.1.y: not a mapping of BIOS settings',
                '0.yaml:16: E: a type is named with a-z, 0-9 and hyphens',
                '0.yaml:17: f: not a mapping',
                '0.yaml:3: a.nedds: unknown key; known are help, values, '
                'needs, bios',
                "0.yaml:4: a.needs.of: 'of' is none of enabled, disabled",
                '0.yaml:6: b.values: not a list of words (quote numbers, '
                'yes, no, on, off)',
            ],
            self.faults(broken),
        )

    def test_a_fault_is_in_the_file_that_has_the_key(self) -> None:
        self.assertEqual(
            ["0.yaml:1: turbo.needs.of: 'of' is none of enabled, disabled"],
            self.faults(
                'turbo: {needs: {of: [[CUSTOM_A]]}}', 'turbo: {help: Faster.}'
            ),
        )

    def test_a_key_that_stands_twice(self) -> None:
        twice = 'turbo: {help: A, help: B}\nsgx: null\nsgx: null\n'
        self.assertEqual(
            [
                '0.yaml:1: turbo.help: stands twice',
                '0.yaml:3: sgx: stands twice',
            ],
            self.faults(twice),
        )

    def test_a_cloud_that_can_resize(self) -> None:
        self.assertFalse(files.load(()).resizes)
        path = self.write('cloud: {resize: true}')
        self.assertTrue(files.load([path]).resizes)
        self.assertEqual(
            [
                '0.yaml:1: cloud.nope: unknown key; known is resize',
                '0.yaml:1: cloud.resize: neither true nor false',
            ],
            self.faults('cloud: {resize: maybe, nope: 1}'),
        )
        self.assertEqual(
            ['0.yaml:1: cloud: not a mapping'], self.faults('cloud: yes')
        )

    def test_an_empty_file_changes_nothing(self) -> None:
        for text in ('', '# nothing yet'):
            self.assertEqual(files.load(()), files.load([self.write(text)]))

    def test_a_file_that_contains_itself(self) -> None:
        for text in ('a: &a\n  b: *a\n', 'a: &a [*a]'):
            refused = self.assertRaises(
                errors.Refused, files.load, [self.write(text)]
            )
            self.assertIn('site.yaml:', refused.message)
            self.assertIn('contains itself', refused.message)

    def test_what_is_no_mapping_or_no_yaml(self) -> None:
        for text in ('[]', 'a: [', 'x'):
            refused = self.assertRaises(
                errors.Refused, files.load, [self.write(text)]
            )
            self.assertIn('site.yaml', refused.message)

    def test_site_user_and_named_file_in_this_order(self) -> None:
        home = Path(os.environ['HOME']) / '.config' / 'openstack'
        home.mkdir(parents=True)
        user = home / files.NAME
        user.write_text('turbo: {help: user}', encoding='utf-8')
        self.assertEqual('user', files.load().types['turbo'].help)
        named = self.write('turbo: {help: named}')
        self.useFixture(
            fixtures.EnvironmentVariable(files.VARIABLE, str(named))
        )
        self.assertEqual('named', files.load().types['turbo'].help)

    def test_a_named_file_must_be_there(self) -> None:
        self.useFixture(
            fixtures.EnvironmentVariable(files.VARIABLE, '/nowhere.yaml')
        )
        refused = self.assertRaises(errors.Refused, files.load)
        self.assertIn('/nowhere.yaml', refused.message)
