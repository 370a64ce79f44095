"""The packaged catalogue, and what a broken one is told."""

import os
from pathlib import Path
from typing import Any

import fixtures
import os_traits

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import firmware
from osc_baremetal_config.osc import files
from tests import catalogue
from tests.unit import base


class PackagedTest(base.TestCase):
    def test_it_is_loaded_as_people_read_it(self) -> None:
        found = catalogue.JSON.read_text(encoding='utf-8')
        again = 'run: python -m tests.catalogue'
        self.assertEqual(catalogue.text(catalogue.read()), found, again)

    def test_its_traits_are_those_of_os_traits(self) -> None:
        known = set(os_traits.get_traits())
        for config_type in files.load(()).types.values():
            for sets in config_type.needs.values():
                self.assertLessEqual(frozenset().union(*sets), known)

    def test_every_kind_of_bios_says_whose_it_is_and_how_sure_that_is(
        self,
    ) -> None:
        catalogue = files.load(())
        for config_type in catalogue.types.values():
            self.assertTrue(config_type.help)
            for kind in config_type.bios:
                self.assertIn(kind.vendor, catalogue.vendors)
                self.assertIn(kind.source, firmware.SOURCES)

    def test_every_value_can_be_read_from_some_bios(self) -> None:
        for config_type in files.load(()).types.values():
            read = {
                value for kind in config_type.bios for value in kind.values
            }
            self.assertEqual(set(config_type.values), read)


class FilesTest(base.TestCase):
    def test_a_kind_of_bios_that_is_none(self) -> None:
        kind = '{vendor: null, source: false, enabled: {A: B}}'
        text = f'a:\n  values: [enabled]\n  bios:\n    - {kind}\n'
        self.assertEqual(
            [
                "0.yaml:4: a.bios.0.source: 'False' is none of registry, "
                'value, document',
                '0.yaml:4: a.bios.0.vendor: not text',
            ],
            self.faults(text),
        )
        # Nor is it forgotten where another file has other values.
        below = 'a:\n  values: [enabled]\n  bios: [1]\n'
        told = self.faults(below, 'a: {values: [enabled]}\n')
        self.assertIn('a.bios.0: not a mapping of values', told[0])

    def test_a_type_of_a_site_may_have_the_name_of_a_packaged_one(
        self,
    ) -> None:
        text = "tpm: {help: x, values: ['on', 'off']}\nvendors: {Dell: null}\n"
        found = files.load([self.write(text)])
        self.assertEqual(('on', 'off'), found.types['tpm'].values)
        self.assertNotIn('Dell', found.vendors)
        self.assertIn('AMI', found.vendors)

    def write(self, text: str, name: str = 'site.yaml') -> Path:
        path = Path(self.useFixture(fixtures.TempDir()).path) / name
        path.write_text(text, encoding='utf-8')
        return path

    def faults(self, *texts: str) -> list[str]:
        """Return the faults, each from its file's name on."""
        paths = [self.write(t, f'{i}.yaml') for i, t in enumerate(texts)]
        refused = self.assertRaises(errors.Refused, files.load, paths)
        return sorted(line.rpartition('/')[2] for line in refused.details)

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
                'needs, bios, risks',
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
                '0.yaml:1: turbo.help: duplicate key',
                '0.yaml:3: sgx: duplicate key',
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
            found = files.load([self.write(text)])
            self.assertEqual(files.load(()).types, found.types)

    def test_a_file_that_contains_itself(self) -> None:
        for text in ('a: &a\n  b: *a\n', 'a: &a [*a]'):
            [told] = self.faults(text)
            self.assertRegex(told, r'0\.yaml:[12]:\d+: contains itself')

    def test_what_is_no_mapping_or_no_yaml(self) -> None:
        for text in ('[]', 'a: [', 'x'):
            refused = self.assertRaises(
                errors.Refused, files.load, [self.write(text)]
            )
            self.assertRegex(str(refused), 'site.yaml:[12]:')

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
        self.assertEqual(
            ['/nowhere.yaml: No such file or directory'],
            list(refused.details),
        )

    def test_no_way_to_the_folder_of_a_user(self) -> None:
        home = Path(os.environ['HOME'])
        (home / 'file').touch()
        (home / 'loop').symlink_to('loop')
        for folder in ('file', 'loop', 'nowhere', 'x' * 300):
            self.useFixture(
                fixtures.EnvironmentVariable('HOME', str(home / folder))
            )
            self.assertEqual(files.load(()).types, files.load().types)

    def test_nobody_s_home(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('HOME'))
        self.useFixture(fixtures.MonkeyPatch('os.getuid', lambda: 2**31))
        self.assertEqual(files.load(()).types, files.load().types)

    def test_a_folder_that_nobody_may_enter(self) -> None:
        stat = os.stat

        def denied(path: Any, **kwargs: Any) -> os.stat_result:
            if str(path).endswith(files.NAME):
                raise PermissionError(13, 'Permission denied', path)
            return stat(path, **kwargs)

        # Root may enter any.
        self.useFixture(fixtures.MonkeyPatch('os.stat', denied))
        self.assertEqual(files.load(()).types, files.load().types)

    def test_what_is_no_file(self) -> None:
        fifo = Path(os.environ['HOME']) / 'fifo'
        os.mkfifo(fifo)
        for path in (fifo, fifo.parent, Path('/dev/zero')):
            refused = self.assertRaises(errors.Refused, files.load, [path])
            self.assertEqual(
                [f'{path}: not a regular file'], list(refused.details)
            )

    def test_an_entry_of_the_wrong_kind_below_another(self) -> None:
        self.assertEqual(
            [
                '0.yaml:1: turbo: not a mapping',
                '1.yaml:1: turbo.values: not a list of words (quote numbers, '
                'yes, no, on, off)',
            ],
            self.faults('turbo: 5', 'turbo: {values: x}'),
        )
        self.assertEqual(
            [
                '0.yaml:1: turbo: not a mapping',
                '0.yaml:2: cloud: not a mapping',
                '1.yaml:1: locks: not a list',
                '1.yaml:2: volatile: not a list',
            ],
            self.faults(
                'turbo: [values]\ncloud: true',
                'locks: {a: b}\nvolatile: x\nturbo: {help: Faster.}',
            ),
        )

    def test_effects_that_say_nothing(self) -> None:
        for entry in (
            '{setting: A, value: x}',
            '{setting: A, value: x, sets: [B]}',
            '{setting: 5, value: x, sets: {B: y}}',
            '{setting: A, value: [x], sets: {B: y}}',
            '{setting: A, value: x, sets: {B: [y]}}',
        ):
            self.assertEqual(
                [
                    '0.yaml:1: effects.0: not a mapping of setting, value, '
                    'sets, the last a mapping'
                ],
                self.faults(f'effects: [{entry}]'),
            )
        path = self.write('effects: [{setting: A, value: 1, sets: {B: 2}}]')
        [effect] = files.load([path]).effects
        self.assertEqual(('A', 1), (effect.name, effect.value))
        self.assertEqual({'B': 2}, effect.sets)

    def test_a_fault_is_not_in_an_entry_of_the_wrong_kind(self) -> None:
        self.assertEqual(
            [
                '0.yaml:1: a.values: not a list of words (quote numbers, '
                'yes, no, on, off)',
                '1.yaml:1: a: not a mapping',
            ],
            self.faults('a: {help: Yes.}', 'a: [b]'),
        )

    def test_words_that_cannot_stand_in_a_line(self) -> None:
        for word in ('""', '" a"', '"a]  [b"', '"a\\nb"', '"\\u202ea"'):
            [told] = self.faults(f'a: {{values: [{word}]}}')
            self.assertIn('0.yaml:1: a.values: not a list of words', told)
        self.assertEqual(
            ['0.yaml:1: turbo.help: not text'],
            self.faults('turbo: {help: [a]}'),
        )

    def test_keys_are_taken_as_they_are_written(self) -> None:
        path = self.write(
            'a: {values: ["on", "1"], needs: {on: [[CUSTOM_A]]}}'
        )
        self.assertEqual(['on'], list(files.load([path]).types['a'].needs))
        self.assertEqual(
            ["0.yaml:1: a.needs.~: '~' is none of b"],
            self.faults('a: {values: [b], needs: {~: [[CUSTOM_A]]}}'),
        )

    def test_a_mapping_that_is_merged_into_another(self) -> None:
        a = 'a: &a {values: [x], bios: [{x: {A: B}}]}\n'
        path = self.write(a + 'b: {<<: *a, help: Yes.}')
        known = files.load([path]).types
        self.assertEqual(known['a'].bios, known['b'].bios)
        self.assertEqual(
            ["0.yaml:2: b.bios.0.y: 'y' is none of x"],
            self.faults(a + 'b: {<<: *a, bios: [{y: {A: B}}]}'),
        )

    def test_many_faults_and_long_ones(self) -> None:
        for text in (
            ''.join(f'T{n}: {{values: [a]}}\n' for n in range(300)),
            f'{"a" * 9000}: {{{"b" * 9000}: x}}',
            f'a: {{values: [{"x" * 9000}], bios: [{{{"y" * 9000}: 5}}]}}',
            f'a: {{values: [x], needs: {{x: [[{"y" * 9000}]]}}}}',
            'a: {values: [' + 'x, ' * 9000 + '], needs: {y: [], z: []}}',
        ):
            told = self.faults(text)
            self.assertLess(len('\n'.join(told)), 9000)
            self.assertLess(len(told), 52)
