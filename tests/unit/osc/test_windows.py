"""``set --defer`` and ``apply`` in a window, on the model."""

import json

from tests import runs
from tests.matrix import scenarios
from tests.model import fixture
from tests.model.records import OFF, ON, Server
from tests.unit import base

HT = 'hyperthreading'
KEY = f'deploy-config-deferred:{HT}'
RECORD = f'deploy-config:{HT}'
DEFER = ('set', '--defer', '--hyperthreading', 'enabled')
JSON = ('-f', 'json')


class _WindowTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world = self.model.world

    def do(self, *argv: str, person: str = 'mona') -> runs.Ran:
        return self.model.openstack(person, 'server', 'config', *argv)

    def results(self, ran: runs.Ran) -> list[tuple[str, str]]:
        return [(row['Server'], row['Result']) for row in ran.json()]

    def changes(self) -> list[str]:
        """Return the requests that were to change something."""
        seen = self.model.faults.requests
        return [
            str(one)
            for one in seen
            if one.method != 'GET' and 'auth/tokens' not in str(one)
        ]

    def holds(self, server: Server) -> str:
        """Return what the BMC holds."""
        return str(self.model.node_of(server).bmc['LogicalProc'])

    def deferred(self, name: str = 'web-1', *, is_off: bool = True) -> Server:
        """Return a server of which hyper-threading is deferred."""
        server = self.world.boot(name)
        scenarios.defer(server, HT, 'enabled')
        if is_off:
            scenarios.stop(self.world, server)
        return server


class DeferTest(_WindowTest):
    def test_only_the_metadata_is_written(self) -> None:
        server = self.world.boot('web-1')
        ran = self.do(*DEFER, 'web-1', *JSON)
        self.assert_ended(0, ran)
        self.assertEqual([('web-1', 'deferred')], self.results(ran))
        for told in (
            'hyperthreading=enabled is deferred; nothing was touched',
            f'openstack server config apply {server.id}',
            f'server config unset --config hyperthreading {server.id}',
        ):
            self.assertIn(told, ran.err)
        [key] = server.metadata
        entry = json.loads(server.metadata[key])
        self.assertEqual((KEY, 'enabled'), (key, entry['value']))
        self.assertEqual('active', server.vm_state)
        # The others ask Ironic whether it may be serviced.
        *asked, written = self.changes()
        for question in asked:
            self.assertIn('/states/provision', question)
        self.assertIn(f'POST /compute/v2.1/servers/{server.id}/', written)

    def test_again_it_is_as_it_was(self) -> None:
        server = self.world.boot('web-1')
        argv = (*DEFER, 'web-1', '--detailed-exit-code')
        self.assert_ended(10, self.do(*argv))
        before = dict(server.metadata)
        self.model.clock.sleep(60)
        self.assert_ended(0, self.do(*argv))
        self.assertEqual(before, server.metadata)

    def test_who_may_not_set_may_not_defer(self) -> None:
        server = self.world.boot('web-1')
        ran = self.do(*DEFER, 'web-1', *JSON, person='alice')
        self.assert_refused(ran, '403')
        self.assertEqual([('web-1', 'refused')], self.results(ran))
        self.assertEqual({}, server.metadata)

    def test_every_reason_against_it(self) -> None:
        server = self.world.boot('web-1')
        self.model.node_of(server).maintenance = True
        ran = self.do(
            *DEFER, '--turbo', 'x', '--numa-per-socket', '3', 'web-1'
        )
        self.assert_refused(ran, 'turbo=x', 'numa-per-socket=3', 'maintenance')
        self.assertEqual({}, server.metadata)

    def test_what_is_so_already_is_recorded(self) -> None:
        server = self.deferred(is_off=False)
        argv = ('set', '--defer', '--hyperthreading', 'disabled', 'web-1')
        ran = self.do(*argv, *JSON)
        self.assert_ended(0, ran)
        self.assertEqual([('web-1', 'recorded')], self.results(ran))
        self.assertEqual({RECORD: 'disabled'}, server.metadata)
        ran = self.do(*argv, *JSON)
        self.assertEqual([('web-1', 'unchanged')], self.results(ran))

    def test_what_has_started_is_not_for_later(self) -> None:
        server = self.world.boot('web-1')
        enable = ('set', '--hyperthreading', 'enabled', 'web-1')
        self.assert_ended(0, self.do(*enable, '--no-wait'))
        self.model.clock.sleep(60)
        before = dict(server.metadata)
        ran = self.do(*DEFER, 'web-1')
        self.assert_ended(3, ran)
        self.assertIn('a change was started and has not finished', ran.err)
        self.assertEqual(before, server.metadata)
        self.assertEqual('stopped', server.vm_state)

    def test_several_of_which_one_cannot(self) -> None:
        first, second = self.world.boot('web-1'), self.world.boot('web-2')
        self.model.node_of(second).maintenance = True
        ran = self.do(*DEFER, 'web-1', 'web-2', *JSON)
        self.assert_ended(3, ran)
        self.assertIn('1 refused (--max-failures allows more)', ran.err)
        self.assertEqual({}, first.metadata)
        argv = (*DEFER, 'web-1', 'web-2', '--max-failures', '1', *JSON)
        ran = self.do(*argv)
        self.assert_ended(7, ran)
        self.assertEqual(
            [('web-1', 'deferred'), ('web-2', 'refused')], self.results(ran)
        )
        self.assertIn(KEY, first.metadata)

    def test_nova_does_not_take_it(self) -> None:
        server = self.world.boot('web-1')
        path = f'/compute/v2.1/servers/{server.id}/metadata'
        for status, code, result in ((403, 3, 'refused'), (503, 1, 'failed')):
            self.model.faults.broken[path] = status
            ran = self.do(*DEFER, 'web-1', *JSON)
            self.assert_ended(code, ran)
            self.assertEqual([('web-1', result)], self.results(ran))
            self.assertIn(f'web-1 ({server.id}): the request c', ran.err)

    def test_options_that_mean_nothing(self) -> None:
        given = (
            '--dry-run --no-wait --no-stop --allow-move --group-by x '
            '--max-concurrent 2 --timeout 5'
        )
        ran = self.do(*DEFER, 'web-1', *given.split())
        self.assert_ended(2, ran)
        names = [one for one in given.split() if one.startswith('--')]
        for name in names:
            self.assertIn(name, ran.err)
        ran = self.do(*DEFER, 'web-1', '--canary', '1')
        self.assertIn('--defer cannot go with --canary: it', ran.err)
        self.assertEqual([], self.changes())


class SeenTest(_WindowTest):
    def test_by_whom_and_since_when(self) -> None:
        server = self.world.boot('web-1')
        self.assert_ended(0, self.do(*DEFER, 'web-1'))
        self.model.clock.sleep(7200)
        for argv in (('show', 'web-1'), ('list',)):
            ran = self.do(*argv)
            self.assert_ended(0, ran)
            self.assertIn('is deferred by mona 2 hours ago.', ran.err)
            self.assertIn(' deferred ', ran.out)
            self.assertLessEqual(max(map(len, ran.out.splitlines())), 120)
        entry = json.loads(server.metadata[KEY])
        told = {'by': entry['by'], 'at': entry['at']}
        for words in ('show web-1', 'list --long'):
            rows = self.do(*words.split(), *JSON).json()
            [row] = [row for row in rows if row['Config'] == HT]
            self.assertEqual(
                ('enabled', 'deferred', True, told),
                tuple(
                    row[name]
                    for name in ('Desired', 'Source', 'Drift', 'Deferred')
                ),
            )
        # Who may not ask for names sees the ID.
        ran = self.do('list', person='rita')
        self.assertIn(f'is deferred by {entry["by"]} 2 hours ago.', ran.err)

    def test_what_is_no_request_is_told_once(self) -> None:
        server = self.world.boot('web-1')
        server.metadata[KEY] = 'enabled'
        for argv in (('show', 'web-1'), ('list',), ('apply', 'web-1')):
            ran = self.do(*argv)
            self.assert_ended(0, ran)
            told = f'{KEY} in the server metadata is no request'
            self.assertEqual(1, ran.err.count(told), ran.err)
        ran = self.do('unset', '--config', HT, 'web-1')
        self.assert_ended(0, ran)
        self.assertEqual({}, server.metadata)

    def test_what_is_withdrawn_leaves_the_record(self) -> None:
        server = self.deferred(is_off=False)
        server.metadata[RECORD] = 'disabled'
        ran = self.do('unset', '--config', HT, 'web-1', '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual({RECORD: 'disabled'}, server.metadata)
        [row] = ran.json()
        self.assertEqual('server metadata', row['Source'])
        self.assert_ended(0, self.do('unset', '--config', HT, 'web-1'))
        self.assertEqual({}, server.metadata)


class ApplyTest(_WindowTest):
    def test_it_is_recorded_and_deferred_no_longer(self) -> None:
        server = self.deferred(is_off=False)
        self.assert_ended(0, self.do('apply', 'web-1'))
        self.assertEqual('Enabled', self.holds(server))
        self.assertEqual('active', server.vm_state)
        self.assertEqual('enabled', server.metadata[RECORD])
        self.assertNotIn(KEY, server.metadata)

    def test_risks_have_to_be_accepted_again(self) -> None:
        server = self.world.boot('web-1')
        scenarios.defer(server, 'boot-mode', 'bios')
        ran = self.do('apply', 'web-1', *JSON)
        self.assert_refused(ran)
        self.assertIn('deploy-config-deferred:boot-mode', server.metadata)

    def test_withdrawn(self) -> None:
        server = self.deferred(is_off=False)
        argv = ('unset', '--config', HT, 'web-1')
        ran = self.do(*argv)
        self.assert_ended(0, ran)
        self.assertIn(f'removed: {KEY}', ran.err)
        self.assertEqual({}, server.metadata)

    def test_set_ends_its_own_type_only(self) -> None:
        server = self.deferred(is_off=False)
        scenarios.defer(server, 'turbo', 'disabled')
        argv = ('set', '--hyperthreading', 'enabled', 'web-1')
        self.assert_ended(0, self.do(*argv))
        self.assertNotIn(KEY, server.metadata)
        self.assertIn('deploy-config-deferred:turbo', server.metadata)


class OnlyOffTest(_WindowTest):
    def test_they_are_left_off_and_the_others_alone(self) -> None:
        off, on = self.deferred('web-1'), self.deferred('web-2', is_off=False)
        argv = ('apply', '--only-off', 'web-1', 'web-2')
        ran = self.do(*argv, '--dry-run')
        self.assert_ended(0, ran)
        self.assertIn('1 not off and left alone', ran.err)
        self.assertRegex(ran.out, r'web-2 .* not off ')
        ran = self.do(*argv, *JSON)
        self.assert_ended(0, ran)
        self.assertEqual(
            [('web-1', 'verified'), ('web-2', 'not off')], self.results(ran)
        )
        self.assertEqual('Enabled', self.holds(off))
        self.assertEqual(('stopped', OFF), (off.vm_state, off.power))
        self.assertEqual('enabled', off.metadata[RECORD])
        self.assertEqual('Disabled', self.holds(on))
        self.assertEqual([KEY], list(on.metadata))

    def test_one_that_is_on_costs_nothing_more(self) -> None:
        server = self.deferred(is_off=False)
        for name in ('web-1', server.id):
            before = len(self.model.faults.requests)
            ran = self.do('apply', '--only-off', name, *JSON)
            self.assert_ended(0, ran)
            self.assertEqual([('web-1', 'not off')], self.results(ran))
            self.assertIn('is ACTIVE; --only-off leaves it alone.', ran.err)
            seen = self.model.faults.requests[before:]
            self.assertNotIn('baremetal', ' '.join(map(str, seen)))

    def test_a_journal_that_says_so_falsely_is_no_reason(self) -> None:
        server = self.deferred(is_off=False)
        server.metadata[f'deploy-config-pending:{HT}'] = json.dumps(
            {
                'value': 'enabled',
                'power': 'off',
                'since': self.model.clock.utc().isoformat(),
            }
        )
        self.model.clock.sleep(7200)
        ran = self.do('apply', '--only-off', 'web-1', *JSON)
        self.assert_ended(0, ran)
        self.assertEqual([('web-1', 'not off')], self.results(ran))
        self.assertEqual('Disabled', self.holds(server))

    def test_one_that_its_user_starts_before_its_turn(self) -> None:
        first, second = self.deferred('web-1'), self.deferred('web-2')
        sleep = self.model.clock.sleep

        def started(seconds: float) -> None:
            second.vm_state, second.power = 'active', ON
            self.model.node_of(second).power_state = ON
            sleep(seconds)

        self.model.clock.sleep = started  # type: ignore[method-assign]
        argv = ('apply', '--only-off', '--max-concurrent', '1')
        ran = self.do(*argv, *JSON, 'web-1', 'web-2')
        self.assert_ended(0, ran)
        self.assertEqual(
            [('web-1', 'verified'), ('web-2', 'not off')], self.results(ran)
        )
        self.assertIn('leaves them alone: web-2.', ran.err)
        self.assertEqual('Enabled', self.holds(first))
        self.assertEqual(('active', ON), (second.vm_state, second.power))
        self.assertEqual([KEY], list(second.metadata))

    def test_two_of_a_name_are_not_told_apart_by_it(self) -> None:
        self.deferred('web-1')
        self.deferred('web-1', is_off=False)
        ran = self.do('apply', '--only-off', 'web-1', 'nope')
        self.assert_refused(ran, 'More than one server has the name web-1')


class UntilTest(_WindowTest):
    def test_who_would_be_late_is_not_started(self) -> None:
        servers = [self.deferred(f'web-{n}') for n in range(1, 4)]
        names = [server.name for server in servers]
        argv = ('apply', '--max-concurrent', '1', *names, '-f', 'json')
        ran = self.do(*argv, '--until', '6s')
        self.assert_ended(7, ran)
        self.assertEqual(
            [
                ('web-1', 'verified'),
                ('web-2', 'not started'),
                ('web-3', 'not started'),
            ],
            self.results(ran),
        )
        self.assertIn('by the end of --until (the longest so far', ran.err)
        self.assertEqual('Disabled', self.holds(servers[1]))
        ran = self.do(*argv, '--until', '1h')
        self.assert_ended(0, ran)
        self.assertEqual(
            {'Enabled'}, {self.holds(server) for server in servers}
        )

    def test_a_time_that_has_passed(self) -> None:
        server = self.deferred()
        for more in (['--dry-run'], [server.id], []):
            argv = ('apply', *more, 'web-1', '--until', '2020-01-01T00:00Z')
            ran = self.do(*argv)
            self.assertIn('by the end of --until', ran.err)
            self.assert_ended(7, ran)
        self.assertEqual('Disabled', self.holds(server))

    def test_only_who_waits_knows_how_long_it_takes(self) -> None:
        for argv, told in (
            (('--until', '1h', '--no-wait'), '--until requires --wait'),
            (('--until', 'noon'), "'noon' is neither a time"),
        ):
            ran = self.do('apply', 'web-1', *argv)
            self.assert_ended(2, ran)
            self.assertIn(told, ran.err)
