"""Two runs that want the same of one server at the same time."""

import io
import threading
from concurrent import futures

from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.facts.model import Item, Query
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.options import Method, Options
from osc_baremetal_config.core.rollout.result import Outcome
from osc_baremetal_config.core.rollout.scheduler import Limits, Member
from osc_baremetal_config.osc import files, progress
from osc_baremetal_config.osc.streams import Stream
from osc_baremetal_config.run import change, engine, permissions
from osc_baremetal_config.run.reader import Reader
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

        def run(person: str) -> Outcome | None:
            client = model.client(person)
            reader = Reader(client.cloud, client.clock, lambda error: None)
            snapshot = reader.snapshot(server.id, flavors=True)
            plan = planner.make(
                [Item('hyperthreading', 'enabled')],
                assess(snapshot, files.load(())),
                Options(method=method),
            )
            plan = permissions.permitted_one(
                plan, reader.cloud, client.clock, lambda error: None
            )
            planned.wait()
            work = engine.Work(
                members=[Member(server.id)],
                plans={server.id: plan},
                query=Query(),
                how=change.How(limit_s=3600, plan_again=lambda plan: plan),
                limits=Limits(),
            )
            told = progress.Silent(Stream(io.StringIO()))
            rolled = engine.roll_out(work, reader.cloud, client.clock, told)
            return rolled.ended[server.id].outcome

        with futures.ThreadPoolExecutor(2) as pool:
            for outcome in pool.map(run, ('mona', 'adam')):
                self.assertTrue(outcome and outcome.is_finished)
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
