"""Values of BIOS settings: there and back, on the registries of real machines.

Runs over the packaged excerpt, and over whole registries where
``BIOS_REGISTRIES`` names a folder of them.
"""

import collections
import dataclasses
import json
from collections.abc import Iterator, Sequence

import hypothesis
from hypothesis import strategies as st

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import observation
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import registry, values
from osc_baremetal_config.core.facts.model import (
    Bios,
    BiosSetting,
    Item,
    Kind,
    Snapshot,
    Step,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.steps import apply
from osc_baremetal_config.core.plan import (
    journal_entries,
    planner,
    rollback_plan,
)
from osc_baremetal_config.core.plan.model import Aim, Plan
from osc_baremetal_config.core.plan.options import OnFailure, Options
from tests.bios import machines
from tests.bios.machines import Attribute, Machine
from tests.unit import base
from tests.unit.core import snapshots

WISH = Item('it', 'wanted')
# A user who sees no template and whose catalogue names nothing.
NOTHING = Catalogue({})
JSON_OF = {'Integer': int, 'Boolean': bool, 'Enumeration': str, 'String': str}
TIME = '2026-11-22T14:02:00.000+00:00'


def targets(attribute: Attribute) -> Iterator[Value]:
    """Yield values that a template may want, as it may write them."""
    match attribute.kind:
        case 'Boolean':
            yield from (True, False, 'true', 'False')
        case 'Integer':
            lower = attribute.lower or 0
            yield from (lower, str(lower), lower + 1)
        case 'Enumeration':
            yield from attribute.values[:3]
        case 'String':
            yield 'x' * (attribute.min_length or 1)
        case None if isinstance(attribute.current, bool):
            yield from (True, False)
        case None if isinstance(attribute.current, int):
            yield attribute.current + 1
        case None:
            yield 'Something'


def sent(steps: Sequence[Step], name: str) -> Value:
    """Return what a BMC is sent for a setting, through JSON."""
    [step] = steps
    [found] = [s for s in step.args['settings'] if s['name'] == name]
    value: Value = json.loads(json.dumps(found['value']))
    return value


def after(bios: Bios, name: str, value: Value) -> dict[str, BiosSetting]:
    """Return a BIOS as Ironic shows it once a setting has a value."""
    text = machines.stored(value)
    return {**bios, name: dataclasses.replace(bios[name], value=text)}


def bare(bios: Bios) -> dict[str, BiosSetting]:
    """Return a BIOS as it is read back: without its registry."""
    return {
        name: BiosSetting(name=name, value=one.value)
        for name, one in bios.items()
    }


class RoundTripTest(base.TestCase):
    """Value → request → stored → displayed → undone is the first value."""

    def setUp(self) -> None:
        # Before the environment of the person is hidden.
        self.machines = machines.machines()
        super().setUp()
        self.counts: collections.Counter[str] = collections.Counter()

    def snapshot(self, bios: Bios, name: str, value: Value) -> Snapshot:
        template = Template(
            kind=Kind.DEPLOY_TEMPLATE,
            name='T',
            item=WISH,
            steps=apply({name: value}),
        )
        made = snapshots.snapshot({'server': {'flavor': {'name': 'f'}}})
        return dataclasses.replace(made, bios=bios, templates=(template,))

    def plan(self, bios: Bios, attribute: Attribute, value: Value) -> Plan:
        snapshot = self.snapshot(bios, attribute.name, value)
        return planner.make([WISH], assess(snapshot, NOTHING))

    def test_every_writable_attribute_of_every_machine(self) -> None:
        for machine in self.machines:
            self.counts['machines'] += 1
            self.check_machine(machine)
        for what in ('Boolean', 'Integer', 'Enumeration', 'String', 'none'):
            self.assertGreater(self.counts[what], 10, what)
        self.assertGreater(self.counts['cannot be put back'], 10)

    def check_machine(self, machine: Machine) -> None:
        whole = machines.bios(machine)
        for attribute in machine.attributes:
            if attribute.read_only or attribute.kind == 'Password':
                continue
            # The others change nothing here, and cost most of the time.
            bios = {attribute.name: whole[attribute.name]}
            for value in targets(attribute):
                try:
                    self.check(bios, attribute, value)
                except AssertionError as error:
                    where = f'{machine}: {attribute.name} to {value!r}'
                    raise AssertionError(where) from error

    def check(self, bios: Bios, attribute: Attribute, value: Value) -> None:
        name = attribute.name
        if not registry.judge(name, value, bios).is_possible:
            self.counts['refused by its own bounds'] += 1
            return
        if values.holds(bios[name], value):
            self.assertEqual((), self.plan(bios, attribute, value).steps)
            return
        try:
            plan = self.plan(bios, attribute, value)
        except errors.Refused as refused:
            self.check_no_way_back(bios, attribute, refused)
            return
        self.counts[attribute.kind or 'none'] += 1
        request = sent(plan.steps, name)
        if attribute.kind in JSON_OF:
            self.assertIs(JSON_OF[attribute.kind], type(request))
        now = after(bios, name, request)
        for shown in (now, bare(now)):
            seen = observation.read(plan, observation.begin(plan), shown)
            self.assertEqual([], observation.unlike(plan.wanted, seen))
        assert plan.undo is not None
        self.check_undone(bios, attribute, sent(plan.undo, name))
        self.check_later(bios, attribute, plan, now)

    def check_no_way_back(
        self, bios: Bios, attribute: Attribute, refused: errors.Refused
    ) -> None:
        """Check that only what could not be set again is not changed."""
        self.counts['cannot be put back'] += 1
        [reason] = refused.details
        self.assertIn('no automatic rollback', reason)
        if 'too long for the server metadata' in reason:
            self.assertGreater(len(str(attribute.current)), 3900)
            return
        if attribute.current is not None:
            now = values.current(bios[attribute.name], None)
            assert now is not None
            verdict = registry.judge(attribute.name, now, bios)
            self.assertFalse(verdict.is_possible, refused)

    def check_undone(
        self, bios: Bios, attribute: Attribute, value: Value
    ) -> None:
        back = after(bios, attribute.name, value)
        self.assertEqual(bios, back)
        if attribute.current is not None:
            self.assertIs(type(attribute.current), type(value))
            self.assertEqual(attribute.current, value)

    def check_later(
        self, bios: Bios, attribute: Attribute, plan: Plan, now: Bios
    ) -> None:
        """Check that a later run undoes it from the journal alone."""
        entries = journal_entries.begin(plan, TIME)
        for text in entries.values():
            self.assertLessEqual(len(text), 255)
        server = dataclasses.replace(plan.server, metadata=entries)
        left = dataclasses.replace(
            self.snapshot(now, attribute.name, 'x'),
            server=server,
            templates=(),
        )
        options = Options(trust_metadata=True)
        back = rollback_plan.make(assess(left, NOTHING), options, Aim.ROLLBACK)
        assert back.undo is not None
        self.check_undone(bios, attribute, sent(back.undo, attribute.name))


class ValuesTest(base.TestCase):
    @hypothesis.given(
        st.sampled_from([' 130', '+130', '1_30', '130 ', '1.0', '1e2', ''])
        | st.text().filter(lambda text: not text.lstrip('-').isdecimal())
        | st.text(alphabet='٠١٢٣', min_size=1)
        | st.booleans()
    )
    def test_what_is_no_whole_number_is_rejected(self, value: Value) -> None:
        self.assertRaises(values.WrongType, values.asked, value, 'Integer')

    @hypothesis.given(st.integers(-(10**19), 10**19))
    def test_a_whole_number_is_sent_as_a_number(self, number: int) -> None:
        for written in (number, str(number)):
            asked = values.asked(written, 'Integer')
            self.assertIs(int, type(asked))
            self.assertEqual(number, asked)

    @hypothesis.given(
        st.sampled_from(['1', '0', 'yes', 'on', '', ' true'])
        | st.integers(0, 1)
    )
    def test_what_is_no_truth_is_rejected(self, value: Value) -> None:
        # Ironic would make false of every text but "true".
        self.assertRaises(values.WrongType, values.asked, value, 'Boolean')

    def test_a_truth_is_not_a_number(self) -> None:
        self.assertFalse(values.is_same(True, 1))
        self.assertFalse(values.is_same(False, 0))
        setting = BiosSetting(name='It', value='1')
        self.assertTrue(values.holds(setting, True))
        self.assertTrue(values.holds(setting, 1))
        self.assertTrue(values.holds(setting, '1'))
        self.assertFalse(values.holds(setting, False))

    def test_a_truth_as_ironic_shows_it(self) -> None:
        for text, truth in (('1', True), ('0', False), ('True', True)):
            setting = BiosSetting(
                name='It', value=text, attribute_type='Boolean'
            )
            self.assertIs(truth, values.current(setting, None))

    def test_what_cannot_be_undone_is_known_before(self) -> None:
        made = snapshots.snapshot({'bios': {'LogicalProc': {'value': 'Auto'}}})
        refused = self.assertRaises(
            errors.Refused,
            planner.make,
            [Item('hyperthreading', 'enabled')],
            assess(made, NOTHING),
        )
        self.assertIn(
            'no automatic rollback: LogicalProc is Auto now, which cannot be '
            'set again: allowed values: Enabled, Disabled (use --on-failure '
            'leave',
            refused.details[0],
        )
        options = Options(on_failure=OnFailure.LEAVE)
        plan = planner.make(
            [Item('hyperthreading', 'enabled')], assess(made, NOTHING), options
        )
        self.assertIsNone(plan.undo)
