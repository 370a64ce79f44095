"""Which servers are meant, what a catalogue may say, and what is told."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import assessment, catalogue, firmware
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import (
    journal,
    naming,
    steps,
    templates,
    values,
    violations,
)
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import (
    BiosSetting,
    Item,
    Kind,
    Listed,
    Query,
    Server,
    Step,
    Unread,
)
from osc_baremetal_config.core.facts.risks import Risk, RiskySetting
from osc_baremetal_config.core.plan import flavors, planner, side_effects
from osc_baremetal_config.core.plan.model import Aim, Plan
from osc_baremetal_config.core.plan.options import Method, Options
from osc_baremetal_config.core.rollout.result import Ended, Outcome, Rolled
from osc_baremetal_config.osc import files
from tests.unit import base
from tests.unit.core import moves, snapshots
from tests.unit.core.moves import HT

BLANK = Catalogue(types={})

AWAY = errors.TemporaryCloudError('Nova', 503, 'away')
LATE = errors.TemporaryCloudError('Nova', 504, 'late')
ID = '00000000-0000-0000-0000-00000000000'


class NamingTest(base.TestCase):
    """What a name means, where an ID may be a name and a name be hidden."""

    def listed(self) -> Listed[Server]:
        """Return two servers, and two that cannot be read."""
        found = {
            server_id: snapshots.server({'id': server_id, 'name': name})
            for server_id, name in (
                (f'{ID}1', 'web'),
                (f'{ID}2', f'{ID}1'),
            )
        }
        unread = {
            f'{ID}3': Unread(f'{ID}3', None, AWAY),
            f'{ID}4': Unread(f'{ID}4', 'db', LATE),
        }
        return Listed(found, unread)

    def test_what_is_an_id(self) -> None:
        for text, is_id in (
            (f'{ID}1', True),
            (f'{ID}1'.replace('0', 'F'), True),
            (f'{ID}1 ', False),
            (f'{ID}g', False),
            ('web', False),
        ):
            self.assertEqual(is_id, naming.is_id(text))

    def test_which_servers_are_meant(self) -> None:
        for names, found, unread in (
            ((), {f'{ID}1', f'{ID}2'}, {f'{ID}3', f'{ID}4'}),
            (('web',), {f'{ID}1'}, set()),
            ((f'{ID}1',), {f'{ID}1'}, set()),
            ((f'{ID}2', 'web'), {f'{ID}1', f'{ID}2'}, set()),
            (('db',), set(), {f'{ID}4'}),
            ((f'{ID}3',), set(), {f'{ID}3'}),
            # It may be the name of one of which only the ID is shown.
            (('new',), set(), {'new'}),
            (('web', 'new'), {f'{ID}1'}, {'new'}),
            ((f'{ID}9',), set(), set()),
        ):
            with self.subTest(names=names):
                chosen = naming.chosen(names, self.listed())
                self.assertEqual(found, chosen.found.keys())
                self.assertEqual(unread, chosen.unread.keys())
        chosen = naming.chosen(('new',), self.listed())
        self.assertEqual(Unread(None, 'new', AWAY), chosen.unread['new'])
        # Nobody's name is hidden where all names are shown.
        shown = dataclasses.replace(self.listed(), unread={})
        self.assertEqual({}, naming.chosen(('new',), shown).unread)

    def test_which_errors_hide_what_is_meant(self) -> None:
        for names, expected in (
            ((), [AWAY, LATE]),
            (('web',), []),
            (('db',), [LATE]),
            ((f'{ID}3',), [AWAY]),
            (('new',), [AWAY]),
            (('web', 'new'), [AWAY]),
            ((f'{ID}9',), []),
            (('db', 'new'), [LATE]),
        ):
            with self.subTest(names=names):
                found = naming.doubts(names, self.listed())
                self.assertEqual(expected, found)

    def test_which_are_missing(self) -> None:
        names = ('web', 'db', 'new', f'{ID}1', f'{ID}4', f'{ID}9')
        found = naming.missing(names, self.listed())
        self.assertEqual(('new', f'{ID}9'), found)

    def test_whether_one_is_named_and_nothing_else_selects_it(self) -> None:
        words: Any
        for words, is_for_one in (
            ({'names': ('a',)}, True),
            ({}, False),
            ({'names': ('a', 'b')}, False),
            ({'names': ('a',), 'tags': ('t',)}, False),
            ({'names': ('a',), 'flavor': 'f'}, False),
            ({'names': ('a',), 'all_projects': True}, False),
        ):
            query: Any = words
            self.assertEqual(is_for_one, Query(**query).is_for_one, words)

    def test_how_one_is_told_that_could_not_be_read(self) -> None:
        for server_id, name, told in (
            ('i', 'n', 'n (i)'),
            (None, 'n', 'n'),
            ('i', None, 'i'),
            (None, None, '?'),
        ):
            one = Unread(server_id, name, AWAY)
            self.assertEqual(told, str(one))
            self.assertEqual([f'{told}: not read: {AWAY.message}'], one.lines)


class CatalogueTest(base.TestCase):
    """What a document may say, and where it is wrong."""

    def faults(self, document: Any) -> list[tuple[str, ...]]:
        found = catalogue.parse(document)
        if isinstance(found, Catalogue):
            return []
        return [tuple(map(str, one.path)) for one in found]

    def test_what_is_wrong_and_where(self) -> None:
        fine = {'values': ['a', 'b']}
        lock = {'setting': 'A', 'value': 'x', 'locks': ['B']}
        risk = {'setting': 'A', 'risk': 'boot'}
        documents: Sequence[tuple[Any, ...]] = (
            ([], ()),
            ({'it': fine},),
            ({'it': []}, ('it',)),
            ({'locks': {}}, ('locks',)),
            ({'It': fine}, ('It',)),
            ({'it': {}}, ('it', 'values')),
            ({'it': {'values': []}}, ('it', 'values')),
            ({'it': {'values': ['a', 1]}}, ('it', 'values')),
            ({'it': {'values': ['a  b']}}, ('it', 'values')),
            ({'it': {'values': ['']}}, ('it', 'values')),
            ({'it': {'values': ['\x07']}}, ('it', 'values')),
            ({'it': {'values': ['vendor']}}, ('it', 'values')),
            ({'it': {**fine, 'incapable': 1}},),
            ({'it': {**fine, 'odd': 1}}, ('it', 'odd')),
            ({'it': {**fine, 'help': 1}}, ('it', 'help')),
            ({'it': {**fine, 'risks': 'boot'}}, ('it', 'risks')),
            ({'it': {**fine, 'risks': ['boot']}},),
            ({'it': {**fine, 'risks': ['odd']}}, ('it', 'risks')),
            ({'it': {**fine, 'risks': [1]}}, ('it', 'risks')),
            ({'it': {**fine, 'needs': []}}, ('it', 'needs')),
            ({'it': {**fine, 'needs': {'a': [['T']]}}},),
            ({'it': {**fine, 'needs': {'c': [['T']]}}}, ('it', 'needs', 'c')),
            ({'it': {**fine, 'needs': {'a': []}}}, ('it', 'needs', 'a')),
            ({'it': {**fine, 'needs': {'a': 'T'}}}, ('it', 'needs', 'a')),
            ({'it': {**fine, 'needs': {'a': ['T']}}}, ('it', 'needs', 'a')),
            (
                {'it': {**fine, 'needs': {'a': [['T'], 'T']}}},
                ('it', 'needs', 'a'),
            ),
            ({'it': {**fine, 'bios': {}}}, ('it', 'bios')),
            ({'it': {**fine, 'bios': [1]}}, ('it', 'bios', '0')),
            ({'it': {**fine, 'bios': [{'a': {'S': 'x'}}]}},),
            (
                {'it': {**fine, 'bios': [{'a': {'S': None}}]}},
                ('it', 'bios', '0', 'a'),
            ),
            (
                {'it': {**fine, 'bios': [{'a': {1: 'x'}}]}},
                ('it', 'bios', '0', 'a'),
            ),
            (
                {'it': {**fine, 'bios': [{}, {'c': {'S': 'x'}}]}},
                ('it', 'bios', '1', 'c'),
            ),
            ({'it': {**fine, 'bios': [{'vendor': 'V', 'source': 'value'}]}},),
            (
                {'it': {**fine, 'bios': [{'vendor': 1}]}},
                ('it', 'bios', '0', 'vendor'),
            ),
            (
                {'it': {**fine, 'bios': [{'source': 'odd'}]}},
                ('it', 'bios', '0', 'source'),
            ),
            ({'locks': [lock]},),
            ({'locks': [1]}, ('locks', '0')),
            ({'locks': [lock, {}]}, ('locks', '1')),
            ({'locks': [{**lock, 'more': 1}]}, ('locks', '0')),
            (
                {'locks': [{'setting': 'A', 'value': 'x'}]},
                ('locks', '0'),
            ),
            ({'locks': [{**lock, 'setting': 1}]}, ('locks', '0')),
            ({'locks': [{**lock, 'value': []}]}, ('locks', '0')),
            ({'locks': [{**lock, 'locks': 'B'}]}, ('locks', '0')),
            ({'locks': [{**lock, 'locks': [1]}]}, ('locks', '0')),
            ({'risks': [risk]},),
            ({'risks': [{**risk, 'value': 'x'}]},),
            ({'risks': [{**risk, 'except': 1}]},),
            ({'risks': [1]}, ('risks', '0')),
            ({'risks': [risk, {}]}, ('risks', '1')),
            ({'risks': [{**risk, 'setting': 1}]}, ('risks', '0')),
            ({'risks': [{**risk, 'setting': ''}]}, ('risks', '0')),
            ({'risks': [{**risk, 'risk': 'odd'}]}, ('risks', '0')),
            ({'risks': [{'setting': 'A'}]}, ('risks', '0')),
            ({'risks': [{**risk, 'value': []}]}, ('risks', '0')),
            ({'risks': [{**risk, 'more': 'x'}]}, ('risks', '0')),
            (
                {'risks': [{**risk, 'value': 'x', 'except': 'y'}]},
                ('risks', '0'),
            ),
            ({'volatile': ['A*']},),
            ({'volatile': [1]}, ('volatile',)),
            ({'unique': ['A*']},),
            ({'unique': ['']}, ('unique',)),
            ({'vendors': {'V': ['A*'], 'W': None}},),
            ({'vendors': {'V': 'A*'}}, ('vendors', 'V')),
            ({'vendors': {1: ['A*']}}, ('vendors', '1')),
            ({'vendors': {'V': [1]}}, ('vendors', 'V')),
            ({'it': fine, 'profiles': {'p': {'it': 'a'}, 'q': None}},),
            (
                {'it': fine, 'profiles': {'p': {'it': 1}}},
                ('profiles', 'p', 'it'),
            ),
            (
                {'it': fine, 'profiles': {'p': {'it': 'c'}}},
                ('profiles', 'p', 'it'),
            ),
            (
                {'it': fine, 'profiles': {'p': {'its': 'a'}}},
                ('profiles', 'p', 'its'),
            ),
            (
                {'it': fine, 'profiles': {'P_1': {'it': 'a'}}},
                ('profiles', 'P_1'),
            ),
            (
                {'it': fine, 1: fine, 'profiles': {'p': {2: 'a'}}},
                ('1',),
                ('profiles', 'p', '2'),
            ),
            ({'profiles': {'p': {}}}, ('profiles', 'p')),
            ({'profiles': {'p': ['a']}}, ('profiles', 'p')),
            ({'profiles': []}, ('profiles',)),
            ({'cloud': {'resize': True}},),
            ({'cloud': {'resize': 1}}, ('cloud', 'resize')),
            ({'cloud': {'odd': True}}, ('cloud', 'odd')),
            ({'it': None, 'locks': None},),
        )
        for document, *paths in documents:
            with self.subTest(document=document):
                self.assertEqual(list(paths), self.faults(document))

    def test_what_it_says(self) -> None:
        found = catalogue.parse(
            {
                'it': {
                    'values': ['a', 'a', 'b'],
                    'needs': {'a': [['T', 'U'], ['V']]},
                    'risks': ['boot'],
                },
                'locks': [{'setting': 'A', 'value': 1, 'locks': ['B']}],
                'risks': [{'setting': 'A', 'risk': 'boot', 'except': 'y'}],
                'volatile': ['A*'],
                'unique': ['B*'],
                'vendors': {'V': ['A*'], 'W': None},
                'cloud': {'resize': True},
            }
        )
        assert isinstance(found, Catalogue)
        [it] = found.types.values()
        self.assertEqual(('a', 'b'), it.values)
        self.assertEqual({'a': (frozenset('TU'), frozenset('V'))}, it.needs)
        self.assertEqual((True, ('A*',)), (found.resizes, found.volatile))
        self.assertEqual(('B*',), found.unique)
        self.assertEqual({'V': ['A*']}, found.vendors)
        [lock], [risk] = found.locks, found.risks
        self.assertEqual(
            ('A', 1, {'B'}), (lock.name, lock.value, lock.settings)
        )
        self.assertEqual(RiskySetting('A', Risk.BOOT, None, 'y'), risk)
        for cloud in ({'resize': False}, {}):
            empty = catalogue.parse({'cloud': cloud})
            assert isinstance(empty, Catalogue)
            self.assertFalse(empty.resizes)

    def test_a_message_has_room_for_ten_words_of_sixty(self) -> None:
        for count, told in ((10, 'w9'), (11, 'w9, ...'), (12, 'w9, ...')):
            words = [f'w{number}' for number in range(count)]
            document = {'it': {'values': words, 'needs': {'x': [['T']]}}}
            found = catalogue.parse(document)
            assert not isinstance(found, Catalogue)
            self.assertTrue(found[0].text.endswith(f'w8, {told}'), found)
        for length in (60, 61):
            document = {
                'it': {'values': ['a'], 'needs': {'x' * length: [['T']]}}
            }
            found = catalogue.parse(document)
            assert not isinstance(found, Catalogue)
            self.assertEqual(f"'{'x' * 60}' is none of a", found[0].text)

    def test_one_laid_over_another(self) -> None:
        below = {
            'it': {
                'values': ['a', 'b'],
                'help': 'x',
                'needs': {'a': [['T']], 'b': [['T']]},
                'bios': [
                    {'a': {}, 'b': {}, 'vendor': 'V', 'source': 'value'},
                    1,
                ],
            },
            'old': {'values': ['a']},
            'volatile': ['A'],
        }
        for above, name, expected in (
            ({}, 'it', below['it']),
            ({'it': None}, 'it', None),
            ({'new': {'values': ['a']}}, 'new', {'values': ['a']}),
            ({'volatile': ['B']}, 'volatile', ['B']),
            ({'volatile': {}}, 'volatile', ['A']),
            ({'old': []}, 'old', {'values': ['a']}),
            ({'old': {'help': 'y'}}, 'old', {'values': ['a'], 'help': 'y'}),
            (
                {'it': {'values': ['b', 'c']}},
                'it',
                {
                    'values': ['b', 'c'],
                    'help': 'x',
                    'needs': {'b': [['T']]},
                    'bios': [{'b': {}, 'vendor': 'V', 'source': 'value'}, 1],
                },
            ),
        ):
            with self.subTest(above=above):
                layers: Any = above
                found = catalogue.overlay(below, layers)
                self.assertEqual(expected, found.get(name))


class ReadingTest(base.TestCase):
    def test_whose_bios_it_is(self) -> None:
        for vendors, vendor in (
            ({}, ''),
            ({'V': ['A']}, 'V'),
            ({'V': ['X']}, ''),
            ({'V': ['A'], 'W': ['B']}, ''),
            ({'V': ['A', 'B'], 'W': ['B']}, 'V'),
            ({'V': ['A*'], 'W': ['C']}, 'V'),
            ({'V': ['X'], 'W': ['Y']}, ''),
        ):
            known: Any = vendors
            self.assertEqual(
                vendor, firmware.vendor(known, firmware.Names(['A', 'B']))
            )

    def test_what_a_pattern_may_begin_with(self) -> None:
        for pattern, name, matches in (
            ('A-1_b. *', 'A-1_b. x', True),
            ('Z9*', 'Z9', True),
            ('A#', 'AF', True),
            ('A#', 'AG', False),
            ('A', 'AB', False),
            ('[AB]x', 'Bx', True),
        ):
            kind = firmware.Firmware(values={'on': {pattern: 'x'}})
            found = firmware.every([kind], firmware.Names([name]))
            self.assertEqual(matches, bool(found), pattern)

    def test_the_first_source_that_tells(self) -> None:
        bios = snapshots.bios({'A': 'x', 'B': 'y'})
        on, off = ('on', {'A': 'x'}), ('off', {'A': 'z'})
        also: tuple[str, dict[str, Any]] = ('off', {'B': 'y'})
        empty: tuple[str, dict[str, Any]] = ('on', {})
        for sources, value, reason in (
            ([[on, off]], 'on', ''),
            ([[off], [on]], 'on', ''),
            ([[on, also]], None, 'A=x, B=y is off and on at once'),
            ([[on, on]], 'on', ''),
            ([[off]], None, 'A=x'),
            ([[empty]], None, 'no setting of its BIOS is one'),
            ([], None, 'no setting of its BIOS is one'),
        ):
            with self.subTest(sources=sources):
                known: Any = sources
                found = assessment.read(known, bios)
                self.assertEqual(value, found.value)
                self.assertTrue(found.reason.startswith(reason))
                self.assertEqual(bool(value), not found.reason)
        found = assessment.read([], {})
        self.assertIn('has read no BIOS settings', found.reason)

    def test_as_if_a_type_were_not_recorded(self) -> None:
        metadata = {f'deploy-config:{HT}': 'enabled'}
        made = assess(
            snapshots.snapshot({'server': {'metadata': metadata}}),
            Catalogue({}),
        )
        for types, value in (
            ([], 'enabled'),
            ([HT], 'disabled'),
            (['x'], 'enabled'),
        ):
            row = made.without(types).rows[HT]
            self.assertEqual(value, row.desired.value)


class PlannerTest(base.TestCase):
    def make(
        self,
        metadata: dict[str, str],
        aim: Aim = Aim.SET,
        options: Options | None = None,
        **words: Any,
    ) -> Plan:
        made = snapshots.snapshot({'server': {'metadata': metadata}, **words})
        return planner.make(
            [Item(HT, 'enabled')],
            assess(made, files.load(())),
            options or Options(),
            aim,
        )

    def test_a_request_that_has_failed_is_rolled_back(self) -> None:
        other = dataclasses.replace(
            Pending(value='x', failure='no'), digest='00'
        )
        for entry, aim, is_undone in (
            ({}, Aim.SET, False),
            ({'failure': 'no'}, Aim.SET, True),
            ({'failure': 'no', 'unapplied': True}, Aim.SET, False),
            ({'failure': 'no'}, Aim.RETRY, False),
        ):
            found = self.make(moves.entries(entry), aim)
            self.assertEqual(is_undone, not found.steps, str((entry, aim)))
        two = moves.entries({'failure': 'no'}) | journal.begin(
            {'turbo': other}, {}
        )
        refused = self.assertRaises(errors.Refused, self.make, two)
        self.assertIn('unfinished-change', refused.codes)

    def test_what_was_before_is_by_the_journal_where_it_was_started(
        self,
    ) -> None:
        enabled: Any = {'bios': {'LogicalProc': 'Enabled'}}
        for entry, before in (
            ({}, 'Disabled'),
            ({'digest': None}, None),
            ({'unchanged': True}, None),
        ):
            found = self.make(moves.entries(entry), **enabled)
            expected = {} if before is None else {'LogicalProc': before}
            self.assertEqual(expected, found.was, str(entry))

    def test_a_template_that_sets_more_since_then(self) -> None:
        template = snapshots.template('on', 'enabled')
        template['steps'][0]['args']['settings'].append(
            {'name': 'More', 'value': 'Enabled'}
        )
        words: Any = {
            'bios': {'LogicalProc': 'Disabled', 'More': 'Disabled'},
            'templates': [template],
        }
        self.assertEqual(2, len(self.make({}, **words).was))
        refused = self.assertRaises(
            errors.Refused, self.make, moves.entries({}), **words
        )
        self.assertEqual(('template-changed',), refused.codes[:1])

    def test_what_is_checked_of_the_server_where_nothing_changes(self) -> None:
        right = {f'deploy-config:{HT}': 'enabled'}
        for metadata, bios, is_refused in (
            (right, 'Enabled', False),
            ({}, 'Enabled', True),
            (right, 'Disabled', True),
            (right | moves.entries({'unchanged': True}), 'Enabled', True),
        ):
            made = snapshots.snapshot(
                {
                    'server': {'metadata': metadata, 'is_locked': True},
                    'bios': {'LogicalProc': bios},
                }
            )
            try:
                planner.make(
                    [Item(HT, 'enabled')], assess(made, files.load(()))
                )
            except errors.Refused as error:
                self.assertEqual(('server-locked',), error.codes)
                self.assertTrue(is_refused)
            else:
                self.assertFalse(is_refused)

    def test_the_runbook_that_undoes(self) -> None:
        steps_ = {'on': 'enabled', 'off': 'disabled'}
        found = [
            snapshots.template(name, value)
            | {
                'kind': 'runbook',
                'traits': ['HW_CPU_HYPERTHREADING'],
                'name': f'HT_{name.upper()}',
            }
            for name, value in steps_.items()
        ]
        made = snapshots.snapshot({'templates': found})
        made = dataclasses.replace(
            made,
            templates=tuple(
                dataclasses.replace(
                    one, approved_for=frozenset({'HW_CPU_HYPERTHREADING'})
                )
                for one in made.templates
            ),
        )
        plan = planner.make(
            [Item(HT, 'enabled')], assess(made, files.load(()))
        )
        self.assertEqual(
            ('HT_ON', 'HT_OFF'), (plan.runbook, plan.undo_runbook)
        )
        by_steps = planner.make(
            [Item(HT, 'enabled')],
            assess(made, files.load(())),
            Options(method=Method.SERVICE),
        )
        self.assertEqual(
            (None, None), (by_steps.runbook, by_steps.undo_runbook)
        )


class SideEffectsTest(base.TestCase):
    def rest(self, *, is_first: bool = True, **bios: Any) -> side_effects.Rest:
        return side_effects.rest(
            snapshots.bios(bios),
            ('Named',),
            dataclasses.replace(BLANK, volatile=('Vol*',)),
            is_first=is_first,
        )

    def test_what_is_other_than_before(self) -> None:
        before: Any = {'A': '1', 'B': '2', 'Named': 'x', 'Volatile': 'x'}
        for now, told in (
            (before, ()),
            (before | {'Named': 'y', 'Volatile': 'y'}, ()),
            (before | {'A': '0'}, ('A is 0',)),
            (before | {'B': '3'}, ('B is 3',)),
            (before | {'A': '9', 'B': '9'}, ('A is 9', 'B is 9')),
            (before | {'C': 'x'}, ('C is new',)),
            (
                {n: v for n, v in before.items() if n != 'A'},
                ('A is gone',),
            ),
        ):
            with self.subTest(now=now):
                found = side_effects.changed(
                    self.rest(**before), snapshots.bios(now)
                )
                self.assertEqual(told, found)

    def test_what_an_earlier_run_has_read(self) -> None:
        bios = snapshots.bios({'A': '1'})
        first = side_effects.rest(bios, (), BLANK, is_first=True)
        for before, count in (
            (first.before, 0),
            ('0' * 16, 1),
            ('f' * 16, 1),
            (None, 1),
        ):
            later = side_effects.rest(bios, (), BLANK, before, is_first=False)
            self.assertEqual(
                count, len(side_effects.so_far(later)), str(before)
            )
        self.assertEqual((), side_effects.so_far(first))


class ResultTest(base.TestCase):
    def test_how_many_have_failed(self) -> None:
        fine = Ended(1.0, Outcome(1.0, None, is_finished=True))
        failed = Ended(1.0, error=errors.Incomplete('no'))
        rolled = Rolled(ended={'a': fine, 'b': failed, 'c': failed})
        self.assertEqual(2, rolled.failed)
        self.assertFalse(rolled.is_interrupted)
        self.assertFalse(rolled.is_dropped)
        # What has failed is out of service unless it is known not to be.
        self.assertTrue(failed.is_out)


class SayingTest(base.TestCase):
    """What is present is told to scripts as it is."""

    def test_what_is_present(self) -> None:
        server, node = snapshots.server({}), snapshots.node({})
        item = Item(HT, 'enabled')
        for words, function, present in (
            ({'task_state': 'x'}, violations.server_busy, 'x'),
            ({'task_state': None}, violations.server_busy, ''),
        ):
            busy = dataclasses.replace(server, **words)
            self.assertEqual(present, function(busy).present)
        for more, of_node, present in (
            ({'reservation': 'c'}, violations.node_reserved, 'c'),
            ({'reservation': None}, violations.node_reserved, ''),
            ({'maintenance_reason': 'r'}, violations.node_maintenance, 'r'),
            ({'maintenance_reason': None}, violations.node_maintenance, ''),
        ):
            held: Any = more
            found = of_node(dataclasses.replace(node, **held))
            self.assertEqual(present, found.present)
        clash = violations.setting_clash('S', (item, 'A'), (item, 'B'))
        self.assertEqual('A and B', clash.present)
        for error, end in ((None, 'active'), ('x', 'active: x')):
            failed = dataclasses.replace(node, last_error=error)
            text = violations.node_state(failed).text
            self.assertTrue(text.endswith(f'must be {end}'), text)

    def test_what_an_operator_is_to_create(self) -> None:
        item = Item(HT, 'enabled')
        for is_hidden, is_runbook, kind in (
            (False, False, 'deploy template'),
            (True, False, 'runbook'),
            (False, True, 'runbook'),
            (True, True, 'runbook'),
        ):
            found = violations.template_missing(
                item, is_hidden=is_hidden, is_runbook=is_runbook
            )
            self.assertIn(f'openstack baremetal {kind} create', found.hint)

    def test_whose_change_has_not_finished(self) -> None:
        server = snapshots.server({})
        mine = violations.unfinished_change(server, 'x')
        other = violations.unfinished_change(server, 'x', is_other=True)
        self.assertTrue(mine.text.startswith('a change'))
        self.assertTrue(other.text.startswith('another change'))


class StepsTest(base.TestCase):
    def step(self, settings: Any, **more: Any) -> Step:
        words = {'interface': 'bios', 'step': 'apply_configuration', **more}
        return Step(args={'settings': settings}, **words)

    def test_settings_that_a_step_cannot_apply(self) -> None:
        fine = {'name': 'A', 'value': 'x'}
        for settings, is_whole in (
            ([fine], True),
            ([fine, {'name': 'B', 'value': 1}], True),
            ([fine, {'name': 'B'}], False),
            ([fine, {'name': 'B', 'value': None}], False),
            ([fine, {'name': 'B', 'value': []}], False),
            ([fine, 'B'], False),
            ({'A': 'x'}, False),
        ):
            step = self.step(settings)
            self.assertEqual(is_whole, not steps.missing(step), str(settings))
            self.assertEqual(is_whole, bool(steps.settings([step])))

    def test_what_is_typed(self) -> None:
        bios = {
            'N': BiosSetting(name='N', value='1', attribute_type='Integer')
        }
        number = self.step([{'name': 'N', 'value': '5'}])
        other = self.step([{'name': 'N', 'value': '5'}], interface='raid')
        empty = self.step([])
        found = steps.typed([number, other, empty], bios)
        self.assertEqual(
            [{'name': 'N', 'value': 5}], found[0].args['settings']
        )
        self.assertEqual((other, empty), found[1:])

    def test_the_order_of_arguments_does_not_matter(self) -> None:
        one = Step(interface='i', step='s', args={'a': 1, 'b': 2})
        other = Step(interface='i', step='s', args={'b': 2, 'a': 1})
        self.assertTrue(steps.is_same([one], [other]))
        self.assertEqual(one, dataclasses.replace(one, priority=9))
        self.assertEqual(0, one.priority)

    def test_which_template_wins(self) -> None:
        made = snapshots.snapshot({})
        [template] = made.templates
        runbook = dataclasses.replace(template, kind=Kind.RUNBOOK, name='A')
        special = dataclasses.replace(
            template, name='Z', required_traits=frozenset({'T'})
        )
        less = dataclasses.replace(runbook, steps=())
        for fitting, names in (
            ((template, runbook), [template.name]),
            ((template, runbook, special), ['Z']),
            ((template, less), ['A']),
            ((runbook, dataclasses.replace(runbook, name='B')), ['A', 'B']),
            ((), []),
        ):
            found: Sequence[Any] = templates.most_specific(fitting)
            self.assertEqual(names, [one.name for one in found])

    def test_what_a_setting_holds_that_is_not_there(self) -> None:
        there = BiosSetting(name='A', value='x')
        gone = BiosSetting(name='A', value=None)
        for setting, value, holds in (
            (there, 'x', True),
            (there, None, False),
            (gone, 'x', False),
            (gone, None, True),
            (None, None, True),
            (None, 'x', False),
        ):
            self.assertEqual(holds, values.holds(setting, value))


class FlavorsTest(base.TestCase):
    def test_a_flavor_that_some_projects_have_could_be_a_variant(self) -> None:
        specs = {f'deploy-config:{HT}': 'enabled'}
        for is_public, extra_specs, is_for_some in (
            (False, specs, True),
            (True, specs, False),
            (False, {}, False),
            (True, {}, False),
        ):
            flavor = snapshots.flavor(
                {
                    'name': 'f',
                    'is_public': is_public,
                    'extra_specs': extra_specs,
                }
            )
            self.assertEqual(is_for_some, flavors.is_for_some(flavor))
        self.assertTrue(snapshots.flavor({'name': 'f'}).is_public)
