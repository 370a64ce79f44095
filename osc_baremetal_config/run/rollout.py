"""Changing many servers: beginning them, and waiting for all.

Owns the threads. Who is begun next is decided in
:mod:`osc_baremetal_config.core.rollout`; a change itself is carried out by
:mod:`.execute`.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass, replace
from typing import Protocol

from osc_baremetal_config import errors
from osc_baremetal_config.core import rollout
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.core.rollout import Limits, Member, Progress
from osc_baremetal_config.run import execute
from osc_baremetal_config.run.clock import Stoppable
from osc_baremetal_config.run.execute import Outcome
from osc_baremetal_config.run.protocols import Clock, Cloud, Reporter
from osc_baremetal_config.run.watch import Look

# Between two looks at one server. They share their lists, so looking often
# costs little.
_LONGEST_S = 1.0


class Telling(Protocol):
    """Who is told how a rollout goes."""

    def reporter(self, plan: Plan) -> Reporter:
        """Return who is told how one server goes."""

    def progress(self, progress: Progress) -> None:
        """Take note of how far it is."""

    def ended(self, plan: Plan, end: 'Ended') -> None:
        """Take note that a server has ended."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the change of one server has ended.

    :param outcome: None if it failed.
    :param error: why it failed, None if it did not.
    """

    outcome: Outcome | None = None
    error: errors.ConfigError | None = None


@dataclass(frozen=True, slots=True)
class Rolled:
    """How a rollout has ended.

    :param ended: server id → how; those that are missing were not begun.
    :param held: why the others were not begun, None if all were.
    """

    ended: Mapping[str, Ended]
    held: str | None


def roll_out(
    plans: Sequence[tuple[Member, Plan]],
    cloud: Cloud,
    clock: Clock,
    telling: Telling,
    look: Look,
    *,
    limits: Limits,
    refused: int,
    limit_s: float,
    wait: bool,
) -> Rolled:
    """Carry many plans out, as many at once as the limits allow.

    :param refused: servers that were refused beforehand; they count as
        failed.
    :param limit_s: seconds after which each server is left to itself.
    :param wait: wait for the ends, not only for the services' beginnings.
    """
    stop = threading.Event()
    stoppable = Stoppable(clock, stop)
    by_id = {member.id: plan for member, plan in plans}

    def carry_out(member: Member) -> Ended:
        plan = by_id[member.id]
        try:
            outcome = execute.execute(
                plan,
                cloud,
                stoppable,
                telling.reporter(plan),
                limit_s=limit_s,
                wait=wait,
                look=look,
                longest_s=_LONGEST_S,
            )
        except errors.ConfigError as error:
            return Ended(error=error)
        return Ended(outcome=outcome)

    with futures.ThreadPoolExecutor(limits.at_once) as pool:
        try:
            return _roll(plans, pool, carry_out, telling, limits, refused)
        except KeyboardInterrupt:
            stop.set()
            raise


def _roll(
    plans: Sequence[tuple[Member, Plan]],
    pool: futures.Executor,
    carry_out: Callable[[Member], Ended],
    telling: Telling,
    limits: Limits,
    refused: int,
) -> Rolled:
    by_id = {member.id: plan for member, plan in plans}
    progress = Progress(
        waiting=tuple(member for member, _ in plans), failed=refused
    )
    running: dict[futures.Future[Ended], Member] = {}
    ended: dict[str, Ended] = {}
    while True:
        for member in rollout.startable(progress, limits):
            running[pool.submit(carry_out, member)] = member
        progress = _moved_on(progress, running.values(), ended, refused)
        telling.progress(progress)
        if not running:
            return Rolled(ended, rollout.why_not(progress, limits))
        done, _ = futures.wait(running, return_when=futures.FIRST_COMPLETED)
        for future in done:
            member = running.pop(future)
            ended[member.id] = future.result()
            telling.ended(by_id[member.id], ended[member.id])
        progress = _moved_on(progress, running.values(), ended, refused)


def _moved_on(
    progress: Progress,
    running: Iterable[Member],
    ended: Mapping[str, Ended],
    refused: int,
) -> Progress:
    """Return how far it is, by who runs and who has ended."""
    busy = tuple(running)
    begun = {member.id for member in busy} | ended.keys()
    failed = sum(end.error is not None for end in ended.values())
    return replace(
        progress,
        waiting=tuple(m for m in progress.waiting if m.id not in begun),
        running=busy,
        verified=len(ended) - failed,
        failed=failed + refused,
    )
