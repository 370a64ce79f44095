"""One server is changed as many are: options, rows and exit codes."""

import pathlib

import fixtures

from tests import runs
from tests.model import fixture
from tests.unit import base

ENABLE = ('--hyperthreading', 'enabled')


class AlikeTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world = self.model.world
        self.one, self.two = (self.world.boot(f'web-{n}') for n in (1, 2))

    def do(self, *argv: str, person: str = 'mona') -> runs.Ran:
        return self.model.openstack(person, 'server', 'config', *argv)

    def set(self, *argv: str) -> runs.Ran:
        return self.do('set', *ENABLE, '-f', 'json', *argv)

    def interrupt(self, times: int = 1) -> None:
        """Have Ctrl-C come when something is waited for first."""
        sleep = self.world.clock.sleep
        left = [KeyboardInterrupt] * times

        def interrupted(seconds: float) -> None:
            if left:
                raise left.pop()
            sleep(seconds)

        self.world.clock.sleep = interrupted  # type: ignore[method-assign]

    def test_options_that_are_wrong(self) -> None:
        for argv, code, words in (
            (('--group-by', 'nonsense'), 3, 'none of the servers'),
            (('--canary', '1', '--no-wait'), 2, '--canary requires --wait'),
            (('-c', 'Nonsense'), 2, 'No such column'),
        ):
            for names in (('web-1',), ('web-1', 'web-2')):
                ran = self.do('set', *ENABLE, *argv, *names)
                self.assert_ended(code, ran)
                self.assertIn(words, ran.err)
                rows = ran.out.count(' refused ')
                self.assertEqual(len(names) if code == 3 else 0, rows)

    def test_a_dry_run_ends_as_the_run(self) -> None:
        self.world.boot('right', 'bm.large.ht-on')
        self.model.node_of(self.two).traits.clear()
        for argv in (
            ('web-2',),
            ('nope',),
            ('right',),
            ('right', 'nope'),
            ('right', 'web-2'),
            ('web-1', 'nope'),
            ('web-1', 'web-2', '--max-failures', '1', '--on-failure', 'leave'),
        ):
            dry = self.do('set', *ENABLE, '--dry-run', *argv)
            ran = self.set(*argv)
            self.assertEqual(ran.code, dry.code, f'{dry} {ran}')

    def test_one_that_is_refused_has_its_row(self) -> None:
        self.model.node_of(self.one).traits.clear()
        for name, server_id, config in (
            ('web-1', self.one.id, 'hyperthreading'),
            ('nope', None, None),
        ):
            ran = self.set(name)
            self.assert_refused(ran)
            [row] = ran.json()
            self.assertEqual(
                (name, server_id, config, 'refused'),
                (row['Server'], row['ID'], row['Config'], row['Result']),
            )
            codes = ['trait-missing'] if server_id else []
            self.assertEqual(codes, row['Codes'])

    def test_one_that_fails_has_its_row(self) -> None:
        self.model.node_of(self.one).driver_info['fake_bios_fail'] = 'no'
        ran = self.set('web-1')
        self.assert_ended(4, ran, result='rolled back')
        [row] = ran.json()
        self.assertLess(0, row['Seconds'])

    def test_one_that_fails_says_why_however_it_is_chosen(self) -> None:
        self.one.tags.append('blue')
        self.model.node_of(self.one).driver_info['fake_bios_fail'] = 'no!'
        for argv in (('web-1',), ('--tag', 'blue')):
            for quiet in ((), ('-q',)):
                ran = self.set(*argv, *quiet)
                self.assertEqual(1, ran.err.count('apply_configuration: no!'))

    def test_nova_is_away_and_nobody_is_named(self) -> None:
        self.model.faults.broken = {'/compute/v2.1/servers/detail': 503}
        ran = self.set('--tag', 'blue')
        self.assert_ended(1, ran)
        self.assertEqual([], ran.json())
        self.assertIn('Nothing was changed.', ran.err)

    def test_one_that_is_interrupted_has_its_row(self) -> None:
        self.interrupt()
        ran = self.set('web-1')
        self.assert_ended(130, ran, result='interrupted')
        self.assertIn('Continue with: ', ran.err)

    def test_what_stays_off_after_an_interrupt_is_told(self) -> None:
        one, two = self.one, self.two
        for servers in ((one,), (one, two)):
            self.interrupt()
            ran = self.set(*(server.name for server in servers))
            self.assert_ended(130, ran)
            for server in servers:
                self.assertIn(
                    f'{server.name} ({server.id}) was stopped and its node '
                    f'is not serviced yet, so it stays off.\nContinue with: '
                    f'openstack server config set --config '
                    f'hyperthreading=enabled {server.id}\n',
                    ran.err,
                )
            self.assertNotIn('continues in the cloud', ran.err)
            self.assert_ended(0, self.do('recover', '--abort', one.id))

    def test_interrupted_while_reading(self) -> None:
        for names in (('web-1',), ('web-1', 'web-2')):
            for server in (self.one, self.two):
                path = f'/baremetal/v1/nodes/{server.node_uuid}/bios'
                self.model.faults.broken[path] = 503
            self.interrupt()
            ran = self.set(*names)
            self.assert_ended(130, ran)
            self.assertIn('Interrupted.\nNothing was changed.\n', ran.err)

    def test_named_and_left_out_by_a_tag(self) -> None:
        self.one.tags.append('blue')
        self.two.tags.append('green')
        ran = self.set('web-1', 'web-2', '--tag', 'blue')
        self.assert_refused(ran, f'web-2 ({self.two.id}) is left out')
        argv = ('--server', 'web-2', '--tag', 'blue')
        self.assertIn('web-2 ', self.do('list', *argv).err)

    def test_named_by_its_id_and_of_another_project(self) -> None:
        other = self.world.boot('web-9', project='other')
        other.tags.append('blue')
        self.one.tags.append('blue')
        argv = (other.id, self.one.id, '--tag', 'blue')
        ran = self.do('set', *ENABLE, *argv, '--dry-run', person='operator')
        self.assert_refused(ran, f'web-9 ({other.id}) is left out: it is in')
        self.assertNotIn('does not have', ran.err)

    def test_nothing_is_desired(self) -> None:
        bare = self.world.boot('bare', 'bm.large')
        ran = self.do('apply', 'bare')
        self.assert_ended(0, ran)
        self.assertEqual({}, bare.metadata)
        self.assertIn('no configuration is desired of it', ran.err)

    def test_a_file_and_names_that_are_empty(self) -> None:
        self.assert_ended(2, self.do('set', '--file', ''))
        self.assert_ended(2, self.do('set', *ENABLE, '--group-by', '', 'x'))
        path = pathlib.Path.home() / 'desired.yaml'
        path.write_text('"": {turbo: enabled}\n', encoding='utf-8')
        ran = self.do('set', '--file', str(path))
        self.assert_refused(ran, f'{path}:1: : a server without a name')

    def test_a_group_that_none_has_keeps_what_is_known(self) -> None:
        for server in (self.one, self.two):
            server.tags.append('blue')
        ran = self.set('--tag', 'blue', '--group-by', 'nonsense')
        self.assert_refused(ran, 'none of the servers')
        self.assertEqual(
            {(self.one.id, 'refused'), (self.two.id, 'refused')},
            {(row['ID'], row['Result']) for row in ran.json()},
        )

    def test_a_server_that_was_taken_for_a_value(self) -> None:
        ran = self.do('set', '--hyperthreading', 'web-1')
        self.assert_ended(2, ran, out='')
        self.assertIn(
            '--hyperthreading takes a value (enabled|disabled), and was given '
            'web-1.',
            ran.err,
        )

    def test_items_beside_a_file(self) -> None:
        folder = self.useFixture(fixtures.TempDir()).path
        file = pathlib.Path(folder) / 'wishes.yaml'
        file.write_text('web-1: {hyperthreading: enabled}\n')
        ran = self.set('--file', str(file), 'web-1')
        self.assert_ended(2, ran, out='')
        self.assertIn('cannot be combined', ran.err)

    def test_a_service_that_is_away(self) -> None:
        for path, argv in (
            ('/compute/v2.1/servers/detail', ('web-1', 'web-2')),
            ('/compute/v2.1/servers/detail', ('web-1',)),
            ('/compute/v2.1/os-server-groups', ('web-1', 'web-2')),
            ('/compute/v2.1/os-server-groups', ('web-1',)),
        ):
            self.model.faults.broken = {path: 503}
            more = ('--group-by', 'server-group') if 'groups' in path else ()
            ran = self.set(*argv, *more)
            self.assert_ended(1, ran)
            self.assertIn('Nothing was changed.', ran.err)
            self.assertEqual(
                dict.fromkeys(argv, 'failed'),
                {row['Server']: row['Result'] for row in ran.json()},
            )
        for command in (
            ('unset', '--config', 'turbo'),
            ('recover', '--abort'),
        ):
            self.model.faults.broken = {'/compute/v2.1/servers/detail': 503}
            ran = self.do(*command, 'web-1')
            self.assert_ended(1, ran, out='')
            self.assertIn('Nothing was changed.', ran.err)

    def test_images_that_cannot_be_read(self) -> None:
        image = self.one.image_id
        self.model.faults.broken[f'/image/v2/images/{image}'] = 500
        ran = self.do('list', '-f', 'json')
        self.assert_ended(7, ran)
        self.assertIn(f'web-1 ({self.one.id}): not read: Glance: ', ran.err)

    def test_a_file_is_not_misled_by_a_name(self) -> None:
        self.one.name = self.two.id
        file = pathlib.Path.home() / 'wishes.yaml'
        file.write_text(f'{self.two.id}: {{hyperthreading: enabled}}\n')
        ran = self.do('set', '--file', str(file), self.one.id, '--dry-run')
        self.assert_refused(ran, 'names it nowhere')
        ran = self.do('set', '--file', str(file), '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual({self.two.id}, {row['ID'] for row in ran.json()})

    def test_not_waiting_twice(self) -> None:
        self.world.settings.step_s = 60.0
        for _ in range(2):
            began = self.world.clock.now()
            ran = self.set('--no-wait', 'web-1')
            self.assert_ended(0, ran, result='started')
            self.assertLess(self.world.clock.now() - began, 20)
        node = self.model.node_of(self.one)
        self.model.wait_until(lambda: node.provision_state == 'active')
        ran = self.set('--no-wait', 'web-1')
        self.assert_ended(0, ran, result='verified')
        self.assertEqual('active', self.one.vm_state)

    def test_a_fault_of_the_program_has_its_row(self) -> None:
        # Not in the catalogue that the command has read.
        self.world.images.clear()
        spoil = {'/baremetal/v1/nodes': b'{"nodes": 7}'}
        self.model.faults.spoil = lambda request, body: spoil.get(
            request.path.rstrip('/'), body
        )
        for names in (('web-1',), ('web-1', 'web-2')):
            ran = self.set(*names)
            self.assert_ended(1, ran)
            self.assertEqual(set(names), {r['Server'] for r in ran.json()})
            self.assertIn('its answer cannot be read', ran.err)

    def test_discovery_that_is_no_discovery(self) -> None:
        for path, service in (
            ('/compute/v2.1', 'Nova'),
            ('/baremetal', 'Ironic'),
        ):
            self.model.faults.spoil = lambda request, body, path=path: (
                b'<html>It works!</html>'
                if request.path.rstrip('/') == path
                else body
            )
            ran = self.set('web-1')
            self.assert_ended(1, ran)
            self.assertIn(f'{service}: its answer cannot be read', ran.err)
            self.assertNotIn('too old', ran.err)
