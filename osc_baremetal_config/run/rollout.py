"""Changing many servers: beginning them, looking at all, going on with each.

Owns the loop and the threads, of which there are as many as calls are made
at once, however many servers are under way. Who is begun next is decided in
:mod:`osc_baremetal_config.core.rollout`; the moves of a server are made by
:mod:`.change`.
"""

import queue
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from concurrent import futures
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from osc_baremetal_config import errors
from osc_baremetal_config.core import rollout
from osc_baremetal_config.core.answers import When
from osc_baremetal_config.core.model import Node, Query
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.core.rollout import Limits, Member, Progress
from osc_baremetal_config.run import poll
from osc_baremetal_config.run.change import Change, How, Outcome
from osc_baremetal_config.run.protocols import Clock, Cloud, Reporter
from osc_baremetal_config.run.watch import Watch

# Calls at once; more would only queue up in the services.
_AT_ONCE = 32
# The lists of a look must not wait behind the calls.
_LISTS_AT_ONCE = 1


class Telling(Protocol):
    """Who is told how a rollout goes."""

    def reporter(self, plan: Plan) -> Reporter:
        """Return who is told how one server goes."""

    def progress(self, progress: Progress) -> None:
        """Take note of how far it is; called at every look."""

    def ended(self, plan: Plan, end: 'Ended') -> None:
        """Take note that a server has ended."""

    def warn(self, text: str) -> None:
        """Take note of something that the person should know."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the change of one server has ended.

    :param seconds: that it took.
    :param outcome: None if it failed.
    :param error: why it failed, None if it did not.
    :param is_touched: something was done with the server or its node.
    """

    seconds: float
    outcome: Outcome | None = None
    error: errors.ConfigError | None = None
    is_touched: bool = True

    @property
    def is_out(self) -> bool:
        """Return whether its node is still out of service."""
        if self.outcome is not None:
            return not self.outcome.is_finished
        if isinstance(self.error, errors.Gone):
            return False
        is_left = isinstance(
            self.error, errors.LeftBetween | errors.StillGoing
        )
        return is_left and self.is_touched


@dataclass(frozen=True, slots=True)
class Rolled:
    """How a rollout has ended.

    :param ended: server id → how; those that are missing were not begun.
    :param held: why the others were not begun, None if all were.
    """

    ended: Mapping[str, Ended]
    held: str | None

    @property
    def failed(self) -> int:
        """Return how many of those that were begun have failed."""
        return sum(end.error is not None for end in self.ended.values())


# What a server has come to: a look is due, it has ended, or it has failed.
_Result = When | Outcome | errors.ConfigError


@dataclass(slots=True)
class _Running:
    """A server that is under way."""

    member: Member
    plan: Plan
    change: Change
    not_before: float = 0.0


def roll_out(
    members: Sequence[Member],
    plans: Iterable[Plan],
    cloud: Cloud,
    clock: Clock,
    telling: Telling,
    query: Query,
    *,
    how: How,
    limits: Limits,
    refused: int,
) -> Rolled:
    """Carry many plans out, as many at once as the limits allow.

    An interrupt takes effect once the calls in flight are finished.

    :param members: the servers, in the order in which they are begun.
    :param plans: one for each of them, in any order.
    :param query: which servers are listed, to look at those under way.
    :param refused: servers that were refused beforehand; they count as
        failed.
    """
    with (
        futures.ThreadPoolExecutor(_LISTS_AT_ONCE) as lists,
        futures.ThreadPoolExecutor(min(_AT_ONCE, limits.at_once)) as pool,
    ):
        run = _Rollout(
            members,
            plans,
            cloud,
            clock,
            telling,
            Watch(cloud, query, lists),
            pool,
            how=how,
            limits=limits,
            refused=refused,
        )
        try:
            return run.to_the_end()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                telling.warn('interrupted; the calls in flight are finished')
            # Else what has only been queued would be done as well.
            pool.shutdown(cancel_futures=True)
            raise


class _Rollout:
    """A rollout that is going on. All but the calls is in one thread."""

    def __init__(
        self,
        members: Sequence[Member],
        plans: Iterable[Plan],
        cloud: Cloud,
        clock: Clock,
        telling: Telling,
        watch: Watch,
        pool: futures.Executor,
        *,
        how: How,
        limits: Limits,
        refused: int,
    ) -> None:
        self._cloud = cloud
        self._clock = clock
        self._telling = telling
        self._watch = watch
        self._pool = pool
        self._how = how
        self._limits = limits
        self._plans = {plan.server.id: plan for plan in plans}
        self._progress = Progress(
            waiting=tuple(members),
            failed=refused,
            refused=refused,
        )
        # Those whose calls are made, and those that wait for a look.
        self._calling: dict[str, _Running] = {}
        self._watched: dict[str, _Running] = {}
        self._results: queue.SimpleQueue[
            tuple[_Running, _Result | BaseException]
        ] = queue.SimpleQueue()
        self._ended: dict[str, Ended] = {}
        # Whether a call was answered since the last look.
        self._has_news = False
        self._pace = poll.Pace(
            clock,
            on_blip=lambda error: telling.warn(
                f'{error.message}; still trying'
            ),
        )

    def to_the_end(self) -> Rolled:
        """Return how it has ended, once all have that were begun."""
        self._begin()
        while self._calling or self._watched:
            if self._is_look_due:
                self._look()
            elif self._calling:
                self._take_result()
            else:
                self._pace.wait()
        held = rollout.why_not(self._progress, self._limits)
        return Rolled(self._ended, held)

    @property
    def _is_look_due(self) -> bool:
        """Return whether those that wait for it are to be looked at now.

        That is so as well once all calls have been answered.
        """
        if not self._watched:
            return False
        is_idle = self._has_news and not self._calling
        return is_idle or not self._pace.due_in_s

    def _begin(self) -> None:
        """Begin those that may be begun now."""
        found = rollout.startable(self._progress, self._limits)
        self._progress = rollout.begun(self._progress, found)
        self._telling.progress(self._progress)
        for member in found:
            plan = self._plans[member.id]
            reporter = self._telling.reporter(plan)
            change = Change(
                plan, self._cloud, self._clock, reporter, self._how
            )
            self._submit(_Running(member, plan, change), change.proceed)

    def _submit(self, one: _Running, call: Callable[[], _Result]) -> None:
        """Have calls made for a server, in a thread of the pool."""
        self._calling[one.member.id] = one

        def work() -> None:
            result: _Result | BaseException
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001  raised by who waits
                result = error
            self._results.put((one, result))

        self._pool.submit(work)

    def _take_result(self) -> None:
        """Wait for a server that is called for, but not past the next look."""
        limit_s = self._pace.due_in_s if self._watched else None
        try:
            one, result = self._results.get(timeout=limit_s)
        except queue.Empty:
            return
        del self._calling[one.member.id]
        self._has_news = True
        self._pace.happened()
        match result:
            case When() if self._clock.now() >= one.change.deadline:
                self._end(one, one.change.out_of_time())
            case When():
                later_s = poll.LATER_S if result is When.LATER else 0.0
                one.not_before = self._clock.now() + later_s
                self._watched[one.member.id] = one
            case Outcome() | errors.ConfigError():
                self._end(one, result)
            case _:
                raise result

    def _end(
        self, one: _Running, result: Outcome | errors.ConfigError
    ) -> None:
        """Take note of how a server has ended."""
        seconds = one.change.elapsed_s
        if isinstance(result, Outcome):
            end = Ended(seconds, outcome=result)
        else:
            touched = one.change.is_touched
            end = Ended(seconds, error=result, is_touched=touched)
        self._ended[one.member.id] = end
        self._progress = rollout.ended(
            self._progress,
            one.member,
            failed=end.error is not None,
            is_out=end.is_out,
        )
        self._telling.ended(one.plan, end)
        self._begin()

    def _look(self) -> None:
        """Look at all that wait for it, and go on with those that can."""
        began = self._clock.now()
        self._has_news = False
        watched = [
            one for one in self._watched.values() if one.not_before <= began
        ]
        if not watched:
            self._pace.looked(0.0)
            return
        try:
            servers, nodes = self._watch.look({o.member.id for o in watched})
        except errors.TemporaryCloudError as error:
            self._pace.failed(error, self._clock.now() - began)
            self._end_late(watched)
            return
        except errors.CloudError as error:
            for one in watched:
                self._stop_watching(one, one.change.unseen(error))
            return
        self._pace.looked(self._clock.now() - began)
        for one in watched:
            server = servers.get(one.member.id)
            node = nodes.get(one.member.id, one.change.node)
            if server is None:
                del self._watched[one.member.id]
                self._submit(one, partial(self._look_alone, one.change, node))
            elif one.change.see(server, node):
                del self._watched[one.member.id]
                self._submit(one, one.change.proceed)
        self._end_late(watched)
        self._telling.progress(self._progress)

    def _look_alone(self, change: Change, node: Node) -> _Result:
        """Look at a server by itself that is not listed, and go on with it."""
        try:
            server = self._cloud.compute.server(change.plan.server.id)
        except errors.TemporaryCloudError:
            return When.LATER
        except errors.CloudError as error:
            return change.unseen(error)
        return change.proceed() if change.see(server, node) else When.LATER

    def _end_late(self, looked_at: Collection[_Running]) -> None:
        """End those whose time is up and that still wait."""
        now = self._clock.now()
        for one in looked_at:
            is_waiting = one.member.id in self._watched
            if is_waiting and now >= one.change.deadline:
                self._stop_watching(one, one.change.out_of_time())

    def _stop_watching(self, one: _Running, error: errors.ConfigError) -> None:
        del self._watched[one.member.id]
        self._end(one, error)
