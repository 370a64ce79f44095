"""Profiles: how they are defined, what comes first, what is recorded."""

import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import documents, fields
from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.assessment import Assessment, assess
from osc_baremetal_config.core.facts import deferred, profiles
from osc_baremetal_config.core.facts.metadata import DEFERRED, PROFILE
from osc_baremetal_config.core.facts.model import Item, Kind, Profile
from osc_baremetal_config.core.facts.profiles import Profiles
from osc_baremetal_config.core.plan import (
    deferral,
    flavors,
    planner,
    reconcile,
)
from osc_baremetal_config.core.plan import profiles as planned
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.plan.options import DEFAULT, Options
from osc_baremetal_config.osc import files
from tests.unit import base
from tests.unit.core import snapshots

Words = dict[str, Any]

HT, TURBO = 'deploy-config:hyperthreading', 'deploy-config:turbo'
HPC = profiles.make(
    'hpc', [Item('hyperthreading', 'disabled'), Item('turbo', 'enabled')]
)
BY_HPC = dataclasses.replace(DEFAULT, profile='hpc')
CATALOGUE = files.load(())
_FEW = settings(max_examples=25)
_SETTINGS = {'hyperthreading': 'LogicalProc', 'turbo': 'ProcTurboMode'}


def template(name: str, value: str) -> Words:
    """Return the document of a deploy template for one item."""
    found = snapshots.template(f'{name}_{value}', value)
    found['extra']['config-type'] = name
    [step] = found['steps']
    [setting] = step['args']['settings']
    setting['name'] = _SETTINGS[name]
    return found


def defining(items: Any, name: str = 'hpc', **more: Any) -> Words:
    """Return the document of a template that defines a profile."""
    found = snapshots.template(name, 'disabled') | more
    found['extra'] = {'config-profile': name, 'config-items': items}
    return found


def read(document: Words) -> Profile | None:
    """Return the profile of a template."""
    kind = Kind.DEPLOY_TEMPLATE
    return documents.template(kind, fields.Document(document)).profile


EACH = [
    template(name, value)
    for name in _SETTINGS
    for value in ('enabled', 'disabled')
]
DEFINED = defining(HPC.values)


def assessed(
    *more: Words,
    flavor: dict[str, str] | None = None,
    image: dict[str, str] | None = None,
    ht: str = 'Enabled',
    turbo: str = 'Disabled',
    **metadata: str,
) -> Assessment:
    """Return a server's assessment.

    :param more: documents of templates besides those of each item.
    :param metadata: with an underscore for a hyphen, and two for a colon.
    """
    words: Words = {
        'server': {
            'metadata': {
                key.replace('__', ':').replace('_', '-'): value
                for key, value in metadata.items()
            },
            'flavor': {'name': 'bm', 'extra_specs': flavor or {}},
        },
        'bios': {'LogicalProc': ht, 'ProcTurboMode': turbo},
        'templates': [*EACH, *more],
    }
    if image is not None:
        words['image'] = image
    return assess(snapshots.snapshot(words), CATALOGUE)


def sources(found: Assessment) -> list[tuple[str | None, str]]:
    """Return what is desired of the two types, and its source."""
    rows = [found.rows[name].desired for name in _SETTINGS]
    return [(row.value, row.source) for row in rows]


def plan(found: Assessment, *beside: str, options: Options = BY_HPC) -> Plan:
    """Return the plan of ``set --profile``."""
    single = tuple(map(snapshots.item, beside))
    items: Iterable[Item] = single
    if options.profile:
        items = planned.items(options.profile, single, found)
    return planner.make(items, found, options)


class DefinitionTest(base.TestCase):
    def test_the_forms_of_the_items(self) -> None:
        for items in (
            {'turbo': 'enabled', 'hyperthreading': 'disabled'},
            ['hyperthreading=disabled', ' turbo = enabled '],
            'turbo=enabled, hyperthreading=disabled,',
        ):
            self.assertEqual(HPC, read(defining(items)))
        self.assertEqual(
            (Item('numa', '2'), Item('sgx', 'true')),
            read(defining({'numa': 2, 'sgx': True})).items,  # type: ignore[union-attr]
        )

    def test_what_is_of_no_form_is_an_item_that_no_cloud_has(self) -> None:
        odd: tuple[tuple[Any, tuple[str, str]], ...] = (
            ('turbo', ('turbo', '')),
            ({'turbo': []}, ('turbo', '')),
            ([['turbo']], ("['turbo']", '')),
            (7, ('7', '')),
        )
        for items, told in odd:
            found = read(defining(items))
            assert found is not None
            self.assertEqual((Item(*told),), found.items)
        nothing: tuple[Any, ...] = ('', None, [], {}, [' '])
        for items in nothing:
            self.assertIsNone(read(defining(items)))

    def test_a_profile_is_no_single_item(self) -> None:
        document = defining(HPC.values)
        document['extra'] |= {'config-type': 'a', 'config-value': 'b'}
        made = documents.template(Kind.RUNBOOK, fields.Document(document))
        self.assertEqual((None, HPC), (made.item, made.profile))

    def test_which_definition_counts(self) -> None:
        own = {'hpc': profiles.make('hpc', [Item('sgx', 'enabled')])}
        self.assertEqual(own, profiles.of_cloud([], own).known)
        for items, known in (
            (HPC.values, {'hpc': HPC}),
            ({'turbo': 'enabled'}, {}),
        ):
            documents_ = [DEFINED, defining(items, name='hpc')]
            documents_[1]['name'] = 'CUSTOM_A'
            made = [
                documents.template(Kind.RUNBOOK, fields.Document(one))
                for one in documents_
            ]
            found = profiles.of_cloud(made, own)
            self.assertEqual(known, found.known)
            self.assertEqual(not known, bool(found.ambiguous))


class DesiredTest(base.TestCase):
    def test_where_it_is_from(self) -> None:
        named = {PROFILE: 'hpc'}
        of = 'profile hpc ({})'.format
        cases: list[tuple[Words, list[tuple[str | None, str]]]] = [
            (
                {'flavor': named},
                [('disabled', of('flavor bm')), ('enabled', of('flavor bm'))],
            ),
            (
                {'flavor': named | {TURBO: 'disabled'}},
                [('disabled', of('flavor bm')), ('disabled', 'flavor bm')],
            ),
            (
                {'flavor': named | {TURBO: 'enabled'}},
                [('disabled', of('flavor bm')), ('enabled', of('flavor bm'))],
            ),
            (
                {
                    'flavor': {HT: 'enabled'},
                    'deploy_config_profile': 'hpc',
                    'deploy_config__turbo': 'disabled',
                },
                [
                    ('disabled', of('server metadata')),
                    ('disabled', 'server metadata'),
                ],
            ),
            (
                {'flavor': {HT: 'disabled'}, 'image': named},
                [(v, of('image bm-image')) for v in ('disabled', 'enabled')],
            ),
            (
                {'flavor': {PROFILE: 'hpz'}},
                [(None, 'not asked for')] * 2,
            ),
        ]
        for words, told in cases:
            found = assessed(DEFINED, **words)
            self.assertEqual(told, sources(found), str(words))

    def test_what_nobody_knows_is_told(self) -> None:
        for more, told in (
            ((), 'nothing that is shown to you defines it'),
            (
                (DEFINED, defining('turbo=enabled', kind='runbook')),
                'define it differently',
            ),
        ):
            found = assessed(*more, flavor={PROFILE: 'hpc'})
            [line] = assessment.unknown_profiles(found)
            self.assertIn('profile hpc (flavor bm) gives no items', line)
            self.assertIn(told, line)
        known = assessed(DEFINED, flavor={PROFILE: 'hpc'})
        self.assertEqual([], assessment.unknown_profiles(known))

    @_FEW
    @given(
        *[st.dictionaries(st.sampled_from('abc'), st.sampled_from('xy'))] * 3
    )
    def test_a_single_item_wins(
        self,
        single: dict[str, str],
        items: dict[str, str],
        others: dict[str, str],
    ) -> None:
        known = Profiles(
            {
                name: profiles.make(name, [Item(*one) for one in own.items()])
                for name, own in (('p', items), ('q', others))
            }
        )
        specs = {f'deploy-config:{n}': v for n, v in single.items()}
        found = known.desired(specs | {PROFILE: 'p'})
        self.assertEqual(items | single, found)
        self.assertEqual(single, known.desired(specs | {PROFILE: 'r'}))


class PlanTest(base.TestCase):
    def test_items_and_profile_are_recorded(self) -> None:
        made = plan(assessed(DEFINED))
        self.assertEqual(
            {HT: 'disabled', TURBO: 'enabled', PROFILE: 'hpc'}, made.recorded
        )
        self.assertEqual(1, len(made.steps))

    def test_a_single_item_beside_it_wins(self) -> None:
        made = plan(assessed(DEFINED), 'turbo=disabled')
        self.assertEqual({HT: 'disabled', TURBO: 'disabled'}, made.recorded)
        more = plan(assessed(DEFINED, turbo='Enabled'), 'turbo=enabled')
        self.assertIn(PROFILE, more.recorded)

    def test_what_is_so_already_is_named_all_the_same(self) -> None:
        cases: list[tuple[Words, set[str]]] = [
            ({'deploy_config__hyperthreading': 'disabled'}, {TURBO, PROFILE}),
            (
                {
                    'deploy_config__hyperthreading': 'disabled',
                    'deploy_config__turbo': 'enabled',
                },
                {PROFILE},
            ),
            ({'deploy_config_profile': 'hpc'}, set()),
            ({'flavor': {PROFILE: 'hpc'}}, set()),
        ]
        for words, recorded in cases:
            found = assessed(DEFINED, ht='Disabled', turbo='Enabled', **words)
            made = plan(found)
            self.assertEqual(recorded, set(made.recorded), str(words))
            self.assertEqual(not recorded, made.is_empty)

    def test_another_value_takes_the_profile_away(self) -> None:
        named: Words = {'deploy_config_profile': 'hpc', 'ht': 'Disabled'}
        for item, is_gone in (
            ('turbo=disabled', True),
            ('turbo=enabled', False),
            ('hyperthreading=enabled', True),
        ):
            found = assessed(DEFINED, **named)
            made = plan(found, item, options=DEFAULT)
            self.assertEqual(is_gone, PROFILE in made.forget, item)
        foreign = assessed(**named)
        made = plan(foreign, 'turbo=disabled', options=DEFAULT)
        self.assertNotIn(PROFILE, made.forget)

    def test_a_runbook_of_the_profile_is_taken(self) -> None:
        runbook = defining(
            HPC.values,
            kind='runbook',
            traits=['HW_CPU_HYPERTHREADING'],
        )
        [step] = runbook['steps']
        step['args']['settings'] = [
            {'name': 'LogicalProc', 'value': 'Disabled'},
            {'name': 'ProcTurboMode', 'value': 'Enabled'},
        ]
        self.assertEqual(runbook['name'], plan(assessed(runbook)).runbook)
        other = plan(assessed(runbook), 'turbo=disabled')
        self.assertIsNone(other.runbook)

    def test_what_there_is_not(self) -> None:
        for more, name, code, told in (
            ((DEFINED,), 'hpz', 'unknown-profile', 'did you mean hpc?'),
            ((), 'hpc', 'unknown-profile', 'known here: none'),
            (
                (DEFINED, defining('turbo=enabled', kind='runbook')),
                'hpc',
                'profile-ambiguous',
                'runbook CUSTOM_HT_HPC has turbo=enabled',
            ),
        ):
            options = dataclasses.replace(DEFAULT, profile=name)
            error = self.assertRaises(
                errors.Refused, plan, assessed(*more), options=options
            )
            self.assertEqual((code,), tuple(error.codes))
            self.assertIn(told, error.details[0])

    def test_unset_takes_it_away(self) -> None:
        found = assessed(
            DEFINED, deploy_config_profile='hpc', deploy_config__sgx='enabled'
        )
        for name, is_gone in (('turbo', True), ('sgx', False)):
            keys = reconcile.recorded(found, [name])
            self.assertEqual(is_gone, PROFILE in keys)
            left = found.without([name]).snapshot.server.metadata
            self.assertEqual(not is_gone, PROFILE in left)
        self.assertIn(
            PROFILE,
            reconcile.recorded(assessed(deploy_config_profile='x'), ['sgx']),
        )

    def test_a_deferred_profile_is_recorded_by_apply(self) -> None:
        made = plan(assessed(DEFINED))
        entries = deferral.entries(made, 'u', '2026-11-30T20:10:00+00:00')
        named = {json.loads(text)['profile'] for text in entries.values()}
        self.assertEqual({'hpc'}, named)
        snapshot = made.server
        later = dataclasses.replace(snapshot, metadata=entries)
        found = assessed(DEFINED)
        found = found.of(dataclasses.replace(found.snapshot, server=later))
        self.assertEqual(
            [('disabled', 'profile hpc (deferred)')], sources(found)[:1]
        )
        apply = Options(records=False)
        applied = planner.make(reconcile.desired(found), found, apply)
        self.assertEqual(made.recorded, applied.recorded)
        self.assertEqual({}, deferral.entries(plan(found), 'v', '2027'))
        broken = dict(entries)
        broken[DEFERRED + 'turbo'] = str(
            deferred.Deferred('disabled', 'u', '2026-11-30T20:10:00+00:00')
        )
        later = dataclasses.replace(snapshot, metadata=broken)
        found = found.of(dataclasses.replace(found.snapshot, server=later))
        applied = planner.make(reconcile.desired(found), found, apply)
        self.assertIsNone(applied.profile)


class FlavorTest(base.TestCase):
    def test_a_profile_is_worth_its_items(self) -> None:
        known = profiles.of_cloud([], {'hpc': HPC})
        both = {HT: 'disabled', TURBO: 'enabled'}
        every = [
            snapshots.flavor({'name': name, 'extra_specs': specs})
            for name, specs in (
                ('base', {}),
                ('each', both),
                ('hpc', {PROFILE: 'hpc'}),
                ('less', {PROFILE: 'hpc', TURBO: 'disabled'}),
                ('odd', both | {PROFILE: 'odd'}),
            )
        ]
        found = flavors.variants(every[0], every, HPC.items, None, known)
        self.assertEqual(['each', 'hpc'], [one.name for one in found])
        odd = flavors.variants(
            every[-1], every, [Item('turbo', 'enabled')], None, known
        )
        self.assertEqual(['odd'], [one.name for one in odd])
