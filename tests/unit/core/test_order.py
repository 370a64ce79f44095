"""Settings that can be set only once others are: the services, there and back.

A firmware is simulated in which a setting is shown, or can be written, only
while another has a value, over any number of steps.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import hypothesis
from hypothesis import strategies as st

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import Assessment, assess
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import order, steps
from osc_baremetal_config.core.facts.model import (
    BiosSetting,
    Item,
    Kind,
    Node,
    Snapshot,
    Step,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.registry import Lock
from osc_baremetal_config.core.plan import (
    journal_entries,
    planner,
    rollback_plan,
    services,
)
from osc_baremetal_config.core.plan.model import Aim, Plan
from osc_baremetal_config.core.plan.options import Options
from tests.unit import base
from tests.unit.core import snapshots

ITEM = Item('depth', 'deep')
OFF, ON = 0, 1
NAMES = ('A', 'B', 'C', 'D', 'E')
ANY = Options(max_reboots=None)


@dataclasses.dataclass(frozen=True)
class Firmware:
    """Settings of 0 or 1, each of which others may open with a 1.

    :param opened_by: name → what opens it; what is not in it is always open.
    :param hidden: those that are not shown until they are open; the others
        are read-only until then.
    :param unlisted: the registry does not list those until they are shown, and
        Ironic has read it before.
    """

    opened_by: Mapping[str, tuple[str, ...]]
    hidden: frozenset[str]
    unlisted: bool = False

    def is_open(self, name: str, values: Mapping[str, int]) -> bool:
        return all(values[n] == ON for n in self.opened_by.get(name, ()))

    def bios(self, values: Mapping[str, int]) -> dict[str, BiosSetting]:
        return {
            name: BiosSetting(
                name=name,
                value=str(value),
                attribute_type='Integer',
                lower_bound=OFF,
                upper_bound=ON,
                read_only=not self.is_open(name, values),
            )
            if not (self.unlisted and name in self.hidden)
            else BiosSetting(name=name, value=str(value))
            for name, value in values.items()
            if name not in self.hidden or self.is_open(name, values)
        }

    def catalogue(self) -> Catalogue:
        return Catalogue(
            types={},
            locks=tuple(
                Lock(name=opener, value=ON, settings=frozenset([name]))
                for name, openers in self.opened_by.items()
                for opener in openers
            ),
        )

    def template(self, wanted: Iterable[str]) -> Template:
        return Template(
            kind=Kind.DEPLOY_TEMPLATE,
            name='CUSTOM_DEPTH',
            item=ITEM,
            steps=steps.apply(dict.fromkeys(wanted, ON)),
        )

    def after(
        self, values: Mapping[str, int], served: Iterable[Step]
    ) -> dict[str, int]:
        """Return the values after a service, as Ironic lets it be run."""
        asked = steps.settings(served)
        shown = self.bios(values)
        for name in asked:
            if name not in shown or shown[name].read_only:
                raise AssertionError(f'{name} cannot be set now: {values}')
        return {**values, **{n: int(value) for n, value in asked.items()}}


@st.composite
def firmwares(draw: st.DrawFn) -> Firmware:
    opened_by = {}
    for number, name in enumerate(NAMES[1:], 1):
        openers = draw(st.sets(st.sampled_from(NAMES[:number]), max_size=2))
        if openers:
            opened_by[name] = tuple(sorted(openers))
    return Firmware(
        opened_by,
        draw(st.frozensets(st.sampled_from(NAMES))),
        unlisted=draw(st.booleans()),
    )


class Machine:
    """A server whose node has a firmware, and what is recorded of it."""

    def __init__(self, firmware: Firmware) -> None:
        self.firmware = firmware
        self.values = dict.fromkeys(NAMES, OFF)
        self.metadata: dict[str, str] = {}
        self.template = firmware.template(NAMES)

    def assessed(self) -> Assessment:
        snapshot = Snapshot(
            server=snapshots.server({'metadata': dict(self.metadata)}),
            node=Node(
                uuid='n',
                name='rack3-07',
                provision_state='active',
                power_state='power on',
            ),
            bios=self.firmware.bios(self.values),
            templates=(self.template,),
        )
        return assess(snapshot, self.firmware.catalogue())

    def plan(self, before: Plan | None = None, options: Options = ANY) -> Plan:
        """Return the plan, as the run makes it that has made another."""
        read = before.read if before else {}
        return planner.make([ITEM], self.assessed(), options, read=read)

    def serve(self, plan: Plan) -> None:
        self.metadata |= journal_entries.begin(plan, '2026-11-26T10:00:00Z')
        self.values = self.firmware.after(self.values, plan.steps)

    def undo(self) -> None:
        back = rollback_plan.make(
            self.assessed(),
            dataclasses.replace(ANY, trust_metadata=True),
            Aim.ROLLBACK,
        )
        assert back.undo is not None
        for step in back.undo:
            shown = self.firmware.bios(self.values)
            was = steps.settings([step])
            if any(
                name in shown and shown[name].value != str(value)
                for name, value in was.items()
            ):
                self.values = self.firmware.after(self.values, [step])


class ServicesTest(base.TestCase):
    @hypothesis.given(firmwares())
    def test_each_service_sets_what_is_possible_by_then(
        self, firmware: Firmware
    ) -> None:
        machine = Machine(firmware)
        plan = machine.plan()
        count = plan.reboots
        depth = max(order.ranks(firmware.opened_by).values(), default=0)
        self.assertEqual(1 + depth, count)
        for number in range(count, 0, -1):
            self.assertEqual(number, plan.reboots)
            self.assertEqual(len(plan.later), number - 1)
            machine.serve(plan)
            plan = machine.plan(plan)
        self.assertEqual(dict.fromkeys(NAMES, ON), machine.values)

    @hypothesis.given(firmwares(), st.integers(1, 5))
    def test_the_way_back_is_the_reverse_from_wherever_it_begins(
        self, firmware: Firmware, services: int
    ) -> None:
        machine = Machine(firmware)
        plan = None
        for _ in range(services):
            plan = machine.plan(plan)
            if plan.needs_service:
                machine.serve(plan)
        machine.undo()
        self.assertEqual(dict.fromkeys(NAMES, OFF), machine.values)

    @hypothesis.given(firmwares(), st.integers(1, 5))
    def test_no_more_reboots_than_permitted(
        self, firmware: Firmware, limit: int
    ) -> None:
        machine = Machine(firmware)
        needed = machine.plan().reboots
        options = Options(max_reboots=limit)
        if needed <= limit:
            self.assertEqual(needed, machine.plan(None, options).reboots)
            return
        refused = self.assertRaises(
            errors.Refused, machine.plan, None, options
        )
        self.assertIn(f'--max-reboots {needed}', str(refused.details[0]))


class UnsuitableTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.plan = Machine(Firmware({'B': ('A',)}, frozenset())).plan()

    def told(self, **other: Any) -> list[str]:
        plan = dataclasses.replace(self.plan, **other)
        return [str(one) for one in services.unsuitable(plan)]

    def test_services_alone(self) -> None:
        self.assertEqual([], self.told())
        resized = self.plan.server.flavor
        self.assertEqual([], self.told(later=(), resize_to=resized))

    def test_a_resize_comes_by_itself(self) -> None:
        [told] = self.told(resize_to=self.plan.server.flavor)
        self.assertIn('cannot be combined with a resize', told)

    def test_steps_that_leave_no_trace_come_by_themselves(self) -> None:
        update = Step(interface='firmware', step='update')
        [told] = self.told(steps=(*self.plan.steps, update))
        self.assertIn('cannot be combined with firmware.update', told)


class OrderTest(base.TestCase):
    def test_what_waits_for_itself_is_never_set(self) -> None:
        circle = {'A': {'B'}, 'B': {'A'}, 'C': {'B'}, 'D': {'E'}}
        self.assertEqual({'D': 1}, order.ranks(circle))

    def test_what_is_open_waits_for_nothing(self) -> None:
        firmware = Firmware({'B': ('A',)}, frozenset())
        bios = firmware.bios({'A': ON, 'B': OFF})
        wanted: dict[str, Value] = {'A': ON, 'B': ON}
        locks = firmware.catalogue().locks
        self.assertEqual({}, order.openers(wanted, bios, locks))

    def test_what_the_request_does_not_open_stays_closed(self) -> None:
        firmware = Firmware({'B': ('A',)}, frozenset())
        bios = firmware.bios({'A': OFF, 'B': OFF})
        locks = firmware.catalogue().locks
        for wanted in ({'B': ON}, {'A': OFF, 'B': ON}):
            self.assertEqual({}, order.openers(wanted, bios, locks))
        both: dict[str, Value] = {'A': ON, 'B': ON}
        opened = order.openers(both, bios, locks)
        self.assertEqual({'B': {'A'}}, opened)

    def test_a_mark_that_ironic_does_not_renew_is_believed(self) -> None:
        firmware = Firmware({'B': ('A',)}, frozenset())
        bios = firmware.bios({'A': OFF, 'B': OFF})
        kinds = ('Enumeration', 'String')
        both: dict[str, Value] = {'A': ON, 'B': ON}
        for kind in kinds:
            told = dataclasses.replace(bios['B'], attribute_type=kind)
            opened = order.openers(
                both, bios | {'B': told}, firmware.catalogue().locks
            )
            self.assertEqual({}, opened)
