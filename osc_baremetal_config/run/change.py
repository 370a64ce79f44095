"""One change that is under way: performing the actions that are due.

Owns the calls of the actions and what was observed last. Which action is next
is decided in ``core/apply/forward.py``, and what an error means in
``core/apply/on_error.py``. Waits for nothing and looks at nothing that its
plan is about: :mod:`.engine` does.
"""

import dataclasses
import secrets
from collections.abc import Callable

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import (
    forward,
    next_steps,
    observation,
    on_error,
    rollback,
    verdicts,
)
from osc_baremetal_config.core.apply.observation import (
    Action,
    Finish,
    Move,
    Observation,
    Perform,
    Verdict,
    Wait,
)
from osc_baremetal_config.core.apply.on_error import When
from osc_baremetal_config.core.facts.model import Node, Server
from osc_baremetal_config.core.facts.provision_state import SERVICING
from osc_baremetal_config.core.plan import journal_entries, services
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.rollout.result import Outcome
from osc_baremetal_config.run import tell
from osc_baremetal_config.run.protocols import Clock, Cloud, Reporter


@dataclasses.dataclass(frozen=True, slots=True)
class How:
    """How changes are carried out, whatever their plans.

    :param limit_s: seconds after which the cloud is left to itself.
    :param plan_again: makes the plan for what is left where a resize has
        moved the server of a plan to another node, and where one of several
        services has ended; it may raise why there is none.
    :param wait: wait for the end, not only until the service has started.
    """

    limit_s: float
    plan_again: Callable[[Plan], Plan]
    wait: bool = True


class Change:
    """A plan that is being carried out."""

    def __init__(
        self,
        plan: Plan,
        cloud: Cloud,
        clock: Clock,
        reporter: Reporter,
        how: How,
    ) -> None:
        self._cloud = cloud
        self._clock = clock
        self._reporter = reporter
        self._how = how
        self._started = self._looked = clock.now()
        self._in_flight: Action | None = None
        # Server and node that lead to the same wait however often they are
        # seen, as most are that a look at many shows.
        self._waits_at: tuple[Server, Node] | None = None
        self._plan = plan
        self._served = 0
        self._seen: Observation
        self._move: Move
        self._take(plan)

    @property
    def plan(self) -> Plan:
        """Return the plan; another one after a move to another node."""
        return self._plan

    @property
    def node(self) -> Node:
        """Return the node as it was seen last."""
        return self._seen.node

    @property
    def is_touched(self) -> bool:
        """Return whether its node may be out of service because of it."""
        return observation.is_touched(self._plan, self._seen)

    @property
    def is_at_service(self) -> bool:
        """Return whether a service was started and its end not seen."""
        return self._seen.is_serviced and not self._seen.verified

    @property
    def may_stay_off(self) -> bool:
        """Return whether the server was stopped, and nothing done since.

        Or is being stopped by a call that nobody waits for.
        """
        tried = {*self._seen.tried, self._in_flight}
        done_since = {Action.START, Action.SERVICE, Action.RESTORE_SETTINGS}
        return Action.STOP in tried and not (
            tried & done_since or self._seen.is_serviced
        )

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since it started."""
        return self._clock.now() - self._started

    @property
    def deadline(self) -> float:
        """Return when the time is up, on the clock."""
        return self._started + self._how.limit_s

    def proceed(self) -> Outcome | When:
        """Perform actions until a look is due.

        :returns: when it is, or how the change has finished.
        :raises Refused: it could not be started; nothing was changed.
        :raises RolledBack: it failed, and all is as it was.
        :raises Incomplete: it failed partway.
        """
        while True:
            match self._move:
                case Finish(Verdict.MOVED):
                    self._take(self._planned_again())
                case Finish(Verdict.NEXT):
                    self._take_next()
                case Finish() as end:
                    if error := verdicts.of(self._plan, self._seen, end):
                        raise error
                    is_left = end.result is Verdict.LEFT
                    return self._outcome(is_finished=True, is_left=is_left)
                case _ if self._is_started_enough:
                    return self._outcome(is_finished=False)
                case Perform() as step:
                    when = self._make(step)
                    if when is When.NOW:
                        self._move = forward.next_move(self._plan, self._seen)
                    elif not self._is_started_enough:
                        return when
                case Wait():
                    return When.LOOK

    def see(self, server: Server, node: Node) -> bool:
        """Record a look.

        :returns: whether :meth:`proceed` has something to do by it.
        """
        now = self._clock.now()
        passed_s, self._looked = now - self._looked, now
        if (server, node) != self._waits_at:
            self._seen = observation.look(
                self._plan, self._seen, server, node, passed_s
            )
            self._move = forward.next_move(self._plan, self._seen)
        match self._move:
            case Wait(doing):
                is_timed = forward.is_timed(self._plan, self._seen)
                self._waits_at = None if is_timed else (server, node)
                self._tell(doing)
                return False
        self._waits_at = None
        return True

    def not_seen(self, error: errors.ConfigError) -> None:
        """Record a look that has not shown server or node."""
        self._tell(error.message)

    def unseen(self, error: errors.ConfigError) -> errors.Incomplete:
        """Return what ends a change that cannot be looked at any more."""
        return verdicts.unseen(self._plan, self._seen, error)

    def out_of_time(self) -> errors.TimedOut:
        """Return what ends a change whose time is up."""
        return verdicts.out_of_time(self._plan, self._seen, self._how.limit_s)

    def _take(self, plan: Plan) -> None:
        """Start with a plan; what it warns of is told if it is news."""
        for warning in plan.warnings:
            if warning not in self._plan.warnings:
                tell.safely(self._reporter.warn, warning, plan.server)
        self._plan = plan
        self._seen = observation.begin(plan, run=secrets.token_hex(4))
        self._move = forward.next_move(plan, self._seen)

    def _take_next(self) -> None:
        """Start with the plan for the next of several services.

        Where there is none, what the ones before have done is undone.
        """
        self._served += 1
        now = self._plan
        try:
            plan = self._how.plan_again(now)
            if found := services.too_many(plan, self._served):
                raise errors.Refused(f'{plan.server}:', found)
        except errors.Refused as error:
            reason = '; '.join(map(str, error.details)) or error.message
            self._seen = dataclasses.replace(self._seen, failure=reason)
            self._move = forward.next_move(now, self._seen)
            return
        except errors.ConfigError as error:
            raise verdicts.without_plan(now, error) from error
        # What else has changed is told by what was read before them all.
        self._take(dataclasses.replace(plan, rest=now.rest))

    def _planned_again(self) -> Plan:
        """Return the plan for what is left where a resize has moved a server.

        :raises Incomplete: there is none, and it is too late to refuse.
        """
        try:
            return self._how.plan_again(self._plan)
        except errors.ConfigError as error:
            raise verdicts.without_plan(self._plan, error) from error

    @property
    def _is_started_enough(self) -> bool:
        """Return whether Ironic has taken it on and nobody waits for more."""
        seen = self._seen
        is_at_it = (
            self._plan.is_started and seen.node.provision_state in SERVICING
        )
        is_started = bool(seen.tried.get(Action.SERVICE)) or is_at_it
        return not self._how.wait and is_started and seen.failure is None

    def _outcome(self, *, is_finished: bool, is_left: bool = False) -> Outcome:
        tried = self._seen.tried
        started = tried.get(Action.SERVICE) or tried.get(Action.RESIZE)
        method = self._plan.method if started else None
        has_served = self._plan.is_resumed or self._seen.is_serviced
        return Outcome(
            self.elapsed_s,
            method,
            is_finished,
            side_effects=self._seen.side_effects if has_served else (),
            drifting=self._seen.drifting if has_served else (),
            is_left=is_left,
        )

    def _make(self, step: Perform) -> When:
        """Perform an action and return when the next move can be decided."""
        self._tell(self._words(step.action))
        self._in_flight = step.action
        try:
            seen = self._call(step)
        except errors.CloudError as error:
            answer = on_error.to_error(
                self._plan, self._seen, step.action, error
            )
            self._seen = answer.seen
            if answer.words:
                self._tell(answer.words)
            return answer.when
        finally:
            self._in_flight = None
        self._seen = (seen or self._seen).after(step.action)
        return When.NOW if seen else When.LOOK

    def _words(self, action: Action) -> str:
        """Return what an action is, for a person."""
        count = self._served + 1 + len(self._plan.later)
        if action is Action.SERVICE and count > 1:
            return f'{action.value} {self._served + 1} of {count}'
        return action.value

    def _call(self, step: Perform) -> Observation | None:
        """Make the call of an action.

        :returns: what is seen by its answer; None if it only has started.
        """
        plan, seen = self._plan, self._seen
        compute, baremetal = self._cloud.compute, self._cloud.baremetal
        server_id, node_id = plan.server.id, seen.node.uuid
        match step.action:
            case Action.SAVE_JOURNAL:
                entries = journal_entries.begin(plan, self._now, seen.run)
                compute.set_metadata(server_id, entries)
            case Action.STOP:
                compute.begin_stop(server_id)
            case Action.RESIZE if plan.resize_to:
                compute.begin_resize(server_id, plan.resize_to.id)
            case Action.READ_BOUNCE:
                action = compute.last_action(server_id, 'resize')
                return dataclasses.replace(
                    seen, failure=next_steps.bounced(plan, action)
                )
            case Action.SERVICE:
                baremetal.begin_service(node_id, plan.what)
            case Action.READ_BIOS:
                bios = baremetal.bios(node_id, registry=False)
                return observation.read(plan, seen, bios)
            case Action.CONFIRM:
                compute.confirm_resize(server_id)
            case Action.START:
                compute.begin_start(server_id)
            case Action.POWER_ON | Action.POWER_OFF:
                baremetal.begin_power(
                    node_id, on=step.action is Action.POWER_ON
                )
            case Action.RECORD:
                return self._write(plan.recorded)
            case Action.CLEAR_JOURNAL:
                keys = forward.keys_to_forget(plan, seen)
                compute.delete_metadata(server_id, keys)
                kept = seen.server.metadata.items()
                return seen.with_metadata(
                    {k: v for k, v in kept if k not in keys}
                )
            case Action.RESTORE_RECORD:
                return self._write(forward.record_before(plan, seen))
            case Action.CORRECT_RECORD:
                return self._write(forward.corrections(plan, seen))
            case Action.JOURNAL_FAILURE:
                entries = rollback.failure_entries(
                    plan,
                    seen,
                    step.reason,
                    self._now,
                    unapplied=step.unapplied,
                )
                return dataclasses.replace(
                    self._write(entries),
                    failure=step.reason,
                    unapplied=step.unapplied,
                )
            case Action.END_MAINTENANCE:
                baremetal.end_maintenance(node_id)
            case Action.ABORT:
                baremetal.abort(node_id)
            case Action.LEAVE:
                what = rollback.out_of_failure(plan)
                baremetal.begin_service(node_id, what)
            case Action.RESTORE_SETTINGS:
                undo = rollback.what_undoes(plan, seen)
                baremetal.begin_service(node_id, undo)
            case Action.REVERT:
                compute.revert_resize(server_id)
        return None

    def _write(self, items: dict[str, str]) -> Observation:
        """Set metadata, if any, and return what is seen by the answer."""
        if not items:
            return self._seen
        compute, server_id = self._cloud.compute, self._plan.server.id
        return self._seen.with_metadata(compute.set_metadata(server_id, items))

    @property
    def _now(self) -> str:
        return self._clock.utc().isoformat(timespec='milliseconds')

    def _tell(self, what: str) -> None:
        tell.safely(
            self._reporter.doing,
            self._plan.server,
            what,
            self.elapsed_s,
            self._how.limit_s,
        )
