"""Servers of five vendors' machines, each with its own BIOS."""

import uuid
from typing import Any, ClassVar

from tests import lab, people, runs
from tests.devcloud import layout as layouts
from tests.devcloud import vendors
from tests.devcloud.vendors import AMD, DELL, HPE, LENOVO, SUPERMICRO
from tests.functional import base

HPC = 'HighPerformanceCompute(HPC)'
OFF = ('--hyperthreading', 'disabled')
PENDING = 'deploy-config-pending:'
# What hyper-threading is called on each.
SMT = {
    DELL: 'LogicalProc',
    HPE: 'ProcHyperthreading',
    AMD: 'ProcSMT',
    LENOVO: 'Processors_HyperThreading',
}
NODES = (*SMT, SUPERMICRO)
# Of Ironic's copy, and of the BMC.
READ_ONLY = 'ProcTurboMode is read-only'


class TestCase(base.TestCase):
    """A server on each of the nodes, which all tests of a class share.

    A server is called as its node is.
    """

    nodes: ClassVar[tuple[str, ...]] = NODES
    _servers: ClassVar[dict[str, str]] = {}

    @classmethod
    def tearDownClass(cls) -> None:
        """Delete the servers, and leave each BIOS as it is delivered."""
        layout = layouts.Layout.load()
        for node, server_id in cls._servers.items():
            people.Bmc.of(node, layout).deliver()
            lab.Lab(layout).delete(server_id)
        cls._servers.clear()
        super().tearDownClass()

    def setUp(self) -> None:
        """Have a server on each node, as it is delivered."""
        super().setUp()
        missing = {
            node: vendors.flavor(node)
            for node in self.nodes
            if not self.nova.find_server(self._servers.get(node, node))
        }
        self._servers.update(self.lab.boot_all(missing))
        for node in self.nodes:
            self.lab.as_delivered(self._servers[node], self.bmc(node))

    def bmc(self, node: str) -> people.Bmc:
        """Return the BMC of a node."""
        return people.Bmc.of(node, self.layout)

    def results(self, ran: runs.Ran) -> dict[str, Any]:
        """Return server → how it went."""
        return {row['Server']: row['Result'] for row in ran.json()}

    def config(self, who: people.Person, item: str, *argv: str) -> runs.Ran:
        """Return what it does for a person to set an item."""
        return self.set(who, '--config', item, *argv, '-f', 'json')

    def assert_untouched(self, *nodes: str) -> None:
        """Check that nothing was done with servers and their nodes."""
        for node in nodes:
            server = self.nova.get_server(self._servers[node])
            self.assertEqual({}, server.metadata)
            self.assert_idle(node)

    def assert_idle(self, node: str) -> None:
        """Check that a server is on, and that nobody has to look after it."""
        server = self.nova.get_server(self._servers[node])
        found = self.node_of(server.id)
        self.assertEqual(
            ('ACTIVE', 'active', 'power on', False),
            (
                server.status,
                found.provision_state,
                found.power_state,
                found.is_maintenance,
            ),
        )
        pending = [key for key in server.metadata if PENDING in key]
        self.assertEqual([], pending)


class FleetTest(TestCase):
    """One command for all of them."""

    def test_each_under_its_own_name(self) -> None:
        before = {node: self.bmc(node).counters() for node in NODES}
        self.change('disabled', 'Disabled', self.mona, 'refused')
        for node in SMT:
            applied = self.bmc(node).counters()['BiosApplied']
            self.assertEqual(before[node]['BiosApplied'] + 1, applied, node)
        self.assertEqual(before[SUPERMICRO], self.bmc(SUPERMICRO).counters())
        # It reads as enabled, so there is nothing that it would refuse.
        self.change('enabled', 'Enabled', self.operator, 'recorded')

    def change(
        self, value: str, bios: str, who: people.Person, supermicro: str
    ) -> None:
        """Check that each BMC gets a value in its own words."""
        ids = [self._servers[node] for node in NODES]
        argv = ('--hyperthreading', value, '--max-failures', '1', *ids)
        ran = self.set(who, *argv, '-f', 'json')
        self.assert_ended(7 if supermicro == 'refused' else 0, ran)
        self.assertIn(
            '1 Dell: LogicalProc; 1 HPE AMD: ProcSMT; '
            '1 HPE Intel: ProcHyperthreading; '
            '1 Lenovo Intel: Processors_HyperThreading.',
            ran.err,
        )
        self.assertEqual(
            dict.fromkeys(SMT, 'verified') | {SUPERMICRO: supermicro},
            self.results(ran),
        )
        for node, name in SMT.items():
            self.assertEqual(bios, self.bmc(node).bios()[name])
            self.assertEqual(bios, self.bios_value(self._servers[node], name))
            self.assert_idle(node)

    def test_one_refused_and_none_begun(self) -> None:
        ran = self.set(self.mona, *OFF, *NODES, '-f', 'json')
        self.assert_ended(3, ran)
        self.assertIn('--max-failures', ran.err)
        self.assertEqual(
            dict.fromkeys(SMT, 'not started') | {SUPERMICRO: 'refused'},
            self.results(ran),
        )
        self.assert_untouched(*NODES)

    def test_vendor_without_a_template(self) -> None:
        argv = (DELL, HPE, LENOVO, '--max-failures', '2')
        ran = self.config(self.mona, 'workload-profile=custom', *argv)
        self.assert_ended(7, ran)
        self.assertEqual(
            {DELL: 'refused', HPE: 'verified', LENOVO: 'refused'},
            self.results(ran),
        )
        for node in (DELL, LENOVO):
            self.assertIn(
                f'configuration to {node} ({self._servers[node]}); '
                'nothing was changed',
                ran.err,
            )
            self.assertIn(f'requires CUSTOM_HPE, which node {node}', ran.err)
            self.assert_untouched(node)
        bios = self.bmc(HPE).bios()
        self.assertEqual('Custom', bios['WorkloadProfile'])

    def test_who_may_not(self) -> None:
        for name in ('alice', 'rita'):
            ran = self.set(self.person(name), *OFF, *SMT, '-f', 'json')
            self.assert_ended(3, ran)
            self.assertIn('403', ran.err)
            self.assertEqual(dict.fromkeys(SMT, 'refused'), self.results(ran))
        self.assert_untouched(*SMT)


class OneTest(TestCase):
    """What is particular to one of them."""

    def test_supermicro_shows_what_it_does_not_take(self) -> None:
        name = 'Hyper_Threading_ALL__F27F'
        for who in (self.mona, self.operator):
            ran = self.set(who, *OFF, self._servers[SUPERMICRO])
            self.assert_refused(
                ran, f'sets {name}=Disable', 'allowed values: 0, 1'
            )
        self.assertEqual('Enable', self.bmc(SUPERMICRO).bios()[name])
        self.assert_untouched(SUPERMICRO)

    def test_hpe_profile_sets_others(self) -> None:
        record = {'deploy-config:sriov': 'enabled'}
        self.nova.set_server_metadata(self._servers[HPE], **record)
        before = self.bmc(HPE).bios()
        ran = self.config(self.mona, 'workload-profile=hpc', HPE)
        self.assert_ended(0, ran)
        changed = {
            'IntelProcVtd': 'Disabled',
            'MinProcIdlePkgState': 'NoState',
            'MinProcIdlePower': 'NoCStates',
            'PowerRegulator': 'StaticHighPerf',
            'ProcVirtualization': 'Disabled',
            'Sriov': 'Disabled',
        }
        told = '; '.join(f'{n} is {v}' for n, v in changed.items())
        self.assertIn(f'{HPE}: also changed: {told}.', ran.err)
        self.assertIn('no longer as desired: sriov is disabled', ran.err)
        self.assertEqual(
            changed | {'WorkloadProfile': HPC},
            dict(self.bmc(HPE).bios().items() - before.items()),
        )

    def test_hpe_forgets_what_a_profile_fixes(self) -> None:
        ran = self.config(self.mona, 'workload-profile=hpc', HPE)
        self.assert_ended(0, ran)
        self.bmc(HPE).take(Sriov='Enabled')
        self.bmc(HPE).restart()
        self.assertEqual('Disabled', self.bmc(HPE).bios()['Sriov'])

    def test_dell_whose_system_may_not_boot(self) -> None:
        ran = self.config(self.mona, 'boot-mode=legacy', DELL)
        self.assert_refused(
            ran,
            'BootMode=Bios can keep the installed system from booting '
            '(use --accept-risk boot to permit this)',
        )
        self.assert_untouched(DELL)
        accepted = (DELL, '--accept-risk', 'boot')
        ran = self.config(
            self.mona, 'boot-mode=legacy', *accepted, '--dry-run'
        )
        self.assert_ended(0, ran)
        self.assertIn('BOOT AT RISK', ran.err)
        self.assert_untouched(DELL)
        for value, bios in (('legacy', 'Bios'), ('uefi', 'Uefi')):
            ran = self.config(self.mona, f'boot-mode={value}', *accepted)
            self.assert_ended(0, ran)
            self.assertEqual({DELL: 'verified'}, self.results(ran))
            self.assertEqual(bios, self.bmc(DELL).bios()['BootMode'])
            self.assert_idle(DELL)

    def test_lenovo_refuses_a_value(self) -> None:
        name = 'DevicesandIOPorts_SRIOV'
        ran = self.set(self.mona, '--sriov', 'disabled', LENOVO)
        self.assert_ended(4, ran, result='rolled back')
        self.assertIn(
            f'{name} cannot be changed while the system is in use', ran.err
        )
        self.assertIn('Rolled back: sriov is enabled', ran.err)
        self.assertEqual('Enabled', self.bmc(LENOVO).bios()[name])
        self.assert_untouched(LENOVO)

    def test_amd_applies_it_with_the_second_start(self) -> None:
        ran = self.config(self.mona, 'iommu=disabled', AMD)
        self.assert_ended(5, ran)
        self.assertEqual({AMD: 'incomplete'}, self.results(ran))
        self.assertIn('The BMC may still apply it', ran.err)
        self.assertEqual('Enabled', self.bmc(AMD).bios()['ProcAmdIoVt'])
        recover = ('server', 'config', 'recover', AMD)
        told = self.mona.openstack(*recover, '-f', 'json')
        self.assert_ended(0, told)
        self.assertIn(
            'Its settings were not applied: Timeout reached while servicing',
            ' '.join(told.json()['situation']),
        )
        self.assert_ended(0, self.mona.openstack(*recover, '--retry'))
        self.assertEqual('Disabled', self.bmc(AMD).bios()['ProcAmdIoVt'])
        self.assert_idle(AMD)

    def test_dell_shows_no_passwords(self) -> None:
        argv = ('server', 'config', 'setting', 'list', DELL, '-f', 'json')
        ran = self.person('rita').openstack(*argv)
        self.assert_ended(0, ran)
        rows = {row['Name']: row for row in ran.json()}
        self.assertEqual(set(self.bmc(DELL).bios()), set(rows))
        self.assertEqual('(hidden)', rows['SetupPassword']['Value'])
        self.assertEqual(
            ('Enabled', 'Enumeration', ['hyperthreading']),
            tuple(rows['LogicalProc'][k] for k in ('Value', 'Type', 'Config')),
        )
        self.assertIs(True, rows['ProcTurboMode']['Read Only'])


class RegistryTest(TestCase):
    """What Ironic learns of a registry that changes with the values.

    It reads the registry of a BMC once in a session with it, and what it has
    written down of a setting stays until the value of that is another one.
    """

    nodes = (DELL,)

    def setUp(self) -> None:
        super().setUp()
        self.node = self.node_of(self._servers[DELL])
        # Ironic may have lost its session since it read the registry last,
        # and would read it in the midst of the test.
        self.new_session()

    def turbo(self, value: str, *argv: str) -> runs.Ran:
        """Return what the manager is told who wants turbo."""
        return self.set(self.mona, '--turbo', value, DELL, *argv)

    def shown(self, name: str = 'ProcTurboMode') -> tuple[Any, ...]:
        """Return what Ironic has of a setting: value, type, read-only."""
        found = self.lab.settings(self.node.id)[name]
        return found['value'], found['attribute_type'], found['read_only']

    def assert_turbo(self, value: str, *, read_only: bool) -> None:
        """Check what Ironic has of turbo."""
        self.assertEqual((value, 'Enumeration', read_only), self.shown())

    def by_hand(self, **settings: str) -> None:
        """Change settings at the BMC, and have Ironic read them."""
        self.bmc(DELL).take(**settings)
        self.bmc(DELL).restart()
        self.lab.reread(self.node.id, self.bmc(DELL))

    def new_session(self) -> None:
        """Have Ironic log in to the BMC anew.

        As it does when its conductor restarts, or when the BMC has lost the
        session; a password that differs is enough.
        """
        change = {
            'op': 'add',
            'path': '/driver_info/redfish_password',
            'value': uuid.uuid4().hex,
        }
        self.lab.patch(self.node.id, change)
        self.lab.reread(self.node.id, self.bmc(DELL))

    def as_found(self) -> None:
        """Have Ironic believe of the BMC what it does as it is delivered."""
        self.lab.as_delivered(self._servers[DELL], self.bmc(DELL))
        self.new_session()
        # Another profile that locks turbo, with the other value of it.
        self.by_hand(SysProfile='DenseCfgOptimized')
        self.lab.as_delivered(self._servers[DELL], self.bmc(DELL))
        self.assert_turbo('Enabled', read_only=True)

    def profile(self, value: str) -> None:
        """Have a profile by a change of the manager's."""
        ran = self.config(self.mona, f'power-profile={value}', DELL)
        self.assert_ended(0, ran)

    def test_setting_that_appears(self) -> None:
        name, chosen = 'PxeDev2Interface', 'NIC.Slot.3-1'
        self.assertNotIn(name, self.lab.settings(self.node.id))
        self.addCleanup(self.as_found)
        self.by_hand(PxeDev2EnDis='Enabled')
        first = self.bmc(DELL).bios()[name]
        self.assertEqual((first, None, None), self.shown(name))
        self.new_session()
        self.assertEqual((first, None, None), self.shown(name))
        self.by_hand(PxeDev2Interface=chosen)
        self.assertEqual((chosen, 'Enumeration', False), self.shown(name))

    def test_number_that_is_written_down_each_time(self) -> None:
        """Not even then does Ironic learn that it is no longer read-only."""
        locked = ('1', 'Integer', True)
        self.assertEqual(locked, self.shown('PxeDev2VlanId'))
        self.addCleanup(self.as_found)
        self.by_hand(PxeDev2EnDis='Enabled')
        self.assertEqual(locked, self.shown('PxeDev2VlanId'))
        self.new_session()
        open_ = ('1', 'Integer', False)
        self.assertEqual(open_, self.shown('PxeDev2VlanId'))

    def test_turbo_is_refused_while_a_profile_locks_it(self) -> None:
        self.assert_turbo('Enabled', read_only=True)
        self.assert_refused(
            self.turbo('disabled'),
            f'{READ_ONLY} unless SysProfile is Custom, and it is '
            'PerfOptimized',
        )
        self.assert_untouched(DELL)

    def test_turbo_there_and_back(self) -> None:
        self.addCleanup(self.as_found)
        self.profile('custom')
        self.assert_turbo('Enabled', read_only=True)
        self.assert_refused(self.turbo('disabled'), READ_ONLY)
        # A new value alone does not help: the registry is that of before.
        self.by_hand(ProcTurboMode='Disabled')
        self.assert_turbo('Disabled', read_only=True)
        self.assert_refused(self.turbo('enabled'), READ_ONLY)
        # Nor does a new session alone: no value has changed.
        self.new_session()
        self.assert_turbo('Disabled', read_only=True)
        self.by_hand(ProcTurboMode='Enabled')
        self.assert_turbo('Enabled', read_only=False)
        for value, bios in (('disabled', 'Disabled'), ('enabled', 'Enabled')):
            ran = self.turbo(value)
            self.assert_ended(0, ran, result='verified')
            self.assertEqual(bios, self.bmc(DELL).bios()['ProcTurboMode'])
        # And so it does not learn either that it is locked again.
        self.profile('performance')
        self.assert_turbo('Enabled', read_only=False)
        ran = self.turbo('disabled')
        self.assert_ended(4, ran, result='rolled back')
        self.assertIn('although the registry does not say so', ran.err)
        self.assertIn(READ_ONLY, ran.err)
