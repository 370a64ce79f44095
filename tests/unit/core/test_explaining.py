"""What a person is told: the situation, the ways out, what can be set."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import Assessment, assess
from osc_baremetal_config.core.desired.catalogue import Catalogue, ConfigType
from osc_baremetal_config.core.desired.firmware import Firmware
from osc_baremetal_config.core.explain import (
    bios_settings,
    diagnosis,
    history,
    option_list,
    recovery,
)
from osc_baremetal_config.core.explain.option_list import Capability
from osc_baremetal_config.core.facts import journal, provision_state
from osc_baremetal_config.core.facts.journal import Pending, Previous
from osc_baremetal_config.core.facts.metadata import PENDING
from osc_baremetal_config.core.facts.model import Event, Item
from osc_baremetal_config.core.facts.registry import Lock
from osc_baremetal_config.core.plan import preconditions, reconcile
from osc_baremetal_config.core.plan.model import Aim
from osc_baremetal_config.core.plan.options import OnFailure, Options
from tests.unit import base
from tests.unit.core import moves, snapshots
from tests.unit.core.moves import BEGAN, HT

NOW_S = 1780272000.0
FAILED = {'provision_state': 'service failed', 'last_error': 'denied'}
AT_WORK = {'provision_state': 'servicing'}
OURS = {**FAILED, 'maintenance': True, 'fault': 'service failure'}
# Two types that a BIOS tells, one that only a trait tells, one that nothing.
CATALOGUE = Catalogue(
    {
        name: ConfigType(
            name=name,
            help='',
            values=('enabled', 'disabled'),
            needs=needs,
            bios=kinds,
            risks=(),
        )
        for name, needs, kinds in (
            (
                HT,
                {'enabled': (frozenset({'HW_CPU_HYPERTHREADING'}),)},
                (
                    Firmware(
                        values={
                            'enabled': {'LogicalProc': 'Enabled'},
                            'disabled': {'LogicalProc': 'Disabled'},
                        }
                    ),
                ),
            ),
            ('turbo', {}, (Firmware(values={'enabled': {'Turbo': 'On'}}),)),
            ('sriov', {'enabled': (frozenset({'HW_NIC_SRIOV'}),)}, ()),
            ('vtd', {}, ()),
        )
    }
)


def assessed(**words: Any) -> Assessment:
    return assess(snapshots.snapshot(words), CATALOGUE)


class DiagnosisTest(base.TestCase):
    def words(
        self,
        entries: Mapping[str, Pending] | None = None,
        server: Mapping[str, Any] | None = None,
        node: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the situation as one text."""
        metadata = journal.begin(entries or {}, {})
        found = diagnosis.explain(
            snapshots.server({'metadata': metadata, **(server or {})}),
            snapshots.node(dict(node or {})),
            NOW_S,
        )
        return ' '.join(found.words)

    def test_the_change(self) -> None:
        entry = Pending(value='enabled')
        dated = dataclasses.replace(entry, since=BEGAN)
        failed = dataclasses.replace(dated, failure='no')
        for entries, told in (
            ({}, 'No change is recorded on the server.'),
            (
                {HT: entry},
                f'A change to {HT}=enabled was started and has not finished.',
            ),
            (
                {'turbo': entry, HT: dated},
                f'A change to {HT}=enabled, turbo=enabled was started at '
                f'{BEGAN} and has not finished.',
            ),
            (
                {HT: failed},
                'It has failed and is being rolled back: no',
            ),
            (
                {HT: dataclasses.replace(failed, unapplied=True)},
                'Its settings were not applied: no. The BMC may still apply',
            ),
        ):
            self.assertIn(told, self.words(entries))

    def test_the_node(self) -> None:
        because = 'Ironic has put it into maintenance because of that.'
        other = 'which is not because of a service'
        for node, told, not_told in (
            ({}, 'Node rack3-07 (n) is active.', 'maintenance'),
            (FAILED, 'stays there until somebody acts: denied', because),
            (OURS, because, other),
            (
                {'maintenance': True, 'maintenance_reason': 'disk'},
                f'It is in maintenance: "disk", {other}',
                because,
            ),
            (
                {'maintenance': True, 'fault': 'a fault'},
                f'It is in maintenance, {other}',
                because,
            ),
            (
                {'maintenance': True, 'fault': 'z'},
                f'It is in maintenance, {other}',
                because,
            ),
            ({'fault': 'service failure'}, 'is active', because),
            (AT_WORK, 'Ironic is working on node', 'Only operators'),
            (
                AT_WORK | {'is_redacted': True},
                'Only operators can see whether',
                'no conductor',
            ),
            (
                AT_WORK | {'last_error': 'lost it'},
                'no conductor is working on it: lost it',
                'Only operators',
            ),
            (
                {'provision_state': 'service hold'},
                'Node rack3-07 (n) is in state "service hold"',
                'Ironic is working',
            ),
        ):
            with self.subTest(node=node):
                words = self.words(node=node)
                self.assertIn(told, words)
                self.assertNotIn(not_told, words)

    def test_the_server(self) -> None:
        waits = 'waits to be confirmed or reverted'
        on, off = (
            Pending(value='x', power='on'),
            Pending(value='x', power='off'),
        )
        for entries, server, told, not_told in (
            ({}, {}, 'is ACTIVE.', waits),
            ({}, {'task_state': 'x'}, 'is ACTIVE, Nova is at x.', waits),
            ({}, {'status': 'VERIFY_RESIZE'}, waits, 'before the change'),
            ({}, {'status': 'ZZZ'}, 'is ZZZ.', waits),
            ({HT: on}, {}, 'is ACTIVE.', 'before the change'),
            ({HT: off}, {}, 'It was off before the change.', waits),
            ({HT: on}, {'status': 'SHUTOFF'}, 'It was on before', waits),
            ({HT: off}, {'status': 'SHUTOFF'}, 'SHUTOFF.', 'before the ch'),
            ({HT: Pending(value='x')}, {}, 'ACTIVE.', 'before the change'),
        ):
            with self.subTest(entries=entries, server=server):
                words = self.words(entries, server)
                self.assertIn(told, words)
                self.assertNotIn(not_told, words)

    def test_what_has_failed_is_told_by_the_journal_first(self) -> None:
        failed = {HT: Pending(value='x', since=BEGAN, failure='first')}
        for entries, node, failure, since in (
            ({}, {}, None, None),
            ({}, FAILED, 'denied', None),
            (failed, FAILED, 'first', BEGAN),
            (failed, {}, 'first', BEGAN),
            ({HT: Pending(value='x')}, {}, None, None),
        ):
            found = diagnosis.explain(
                snapshots.server({'metadata': journal.begin(entries, {})}),
                snapshots.node(dict(node)),
                NOW_S,
            )
            self.assertEqual((failure, since), (found.failure, found.since))

    def test_whether_nothing_is_going_on(self) -> None:
        entries = journal.begin({HT: Pending(value='x')}, {})
        for metadata, node, is_quiet in (
            ({}, {}, True),
            (entries, {}, False),
            ({}, AT_WORK, False),
            ({}, {'maintenance': True}, False),
        ):
            found = diagnosis.is_quiet(
                snapshots.server({'metadata': metadata}),
                snapshots.node(dict(node)),
            )
            self.assertEqual(is_quiet, found)

    def test_whether_ironic_has_lost_hold(self) -> None:
        """An error, or no lock for ten seconds, in the middle of a service."""
        long_ago = {**AT_WORK, 'provision_updated_at': '2026-05-31T23:59:50'}
        for node, is_wedged in (
            (AT_WORK, False),
            ({**AT_WORK, 'last_error': 'x'}, True),
            ({**AT_WORK, 'last_error': ''}, True),
            ({**FAILED}, False),
            ({'provision_state': 'cleaning', 'last_error': 'x'}, False),
            (long_ago, True),
            (
                {**long_ago, 'provision_updated_at': '2026-05-31T23:59:51'},
                False,
            ),
            (
                {**long_ago, 'provision_updated_at': '2026-05-31T23:59:49'},
                True,
            ),
            ({**long_ago, 'reservation': 'c1'}, False),
            ({**long_ago, 'is_redacted': True}, False),
            ({**long_ago, 'provision_state': 'service wait'}, False),
        ):
            with self.subTest(node=node):
                found = provision_state.is_wedged(
                    snapshots.node(dict(node)), NOW_S
                )
                self.assertEqual(is_wedged, found)


class RecoveryTest(base.TestCase):
    def choices(
        self,
        *,
        has_entry: bool = True,
        before: str = 'Enabled',
        options: Options | None = None,
        **words: Any,
    ) -> dict[Aim, str]:
        """Return each way in words."""
        entry = moves.entries({'power': 'on'} if has_entry else None)
        server = {'metadata': entry, **words.pop('server', {})}
        bios = words.pop('bios', {'LogicalProc': before})
        made = assessed(server=server, bios=bios, **words)
        found = recovery.choices(made, options or Options(), NOW_S)
        return {aim: str(one) for aim, one in found.items()}

    def test_each_says_what_it_does(self) -> None:
        for words, aim, told in (
            ({}, Aim.RETRY, f'continues to {HT}=enabled, with the'),
            ({}, Aim.ROLLBACK, 'puts LogicalProc=Disabled back, with the'),
            (
                {},
                Aim.ABORT,
                'leaves the settings as they are, with the server on, and '
                'removes the change record',
            ),
            (
                {'has_entry': False, 'node': FAILED},
                Aim.ABORT,
                'makes the node active, leaves the settings as they are, '
                'with the server on',
            ),
            (
                {'server': {'status': 'VERIFY_RESIZE'}},
                Aim.ABORT,
                'reverts the resize, leaves the settings',
            ),
        ):
            with self.subTest(words=words, aim=aim):
                found = self.choices(**words)[aim]
                self.assertTrue(found.startswith(told), found)
        whole = self.choices(has_entry=False, node=FAILED)[Aim.ABORT]
        self.assertTrue(whole.endswith('server on'), whole)

    def test_there_has_to_be_something_to_recover(self) -> None:
        none = 'no: no change is recorded on the server'
        for node, dropped in (
            ({}, 'no: there is nothing to drop'),
            (AT_WORK, 'no: there is nothing to drop'),
            ({'provision_state': 'z'}, 'no: there is nothing to drop'),
        ):
            found = self.choices(has_entry=False, node=node)
            self.assertEqual(
                [none, none, dropped], [found[aim] for aim in recovery.WAYS]
            )
        found = self.choices(has_entry=False, node=FAILED)
        self.assertEqual(none, found[Aim.RETRY])

    def test_where_somebody_else_has_to_act_first(self) -> None:
        end = 'an operator has to end the maintenance first'
        for words, told in (
            ({'node': {**OURS, 'fault': None}}, end),
            ({'node': {**OURS, 'fault': 'a fault'}}, end),
            ({'node': {**OURS, 'fault': 'z'}}, end),
            ({'node': OURS}, None),
            ({'node': FAILED}, None),
            (
                {'node': {**AT_WORK, 'last_error': 'x'}},
                'only an operator can help',
            ),
            ({'server': {'status': 'ERROR'}}, 'Nova changes neither'),
        ):
            with self.subTest(words=words):
                found = self.choices(**words)
                for aim in recovery.WAYS:
                    is_told = (told or end) in found[aim]
                    self.assertEqual(told is not None, is_told, found[aim])
        # A node in another state is refused by what its state is.
        for state in ('active', 'zapping'):
            node = {'provision_state': state, 'maintenance': True}
            self.assertNotIn(end, self.choices(node=node)[Aim.RETRY])

    def test_what_cannot_be_done_is_told_with_every_reason(self) -> None:
        locked = self.choices(server={'is_locked': True})
        for aim in recovery.WAYS:
            self.assertTrue(locked[aim].startswith('no: '), locked[aim])
            self.assertIn('is locked', locked[aim])

    def test_a_way_that_is_not_allowed_is_told_with_what_it_does(
        self,
    ) -> None:
        choice = recovery.Choice(None, 'does it', ('no role', 'no way'))
        self.assertEqual('no: no role; no way (it does it)', str(choice))
        self.assertEqual('no: a', str(recovery.Choice(None, '', ('a',))))
        self.assertEqual('does', str(recovery.Choice(None, 'does')))
        denied = recovery.Choice(moves.plan(), 'does').denied(('x',))
        self.assertEqual((None, ('x',)), (denied.plan, denied.reasons))

    def test_one_that_cannot_be_undone_is_retried_without(self) -> None:
        lost = {'LogicalProc': {'value': 'Auto', 'read_only': None}}
        for before, on_failure in (
            ('Disabled', OnFailure.ROLLBACK),
            ('Auto', OnFailure.LEAVE),
        ):
            entry = moves.entries({'power': 'on'})
            was = Previous(value='x', settings={'LogicalProc': before})
            metadata = entry | journal.begin({}, {HT: was})
            made = assessed(server={'metadata': metadata}, bios=lost)
            plan = recovery.plan(Aim.RETRY, made, Options(), NOW_S)
            self.assertEqual(on_failure, plan.options.on_failure, before)
        refused = self.assertRaises(
            errors.Refused,
            recovery.plan,
            Aim.RETRY,
            assessed(),
            Options(),
            NOW_S,
        )
        self.assertIn('--retry is not possible', refused.message)


class HistoryTest(base.TestCase):
    def of(self, *events: Event, **metadata: str) -> list[tuple[str, str]]:
        there = {
            f'deploy-config{name}': text for name, text in metadata.items()
        }
        server = snapshots.server({'metadata': there})
        remembered = history.Remembered(server=server, events=events)
        return [(one.at, one.what) for one in history.of(remembered)]

    def event(self, at: str, what: str, source: str = 'Nova') -> Event:
        return Event(at=at, source=source, what=what)

    def test_what_was_before_the_server_is_another_s(self) -> None:
        events = [
            self.event(f'2026-06-01T0{hour}:00:00Z', what)
            for hour, what in (
                (1, 'adoption'),
                (2, 'create'),
                (2, 'active'),
                (3, 'rebuild'),
            )
        ]
        names = [what for _, what in self.of(*events[::-1])]
        self.assertEqual(['active', 'create', 'rebuild'], names)
        # A server of which Nova does not remember that.
        names = [what for _, what in self.of(events[0], events[3])]
        self.assertEqual(['adoption', 'rebuild'], names)

    def test_times_have_the_form_of_ironic(self) -> None:
        whole = '2026-06-01T01:00:00+00:00'
        for at in (
            whole,
            '2026-06-01T01:00:00Z',
            '2026-06-01T01:00:00',
            '2026-06-01T01:00:00.000000',
            '2026-06-01T01:00:00.000000+00:00',
            '2026-06-01T01:00:00.0Z',
        ):
            self.assertEqual([(whole, 'x')], self.of(self.event(at, 'x')), at)
        self.assertEqual([('', 'x')], self.of(self.event('', 'x')))

    def test_what_the_journal_tells(self) -> None:
        entries = {
            'a': Pending(value='1', since=BEGAN),
            'b': Pending(value='2', failure='why'),
        }
        before = {
            name: Previous(value=value, at=at)
            for name, value, at in (
                ('a', 'x', BEGAN),
                ('c', 'x', BEGAN),
                ('d', None, BEGAN),
                ('e', 'x', None),
                ('f', 'x', BEGAN),
            )
        }
        desired = {f'deploy-config:{name}': 'now' for name in 'acde'}
        metadata = journal.begin(entries, before) | desired
        server = snapshots.server({'metadata': metadata})
        remembered = history.Remembered(server=server, events=())
        found = {
            (one.at, one.what, one.result) for one in history.of(remembered)
        }
        self.assertEqual(
            {
                (BEGAN, 'started: a=1', 'has not finished'),
                ('', 'started: b=2', 'why'),
                (BEGAN, 'c: x -> now', 'verified'),
                (BEGAN, 'd: ? -> now', 'verified'),
            },
            found,
        )


class OptionsTest(base.TestCase):
    def outlook(self, name: str, **words: Any) -> option_list.Outlook:
        [found] = [
            one
            for one in option_list.outlooks(assessed(**words))
            if one.row.type == name
        ]
        return found

    def test_what_a_node_is_capable_of(self) -> None:
        none: Any = {'traits': []}
        for name, words, capability in (
            (HT, {}, Capability.YES),
            (HT, {'node': none}, Capability.TRAIT_MISSING),
            (HT, {'bios': {}, 'templates': []}, Capability.NOT_READ),
            (HT, {'bios': {}}, Capability.NOT_READ),
            (HT, {'bios': {'X': '1'}}, Capability.NOT_IN_BIOS),
            # A template names its setting, where no catalogue does.
            (
                HT,
                {'bios': {'X': '1'}, 'templates': []},
                Capability.NOT_IN_BIOS,
            ),
            ('turbo', {}, Capability.NOT_IN_BIOS),
            ('turbo', {'bios': {'Turbo': 'On', 'X': '1'}}, Capability.YES),
            ('vtd', {}, Capability.UNKNOWN),
            ('vtd', {'templates': [_template('vtd')]}, Capability.YES),
            (
                'vtd',
                {'templates': [_template('vtd')], 'bios': {'X': '1'}},
                Capability.NOT_IN_BIOS,
            ),
            ('vtd', {'bios': {}}, Capability.NOT_READ),
            ('sriov', {}, Capability.TRAIT_MISSING),
            ('own', {'templates': [_template('own')]}, Capability.YES),
        ):
            with self.subTest(type=name, words=words):
                found = self.outlook(name, **words)
                self.assertIs(capability, found.capability)
                is_lacking = capability is Capability.TRAIT_MISSING
                self.assertEqual(is_lacking, bool(found.lacks))

    def test_which_values_it_can_have(self) -> None:
        on, off = 'enabled', 'disabled'
        bare = _template('vtd') | {'extra': {}}
        for name, words, allowed in (
            (HT, {}, (on, off)),
            (HT, {'node': {'traits': []}}, (off,)),
            (HT, {'templates': []}, (off,)),
            ('turbo', {}, ()),
            ('vtd', {'templates': [bare, _template('vtd')]}, (on,)),
            ('own', {'templates': [_template('own'), bare]}, (on,)),
            (
                'own',
                {'templates': [_template('own'), _template('own', 'odd')]},
                ('odd', on),
            ),
        ):
            with self.subTest(type=name, words=words):
                found = self.outlook(name, **words)
                self.assertEqual(allowed, tuple(sorted(found.allowed)[::-1]))

    def test_which_types_are_of_any_matter(self) -> None:
        specs = {'name': 'f', 'extra_specs': {'deploy-config:sriov': 'x'}}
        bare = _template('own') | {'extra': {}}
        for name, words, matters in (
            (HT, {}, True),
            ('turbo', {}, False),
            ('turbo', {'templates': [bare]}, False),
            ('turbo', {'bios': {'Turbo': 'Off'}}, True),
            ('sriov', {'server': {'flavor': specs}}, True),
            ('vtd', {'templates': [_template('vtd')]}, True),
            ('vtd', {'templates': [bare, _template('own')]}, False),
        ):
            with self.subTest(type=name, words=words):
                self.assertIs(matters, self.outlook(name, **words).matters)

    def test_when_it_was_last_changed(self) -> None:
        old, new = '2026-01-01T00:00:00', '2026-02-01T00:00:00'
        for kind, at, changed in (
            ('Enumeration', old, old),
            ('String', new, new),
            ('Integer', old, None),
            ('Boolean', old, None),
            ('Enumeration', None, None),
        ):
            setting = {
                'value': 'Enabled',
                'attribute_type': kind,
                'updated_at': at,
            }
            found = self.outlook(HT, bios={'LogicalProc': setting})
            self.assertEqual(changed, found.changed)

    def test_what_is_offered(self) -> None:
        flavors = [
            snapshots.flavor({'name': name, 'extra_specs': specs})
            for name, specs in (
                ('b', {f'deploy-config:{HT}': 'enabled'}),
                ('a', {f'deploy-config:{HT}': 'enabled', 'x': 'y'}),
                ('c', {'deploy-config:other': 'z'}),
            )
        ]
        made = assessed(templates=[_template('a'), _template('own')])
        found = option_list.offers(
            Catalogue({HT: CATALOGUE.types[HT]}),
            made.snapshot.templates,
            flavors,
        )
        self.assertEqual(
            {
                Item('a', 'enabled'): (1, ()),
                Item(HT, 'disabled'): (0, ()),
                Item(HT, 'enabled'): (0, ('a', 'b')),
                Item('other', 'z'): (0, ('c',)),
                Item('own', 'enabled'): (1, ()),
            },
            {one.item: (len(one.templates), one.flavors) for one in found},
        )

    def test_some_item_that_it_could_be_given(self) -> None:
        for words, expected in (
            ({}, (Item(HT, 'enabled'),)),
            ({'bios': {'LogicalProc': 'Enabled'}}, ()),
            ({'templates': []}, ()),
            ({'node': {'traits': []}}, ()),
        ):
            made = assessed(**words)
            offered = option_list.offers(
                CATALOGUE, made.snapshot.templates, ()
            )
            self.assertEqual(
                expected, option_list.changeable(offered, made), str(words)
            )


def _template(name: str, value: str = 'enabled') -> dict[str, Any]:
    """Return the document of a template for an item."""
    return snapshots.template('on', 'enabled') | {
        'name': f'CUSTOM_{name.upper()}_{value.upper()}',
        'extra': {'config-type': name, 'config-value': value},
    }


class SettingsTest(base.TestCase):
    """What of a BIOS is shown, and that no secret is."""

    def test_what_is_a_secret(self) -> None:
        for name, kind, is_secret in (
            ('LogicalProc', None, False),
            ('SetupPassword', None, True),
            ('OldSysPwd', 'String', True),
            ('PasswordEnforce', 'Enumeration', False),
            ('SecretBoolean', 'Boolean', False),
            ('Plain', 'Password', True),
            ('A', 'Integer', False),
            ('Z', 'String', False),
        ):
            with self.subTest(name=name):
                setting = {'value': 'x', 'attribute_type': kind}
                made = assessed(bios={name: setting})
                [shown] = bios_settings.shown(made)
                self.assertEqual(
                    (is_secret, None if is_secret else 'x'),
                    (shown.is_secret, shown.value),
                )
                readable = bios_settings.readable(made.snapshot)
                self.assertEqual({} if is_secret else {name: 'x'}, readable)
                # Nor is it told that two differ.
                found = bios_settings.different([shown], {name: 'y'})
                self.assertEqual(not is_secret, bool(found))
                found = bios_settings.different([], {name: 'y'})
                by_name = name in ('Plain', 'PasswordEnforce', 'SecretBoolean')
                self.assertEqual(is_secret == by_name, bool(found))

    def test_which_are_shown(self) -> None:
        bios = {'LogicalProc': 'Disabled', 'Turbo': 'On', 'Other': 'x'}
        mine = _template('own')
        for patterns, type_name, names in (
            ((), None, ['LogicalProc', 'Other', 'Turbo']),
            (('log*', 'OTHER'), None, ['LogicalProc', 'Other']),
            (('none',), None, []),
            ((), HT, ['LogicalProc']),
            ((), 'own', ['LogicalProc']),
            ((), 'vtd', []),
            (('o*',), HT, []),
        ):
            made = assessed(bios=bios, templates=[mine, mine | {'extra': {}}])
            found = bios_settings.shown(made, patterns, type_name)
            self.assertEqual(names, [one.setting.name for one in found])
        types = {
            one.setting.name: one.types for one in bios_settings.shown(made)
        }
        self.assertEqual(
            {
                'LogicalProc': (HT, 'own'),
                'Other': (),
                'Turbo': ('turbo',),
            },
            types,
        )
        refused = self.assertRaises(
            errors.Refused, bios_settings.shown, made, (), 'turb'
        )
        self.assertIn('did you mean turbo', str(refused))

    def test_what_differs(self) -> None:
        number = {'value': '1', 'attribute_type': 'Integer'}
        made = assessed(bios={'A': 'x', 'N': number})
        mine = bios_settings.shown(made)
        same: Any = {'A': 'x', 'N': 1}
        others: Any
        for others, names in (
            (same, []),
            (same | {'N': '1'}, []),
            (same | {'N': 2, 'A': 'y'}, ['A', 'N']),
            ({'N': 1}, ['A']),
            (same | {'B': 'z', 'C': None}, ['B']),
        ):
            found = bios_settings.different(mine, others)
            self.assertEqual(names, [one.setting.name for one in found])
            self.assertEqual(
                [others.get(name) for name in names],
                [one.other for one in found],
            )
        new: Any = {**same, 'B': 'z'}
        for patterns, type_name, count in (
            (('b*',), None, 1),
            (('c*',), None, 0),
            ((), 'own', 0),
        ):
            found = bios_settings.different(mine, new, patterns, type_name)
            self.assertEqual(count, len(found))

    def test_what_is_to_know_of_a_template(self) -> None:
        lock = Lock('Lock', 'Open', frozenset({'A'}))
        bios = {
            'A': 'Disabled',
            'Lock': {'value': 'Shut', 'allowable_values': ['Shut', 'Open']},
            'Free': {'value': 'x', 'attribute_type': None},
        }
        locked = dataclasses.replace(CATALOGUE, locks=(lock,))
        made = assess(snapshots.snapshot({'bios': bios}), locked)
        for wanted, told in (
            ({'A': 'Enabled', 'Lock': 'Open'}, []),
            ({'Free': 'y'}, ['Free: cannot be checked, as Ironic has no']),
            ({'A': 'Enabled'}, ['A is fixed by the firmware unless']),
        ):
            step, found = bios_settings.template(wanted, made)
            self.assertEqual(1, len(step))
            self.assertEqual(len(told), len(found))
            for words, line in zip(told, found, strict=True):
                self.assertTrue(line.startswith(words), line)
        for wanted, words in (
            ({'A': 'Odd'}, 'A=Odd: allowed values'),
            ({'MyPassword': 'x'}, 'MyPassword: its BIOS knows no'),
        ):
            refused = self.assertRaises(
                errors.Refused, bios_settings.template, wanted, made
            )
            self.assertIn(words, str(refused))


class PreconditionsTest(base.TestCase):
    def test_when_server_and_node_can_be_changed(self) -> None:
        own = {HT: Pending(value='enabled')}
        resize = {HT: Pending(value='enabled', resize=True)}
        moved = {HT: Pending(value='enabled', node='m')}
        held = {'maintenance': True}
        for server, node, entries, codes in (
            ({}, {}, {}, ''),
            ({'status': 'SHUTOFF'}, {}, {}, ''),
            ({'status': 'ERROR'}, {}, {}, 'server-status'),
            ({'status': 'VERIFY_RESIZE'}, {}, {}, 'server-status'),
            ({'status': 'VERIFY_RESIZE'}, {}, own, 'server-status'),
            ({'status': 'VERIFY_RESIZE'}, {}, resize, ''),
            ({'task_state': 'x'}, {}, {}, 'server-busy'),
            ({'task_state': 'x'}, {}, own, ''),
            ({}, held, {}, 'node-maintenance'),
            ({}, held, own, 'node-maintenance'),
            ({}, {'reservation': 'c'}, {}, 'node-reserved'),
            ({}, {'reservation': 'c'}, own, 'node-reserved'),
            ({}, AT_WORK, {}, 'node-state'),
            ({}, AT_WORK, own, ''),
            ({}, {**AT_WORK, **held}, {}, 'node-maintenance node-state'),
            ({}, {'provision_state': 'aaa'}, own, 'node-state'),
            ({}, {'provision_state': 'zzz'}, own, 'node-state'),
            ({}, FAILED, {}, 'service-failed'),
            ({}, FAILED, own, ''),
            ({}, OURS, {}, 'service-failed'),
            ({}, OURS, own, ''),
            ({}, {**OURS, 'fault': None}, own, 'node-maintenance'),
            ({}, {**OURS, 'fault': 'a'}, own, 'node-maintenance'),
            ({}, {**OURS, 'fault': 'z'}, own, 'node-maintenance'),
            ({}, {}, moved, 'server-moved'),
            ({}, {'uuid': 'm'}, moved, ''),
            ({}, {}, {**moved, 'x': resize[HT]}, 'server-moved'),
            (
                {},
                {},
                {HT: dataclasses.replace(moved[HT], resize=True)},
                '',
            ),
        ):
            with self.subTest(server=server, node=node, entries=entries):
                found = preconditions.not_ready(
                    snapshots.server(dict(server)),
                    snapshots.node(dict(node)),
                    entries,
                )
                self.assertEqual(codes, ' '.join(one.code for one in found))

    def test_another_change_has_started(self) -> None:
        asked, server = [Item(HT, 'enabled')], snapshots.server({})
        entry: Any
        for entry, told in (
            ({'value': 'enabled'}, None),
            ({'value': 'enabled', 'digest': 'mm'}, None),
            ({'value': 'enabled', 'digest': 'aa'}, f'{HT}=enabled'),
            ({'value': 'enabled', 'digest': 'zz'}, f'{HT}=enabled'),
            ({'value': 'a'}, f'{HT}=a'),
            ({'value': 'z', 'since': BEGAN}, f'{HT}=z (at {BEGAN})'),
        ):
            found = preconditions.foreign_entries(
                asked, {HT: Pending(**entry)}, 'mm', server
            )
            self.assertEqual(told is None, not found, str(entry))
            self.assertIn(told or '', str([str(one) for one in found]))


class ReconcileTest(base.TestCase):
    def test_what_is_desired_and_does_not_match(self) -> None:
        specs = {
            'name': 'f',
            'extra_specs': {
                f'deploy-config:{HT}': 'enabled',
                'deploy-config:vtd': 'enabled',
            },
        }
        started = {f'{PENDING}{HT}': 'enabled', f'{PENDING}turbo': 'x'}
        right = {'bios': {'LogicalProc': 'Enabled'}}
        ht, vtd = Item(HT, 'enabled'), Item('vtd', 'enabled')
        for words, metadata, types, expected in (
            ({}, {}, None, [ht, vtd]),
            (right, {}, None, [vtd]),
            (right, started, None, [ht, vtd]),
            (right, started, [HT], [ht]),
            ({}, {}, [HT], [ht]),
            ({}, {}, ['vtd', 'turbo'], [vtd]),
            ({}, {}, [], []),
        ):
            with self.subTest(words=words, types=types):
                made = assessed(
                    server={'flavor': specs, 'metadata': metadata}, **words
                )
                self.assertEqual(expected, reconcile.desired(made, types))

    def test_where_image_and_flavor_disagree(self) -> None:
        image = {f'deploy-config:{HT}': 'enabled'}
        made = assessed(image=image)
        refused = self.assertRaises(
            errors.Refused, reconcile.desired, made, None
        )
        self.assertIn('not clear what is desired', refused.message)
        self.assertEqual([], reconcile.desired(made, ['turbo']))

    def test_by_which_keys_it_is_recorded(self) -> None:
        there = {
            f'deploy-config:{HT}': 'enabled',
            **journal.begin({}, {HT: Previous(value='disabled')}),
            'deploy-config:turbo': 'x',
        }
        for types, keys in (
            ([HT], [f'deploy-config:{HT}', f'deploy-config-previous:{HT}']),
            (['turbo', 'vtd'], ['deploy-config:turbo']),
            (['vtd'], []),
        ):
            made = assessed(server={'metadata': there})
            self.assertEqual(keys, reconcile.recorded(made, types))

    def test_why_a_record_cannot_be_removed(self) -> None:
        record = {f'deploy-config:{HT}': 'enabled'}
        started = {f'{PENDING}turbo': 'on'}
        for server, types, codes in (
            ({'metadata': record, 'is_locked': True}, [HT], 'server-locked'),
            ({'is_locked': True}, [HT], ''),
            ({'metadata': started}, [HT], 'unfinished-change'),
            ({'metadata': record}, ['turb', HT], 'unknown-type'),
        ):
            made = assessed(server=server)
            try:
                reconcile.recorded(made, types)
            except errors.Refused as error:
                self.assertEqual(codes, ' '.join(error.codes))
            else:
                self.assertEqual('', codes)
        reconcile.check_types(assessed(), [HT, 'vtd'])
        refused = self.assertRaises(
            errors.Refused, reconcile.check_types, assessed(), ['vtdd']
        )
        self.assertIn('did you mean vtd', str(refused))
