"""Nothing is lost, whatever happens: failures, outages, rivals, recovery."""

import datetime
import signal
import subprocess
import time
from typing import Any

from tests import people, runs
from tests.devcloud import cloud, progress
from tests.functional import base

WISH = 'deploy-config:hyperthreading'
PENDING = 'deploy-config-pending:hyperthreading'
ENABLE = ('--hyperthreading', 'enabled')
FAIL, SECONDS = 'fake_bios_fail', 'fake_bios_seconds'
SAYS_NO = 'the BMC says no'


class TestCase(base.TestCase):
    """A test with a server on a fake node."""

    def setUp(self) -> None:
        """Have the server."""
        super().setUp()
        self.web = self.make()
        self.before = self.state(self.web.id)

    def make(self) -> Any:
        """Return the server."""
        return self.kept_server()

    def enable(self, *argv: str) -> runs.Ran:
        """Return how the change ends for the manager."""
        return self.set(self.mona, *ENABLE, *argv, self.web.id)

    def start(self, *wish: str) -> subprocess.Popen[str]:
        """Return a change that has been started."""
        return self.mona.start(
            *('server', 'config', 'set', *(wish or ENABLE), self.web.id)
        )

    def start_and_wait(self, state: str) -> subprocess.Popen[str]:
        """Return a change that has come to a provision state."""
        process = self.start()

        def has_come() -> bool:
            if process.poll() is not None:
                raise AssertionError(str(end_of(process)))
            return self.is_in(state)

        people.wait(f'the node is in {state}', has_come)
        return process

    def is_in(self, state: str) -> bool:
        """Return whether the node is in a provision state."""
        node = self.node_of(self.web.id)
        return bool(node.provision_state == state)

    def recover(self, *argv: str, who: people.Person | None = None) -> Any:
        """Return what is explained, after a choice if there is one."""
        ran = (who or self.mona).openstack(
            *('server', 'config', 'recover', *argv, self.web.id, '-f', 'json')
        )
        self.assert_ended(0, ran)
        return ran.json()

    def assert_changed(self) -> None:
        """Check that all is as after an uninterrupted run."""
        now = self.state(self.web.id)
        metadata = now.pop('metadata')
        self.assertEqual('enabled', metadata.get(WISH))
        self.assertNotIn(PENDING, metadata)
        wanted = {**self.before, 'bios': 'Enabled'}
        wanted.pop('metadata')
        self.assertEqual(wanted, now)

    def assert_as_before(self) -> None:
        """Check that nothing is left of a change."""
        self.assertEqual(self.before, self.state(self.web.id))


def end_of(process: subprocess.Popen[str]) -> runs.Ran:
    """Return how a command that was started has ended."""
    out, err = process.communicate()
    return runs.Ran(process.returncode, out, err)


class PutBackTest(TestCase):
    def test_step_that_fails(self) -> None:
        self.knob(self.web.id, FAIL, SAYS_NO)
        ran = self.enable()
        self.assert_ended(4, ran, result='rolled back')
        self.assertIn(SAYS_NO, ran.err)
        self.assertIn('Rolled back: hyperthreading is disabled', ran.err)
        self.assert_as_before()

    def test_step_that_fails_on_a_server_that_is_off(self) -> None:
        self.stop(self.web.id)
        people.wait('the node is not locked', self.is_free)
        self.before = self.state(self.web.id)
        self.knob(self.web.id, FAIL, SAYS_NO)
        self.assert_ended(4, self.enable(), result='rolled back')
        self.assert_as_before()

    def is_free(self) -> bool:
        return self.node_of(self.web.id).reservation is None


class LeaveTest(TestCase):
    """A change that failed and was left, and the ways out of that."""

    def setUp(self) -> None:
        super().setUp()
        self.knob(self.web.id, FAIL, SAYS_NO)
        ran = self.enable('--on-failure', 'leave')
        self.assert_ended(5, ran, result='incomplete')
        for words in (
            SAYS_NO,
            f'Continue with: openstack server config recover --retry '
            f'{self.web.id}',
            f'Other ways out: openstack server config recover {self.web.id}',
        ):
            self.assertIn(words, ran.err)
        node = self.node_of(self.web.id)
        self.assertEqual('service failed', node.provision_state)
        self.knob_off(self.web.id, FAIL)

    def test_explained_to_everybody_of_the_project(self) -> None:
        for name in ('mona', 'alice', 'rita'):
            found = self.recover(who=self.person(name))
            self.assertEqual(['hyperthreading=enabled'], found['change'])
            self.assertEqual('service failed', found['provision_state'])
            self.assertIn(SAYS_NO, found['failure'])
            self.assertIsNotNone(found['since'])
            self.assertIn('continues to', found['retry'])
            self.assertIn('puts LogicalProc=Disabled back', found['rollback'])
            self.assertIn('leaves the settings as they', found['abort'])
        self.assertTrue(self.node_of(self.web.id).is_maintenance)

    def test_retry(self) -> None:
        found = self.recover('--retry')
        self.assertEqual([], found['change'])
        self.assert_changed()

    def test_rollback(self) -> None:
        self.recover('--rollback')
        self.assert_as_before()

    def test_abort(self) -> None:
        self.recover('--abort')
        now = self.state(self.web.id)
        self.assertNotIn(PENDING, now['metadata'])
        self.assertEqual(
            self.before | {'metadata': now['metadata']},
            now,
        )

    def test_same_command_without_leaving_it(self) -> None:
        self.assert_ended(4, self.enable(), result='rolled back')
        self.assert_as_before()

    def test_maintenance_that_somebody_else_has_begun(self) -> None:
        node = self.node_of(self.web.id)
        self.system.baremetal.unset_node_maintenance(node)
        with self.maintenance(self.web.id, 'DIMM B4 replaced'):
            for choice in ('--retry', '--rollback', '--abort'):
                ran = self.mona.openstack(
                    *('server', 'config', 'recover', choice, self.web.id)
                )
                self.assert_refused(
                    ran, 'an operator has to end the maintenance first'
                )
            self.assert_refused(self.enable(), 'DIMM B4 replaced')
            self.assertTrue(self.node_of(self.web.id).is_maintenance)
        self.recover('--retry')
        self.assert_changed()


class MeanwhileTest(TestCase):
    """What others do while a change is under way."""

    def setUp(self) -> None:
        super().setUp()
        self.knob(self.web.id, SECONDS, 4)

    def test_maintenance(self) -> None:
        process = self.start_and_wait('servicing')
        with self.maintenance(self.web.id, 'DIMM B4 replaced'):
            people.wait(
                'the step is done', lambda: not self.is_in('servicing')
            )
            ran = end_of(process)
            self.assertTrue(self.node_of(self.web.id).is_maintenance)
        self.assertIn(ran.code, (0, 5), str(ran))
        self.assertNotIn('Traceback', ran.err)
        self.assert_ended(0, self.enable())
        self.assert_changed()

    def test_server_is_deleted(self) -> None:
        process = self.start()
        people.wait('it is noted', lambda: self.is_noted(process))
        self.nova.delete_server(self.web)
        ran = end_of(process)
        self.assert_ended(5, ran, result='incomplete')
        self.assertNotIn('Traceback', ran.err)
        self.assertIn(f'{self.web.id}): the server is gone', ran.err)
        self.assertNotIn('Continue with', ran.err)

    def is_noted(self, process: subprocess.Popen[str]) -> bool:
        self.assertIsNone(process.poll(), 'it has ended already')
        return PENDING in self.nova.get_server(self.web).metadata

    def test_interrupted(self) -> None:
        process = self.start_and_wait('servicing')
        process.send_signal(signal.SIGINT)
        ran = end_of(process)
        self.assert_ended(130, ran, result='interrupted')
        self.assertNotIn('Traceback', ran.err)
        self.assertIn('the service continues in the cloud', ran.err)
        [command] = [
            line.partition(': openstack ')[2].split()
            for line in ran.err.splitlines()
            if line.startswith('Continue with: openstack ')
        ]
        ran = self.mona.openstack(*command)
        self.assert_ended(0, ran)
        self.assert_changed()

    def test_another_wish(self) -> None:
        self.assert_ended(0, self.enable('--no-wait'))
        for wish in ('--hyperthreading=disabled', '--turbo=disabled'):
            ran = self.set(self.mona, wish, self.web.id)
            self.assert_refused(
                ran,
                'has not finished: hyperthreading=enabled (at 20',
                f'openstack server config recover {self.web.id}',
            )
        self.assert_ended(0, self.enable())
        self.assert_changed()


class TwoAtOnceTest(TestCase):
    def both(self, one: str, other: str) -> list[runs.Ran]:
        """Return how two changes end that were started at once."""
        processes = [self.start(one), self.start(other)]
        return [end_of(process) for process in processes]

    def test_same_wish(self) -> None:
        wish = '--hyperthreading=enabled'
        for ran in self.both(wish, wish):
            self.assert_ended(0, ran)
        self.assert_changed()

    def test_different_types(self) -> None:
        """One is refused; or both are made, where Nova has lost a note."""
        self.addCleanup(self.set, self.mona, '--turbo=enabled', self.web.id)
        codes = self.ends('--hyperthreading=enabled', '--turbo=disabled')
        self.assertEqual(
            (
                'Disabled' if codes[0] else 'Enabled',
                'Enabled' if codes[1] else 'Disabled',
            ),
            (
                self.bios_value(self.web.id),
                self.bios_value(self.web.id, 'ProcTurboMode'),
            ),
        )

    def test_different_values(self) -> None:
        self.addCleanup(
            self.set, self.mona, '--config=numa-per-socket=1', self.web.id
        )
        values = '2', '4'
        codes = self.ends(
            *(f'--config=numa-per-socket={value}' for value in values)
        )
        self.assertEqual(1, codes.count(0), str(codes))
        self.assertEqual(
            values[codes.index(0)],
            self.bios_value(self.web.id, 'NumaNodesPerSocket'),
        )

    def ends(self, one: str, other: str) -> list[int]:
        """Return the exit codes of two wishes; at least one must be made."""
        ran = self.both(one, other)
        codes = [r.code for r in ran]
        # One that has stopped the server before it saw the other ends with 5.
        self.assertIn(sorted(codes), ([0, 0], [0, 3], [0, 5]), str(ran))
        for each in ran:
            self.assertNotIn('Traceback', each.err)
        metadata = self.nova.get_server(self.web).metadata
        self.assertFalse([key for key in metadata if 'pending' in key])
        return codes


class OutageTest(TestCase):
    """Services that go away in the middle."""

    def restart_ironic(self) -> None:
        cloud.restart(self.layout, ['ironic'], Silent())

    def test_ironic_while_it_services(self) -> None:
        # Longer than Ironic is given for its end.
        self.knob(self.web.id, SECONDS, 8)
        process = self.start_and_wait('servicing')
        self.restart_ironic()
        ran = end_of(process)
        self.assert_ended(4, ran, result='rolled back')
        self.assert_as_before()

    def test_nova_for_half_a_minute(self) -> None:
        self.knob(self.web.id, SECONDS, 4)
        process = self.start_and_wait('servicing')
        cloud.stop(self.layout, ['nova-api'], Silent())
        end = time.monotonic() + 30
        people.wait('half a minute', lambda: time.monotonic() > end)
        cloud.up(self.layout, Silent())
        self.assert_ended(0, end_of(process))
        self.assert_changed()

    def test_ironic_loses_hold_of_a_service(self) -> None:
        self.wedge()
        for who, words in (
            (self.operator, 'An operator has to restart the conductor'),
            (self.mona, 'ask one if this takes long'),
        ):
            found = self.recover(who=who)
            self.assertEqual('servicing', found['provision_state'])
            self.assertIn(words, ' '.join(found['situation']))
        ran = self.operator.openstack(
            *('server', 'config', 'recover', '--abort', self.web.id)
        )
        self.assert_refused(ran, 'only an operator can help')
        self.restart_ironic()
        people.wait('it has failed', lambda: self.is_in('service failed'))
        self.recover('--abort')
        self.assert_as_before()

    def unwedge(self) -> None:
        """Let nobody after this test find the node wedged."""
        if self.is_in('servicing'):
            self.restart_ironic()

    def wedge(self) -> None:
        """Have Ironic raise in the middle of a service."""
        self.addCleanup(self.unwedge)
        node = self.node_of(self.web.id)
        what = {
            'target': 'service',
            'service_steps': [{'interface': 'bios', 'step': 'nope'}],
            'disable_ramdisk': True,
        }
        self.system.baremetal.put(
            f'/nodes/{node.id}/states/provision',
            json=what,
            microversion='1.108',
        ).raise_for_status()
        people.wait('it is wedged for a while', self.is_wedged)

    def is_wedged(self) -> bool:
        """Return whether it is, and Ironic has forgotten why.

        That takes until the next power sync.
        """
        path = f'/nodes/{self.node_of(self.web.id).id}'
        node = self.system.baremetal.get(path, microversion='1.87').json()
        since = datetime.datetime.fromisoformat(node['provision_updated_at'])
        age = datetime.datetime.now(datetime.UTC) - since
        return bool(
            node['provision_state'] == 'servicing'
            and node['reservation'] is None
            and node['last_error'] is None
            and age > datetime.timedelta(seconds=11)
        )


class RedfishTest(TestCase):
    """What happens in "service wait", in which no conductor has the node."""

    def make(self) -> Any:
        """Return a server on a Redfish node."""
        return self.server(f'{base.REDFISH}.ht-off')

    def test_ironic_while_the_bmc_works(self) -> None:
        process = self.start_and_wait('service wait')
        cloud.restart(self.layout, ['ironic'], Silent())
        self.assert_ended(0, end_of(process))
        self.assert_changed()


class Silent(progress.Progress):
    """Tells nobody."""

    def say(self, text: str) -> None:
        """Say nothing."""
