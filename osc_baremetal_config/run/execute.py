"""Carrying a plan out: look, ask for the next move, make it, look again.

Owns the loop and the counting. Which move comes next is decided in
:mod:`osc_baremetal_config.core.sequence`; how long to wait, in :mod:`.poll`.
"""

import dataclasses
import enum
from collections.abc import Callable
from typing import TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.core import advice, metadata, sequence
from osc_baremetal_config.core.options import Method
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.core.sequence import Act, Do, End, Move, Result, Wait
from osc_baremetal_config.run import poll
from osc_baremetal_config.run.protocols import Clock, Cloud, Reporter

T = TypeVar('T')


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
) -> Outcome:
    """Carry a plan out to its end.

    :param limit_s: seconds after which the cloud is left to itself.
    :param wait: wait for the end, not only for the service's beginning.
    :raises Refused: it could not be begun; nothing was touched.
    :raises PutBack: it failed, and all is as it was.
    :raises LeftBetween: it failed on the way.
    :raises StillGoing: the time is up.
    """
    run = _Run(plan, cloud, clock, reporter, limit_s)
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
    ) -> None:
        self._plan = plan
        self._cloud = cloud
        self._clock = clock
        self._reporter = reporter
        self._began = clock.now()
        self._limit_s = limit_s
        self._seen = sequence.Seen(
            server=plan.server, node=plan.node, bios=plan.bios
        )

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since the run began."""
        return self._clock.now() - self._began

    @property
    def method(self) -> Method | None:
        """Return what this run has had the steps carried out by."""
        begun = self._seen.tried.get(Do.SERVICE)
        return self._plan.method if begun else None

    def to_the_end(self, *, wait: bool) -> bool:
        """Make moves until there is none left.

        :param wait: go on after the service has begun.
        :returns: whether the end was reached.
        """
        move = sequence.next_move(self._plan, self._seen)
        while not isinstance(move, End):
            if not wait and self._seen.is_servicing:
                return False
            after = (
                self._make(move.do) if isinstance(move, Act) else _After.LOOK
            )
            if not wait and self._seen.is_servicing:
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
        server = self._cloud.compute.server(self._plan.server.id)
        node = self._cloud.baremetal.node(self._plan.node.uuid)
        is_active = node.provision_state == 'active'
        seen = dataclasses.replace(
            self._seen,
            server=server,
            node=node,
            bios=self._seen.bios if is_active else None,
        )
        agrees = sequence.power_agrees(self._plan, seen)
        self._seen = dataclasses.replace(
            seen, agreed=seen.agreed + 1 if agrees else 0
        )
        move = sequence.next_move(self._plan, self._seen)
        if isinstance(move, Wait):
            self._tell(move.doing)
        return move

    def _make(self, do: Do) -> _After:
        """Make an act and return how its effect is seen.

        A refused begin ends the change, with everything to be put back. A
        conflict says that the state is another by now, as when Ironic's
        event has made a server active that is to be started: look again.
        """
        self._tell(do.value)
        try:
            seen = self._call(do)
        except errors.TemporaryCloudError as error:
            # It may have been accepted all the same, and even be done.
            self._seen = dataclasses.replace(self._seen, bios=None)
            self._tell(f'{do.value}: {error.message}; trying again')
            return _After.PAUSE
        except errors.Conflict as error:
            self._tell(f'{do.value}: {error.message}; looking again')
            self._seen = dataclasses.replace(
                self._seen.after(do), refusal=error.message
            )
            return _After.PAUSE
        except errors.CloudError as error:
            self._give_up(do, error)
            seen = None
        self._seen = (seen or self._seen).after(do)
        return _After.KNOWN if seen else _After.LOOK

    def _give_up(self, do: Do, error: errors.CloudError) -> None:
        """Take note that this change will not be made.

        :raises Refused: nothing was touched yet.
        :raises LeftBetween: it is too late for that.
        """
        if do is Do.NOTE:
            raise errors.Refused(
                f'{self._plan.server}: its metadata cannot be written; '
                f'nothing was touched:',
                [error.message],
            ) from error
        reason = f'{do.value}: {error.message}'
        if do not in (Do.STOP, Do.SERVICE) or self._seen.failure:
            raise self._left_between(reason) from error
        self._seen = dataclasses.replace(self._seen, failure=reason)

    def _call(self, do: Do) -> sequence.Seen | None:
        """Make the call of an act.

        :returns: what is seen by its answer; None if it only has begun.
        """
        plan, seen = self._plan, self._seen
        compute, baremetal = self._cloud.compute, self._cloud.baremetal
        match do:
            case Do.NOTE:
                compute.set_metadata(plan.server.id, notes := self._notes())
                return seen.with_metadata(notes)
            case Do.STOP:
                compute.begin_stop(plan.server.id)
            case Do.SERVICE:
                baremetal.begin_service(plan.node.uuid, plan.what)
            case Do.READ_BIOS:
                bios = baremetal.bios(plan.node.uuid)
                return dataclasses.replace(seen, bios=bios)
            case Do.START:
                compute.begin_start(plan.server.id)
            case Do.POWER_ON | Do.POWER_OFF:
                baremetal.begin_power(plan.node.uuid, on=do is Do.POWER_ON)
            case Do.RECORD:
                record = metadata.record(plan.record)
                compute.set_metadata(plan.server.id, record)
                return seen.with_metadata(record)
            case Do.FORGET:
                keys = sequence.keys_to_forget(plan, seen)
                compute.delete_metadata(plan.server.id, keys)
                return seen.with_metadata(dict.fromkeys(keys))
        return None

    def _notes(self) -> dict[str, str]:
        since = self._clock.utc().isoformat(timespec='seconds')
        changes = [(c.item, c.before) for c in self._plan.changes]
        return metadata.begin(changes, self._plan.power, since)

    def _tell(self, what: str) -> None:
        self._reporter.doing(what, self.elapsed_s, self._limit_s)

    def _end(self, end: End) -> None:
        match end.result:
            case Result.VERIFIED:
                return
            case Result.PUT_BACK:
                raise errors.PutBack(
                    f'{self._plan.server}: {end.reason}',
                    [
                        'Put back: no setting has changed, the server is '
                        f'{self._plan.power} as before.'
                    ],
                )
            case Result.LEFT_BETWEEN:
                raise self._left_between(end.reason)

    def _left_between(self, reason: str) -> errors.LeftBetween:
        return errors.LeftBetween(
            f'{self._plan.server}: {reason}',
            advice.after_failure(self._plan, self._seen),
        )
