"""Carrying a plan out: look, ask for the next move, make it, look again.

Owns the loop and the counting. Which move comes next is decided in
:mod:`osc_baremetal_config.core.sequence`; how long to wait, in :mod:`.poll`.
"""

import dataclasses
from collections import Counter

from osc_baremetal_config import errors
from osc_baremetal_config.core import advice, metadata, sequence
from osc_baremetal_config.core.model import Bios
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.core.sequence import Act, Do, End, Move, Result, Wait
from osc_baremetal_config.run import poll
from osc_baremetal_config.run.protocols import Clock, Cloud, Reporter


def execute(
    plan: Plan,
    cloud: Cloud,
    clock: Clock,
    reporter: Reporter,
    *,
    limit_s: float,
) -> float:
    """Carry a plan out to its end.

    :param limit_s: seconds after which the cloud is left to itself.
    :returns: the seconds that it took.
    :raises Refused: the user may not do it; nothing was touched.
    :raises PutBack: it failed, and all is as it was.
    :raises LeftBetween: it failed on the way.
    :raises StillGoing: the time is up.
    """
    run = _Run(plan, cloud, clock, reporter, limit_s)
    if plan.steps:
        run.check_rights()
    run.to_the_end()
    return run.elapsed_s


class _Run:
    """One run of one plan: what was seen last, and what was tried."""

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
        self._seen = sequence.Seen(server=plan.server, node=plan.node)
        self._bios: Bios | None = plan.bios
        self._tried: Counter[Do] = Counter()
        self._failure: str | None = None

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since the run began."""
        return self._clock.now() - self._began

    def check_rights(self) -> None:
        """Return if the user may have the node serviced."""
        plan = self._plan
        try:
            self._cloud.baremetal.check_service(plan.node.uuid, plan.steps)
        except errors.Forbidden as error:
            raise errors.Refused(
                f'{plan.server}: your roles may not service its node '
                f'{plan.node}; nothing was touched:',
                [error.message, advice.WHO_MAY_SERVICE],
            ) from error

    def to_the_end(self) -> None:
        """Make moves until there is none left."""
        taken = True
        while True:
            move = self._next_move(wait_first=not taken)
            if isinstance(move, End):
                return self._end(move)
            if isinstance(move, Act):
                taken = self._make(move.do)

    def _next_move(self, *, wait_first: bool) -> Move:
        try:
            return poll.poll(
                self._look,
                lambda move: isinstance(move, Wait),
                clock=self._clock,
                deadline=self._began + self._limit_s,
                on_blip=lambda error: self._reporter.warn(
                    f'{error.message}; still looking'
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
        except errors.CloudError as error:
            raise self._left_between(error.message) from error

    def _look(self) -> Move:
        """Return the next move, as the cloud is now."""
        before = self._seen.agreed
        server = self._cloud.compute.server(self._plan.server.id)
        node = self._cloud.baremetal.node(self._plan.node.uuid)
        if node.provision_state != 'active':
            self._bios = None
        seen = sequence.Seen(
            server=server,
            node=node,
            bios=self._bios,
            tried=self._tried,
            failure=self._failure,
        )
        agrees = sequence.power_agrees(self._plan, seen)
        self._seen = dataclasses.replace(
            seen, agreed=before + 1 if agrees else 0
        )
        move = sequence.next_move(self._plan, self._seen)
        if isinstance(move, Wait):
            self._tell(move.doing)
        return move

    def _make(self, do: Do) -> bool:
        """Return whether the cloud took an act.

        A refused begin ends the change, with everything to be put back. A
        conflict says that the state is another by now, as when Ironic's
        event has made a server active that is to be started: look again.
        """
        self._tell(do.value)
        try:
            self._call(do)
        except errors.TemporaryCloudError as error:
            self._tell(f'{do.value}: {error.message}; trying again')
            return False
        except errors.Conflict as error:
            self._tell(f'{do.value}: {error.message}; looking again')
        except errors.CloudError as error:
            self._give_up(do, error)
        self._tried[do] += 1
        return True

    def _give_up(self, do: Do, error: errors.CloudError) -> None:
        """Turn a refusal by the cloud into the way that is left.

        :raises Refused: it came before anything was touched.
        :raises LeftBetween: it came on the way out.
        """
        if do is Do.NOTE:
            raise errors.Refused(
                f'{self._plan.server}: its metadata cannot be written; '
                f'nothing was touched:',
                [error.message],
            ) from error
        if do not in (Do.STOP, Do.SERVICE) or self._failure:
            raise self._left_between(f'{do.value}: {error.message}') from error
        self._failure = f'{do.value}: {error.message}'

    def _call(self, do: Do) -> None:
        plan, cloud, server_id = self._plan, self._cloud, self._plan.server.id
        match do:
            case Do.NOTE:
                cloud.compute.set_metadata(server_id, self._notes())
            case Do.STOP:
                cloud.compute.begin_stop(server_id)
            case Do.SERVICE:
                self._bios = None
                cloud.baremetal.begin_service(plan.node.uuid, plan.steps)
            case Do.READ_BIOS:
                self._bios = cloud.baremetal.bios(plan.node.uuid)
            case Do.START:
                cloud.compute.begin_start(server_id)
            case Do.POWER_ON | Do.POWER_OFF:
                cloud.baremetal.begin_power(
                    plan.node.uuid, on=do is Do.POWER_ON
                )
            case Do.RECORD:
                cloud.compute.set_metadata(
                    server_id, metadata.record(plan.record)
                )
            case Do.FORGET:
                keys = metadata.pending_keys(self._seen.server.metadata)
                cloud.compute.delete_metadata(server_id, keys)

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
