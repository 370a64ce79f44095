"""The entries of a change: how they are written, and what is believed."""

import dataclasses
import json
from typing import Any

from osc_baremetal_config.core.facts import journal
from osc_baremetal_config.core.facts.journal import Pending, Previous
from osc_baremetal_config.core.facts.metadata import PENDING, PREVIOUS
from osc_baremetal_config.core.facts.model import Item
from tests.unit import base

TIME = '2026-06-01T00:00:00+00:00'
DAMAGED = 'its entry in the server metadata is damaged'
NOT_A_DIGEST = (
    'the digest in the entries is not that of the entries: one was added, '
    'removed or edited'
)


def pending(**entry: Any) -> Pending:
    """Return what is read of an entry with these keys."""
    there = {PENDING + 'x': json.dumps(entry)}
    return journal.pending(there)['x']


def previous(**entry: Any) -> Previous:
    """Return what is read of an entry of before with these keys."""
    there = {PREVIOUS + 'x': json.dumps(entry)}
    return journal.previous(there)['x']


class PendingTest(base.TestCase):
    def test_what_is_of_its_form_is_read(self) -> None:
        for entry, expected in (
            ({}, Pending(value='v')),
            ({'power': 'on'}, Pending(value='v', power='on')),
            ({'power': 'off'}, Pending(value='v', power='off')),
            ({'since': TIME}, Pending(value='v', since=TIME)),
            ({'wish': '0af9'}, Pending(value='v', digest='0af9')),
            ({'settled': True}, Pending(value='v', unchanged=True)),
            ({'settled': False}, Pending(value='v')),
            ({'settled': 1}, Pending(value='v')),
            ({'resize': True}, Pending(value='v', resize=True)),
            ({'resize': 'yes'}, Pending(value='v')),
            ({'forgets': True}, Pending(value='v', forgets=True)),
            ({'forgets': 1}, Pending(value='v')),
            ({'node': 'n'}, Pending(value='v', node='n')),
            ({'flavor': 'f'}, Pending(value='v', flavor='f')),
            ({'by': '0a'}, Pending(value='v', by='0a')),
            ({'record': ''}, Pending(value='v', record='')),
            ({'bios': '0a'}, Pending(value='v', bios='0a')),
            ({'failure': 'x'}, Pending(value='v', failure='x')),
            (
                {'failure': 'x', 'unapplied': True},
                Pending(value='v', failure='x', unapplied=True),
            ),
            (
                {'failure': 'x', 'unapplied': 1},
                Pending(value='v', failure='x'),
            ),
            ({'unknown': 1, 'power': None}, Pending(value='v')),
        ):
            with self.subTest(entry=entry):
                self.assertEqual(expected, pending(value='v', **entry))

    def test_what_is_not_of_its_form_is_not_believed(self) -> None:
        for entry in (
            {'power': 'On'},
            {'power': 1},
            {'since': 'yesterday'},
            {'since': '2026-13-01T00:00:00'},
            {'wish': 'xyz'},
            {'wish': ''},
            {'wish': '0' * 65},
            {'node': 1},
            {'flavor': ['f']},
            {'by': 'Z'},
            {'record': 1},
            {'bios': 'no'},
            {'failure': 1},
            # That it may come true needs a failure that says what.
            {'unapplied': True},
            {'unapplied': True, 'failure': ''},
        ):
            with self.subTest(entry=entry):
                found = pending(value='v', **entry)
                self.assertEqual(('v', DAMAGED), (found.value, found.fault))
        for value in (1, None, ['v'], True):
            found = pending(value=value)
            self.assertEqual(('?', DAMAGED), (found.value, found.fault))
        for text in ('{', ' {"value": "v"', '{"value": "v"', '{]'):
            found = journal.pending({PENDING + 'x': text})['x']
            self.assertEqual(('?', DAMAGED), (found.value, found.fault))

    def test_one_that_a_person_has_written_is_a_value(self) -> None:
        for text in ('enabled', '[1]', '1', 'null', '"v"'):
            found = journal.pending({PENDING + 'x': text})['x']
            self.assertEqual(Pending(value=text), found)
            before = journal.previous({PREVIOUS + 'x': text})['x']
            self.assertEqual(Previous(value=text), before)

    def test_a_text_is_as_long_as_nova_has_it(self) -> None:
        for length, kept in ((255, 255), (256, 255)):
            found = journal.pending({PENDING + 'x': 'v' * length})['x']
            self.assertEqual(kept, len(found.value))

    def test_the_digest_is_that_of_all_entries(self) -> None:
        items = [Item('a', '1'), Item('b', '2')]
        for resize in (True, False):
            digest = journal.digest(items, resize=resize)
            self.assertEqual(8, len(digest))
            self.assertEqual(
                digest, journal.digest(items[::-1], resize=resize)
            )
            entries = {
                item.type: Pending(
                    value=item.value, digest=digest, resize=resize
                )
                for item in items
            }
            self.assertEqual([], journal.faults(entries))
            # One of a person is believed.
            by_hand = dataclasses.replace(entries['a'], digest=None)
            self.assertEqual([], journal.faults(entries | {'a': by_hand}))
            more: Any
            for name, more in (
                ('a', {'value': '3'}),
                ('a', {'digest': '00'}),
                ('b', {'digest': 'ffffffff'}),
                ('c', {}),
            ):
                other = dataclasses.replace(entries['a'], **more)
                self.assertEqual(
                    [NOT_A_DIGEST], journal.faults(entries | {name: other})
                )
        # It is in the metadata of servers, so it has to stay the same.
        for resize, digest in ((False, 'fecfed79'), (True, 'bd32c3c2')):
            self.assertEqual(digest, journal.digest(items, resize=resize))
        damaged = Pending(value='v', fault='odd')
        self.assertEqual(['x: odd'], journal.faults({'x': damaged}))


class PreviousTest(base.TestCase):
    def test_what_is_of_its_form_is_read(self) -> None:
        settings: Any = {'a': 'x', 'b': 1, 'c': True}
        for entry, expected in (
            ({}, Previous()),
            ({'value': 'v'}, Previous(value='v')),
            ({'at': TIME}, Previous(at=TIME)),
            ({'settings': settings}, Previous(settings=settings)),
            ({'settings': {}}, Previous()),
            ({'value': None, 'at': None}, Previous()),
        ):
            with self.subTest(entry=entry):
                self.assertEqual(expected, previous(**entry))

    def test_what_is_not_of_its_form_is_not_believed(self) -> None:
        entry: Any
        for entry in (
            {'value': 1},
            {'at': 'yesterday'},
            {'settings': []},
            {'settings': 'x'},
            {'settings': None},
            {'settings': {'a': None}},
            {'settings': {'a': 'x', 'b': []}},
            {'settings': {'a': 1.5}},
        ):
            with self.subTest(entry=entry):
                self.assertEqual(DAMAGED, previous(**entry).fault)
        kept = previous(settings={'a': 'x', 'b': []})
        self.assertEqual({'a': 'x'}, kept.settings)
        cut = journal.previous({PREVIOUS + 'x': '{"value": "v"'})['x']
        self.assertEqual((None, DAMAGED), (cut.value, cut.fault))


class PartsTest(base.TestCase):
    """An entry that is longer than a value of metadata can be."""

    def test_it_is_put_together_again(self) -> None:
        around = len('{"settings": {"a": ""}}')
        for length, count in (
            (1, 1),
            (255 - around, 1),
            (256 - around, 2),
            (2 * 255 - around, 2),
            (2 * 255 - around + 1, 3),
            (16 * 255 - around, 16),
        ):
            was = Previous(settings={'a': 'x' * length})
            there = journal.begin({}, {'t': was})
            self.assertEqual(count, len(there), str(length))
            self.assertEqual(was, journal.previous(there)['t'])

    def test_one_of_more_items_than_are_read_is_damaged(self) -> None:
        for length, fault in ((4057, None), (4058, DAMAGED)):
            was = Previous(settings={'a': 'x' * length})
            there = journal.begin({}, {'t': was})
            found = journal.previous(there)['t']
            self.assertEqual(fault, found.fault, str(len(there)))

    def test_one_of_which_a_part_is_missing_is_damaged(self) -> None:
        there = {f'{PREVIOUS}t': '{"value"', f'{PREVIOUS}t:2': ': "v"}'}
        self.assertEqual(DAMAGED, journal.previous(there)['t'].fault)

    def test_what_follows_a_whole_entry_is_of_a_longer_one(self) -> None:
        there = {
            **journal.begin({}, {'t': Previous(value='v')}),
            f'{PREVIOUS}t:1': 'rest',
        }
        self.assertEqual(Previous(value='v'), journal.previous(there)['t'])
        self.assertEqual({'t'}, journal.previous(there).keys())

    def test_the_rest_of_an_entry_is_nobody_s(self) -> None:
        self.assertEqual({}, journal.previous({f'{PREVIOUS}t:1': '{}'}))
        for name, is_type in (
            ('t', True),
            ('t:1', False),
            ('t:12', False),
            (':1', True),
            ('t:', True),
            ('t:x', True),
        ):
            self.assertEqual(is_type, journal.is_type(name), name)

    def test_its_keys(self) -> None:
        there = dict.fromkeys(
            (
                f'{PREVIOUS}t',
                f'{PREVIOUS}t:1',
                f'{PREVIOUS}t:10',
                f'{PREVIOUS}t:x',
                f'{PREVIOUS}t2',
                f'{PREVIOUS}s:1',
                f'{PREVIOUS}z:1',
                f'{PENDING}t',
            ),
            '',
        )
        keys = [f'{PREVIOUS}t', f'{PREVIOUS}t:1', f'{PREVIOUS}t:10']
        self.assertEqual(keys, journal.keys(PREVIOUS, 't', there))
        self.assertEqual([], journal.keys(PREVIOUS, 'u', there))


class FailureTest(base.TestCase):
    def written(self, failure: str) -> tuple[int, str]:
        """Return how many items a failure takes, and what is read of it."""
        entry = Pending(value='v', failure=failure)
        there = journal.begin({'t': entry}, {})
        return len(there), journal.pending(there)['t'].failure or ''

    def test_it_takes_two_items_and_keeps_its_end(self) -> None:
        around = len(json.dumps({'value': 'v', 'failure': ''}))
        longest = 2 * 255 - around
        for length, count, kept in (
            (1, 1, 1),
            (255 - around, 1, 255 - around),
            (256 - around, 2, 256 - around),
            (longest, 2, longest),
            (longest + 1, 2, longest - 3),
            (5000, 2, longest - 3),
        ):
            failure = ''.join(str(n % 10) for n in range(length))
            found, read = self.written(failure)
            self.assertEqual(count, found, str(length))
            cut = '...' if kept < length else ''
            self.assertEqual(cut + failure[-kept:], read, str(length))

    def test_one_that_is_not_ascii_takes_no_more(self) -> None:
        for text, kept in (
            ('ö' * 70, 'ö' * 70),
            ('ö' * 400, '...' + '?' * 400),
        ):
            self.assertEqual((2, kept), self.written(text))
        self.assertEqual(2, self.written('ö' * 500)[0])

    def test_what_json_escapes_fits_as_well(self) -> None:
        text = 'the BMC says "no"\n' * 40
        found, read = self.written(text)
        self.assertEqual(2, found)
        self.assertTrue(text.endswith(read.removeprefix('...')))

    def test_a_long_entry_without_one_is_written_whole(self) -> None:
        entry = Pending(value='v' * 255, record='r' * 255, node='n' * 255)
        there = journal.begin({'t': entry}, {})
        self.assertEqual(4, len(there))
        self.assertEqual(entry, journal.pending(there)['t'])

    def test_something_of_it_is_kept_however_long_the_rest_is(self) -> None:
        entry = Pending(value='v' * 255, record='r' * 255, failure='why')
        there = journal.begin({'t': entry}, {})
        failure = journal.pending(there)['t'].failure
        self.assertEqual('...y', failure)


class RoomTest(base.TestCase):
    def test_how_much_nova_can_hold(self) -> None:
        for there, new, fits in (
            (127, 1, True),
            (128, 1, False),
            (128, 0, True),
            (0, 128, True),
            (0, 129, False),
        ):
            metadata = {f'k{n}': '' for n in range(there)}
            entries = {f'n{n}': '' for n in range(new)}
            found = journal.too_much(metadata, entries)
            self.assertEqual(fits, found is None, str((there, new)))
        same = {f'k{n}': '' for n in range(128)}
        self.assertIsNone(journal.too_much(same, same))

    def test_which_keys_nova_takes(self) -> None:
        for key, fits in (
            ('a', True),
            ('a b-c_d:e.f', True),
            ('a/b', False),
            ('', False),
            ('ä', False),
            ('a' * 255, True),
            ('a' * 256, False),
        ):
            found = journal.too_much({}, {key: ''})
            self.assertEqual(fits, found is None, key)
