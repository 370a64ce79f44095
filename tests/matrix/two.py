"""Two clients that change one server, in every order of their calls.

Owns the order: one client makes so many calls, then the other so many, then
each continues to its end. What they want is theirs; what counts is that in the
end what is desired is what is so, or that one of them was told otherwise.
"""

import io
import threading
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.facts import metadata
from osc_baremetal_config.core.facts.model import Item, Query
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.options import Method, Options
from osc_baremetal_config.core.rollout.scheduler import Limits, Member
from osc_baremetal_config.osc import files, progress
from osc_baremetal_config.osc.streams import Stream
from osc_baremetal_config.run import change, engine
from osc_baremetal_config.run.reader import Reader
from tests.matrix import scenarios
from tests.matrix.points import Outcome, Verdict
from tests.matrix.scenarios import QUICK
from tests.model import fixture
from tests.model.records import OFF, Server
from tests.model.world import World

_PEOPLE = ('mona', 'adam')
# So many calls are made by no two clients that come to an end.
_MOST = 1000
_SETTING = {'hyperthreading': 'LogicalProc', 'turbo': 'ProcTurboMode'}
_SETTING['numa-per-socket'] = 'NumaNodesPerSocket'
_ITEM = {'Enabled': 'enabled', 'Disabled': 'disabled'}
# Calls that touch a server or its node.
_TOUCHING = ('begin_stop', 'begin_start', 'begin_service', 'begin_power')


@dataclass(frozen=True)
class Pair:
    """What two clients want of one server.

    :param wishes: the item that each of them wants.
    :param is_off: the server is off, so that nobody has to stop it.
    """

    name: str
    wishes: tuple[Item, Item]
    is_off: bool = False


def _item(text: str) -> Item:
    name, _, value = text.partition('=')
    return Item(name, value)


# A new node has hyper-threading and turbo on, and one NUMA node a socket.
PAIRS = tuple(
    Pair(f'{name}{" off" if is_off else ""}', (_item(a), _item(b)), is_off)
    for name, a, b in (
        (
            'record, change',
            'hyperthreading=enabled',
            'hyperthreading=disabled',
        ),
        ('change, change', 'numa-per-socket=2', 'numa-per-socket=4'),
        ('two types', 'hyperthreading=disabled', 'turbo=disabled'),
        ('record, other type', 'turbo=enabled', 'hyperthreading=disabled'),
        ('twins', 'hyperthreading=disabled', 'hyperthreading=disabled'),
        ('two records', 'hyperthreading=enabled', 'turbo=enabled'),
    )
    for is_off in (False, True)
)


class Turns:
    """Whose turn it is to make a call.

    :param order: who may make how many calls; None for as many as it likes.
    """

    def __init__(self, order: list[tuple[str, int | None]]) -> None:
        self._order = order
        self._changed = threading.Condition()
        self._under_way = 0
        self.calls: list[tuple[str, str]] = []

    def take(self, who: str, what: str) -> None:
        """Return when it is somebody's turn, and count the call."""
        with self._changed:
            while self._order[0][0] != who or self._order[0][1] == 0:
                self._changed.wait()
            self.calls.append((who, what))
            if len(self.calls) > _MOST:
                raise AssertionError('this does not come to an end')
            self._under_way += 1
            left = self._order[0][1]
            if left is not None:
                self._order[0] = who, left - 1

    def made(self) -> None:
        """Take note that a call was answered."""
        with self._changed:
            self._under_way -= 1
            if self._order[0][1] == 0 and not self._under_way:
                self._order.pop(0)
            self._changed.notify_all()

    def end(self, who: str) -> None:
        """Take note that somebody makes no calls any more."""
        with self._changed:
            others = [turn for turn in self._order if turn[0] != who]
            self._order[:] = others or [('nobody', None)]
            self._changed.notify_all()


class _Queueing:
    """A service whose calls wait for their turn."""

    def __init__(self, service: Any, who: str, turns: Turns) -> None:
        self._service, self._who, self._turns = service, who, turns

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._service, name)
        if not callable(call):
            # It is known without a request.
            return call

        def made(*args: Any, **more: Any) -> Any:
            self._turns.take(self._who, name)
            try:
                return call(*args, **more)
            finally:
                self._turns.made()

        return made


class _Cloud:
    """A cloud of one client."""

    def __init__(self, cloud: Any, who: str, turns: Turns) -> None:
        self.compute: Any = _Queueing(cloud.compute, who, turns)
        self.baremetal: Any = _Queueing(cloud.baremetal, who, turns)

    def as_system(self) -> None:
        return None


@dataclass(frozen=True)
class Ended:
    """How a client has ended.

    :param error: None if it says that all is well.
    """

    error: errors.ConfigError | None
    calls: tuple[str, ...]


class Stage:
    """A new world with one server that two clients are after."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.world = World.standard(settings=QUICK)
        self.server: Server = self.world.boot('web-1', 'bm.large')
        if pair.is_off:
            scenarios.stop(self.world, self.server)
        self.model = fixture.Model(self.world)

    @property
    def node(self) -> Any:
        """Return the server's node."""
        return self.world.nodes[self.server.node_uuid or '']

    def play(self, order: list[tuple[str, int | None]]) -> list[Ended]:
        """Return how each client has ended."""
        turns = Turns(order)
        self.model.setUp()
        try:
            clients = [self.model.client(name) for name in _PEOPLE]
            for each in clients:
                each.cloud.compute.server(self.server.id)
            with futures.ThreadPoolExecutor(2) as pool:
                found = [
                    pool.submit(self._run, *one, turns)
                    for one in zip(
                        _PEOPLE, clients, self.pair.wishes, strict=True
                    )
                ]
                return [each.result() for each in found]
        finally:
            self.model.cleanUp()

    def _run(self, who: str, client: Any, wish: Item, turns: Turns) -> Ended:
        cloud = _Cloud(client.cloud, who, turns)
        error = None
        try:
            self._change(cloud, client.clock, wish)
        except errors.ConfigError as found:
            error = found
        finally:
            turns.end(who)
        calls = tuple(what for name, what in turns.calls if name == who)
        return Ended(error, calls)

    def _change(self, cloud: Any, clock: Any, wish: Item) -> None:
        snapshot = Reader(cloud, clock, _ignore).snapshot(self.server.id)
        options = Options(method=Method.SERVICE)
        plan = planner.make([wish], assess(snapshot, files.load(())), options)
        if not plan.is_empty:
            how = change.How(limit_s=3600, plan_again=lambda plan: plan)
            work = engine.Work(
                members=[Member(plan.server.id)],
                plans={plan.server.id: plan},
                query=Query(),
                how=how,
                limits=Limits(),
            )
            told = progress.Silent(Stream(io.StringIO()))
            rolled = engine.roll_out(work, cloud, clock, told)
            for end in rolled.ended.values():
                if end.error:
                    raise end.error

    def wrong(self, ended: list[Ended]) -> str:
        """Return what is wrong with how it has ended, nothing if all is well.

        Who is refused has touched nothing, and where nobody is told of any
        trouble, all that is desired is so.
        """
        told = '; '.join(str(each.error)[60:170] for each in ended)
        for each in ended:
            touched = set(each.calls) & set(_TOUCHING)
            if isinstance(each.error, errors.Refused) and touched:
                return f'refused, and has touched it: {touched} ({told})'
        if self.server.power != (OFF if self.pair.is_off else 'power on'):
            return f'the server is {self.server.power} ({told})'
        if self.node.provision_state != 'active' or self.node.maintenance:
            return f'the node is {self.node.provision_state} ({told})'
        for name, value in metadata.desired(self.server.metadata).items():
            bmc = self.node.bmc[_SETTING[name]]
            actual = _ITEM.get(bmc, bmc)
            if actual != value:
                return f'{name} is {actual}, and should be {value} ({told})'
        pending = [k for k in self.server.metadata if 'pending' in k]
        if pending and all(each.error is None for each in ended):
            return f'{pending} are left'
        if all(each.error is not None for each in ended):
            return f'neither has got through: {told}'
        return ''


def _ignore(error: errors.TemporaryCloudError) -> None:
    """Do nothing about a blip; there is none."""


def orders(pair: Pair) -> Iterator[list[tuple[str, int | None]]]:
    """Yield the orders: one makes some calls, then the other some."""
    lengths = [_length(pair, who) for who in _PEOPLE]
    for first, second in ((0, 1), (1, 0)):
        a, b = _PEOPLE[first], _PEOPLE[second]
        for some in range(1, lengths[first] + 1):
            for more in range(1, lengths[second] + 1):
                yield [(a, some), (b, more), (a, None), (b, None)]


def _length(pair: Pair, who: str) -> int:
    """Return how many calls a client makes if the other makes none before."""
    first = _PEOPLE.index(who)
    other = _PEOPLE[1 - first]
    ended = Stage(pair).play([(who, None), (other, None)])
    return len(ended[first].calls)


def hit(pair: Pair, order: list[tuple[str, int | None]]) -> Outcome:
    """Return what becomes of two clients in one order of their calls."""
    stage = Stage(pair)
    ended = stage.play(list(order))
    if wrong := stage.wrong(ended):
        return Outcome(Verdict.LOST, wrong)
    if any(each.error for each in ended):
        return Outcome(Verdict.REFUSED)
    return Outcome(Verdict.THROUGH)
