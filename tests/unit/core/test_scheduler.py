"""Which servers are started next, and why no other is: the edges."""

from osc_baremetal_config.core.rollout import scheduler
from osc_baremetal_config.core.rollout.scheduler import (
    Failures,
    Limits,
    Member,
    Progress,
)
from tests.unit import base

PATIENT, STRICT = Failures(9), Limits()


def waiting(count: int, *, is_out: bool = False) -> tuple[Member, ...]:
    """Return members that are no group's."""
    name = 'out' if is_out else 'new'
    return tuple(Member(f'{name}{n}', is_out=is_out) for n in range(count))


class StartableTest(base.TestCase):
    def check(self, expected: int, now: Progress, limits: Limits) -> None:
        """Check how many are started, and that these are the first."""
        found = scheduler.startable(now, limits)
        self.assertEqual(list(now.waiting[:expected]), found)

    def test_ten_at_once_unless_more_is_said(self) -> None:
        self.check(10, Progress(waiting=waiting(12)), Limits())

    def test_no_failure_is_tolerated_unless_it_is_said(self) -> None:
        self.check(0, Progress(waiting=waiting(2), failed=1), Limits())

    def test_room_is_left_by_those_that_run_or_are_still_out(self) -> None:
        away = waiting(3, is_out=True)
        for running, out, at_once, expected in (
            (0, 0, 2, 2),
            (1, 0, 2, 1),
            (1, 1, 2, 0),
            (0, 2, 3, 1),
            (0, 3, 2, 0),
        ):
            now = Progress(
                waiting=waiting(4), running=away[:running], out=away[:out]
            )
            self.check(expected, now, Limits(at_once=at_once))

    def test_what_is_out_already_needs_no_other_room_than_a_run(self) -> None:
        held = waiting(2, is_out=True)
        for running, at_once, expected in ((0, 2, 2), (1, 2, 1), (2, 2, 0)):
            now = Progress(waiting=held, running=waiting(running))
            self.check(expected, now, Limits(at_once=at_once))

    def test_no_more_canaries_are_started_than_are_asked_for(self) -> None:
        for verified, failed, canary, expected in (
            (0, 0, 2, 2),
            (1, 0, 2, 1),
            (0, 1, 2, 1),
            (0, 2, 2, 0),
            (0, 3, 2, 0),
            (2, 0, 2, 5),
            (3, 1, 2, 5),
        ):
            now = Progress(
                waiting=waiting(5), verified=verified, failed=failed
            )
            self.check(expected, now, Limits(canary=canary, failures=PATIENT))

    def test_a_share_of_failures_is_one_of_all_rounded_down(self) -> None:
        third = Limits(failures=Failures(1, is_percent=True))
        for total, failed, is_started in (
            (99, 1, False),
            (100, 1, True),
            (100, 2, False),
            (199, 2, False),
            (200, 2, True),
        ):
            now = Progress(waiting=waiting(1), failed=failed)
            now = Progress(
                waiting=waiting(1), failed=failed, verified=total - failed - 1
            )
            self.assertEqual(total, now.total)
            self.check(int(is_started), now, third)

    def test_who_interrupts_it_starts_no_other(self) -> None:
        now = scheduler.interrupted(Progress(waiting=waiting(2)))
        self.check(0, now, Limits())
        self.assertEqual(
            'it was interrupted', scheduler.why_not(now, Limits())
        )

    def test_one_that_has_ended_makes_room(self) -> None:
        first, second = waiting(2)
        now = scheduler.started(Progress(waiting=(first, second)), [first])
        self.assertEqual(((second,), (first,)), (now.waiting, now.running))
        for failed in (True, False):
            end = scheduler.ended(now, first, failed=failed)
            self.assertEqual(((), ()), (end.running, end.out))
            self.assertEqual(
                (int(failed), int(not failed)), (end.failed, end.verified)
            )


class UntilTest(base.TestCase):
    def test_none_is_started_that_would_be_late(self) -> None:
        for until_s, now_s, longest_s, is_late in (
            (None, 1e9, 1e9, False),
            (100.0, 0.0, 0.0, False),
            # Nothing is known before the first has ended.
            (100.0, 99.9, 0.0, False),
            (100.0, 100.0, 0.0, True),
            (100.0, 101.0, 0.0, True),
            (100.0, 40.0, 60.0, False),
            (100.0, 40.1, 60.0, True),
            (-1.0, 0.0, 0.0, True),
        ):
            limits = Limits(until_s=until_s)
            now = Progress(waiting=waiting(3), longest_s=longest_s)
            with self.subTest(until_s=until_s, now_s=now_s):
                self.assertEqual(
                    is_late, scheduler.is_too_late(now, limits, now_s)
                )
                found = scheduler.startable(now, limits, now_s)
                self.assertEqual(0 if is_late else 3, len(found))

    def test_the_longest_is_kept(self) -> None:
        first, second = waiting(2)
        now = scheduler.started(
            Progress(waiting=(first, second)), [first, second]
        )
        now = scheduler.ended(now, first, failed=True, took_s=7.0)
        now = scheduler.ended(now, second, failed=False, took_s=5.0)
        self.assertEqual(7.0, now.longest_s)

    def test_why(self) -> None:
        limits = Limits(until_s=10.0)
        for longest_s, told in (
            (0.0, 'it would not be finished by the end of --until'),
            (
                7.4,
                'it would not be finished by the end of --until (the longest '
                'so far took 7 s)',
            ),
        ):
            now = Progress(waiting=waiting(1), longest_s=longest_s)
            self.assertEqual(told, scheduler.why_not(now, limits, 10.0))


class WhyNotTest(base.TestCase):
    def check(
        self, told: str | None, now: Progress, limits: Limits = STRICT
    ) -> None:
        self.assertEqual(told, scheduler.why_not(now, limits))

    def test_nothing_is_held_where_none_waits(self) -> None:
        self.check(None, Progress(waiting=(), failed=3))

    def test_failures_are_counted_by_whether_they_were_started(self) -> None:
        for failed, refused, told in (
            (2, 0, '2 failed'),
            (2, 2, '2 refused'),
            (3, 1, '1 refused and 2 failed'),
        ):
            now = Progress(waiting=waiting(1), failed=failed, refused=refused)
            self.check(f'{told} (--max-failures allows more)', now)

    def test_a_canary_is_one_that_was_started(self) -> None:
        limits = Limits(canary=1)
        for verified, failed, refused, told in (
            (0, 1, 0, 'a canary failed'),
            (0, 1, 1, '1 refused (--max-failures allows more)'),
            (1, 1, 0, '1 failed (--max-failures allows more)'),
        ):
            now = Progress(
                waiting=waiting(1),
                verified=verified,
                failed=failed,
                refused=refused,
            )
            self.check(told, now, limits)

    def test_as_many_as_may_fail_are_no_reason(self) -> None:
        for count, told in (
            (1, '1 node is still out of service'),
            (2, '2 nodes are still out of service'),
        ):
            now = Progress(
                waiting=waiting(1), failed=count, out=waiting(count)
            )
            self.check(told, now, Limits(failures=Failures(count)))


class LeftTest(base.TestCase):
    def test_it_is_told_from_the_first_that_has_ended(self) -> None:
        for verified, failed, refused, left_s in (
            (0, 0, 0, None),
            (0, 2, 2, None),
            (1, 0, 0, 60.0),
            (0, 3, 2, 60.0),
            (2, 0, 0, 30.0),
        ):
            now = Progress(
                waiting=waiting(1),
                running=waiting(1),
                verified=verified,
                failed=failed,
                refused=refused,
            )
            self.assertEqual(left_s, scheduler.left_s(now, 30.0))
