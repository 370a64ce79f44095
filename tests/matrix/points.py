"""What hits a change, and what has become of it afterwards.

Owns one point: a run that is hit at one request, and the plain re-run. All
that a point needs is made anew for it, so no point knows of another.
"""

import enum
import errno
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tests import runs
from tests.matrix import scenarios
from tests.matrix.scenarios import Scenario
from tests.model import fixture
from tests.model.faults import Fault, Killed

CRASHES = ('kill before', 'kill after')
FAULTS = (
    '500',
    '502',
    '503',
    '429',
    '409',
    '401',
    'reset before',
    'reset after',
    'hang before',
    'hang after',
    'cut after',
    'html before',
    'html after',
    'cell down',
)
# What becomes of stderr at a request: who reads it ends, the disk is full, the
# terminal is closed; and whether it was a terminal.
MUTES = {
    'stderr gone': (errno.EPIPE, False),
    'stderr full': (errno.ENOSPC, False),
    'terminal gone': (errno.EIO, True),
}
# How often the same command is given again before it counts as lost.
_AGAIN = 3


@enum.unique
class Verdict(enum.Enum):
    """What has become of a change that was hit.

    ``THROUGH`` it was made all the same; ``CONVERGED`` the plain re-run has
    ended as an uninterrupted run does; ``REFUSED`` it ended at once, with
    nothing touched, and the re-run made it; ``LOST`` anything else.
    """

    THROUGH = 'through'
    CONVERGED = 'converged'
    REFUSED = 'refused'
    LOST = 'lost'


@dataclass(frozen=True)
class Point:
    """One request of a scenario, and what hits it.

    :param nth: the request, counted from 1, with login and discovery.
    :param fault: in the words of :meth:`tests.model.faults.Fault.parse`.
    """

    scenario: Scenario
    nth: int
    fault: str

    def __str__(self) -> str:
        return f'{self.scenario.name}, request {self.nth}, {self.fault}'


@dataclass(frozen=True)
class Outcome:
    """What has become of a point, and why if it is lost."""

    verdict: Verdict
    why: str = ''


class Muted(io.StringIO):
    """A stream that fails once it is time.

    :param code: why, as of :mod:`errno`.
    """

    def __init__(
        self, code: int, is_time: Callable[[], bool], *, is_terminal: bool
    ) -> None:
        super().__init__()
        self._code = code
        self._is_time = is_time
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        """Return whether a person reads it."""
        return self._is_terminal

    def write(self, text: str) -> int:
        """Take a text.

        :raises OSError: it is time.
        """
        if self._is_time():
            raise OSError(self._code, os.strerror(self._code))
        return super().write(text)


class Stage:
    """A new world with the scenario's servers, for one point."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        world, self.servers = scenario.world()
        self.model = fixture.Model(world)

    def __enter__(self) -> 'Stage':
        self.model.setUp()
        return self

    def __exit__(self, *error: object) -> None:
        self.model.cleanUp()

    def run(self, err: io.StringIO | None = None) -> runs.Ran | None:
        """Return how the command ended, None if it was killed.

        :param err: what its stderr is; None for one that nobody sees.
        """
        command = self.scenario.command
        argv = ('server', 'config', command, *self.scenario.argv)
        ids = (server.id for server in self.servers)
        try:
            return self.model.openstack(
                self.scenario.person, *argv, *ids, err=err
            )
        except Killed:
            return None

    def kill(self, point: 'Point') -> None:
        """Run the command, and kill it at a point."""
        faults = self.model.faults
        faults.arm(point.nth, Fault.parse(point.fault), counts_login=True)
        self.run()
        faults.disarm()

    def asked(self) -> list[str]:
        """Return the requests that change something, in alphabetical order.

        How often is looked, and which of two calls at once is the first, is
        not the same in any two runs.
        """
        seen = self.model.faults.requests
        return sorted(str(one) for one in seen if one.method != 'GET')

    def state(self) -> dict[str, object]:
        """Return all that a change may leave behind."""
        return scenarios.state(self.model.world, self.servers)


@dataclass(frozen=True)
class Reference:
    """A scenario's uninterrupted run.

    :param requests: how many it makes.
    :param asked: which of them change something, in alphabetical order.
    """

    scenario: Scenario
    requests: int
    asked: list[str]
    before: dict[str, object]
    after: dict[str, object]

    @classmethod
    def of(cls, scenario: Scenario) -> 'Reference':
        """Return what an uninterrupted run does.

        :raises AssertionError: it does not end as it should.
        """
        with Stage(scenario) as stage:
            before = stage.state()
            ran = stage.run()
            assert ran is not None and ran.code == scenario.code, str(ran)
            requests = len(stage.model.faults.requests)
            asked = stage.asked()
            return cls(scenario, requests, asked, before, stage.state())

    def points(self, faults: Iterable[str]) -> Iterator[Point]:
        """Yield every point of the scenario."""
        for nth in range(1, self.requests + 1):
            for fault in faults:
                yield Point(self.scenario, nth, fault)

    def hit(self, point: Point, *, later_s: float = 0.0) -> Outcome:
        """Return what becomes of a point.

        :param later_s: how long after it the command is given again.
        """
        with Stage(self.scenario) as stage:
            faults = stage.model.faults
            faults.arm(point.nth, Fault.parse(point.fault), counts_login=True)
            hit = stage.run()
            faults.disarm()
            if hit and (wrong := self._wrong_end(stage, hit)):
                return Outcome(Verdict.LOST, wrong)
            is_through = hit is not None and hit.code == self.scenario.code
            if is_through and stage.state() == self.after:
                return Outcome(Verdict.THROUGH)
            if later_s:
                stage.model.clock.sleep(later_s)
            return self._again(stage, hit)

    def mute(self, point: Point) -> Outcome:
        """Return what becomes of a run whose stderr takes nothing any more.

        It is as if that had not happened.
        """
        code, is_terminal = MUTES[point.fault]
        with Stage(self.scenario) as stage:
            log = stage.model.faults
            err = Muted(
                code,
                lambda: len(log.requests) >= point.nth,
                is_terminal=is_terminal,
            )
            ran = stage.run(err)
            assert ran is not None
            if ran.code != self.scenario.code:
                return Outcome(Verdict.LOST, f'another exit code: {ran}')
            if stage.asked() != self.asked:
                return Outcome(Verdict.LOST, f'other requests: {ran}')
            if stage.state() != self.after:
                return Outcome(Verdict.LOST, _differing(stage, self.after))
            return Outcome(Verdict.THROUGH)

    def _wrong_end(self, stage: Stage, ran: runs.Ran) -> str | None:
        """Return what is wrong with how a run that was hit has ended."""
        if 'Traceback' in ran.err:
            return f'a traceback: {ran}'
        if ran.code in (5, 6) and 'Continue with: openstack ' not in ran.err:
            return f'it does not say how to go on: {ran}'
        if ran.code in (1, 3) and stage.state() != self.before:
            return f'something was touched: {_differing(stage, self.before)}'
        # Of one server, 7 is not known.
        known = {0, 1, 3, 4, 5, 6, self.scenario.code}
        if len(self.scenario.world()[1]) > 1:
            known = {0, 1, 3, 7}
        return None if ran.code in known else f'an exit code of its own: {ran}'

    def _again(self, stage: Stage, hit: runs.Ran | None) -> Outcome:
        """Return what becomes of the same command, given again."""
        told = []
        for _ in range(_AGAIN):
            ran = stage.run()
            assert ran is not None
            told.append(str(ran))
            if ran.code == self.scenario.code:
                break
        if stage.state() != self.after:
            why = _differing(stage, self.after)
            return Outcome(Verdict.LOST, f'{why}\nhit: {hit}\n{told}')
        if hit is not None and hit.code in (1, 3):
            return Outcome(Verdict.REFUSED)
        return Outcome(Verdict.CONVERGED)


def _differing(stage: Stage, expected: dict[str, object]) -> str:
    return differing(stage.state(), expected)


def differing(now: dict[str, object], expected: dict[str, object]) -> str:
    """Return what is other than expected."""
    return '; '.join(
        f'{name}: {now[name]} instead of {value}'
        for name, value in expected.items()
        if now[name] != value
    )
