"""Who of many is changed next: cases, and what holds for all of them."""

import random

import hypothesis
from hypothesis import strategies as st

from osc_baremetal_config import errors
from osc_baremetal_config.core.rollout import result, scheduler
from osc_baremetal_config.core.rollout.rollout_plan import Refusal
from osc_baremetal_config.core.rollout.scheduler import (
    Failures,
    Limits,
    Member,
    Progress,
)
from osc_baremetal_config.errors import ExitCode
from tests.unit import base


def members(*groups: str | None) -> tuple[Member, ...]:
    return tuple(Member(f's{n}', group) for n, group in enumerate(groups))


def names(found: list[Member]) -> list[str]:
    return [member.id for member in found]


class StartableTest(base.TestCase):
    def test_as_many_as_there_is_room_for(self) -> None:
        three = members(None, None, None)
        now = Progress(waiting=three[1:], running=three[:1])
        self.assertEqual(
            ['s1'], names(scheduler.startable(now, Limits(at_once=2)))
        )

    def test_canaries_first_and_the_rest_only_after_them(self) -> None:
        limits = Limits(canary=2)
        four = members(None, None, None, None)
        now = Progress(waiting=four)
        self.assertEqual(['s0', 's1'], names(scheduler.startable(now, limits)))
        now = Progress(waiting=four[2:], running=four[1:2], verified=1)
        self.assertEqual([], scheduler.startable(now, limits))
        now = Progress(waiting=four[2:], verified=2)
        self.assertEqual(['s2', 's3'], names(scheduler.startable(now, limits)))

    def test_a_canary_that_fails_ends_it(self) -> None:
        limits = Limits(canary=2, failures=Failures(100, is_percent=True))
        now = Progress(waiting=members(None), verified=1, failed=1)
        self.assertEqual([], scheduler.startable(now, limits))
        self.assertEqual('a canary failed', scheduler.why_not(now, limits))
        # Not an option that would not help.
        strict = Limits(canary=2)
        self.assertEqual('a canary failed', scheduler.why_not(now, strict))

    def test_failures(self) -> None:
        for failures, failed, expected in (
            (Failures(0), 0, ['s0']),
            (Failures(0), 1, []),
            (Failures(1), 1, ['s0']),
            (Failures(1), 2, []),
            (Failures(50, is_percent=True), 1, ['s0']),
            (Failures(50, is_percent=True), 2, []),
        ):
            now = Progress(waiting=members(None), failed=failed)
            limits = Limits(failures=failures)
            self.assertEqual(expected, names(scheduler.startable(now, limits)))

    def test_never_two_of_a_group(self) -> None:
        all_ = members('a', 'a', 'b', None, 'b')
        found = scheduler.startable(Progress(waiting=all_), Limits())
        self.assertEqual(['s0', 's2', 's3'], names(found))
        now = Progress(waiting=all_[1:], running=all_[:1])
        self.assertEqual(
            ['s2', 's3'], names(scheduler.startable(now, Limits()))
        )


class RefusedTest(base.TestCase):
    def test_who_was_refused_is_no_canary(self) -> None:
        limits = Limits(canary=1, failures=Failures(9))
        now = Progress(waiting=members(None, None), failed=2, refused=2)
        self.assertEqual(['s0'], names(scheduler.startable(now, limits)))


class BegunBeforeTest(base.TestCase):
    """What an earlier run has started is out of service while it waits."""

    def test_it_takes_up_its_place_and_its_group(self) -> None:
        out = tuple(Member(f'o{n}', 'a', is_out=True) for n in range(2))
        new = (*members('a'), Member('n', 'b'))
        now = Progress(waiting=(*out, *new))
        limits = Limits(at_once=2)
        self.assertEqual(['o0', 'o1'], names(scheduler.startable(now, limits)))
        limits = Limits(at_once=3)
        self.assertEqual(
            ['o0', 'o1', 'n'], names(scheduler.startable(now, limits))
        )


class OutOfServiceTest(base.TestCase):
    """What was left between, or goes on without us, takes up its place."""

    def test_it_counts_as_one_at_once(self) -> None:
        limits = Limits(at_once=2, failures=Failures(9))
        three = members(None, None, None)
        now = Progress(waiting=three[1:], running=three[:1])
        now = scheduler.ended(now, three[0], failed=True, is_out=True)
        self.assertEqual(['s1'], names(scheduler.startable(now, limits)))
        now = scheduler.started(now, three[1:2])
        now = scheduler.ended(now, three[1], failed=False, is_out=True)
        self.assertEqual([], scheduler.startable(now, limits))
        self.assertEqual(
            '2 nodes are still out of service', scheduler.why_not(now, limits)
        )

    def test_its_group_stays_busy(self) -> None:
        limits = Limits(failures=Failures(9))
        two = members('a', 'a')
        now = Progress(waiting=two[1:], running=two[:1])
        now = scheduler.ended(now, two[0], failed=True, is_out=True)
        self.assertEqual([], scheduler.startable(now, limits))


class EndTest(base.TestCase):
    def test_how_long_it_takes_is_told_by_those_that_have_ended(self) -> None:
        none = Progress(waiting=members(None), failed=2, refused=2)
        self.assertIsNone(scheduler.left_s(none, 60.0))
        half = Progress(
            waiting=members(None), running=members(None), verified=1, failed=3
        )
        self.assertEqual(30.0, scheduler.left_s(half, 60.0))

    def test_exit_code(self) -> None:
        no = Refusal('a', None, errors.Refused('no'))
        away = Refusal('b', None, errors.ConfigError('away'))
        for refused, failed, started, expected in (
            ([], 0, 0, ExitCode.OK),
            ([], 0, 3, ExitCode.OK),
            ([no], 0, 0, ExitCode.REFUSED),
            ([no, away], 2, 0, ExitCode.REFUSED),
            ([away], 0, 0, ExitCode.FAILURE),
            ([no], 0, 2, ExitCode.SOME_FAILED),
            ([away], 0, 2, ExitCode.SOME_FAILED),
            ([], 1, 2, ExitCode.SOME_FAILED),
        ):
            code = result.exit_code(refused, failed, started)
            self.assertEqual(expected, code)


class RolloutProperties(base.TestCase):
    @hypothesis.given(
        st.lists(st.none() | st.sampled_from('abc'), max_size=12),
        st.integers(1, 4),
        st.integers(0, 3),
        st.integers(0, 2),
        st.randoms(),
    )
    def test_the_limits_hold_and_it_ends(
        self,
        groups: list[str | None],
        at_once: int,
        canary: int,
        may_fail: int,
        dice: random.Random,
    ) -> None:
        limits = Limits(
            at_once=at_once, canary=canary, failures=Failures(may_fail)
        )
        now = Progress(waiting=members(*groups))
        while True:
            now = scheduler.started(now, scheduler.startable(now, limits))
            busy = now.running
            self.assertLessEqual(len(busy), at_once)
            taken = [m.group for m in busy if m.group]
            self.assertEqual(len(set(taken)), len(taken))
            if not busy:
                break
            failed = dice.random() < 0.2
            now = scheduler.ended(now, dice.choice(busy), failed=failed)
            self.assertEqual(len(groups), now.total)
        held = scheduler.why_not(now, limits)
        self.assertEqual(bool(now.waiting), held is not None)
        if now.waiting:
            self.assertTrue(now.failed)
