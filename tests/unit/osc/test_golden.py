"""``export``, and what is done with its file, on the model."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import hypothesis
import yaml
from hypothesis import strategies as st

from osc_baremetal_config import errors
from osc_baremetal_config.core.explain.baseline import Baseline
from osc_baremetal_config.osc import desired_file, golden_file
from tests import runs
from tests.model import fixture
from tests.unit import base


class GoldenTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world = self.model.world
        self.web = self.world.boot('web-1')
        self.path = Path(os.environ['HOME']) / 'golden.yaml'

    def do(self, *argv: str, person: str = 'mona') -> runs.Ran:
        self.model.faults.forget()
        return self.model.openstack(person, 'server', 'config', *argv)

    def other(self, name: str = 'web-2', **settings: str) -> Any:
        """Return another server, with some settings otherwise."""
        number = int(name.rpartition('-')[2]) - 1
        server = self.world.boot(name, node=f'bm-{number}')
        self.world.set_bios(self.model.node_of(server), settings)
        return server

    def write(self, text: str) -> str:
        """Return the path of a file with a text."""
        self.path.write_text(text, encoding='utf-8')
        return str(self.path)

    def exported(self, *argv: str) -> str:
        """Return the path of a file with what the first server is."""
        argv = ('--file', str(self.path), '--force', *argv)
        self.assert_ended(0, self.do('export', 'web-1', *argv))
        return str(self.path)

    def reads(self) -> int:
        """Return how often a BIOS was read."""
        return sum('/bios' in str(call) for call in self.model.faults.calls())


class ExportTest(GoldenTest):
    def test_the_items_by_default(self) -> None:
        ran = self.do('export', 'web-1')
        self.assert_ended(0, ran)
        told = yaml.safe_load(ran.out)
        self.assertEqual(['server', 'id', 'vendor', 'items'], list(told))
        self.assertEqual('web-1', told['server'])
        self.assertEqual(self.web.id, told['id'])
        self.assertEqual('Dell', told['vendor'])
        self.assertEqual('disabled', told['items']['hyperthreading'])
        # It is what it is, not what it should be.
        self.world.set_bios(
            self.model.node_of(self.web), {'LogicalProc': 'Enabled'}
        )
        told = yaml.safe_load(self.do('export', 'web-1').out)
        self.assertEqual('enabled', told['items']['hyperthreading'])

    def test_settings_with_their_types(self) -> None:
        ran = self.do('export', 'web-1', '--settings', '-f', 'json')
        self.assert_ended(0, ran)
        settings = ran.json()['settings']
        self.assertEqual('Disabled', settings['LogicalProc'])
        self.assertIs(True, settings['QuietBoot'])
        self.assertEqual(1, settings['NumaNodesPerSocket'])
        self.assertNotIn('SetupPassword', settings)

    def test_every_formatter_has_the_same(self) -> None:
        argv = ('export', 'web-1', '--settings')
        told = yaml.safe_load(self.do(*argv).out)
        self.assertEqual(told, self.do(*argv, '-f', 'json').json())
        path = self.exported('--settings')
        text = Path(path).read_text(encoding='utf-8')
        self.assertEqual(told, yaml.safe_load(text))
        ran = self.do(*argv, '-f', 'table')
        self.assert_ended(0, ran)
        self.assertIn('"turbo": "enabled"', ran.out)

    def test_a_file_that_is_there_is_kept(self) -> None:
        path = self.write('mine')
        ran = self.do('export', 'web-1', '--file', path)
        self.assert_refused(ran, f'{path} is there already')
        self.assertEqual('mine', self.path.read_text(encoding='utf-8'))
        self.assertEqual([], self.model.faults.calls())
        ran = self.do('export', 'web-1', '--file', path, '--force')
        self.assert_ended(0, ran)
        told = {'server': 'web-1', 'id': self.web.id, 'vendor': 'Dell'}
        self.assertEqual({**told, 'file': path}, yaml.safe_load(ran.out))
        self.assertEqual('web-1', golden_file.load(path).server)

    def test_what_cannot_be_written(self) -> None:
        path = str(self.path / 'no' / 'folder')
        ran = self.do('export', 'web-1', '--file', path)
        self.assert_ended(1, ran)
        self.assertIn(f'{path} cannot be written: No such', ran.err)
        self.assert_ended(2, self.do('export', 'web-1', '--file', ''))
        self.assert_ended(2, self.do('export', 'web-1', '--force'))
        self.assert_ended(2, self.do('export', 'web-1', '-c', 'nope'))

    def test_what_cannot_be_told_or_written_is_said(self) -> None:
        bios = self.model.node_of(self.web).bios
        for name, value in (
            ('LogicalProc', 'Auto'),
            ('SystemContact', 'a\x07b'),
        ):
            bios[name] = dataclasses.replace(bios[name], value=value)
        ran = self.do('export', 'web-1', '--settings')
        self.assertIn(
            'hyperthreading is left out, as its value cannot be told: '
            'LogicalProc=Auto',
            ran.err,
        )
        self.assertIn('control characters: SystemContact.', ran.err)
        told = yaml.safe_load(ran.out)
        self.assertNotIn('hyperthreading', told['items'])
        self.assertNotIn('SystemContact', told['settings'])
        quiet = self.do('-q', 'export', 'web-1')
        self.assertNotIn('hyperthreading', quiet.err)

    def test_nothing_was_read_of_it(self) -> None:
        self.model.node_of(self.web).bios.clear()
        ran = self.do('export', 'web-1', '--file', str(self.path))
        self.assert_refused(ran, f'web-1 ({self.web.id}): Ironic has read no')
        self.assertFalse(self.path.exists())


class SetTest(GoldenTest):
    def test_others_get_its_items(self) -> None:
        path = self.exported('--settings')
        two = self.other('web-2', LogicalProc='Enabled', QuietBoot='0')
        three = self.other('web-3', LogicalProc='Enabled')
        names = ('web-2', 'web-3')
        ran = self.do('set', '--file', path, *names, '-f', 'json')
        self.assert_ended(0, ran)
        for server in (two, three):
            bmc = self.model.node_of(server).bmc
            self.assertEqual('Disabled', bmc['LogicalProc'])
        self.assertEqual('0', self.model.node_of(two).bmc['QuietBoot'])
        self.assertEqual(1, ran.err.count('are set, not its settings'))
        items = {row['Config'] for row in ran.json()}
        self.assertEqual(golden_file.load(path).items.keys(), items)

    def test_servers_are_chosen_as_ever(self) -> None:
        path = self.exported()
        for argv in (('--server-flavor', 'bm.large.ht-off'), ('web-1',)):
            ran = self.do('set', '--file', path, *argv, '--dry-run')
            self.assert_ended(0, ran)
            self.assertNotIn('not its settings', ran.err)

    def test_no_server_is_named(self) -> None:
        path = self.exported()
        ran = self.do('set', '--file', path)
        self.assert_ended(2, ran)
        self.assertIn(f'{path} has the items of web-1', ran.err)
        self.assertEqual([], self.model.faults.calls())

    def test_what_another_cannot_be_given_is_refused(self) -> None:
        path = self.write('server: g\nitems: {odd: x, hyperthreading: on}\n')
        ran = self.do('set', '--file', path, 'web-1')
        self.assert_refused(ran, 'odd', 'hyperthreading=on: allowed values')

    def test_the_two_forms_are_told_apart(self) -> None:
        for text in (
            'items: {turbo: enabled}\n',
            'server: {turbo: enabled}\nitems: {turbo: disabled}\n',
            'server: {turbo: enabled}\nid: {turbo: enabled}\n',
        ):
            found = desired_file.load(self.write(text))
            self.assertIsNone(found.golden)
            self.assertEqual(yaml.safe_load(text).keys(), found.servers.keys())
        text = 'server: items\nitems: {turbo: enabled, numa-per-socket: 2}\n'
        found = desired_file.load(self.write(text))
        assert found.golden
        self.assertEqual('2', found.golden.items['numa-per-socket'])

    def test_a_golden_server_without_items(self) -> None:
        path = self.write('server: g\nitems: {}\nsettings: {A: B}\n')
        ran = self.do('set', '--file', path, 'web-1')
        self.assert_refused(ran, f'{path}:2: items: there are none to set')


class DifferenceTest(GoldenTest):
    def differs(self, *argv: str) -> dict[str, Any]:
        argv = ('web-2', '--differs-from', str(self.path), *argv)
        ran = self.do('setting', 'list', *argv, '-f', 'json')
        self.assert_ended(0, ran)
        return {row['Name']: row['Other'] for row in ran.json()}

    def test_what_was_left_out_is_no_difference(self) -> None:
        self.exported('--settings')
        two = self.other('web-2')
        self.assertEqual({}, self.differs())
        self.world.set_bios(self.model.node_of(two), {'QuietBoot': '0'})
        bios = self.model.node_of(two).bios
        del bios['SysProfile']
        bios['AssetTag'] = dataclasses.replace(
            bios['SystemContact'], name='AssetTag', value='A2'
        )
        self.assertEqual({'SysProfile', 'QuietBoot'}, self.differs().keys())
        self.assertEqual({'QuietBoot': True}, self.differs('--name', 'Q*'))

    def test_as_json(self) -> None:
        self.other('web-2', LogicalProc='Enabled')
        ran = self.do('export', 'web-1', '--settings', '-f', 'json')
        self.write(ran.out)
        self.assertEqual({'LogicalProc': 'Disabled'}, self.differs())

    def test_a_file_without_settings(self) -> None:
        argv = ('web-1', '--differs-from', self.exported())
        ran = self.do('setting', 'list', *argv)
        self.assert_refused(ran, f'{self.path}:1: no settings', '--settings')


class BaselineTest(GoldenTest):
    def compare(self, *argv: str, code: int = 0) -> runs.Ran:
        ran = self.do('list', '--baseline', str(self.path), *argv)
        self.assert_ended(code, ran)
        return ran

    def rows(self, *argv: str, code: int = 0) -> list[tuple[Any, ...]]:
        ran = self.compare(*argv, '-f', 'json', code=code)
        return [tuple(row.values()) for row in ran.json()]

    def test_outliers_come_first(self) -> None:
        self.exported('--settings')
        for name, settings in (
            ('web-2', {'LogicalProc': 'Enabled', 'QuietBoot': '0'}),
            ('web-3', {'LogicalProc': 'Enabled'}),
        ):
            self.other(name, **settings)
        ran = self.compare()
        cells = [line.split('|')[1:-1] for line in ran.out.splitlines()]
        self.assertEqual(
            [
                ['Setting', 'Baseline', 'Values', 'Servers'],
                ['QuietBoot', 'true', 'false (1)', '1: web-2'],
                ['LogicalProc', 'Disabled', 'Enabled (2)', '2: web-2, web-3'],
                [
                    *('hyperthreading', 'disabled', 'enabled (2)'),
                    '2: web-2, web-3',
                ],
            ],
            [[c.strip() for c in row] for row in cells if row],
        )
        last = ran.err.splitlines()[-1]
        told = '2 of 3 servers differ, in 2 settings and 1 item.'
        self.assertEqual(told, last)
        self.assertNotIn(told, self.compare('-q').err)
        # As the list without a baseline: once for each server.
        self.assertEqual(3, self.reads())

    def test_rows_for_scripts(self) -> None:
        self.exported('--settings')
        two = self.other('web-2', QuietBoot='0')
        del self.model.node_of(two).bios['SysProfile']
        ran = self.compare('-f', 'json')
        self.assertEqual(
            ['Setting', 'Kind', 'Baseline', 'Value', 'Server', 'ID'],
            list(ran.json()[0]),
        )
        self.assertIn(
            ('QuietBoot', 'setting', True, False, 'web-2', two.id), self.rows()
        )
        profile = 'PerfPerWattOptimizedDapc'
        self.assertIn(
            ('SysProfile', 'setting', profile, None, 'web-2', two.id),
            self.rows(),
        )
        self.assertEqual([], self.rows('--server', 'web-1'))

    def test_a_baseline_of_items_only(self) -> None:
        self.exported()
        self.other('web-2', LogicalProc='Enabled', QuietBoot='0')
        self.assertEqual(['hyperthreading'], [row[0] for row in self.rows()])
        self.assertIn('The baseline has no settings', self.compare().err)

    def test_of_another_vendor(self) -> None:
        self.write(
            'server: g\nvendor: HPE AMD\nitems: {hyperthreading: disabled}\n'
            'settings: {ProcSMT: Disabled}\n'
        )
        [row] = self.rows()
        self.assertEqual(
            ('vendor', 'vendor', 'HPE AMD', 'Dell', 'web-1', self.web.id), row
        )
        told = (
            "web-1: only items are compared, as its BIOS is another vendor's"
        )
        self.assertIn(told, self.compare().err)

    def test_what_is_not_known_is_said(self) -> None:
        self.exported('--settings')
        two, three = self.other('web-2'), self.other('web-3')
        self.model.node_of(two).bios.clear()
        path = f'/baremetal/v1/nodes/{three.node_uuid}/bios'
        self.model.faults.broken[path] = 500
        self.assertEqual(
            [
                (None, None, None, None, 'web-3', three.id),
                (None, None, None, None, 'web-2', two.id),
            ],
            self.rows(code=7),
        )

    def test_items_that_cannot_be_told(self) -> None:
        self.write('server: g\nitems: {memory-mode: mirror}\n')
        ran = self.compare()
        self.assertIn('web-1: memory-mode is not compared', ran.err)
        self.assertIn('0 of 1 server differs.', ran.err)

    def test_servers_that_there_are_not(self) -> None:
        self.exported()
        ran = self.compare('--server', 'nope', code=3)
        self.assertIn('No server with the name nope', ran.err)
        ran = self.do('list', '--baseline', str(self.path), person='oscar')
        self.assert_ended(0, ran)
        self.assertIn('no bare-metal server', ran.err)
        self.assertNotIn('differ', ran.err)

    def test_what_cannot_go_together(self) -> None:
        for argv in (('--drift',), ('--long',), ('-c', 'Nope')):
            self.compare(*argv, code=2)
        self.assert_ended(2, self.do('list', '--baseline', ''))


FAULTS = (
    ('[]', ':1: not what "server config export" writes'),
    ('server: g', ':1: not what "server config export" writes'),
    ('items: {a: b}', ':1: not what "server config export" writes'),
    (
        'server: g\nitems: {a: b}\nsetings: {}',
        ':3: setings: unknown key; known are server, id, vendor, items, '
        'settings (did you mean settings?)',
    ),
    ('server: g\nitems: [a]', ':2: items: not a mapping of types'),
    ('server: g\nitems: {a: on}', ':2: items.a: not a type with its value'),
    ('server: g\nitems: {a: }', ':2: items.a: not a type with its value'),
    ('server: g\nitems: {a: b}\nid: [1]', ':3: id: not text'),
    ('server: g\nitems: {a: b}\nvendor: 5', ':3: vendor: not text'),
    (
        'server: g\nitems: {}\nsettings:\n  A: [b]',
        ':4: settings.A: not a setting with its value',
    ),
    (
        'server: g\nitems: {a: b}\nsettings: x',
        ':3: settings: not a mapping of names to values',
    ),
    ('server: g\nitems: {}', ':2: items: neither items nor settings'),
    ('server: g\nitems: {a: b, a: c}', ':2: items.a: duplicate key'),
)


class FileTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = Path(os.environ['HOME']) / 'golden.yaml'

    def test_files_that_are_none(self) -> None:
        for text, told in FAULTS:
            with self.subTest(text=text):
                self.path.write_text(text, encoding='utf-8')
                refused = self.assertRaises(
                    errors.Refused, golden_file.load, str(self.path)
                )
                self.assertIn(f'{self.path}{told}', str(refused))

    @hypothesis.settings(max_examples=20)
    @hypothesis.given(
        st.builds(
            Baseline,
            server=st.text(min_size=1),
            id=st.uuids().map(str),
            vendor=st.sampled_from(['', 'Dell', 'HPE AMD']),
            items=st.dictionaries(
                st.text(min_size=1), st.text(min_size=1), min_size=1
            ),
            settings=st.none()
            | st.dictionaries(
                st.text(min_size=1),
                st.none()
                | st.booleans()
                | st.integers(1 - 10**20, 10**20 - 1)
                | st.text()
                | st.sampled_from(['on', '8', '010', '1e3', '<<', '~', '=']),
            ),
        )
    )
    def test_what_is_written_is_read(self, found: Baseline) -> None:
        path = Path(os.environ['HOME']) / 'golden.yaml'
        kept, left_out = golden_file.readable(found)
        hypothesis.assume(kept.items)
        golden_file.write(str(path), kept, replaces=True)
        self.assertEqual(kept, golden_file.load(str(path)))
        self.assertEqual(kept.items, wished(path))
        if not left_out and kept.server == found.server:
            self.assertEqual(found, kept)


def wished(path: Path) -> dict[str, str]:
    """Return the items that a file has for others."""
    golden = desired_file.load(str(path)).golden
    return dict(golden.items) if golden else {}


class JsonTest(base.TestCase):
    def test_what_json_writes_is_read(self) -> None:
        found = Baseline(
            server='é\u202e',
            id='i',
            vendor='',
            items={'a': 'b\n'},
            settings={'A': ' ', 'B': 0, 'C': False, 'D': None, 'E': 'on'},
        )
        path = Path(os.environ['HOME']) / 'golden.json'
        text = json.dumps(golden_file.document(found))
        path.write_text(text, encoding='utf-8')
        self.assertEqual(found, golden_file.load(str(path)))
