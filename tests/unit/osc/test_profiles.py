"""``set --profile`` on the model, and what ``show`` and ``list`` say of it."""

import json
from typing import Any

from tests import runs
from tests.model import fixture
from tests.unit import base

PROFILE = 'deploy-config-profile'
HT, TURBO = 'deploy-config:hyperthreading', 'deploy-config:turbo'
ITEMS = {'hyperthreading': 'enabled', 'turbo': 'enabled'}
ALL = {HT: 'enabled', TURBO: 'enabled', PROFILE: 'hpc'}
JSON = ('-f', 'json')
SETTINGS = [
    {'name': 'LogicalProc', 'value': 'Enabled'},
    {'name': 'ProcTurboMode', 'value': 'Enabled'},
]


class ProfileTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world = self.model.world
        self.server = self.world.boot('web-1', ProcTurboMode='Disabled')
        self.runbook = self.define(ITEMS)

    def define(self, items: Any, name: str = 'hpc') -> Any:
        """Return a runbook that defines a profile, and does all of it."""
        step = {
            'interface': 'bios',
            'step': 'apply_configuration',
            'args': {'settings': SETTINGS},
            'order': 1,
        }
        extra = {'config-profile': 'hpc', 'config-items': items}
        runbook = self.world.add_runbook(name, [step], extra)
        runbook.traits = ['CUSTOM_GOLD']
        runbook.owner = self.world.project('acme').id
        return runbook

    def do(self, *argv: str, person: str = 'mona') -> runs.Ran:
        return self.model.openstack(person, 'server', 'config', *argv)

    def set(self, *argv: str) -> runs.Ran:
        ran = self.do('set', '--profile', 'hpc', *argv, 'web-1', *JSON)
        self.assert_ended(0, ran)
        return ran

    def sources(self) -> dict[str, str]:
        ran = self.do('show', 'web-1', *JSON)
        return {
            row['Config']: row['Source']
            for row in ran.json()
            if row['Desired']
        }

    def record(self) -> dict[str, str]:
        """Return what is recorded, without what was before."""
        return {
            key: value
            for key, value in self.server.metadata.items()
            if 'previous' not in key
        }

    def test_all_of_it_is_set_at_once_and_recorded(self) -> None:
        ran = self.set()
        self.assertEqual(
            [(name, 'verified', 'runbook') for name in ITEMS],
            [(r['Config'], r['Result'], r['Method']) for r in ran.json()],
        )
        self.assertEqual(ALL, self.record())
        source = 'profile hpc (server metadata)'
        self.assertEqual(dict.fromkeys(ITEMS, source), self.sources())
        listed = self.do('list', *JSON).json()
        self.assertEqual({source}, {row['Source'] for row in listed})
        again = self.set('--detailed-exit-code')
        self.assertEqual({'unchanged'}, {r['Result'] for r in again.json()})

    def test_it_is_offered_where_its_items_are_not(self) -> None:
        """Then it is set as a whole, or not at all."""
        kept = [self.runbook]
        self.world.templates.clear()
        self.world.runbooks = {one.uuid: one for one in kept}
        for person in ('mona', 'operator'):
            server = self.world.boot(f'web-{person}', ProcTurboMode='Disabled')
            own = ('set', '--profile', 'hpc', server.id)
            ran = self.do(*own, '--no-wait', *JSON, person=person)
            self.assert_ended(0, ran)
            self.assertEqual(
                {'hyperthreading': None, 'turbo': 'runbook'},
                {row['Config']: row['Method'] for row in ran.json()},
            )
            self.model.clock.sleep(600)
            again = self.do(*own, *JSON, person=person)
            self.assertEqual(
                {'hyperthreading': 'recorded', 'turbo': 'verified'},
                {row['Config']: row['Result'] for row in again.json()},
            )
            now = self.do('show', server.id, *JSON).json()
            self.assertEqual(
                ITEMS, {r['Config']: r['Actual'] for r in now if r['Desired']}
            )
        for argv in (
            ('set', '--turbo', 'enabled'),
            ('set', '--profile', 'hpc', '--turbo', 'disabled'),
        ):
            self.assert_refused(
                self.do(*argv, 'web-1', *JSON), 'no runbook that you'
            )

    def test_it_is_listed_with_what_can_be_set(self) -> None:
        def row(*argv: str, person: str = 'mona') -> Any:
            ran = self.do('option', 'list', *argv, *JSON, person=person)
            self.assert_ended(0, ran)
            every = ran.json()
            [found] = [one for one in every if one['Config'] == 'profile']
            told = 'profile hpc is hyperthreading=enabled, turbo=enabled.'
            self.assertIn(told, ran.err)
            return found

        self.world.templates.clear()
        self.world.runbooks = {self.runbook.uuid: self.runbook}
        self.world.add_flavor('bm.hpc', {PROFILE: 'hpc'})
        self.assertEqual(
            {
                'Config': 'profile',
                'Value': 'hpc',
                'Templates': ['runbook hpc'],
                'Flavors': ['bm.hpc'],
            },
            row(),
        )
        own = ('--server', 'web-1')
        self.assertEqual((True, None), tuple(row(*own).values())[-2:])
        self.assertIs(False, row(*own, person='rita')['Possible'])
        self.runbook.extra['required-traits'] = ['CUSTOM_PLATINUM']
        self.assertIn('CUSTOM_PLATINUM', row(*own)['Reason'])
        self.runbook.extra.pop('required-traits')
        self.define({'turbo': 'disabled'}, 'other')
        ran = self.do('option', 'list', *own, *JSON)
        self.assertIn('is defined differently', ran.out)

    def test_a_single_item_wins(self) -> None:
        self.set('--turbo', 'disabled')
        self.assertEqual({HT: 'enabled', TURBO: 'disabled'}, self.record())

    def test_a_later_item_takes_the_profile_away(self) -> None:
        self.set()
        self.assert_ended(0, self.do('set', '--turbo', 'disabled', 'web-1'))
        self.assertEqual({HT: 'enabled', TURBO: 'disabled'}, self.record())
        self.set()
        self.assertEqual(ALL, self.record())
        self.assert_ended(0, self.do('unset', '--config', 'turbo', 'web-1'))
        self.assertEqual({HT: 'enabled'}, self.record())

    def test_one_that_was_killed_is_named_by_who_resumes_it(self) -> None:
        self.set('--no-wait')
        self.model.clock.sleep(600)
        self.assert_ended(0, self.do('recover', '--retry', 'web-1'))
        self.assertEqual(ALL, self.record())

    def test_later(self) -> None:
        self.set('--defer')
        self.assertEqual(
            {'profile hpc (deferred)'}, set(self.sources().values())
        )
        entry = self.server.metadata['deploy-config-deferred:turbo']
        self.assertEqual('hpc', json.loads(entry)['profile'])
        self.assert_ended(0, self.do('apply', 'web-1'))
        self.assertEqual(ALL, self.record())

    def test_several_servers_and_a_dry_run(self) -> None:
        self.world.boot('web-2', ProcTurboMode='Disabled')
        ran = self.do(
            *('set', '--profile', 'hpc', '--dry-run', 'web-1', 'web-2', *JSON)
        )
        self.assert_ended(0, ran)
        self.assertIn(PROFILE, ran.out)
        self.assertEqual({}, self.server.metadata)

    def test_what_there_is_not(self) -> None:
        ran = self.do('set', '--profile', 'hpz', 'web-1', *JSON)
        self.assert_refused(
            ran, "'hpz': no such profile (did you mean hpc?); known here: hpc"
        )
        self.define({'turbo': 'enabled'}, 'other')
        ran = self.do('set', '--profile', 'hpc', 'web-1', *JSON)
        self.assert_refused(ran, 'runbook other has turbo=enabled')
        self.assertEqual({}, self.server.metadata)
        ran = self.do('set', '--profile', 'hpc', '--file', 'x', 'web-1')
        self.assert_ended(2, ran)

    def test_a_flavor_asks_for_it(self) -> None:
        flavor = self.world.flavor('bm.large')
        assert flavor is not None
        self.world.add_flavor(
            'bm.large.hpc', {**flavor.extra_specs, PROFILE: 'hpc'}
        )
        server = self.world.boot(
            'web-2', 'bm.large.hpc', ProcTurboMode='Disabled'
        )
        ran = self.do('show', 'web-2', *JSON)
        self.assertEqual(
            {'profile hpc (flavor bm.large.hpc)'},
            {row['Source'] for row in ran.json() if row['Desired']},
        )
        self.assert_ended(0, self.do('apply', 'web-2'))
        self.assertEqual([], [k for k in server.metadata if 'prev' not in k])
        ran = self.do('list', '--drift', '--server', 'web-2', *JSON)
        self.assertEqual([], ran.json())
        self.world.runbooks.pop(self.runbook.uuid)
        for argv in (('show', 'web-2'), ('list',)):
            ran = self.do(*argv, *JSON)
            self.assert_ended(0, ran)
            self.assertEqual(1, ran.err.count('profile hpc (flavor'), ran.err)
