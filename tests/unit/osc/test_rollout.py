"""``set`` for many servers, on the model."""

from pathlib import Path
from typing import Any

from tests import runs
from tests.model import faults, fixture, records, world, wsgi
from tests.model.records import Server
from tests.unit import base

CONFIG = ('server', 'config')
ENABLE = ('--hyperthreading', 'enabled')
PROC = 'LogicalProc'


class RolloutTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world = self.model.world
        self.servers = self.world.populate(servers=8)
        self.names = [server.name for server in self.servers]

    def set(self, *argv: str, person: str = 'mona') -> runs.Ran:
        self.model.faults.forget()
        return self.model.openstack(person, *CONFIG, 'set', *argv)

    def rows(self, ran: runs.Ran) -> dict[str, dict[str, Any]]:
        return {row['Server']: row for row in ran.json()}

    def holds(self, server: Server) -> str:
        return str(self.model.node_of(server).bmc[PROC])

    def spoil(self, server: Server) -> None:
        node = self.model.node_of(server)
        node.driver_info['fake_bios_ignore'] = True

    def test_all_are_changed_and_a_re_run_does_nothing(self) -> None:
        argv = (*ENABLE, *self.names, '-f', 'json')
        ran = self.set(*argv)
        self.assert_ended(0, ran)
        self.assertEqual({'verified'}, {row['Result'] for row in ran.json()})
        self.assertIn('8 servers: 8 to change, 0 up to date', ran.err)
        for server in self.servers:
            self.assertEqual('Enabled', self.holds(server))
            self.assertEqual('active', server.vm_state)
        ran = self.set(*argv)
        self.assert_ended(0, ran)
        self.assertEqual({'unchanged'}, {row['Result'] for row in ran.json()})

    def test_chosen_by_tag(self) -> None:
        for server in self.servers[:2]:
            server.tags.append('hpc')
        ran = self.set(*ENABLE, '--tag', 'hpc', '-f', 'value', '-c', 'ID')
        self.assert_ended(0, ran)
        ids = sorted(server.id for server in self.servers[:2])
        self.assertEqual(ids, sorted(ran.out.split()))
        self.assertEqual('Disabled', self.holds(self.servers[2]))

    def test_a_tag_that_no_server_has(self) -> None:
        ran = self.set(*ENABLE, '--tag', 'nobody', '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual([], ran.json())
        self.assertIn('Warning: no server matches', ran.err)

    def test_dry_run_touches_nothing(self) -> None:
        ran = self.set(*ENABLE, *self.names, '--dry-run', '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual(set(self.names), set(self.rows(ran)))
        self.assertEqual({}, self.servers[0].metadata)

    def test_a_failure_keeps_others_from_being_begun(self) -> None:
        self.spoil(self.servers[0])
        ran = self.set(
            *ENABLE, *self.names, '--max-concurrent', '1', '-f', 'json'
        )
        self.assert_ended(7, ran)
        rows = self.rows(ran)
        self.assertEqual('incomplete', rows[self.names[0]]['Result'])
        for name in self.names[1:]:
            self.assertEqual('not started', rows[name]['Result'])
        self.assertIn(
            'Not started, because 1 failed (--max-failures allows more): '
            'fleet-00002',
            ran.err,
        )
        self.assertEqual({}, self.servers[1].metadata)

    def test_failures_that_are_allowed(self) -> None:
        self.spoil(self.servers[0])
        ran = self.set(
            *ENABLE, *self.names, '--max-failures', '20%', '-f', 'json'
        )
        self.assert_ended(7, ran)
        results = [row['Result'] for row in ran.json()]
        self.assertEqual(7, results.count('verified'))

    def test_canary(self) -> None:
        self.spoil(self.servers[0])
        ran = self.set(
            *ENABLE,
            *self.names,
            *('--canary', '1', '--max-failures', '8', '-f', 'json'),
        )
        self.assert_ended(7, ran)
        results = [row['Result'] for row in ran.json()]
        self.assertEqual(7, results.count('not started'))
        self.assertIn('because a canary failed', ran.err)

    def test_never_more_at_once_nor_two_of_a_group(self) -> None:
        for number, server in enumerate(self.servers):
            server.metadata['rack'] = f'r{number % 2}'
        most = self.most_at_once()
        ran = self.set(*ENABLE, *self.names, '--group-by', 'rack')
        self.assert_ended(0, ran)
        self.assertLessEqual(most[0], 2)
        self.assertGreaterEqual(most[0], 1)

    def test_a_group_that_no_server_has(self) -> None:
        for more in ((), ('--dry-run',)):
            ran = self.set(*ENABLE, *self.names, '--group-by', 'rak', *more)
            self.assert_refused(ran, '--group-by rak: none of the servers')
        self.assertEqual({}, self.servers[0].metadata)

    def test_grouped_by_zone(self) -> None:
        most = self.most_at_once()
        ran = self.set(*ENABLE, *self.names, '--group-by', 'availability-zone')
        self.assert_ended(0, ran)
        self.assertEqual(1, most[0])

    def most_at_once(self) -> list[int]:
        """Return a list whose one element is the most nodes in service."""
        most = [0]
        begin = self.world.conductor.begin_service

        def count(*args: Any, **more: Any) -> Any:
            answer = begin(*args, **more)
            now = sum(
                node.provision_state.startswith('servic')
                for node in self.world.nodes.values()
            )
            most[0] = max(most[0], now)
            return answer

        self.world.conductor.begin_service = count  # type: ignore[method-assign]
        return most

    def test_a_file_that_says_what_each_should_be(self) -> None:
        path = Path.home() / 'desired.yaml'
        path.write_text(
            f'{self.names[0]}: {{hyperthreading: enabled, turbo: disabled}}\n'
            f'{self.names[1]}: {{hyperthreading: disabled}}\n',
            encoding='utf-8',
        )
        ran = self.set('--file', str(path), '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual(
            ['verified', 'verified', 'unchanged'],
            [row['Result'] for row in ran.json()],
        )
        node = self.model.node_of(self.servers[0])
        self.assertEqual('Disabled', node.bmc['ProcTurboMode'])

    def test_files_that_are_broken(self) -> None:
        path = Path.home() / 'desired.yaml'
        for text in (
            '',
            '[]',
            'web-1: enabled',
            'web-1: {a: [b]}',
            '{',
            'web-1: {a: }',
        ):
            path.write_text(text, encoding='utf-8')
            self.assert_refused(self.set('--file', str(path)), str(path))
        twice = 'web-1: {turbo: enabled}\nweb-1: {turbo: disabled}\n'
        path.write_text(twice, encoding='utf-8')
        ran = self.set('--file', str(path))
        self.assert_refused(ran, f'{path}:2: web-1: duplicate key')

    def test_a_file_whose_words_are_taken_as_they_are_written(self) -> None:
        path = Path.home() / 'desired.yaml'
        name = self.names[0]
        path.write_text(f'{name}: {{sriov: on, turbo: 0x2}}', encoding='utf-8')
        ran = self.set('--file', str(path))
        self.assert_ended(3, ran)
        self.assertIn('sriov=on: allowed values:', ran.err)
        self.assertIn('turbo=0x2: allowed values:', ran.err)

    def test_a_file_and_only_some_of_its_servers(self) -> None:
        path = Path.home() / 'desired.yaml'
        lines = [f'{n}: {{hyperthreading: enabled}}' for n in self.names[:2]]
        path.write_text('\n'.join(lines), encoding='utf-8')
        argv = ('--file', str(path), '-f', 'json')
        self.assert_ended(0, self.set(self.names[1], *argv))
        self.assertEqual('Disabled', self.holds(self.servers[0]))
        self.assertEqual('Enabled', self.holds(self.servers[1]))
        ran = self.set(*self.names[1:3], *argv)
        self.assert_ended(3, ran)
        self.assertIn(
            f'{path} must name it once, and names it nowhere', ran.err
        )

    def test_a_file_that_names_a_server_twice(self) -> None:
        path = Path.home() / 'desired.yaml'
        server = self.servers[0]
        path.write_text(
            f'{server.name}: {{hyperthreading: enabled}}\n'
            f'{server.id}: {{hyperthreading: disabled}}\n',
            encoding='utf-8',
        )
        ran = self.set('--file', str(path))
        self.assert_ended(3, ran)
        self.assertIn('by its name on line 1 and by its ID on line 2', ran.err)

    def test_a_file_that_names_servers_that_there_are_not(self) -> None:
        path = Path.home() / 'desired.yaml'
        nobody = '9d2d3b1a-7a0c-4d0e-8a8e-0d1f5b1c7a11'
        for missing in ('web-99', nobody):
            request = '{hyperthreading: enabled}'
            for lines in (
                [missing],
                [f'# {missing}', '# -', missing],
                [self.names[0], self.names[1], missing],
            ):
                text = '\n'.join(f'{line}: {request}' for line in lines)
                path.write_text(text, encoding='utf-8')
                ran = self.set('--file', str(path))
                self.assert_ended(3, ran)
                self.assertIn(f'{path}:{len(lines)}: No server with', ran.err)
                # That the command line names it is not the file's fault.
                ran = self.set('--file', str(path), 'web-98', missing)
                self.assertIn(f'{path}:{len(lines)}: No server with', ran.err)
                self.assertNotIn(': No server with the name web-98', ran.err)

    def test_one_that_is_refused_counts_as_failed(self) -> None:
        self.model.node_of(self.servers[0]).traits.clear()
        argv = (*ENABLE, *self.names, '-f', 'json')
        rest = set(self.names[1:])
        for more, code, told in (
            ((), 3, set(self.names)),
            (('--dry-run',), 3, rest),
            (('--dry-run', '-f', 'csv'), 3, set()),
        ):
            ran = self.set(*argv, *more)
            self.assert_ended(code, ran)
            self.assertIn('lacks the trait HW_CPU_HYPERTHREADING', ran.err)
            if told:
                self.assertEqual(told, set(self.rows(ran)))
            else:
                self.assertIn(
                    f'{self.names[0]}","{self.servers[0].id}', ran.out
                )
        self.assertEqual({}, self.servers[1].metadata)
        ran = self.set(*argv, '--max-failures', '1')
        self.assert_ended(7, ran)
        row = self.rows(ran)[self.names[0]]
        self.assertEqual(
            ('hyperthreading', None, 'enabled', 'refused'),
            (row['Config'], row['From'], row['To'], row['Result']),
        )

    def test_a_name_that_two_servers_have(self) -> None:
        self.servers[1].name = self.names[0]
        argv = (*ENABLE, self.names[0], self.names[2], '-f', 'json')
        ran = self.set(*argv, '--max-failures', '2')
        self.assert_ended(7, ran)
        self.assertIn(
            f'More than one server has the name {self.names[0]}', ran.err
        )
        results = [(row['ID'], row['Result']) for row in ran.json()]
        self.assertEqual(
            sorted(
                [
                    (self.servers[0].id, 'refused'),
                    (self.servers[1].id, 'refused'),
                    (self.servers[2].id, 'verified'),
                ]
            ),
            sorted(results),
        )
        by_id = [server.id for server in self.servers[:2]]
        self.assert_ended(0, self.set(*ENABLE, *by_id))

    def test_what_nobody_is_called(self) -> None:
        ran = self.set(*ENABLE, self.names[0], 'nope', '-f', 'json')
        self.assert_ended(3, ran)
        self.assertIn(
            'No server with the name nope exists in this project.', ran.err
        )
        self.assertIsNone(self.rows(ran)['nope']['ID'])

    def test_who_may_not(self) -> None:
        ran = self.set(*ENABLE, *self.names, person='rita')
        self.assert_ended(3, ran)
        self.assertIn('403', ran.err)
        self.assertEqual({}, self.servers[1].metadata)

    def test_watching_does_not_ask_for_each_server(self) -> None:
        ran = self.set(*ENABLE, *self.names)
        self.assert_ended(0, ran)
        calls = [str(call) for call in self.model.faults.calls()]
        own = [c for c in calls if c.startswith('GET') and '/servers/' in c]
        own = [c for c in own if '/servers/detail' not in c]
        self.assertEqual([], own)
        lists = [c for c in calls if '/servers/detail' in c]
        nodes = [c for c in calls if '/nodes/?' in c]
        self.assertEqual(len(lists), len(nodes))

    def test_lists_end_where_the_last_that_is_watched_was_seen(self) -> None:
        self.world.settings.page = 2
        first = sorted(self.servers, key=lambda server: server.created)[-2:]
        ran = self.set(*ENABLE, *(server.id for server in first))
        self.assert_ended(0, ran)
        calls = [str(call) for call in self.model.faults.calls()]
        begun = next(n for n, c in enumerate(calls) if '/action' in c)
        lists = [c for c in calls[begun:] if '/servers/detail' in c]
        self.assertFalse([c for c in lists if 'marker' in c])

    def test_ironic_is_asked_once_about_the_rights(self) -> None:
        ran = self.set(*ENABLE, *self.names, '--dry-run')
        self.assert_ended(0, ran)
        # A runbook that only others may use, and the steps.
        self.assertEqual([403, 400], self.asked())

    def test_and_once_more_about_a_node_of_another_owner(self) -> None:
        self.model.node_of(self.servers[0]).owner = self.servers[0].project_id
        ran = self.set(*ENABLE, *self.names, '--dry-run')
        self.assert_ended(0, ran)
        self.assertEqual([400, 400, 403, 403], sorted(self.asked()))

    def test_what_is_no_policy_is_asked_about_each(self) -> None:
        argv = (*ENABLE, *self.names, '--dry-run')
        self.assert_ended(0, self.set(*argv))
        calls = self.model.faults.calls()
        first = next(n for n, c in enumerate(calls, 1) if c.method == 'PUT')
        # As where the first node has just been taken away.
        self.model.faults.arm(first, faults.Fault.parse('404'))
        self.assert_ended(0, self.set(*argv))
        self.assertEqual(2 + 2, len(self.asked()))

    def asked(self) -> list[int]:
        """Return what was answered where a service was asked for."""
        return [
            call.status or 0
            for call in self.model.faults.calls()
            if call.method == 'PUT' and call.url.endswith('/provision')
        ]

    def test_a_server_that_is_deleted_meanwhile(self) -> None:
        gone = self.servers[0]
        stop = self.world.clock.sleep

        def sleep(seconds: float) -> None:
            stop(seconds)
            if self.world.clock.now() > began + 4:
                self.world.servers.pop(gone.id, None)

        began = self.world.clock.now()
        self.world.clock.sleep = sleep  # type: ignore[method-assign]
        ran = self.set(
            *(*ENABLE, *self.names, '--max-failures', '1', '-f', 'json')
        )
        self.assert_ended(7, ran)
        self.assertIn('the server is gone', ran.err)
        rows = self.rows(ran)
        self.assertEqual('incomplete', rows[gone.name]['Result'])
        self.assertGreater(rows[gone.name]['Seconds'], 3)
        self.assertEqual('verified', rows[self.names[1]]['Result'])

    def test_an_api_that_is_away_now_and_then(self) -> None:
        away = faults.Fault.parse('503')
        self.model.faults.arm(3, away)
        for nth in range(10, 1000, 3):
            self.model.faults.also(nth, away)
        self.addCleanup(self.model.faults.disarm)
        ran = self.set(*ENABLE, *self.names, '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual({'verified'}, {row['Result'] for row in ran.json()})

    def test_tokens_that_expire_meanwhile(self) -> None:
        self.world.settings.token_s = 3.0
        ran = self.set(*ENABLE, *self.names, '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual({'verified'}, {row['Result'] for row in ran.json()})
        self.assertGreater(len(self.world.tokens), 2)

    def test_a_token_that_is_revoked_meanwhile(self) -> None:
        sleep = self.world.clock.sleep
        lapses = [1.0, 3.0, 5.0]
        began = self.world.clock.now()

        def lapsing(seconds: float) -> None:
            sleep(seconds)
            if lapses and self.world.clock.now() > began + lapses[0]:
                del lapses[0]
                self.world.lapse()

        self.world.clock.sleep = lapsing  # type: ignore[method-assign]
        ran = self.set(*ENABLE, *self.names, '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual([], lapses)

    def test_time_is_up_where_ironic_never_takes_it_on(self) -> None:
        argv = (*ENABLE, *self.names[:2], '--timeout', '60', '-f', 'json')
        away = faults.Fault.parse('503')
        begin = self.world.conductor.begin_service

        def refuse(*args: Any, **more: Any) -> Any:
            raise wsgi.Refusal(503, 'no conductor is free')

        self.world.conductor.begin_service = refuse  # type: ignore[method-assign]
        ran = self.set(*argv)
        self.world.conductor.begin_service = begin  # type: ignore[method-assign]
        self.assert_ended(7, ran)
        self.assertEqual({'timed out'}, {row['Result'] for row in ran.json()})
        self.model.faults.arm(1, away)
        self.assert_ended(0, self.set(*argv))

    def test_canary_needs_the_waiting(self) -> None:
        argv = (*ENABLE, *self.names, '--canary', '1', '--no-wait')
        self.assert_ended(2, self.set(*argv), out='')
        self.assertEqual({}, self.servers[0].metadata)

    def test_canary_beside_one_that_is_refused(self) -> None:
        more = ('nope', '--canary', '1', '--max-failures', '1', '-f', 'json')
        ran = self.set(*ENABLE, *self.names, *more)
        self.assert_ended(7, ran)
        results = [row['Result'] for row in ran.json()]
        self.assertEqual(8, results.count('verified'))

    def test_dry_run_says_that_none_would_be_begun(self) -> None:
        ran = self.set(*ENABLE, *self.names, 'nope', '--dry-run')
        self.assert_ended(3, ran)
        self.assertIn('No server would be started: 1 refused', ran.err)

    def test_servers_without_a_group_are_told(self) -> None:
        self.servers[0].metadata['rack'] = 'r1'
        argv = (*ENABLE, *self.names, '--group-by', 'rack', '--dry-run')
        ran = self.set(*argv)
        self.assert_ended(0, ran)
        self.assertIn('7 of 8 have no rack', ran.err)

    def test_time_is_up(self) -> None:
        self.world.settings.step_s = 1000.0
        ran = self.set(
            *(*ENABLE, *self.names[:2], '--timeout', '60', '-f', 'json')
        )
        self.assert_ended(7, ran)
        for row in ran.json():
            self.assertEqual('timed out', row['Result'])
            self.assertGreaterEqual(row['Seconds'], 60)
        self.assertEqual(2, ran.err.count('Continue with: openstack'))

    def test_not_waiting(self) -> None:
        ran = self.set(*ENABLE, *self.names, '--no-wait', '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual({'started'}, {row['Result'] for row in ran.json()})
        self.assertIn('fleet-00001: started', ran.err)
        self.assertIn('neither verified nor recorded', ran.err)
        ran = self.set(*ENABLE, *self.names, '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual({'verified'}, {row['Result'] for row in ran.json()})

    def test_not_waiting_begins_no_more_than_may_be_out_of_service(
        self,
    ) -> None:
        argv = (*ENABLE, *self.names, '--max-concurrent', '3', '-f', 'json')
        ran = self.set(*argv, '--no-wait')
        self.assert_ended(7, ran)
        results = [row['Result'] for row in ran.json()]
        self.assertEqual(3, results.count('started'))
        self.assertEqual(5, results.count('not started'))
        self.assertIn('because 3 nodes are still out of service', ran.err)

    def test_what_was_begun_is_gone_on_with_first(self) -> None:
        last = self.names[-1]
        self.assert_ended(0, self.set(*ENABLE, last, '--no-wait'))
        argv = (*ENABLE, *self.names, '--max-concurrent', '1', '-f', 'json')
        ran = self.set(*argv, '--no-wait')
        self.assert_ended(7, ran)
        self.assertEqual('started', self.rows(ran)[last]['Result'])

    def test_dry_run_shows_scripts_the_requests(self) -> None:
        argv = (*ENABLE, *self.names[:2], '--dry-run', '-f', 'json')
        several = self.set(*argv).json()
        one = self.set(*ENABLE, self.names[0], '--dry-run', '-f', 'json')
        self.assertEqual(one.json(), several[: len(several) // 2])

    def test_the_same_columns_for_one_and_for_several(self) -> None:
        for dry in (('--dry-run',), ()):
            for form in ('json', 'csv'):
                argv = (*ENABLE, *dry, '-f', form)
                some = [self.set(*argv, *self.names[:n]) for n in (1, 2)]
                heads = [
                    list(ran.json()[0])
                    if form == 'json'
                    else ran.out.splitlines()[0]
                    for ran in some
                ]
                self.assertEqual(heads[0], heads[1])

    def test_a_person_sees_ids_only_where_names_do_not_tell(self) -> None:
        argv = (*ENABLE, '--dry-run', '--all-projects')
        ran = self.set(*argv, person='operator')
        self.assert_ended(0, ran)
        self.assertNotIn(self.servers[0].id, ran.out)
        self.assertIn(self.names[0], ran.out)
        self.servers[0].name = self.names[1]
        ran = self.set(*argv, person='operator')
        self.assertIn(self.servers[0].id, ran.out)

    def test_ironic_is_away_while_all_are_read(self) -> None:
        self.model.faults.arm(9, faults.Fault.parse('503'))
        for nth in range(10, 2000):
            self.model.faults.also(nth, faults.Fault.parse('503'))
        ran = self.set(*ENABLE, *self.names, '-f', 'json')
        self.assert_ended(1, ran)
        self.assertEqual({'failed'}, {row['Result'] for row in ran.json()})
        # Of each service once, not for each server.
        self.assertLessEqual(ran.err.count('; still trying'), 3, ran.err)
        for server in self.servers:
            self.assertEqual(1, ran.err.count(f'\n{server.name} ('), ran.err)

    def test_servers_of_all_projects_that_nova_does_not_show(self) -> None:
        ran = self.set(*ENABLE, '--all-projects')
        self.assert_refused(ran, 'of all projects', 'only administrators')

    def test_flavor_that_there_is_not(self) -> None:
        ran = self.set(*ENABLE, '--server-flavor', 'nope')
        self.assert_refused(ran, "No flavor with the name or ID 'nope'")

    def test_interrupt(self) -> None:
        sleep = self.world.clock.sleep

        def interrupted(seconds: float) -> None:
            self.world.clock.sleep = sleep  # type: ignore[method-assign]
            raise KeyboardInterrupt

        self.world.clock.sleep = interrupted  # type: ignore[method-assign]
        ran = self.set(
            *(*ENABLE, *self.names, '--max-concurrent', '2', '-f', 'json')
        )
        self.assertEqual(130, ran.code)
        self.assertIn('Interrupted; nothing was undone.', ran.err)
        self.assertIn('Not started, because it was interrupted: ', ran.err)
        self.assertEqual(
            ['interrupted'] * 2 + ['not started'] * 6,
            sorted(row['Result'] for row in ran.json()),
        )
        ran = self.set(*ENABLE, *self.names)
        self.assert_ended(0, ran)

    def test_quiet(self) -> None:
        ran = self.set(*ENABLE, *self.names, '-q', '-f', 'json')
        self.assert_ended(0, ran, err='')

    def test_no_server(self) -> None:
        ran = self.set(*ENABLE)
        self.assert_ended(2, ran, out='')
        self.assertIn('No server: name at least one', ran.err)


class MovingTest(base.TestCase):
    def test_servers_that_a_resize_moves(self) -> None:
        settings = world.Settings(resize_moves_node=True)
        cloud = self.useFixture(fixture.Model(settings=settings))
        host = records.Host('devcloud', can_resize=True)
        servers = [
            cloud.world.boot(f'web-{n}', 'bm.large.ht-off', host=host)
            for n in range(2)
        ]
        argv = (*CONFIG, 'set', *ENABLE, '--method', 'resize', '-f', 'json')
        names = [server.name for server in servers]
        ran = cloud.openstack('mona', *argv, *names, '--allow-move')
        self.assert_ended(0, ran)
        self.assertEqual(['verified'] * 2, [r['Result'] for r in ran.json()])
        for server in servers:
            self.assertEqual('Enabled', cloud.node_of(server).bmc[PROC])
            self.assertEqual('bm.large.ht-on', server.flavor.name)
