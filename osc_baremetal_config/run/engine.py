"""Changing servers, one or many: starting them, looking at all, continuing.

Owns the loop and the threads, of which there are as many as calls are made at
once, however many servers are under way. Which server is started next is
decided in ``core/rollout/scheduler.py``; the actions of one are performed by
:mod:`.change`; how servers are looked at is for :mod:`.watch`.
"""

import logging
import math
import queue
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass, field
from functools import partial

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import verdicts
from osc_baremetal_config.core.apply.on_error import When
from osc_baremetal_config.core.facts.model import Listed, Node, Query, Server
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.rollout import scheduler
from osc_baremetal_config.core.rollout.result import (
    Ended,
    Left,
    Outcome,
    Rolled,
)
from osc_baremetal_config.core.rollout.scheduler import (
    Limits,
    Member,
    Progress,
)
from osc_baremetal_config.run import interrupts, pacing, pools, tell, watch
from osc_baremetal_config.run.change import Change, How
from osc_baremetal_config.run.protocols import Clock, Cloud, Reporter

LOG = logging.getLogger(__name__)

# Calls at once; more would only queue up in the services.
_AT_ONCE = 32
# A look must not wait behind the calls.
_LOOKS_AT_ONCE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be carried out, and within which bounds.

    :param members: the servers, in the order in which they are started.
    :param plans: server id → its plan, for each of them.
    :param query: which servers are listed, to look at those under way.
    :param refused: how many servers were refused beforehand; they count as
        failed.
    """

    members: Sequence[Member]
    plans: Mapping[str, Plan]
    query: Query
    how: How
    limits: Limits
    refused: int = 0


# What a server has come to: a look is due, it has ended, or it has failed.
_Result = When | Outcome | errors.ConfigError


@dataclass(slots=True)
class _Running:
    """A server that is under way."""

    member: Member
    plan: Plan
    change: Change
    not_before: float = field(init=False)
    has_called: bool = False


def roll_out(
    work: Work, cloud: Cloud, clock: Clock, reporter: Reporter
) -> Rolled:
    """Carry plans out, as many at once as the limits allow.

    An interrupt takes effect once the calls in flight are answered, a second
    one at once.
    """
    with (
        pools.pool(_LOOKS_AT_ONCE) as looks,
        pools.pool(min(_AT_ONCE, work.limits.at_once)) as pool,
    ):
        is_one = len(work.members) == 1
        run = _Rollout(
            work,
            cloud,
            clock,
            reporter,
            watch.One(cloud, looks)
            if is_one
            else watch.Many(cloud, work.query, looks),
            pool,
        )
        try:
            run.to_the_end()
        except KeyboardInterrupt:
            words = (
                'interrupted; waiting for the calls in flight (Ctrl-C again '
                'does not wait for them)'
            )
            try:
                tell.safely(reporter.warn, words)
                run.stop()
                looks.shutdown()
            except KeyboardInterrupt:
                run.drop()
                looks.drop()
            interrupts.postpone()
        return run.rolled()


class _Rollout:
    """A rollout that is under way. All but the calls is in one thread."""

    def __init__(
        self,
        work: Work,
        cloud: Cloud,
        clock: Clock,
        reporter: Reporter,
        watch: watch.Watch,
        pool: pools.Pool,
    ) -> None:
        self._work = work
        self._is_dropped = False
        self._cloud = cloud
        self._clock = clock
        self._reporter = reporter
        self._watch = watch
        self._pool = pool
        self._progress = Progress(
            waiting=tuple(work.members),
            failed=work.refused,
            refused=work.refused,
        )
        # Those whose calls are made, and those that wait for a look.
        self._calling: dict[str, _Running] = {}
        self._watched: dict[str, _Running] = {}
        # When the first of those is out of time that wait for a look.
        self._deadline = math.inf
        self._results: queue.SimpleQueue[
            tuple[_Running, futures.Future[_Result]]
        ] = queue.SimpleQueue()
        self._ended: dict[str, Ended] = {}
        # Whether a call was answered since the last look.
        self._has_news = False
        self._pace = pacing.Pace(
            clock,
            on_blip=lambda error: tell.safely(
                reporter.warn, f'{error.message}; still trying'
            ),
        )

    def to_the_end(self) -> None:
        """Return once all have ended that were started."""
        self._start()
        while self._calling or self._watched:
            if self._is_look_due:
                self._look()
                left = (one.change.deadline for one in self._watched.values())
                self._deadline = min(left, default=math.inf)
            elif self._calling:
                self._take_result()
            else:
                self._pace.wait(self._deadline)

    def stop(self) -> None:
        """Start no other, and record what the calls in flight give."""
        self._progress = scheduler.interrupted(self._progress)
        self._pool.shutdown(cancel_futures=True)
        while not self._results.empty():
            self._take_result()

    def drop(self) -> None:
        """Wait for nothing any more."""
        self._progress = scheduler.interrupted(self._progress)
        self._is_dropped = True
        self._pool.drop()

    def rolled(self) -> Rolled:
        """Return how it has ended."""
        now, limits = self._progress, self._work.limits
        at_s = self._clock.now()
        left = (*self._calling.values(), *self._watched.values())
        return Rolled(
            ended=self._ended,
            running={
                one.member.id: _left(one.change)
                for one in left
                if one.has_called
            },
            held=scheduler.why_not(now, limits, at_s),
            is_late=bool(now.waiting)
            and scheduler.is_too_late(now, limits, at_s),
            is_interrupted=now.is_interrupted,
            is_dropped=self._is_dropped,
        )

    @property
    def _is_look_due(self) -> bool:
        """Return whether those that wait for it are to be looked at now.

        Also once all calls have been answered.
        """
        if not self._watched:
            return False
        is_idle = self._has_news and not self._calling
        is_late = self._deadline <= self._clock.now()
        return is_idle or is_late or not self._pace.due_in_s

    def _start(self) -> None:
        """Start those that may be started now."""
        found = scheduler.startable(
            self._progress, self._work.limits, self._clock.now()
        )
        self._progress = scheduler.started(self._progress, found)
        tell.safely(self._reporter.progress, self._progress)
        for member in found:
            plan = self._work.plans[member.id]
            change = Change(
                plan, self._cloud, self._clock, self._reporter, self._work.how
            )
            self._submit(_Running(member, plan, change), change.proceed)

    def _submit(self, one: _Running, call: Callable[[], _Result]) -> None:
        """Have calls made for a server, in a thread of the pool."""
        self._calling[one.member.id] = one

        def called() -> _Result:
            one.has_called = True
            return call()

        future = self._pool.submit(called)
        future.add_done_callback(lambda ended: self._results.put((one, ended)))

    def _take_result(self) -> None:
        """Wait for a server that is called for, but not past the next look."""
        limit_s = self._pace.due_in_s if self._watched else None
        try:
            one, future = self._results.get(timeout=limit_s)
        except queue.Empty:
            return
        if future.cancelled():
            return
        del self._calling[one.member.id]
        self._has_news = True
        self._pace.happened()
        result = _result(one, future)
        match result:
            case When() if self._clock.now() >= one.change.deadline:
                self._end(one, one.change.out_of_time())
            case When():
                one.not_before = self._clock.now()
                if result is When.LATER:
                    one.not_before += pacing.LATER_S
                self._watched[one.member.id] = one
                self._deadline = min(self._deadline, one.change.deadline)
            case Outcome() | errors.ConfigError():
                self._end(one, result)

    def _end(
        self, one: _Running, result: Outcome | errors.ConfigError
    ) -> None:
        """Record how a server has ended."""
        seconds = one.change.elapsed_s
        if isinstance(result, Outcome):
            end = Ended(seconds, outcome=result)
        else:
            LOG.debug('%s: %s', one.plan.server, result)
            touched = one.change.is_touched
            end = Ended(seconds, error=result, is_touched=touched)
        self._ended[one.member.id] = end
        self._progress = scheduler.ended(
            self._progress,
            one.member,
            failed=end.error is not None,
            is_out=end.is_out,
            took_s=seconds,
        )
        tell.safely(self._reporter.ended, one.plan, end)
        self._start()

    def _look(self) -> None:
        """Look at all that wait for it, and continue those that can be."""
        started = self._clock.now()
        self._has_news = False
        watched = {
            key: one
            for key, one in self._watched.items()
            if min(one.not_before, one.change.deadline) <= started
        }
        if not watched:
            self._pace.looked(0.0)
            return
        try:
            servers, nodes = self._watch.look(
                {key: one.change for key, one in watched.items()}
            )
        except errors.TemporaryCloudError as error:
            self._pace.failed(error, self._clock.now() - started)
            self._end_late(watched.values())
            return
        except errors.ConfigError as error:
            for one in watched.values():
                self._stop_watching(one, one.change.unseen(error))
            return
        except Exception as error:
            LOG.debug('a look', exc_info=True)
            for one in watched.values():
                fault = verdicts.unexpected(one.change.plan, error)
                self._stop_watching(one, fault)
            return
        self._pace.looked(self._clock.now() - started)
        for one in watched.values():
            try:
                self._look_at(one, servers, nodes)
            except Exception as error:
                LOG.debug('%s', one.plan.server, exc_info=True)
                fault = verdicts.unexpected(one.change.plan, error)
                self._stop_watching(one, fault)
        self._end_late(watched.values())
        tell.safely(self._reporter.progress, self._progress)

    def _look_at(
        self, one: _Running, servers: Listed[Server], nodes: Listed[Node]
    ) -> None:
        """Record what is listed of a server, and continue it if it can be."""
        key, change = one.member.id, one.change
        if unread := servers.unread.get(key) or nodes.unread.get(key):
            change.not_seen(unread.error)
            return
        server = servers.found.get(key)
        node = nodes.found.get(key, change.node)
        if server is None:
            del self._watched[key]
            self._submit(one, partial(self._look_alone, change, node))
        elif change.see(server, node):
            del self._watched[key]
            self._submit(one, change.proceed)

    def _look_alone(self, change: Change, node: Node) -> _Result:
        """Look at a server by itself that is not listed, and continue it."""
        try:
            server = self._cloud.compute.server(change.plan.server.id)
        except errors.TemporaryCloudError:
            return When.LATER
        except errors.ConfigError as error:
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


def _left(change: Change) -> Left:
    return Left(
        change.plan,
        change.elapsed_s,
        is_at_service=change.is_at_service,
        may_stay_off=change.may_stay_off,
    )


def _result(one: _Running, future: futures.Future[_Result]) -> _Result:
    """Return what a server has come to by its calls."""
    try:
        return future.result()
    except errors.ConfigError as error:
        return error
    except Exception as error:
        # A fault of ours; the other servers must not be left alone by it.
        LOG.debug('%s', one.plan.server, exc_info=True)
        return verdicts.unexpected(one.change.plan, error)
