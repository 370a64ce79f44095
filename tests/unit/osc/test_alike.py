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
            (('--canary', '1', '--no-wait'), 2, '--canary goes with --wait'),
            (('-c', 'Nonsense'), 2, 'No such column'),
        ):
            for names in (('web-1',), ('web-1', 'web-2')):
                ran = self.do('set', *ENABLE, *argv, *names)
                self.assert_ended(code, ran, out='')
                self.assertIn(words, ran.err)

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

    def test_one_that_fails_has_its_row(self) -> None:
        self.model.node_of(self.one).driver_info['fake_bios_fail'] = 'no'
        ran = self.set('web-1')
        self.assert_ended(4, ran, result='put back')
        [row] = ran.json()
        self.assertLess(0, row['Seconds'])

    def test_one_that_is_interrupted_has_its_row(self) -> None:
        self.interrupt()
        ran = self.set('web-1')
        self.assert_ended(130, ran, result='interrupted')
        self.assertIn('Continue with: ', ran.err)

    def test_what_stays_off_after_an_interrupt_is_told(self) -> None:
        self.interrupt()
        ran = self.set('web-1', 'web-2')
        self.assert_ended(130, ran)
        for server in (self.one, self.two):
            self.assertIn(
                f'{server.name} ({server.id}) was stopped and its node is not '
                f'serviced yet, so it stays off. Continue with: openstack '
                f'server config set --config hyperthreading=enabled '
                f'{server.id}',
                ran.err,
            )

    def test_interrupted_while_reading(self) -> None:
        for names in (('web-1',), ('web-1', 'web-2')):
            for server in (self.one, self.two):
                path = f'/baremetal/v1/nodes/{server.node_uuid}/bios'
                self.model.faults.broken[path] = 503
            self.interrupt()
            ran = self.set(*names)
            self.assert_ended(130, ran)
            self.assertIn('while reading; nothing was touched', ran.err)

    def test_named_and_left_out_by_a_tag(self) -> None:
        self.one.tags.append('blue')
        self.two.tags.append('green')
        ran = self.set('web-1', 'web-2', '--tag', 'blue')
        self.assert_refused(ran, f'web-2 ({self.two.id}) is left out')
        argv = ('--server', 'web-2', '--tag', 'blue')
        self.assertIn('web-2 ', self.do('list', *argv).err)

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
        self.assertIn('goes with it', ran.err)
