"""What the model does in time that no real cloud can be made to show."""

import requests

from tests.contract.cloud import STEP, steps
from tests.model import fixture, transport
from tests.model.records import OFF, ON, Host, Node, Server
from tests.model.world import Settings, World
from tests.unit import base

IRONIC = {'X-OpenStack-Ironic-API-Version': '1.115'}
NOVA = {'X-OpenStack-Nova-API-Version': '2.96'}


class WorldTestCase(base.TestCase):
    """A test with a model and one server, which runs on a node."""

    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model(settings=self.settings()))
        self.world, self.clock = self.model.world, self.model.clock
        self.web = self.world.boot('web-1')
        self.node = self.model.node_of(self.web)

    def settings(self) -> Settings:
        """Return the knobs of the cloud."""
        return Settings()

    def service(self, node: Node, **body: object) -> requests.Response:
        """Return what Ironic answers to mona who wants a service."""
        return self.ironic(
            'PUT',
            f'/nodes/{node.uuid}/states/provision',
            {'target': 'service'} | body,
        )

    def ironic(
        self, method: str, path: str, body: object = None
    ) -> requests.Response:
        """Return what Ironic answers mona."""
        url = f'{transport.URL}/baremetal/v1{path}'
        return self.model.session('mona').request(
            url, method, json=body, headers=IRONIC, raise_exc=False
        )

    def act(self, server: Server, **action: object) -> requests.Response:
        """Return what Nova answers mona."""
        url = f'{transport.URL}/compute/v2.1/servers/{server.id}'
        return self.model.session('mona').post(
            f'{url}/action', json=action, headers=NOVA, raise_exc=False
        )


class PowerTest(WorldTestCase):
    def test_lost_event_and_the_next_power_sync(self) -> None:
        self.node.driver_info['fake_bios_seconds'] = 0
        self.service(self.node, service_steps=steps('Enabled'))
        self.clock.sleep(5)
        self.assertEqual('stopped', self.web.vm_state)
        self.assertEqual(('active', ON), self.of_node())
        self.clock.sleep(600)
        self.assertEqual(('active', OFF), self.of_node())
        self.assertEqual(2, self.node.counters.power_off)

    def test_node_found_off_is_stopped_in_nova(self) -> None:
        self.node.power_state = OFF
        self.clock.sleep(599)
        self.assertEqual('active', self.web.vm_state)
        self.clock.sleep(5)
        self.assertEqual('stopped', self.web.vm_state)

    def of_node(self) -> tuple[str, str | None]:
        """Return the node's states."""
        return self.node.provision_state, self.node.power_state


class ConductorTest(WorldTestCase):
    def test_wedge(self) -> None:
        for wrong in ({'interface': 'bios', 'step': 'nope'}, STEP):
            self.service(
                self.node, service_steps=[wrong], disable_ramdisk=True
            )
            node = self.node
            self.clock.sleep(1)
            self.assertIn('Async execution of', str(node.last_error))
            self.clock.sleep(3600)
            self.assertEqual(
                ('servicing', None, None),
                (node.provision_state, node.reservation, node.last_error),
            )
            answer = self.service(node, service_steps=steps('Enabled'))
            self.assertEqual(400, answer.status_code)
            self.assertIn('while it is in state', answer.text)
            self.world.conductor.restart()
            self.check_restarted()
            self.ironic('PUT', self.path, {'target': 'abort'})
            self.clock.sleep(1)
            self.assertEqual('active', node.provision_state)

    @property
    def path(self) -> str:
        """Return where the node's provision state is set."""
        return f'/nodes/{self.node.uuid}/states/provision'

    def check_restarted(self) -> None:
        """Check a node that was being serviced as its conductor ended."""
        self.assertEqual('service failed', self.node.provision_state)
        self.assertIsNone(self.node.reservation)
        self.assertFalse(self.node.maintenance)
        self.assertEqual(
            "The servicing state can't be resumed by conductor devcloud. "
            'Moving to fail state.',
            self.node.last_error,
        )

    def test_restart_in_a_step(self) -> None:
        self.service(self.node, service_steps=steps('Enabled'))
        self.clock.sleep(1)
        self.world.conductor.restart()
        self.clock.sleep(60)
        self.check_restarted()
        self.assertEqual('Disabled', self.node.bmc['LogicalProc'])
        self.assertEqual(OFF, self.node.power_state)

    def test_restart_while_a_bmc_is_waited_for(self) -> None:
        web = self.world.boot('web-2', 'bm.redfish.ht-off')
        node = self.model.node_of(web)
        self.service(node, service_steps=steps('Enabled'))
        self.model.wait_until(lambda: node.provision_state == 'service wait')
        self.world.conductor.restart()
        self.clock.sleep(60)
        self.assertEqual('active', node.provision_state)
        self.assertEqual('Enabled', node.bios['LogicalProc'].value)

    def test_bmc_that_ignores_is_found_out_by_redfish(self) -> None:
        web = self.world.boot('web-2', 'bm.redfish.ht-off')
        node = self.model.node_of(web)
        node.driver_info['fake_bios_ignore'] = True
        self.service(node, service_steps=steps('Enabled'))
        self.clock.sleep(1790)
        self.assertEqual('service wait', node.provision_state)
        self.clock.sleep(30)
        self.assertEqual('service failed', node.provision_state)
        self.assertTrue(node.maintenance)

    def test_copy_of_the_settings_may_be_old(self) -> None:
        changed = {'LogicalProc': 'Enabled'}
        self.world.set_bios(self.node, changed, told=False)
        self.assertEqual('Disabled', self.node.bios['LogicalProc'].value)
        self.world.set_bios(self.node, changed)
        self.assertEqual('Enabled', self.node.bios['LogicalProc'].value)
        self.assertIsNotNone(self.node.bios['LogicalProc'].updated)

    def test_delete_waits_for_the_service(self) -> None:
        self.service(self.node, service_steps=steps('Enabled'))
        url = f'{transport.URL}/compute/v2.1/servers/{self.web.id}'
        self.model.session('mona').delete(url)
        self.clock.sleep(60)
        self.assertEqual({}, self.world.servers)
        self.assertEqual(
            ('available', None),
            (self.node.provision_state, self.node.instance_uuid),
        )


class MovingTest(WorldTestCase):
    """A cloud where a resize takes the server to another node."""

    def settings(self) -> Settings:
        """Return the knobs of the cloud."""
        return Settings(resize_moves_node=True)

    def resize(self) -> tuple[Node, Node]:
        """Return the node before and after."""
        self.web.host = Host('devcloud', can_resize=True)
        flavor = self.world.flavor('bm.large.ht-on')
        assert flavor is not None
        self.act(self.web, resize={'flavorRef': flavor.id})
        self.clock.sleep(10)
        self.assertEqual('resized', self.web.vm_state)
        return self.node, self.model.node_of(self.web)

    def test_confirmed(self) -> None:
        before, after = self.resize()
        self.assertNotEqual(before.uuid, after.uuid)
        self.assertEqual('Enabled', after.bmc['LogicalProc'])
        self.act(self.web, confirmResize=None)
        self.clock.sleep(5)
        self.assertEqual('active', self.web.vm_state)
        self.assertEqual('available', before.provision_state)
        self.assertEqual(self.web.id, after.instance_uuid)

    def test_reverted(self) -> None:
        before, after = self.resize()
        self.act(self.web, revertResize=None)
        self.clock.sleep(5)
        self.assertEqual(before.uuid, self.web.node_uuid)
        self.assertEqual(self.web.id, before.instance_uuid)
        self.assertEqual('available', after.provision_state)
        self.assertEqual('bm.large.ht-off', self.web.flavor.name)


class OtherCloudsTest(base.TestCase):
    def test_client_for_what_is_below_the_commands(self) -> None:
        model = self.useFixture(fixture.Model())
        web = model.world.boot('web-1')
        client = model.client('mona')
        named = client.cloud.compute.named('web-1')
        self.assertEqual({web.id}, named.found.keys())
        node = client.cloud.baremetal.node_of(web.id)
        self.assertEqual(web.node_uuid, node.uuid if node else None)
        self.assertIsNone(client.cloud.as_system())

    def test_site_that_forbids_raw_steps(self) -> None:
        settings = Settings(steps_allowed=False)
        model = self.useFixture(fixture.Model(settings=settings))
        model.world.boot('web-1')
        argv = ('server', 'config', 'set', '--hyperthreading', 'enabled')
        ran = model.openstack('mona', *argv, 'web-1')
        text = 'baremetal:node:set_provision_state:service_steps'
        self.assert_refused(ran, text)

    def test_tokens_end(self) -> None:
        model = self.useFixture(fixture.Model(settings=Settings(token_s=60)))
        session = model.session('mona')
        url = f'{transport.URL}/compute/v2.1/servers'
        self.assertEqual(200, session.get(url).status_code)
        model.clock.sleep(61)
        before = len(model.world.tokens)
        # The session logs in again by itself.
        self.assertEqual(200, session.get(url).status_code)
        self.assertEqual(before + 1, len(model.world.tokens))
        model.world.lapse()
        self.assertEqual(200, session.get(url).status_code)
        self.assertEqual(before + 2, len(model.world.tokens))

    def test_older_releases(self) -> None:
        older = Settings(nova='2.60', ironic='1.86')
        model = self.useFixture(fixture.Model(settings=older))
        model.world.boot('web-1')
        for person in ('mona', 'operator'):
            ran = model.openstack(
                *(person, 'server', 'config', 'set'),
                *('--hyperthreading', 'enabled', 'web-1'),
            )
            self.assert_refused(ran, "This cloud's Nova speaks 2.60 (Queens)")

    def test_many(self) -> None:
        world = World.standard()
        made = world.populate(servers=1000, flavors=1500)
        self.assertEqual(1000, len(made))
        self.assertEqual(1500, len(world.flavors))
        model = self.useFixture(fixture.Model(world))
        model.faults.forget()
        ran = model.openstack(
            *('mona', 'server', 'config', 'set'),
            *('--hyperthreading', 'enabled', 'fleet-00500'),
        )
        self.assert_ended(0, ran)
        pages = [
            seen
            for seen in model.faults.calls()
            if '/flavors/detail' in seen.url
        ]
        self.assertEqual(2, len(pages))
