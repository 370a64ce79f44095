"""Two runs that want the same of one server at the same time."""

import threading
from concurrent import futures

from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.options import Method, Options
from osc_baremetal_config.osc import files, report
from osc_baremetal_config.run import change, execute, read, rights
from tests.matrix import scenarios
from tests.model import fixture
from tests.unit import base


class TwoTest(base.TestCase):
    def both(self, method: Method) -> tuple[fixture.Model, str]:
        """Have two people make the same change at once."""
        scenario = scenarios.RESIZE
        world, [server] = scenario.world()
        model = self.useFixture(fixture.Model(world))
        planned = threading.Barrier(2)

        def run(person: str) -> change.Outcome:
            client = model.client(person)
            snapshot = read.snapshot(
                client.cloud,
                client.clock,
                server.id,
                flavors=True,
                on_blip=lambda error: None,
            )
            plan = planner.make(
                [Item('hyperthreading', 'enabled')],
                snapshot,
                files.load(()),
                Options(method=method),
            )
            plan = rights.permitted(
                plan, client.cloud, client.clock, lambda error: None
            )
            planned.wait()
            return execute.execute(
                plan,
                client.cloud,
                client.clock,
                report.Silent(),
                change.How(limit_s=3600, plan_again=lambda plan: plan),
            )

        with futures.ThreadPoolExecutor(2) as pool:
            for outcome in pool.map(run, ('mona', 'adam')):
                self.assertTrue(outcome.is_finished)
        node = world.nodes[server.node_uuid or '']
        self.assertEqual('Enabled', node.bmc['LogicalProc'])
        self.assertEqual('active', server.vm_state)
        self.assertFalse([k for k in server.metadata if 'pending' in k])
        return model, server.id

    def test_service(self) -> None:
        self.both(Method.SERVICE)

    def test_nova_is_asked_for_one_resize(self) -> None:
        model, server_id = self.both(Method.RESIZE)
        server = model.world.server(server_id)
        self.assertEqual('rz.small.ht-on', server.flavor.name)
        resizes = [a for a in server.actions if a.name == 'resize']
        self.assertEqual(1, len(resizes))
