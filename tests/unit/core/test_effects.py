"""What the catalogue says that settings do to each other, by real machines.

Held against the rules of their registries, ``tests/bios/rules.json``.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.facts import effects
from osc_baremetal_config.core.facts.effects import Effect
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.facts.registry import Lock
from osc_baremetal_config.core.facts.risks import Risk
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.options import Options
from osc_baremetal_config.osc import files
from tests.bios import machines, rules
from tests.bios.machines import Attribute
from tests.bios.rules import Rule
from tests.devcloud import redfish
from tests.unit import base
from tests.unit.core import snapshots

SECURED = 'MicrosoftSecuredCoreSupport'
BOOT = {'value': 'LegacyBios', 'allowable_values': ['LegacyBios', 'Uefi']}


class Played:
    """A machine whose rules are known.

    :ivar known: name → attribute.
    """

    def __init__(self, machine: machines.Machine) -> None:
        self.name = machine.name
        self.known = {each.name: each for each in machine.attributes}
        self.values = {n: each.current for n, each in self.known.items()}
        self.vendor = files.load(()).vendor(
            machines.bios(machine), snapshots.node({})
        )
        self.rules = _rules(machine)

    def takes(self, name: str, value: machines.Value) -> bool:
        attribute: Attribute | None = self.known.get(name)
        return attribute is not None and value in attribute.values

    def after(self, name: str, value: machines.Value) -> list[Rule]:
        """Return the rules by a setting that hold once it has a value."""
        values = {**self.values, name: value}
        return [
            rule
            for rule in self.rules
            if name in rule.causes and rule.holds(values)
        ]


def _rules(machine: machines.Machine) -> Sequence[Rule]:
    """Return the rules of all that is known of a machine."""
    folder = os.environ.get(machines.FOLDER)
    if folder:
        registry = machines.registry(Path(folder), machine)
        return rules.of(registry, machine)
    return rules.packaged(machine.name)


def played() -> list[Played]:
    """Return the machines whose rules are known."""
    names = set(redfish.MACHINES.values())
    every = {one.name: one for one in machines.machines()}
    return [Played(every[name]) for name in sorted(names)]


class RegistryTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.catalogue = files.load(())

    def test_every_effect_is_one_of_each_machine_that_can_have_it(
        self,
    ) -> None:
        seen: set[Effect] = set()
        for machine in played():
            for effect in self.catalogue.effects:
                if not machine.takes(effect.name, effect.value):
                    continue
                if not effect.is_of(machine.vendor):
                    continue
                seen.add(effect)
                found = machine.after(effect.name, effect.value)
                sets = {n: v for rule in found for n, v in rule.sets.items()}
                for name, value in effect.sets.items():
                    if machine.takes(name, value):
                        words = f'{machine.name}: {effect.name}={effect.value}'
                        self.assertEqual(value, sets.get(name), words)
        self.assertGreater(len(seen), 20)

    def test_no_lock_is_closed_by_the_value_that_opens_it(self) -> None:
        seen: set[Lock] = set()
        for machine in played():
            for lock in self.catalogue.locks:
                if not machine.takes(lock.name, lock.value):
                    continue
                locked = {
                    name
                    for rule in machine.after(lock.name, lock.value)
                    if rule.causes == {lock.name}
                    for name in rule.locks
                }
                self.assertFalse(
                    [name for name in locked if lock.is_of(name)],
                    f'{machine.name}: {lock}',
                )
                seen.add(lock)
        self.assertGreater(len(seen), 8)

    def test_every_lock_is_closed_by_some_other_value(self) -> None:
        for machine in played():
            for lock in self.catalogue.locks:
                here = [name for name in machine.known if lock.is_of(name)]
                if not (here and machine.takes(lock.name, lock.value)):
                    continue
                locked = {
                    name
                    for value in machine.known[lock.name].values
                    for rule in machine.after(lock.name, value)
                    for name in rule.locks
                }
                self.assertTrue(
                    locked.intersection(here), f'{machine.name}: {lock}'
                )


class RiskTest(base.TestCase):
    def test_a_risk_by_an_effect_has_to_be_accepted(self) -> None:
        steps = [
            {
                'interface': 'bios',
                'step': 'apply_configuration',
                'priority': 150,
                'args': {'settings': [{'name': SECURED, 'value': 'Enabled'}]},
            }
        ]
        extra = {'config-type': 'secured', 'config-value': 'on'}
        snapshot = snapshots.snapshot(
            {
                'bios': {SECURED: 'Disabled', 'BootMode': BOOT},
                'templates': [{'name': 'X', 'extra': extra, 'steps': steps}],
            }
        )
        assessed = assess(snapshot, files.load(()))
        item = Item('secured', 'on')
        refused = self.assertRaises(
            errors.Refused, planner.make, [item], assessed
        )
        self.assertIn('BootMode=Uefi', str(refused.details))
        accepted = Options(accepted=frozenset(Risk))
        self.assertTrue(planner.make([item], assessed, accepted).changes)


class OfTest(base.TestCase):
    """Which effects there are on one BIOS."""

    PROFILE = Effect('Profile', 'Fast', {'Turbo': 'Enabled', 'Far': 'x'})

    def of(self, bios: dict[str, str], **wanted: str) -> dict[str, str]:
        found = effects.of(
            [self.PROFILE], dict(wanted), snapshots.bios(dict(bios))
        )
        return {
            name: str(value)
            for changed in found.values()
            for name, value in changed.items()
        }

    def test_what_is_set_by_another_setting(self) -> None:
        slow = {'Profile': 'Slow', 'Turbo': 'Disabled'}
        for bios, wanted, changed in (
            (slow, {'Profile': 'Fast'}, {'Turbo': 'Enabled'}),
            (slow, {'Profile': 'Slow'}, {}),
            (slow, {'Turbo': 'Enabled'}, {}),
            # It is so already, or it is what is asked for.
            (slow | {'Turbo': 'Enabled'}, {'Profile': 'Fast'}, {}),
            (slow | {'Profile': 'Fast'}, {'Profile': 'Fast'}, {}),
            # What is set as well is overruled, unless it is the same.
            (
                slow,
                {'Profile': 'Fast', 'Turbo': 'Disabled'},
                {'Turbo': 'Enabled'},
            ),
            (slow, {'Profile': 'Fast', 'Turbo': 'Enabled'}, {}),
            # Another firmware of the same vendor.
            ({'Turbo': 'Disabled'}, {'Profile': 'Fast'}, {}),
            ({'Profile': 'Slow'}, {'Profile': 'Fast'}, {}),
        ):
            self.assertEqual(changed, self.of(bios, **wanted), str(wanted))

    def test_what_is_fixed_while_it_is_in_force(self) -> None:
        fast = {'Profile': 'Fast', 'Turbo': 'Enabled'}
        for bios, wanted, fixed in (
            (fast, {'Turbo': 'Disabled'}, {'Turbo'}),
            (fast, {'Turbo': 'Enabled'}, set()),
            (fast, {'Turbo': 'Disabled', 'Profile': 'Slow'}, set()),
            (fast | {'Profile': 'Slow'}, {'Turbo': 'Disabled'}, set()),
            ({'Profile': 'Fast'}, {'Turbo': 'Disabled'}, set()),
        ):
            found = effects.fixing(
                [self.PROFILE], dict(wanted), snapshots.bios(dict(bios))
            )
            self.assertEqual(fixed, found.keys(), str(wanted))

    def test_a_value_that_the_registry_does_not_list(self) -> None:
        bios = {'Profile': 'Slow', 'Turbo': 'Disabled', 'Far': 'Enabled'}
        self.assertEqual({'Turbo': 'Enabled'}, self.of(bios, Profile='Fast'))
