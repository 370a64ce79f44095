"""Settings that can be set only once others are: two services, one command."""

import json
from typing import Any

from tests import runs
from tests.matrix import scenarios
from tests.model import fixture
from tests.model.records import Server
from tests.model.world import World
from tests.unit import base

SLOT, REFUSED, UNLISTED = 'NIC.Slot.5-1', 'NIC.Embedded.2-1-1', 'NIC.None'
TWO = ('--max-reboots', '2')
WHY = 'PxeDev2Interface can be set only once PxeDev2EnDis is Enabled'


class OrderedTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world: World = self.model.world
        self.server: Server = self.world.boot('web-1', 'bm.redfish.ht-off')
        self.node = self.model.node_of(self.server)
        self.before = self.state()

    def offer(self, interface: str = SLOT, **more: Any) -> None:
        """Offer a PXE device that has to be enabled before it is set up."""
        scenarios.offer(
            self.world,
            'pxe=slot',
            PxeDev2EnDis='Enabled',
            PxeDev2Interface=interface,
            **more,
        )

    def set(
        self, *argv: str, item: str = 'pxe=slot', person: str = 'operator'
    ) -> runs.Ran:
        words = ('server', 'config', 'set', '--config', item, *argv)
        return self.model.openstack(person, *words, self.server.id)

    def recover(self, *argv: str) -> runs.Ran:
        words = ('server', 'config', 'recover', *argv, self.server.id)
        return self.model.openstack('operator', *words)

    def state(self) -> dict[str, Any]:
        return scenarios.state(self.world, (self.server,))

    def previous(self, name: str = 'pxe') -> dict[str, Any]:
        entry = self.server.metadata[f'deploy-config-previous:{name}']
        found: dict[str, Any] = json.loads(entry)
        return found


class SetTest(OrderedTest):
    def test_one_reboot_is_not_enough(self) -> None:
        self.offer()
        ran = self.set()
        self.assert_refused(
            ran, WHY, 'it takes 2 services', '--max-reboots 2 permits it'
        )
        self.assertEqual(self.before, self.state())

    def test_each_is_verified_before_the_next(self) -> None:
        self.offer()
        ran = self.set(*TWO)
        self.assert_ended(0, ran)
        told = ran.err
        steps = [
            'requesting the service 1 of 2',
            'reading the BIOS settings back',
            'requesting the service 2 of 2',
            'reading the BIOS settings back',
            'recording what was verified',
        ]
        for step in steps:
            _, found, told = told.partition(step)
            self.assertTrue(found, ran.err)
        self.assertNotIn('also changed', ran.err)
        bmc = self.node.bmc
        self.assertEqual(
            ('Enabled', SLOT), (bmc['PxeDev2EnDis'], bmc['PxeDev2Interface'])
        )
        self.assertEqual(2, self.node.counters.bios_applied)

    def test_what_was_not_shown_is_journaled_once_it_is(self) -> None:
        self.offer()
        self.assert_ended(0, self.set(*TWO))
        entry = self.previous()
        self.assertEqual(
            {
                'PxeDev2EnDis': 'Disabled',
                'PxeDev2Interface': 'NIC.Embedded.1-1-1',
            },
            entry['settings'],
        )
        self.assertEqual([['PxeDev2Interface']], entry['later'])
        self.assertEqual(['PxeDev2Interface'], entry['hidden'])

    def test_what_is_open_takes_one_service(self) -> None:
        scenarios.offer(self.world, 'device=on', PxeDev2EnDis='Enabled')
        self.assert_ended(0, self.set(item='device=on'))
        self.offer()
        self.assert_ended(0, self.set())
        self.assertEqual(2, self.node.counters.bios_applied)

    def test_the_plan_says_how_many_and_why(self) -> None:
        self.offer()
        ran = self.set(*TWO, '--dry-run')
        self.assert_ended(0, ran)
        self.assertIn('2 reboots', ran.err)
        self.assertIn(f'{WHY}.', ran.err)
        self.assertIn('run the next service, verify', ran.err)
        ran = self.set(*TWO, '--dry-run', '-f', 'json')
        bodies = [row['Body'] for row in ran.json() if row['Method'] == 'PUT']
        listed = [
            [s['name'] for s in body['service_steps'][0]['args']['settings']]
            for body in bodies
        ]
        self.assertEqual(
            [['PxeDev2EnDis'], ['PxeDev2EnDis', 'PxeDev2Interface']], listed
        )
        self.assertEqual(self.before, self.state())

    def test_what_cannot_be_checked_is_refused_if_that_is_asked(self) -> None:
        self.offer()
        ran = self.set(*TWO, '--strict')
        self.assert_refused(ran, 'does not show PxeDev2Interface yet')
        self.assertEqual(self.before, self.state())

    def test_time_is_up_between_the_services(self) -> None:
        self.offer()
        for seconds in range(1, 30):
            ran = self.set(*TWO, '--timeout', str(seconds))
            if ran.code != 6:
                break
            node = self.node
            is_told = 'Nothing is under way in the cloud' in ran.err
            is_idle = node.provision_state == 'active'
            is_idle &= self.server.task_state is None
            self.assertLessEqual(is_told, is_idle, ran.err)
        self.assert_ended(0, ran)

    def test_two_items_open_each_other(self) -> None:
        scenarios.offer(self.world, 'pxe=on', PxeDev2EnDis='Enabled')
        scenarios.offer(self.world, 'nic=slot', PxeDev2Interface=SLOT)
        ran = self.set(item='nic=slot')
        self.assert_refused(ran, 'its BIOS knows no PxeDev2Interface')
        ran = self.set('--config', 'pxe=on', *TWO, item='nic=slot')
        self.assert_ended(0, ran)
        self.assertEqual(SLOT, self.node.bmc['PxeDev2Interface'])

    def test_nobody_waits_for_the_second(self) -> None:
        self.offer()
        self.assert_ended(0, self.set(*TWO, '--no-wait'))
        self.model.wait_until(lambda: self.node.provision_state == 'active')
        self.assertEqual('Enabled', self.node.bmc['PxeDev2EnDis'])
        self.assert_ended(0, self.set())
        self.assertEqual(SLOT, self.node.bmc['PxeDev2Interface'])
        self.assertEqual(2, self.node.counters.bios_applied)


class TemplateTest(OrderedTest):
    """The steps for a template of settings that need each other."""

    def template(self, *settings: str) -> runs.Ran:
        argv = ('setting', 'list', '--as-template', *settings, '--')
        words = ('server', 'config', *argv, self.server.id)
        return self.model.openstack('operator', *words)

    def test_what_has_to_be_first_is_in_it(self) -> None:
        ran = self.template('PxeDev2EnDis=Enabled', f'PxeDev2Interface={SLOT}')
        self.assert_ended(0, ran)
        self.assertIn(SLOT, ran.out)
        self.assertIn('this takes 2 services, so --max-reboots 2', ran.err)

    def test_what_has_to_be_first_is_not(self) -> None:
        ran = self.template(f'PxeDev2Interface={SLOT}')
        self.assert_refused(
            ran,
            'its BIOS knows no PxeDev2Interface, which may be shown once '
            'PxeDev2EnDis is Enabled: set that as well',
        )


class LockedTest(OrderedTest):
    """What is read-only until another is set, which Ironic may not notice."""

    def setUp(self) -> None:
        super().setUp()
        scenarios.offer(
            self.world, 'vlan=7', PxeDev2EnDis='Enabled', PxeDev2VlanId=7
        )

    def test_what_ironic_goes_on_calling_read_only_is_undone(self) -> None:
        ran = self.set(*TWO, item='vlan=7')
        self.assert_ended(4, ran)
        self.assertIn(
            'Ironic may go on calling PxeDev2VlanId read-on', ran.err
        )
        self.assertIn(
            'PxeDev2VlanId is read-only by the registry that Ironic has '
            'cached, although PxeDev2EnDis is Enabled; Ironic notices '
            'that only when it connects to the BMC again',
            ran.err,
        )
        self.assertEqual(self.before, self.state())

    def test_a_new_connection_renews_it(self) -> None:
        scenarios.offer(self.world, 'device=on', PxeDev2EnDis='Enabled')
        self.assert_ended(0, self.set(item='device=on'))
        self.assert_refused(
            self.set(item='vlan=7'), 'connects to the BMC again'
        )
        self.node.driver_info['redfish_address'] = 'https://BMC'
        # Ironic reads settings and registry again before and after a service.
        self.assert_ended(0, self.set(item='hyperthreading=enabled'))
        self.assert_ended(0, self.set(item='vlan=7'))
        self.assertEqual('7', self.node.bmc['PxeDev2VlanId'])
        self.assertEqual(
            {'PxeDev2EnDis': 'Enabled', 'PxeDev2VlanId': 1},
            self.previous('vlan')['settings'],
        )


class BackTest(OrderedTest):
    def test_refused_by_the_bmc_is_undone(self) -> None:
        self.offer(REFUSED)
        ran = self.set(*TWO)
        self.assert_ended(4, ran)
        self.assertIn(f'cannot be {REFUSED}', ran.err)
        self.assertEqual(self.before, self.state())

    def test_refused_by_the_registry_of_by_then_is_undone(self) -> None:
        self.offer(UNLISTED)
        ran = self.set(*TWO)
        self.assert_ended(4, ran)
        self.assertIn('allowed values: NIC.Embedded.1-1-1', ran.err)
        self.assertNotIn('nothing was changed', ran.err)
        self.assertEqual(self.before, self.state())

    def test_what_goes_no_further_is_undone_by_the_same_command(self) -> None:
        self.offer(UNLISTED)
        self.assert_ended(0, self.set(*TWO, '--no-wait'))
        self.model.wait_until(lambda: self.node.provision_state == 'active')
        self.assertEqual('Enabled', self.node.bmc['PxeDev2EnDis'])
        ran = self.set(*TWO)
        self.assert_ended(4, ran)
        self.assertIn('allowed values: NIC.Embedded.1-1-1', ran.err)
        self.assertEqual(self.before, self.state())

    def test_who_sees_no_template_undoes_nothing(self) -> None:
        self.offer(UNLISTED)
        self.assert_ended(0, self.set(*TWO, '--no-wait'))
        self.model.wait_until(lambda: self.node.provision_state == 'active')
        left = self.state()
        for runbook in self.world.runbooks.values():
            runbook.public = False
        ran = self.set(*TWO, person='mona')
        self.assert_refused(ran, 'nothing more was changed')
        self.assertEqual(left, self.state())

    def test_left_as_it_is_if_that_is_asked(self) -> None:
        self.offer(UNLISTED)
        ran = self.set(*TWO, '--on-failure', 'leave')
        self.assert_ended(5, ran)
        self.assertIn('recover --rollback', ran.err)
        self.assertEqual('Enabled', self.node.bmc['PxeDev2EnDis'])
        self.assert_ended(0, self.recover('--rollback', '--trust-metadata'))
        self.assertEqual(self.before, self.state())

    def test_a_later_rollback_goes_the_reverse_way(self) -> None:
        self.offer()
        for _ in range(2):
            self.assert_ended(0, self.set(*TWO, '--no-wait'))
            self.model.wait_until(
                lambda: self.node.provision_state == 'active'
            )
        self.assertEqual(SLOT, self.node.bmc['PxeDev2Interface'])
        applied = self.node.counters.bios_applied
        self.assert_ended(0, self.recover('--rollback'))
        self.assertEqual(self.before, self.state())
        self.assertEqual(applied + 2, self.node.counters.bios_applied)
