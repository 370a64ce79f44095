"""What a change would be undone to, by the journal and by what was read."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import Assessment, assess
from osc_baremetal_config.core.facts import journal, steps
from osc_baremetal_config.core.facts.journal import Pending, Previous
from osc_baremetal_config.core.facts.model import Item, Snapshot, Step, Value
from osc_baremetal_config.core.facts.registry import Lock
from osc_baremetal_config.core.plan import (
    draft,
    journal_entries,
    previous,
    rollback_plan,
)
from osc_baremetal_config.core.plan.model import (
    Aim,
    ItemChange,
    Plan,
    SettingChange,
)
from osc_baremetal_config.core.plan.options import Options
from osc_baremetal_config.osc import files
from tests.unit import base
from tests.unit.core import moves, snapshots
from tests.unit.core.moves import HT, plan

TIME, LATER = '2026-06-01T00:00:00+00:00', '2026-06-02T00:00:00+00:00'
# Settings that nobody but the journal names.
TYPED: Mapping[str, Any] = {
    'Number': {'value': '1', 'attribute_type': 'Integer'},
    'Truth': {'value': '1', 'attribute_type': 'Boolean'},
    'Text': {'value': 'x', 'attribute_type': 'String'},
    'Free': {'value': '7', 'attribute_type': None},
    'Empty': {'value': None},
}


def entry(**words: Any) -> Pending:
    """Return the entry of a change to ``hyperthreading=enabled``."""
    known = {'value': 'enabled', 'since': TIME, 'bios': '00'}
    return Pending(**known | words)


def snapshot(
    entries: Mapping[str, Pending],
    before: Mapping[str, Previous],
    **words: Any,
) -> Snapshot:
    """Return a server with these entries in its metadata."""
    items = [Item(name, one.value) for name, one in entries.items()]
    digest = journal.digest(
        items, resize=any(one.resize for one in entries.values())
    )
    marked = {
        name: one if one.digest else dataclasses.replace(one, digest=digest)
        for name, one in entries.items()
    }
    metadata = journal.begin(marked, before)
    server = {'metadata': metadata, **words.pop('server', {})}
    return snapshots.snapshot({'server': server, **words})


def was(*, at: str | None = TIME, **settings: Any) -> Previous:
    """Return the entry of what was before."""
    return Previous(value='disabled', at=at, settings=settings)


def assessed(made: Snapshot) -> Assessment:
    return assess(made, files.load(()))


class KnownTest(base.TestCase):
    """The settings before a change, by the journal."""

    def known(
        self, settings: Any, **words: Any
    ) -> tuple[dict[str, Value], str | None]:
        made = snapshot(
            {HT: entry(**words)}, {HT: was(**settings)}, bios=TYPED
        )
        return previous.known(HT, entry(**words), made)

    def test_each_has_the_type_that_the_registry_says(self) -> None:
        for name, written, value in (
            ('Number', '5', 5),
            ('Number', 5, 5),
            ('Number', 'odd', 'odd'),
            ('Truth', '0', False),
            ('Truth', True, True),
            ('Text', 5, '5'),
            ('Free', '5', '5'),
            ('Free', 5, 5),
            ('Gone', '5', '5'),
            ('Empty', 'Enabled', 'Enabled'),
        ):
            with self.subTest(name=name, written=written):
                found, before = self.known({name: written})
                self.assertEqual('disabled', before)
                self.assertEqual({name: value}, found)
                self.assertIs(type(value), type(found[name]))

    def test_on_another_node_they_are_what_they_are(self) -> None:
        before: Any = {'Number': 5, 'Gone': 'x', 'Empty': 'x', 'Free': 3}
        here = {'Number': 1, 'Free': 7}
        for words, moved in (
            ({}, False),
            ({'resize': True}, False),
            ({'resize': True, 'node': 'n'}, False),
            ({'resize': True, 'node': 'm'}, True),
            ({'resize': False, 'node': 'm'}, False),
        ):
            with self.subTest(entry=words):
                expected = (here, None) if moved else (before, 'disabled')
                self.assertEqual(expected, self.known(before, **words))

    def test_the_changes_of_the_journal(self) -> None:
        made = snapshot(
            {
                'sriov': entry(unchanged=True),
                HT: entry(),
                'turbo': entry(value='on'),
            },
            {
                HT: was(LogicalProc='Enabled', Gone='x'),
                'sriov': was(at=None),
            },
        )
        found = {one.item: one for one in previous.changes(made)}
        changed = found[Item(HT, 'enabled')]
        self.assertEqual('disabled', changed.before)
        # What is not shown is taken for as it was.
        self.assertEqual(
            (
                SettingChange('Gone', 'x', 'x'),
                SettingChange('LogicalProc', 'Enabled', 'Disabled'),
            ),
            changed.settings,
        )
        self.assertEqual(
            {Item(HT, 'enabled'), Item('turbo', 'on')}, found.keys()
        )
        self.assertEqual((), found[Item('turbo', 'on')].settings)


class ImpossibleTest(base.TestCase):
    def impossible(self, made: Snapshot) -> list[str]:
        known = assessed(made)
        found = previous.impossible(known, previous.changes(made))
        return [str(one) for one in found]

    def test_entries_that_belong_together(self) -> None:
        known = was(LogicalProc='Enabled')
        untold = 'what was before is not known: '
        apart = 'its entries in the server metadata do not belong together'
        for words, before, told in (
            ({}, {HT: known}, None),
            ({'since': None}, {HT: known}, None),
            ({}, {HT: was(at=None, LogicalProc='Enabled')}, None),
            (
                {},
                {HT: was(at=LATER, LogicalProc='Enabled')},
                untold + 'the server metadata only says it of another change',
            ),
            ({}, {}, untold + 'the server metadata does not say it'),
            ({}, {HT: was()}, untold + 'the server metadata does not say it'),
            # One that was right already has nothing before it.
            ({'unchanged': True}, {}, None),
            ({'unchanged': True}, {HT: was()}, apart),
            ({'unchanged': True}, {HT: was(at=LATER)}, None),
            ({'unchanged': True}, {HT: was(at=None)}, None),
            ({'unchanged': True, 'since': None}, {HT: was()}, None),
            ({'unchanged': True, 'since': None}, {HT: was(at=None)}, None),
        ):
            with self.subTest(entry=words, before=before):
                found = self.impossible(snapshot({HT: entry(**words)}, before))
                self.assertEqual(0 if told is None else 1, len(found))
                self.assertIn(told or '', ''.join(found))

    def test_one_that_is_damaged(self) -> None:
        made = snapshot({HT: entry()}, {})
        server = dataclasses.replace(
            made.server,
            metadata={
                **made.server.metadata,
                f'deploy-config-previous:{HT}': '{',
            },
        )
        [found] = self.impossible(dataclasses.replace(made, server=server))
        self.assertIn('is damaged', found)

    def test_values_that_no_bios_takes(self) -> None:
        for value, is_possible in (('Enabled', True), ('Auto', False)):
            found = self.impossible(
                snapshot({HT: entry()}, {HT: was(LogicalProc=value)})
            )
            self.assertEqual(is_possible, not found, value)


class DoubtfulTest(base.TestCase):
    """What nobody vouches for but whoever may write the metadata."""

    def doubtful(self, before: Previous, **words: Any) -> list[str]:
        made = snapshot({HT: entry()}, {HT: before}, **words)
        return previous.doubtful(assessed(made), previous.changes(made))

    def test_a_setting_that_is_named_for_the_type(self) -> None:
        mine = snapshots.template('on', 'enabled')
        mine['steps'][0]['args']['settings'][0]['name'] = 'Mine'
        other = {
            **mine,
            'extra': {'config-type': 'turbo', 'config-value': 'enabled'},
        }
        bare = {**mine, 'extra': {}}
        unread = {'LogicalProc': 'Disabled', 'Mine': {'value': 'x'}}
        for name, templates, is_named in (
            ('LogicalProc', [], True),
            ('Mine', [mine], True),
            ('Mine', [other], False),
            ('Mine', [bare], False),
            ('Mine', [], False),
        ):
            with self.subTest(name=name, templates=templates):
                found = self.doubtful(
                    was(**{name: 'Enabled'}), templates=templates, bios=unread
                )
                self.assertEqual(is_named, not found)
                self.assertIn('' if is_named else 'names Mine for', str(found))

    def test_a_value_that_can_be_checked_or_is_one_of_theirs(self) -> None:
        known = {'value': 'Disabled'}
        unknown = {'value': 'Disabled', 'attribute_type': None}
        for setting, value, is_sure in (
            (known, 'Enabled', True),
            (known, 'Odd', True),
            (unknown, 'Enabled', True),
            (unknown, 'Disabled', True),
            (unknown, 'Auto', False),
            (unknown, 'Zero', False),
            (unknown, True, False),
        ):
            with self.subTest(setting=setting, value=value):
                found = self.doubtful(
                    was(LogicalProc=value), bios={'LogicalProc': setting}
                )
                self.assertEqual(is_sure, not found)
                self.assertIn('' if is_sure else 'cannot be', str(found))

    def test_what_is_not_known_is_not_doubted(self) -> None:
        made = snapshot({HT: entry()}, {HT: was(LogicalProc='Enabled')})
        [change] = previous.changes(made)
        settings = (
            SettingChange('A', None, 'x'),
            SettingChange('B', 'x', 'x'),
            SettingChange('LogicalProc', None, 'x'),
            SettingChange('C', 'x', 'x'),
        )
        change = dataclasses.replace(change, settings=settings)
        found = previous.doubtful(assessed(made), [change])
        self.assertEqual(2, len(found))
        self.assertEqual(2, len(previous.impossible(assessed(made), [change])))


class ObstaclesTest(base.TestCase):
    def obstacles(
        self,
        *settings: SettingChange,
        more: tuple[Step, ...] = (),
        locks: tuple[Lock, ...] = (),
    ) -> list[str]:
        [change] = plan().changes
        assert change.template
        template = dataclasses.replace(
            change.template, steps=(*change.template.steps, *more)
        )
        change = dataclasses.replace(
            change, template=template, settings=settings
        )
        bare = dataclasses.replace(change, template=None)
        bios = snapshots.bios(
            {'A': 'Enabled', 'B': {'value': 'Enabled', 'read_only': True}}
        )
        found = previous.obstacles([change], bios, locks)
        without = previous.obstacles([bare], bios, locks)
        self.assertEqual(len(more), len(found) - len(without))
        return found

    def test_why_a_change_could_not_be_undone(self) -> None:
        fine = SettingChange('A', 'Enabled', 'Disabled')
        untold = dataclasses.replace(fine, before=None)
        odd = dataclasses.replace(fine, before='Auto')
        fixed = dataclasses.replace(fine, name='B')
        for settings, more, told in (
            ((fine,), (), []),
            ((), (moves.UNREAD,), ['firmware.update of deploy template']),
            ((untold,), (), ['it is not known what A is now']),
            ((untold, odd), (), ['it is not known what A', 'A is Auto now']),
            ((odd,), (), ['A is Auto now, which cannot be set again']),
            ((fixed, fine), (), ['B is Enabled now, which cannot']),
        ):
            with self.subTest(settings=settings, more=more):
                found = self.obstacles(*settings, more=more)
                self.assertEqual(len(told), len(found))
                for words, line in zip(told, found, strict=True):
                    self.assertTrue(line.startswith(words), line)

    def test_what_is_known_is_restored(self) -> None:
        two = (
            SettingChange('A', 'Enabled', 'Disabled'),
            SettingChange('B', None, 'Disabled'),
        )
        [change] = plan().changes
        changes = [dataclasses.replace(change, settings=two)]
        self.assertEqual(
            steps.apply({'A': 'Enabled'}), previous.steps_for(changes)
        )
        self.assertEqual((), previous.steps_for([]))


class RollbackPlanTest(base.TestCase):
    def make(
        self, *, trust: bool = True, words: Any = None, **more: Any
    ) -> Plan:
        before = {HT: was(LogicalProc='Enabled')}
        made = snapshot({HT: entry(**(words or {}))}, before, **more)
        options = Options(trust_metadata=trust)
        return rollback_plan.make(assessed(made), options, Aim.ROLLBACK)

    def refused(self, **words: Any) -> list[str]:
        error = self.assertRaises(errors.Refused, self.make, **words)
        return list(error.details)

    def test_it_sets_what_was_before(self) -> None:
        made = self.make()
        self.assertEqual(steps.apply({'LogicalProc': 'Enabled'}), made.undo)
        self.assertEqual(((), None), (made.steps, made.resize_to))
        self.assertEqual({'LogicalProc': 'Enabled'}, made.was)
        [item] = made.items
        self.assertEqual(Item(HT, 'enabled'), item)
        self.assertEqual(journal.digest([item], resize=False), made.digest)

    def test_a_resize_is_undone_with_it(self) -> None:
        waits = {'status': 'VERIFY_RESIZE'}
        made = self.make(words={'resize': True}, server=waits)
        assert made.resize_to
        self.assertEqual('bm.off', made.resize_to.name)
        self.assertEqual(journal.digest(made.items, resize=True), made.digest)

    def test_a_resize_that_has_finished_cannot_be(self) -> None:
        moved = {'resize': True, 'node': 'm'}
        for words, status, is_finished in (
            ({'resize': True}, 'ACTIVE', False),
            ({'resize': True, 'node': 'n'}, 'ACTIVE', False),
            ({'resize': True, 'flavor': 'bm.off'}, 'ACTIVE', False),
            (moved, 'ACTIVE', True),
            ({'resize': True, 'flavor': 'bm.on'}, 'ACTIVE', True),
            ({'resize': True, 'flavor': 'a'}, 'ACTIVE', True),
            (moved | {'flavor': 'bm.on'}, 'ACTIVE', True),
            (moved, 'VERIFY_RESIZE', False),
            (moved, 'RESIZE', False),
            (moved, 'REVERT_RESIZE', False),
            ({'flavor': 'bm.on'}, 'ACTIVE', False),
        ):
            with self.subTest(entry=words, status=status):
                try:
                    self.make(words=words, server={'status': status})
                except errors.Refused as error:
                    told = str(error)
                else:
                    told = ''
                self.assertEqual(is_finished, 'has finished' in told, told)

    def test_what_nobody_vouches_for_needs_trust(self) -> None:
        unknown = {'LogicalProc': {'value': 'x', 'attribute_type': None}}
        odd: Any = {'bios': unknown, 'words': {'digest': '00'}}
        self.assertTrue(self.make(**odd).warnings)
        found = self.refused(trust=False, **odd)
        self.assertEqual(1, len(found))
        self.assertIn('--trust-metadata sets it anyway', found[0])
        # Not where it would not help.
        locked = {**odd, 'server': {'is_locked': True}}
        found = self.refused(trust=False, **locked)
        self.assertEqual(2, len(found))
        self.assertNotIn('--trust-metadata sets', str(found))
        self.assertEqual(1, len(self.refused(**locked)))
        self.assertTrue(self.make(trust=False))


class EntriesTest(base.TestCase):
    """What a change writes about itself."""

    def test_what_is_in_an_entry(self) -> None:
        key = f'deploy-config:{HT}'
        known = plan().server
        desired = dataclasses.replace(known, metadata={key: 'disabled'})
        resize = {'resize_to': moves.target()}
        for changes, by, expected in (
            ({}, '0a', {'record': '', 'node': 'n', 'power': 'on'}),
            ({'power': 'off'}, '', {'power': 'off'}),
            ({'server': desired}, '', {'record': 'disabled'}),
            # What was deferred is recorded all the same.
            ({'options': Options(records=False)}, '', {'record': ''}),
            (
                {'options': Options(records=False), 'record': ()},
                '',
                {'record': None},
            ),
            ({'options': Options(forgets=(HT,))}, '', {'forgets': True}),
            (
                {'options': Options(forgets=('x',))},
                '',
                {'forgets': False, 'resize': False, 'unchanged': False},
            ),
            ({}, '0a', {'by': None, 'flavor': None}),
            (resize, '0a', {'by': '0a', 'flavor': 'bm.off', 'resize': True}),
            (resize, '', {'by': None, 'flavor': 'bm.off'}),
            (
                {'changes': (), 'unchanged': (Item(HT, 'enabled'),)},
                '',
                {'unchanged': True},
            ),
        ):
            with self.subTest(plan=changes):
                found = journal_entries.begin(plan(**changes), LATER, by)
                one = journal.pending(found)[HT]
                self.assertEqual(
                    expected, {n: getattr(one, n) for n in expected}
                )
                self.assertEqual(
                    ('enabled', LATER, plan().digest),
                    (one.value, one.since, one.digest),
                )
                is_changing = bool(plan(**changes).changes)
                self.assertEqual(is_changing, HT in journal.previous(found))

    def test_one_that_is_there_keeps_its_time_and_what_was_before(
        self,
    ) -> None:
        old = entry(record='auto', flavor='bm.old', resize=True)
        server = snapshot({HT: old}, {HT: was(LogicalProc='x')}).server
        resumed = plan(server=server, entries=(HT,), resize_to=moves.target())
        found = journal_entries.begin(resumed, LATER)
        one = journal.pending(found)[HT]
        self.assertEqual(
            (TIME, 'auto', 'bm.old'), (one.since, one.record, one.flavor)
        )
        self.assertEqual({}, journal.previous(found))

    def test_no_way_back_leaves_no_settings(self) -> None:
        for no_rollback, count in (((), 1), (('it cannot be',), 0)):
            made = plan(no_rollback=no_rollback)
            found = journal.previous(journal_entries.begin(made, LATER))
            self.assertEqual(count, len(found[HT].settings))
        written = journal_entries.begin(
            plan(
                changes=tuple(
                    dataclasses.replace(
                        one, settings=(SettingChange('A', None, 'x'),)
                    )
                    for one in plan().changes
                )
            ),
            LATER,
        )
        self.assertEqual({}, journal.previous(written)[HT].settings)

    def test_whether_there_is_room(self) -> None:
        [change] = plan().changes
        long = Item(HT, 'v' * 256)
        for changes, told in (
            ({}, None),
            ({'changes': (_of(change, 'a:1'),)}, 'no type may end'),
            ({'changes': (_of(change, 'a:b'),)}, None),
            ({'record': (long,)}, 'cannot hold so long a value'),
            ({'record': (Item(HT, 'v' * 255),)}, None),
            ({'changes': (_of(change, 'a/b'),)}, 'is no key that Nova takes'),
        ):
            with self.subTest(plan=changes):
                found = journal_entries.no_room(plan(**changes))
                self.assertEqual(told is None, found is None)
                self.assertIn(told or '', found or '')

    def test_which_keys_its_end_removes(self) -> None:
        there = dict.fromkeys(
            (
                'deploy-config-pending:old',
                'deploy-config-pending:old:1',
                f'deploy-config-previous:{HT}',
            ),
            '',
        )
        server = dataclasses.replace(plan().server, metadata=there)
        own = f'deploy-config-pending:{HT}'
        for entries, keys in (
            ((), [own]),
            (('old',), [own, *list(there)[:2]]),
        ):
            found = journal_entries.keys(plan(server=server, entries=entries))
            self.assertEqual(keys, found)


def _of(change: ItemChange, name: str) -> ItemChange:
    """Return a change of another type."""
    return dataclasses.replace(change, item=Item(name, 'enabled'))


class DraftTest(base.TestCase):
    def test_the_node_that_a_change_began_on(self) -> None:
        for words, origin in (
            ({}, 'n'),
            ({'node': 'm'}, 'n'),
            ({'node': 'm', 'resize': True}, 'm'),
            ({'resize': True}, 'n'),
        ):
            made = snapshot({HT: entry(**words)}, {})
            found = draft.without_steps(made, Options(), Aim.SET)
            self.assertEqual(origin, found.origin, str(words))
            self.assertEqual((HT,), found.entries)

    def test_that_the_journal_is_not_believed_is_a_warning(self) -> None:
        for power, count in (('on', 0), ('off', 1)):
            made = snapshot({HT: entry(power=power)}, {})
            found = draft.without_steps(made, Options(), Aim.SET)
            self.assertEqual(count, len(found.warnings))
