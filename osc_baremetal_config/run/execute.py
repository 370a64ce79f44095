"""Carrying a plan out: look, ask for the next move, make it, look again.

Owns the loop and the counting. Which move comes next is decided in
:mod:`osc_baremetal_config.core.sequence`; how long to wait, in :mod:`.poll`.
"""

import dataclasses
import enum
import secrets
from collections.abc import Callable
from typing import TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.core import (
    advice,
    metadata,
    moves,
    noting,
    sequence,
)
from osc_baremetal_config.core.moves import (
    Act,
    Do,
    End,
    Move,
    Result,
    Seen,
    Wait,
)
from osc_baremetal_config.core.options import Method
from osc_baremetal_config.core.plan import Aim, Plan
from osc_baremetal_config.run import poll, shield, watch
from osc_baremetal_config.run.protocols import Clock, Cloud, Reporter
from osc_baremetal_config.run.watch import Look

T = TypeVar('T')

# Acts that begin what Ironic may be at already when it does not answer.
_SERVICES = (Do.SERVICE, Do.UNDO)
# Acts that a service which fails at them is not asked for again and again.
_ENOUGH = (
    Do.STOP,
    Do.START,
    Do.POWER_ON,
    Do.POWER_OFF,
    Do.REVERT,
    Do.ABORT,
    Do.END_MAINTENANCE,
)
# What Nova answers where these were done before, and where the metadata is
# full until the notes are gone.
_LOOK_AGAIN = {
    Do.CONFIRM: (400, 404),
    Do.REVERT: (400, 404),
    Do.RECORD: (403,),
}


class Moved(errors.LeftBetween):
    """A resize has moved the server; the rest needs another plan."""


@enum.unique
class _After(enum.Enum):
    """How the effect of an act is seen: at once, by a look, or later."""

    KNOWN = enum.auto()
    LOOK = enum.auto()
    PAUSE = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """How a plan ended well.

    :param seconds: that it took.
    :param method: that this run has had the steps carried out by; None if
        they were, or are, an earlier one's.
    :param is_finished: False if the service has only begun.
    """

    seconds: float
    method: Method | None
    is_finished: bool


def execute(
    plan: Plan,
    cloud: Cloud,
    clock: Clock,
    reporter: Reporter,
    *,
    limit_s: float,
    wait: bool = True,
    look: Look | None = None,
    longest_s: float = poll.LONGEST_S,
) -> Outcome:
    """Carry a plan out to its end.

    :param limit_s: seconds after which the cloud is left to itself.
    :param wait: wait for the end, not only for the service's beginning.
    :param look: how server and node are looked at; None for by themselves.
    :param longest_s: between two looks.
    :raises Refused: it could not be begun; nothing was touched.
    :raises PutBack: it failed, and all is as it was.
    :raises LeftBetween: it failed on the way.
    :raises StillGoing: the time is up.
    """
    look = look or watch.one(cloud)
    run = _Run(plan, cloud, clock, reporter, limit_s, look, longest_s)
    is_finished = run.to_the_end(wait=wait)
    return Outcome(run.elapsed_s, run.method, is_finished)


class _Run:
    """One run of one plan, with what was seen last."""

    def __init__(
        self,
        plan: Plan,
        cloud: Cloud,
        clock: Clock,
        reporter: Reporter,
        limit_s: float,
        look: Look,
        longest_s: float,
    ) -> None:
        self._longest_s = longest_s
        self._look_at = look
        self._plan = plan
        self._cloud = cloud
        self._clock = clock
        self._reporter = reporter
        self._began = clock.now()
        self._limit_s = limit_s
        self._seen = moves.begin(plan, run=secrets.token_hex(4))

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since the run began."""
        return self._clock.now() - self._began

    @property
    def method(self) -> Method | None:
        """Return what this run has had the steps carried out by."""
        tried = self._seen.tried
        begun = tried.get(Do.SERVICE) or tried.get(Do.RESIZE)
        return self._plan.method if begun else None

    @property
    def _has_begun(self) -> bool:
        """Return whether Ironic has taken on the service."""
        seen = self._seen
        return seen.is_serviced and seen.failure is None

    def to_the_end(self, *, wait: bool) -> bool:
        """Make moves until there is none left.

        :param wait: go on after the service has begun.
        :returns: whether the end was reached.
        """
        move = sequence.next_move(self._plan, self._seen)
        while not isinstance(move, End):
            if not wait and self._has_begun:
                return False
            after = self._make(move) if isinstance(move, Act) else _After.LOOK
            if not wait and self._has_begun:
                return False
            if after is _After.KNOWN:
                move = sequence.next_move(self._plan, self._seen)
            else:
                move = self._look_until_move(wait_first=after is _After.PAUSE)
        self._end(move)
        return True

    def _look_until_move(self, *, wait_first: bool) -> Move:
        """Return the next move, once there is one that is not to wait."""
        try:
            return self._poll(
                self._look,
                lambda move: isinstance(move, Wait),
                wait_first=wait_first,
            )
        except errors.CloudError as error:
            self._check_gone(error)
            raise self._left_between(error.message) from error

    def _poll(
        self,
        look: Callable[[], T],
        is_pending: Callable[[T], bool],
        *,
        wait_first: bool = False,
    ) -> T:
        try:
            return poll.poll(
                look,
                is_pending,
                clock=self._clock,
                deadline=self._began + self._limit_s,
                on_blip=lambda error: self._reporter.warn(
                    f'{error.message}; still trying'
                ),
                wait_first=wait_first,
                longest_s=self._longest_s,
            )
        except poll.TimeIsUp:
            raise errors.StillGoing(
                f'{self._plan.server}: not finished after '
                f'{self._limit_s:.0f} s. The cloud works on without us; '
                f'nothing was undone.',
                [f'Continue with: {advice.continuing(self._plan)}'],
            ) from None

    def _look(self) -> Move:
        """Return the next move, as the cloud is now."""
        with shield.shielded(self._hold_on):
            server, node = self._look_at(self._plan, self._seen.node)
        self._seen = moves.look(self._plan, self._seen, server, node)
        move = sequence.next_move(self._plan, self._seen)
        if isinstance(move, Wait):
            self._tell(move.doing)
        return move

    def _hold_on(self) -> None:
        self._reporter.warn('interrupted; the call in flight is finished')

    def _make(self, act: Act) -> _After:
        """Make an act and return how its effect is seen.

        A refused begin ends the change, with everything to be put back. A
        conflict says that the state is another by now, as when Ironic's
        event has made a server active that is to be started: look again.
        """
        do = act.do
        self._tell(do.value)
        try:
            with shield.shielded(self._hold_on):
                seen = self._call(act)
        except errors.TemporaryCloudError as error:
            # It may have been accepted all the same, and even be done.
            unsure = do in _SERVICES and error.status != 409
            self._seen = dataclasses.replace(
                self._seen, bios=None, unsure=self._seen.unsure or unsure
            )
            if error.status == 500 and do in _ENOUGH:
                # It will not be better soon, so the tries are counted.
                self._seen = dataclasses.replace(
                    self._seen.after(do), refusal=error.message
                )
            self._tell(f'{do.value}: {error.message}; trying again')
            return _After.PAUSE
        except errors.CloudError as error:
            is_other_by_now = isinstance(error, errors.Conflict)
            is_to_refuse = do is Do.RECORD and not self._plan.touches_power
            if is_to_refuse:
                self._give_up(do, error)
            if is_other_by_now or error.status in _LOOK_AGAIN.get(do, ()):
                self._tell(f'{do.value}: {error.message}; looking again')
                self._seen = dataclasses.replace(
                    self._seen.after(do), refusal=error.message
                )
                return _After.PAUSE
            self._give_up(do, error)
            seen = None
        self._seen = (seen or self._seen).after(do)
        return _After.KNOWN if seen else _After.LOOK

    def _give_up(self, do: Do, error: errors.CloudError) -> None:
        """Take note that this change will not be made.

        :raises Refused: nothing was touched yet.
        :raises LeftBetween: it is too late for that.
        """
        self._check_gone(error)
        reason = f'{do.value}: {error.message}'
        plan = self._plan
        is_first = do is Do.NOTE and not plan.is_resumed
        is_way_out = plan.aim is not Aim.SET and not self._seen.tried
        if is_first or is_way_out or not plan.touches_power:
            raise errors.Refused(
                f'{plan.server}: {do.value} is refused; nothing was touched:',
                [error.message],
            ) from error
        failure = self._seen.failure
        if do not in (Do.STOP, Do.RESIZE, Do.SERVICE) or failure:
            if failure:
                reason = f'{failure}; {reason}'
            raise self._left_between(reason) from error
        self._seen = dataclasses.replace(self._seen, failure=reason)

    def _call(self, act: Act) -> Seen | None:
        """Make the call of an act.

        :returns: what is seen by its answer; None if it only has begun.
        """
        plan, seen = self._plan, self._seen
        compute, baremetal = self._cloud.compute, self._cloud.baremetal
        server_id, node_id = plan.server.id, seen.node.uuid
        match act.do:
            case Do.NOTE:
                notes = noting.begin(plan, self._now, seen.run)
                compute.set_metadata(server_id, notes)
            case Do.STOP:
                compute.begin_stop(server_id)
            case Do.RESIZE if plan.resize_to:
                compute.begin_resize(server_id, plan.resize_to.id)
            case Do.READ_BOUNCE:
                action = compute.last_action(server_id, 'resize')
                return dataclasses.replace(
                    seen, failure=advice.bounced(plan, action)
                )
            case Do.SERVICE:
                baremetal.begin_service(node_id, plan.what)
            case Do.READ_BIOS:
                bios = baremetal.bios(node_id)
                return dataclasses.replace(seen, bios=bios)
            case Do.CONFIRM:
                compute.confirm_resize(server_id)
            case Do.START:
                compute.begin_start(server_id)
            case Do.POWER_ON | Do.POWER_OFF:
                baremetal.begin_power(node_id, on=act.do is Do.POWER_ON)
            case Do.RECORD:
                return self._write(metadata.record(plan.record))
            case Do.FORGET:
                keys = sequence.keys_to_forget(plan, seen)
                compute.delete_metadata(server_id, keys)
                return seen.with_metadata(dict.fromkeys(keys))
            case Do.NOTE_FAILURE:
                notes = noting.failed(plan, seen, act.reason, self._now)
                return dataclasses.replace(
                    self._write(notes), failure=act.reason
                )
            case Do.END_MAINTENANCE:
                baremetal.end_maintenance(node_id)
            case Do.ABORT:
                baremetal.abort(node_id)
            case Do.UNDO:
                baremetal.begin_service(node_id, plan.what_undoes)
            case Do.REVERT:
                compute.revert_resize(server_id)
        return None

    def _write(self, items: dict[str, str]) -> Seen:
        """Set metadata, if any, and return what is seen by the answer."""
        if not items:
            return self._seen
        self._cloud.compute.set_metadata(self._plan.server.id, items)
        return self._seen.with_metadata(items)

    @property
    def _now(self) -> str:
        return self._clock.utc().isoformat(timespec='milliseconds')

    def _tell(self, what: str) -> None:
        self._reporter.doing(what, self.elapsed_s, self._limit_s)

    def _end(self, end: End) -> None:
        match end.result:
            case Result.VERIFIED:
                return
            case Result.PUT_BACK:
                if self._plan.aim in (Aim.ROLLBACK, Aim.ABORT):
                    return
                raise errors.PutBack(
                    f'{self._plan.server}: {end.reason}',
                    [advice.put_back(self._plan)],
                )
            case Result.LEFT_BETWEEN:
                raise self._left_between(end.reason)
            case Result.LOST:
                self._give_way(end.reason)
            case Result.MOVED:
                left = self._left_between(f'it has moved to {end.reason}')
                raise Moved(left.message, left.details)

    def _give_way(self, reason: str) -> None:
        """Take back the notes of a change that another has come before.

        :raises Refused: always.
        """
        keys = sequence.keys_to_forget(self._plan, self._seen)
        if self._seen.tried.get(Do.NOTE):
            self._poll(
                lambda: self._cloud.compute.delete_metadata(
                    self._plan.server.id, keys
                ),
                lambda nothing: False,
            )
        raise errors.Refused(
            f'{self._plan.server}: {reason}; nothing was touched by this one.',
            [
                'What is going on: openstack server config recover '
                f'{self._plan.server.id}'
            ],
        )

    def _check_gone(self, error: errors.CloudError) -> None:
        """Return unless Nova says that there is no such server any more.

        :raises LeftBetween: there is none, so nothing can go on.
        """
        if isinstance(error, errors.NotFound) and error.service == 'Nova':
            raise errors.LeftBetween(
                f'{self._plan.server}: the server is gone; somebody has '
                f'deleted it before the change had ended.',
                [
                    f'Its node was {self._seen.node}; the settings of that '
                    f'may be the ones of before or the new ones.'
                ],
            ) from error

    def _left_between(self, reason: str) -> errors.LeftBetween:
        return errors.LeftBetween(
            f'{self._plan.server}: {reason}',
            advice.after_failure(self._plan, self._seen),
        )
