"""What is left for later: its form, its precedence, and its end."""

import dataclasses
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import (
    Assessment,
    Drift,
    assess,
)
from osc_baremetal_config.core.facts import deferred, journal
from osc_baremetal_config.core.facts.deferred import Deferred
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.plan import (
    deferral,
    planner,
    power,
    reconcile,
)
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.plan.options import Options
from osc_baremetal_config.osc import files
from tests.unit import base
from tests.unit.core import moves, snapshots

Words = dict[str, Any]

HT = 'hyperthreading'
KEY = f'deploy-config-deferred:{HT}'
AT = '2026-11-30T20:10:00+00:00'
WHOLE = {'value': 'enabled', 'by': 'u', 'at': AT}
# Short texts need no more.
_FEW = settings(max_examples=25)
APPLY = Options(records=False)


def text(**changes: Any) -> str:
    """Return a request as text, but for what is given; None leaves it out."""
    fields = WHOLE | changes
    return json.dumps({n: v for n, v in fields.items() if v is not None})


def assessed(bios: str = 'Disabled', **metadata: str) -> Assessment:
    """Return a server's assessment.

    :param metadata: prefix without ``deploy-config-`` → text, for the type.
    """
    items = {f'deploy-config-{n}:{HT}': v for n, v in metadata.items()}
    if 'recorded' in metadata:
        items[f'deploy-config:{HT}'] = items.pop(
            f'deploy-config-recorded:{HT}'
        )
    templates = [
        snapshots.template(name, value)
        for name, value in (('on', 'enabled'), ('off', 'disabled'))
    ]
    snapshot = snapshots.snapshot(
        {
            'server': {'metadata': items},
            'bios': {'LogicalProc': bios},
            'templates': templates,
        }
    )
    return assess(snapshot, files.load(()))


def applied(found: Assessment, options: Options = APPLY) -> Plan:
    """Return the plan of ``apply``."""
    return planner.make(reconcile.desired(found), found, options)


class FormTest(base.TestCase):
    def test_what_is_written_is_read(self) -> None:
        entry = Deferred(**WHOLE)
        self.assertEqual(entry, deferred.of(HT, {KEY: str(entry)}))
        self.assertEqual(
            '{"value":"enabled","by":"u","at":"2026-11-30T20:10:00+00:00"}',
            str(entry),
        )
        self.assertEqual({HT}, deferred.types({KEY: str(entry), 'x': 'y'}))

    def test_what_is_not_of_its_form_is_none_and_told(self) -> None:
        for wrong in (
            '',
            'enabled',
            '[]',
            'null',
            '{',
            '[' * 255,
            *(text(**{name: None}) for name in WHOLE),
            *(text(**{name: ''}) for name in WHOLE),
            *(text(**{name: 7}) for name in WHOLE),
            text(at='yesterday'),
            text(at=f'{AT} or so'),
        ):
            with self.subTest(wrong):
                found = assessed(deferred=wrong)
                server = found.snapshot.server
                self.assertIsNone(deferred.of(HT, server.metadata))
                self.assertEqual(set(), deferred.types(server.metadata))
                row = found.rows[HT]
                self.assertEqual('flavor bm.off', row.desired.source)
                [told] = deferred.ignored(server)
                self.assertIn(f'{KEY} in the server metadata', told)
                self.assertIn(f'unset --config {HT} s', told)
                self.assertIn(told, applied(found).warnings)

    @_FEW
    @given(st.text(max_size=255))
    def test_any_text(self, found: str) -> None:
        deferred.of(HT, {KEY: found})

    @_FEW
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda one: st.lists(one) | st.dictionaries(st.text(), one),
            max_leaves=5,
        ),
        st.sampled_from(sorted(WHOLE)),
    )
    def test_any_field(self, value: Any, name: str) -> None:
        entry = deferred.of(HT, {KEY: json.dumps(WHOLE | {name: value})})
        if entry:
            whole = WHOLE | {name: value, 'profile': ''}
            self.assertEqual(whole, dataclasses.asdict(entry))


class DesiredTest(base.TestCase):
    def test_it_comes_before_all_else(self) -> None:
        found = assessed(deferred=text(), recorded='disabled')
        row = found.rows[HT]
        self.assertEqual(
            ('enabled', 'deferred', Deferred(**WHOLE), Drift.YES),
            (
                row.desired.value,
                row.desired.source,
                row.desired.deferred,
                row.drift,
            ),
        )
        without = found.without([HT]).rows[HT].desired
        self.assertEqual('flavor bm.off', without.source)

    def test_a_type_that_nothing_else_names(self) -> None:
        metadata = {'deploy-config-deferred:x': text()}
        found = assess(
            snapshots.snapshot({'server': {'metadata': metadata}}),
            files.load(()),
        )
        self.assertIn('x', found.rows)


class ApplyTest(base.TestCase):
    def check(
        self, record: str | None, plan: Plan, *, forgets: bool = True
    ) -> None:
        expected = (Item(HT, record),) if record else ()
        self.assertEqual(expected, plan.record)
        self.assertEqual((KEY,) if forgets else (), plan.forget)

    def test_it_is_recorded_and_no_longer_deferred(self) -> None:
        plan = applied(assessed(deferred=text()))
        self.assertEqual(1, len(plan.changes))
        self.check('enabled', plan)

    def test_also_where_it_is_so_already(self) -> None:
        for recorded in ({}, {'recorded': 'enabled'}):
            plan = applied(assessed('Enabled', deferred=text(), **recorded))
            self.assertEqual((), plan.changes)
            self.check('enabled', plan)

    def test_what_only_drifts_is_not_recorded(self) -> None:
        self.check(None, applied(assessed('Enabled')), forgets=False)

    def test_by_the_entries_of_a_change_that_was_started(self) -> None:
        digest = journal.digest([Item(HT, 'enabled')], resize=False)
        for record, expected in ((None, None), ('', 'enabled')):
            entry = journal.Pending(
                value='enabled', digest=digest, record=record
            )
            [pending] = journal.begin({HT: entry}, {}).values()
            found = assessed(
                'Enabled', pending=pending, recorded='enabled', previous='x'
            )
            with self.subTest(record=record):
                self.check(expected, applied(found), forgets=False)

    def test_another_value_that_is_set_ends_it(self) -> None:
        found = assessed('Disabled', deferred=text())
        self.check('disabled', planner.make([Item(HT, 'disabled')], found))
        server = found.snapshot.server
        metadata = {'deploy-config-deferred:turbo': text()}
        other = found.of(
            dataclasses.replace(
                found.snapshot,
                server=dataclasses.replace(server, metadata=metadata),
            )
        )
        plan = planner.make([Item(HT, 'enabled')], other)
        self.check('enabled', plan, forgets=False)

    def test_unset_records_nothing(self) -> None:
        found = assessed('Disabled', deferred=text(value='disabled'))
        options = Options(records=False, forgets=(HT,))
        items = reconcile.desired(found.without([HT]), [HT])
        self.check(None, planner.make(items, found, options))
        self.assertEqual([KEY], reconcile.recorded(found, [HT]))


class StartedTest(base.TestCase):
    def test_an_entry_that_has_gone_still_belongs_to_its_change(self) -> None:
        """A run was killed between the removals of its entries."""
        was = journal.Previous(value='disabled', at=AT)
        for since, expected in ((AT, [HT, 'turbo']), ('', ['turbo'])):
            entry = journal.Pending(value='enabled', since=since or None)
            metadata = {
                f'deploy-config:{HT}': 'enabled',
                'deploy-config:turbo': 'enabled',
                **journal.begin({'turbo': entry}, {HT: was}),
            }
            found = assess(
                snapshots.snapshot(
                    {
                        'server': {'metadata': metadata},
                        'bios': {
                            'LogicalProc': 'Enabled',
                            'ProcTurboMode': 'Enabled',
                        },
                    }
                ),
                files.load(()),
            )
            items = [item.type for item in reconcile.desired(found)]
            self.assertEqual(expected, items)


class EntriesTest(base.TestCase):
    def plan(self, value: str = 'enabled', **metadata: str) -> Plan:
        return planner.make([Item(HT, value)], assessed(**metadata))

    def test_one_for_each_item(self) -> None:
        found = deferral.entries(self.plan(), 'u', AT)
        self.assertEqual({KEY: str(Deferred('enabled', 'u', AT))}, found)

    def test_the_same_again_keeps_who_was_first(self) -> None:
        plan = self.plan(deferred=text())
        self.assertEqual({}, deferral.entries(plan, 'v', AT))
        other = self.plan(deferred=text(value='disabled'))
        self.assertIn('"v"', deferral.entries(other, 'v', AT)[KEY])

    def test_where_only_the_flavor_is_to_change(self) -> None:
        plan = moves.plan(
            record=(), changes=(), unchanged=(Item(HT, 'enabled'),)
        )
        self.assertEqual([KEY], list(deferral.entries(plan, 'u', AT)))

    def refused(self, plan: Plan, by: str = 'u') -> str:
        error = self.assertRaises(
            errors.Refused, deferral.entries, plan, by, AT
        )
        return str(error)

    def test_what_has_started_is_not_for_later(self) -> None:
        digest = journal.digest([Item(HT, 'enabled')], resize=False)
        entry = journal.Pending(value='enabled', digest=digest)
        [pending] = journal.begin({HT: entry}, {}).values()
        was = journal.Previous(
            value='disabled', settings={'LogicalProc': 'Disabled'}
        )
        [previous] = journal.begin({}, {HT: was}).values()
        told = self.refused(self.plan(pending=pending, previous=previous))
        self.assertIn('a change was started and has not finished', told)

    def test_nova_has_no_room(self) -> None:
        told = self.refused(self.plan(), by='u' * 250)
        self.assertIn(f'{KEY}: Nova cannot hold so long a value', told)
        plan = self.plan()
        full = {f'k{n}': '' for n in range(128)}
        server = dataclasses.replace(plan.server, metadata=full)
        told = self.refused(dataclasses.replace(plan, server=server))
        self.assertIn('would have 129 items', told)


class MovesTest(base.TestCase):
    """The end of a change of what was deferred."""

    def setUp(self) -> None:
        super().setUp()
        plan = moves.plan()
        server = dataclasses.replace(plan.server, metadata={KEY: text()})
        self.plan = dataclasses.replace(plan, server=server, forget=(KEY,))

    def check(self, expected: str, text_: str = text(), **now: Any) -> None:
        metadata = {KEY: text_, **now.pop('metadata', {})}
        seen = moves.seen(bios='Enabled', metadata=metadata, **now)
        self.assertEqual(expected, moves.next_move(self.plan, seen))

    def test_it_goes_once_it_is_recorded(self) -> None:
        done: Words = {
            'metadata': moves.recorded('enabled'),
            'tried': 'RECORD',
        }
        self.check('RECORD')
        self.check('CLEAR_JOURNAL', **done)
        # Its entries have gone, and it has not.
        self.check('CLEAR_JOURNAL', entry=None, **done)
        done['tried'] = 'RECORD CLEAR_JOURNAL'
        self.check('CLEAR_JOURNAL', entry=None, **done)

    def test_metadata_that_is_full(self) -> None:
        """It stays until the entries have made room for the record."""
        self.check('CLEAR_JOURNAL', tried='RECORD')
        self.check('RECORD', entry=None, tried='RECORD CLEAR_JOURNAL')

    def test_what_is_deferred_meanwhile_stays(self) -> None:
        done: Words = {
            'metadata': moves.recorded('enabled'),
            'tried': 'RECORD',
        }
        other = text(value='disabled')
        self.check('CLEAR_JOURNAL', other, **done)
        self.check('VERIFIED', other, entry=None, **done)


class OnlyOffTest(base.TestCase):
    def test_who_is_off(self) -> None:
        cases: tuple[tuple[Words, bool], ...] = (
            ({'status': 'SHUTOFF'}, True),
            ({'status': 'ACTIVE'}, False),
            ({'status': 'ERROR'}, False),
            ({'status': 'SHUTOFF', 'task_state': 'powering-on'}, False),
            # A run was killed that has stopped it, or found it off.
            ({'status': 'SHUTOFF', 'power': 'on'}, False),
            ({'status': 'SHUTOFF', 'power': None}, False),
            ({'status': 'SHUTOFF', 'power': 'off'}, True),
            ({'status': 'ACTIVE', 'power': 'off'}, True),
        )
        for words, expected in cases:
            was = words.pop('power', 'none')
            if was != 'none':
                entry = journal.Pending(value='enabled', power=was)
                words['metadata'] = journal.begin({HT: entry}, {})
            with self.subTest(words, was=was):
                server = snapshots.server(words)
                self.assertEqual(expected, power.is_off(server))

    def test_one_that_its_user_starts_is_left_alone(self) -> None:
        off, on = {'status': 'SHUTOFF'}, {'status': 'ACTIVE'}
        plan = moves.plan(options=Options(only_off=True), power='off')
        for now, expected in (
            ({'server': off}, 'SERVICE'),
            ({'server': on}, 'CLEAR_JOURNAL'),
            ({'server': on, 'entry': None, 'tried': ''}, 'LEFT'),
            ({'server': on, 'tried': 'SAVE_JOURNAL SERVICE'}, None),
        ):
            words: Words = {'tried': 'SAVE_JOURNAL', **now}
            found = moves.next_move(plan, moves.seen(**words))
            if expected is None:
                self.assertNotIn(found, ('LEFT', 'CLEAR_JOURNAL'))
            else:
                self.assertEqual(expected, found)
