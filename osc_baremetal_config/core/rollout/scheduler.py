"""Which servers of many are changed next.

Owns the limits: how many at once, how many failures, the first ones on their
own, never two of a group, none too late. Looks at counts and seconds only;
never starts anything.
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
    :param until_s: on the clock of the run, the end after which none should
        be under way; None for no end.
    """

    at_once: int = 10
    failures: Failures = Failures(0)
    canary: int = 0
    until_s: float | None = None


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
    :param longest_s: that one took, of those that have ended; 0 before.
    :param is_interrupted: the person wants no other to be started.
    """

    waiting: tuple[Member, ...]
    running: tuple[Member, ...] = ()
    verified: int = 0
    failed: int = 0
    refused: int = 0
    out: tuple[Member, ...] = ()
    longest_s: float = 0.0
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
    progress: Progress,
    member: Member,
    *,
    failed: bool,
    is_out: bool = False,
    took_s: float = 0.0,
) -> Progress:
    """Return how far it is once one that was running has ended.

    :param is_out: its node is still out of service.
    :param took_s: seconds from its start to its end.
    """
    return replace(
        progress,
        running=tuple(m for m in progress.running if m.id != member.id),
        verified=progress.verified + (not failed),
        failed=progress.failed + failed,
        out=(*progress.out, member) if is_out else progress.out,
        longest_s=max(progress.longest_s, took_s),
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


def is_too_late(progress: Progress, limits: Limits, now_s: float) -> bool:
    """Return whether one that is started now would not have ended in time.

    By the longest so far; before the first has ended nothing is known.
    """
    if limits.until_s is None:
        return False
    left_s = limits.until_s - now_s
    return left_s <= 0 or left_s < progress.longest_s


def startable(
    progress: Progress, limits: Limits, now_s: float = 0.0
) -> list[Member]:
    """Return who may be started now, in the order in which they wait.

    :param now_s: on the clock of the run.
    """
    if progress.is_interrupted or is_too_late(progress, limits, now_s):
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


def why_not(
    progress: Progress, limits: Limits, now_s: float = 0.0
) -> str | None:
    """Return why no other is started any more; None if none waits.

    :param now_s: on the clock of the run.
    """
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
    if is_too_late(progress, limits, now_s):
        longest = f' (the longest so far took {progress.longest_s:.0f} s)'
        return (
            'it would not be finished by the end of --until'
            f'{longest if progress.longest_s else ""}'
        )
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
