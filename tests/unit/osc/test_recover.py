"""``recover``, on the model."""

from typing import Any

from tests import runs
from tests.matrix import scenarios
from tests.model import fixture
from tests.model.world import World
from tests.unit import base

CONFIG = ('server', 'config')
WISH = 'deploy-config:hyperthreading'
LEAVE = ('--hyperthreading', 'enabled', '--on-failure', 'leave')


class RecoverTest(base.TestCase):
    def play(self, world: World, servers: scenarios.Servers) -> None:
        self.model = self.useFixture(fixture.Model(world))
        [self.server] = servers
        self.node = world.nodes[self.server.node_uuid or '']

    def setUp(self) -> None:
        super().setUp()
        self.play(*scenarios.SERVICE.world())

    def set(self, *argv: str) -> runs.Ran:
        return self.model.openstack(
            'mona', *CONFIG, 'set', self.server.id, *argv
        )

    def recover(self, *argv: str, person: str = 'mona') -> runs.Ran:
        return self.model.openstack(
            person, *CONFIG, 'recover', self.server.id, *argv, '-f', 'json'
        )

    def fail(self, *argv: str) -> None:  # type: ignore[override]
        """Leave a change that has failed."""
        self.node.driver_info['fake_bios_fail'] = 'the BMC says no'
        self.assert_ended(5, self.set(*LEAVE, *argv))
        del self.node.driver_info['fake_bios_fail']

    def assert_well(self, value: str, flavor: str = 'bm.large.ht-off') -> None:
        """Check that all is well, with LogicalProc at a value."""
        self.assertEqual(value, self.node.bmc['LogicalProc'])
        self.assertEqual('active', self.node.provision_state)
        self.assertFalse(self.node.maintenance)
        self.assertEqual('active', self.server.vm_state)
        self.assertEqual(flavor, self.server.flavor.name)
        left = [key for key in self.server.metadata if 'pending' in key]
        self.assertEqual([], left)

    def test_without_a_choice_it_only_explains(self) -> None:
        self.fail()
        before = scenarios.state(self.model.world, (self.server,))
        for person in ('mona', 'alice', 'rita', 'operator'):
            ran = self.recover(person=person)
            self.assert_ended(0, ran)
            told: dict[str, Any] = ran.json()
            self.assertEqual(['hyperthreading=enabled'], told['change'])
            self.assertIn('the BMC says no', told['failure'])
            words = ' '.join(told['situation'])
            self.assertIn('is in state "service failed"', words)
            self.assertIn('It was on before the change.', words)
            self.assertIn('puts LogicalProc=Disabled back', told['rollback'])
        self.assertEqual(
            before, scenarios.state(self.model.world, (self.server,))
        )

    def test_what_was_not_applied_is_told_once_and_for_what_it_is(
        self,
    ) -> None:
        """Ironic has said yes to one BMC, and has waited for the other."""
        for flavor, knob, why in (
            ('bm.large', 'ignore', 'Ironic reports success, but the node has'),
            ('bm.redfish', 'late', 'Timeout reached while servicing the node'),
        ):
            world = World.standard()
            self.play(world, (world.boot(flavor=f'{flavor}.ht-off'),))
            self.node.driver_info[f'fake_bios_{knob}'] = True
            self.assert_ended(5, self.set('--hyperthreading', 'enabled'))
            words = ' '.join(self.recover().json()['situation'])
            self.assertIn(f'Its settings were not applied: {why}', words)
            self.assertNotIn('..', words)
            self.assertIn('when the node is next restarted.', words)

    def test_a_service_that_ironic_has_lost_hold_of(self) -> None:
        self.node.provision_state = 'servicing'
        lost, held = 'has to restart the conductor', 'Ironic is working on'
        for error, holder, seconds, told in (
            ('Async execution failed', None, 0, lost),
            ('Async execution failed', 'conductor-1', 60, lost),
            # After a power sync, which removes the error.
            (None, None, 60, lost),
            # The BMC has done its part.
            (None, None, 1, held),
            (None, 'conductor-1', 60, held),
        ):
            self.node.last_error, self.node.reservation = error, holder
            self.node.provision_updated = self.model.clock.utc()
            self.model.clock.sleep(seconds)
            words = self.recover(person='operator').json()['situation']
            self.assertIn(told, ' '.join(words))
            self.assertIn('ask one', str(self.recover().json()['situation']))
            ran = self.recover('--abort', person='operator')
            refused = 'only an operator' if told is lost else 'nothing to drop'
            self.assert_refused(ran, refused)

    def test_retry(self) -> None:
        self.fail()
        self.assert_ended(0, self.recover('--retry'))
        self.assert_well('Enabled')
        self.assertEqual('enabled', self.server.metadata[WISH])

    def test_abort_of_what_somebody_else_has_left(self) -> None:
        node = self.node
        node.provision_state, node.maintenance = 'service failed', True
        node.fault, node.last_error = 'service failure', 'the BMC says no'
        ran = self.recover('--abort')
        self.assert_ended(0, ran)
        self.assertEqual('active', ran.json()['provision_state'])
        self.assert_well('Disabled')

    def test_rollback(self) -> None:
        self.fail()
        self.assert_ended(0, self.recover('--rollback'))
        self.assert_well('Disabled')
        self.assertEqual({}, self.server.metadata)

    def test_abort(self) -> None:
        self.fail()
        self.assert_ended(0, self.recover('--abort'))
        self.assert_well('Disabled')
        self.assertEqual({}, self.server.metadata)

    def test_abort_of_a_resize_reverts_it(self) -> None:
        self.play(*scenarios.RESIZE.world())
        self.fail('--method', 'resize')
        self.assertEqual('resized', self.server.vm_state)
        self.assertIn('reverts the resize', self.recover().json()['abort'])
        self.assert_ended(0, self.recover('--abort'))
        self.assert_well('Disabled', 'rz.small.ht-off')

    def test_rollback_of_a_service_that_runs(self) -> None:
        argv = ('--hyperthreading', 'enabled', '--no-stop', '--no-wait')
        self.assert_ended(0, self.set(*argv))
        self.assertEqual('servicing', self.node.provision_state)
        self.assert_ended(0, self.recover('--rollback'))
        self.assert_well('Disabled')

    def test_who_may_not_touches_nothing(self) -> None:
        self.fail()
        before = scenarios.state(self.model.world, (self.server,))
        for person in ('alice', 'rita'):
            for choice in ('--retry', '--rollback', '--abort'):
                ran = self.recover(choice, person=person)
                if ran.code == 0:
                    continue
                self.assert_refused(ran, '403', 'nothing was changed')
        ran = self.recover('--abort', person='rita')
        self.assert_refused(ran, '403')
        self.assertEqual(
            before, scenarios.state(self.model.world, (self.server,))
        )

    def test_nothing_to_recover(self) -> None:
        told = self.recover().json()
        self.assertEqual([], told['change'])
        for choice in ('--retry', '--rollback', '--abort'):
            self.assert_refused(self.recover(choice), 'is not possible')

    def test_maintenance_of_somebody_else_stays(self) -> None:
        self.fail()
        self.node.fault = None
        self.node.maintenance_reason = 'new disk'
        told = self.recover().json()
        self.assertIn('"new disk"', ' '.join(told['situation']))
        for choice in ('--retry', '--rollback', '--abort'):
            ran = self.recover(choice)
            self.assert_refused(ran, 'an operator has to end the maintenance')
        self.assertTrue(self.node.maintenance)
