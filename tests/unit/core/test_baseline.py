"""What a golden server is, and how others differ from it."""

import dataclasses
from typing import Any

import hypothesis
from hypothesis import strategies as st

from osc_baremetal_config.core.desired.assessment import Assessment, assess
from osc_baremetal_config.core.explain import baseline, bios_settings
from osc_baremetal_config.core.explain.baseline import (
    Baseline,
    Compared,
    Difference,
    Kind,
)
from osc_baremetal_config.core.facts.model import Server, Value
from osc_baremetal_config.osc import files
from tests.bios import machines
from tests.unit import base
from tests.unit.core import snapshots

TEXT = {'attribute_type': 'String'}
DELL = {'LogicalProc': 'Disabled', 'SysProfile': 'Custom'}


def assessed(bios: dict[str, Any], **server: str) -> Assessment:
    """Return the assessment of a server with a BIOS."""
    words = {'bios': bios, 'server': server, 'templates': []}
    return assess(snapshots.snapshot(words), files.load(()))


def golden(**more: Any) -> Baseline:
    """Return a golden server."""
    words = {'server': 'g', 'id': 'i', 'vendor': '', 'items': {}, **more}
    return Baseline(**words)


def differing(found: Compared) -> dict[str, Value | None]:
    """Return name → value of what a server has otherwise."""
    return {one.name: one.value for one in found.differences}


class TakenTest(base.TestCase):
    def test_what_is_a_baseline_for_others(self) -> None:
        bios = {
            **DELL,
            'Cores': {'value': '8', 'attribute_type': 'Integer'},
            'QuietBoot': {'value': '1', 'attribute_type': 'Boolean'},
            'Blank': {'value': None, **TEXT},
            'Fixed': {'value': 'x', 'read_only': True},
            'AssetTag': {'value': 'A1', **TEXT},
            'Nic_00005E005305__Slot15_Mode': 'Enabled',
            'BootCount': {'value': '5', 'attribute_type': 'Integer'},
            'SetupPassword': {'value': 's', 'attribute_type': 'Password'},
            'ChapSecret': {'value': 's', **TEXT},
        }
        found = baseline.of(assessed(bios), has_settings=True)
        self.assertEqual(
            ('web-1', 's', 'Dell'), (found.server, found.id, found.vendor)
        )
        self.assertEqual(
            {'hyperthreading': 'disabled', 'power-profile': 'custom'},
            found.items,
        )
        self.assertEqual(
            {**DELL, 'Cores': 8, 'QuietBoot': True, 'Blank': None},
            found.settings,
        )
        short = baseline.of(assessed(bios), has_settings=False)
        self.assertIsNone(short.settings)

    def test_nobody_differs_from_itself(self) -> None:
        for machine in machines.machines():
            blank = snapshots.snapshot({'templates': []})
            bios = machines.bios(machine)
            one = assess(dataclasses.replace(blank, bios=bios), files.load(()))
            found = baseline.of(one, has_settings=True)
            self.assertEqual((), baseline.compare(found, one).differences)

    def test_no_secret_is_compared(self) -> None:
        bios = {'Pin': {'value': 'a', 'attribute_type': 'Password'}}
        settings = {'Pin': 'b', 'ChapSecret': 'c', 'Turbo': 'On'}
        found = baseline.compare(golden(settings=settings), assessed(bios))
        self.assertEqual({'Turbo': None}, differing(found))


class ComparedTest(base.TestCase):
    def test_what_one_has_otherwise(self) -> None:
        found = baseline.compare(
            golden(
                items={'hyperthreading': 'enabled', 'turbo': 'enabled'},
                settings={'LogicalProc': 'Enabled', 'Gone': 'x', 'Null': None},
            ),
            assessed({**DELL, 'More': 'x'}),
        )
        self.assertEqual(
            (
                Difference(Kind.ITEM, 'hyperthreading', 'enabled', 'disabled'),
                Difference(Kind.SETTING, 'LogicalProc', 'Enabled', 'Disabled'),
                Difference(Kind.SETTING, 'Gone', 'x', None),
            ),
            found.differences,
        )
        self.assertEqual(('turbo',), found.untold)
        self.assertTrue(found.is_read)

    def test_values_by_their_type(self) -> None:
        for kind, now, was, differs in (
            ('Integer', '8', 8, False),
            ('Integer', '8', '8', False),
            ('Integer', '8', 9, True),
            ('Boolean', '1', True, False),
            ('Boolean', '1', '1', False),
            ('Boolean', 'true', True, False),
            ('Boolean', '0', True, True),
            (None, 'true', True, False),
            (None, '8', 8, False),
            (None, 'x', 8, True),
            ('String', '8', 8, False),
            ('String', '', None, True),
        ):
            with self.subTest(kind=kind, now=now, was=was):
                bios = {'A': {'value': now, 'attribute_type': kind}}
                found = baseline.compare(
                    golden(settings={'A': was}), assessed(bios)
                )
                self.assertEqual(differs, bool(found.differences))

    def test_of_another_vendor_only_items_are_compared(self) -> None:
        one = golden(
            vendor='HPE AMD',
            items={'hyperthreading': 'enabled'},
            settings={'ProcSMT': 'Enabled'},
        )
        found = baseline.compare(one, assessed(DELL))
        self.assertEqual(
            {'hyperthreading': 'disabled', 'vendor': 'Dell'}, differing(found)
        )
        self.assertTrue(found.is_foreign)
        # Where nobody knows whose it is, all are.
        for vendor, bios in (('', DELL), ('HPE AMD', {'A': 'B'})):
            unknown = dataclasses.replace(one, vendor=vendor)
            found = baseline.compare(unknown, assessed(bios))
            self.assertIn('ProcSMT', differing(found))
            self.assertFalse(found.is_foreign)

    def test_nothing_is_claimed_of_a_bios_that_nobody_has_read(self) -> None:
        one = golden(items={'turbo': 'enabled'}, settings={'A': 'x'})
        found = baseline.compare(one, assessed({}))
        self.assertEqual((), found.differences)
        self.assertFalse(found.is_read)

    def test_what_only_the_server_has_is_left_out_when_that_is_asked(
        self,
    ) -> None:
        found = bios_settings.shown(assessed({'A': 'x', 'B': 'y', 'C': 'z'}))
        others = {'A': 'x', 'B': 'z', 'D': 'w'}
        for is_whole, names in ((True, 'BCD'), (False, 'BD')):
            told = bios_settings.different(found, others, is_whole=is_whole)
            self.assertEqual([*names], [one.setting.name for one in told])


def server(number: int) -> Server:
    """Return one of several servers."""
    return snapshots.server({'id': f's{number}', 'name': f'web-{number}'})


class DeviationsTest(base.TestCase):
    def compared(self, number: int, **values: Value | None) -> Compared:
        return Compared(
            server(number),
            tuple(
                Difference(Kind.SETTING, name, 'x', value)
                for name, value in values.items()
            ),
        )

    def test_outliers_come_first(self) -> None:
        found = baseline.deviations(
            [
                self.compared(3, B='y', C=1, D='y'),
                self.compared(1, B='y', C='1', A=None),
                self.compared(2, B='z', C=True),
                self.compared(4),
            ]
        )
        self.assertEqual(
            [
                ('A', [(None, 1)], ['web-1']),
                ('D', [('y', 1)], ['web-3']),
                ('B', [('z', 1), ('y', 2)], ['web-1', 'web-2', 'web-3']),
                ('C', [(True, 3)], ['web-1', 'web-2', 'web-3']),
            ],
            [
                (one.name, one.counts, [each.name for each, _ in one.found])
                for one in found
            ],
        )

    def test_an_item_and_a_setting_of_one_name(self) -> None:
        differences = tuple(
            Difference(kind, 'sriov', 'x', 'y')
            for kind in (Kind.SETTING, Kind.ITEM)
        )
        found = baseline.deviations([Compared(server(1), differences)])
        self.assertEqual(
            [Kind.ITEM, Kind.SETTING], [one.kind for one in found]
        )

    @hypothesis.settings(max_examples=20)
    @hypothesis.given(
        st.lists(
            st.dictionaries(
                st.sampled_from('ABC'), st.sampled_from(['y', 'z', 1, None])
            ),
            max_size=5,
        ),
        st.randoms(),
    )
    def test_whatever_the_order_every_difference_is_told_once(
        self, values: list[dict[str, Any]], dice: Any
    ) -> None:
        compared = [self.compared(n, **v) for n, v in enumerate(values)]
        found = baseline.deviations(compared)
        dice.shuffle(compared)
        self.assertEqual(found, baseline.deviations(compared))
        told = [(s.id, one.name, v) for one in found for s, v in one.found]
        self.assertEqual(
            {
                (f's{number}', name, value)
                for number, each in enumerate(values)
                for name, value in each.items()
            },
            set(told),
        )
        self.assertEqual(len(set(told)), len(told))
        for one in found:
            counts = [count for _, count in one.counts]
            self.assertEqual(sorted(counts), counts)
            self.assertEqual(len(one.found), sum(counts))
