"""What the BMCs of real machines take, and what comes of it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bios import bmc, machines, rules
from tests.bios.excerpt import excerpt
from tests.bios.machines import Machine, Value
from tests.devcloud import redfish
from tests.unit import base

HPC = 'HighPerformanceCompute(HPC)'
TURBO = {'ProcTurboMode': 'Disabled'}
CUSTOM = {'SysProfile': 'Custom'}


def played(node: str) -> bmc.Bmc:
    """Return the BMC of a node, with the attributes that the tree has."""
    name = redfish.MACHINES[node]
    found = next(m for m in machines.machines() if m.name == name)
    return bmc.of(found, rules.packaged(name))


def whole() -> Iterator[tuple[Machine, tuple[rules.Rule, ...]]]:
    """Yield the machines that are played, with all that a folder has."""
    if folder := os.environ.get(machines.FOLDER):
        for machine in machines.dumped(Path(folder)):
            if machine.name in redfish.MACHINES.values():
                registry = machines.registry(Path(folder), machine)
                yield machine, rules.of(registry, machine)


class TestCase(base.TestCase):
    node = ''

    def setUp(self) -> None:
        super().setUp()
        self.bmc = played(self.node)
        self.found = self.bmc.defaults

    def refused(self, text: str, current: Any = None, **wanted: Value) -> None:
        """Check that settings are refused."""
        current = self.found if current is None else current
        error = self.assertRaises(ValueError, self.bmc.parse, wanted, current)
        self.assertEqual(text, str(error))

    def after(self, current: Any = None, **wanted: Value) -> dict[str, Value]:
        """Return all values once settings that are taken are applied."""
        current = self.found if current is None else current
        return self.bmc.after(current, self.bmc.parse(wanted, current))

    def changed(self, now: dict[str, Value]) -> dict[str, Value]:
        """Return what differs from the machine as it was found."""
        return dict(now.items() - self.found.items())

    def entries(self, current: Any = None) -> dict[str, dict[str, Any]]:
        """Return the entries of the registry by name."""
        current = self.found if current is None else current
        return {e['AttributeName']: e for e in self.bmc.entries(current)}


class DellTest(TestCase):
    node = 'rf-dell'

    def test_locked_unless_the_request_unlocks_it(self) -> None:
        self.refused('ProcTurboMode is read-only', **TURBO)
        both = self.after(**CUSTOM, **TURBO)
        self.assertEqual(CUSTOM | TURBO, self.changed(both))
        self.refused(
            'ProcTurboMode is read-only',
            both,
            SysProfile='PerfOptimized',
            ProcTurboMode='Disabled',
        )

    def test_profile_that_rewrites_what_it_locks(self) -> None:
        both = self.after(**CUSTOM, **TURBO)
        back = self.after(both, SysProfile='PerfOptimized')
        self.assertEqual(self.found, back)
        dense = self.after(SysProfile='DenseCfgOptimized')
        self.assertEqual('Disabled', dense['ProcTurboMode'])
        self.assertEqual('Enabled', dense['ProcC1E'])

    def test_registry_is_made_for_the_values_in_force(self) -> None:
        self.assertTrue(self.entries()['ProcTurboMode']['ReadOnly'])
        custom = self.after(**CUSTOM)
        self.assertFalse(self.entries(custom)['ProcTurboMode']['ReadOnly'])

    def test_registry_as_it_was_dumped(self) -> None:
        """The rules explain each lock of the moment in which it was dumped."""
        every = [(self.bmc.machine, self.bmc.rules), *whole()]
        for machine, known in every:
            if machine.name != redfish.MACHINES[self.node]:
                continue
            played = bmc.Bmc(machine, known, bmc.Habits(tells_locks=True))
            found = {
                entry['AttributeName']: entry['ReadOnly']
                for entry in played.entries(played.defaults)
            }
            self.assertEqual(
                {a.name: a.read_only for a in machine.attributes}, found
            )

    def test_there_with_another_only(self) -> None:
        name = 'PxeDev2Interface'
        slot = {name: 'NIC.Slot.3-1'}
        self.assertNotIn(name, self.found)
        self.assertNotIn(name, self.entries())
        self.refused(
            f'there is no attribute {name}', PxeDev2EnDis='Enabled', **slot
        )
        on = self.after(PxeDev2EnDis='Enabled')
        self.assertEqual('NIC.Integrated.1-1-1', on[name])
        self.assertFalse(self.entries(on)[name]['ReadOnly'])
        chosen = self.after(on, **slot)
        self.assertEqual('NIC.Slot.3-1', chosen[name])
        off = self.after(chosen, PxeDev2EnDis='Disabled')
        self.assertEqual(self.found, off)


class HpeTest(TestCase):
    node = 'rf-hpe'

    def test_profile_sets_and_fixes_others(self) -> None:
        hpc = self.after(WorkloadProfile=HPC)
        self.assertEqual(
            {
                'WorkloadProfile': HPC,
                'IntelProcVtd': 'Disabled',
                'MinProcIdlePkgState': 'NoState',
                'MinProcIdlePower': 'NoCStates',
                'PowerRegulator': 'StaticHighPerf',
                'ProcVirtualization': 'Disabled',
                'Sriov': 'Disabled',
            },
            self.changed(hpc),
        )
        # Taken and forgotten; the registry does not tell.
        self.assertEqual(hpc, self.after(hpc, Sriov='Enabled'))
        self.assertFalse(self.entries(hpc)['Sriov']['ReadOnly'])
        free = self.after(hpc, WorkloadProfile='Custom', Sriov='Enabled')
        self.assertEqual('Enabled', free['Sriov'])

    def test_read_only_whatever_is_in_force(self) -> None:
        self.assertTrue(self.entries()['SecureBootStatus']['ReadOnly'])
        self.refused('SecureBootStatus is read-only', SecureBootStatus='x')


class AmdTest(TestCase):
    node = 'rf-hpe-amd'

    def test_late(self) -> None:
        self.assertEqual({'ProcAmdIoVt'}, self.bmc.late)

    def test_profile_that_turns_threads_off(self) -> None:
        now = self.after(WorkloadProfile='Custom')
        now = self.after(now, AMDPerformanceWorkloadProfile='HPCOptimized')
        self.assertEqual('Disabled', now['ProcSMT'])
        self.assertEqual(now, self.after(now, ProcSMT='Enabled'))


class LenovoTest(TestCase):
    node = 'rf-lenovo'

    def test_boolean(self) -> None:
        name = 'Processors_P2PRequestRedirect'
        self.assertIs(False, self.found[name])
        self.assertEqual('Boolean', self.entries()[name]['Type'])
        self.refused(f"{name} takes true or false, not '1'", **{name: '1'})
        self.assertIs(True, self.after(**{name: True})[name])

    def test_number_and_text(self) -> None:
        name = 'NetworkStackSettings_PXEbootwaittime'
        self.refused(f'{name} takes 0 to 5, not 6', **{name: 6})
        self.refused(f"{name} takes a number, not '1'", **{name: '1'})
        self.assertEqual(5, self.after(**{name: 5})[name])

    def test_refused_whatever_the_value_is(self) -> None:
        self.refused(
            'DevicesandIOPorts_SRIOV cannot be changed while the system is '
            'in use',
            DevicesandIOPorts_SRIOV='Disabled',
        )


class SupermicroTest(TestCase):
    node = 'rf-supermicro'

    def test_shows_what_it_does_not_take(self) -> None:
        name = 'Hyper_Threading_ALL__F27F'
        self.assertEqual('Enable', self.found[name])
        self.refused(f"{name} takes 0, 1, not 'Enable'", **{name: 'Enable'})
        self.assertEqual('1', self.after(**{name: '1'})[name])


class RulesTest(base.TestCase):
    def test_dumped_and_loaded(self) -> None:
        for node, machine in redfish.MACHINES.items():
            found = rules.packaged(machine)
            self.assertEqual(node != 'rf-supermicro', bool(found), node)
            loaded = tuple(rules.Rule.load(rule.dump()) for rule in found)
            self.assertEqual(found, loaded)

    def test_as_the_folder_has_them(self) -> None:
        folder = Path(os.environ.get(machines.FOLDER, ''))
        for machine, known in whole():
            registry = machines.registry(folder, machine)
            few = excerpt(machine)
            found = rules.of(registry, few)
            self.assertEqual(rules.packaged(machine.name), found)
            self.assertLess(len(few.attributes), len(machine.attributes))
            self.assertTrue(known)

    def test_conditions(self) -> None:
        def entry(terms: str | None, *conditions: tuple[str, str]) -> Any:
            mapped = [
                {
                    'MapFromAttribute': name,
                    'MapFromCondition': word,
                    'MapFromValue': 'x',
                }
                for name, word in conditions
            ]
            mapped[0] |= {'MapTerms': terms} if terms else {}
            dependency = {
                'MapFrom': mapped,
                'MapToAttribute': 'c',
                'MapToProperty': 'ReadOnly',
                'MapToValue': True,
            }
            return {'Dependency': dependency}

        machine = Machine(
            'm', tuple(machines.Attribute(name) for name in 'abc')
        )
        for terms, holding in (
            (None, ({'a': 'x', 'b': 'x'}, {'a': 'y', 'b': 'y'})),
            ('OR', ({'a': 'x', 'b': 'x'}, {'a': 'y', 'b': 'y'})),
            ('AND', ()),
        ):
            listed = [entry(terms, ('a', 'EQU'), ('b', 'NEQ'))]
            registry = {'RegistryEntries': {'Dependencies': listed}}
            [rule] = rules.of(registry, machine)
            self.assertEqual(('c',), rule.locks)
            self.assertTrue(rule.holds({'a': 'x', 'b': 'y'}))
            self.assertFalse(rule.holds({'a': 'y', 'b': 'x'}))
            self.assertFalse(rule.holds({}))
            for values in holding:
                self.assertTrue(rule.holds(values), terms)
