"""A change of many servers, by a cloud that does what none should."""

import io
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent import futures
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.facts.model import (
    Bios,
    Item,
    Listed,
    Query,
    Server,
    Step,
    Unread,
)
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.options import Method, Options
from osc_baremetal_config.core.rollout import rollout_plan
from osc_baremetal_config.core.rollout.result import Rolled
from osc_baremetal_config.core.rollout.scheduler import Failures, Limits
from osc_baremetal_config.osc import files, progress
from osc_baremetal_config.osc.streams import Stream
from osc_baremetal_config.run import change, engine, interrupts
from osc_baremetal_config.run.reader import Reader
from tests.model import fixture
from tests.unit import base


class BareMetal:
    """A bare-metal service with something done before each service.

    :param real: does all the rest.
    """

    def __init__(self, real: Any, before: Callable[[str], None]) -> None:
        self._real = real
        self._before = before

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def begin_service(
        self, node_uuid: str, what: Sequence[Step] | str
    ) -> None:
        self._before(node_uuid)
        self._real.begin_service(node_uuid, what)


class Slow:
    """A bare-metal service that is interrupted at once, and slow."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._never = threading.Event()
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def bios(self, node_uuid: str, *, registry: bool) -> Bios:
        self.reads += 1
        if self.reads == 1:
            raise KeyboardInterrupt
        self._never.wait(0.02)
        return {}


class Mute:
    """Who is told, and fails whatever that is."""

    def fail(self, *args: object) -> None:
        raise ValueError('a fault in a table')

    doing = warn = progress = ended = close = fail


class Telling(progress.Silent):
    """Who keeps what is told, and shows nothing."""

    def __init__(self) -> None:
        super().__init__(Stream(io.StringIO()))
        self.doings: list[str] = []

    def doing(self, server: Server, what: str, *seconds: float) -> None:
        self.doings.append(what)


class SurveyTest(base.TestCase):
    def test_an_interrupt_drops_what_only_waits_to_be_read(self) -> None:
        model = self.useFixture(fixture.Model())
        model.world.populate(servers=200)
        client: Any = model.client('mona')
        client.cloud.baremetal = slow = Slow(client.cloud.baremetal)
        with self.assertRaises(KeyboardInterrupt):
            Reader(client.cloud, client.clock, lambda error: None).survey(
                Query(), lambda snapshot: None
            )
        self.assertLess(slow.reads, 150)

    def test_progress_is_told_for_each(self) -> None:
        model = self.useFixture(fixture.Model())
        model.world.populate(servers=3)
        client, told = model.client('mona'), list[tuple[int, int]]()
        Reader(client.cloud, client.clock, lambda error: None).survey(
            Query(),
            lambda snapshot: None,
            on_progress=lambda *so_far: told.append(so_far),
        )
        self.assertEqual([(1, 3), (2, 3), (3, 3)], told)


class InterruptsTest(base.TestCase):
    def test_one_that_comes_while_they_are_postponed_is_heeded(self) -> None:
        before = signal.getsignal(signal.SIGINT)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        for comes in (True, False):
            interrupts.postpone()
            if comes:
                signal.raise_signal(signal.SIGINT)
            self.assertEqual(comes, interrupts.heed())
        # One that comes before is none that was postponed.
        self.assertFalse(interrupts.heed())

    def test_signals_are_the_main_thread_s(self) -> None:
        """A thread postpones none, and has none to heed."""
        before = [
            signal.getsignal(one) for one in (signal.SIGINT, signal.SIGHUP)
        ]

        def run() -> bool:
            interrupts.postpone()
            with interrupts.without_hangup():
                return interrupts.heed()

        with futures.ThreadPoolExecutor(1) as pool:
            self.assertIs(False, pool.submit(run).result())
        after = [
            signal.getsignal(one) for one in (signal.SIGINT, signal.SIGHUP)
        ]
        self.assertEqual(before, after)

    def test_a_closed_terminal_ends_nothing_in_the_block(self) -> None:
        before = signal.getsignal(signal.SIGHUP)
        with interrupts.without_hangup():
            self.assertIs(signal.SIG_IGN, signal.getsignal(signal.SIGHUP))
        self.assertIs(before, signal.getsignal(signal.SIGHUP))


class RolloutTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.servers = self.model.world.populate(servers=4)
        self.client: Any = self.model.client('mona')
        self.query = Query()
        self.is_rolling = False

    def roll_out(
        self,
        before: Callable[[str], None],
        limits: Limits,
        telling: Any = None,
    ) -> Rolled:
        """Enable hyper-threading on all servers."""
        cloud, clock = self.client.cloud, self.client.clock
        asked = planner.ChangeRequest(
            lambda snapshot: [Item('hyperthreading', 'enabled')],
            files.load(()),
            Options(method=Method.SERVICE),
        )
        reader = Reader(cloud, clock, lambda error: None)
        found = reader.survey(self.query, asked.plan, flavors=True)
        cloud.baremetal = BareMetal(cloud.baremetal, before)
        work = engine.Work(
            members=rollout_plan.members(found.made, None, {}),
            plans={plan.server.id: plan for plan in found.made},
            query=self.query,
            how=change.How(limit_s=3600, plan_again=lambda plan: plan),
            limits=limits,
        )
        told = telling or progress.Silent(Stream(io.StringIO()))
        self.is_rolling = True
        return engine.roll_out(work, cloud, clock, told)

    def test_a_fault_of_ours_leaves_the_others_alone(self) -> None:
        broken = self.servers[0]

        def fail(node_uuid: str) -> None:
            if node_uuid == broken.node_uuid:
                raise KeyError('settings')

        rolled = self.roll_out(fail, Limits(failures=Failures(1)))
        self.assertEqual(1, rolled.failed)
        for server in self.servers[1:]:
            outcome = rolled.ended[server.id].outcome
            self.assertTrue(outcome and outcome.is_finished)
        error = rolled.ended[broken.id].error
        self.assertIsInstance(error, errors.Incomplete)
        self.assertIn("KeyError: 'settings'", str(error))
        self.assertIn('Continue with: openstack server config set', str(error))
        self.assertTrue(rolled.ended[broken.id].is_out)

    def test_a_fault_of_ours_in_a_look_is_told_with_the_way_on(self) -> None:
        def spoil(node_uuid: str) -> None:
            def fail(*args: Any, **more: Any) -> Any:
                raise KeyError('id')

            self.client.cloud.compute.servers = fail
            self.client.cloud.compute.server = fail

        rolled = self.roll_out(spoil, Limits())
        self.assertEqual(4, len(rolled.ended))
        for end in rolled.ended.values():
            self.assertIsInstance(end.error, errors.Incomplete)
            self.assertIn("KeyError: 'id'", str(end.error))
            self.assertIn('Continue with: openstack', str(end.error))

    def check_unread(self, services: Any, name: str) -> None:
        """Check that what two looks do not show is looked at again."""
        real, told = getattr(services, name), Telling()
        lost, left = self.servers[0], [2]
        error = errors.CloudError('Nova', 500, 'a cell is away')

        def look(*args: Any) -> Any:
            found = real(*args)
            if not (self.is_rolling and left[0]):
                return found
            left[0] -= 1
            unread = {lost.id: Unread(lost.id, None, error)}
            return Listed(found.found, unread)

        setattr(services, name, look)
        rolled = self.roll_out(lambda node: None, Limits(), told)
        self.assertEqual((0, 4), (rolled.failed, len(rolled.ended)))
        self.assertEqual(2, told.doings.count(error.message))

    def test_a_server_that_a_look_does_not_show_is_looked_at_again(
        self,
    ) -> None:
        self.check_unread(self.client.cloud.compute, 'servers')

    def test_a_node_that_a_look_does_not_show_is_looked_at_again(
        self,
    ) -> None:
        self.check_unread(self.client.cloud.baremetal, 'nodes')

    def test_a_server_that_is_not_listed_is_looked_at_by_itself(self) -> None:
        compute = self.client.cloud.compute
        lost, real = self.servers[0], compute.servers

        def servers(*args: Any) -> Any:
            found = real(*args)
            kept = dict(found.found)
            if self.is_rolling:
                kept.pop(lost.id, None)
            return Listed(kept, found.unread)

        compute.servers = servers
        rolled = self.roll_out(lambda node: None, Limits())
        outcomes = [end.outcome for end in rolled.ended.values()]
        self.assertEqual(4, sum(outcome is not None for outcome in outcomes))

    def test_an_interrupt_begins_no_other_and_loses_no_end(self) -> None:
        sleep = self.model.clock.sleep
        waits: list[float] = []

        def interrupted(seconds: float) -> None:
            waits.append(seconds)
            # Ctrl-C once the first two are under way.
            if len(waits) == 3:
                raise KeyboardInterrupt
            sleep(seconds)

        self.model.clock.sleep = interrupted  # type: ignore[method-assign]
        rolled = self.roll_out(lambda node: None, Limits(at_once=2))
        self.assertTrue(rolled.is_interrupted)
        self.assertEqual('it was interrupted', rolled.held)
        begun = {server.id for server in self.servers if server.metadata}
        self.assertEqual(2, len(begun))
        self.assertEqual(begun, rolled.running.keys() | rolled.ended.keys())

    def test_a_fault_in_the_telling_keeps_nobody_from_the_end(self) -> None:
        rolled = self.roll_out(lambda node: None, Limits(), Mute())
        ended = rolled.ended.values()
        self.assertEqual(4, sum(end.outcome is not None for end in ended))


class StayOffTest(base.TestCase):
    def test_a_server_that_is_being_stopped_may_stay_off(self) -> None:
        """A second Ctrl-C does not wait for the answer."""
        model = self.useFixture(fixture.Model())
        server = model.world.boot('web-1')
        client: Any = model.client('mona')
        reader = Reader(client.cloud, client.clock, lambda error: None)
        plan = planner.make(
            [Item('hyperthreading', 'enabled')],
            assess(reader.snapshot(server.id, flavors=True), files.load(())),
        )
        real, seen = client.cloud.compute, []

        class Compute:
            def __getattr__(self, name: str) -> Any:
                return getattr(real, name)

            def begin_stop(self, server_id: str) -> None:
                seen.append(one.may_stay_off)
                real.begin_stop(server_id)

        client.cloud.compute = Compute()
        how = change.How(limit_s=3600, plan_again=lambda plan: plan)
        told = progress.Silent(Stream(io.StringIO()))
        one = change.Change(plan, client.cloud, client.clock, told, how)
        self.assertFalse(one.may_stay_off)
        one.proceed()
        while not seen:
            node = client.cloud.baremetal.node(plan.node.uuid)
            one.see(real.server(server.id), node)
            one.proceed()
        self.assertEqual([True], seen)
