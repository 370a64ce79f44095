"""The main job against the model: the whole command line, in process."""

from tests import notes
from tests.model import fixture
from tests.model.records import ON
from tests.unit import base

WISH = 'deploy-config:hyperthreading'
PREVIOUS = 'deploy-config-previous:hyperthreading'
BEFORE = '{"value": "disabled", "settings": {"LogicalProc": "Disabled"}}'
SET = ('server', 'config', 'set', '--hyperthreading', 'enabled')


class SetTest(base.TestCase):
    def change(self, person: str, flavor: str) -> None:
        """Switch hyper-threading on, with all checks."""
        model = self.useFixture(fixture.Model())
        server = model.world.boot('web-1', f'{flavor}.ht-off')
        node = model.node_of(server)
        self.assertEqual('Disabled', node.bmc['LogicalProc'])
        name = server.id if person == 'operator' else 'web-1'
        ran = model.openstack(person, *SET, name, '-f', 'json')
        self.assert_ended(0, ran)
        [result] = ran.json()
        self.assertEqual('verified', result['Result'])
        self.assertEqual('Enabled', node.bmc['LogicalProc'])
        self.assertEqual('Enabled', node.bios['LogicalProc'].value)
        self.assertEqual(
            ('active', ON, 'active'),
            (node.provision_state, node.power_state, server.vm_state),
        )
        self.assertEqual(1, node.counters.bios_applied)
        self.assertEqual(
            {WISH: 'enabled', PREVIOUS: BEFORE},
            notes.timeless(server.metadata),
        )

    def test_operator_on_a_fake_node(self) -> None:
        self.change('operator', 'bm.large')

    def test_manager_on_a_fake_node(self) -> None:
        self.change('mona', 'bm.large')

    def test_operator_on_a_redfish_node(self) -> None:
        self.change('operator', 'bm.redfish')

    def test_manager_on_a_redfish_node(self) -> None:
        self.change('mona', 'bm.redfish')
