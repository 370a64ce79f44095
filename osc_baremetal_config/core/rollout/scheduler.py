"""Which servers of many are changed next.

Owns the limits: how many at once, how many failures, the first ones on their
own, never two of a group. Looks at counts only; never starts anything.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Failures:
    """How many may fail before no other is started.

    :param is_percent: of all that are to be changed, rounded down.
    """

    number: int
    is_percent: bool = False

    def of(self, total: int) -> int:
        """Return how many of so many may fail."""
        return total * self.number // 100 if self.is_percent else self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How a change of many servers is rolled out.

    :param at_once: nodes that may be out of service at once.
    :param canary: so many first, the rest only if all of them went well.
    """

    at_once: int = 10
    failures: Failures = Failures(0)
    canary: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """A server that is to be changed.

    :param group: no other of the same group is changed at the same time;
        None for no group.
    :param is_out: an earlier run has started it, so its node may be out of
        service already.
    """

    id: str
    group: str | None = None
    is_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is.

    :param failed: those that were refused beforehand, too.
    :param refused: those of the failed that were refused beforehand.
    :param out: those that have ended, but whose nodes are still out of
        service: what was started continues, or failed partway.
    :param is_interrupted: the person wants no other to be started.
    """

    waiting: tuple[Member, ...]
    running: tuple[Member, ...] = ()
    verified: int = 0
    failed: int = 0
    refused: int = 0
    out: tuple[Member, ...] = ()
    is_interrupted: bool = False

    @property
    def total(self) -> int:
        """Return how many there are in all."""
        done = self.verified + self.failed
        return len(self.waiting) + len(self.running) + done

    @property
    def broken(self) -> int:
        """Return how many have failed after they were started."""
        return self.failed - self.refused


def started(progress: Progress, found: Collection[Member]) -> Progress:
    """Return how far it is once some that waited have been started."""
    ids = {member.id for member in found}
    return replace(
        progress,
        waiting=tuple(m for m in progress.waiting if m.id not in ids),
        running=(*progress.running, *found),
    )


def ended(
    progress: Progress, member: Member, *, failed: bool, is_out: bool = False
) -> Progress:
    """Return how far it is once one that was running has ended.

    :param is_out: its node is still out of service.
    """
    return replace(
        progress,
        running=tuple(m for m in progress.running if m.id != member.id),
        verified=progress.verified + (not failed),
        failed=progress.failed + failed,
        out=(*progress.out, member) if is_out else progress.out,
    )


def interrupted(progress: Progress) -> Progress:
    """Return how far it is once the person wants no other to be started."""
    return replace(progress, is_interrupted=True)


def left_s(progress: Progress, elapsed_s: float) -> float | None:
    """Return about how many seconds are left, None if that is not known yet.

    :param elapsed_s: since the first was started.
    """
    done = progress.verified + progress.broken
    if not done:
        return None
    left = len(progress.waiting) + len(progress.running)
    return elapsed_s * left / done


def startable(progress: Progress, limits: Limits) -> list[Member]:
    """Return who may be started now, in the order in which they wait."""
    if progress.is_interrupted:
        return []
    if progress.failed > limits.failures.of(progress.total):
        return []
    held = [member for member in progress.waiting if member.is_out]
    away = (*progress.running, *progress.out, *held)
    busy = {m.group for m in away if m.group is not None}
    room, free = limits.at_once - len(away), _free(progress, limits)
    found: list[Member] = []
    for member in progress.waiting:
        if member.is_out:
            found.append(member)
        elif room > 0 and (member.group is None or member.group not in busy):
            found.append(member)
            room -= 1
            busy.add(member.group or '')
    return found[: max(0, free)]


def why_not(progress: Progress, limits: Limits) -> str | None:
    """Return why no other is started any more; None if none waits."""
    if progress.is_interrupted:
        return 'it was interrupted'
    if not progress.waiting:
        return None
    if progress.broken and progress.verified < limits.canary:
        return 'a canary failed'
    if progress.failed > limits.failures.of(progress.total):
        counts = {'refused': progress.refused, 'failed': progress.broken}
        told = ' and '.join(f'{n} {word}' for word, n in counts.items() if n)
        return f'{told} (--max-failures allows more)'
    count = len(progress.out)
    return (
        f'{count} node{" is" if count == 1 else "s are"} still out of service'
    )


def _free(progress: Progress, limits: Limits) -> int:
    """Return how many more may be started, by what runs and the canaries."""
    started = len(progress.running) + progress.verified + progress.broken
    room = limits.at_once - len(progress.running)
    if progress.verified >= limits.canary:
        return room
    # The canaries are not all well yet.
    return min(room, limits.canary - started)
