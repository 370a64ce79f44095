"""Resizing for real, where Nova can, and what becomes of it where it fails."""

import signal
from typing import Any

from tests import people, runs
from tests.functional import base

WISH = 'deploy-config:hyperthreading'
PENDING = 'deploy-config-pending:hyperthreading'
PREVIOUS = 'deploy-config-previous:hyperthreading'
RESIZE = ('--hyperthreading', 'enabled', '--method', 'resize')
ON = 'rz.small.ht-on'


class TestCase(base.TestCase):
    """A test with a server that Nova can resize."""

    def setUp(self) -> None:
        """Make the server."""
        super().setUp()
        self.web = self.resizable()
        self.before = self.state(self.web.id)
        self.assertEqual('Disabled', self.before['bios'])

    def resize(self, *argv: str) -> runs.Ran:
        """Return how the resize ends for the manager."""
        return self.set(self.mona, *RESIZE, *argv, self.web.id)

    def assert_resized(self, ran: runs.Ran) -> None:
        """Check that all has become as it was asked for."""
        self.assert_ended(0, ran)
        record = {WISH: 'enabled'}
        now = self.state(self.web.id)
        now['metadata'].pop(PREVIOUS)
        wanted = {'bios': 'Enabled', 'flavor': ON, 'metadata': record}
        self.assertEqual(self.before | wanted, now)

    def assert_put_back(self, ran: runs.Ran, *words: str) -> None:
        """Check that a failure has left nothing behind."""
        self.assert_ended(4, ran, result='rolled back')
        self.assertNotIn('Traceback', ran.err)
        for word in words:
            self.assertIn(word, ran.err)
        self.assertEqual(self.before, self.state(self.web.id))


class SuccessTest(TestCase):
    def test_manager(self) -> None:
        ran = self.resize('-f', 'json')
        self.assert_resized(ran)
        [row] = ran.json()
        self.assertEqual(
            ('resize', 'verified'), (row['Method'], row['Result'])
        )
        again = self.resize('-f', 'json')
        self.assert_ended(0, again)
        self.assertEqual('unchanged', again.json()[0]['Result'])

    def test_server_that_is_off(self) -> None:
        self.stop(self.web.id)
        node = self.node_of(self.web.id)
        self.system.baremetal.set_node_power_state(node, 'power off')
        people.wait(
            'the node is off',
            lambda: self.state(self.web.id)['node power'] == 'power off',
        )
        self.before = self.state(self.web.id)
        self.assert_resized(self.resize())

    def test_killed_while_the_resize_waits_to_be_confirmed(self) -> None:
        self.knob(self.web.id, 'fake_bios_seconds', 3)
        argv = ('server', 'config', 'set', *RESIZE, self.web.id)
        process = self.mona.start(*argv)
        people.wait('it is to be confirmed', self.is_resized)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertIn(PENDING, self.nova.get_server(self.web).metadata)
        self.assert_resized(self.resize())

    def is_resized(self) -> bool:
        server = self.nova.get_server(self.web)
        return bool(server.status == 'VERIFY_RESIZE')


class FailureTest(TestCase):
    def test_step_fails(self) -> None:
        self.knob(self.web.id, 'fake_bios_fail', 'the BMC says no')
        self.assert_put_back(self.resize(), 'the BMC says no')

    def test_setting_is_ignored(self) -> None:
        self.knob(self.web.id, 'fake_bios_ignore', True)
        ran = self.resize()
        self.assert_ended(5, ran, result='incomplete')
        self.assertIn('the node has LogicalProc=Disabled', ran.err)
        self.assertIn('The BMC may still apply it', ran.err)
        now = self.state(self.web.id)
        now.pop('metadata')
        self.before.pop('metadata')
        self.assertEqual(self.before, now)


class MoveTest(TestCase):
    """A resize after which the server runs on another node."""

    def setUp(self) -> None:
        super().setUp()
        self.other = self.free_node()
        self.bind_other()

    def bind_other(self) -> None:
        """Have the other node deployed, for no server yet."""
        nobody = '00000000-0000-4000-8000-0000000000ff'
        self.bind(nobody, self.other)
        change = {'op': 'remove', 'path': '/instance_uuid'}
        self.lab.patch(self.other.id, change)

    def move(self, *argv: str) -> runs.Ran:
        """Return how a resize ends that moves the server."""
        argv = ('server', 'config', 'set', *RESIZE, *argv, self.web.id)
        process = self.mona.start(*argv)
        people.wait('it resizes', self.is_resizing)
        self.rebind(self.web.id, self.other)
        out, err = process.communicate()
        return runs.Ran(process.returncode, out, err)

    def is_resizing(self) -> bool:
        server = self.nova.get_server(self.web)
        return bool(server.status == 'RESIZE')

    def test_moved(self) -> None:
        ran = self.move()
        self.assert_ended(4, ran, result='rolled back')
        self.assertIn(
            f'has moved the server from node {self.before["node"]}', ran.err
        )
        self.assertIn('--allow-move', ran.err)
        now = self.state(self.web.id)
        self.assertEqual(self.before | {'node': self.other.name}, now)

    def test_moved_as_allowed(self) -> None:
        ran = self.move('--allow-move')
        self.before['node'] = self.other.name
        self.assert_resized(ran)


class BounceTest(base.TestCase):
    def bounce(self, who: people.Person, *words: str) -> None:
        """Check that a resize comes back, and what is said of it."""
        server = self.server(f'{base.FAKE}.ht-off')
        before: Any = self.state(server.id)
        ran = self.set(who, *RESIZE, server.id)
        self.assert_ended(4, ran, result='rolled back')
        for word in ('Nova did not resize the server to', *words):
            self.assertIn(word, ran.err)
        self.assertEqual(before, self.state(server.id))

    def test_manager_is_told_that_nova_did_not(self) -> None:
        self.bounce(self.mona, 'Error: ', '(req-', '--method service')

    def test_operator_is_told_why(self) -> None:
        self.bounce(self.operator, 'No valid host')
