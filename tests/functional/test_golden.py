"""A golden server, others like it, and what they have otherwise."""

import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests import runs
from tests.devcloud.vendors import DELL, HPE
from tests.functional import base, test_vendors

CONFIG = ('server', 'config')
# A setting that no type of configuration is told by.
PXE = 'PxeDev2EnDis'


class GoldenTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.golden, self.other = (
            self.kept_server(f'test-{number}').id for number in range(2)
        )
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / 'golden.yaml'

    def do(self, *argv: str, name: str = 'rita', code: int = 0) -> runs.Ran:
        ran = self.person(name).openstack(*CONFIG, *argv)
        self.assert_ended(code, ran)
        return ran

    def compared(self) -> runs.Ran:
        """Return what two servers have otherwise."""
        servers = ('--server', self.golden, '--server', self.other)
        argv = ('--baseline', str(self.path), *servers)
        return self.do('list', *argv, '-f', 'json')

    def differing(self) -> set[str]:
        """Return what another server has otherwise, told in two ways."""
        rows = self.compared().json()
        self.assertLessEqual({row['ID'] for row in rows}, {self.other})
        argv = (self.other, '--differs-from', str(self.path))
        listed = self.do('setting', 'list', *argv, '-f', 'json').json()
        settings = {r['Setting'] for r in rows if r['Kind'] == 'setting'}
        self.assertEqual(settings, {row['Name'] for row in listed})
        return {row['Setting'] for row in rows}

    def test_another_server_is_made_like_it(self) -> None:
        argv = ('export', self.golden, '--settings', '--file', str(self.path))
        self.do(*argv)
        self.assertIn('--force', self.do(*argv, code=3).err)
        self.assertEqual(set(), self.differing())
        self.assertIn('0 of 2 servers differ.', self.compared().err)
        before = self.bios_value(self.other, PXE)
        self.service(self.other, LogicalProc='Enabled', **{PXE: 'Enabled'})
        self.assertEqual(
            {'hyperthreading', 'LogicalProc', PXE}, self.differing()
        )
        self.assertIn('1 of 2 servers differs', self.compared().err)
        given = ('set', '--file', str(self.path))
        self.do(*given, name='mona', code=2)
        ran = self.do(*given, self.other, '-f', 'json', name='mona')
        results = {row['Config']: row['Result'] for row in ran.json()}
        self.assertEqual('verified', results.pop('hyperthreading'))
        self.assertEqual({'recorded'}, set(results.values()))
        self.assertIn('not its settings', ran.err)
        self.assertEqual('Disabled', self.bios_value(self.other))
        self.assertEqual({PXE}, self.differing())
        self.service(self.other, **{PXE: before})
        self.assertEqual(set(), self.differing())

    def test_every_role_exports_the_same(self) -> None:
        told = [
            self.do('export', self.golden, '--settings', name=name).out
            for name in ('rita', 'alice', 'mona')
        ]
        self.assertEqual(told[:1] * 3, told)
        ran = self.do('export', self.golden, name='oscar', code=3)
        self.assertIn('No server with the ID', ran.err)


class VendorsTest(test_vendors.TestCase):
    nodes = (DELL, HPE)

    def exported(self, node: str) -> Any:
        """Return what a reader of the project exports."""
        argv = (*CONFIG, 'export', self._servers[node], '--settings')
        ran = self.person('rita').openstack(*argv)
        self.assert_ended(0, ran)
        return yaml.safe_load(ran.out)

    def test_nothing_that_belongs_to_one_machine(self) -> None:
        for node, vendor, own in (
            (DELL, 'Dell', ('SystemServiceTag', 'AssetTag', 'SetupPassword')),
            (HPE, 'HPE Intel', ('SerialNumber', 'ServerName', 'Ipv4Address')),
        ):
            told, bios = self.exported(node), self.bmc(node).bios()
            self.assertEqual(vendor, told['vendor'])
            self.assertEqual('enabled', told['items']['hyperthreading'])
            settings = told['settings']
            known = self.lab.settings(self.node_of(self._servers[node]).id)
            for name, value in settings.items():
                self.assertEqual(str(bios[name]), str(value), name)
                self.assertFalse(known[name]['read_only'], name)
            self.assertTrue(set(own) & bios.keys())
            self.assertFalse(set(own) & settings.keys())

    def test_of_another_vendor(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / 'golden.yaml'
        path.write_text(yaml.safe_dump(self.exported(DELL)), encoding='utf-8')
        servers = [('--server', self._servers[node]) for node in self.nodes]
        argv = [word for pair in servers for word in pair]
        ran = self.mona.openstack(
            *(*CONFIG, 'list', '--baseline', str(path), *argv, '-f', 'json')
        )
        self.assert_ended(0, ran)
        rows = ran.json()
        self.assertEqual({HPE}, {row['Server'] for row in rows})
        [vendor] = [row for row in rows if row['Kind'] == 'vendor']
        self.assertEqual('Dell', vendor['Baseline'])
        self.assertNotIn('setting', {row['Kind'] for row in rows})
