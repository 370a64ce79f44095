"""How long is waited until the cloud is asked again."""

from hypothesis import example, given
from hypothesis import strategies as st

from osc_baremetal_config import errors
from osc_baremetal_config.run import pacing
from tests.unit import base, canned

BLIP = errors.TemporaryCloudError('Nova', 503, 'away')


class RetriedTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = canned.Clock()
        self.blips: list[errors.TemporaryCloudError] = []

    def retried(
        self, *answers: str | Exception, limit_s: float = 100.0
    ) -> str:
        left = iter(answers)

        def call() -> str:
            answer = next(left)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return pacing.retried(
            call,
            clock=self.clock,
            limit_s=limit_s,
            on_blip=self.blips.append,
        )

    def test_an_answer_at_once_costs_no_time(self) -> None:
        self.assertEqual('yes', self.retried('yes'))
        self.assertEqual([], self.clock.slept)

    def test_the_third_temporary_error_is_told_once(self) -> None:
        self.assertEqual('yes', self.retried(BLIP, BLIP, 'yes'))
        self.assertEqual([], self.blips)
        self.assertEqual('yes', self.retried(*[BLIP] * 5, 'yes'))
        self.assertEqual([BLIP], self.blips)

    def test_what_is_not_temporary_ends_it(self) -> None:
        gone = errors.NotFound('Nova', 404, 'gone')
        raised = self.assertRaises(errors.NotFound, self.retried, BLIP, gone)
        self.assertIs(gone, raised)

    def test_the_limit_is_kept_to_the_second(self) -> None:
        raised = self.assertRaises(
            errors.TemporaryCloudError,
            self.retried,
            *[BLIP] * 30,
            limit_s=5.0,
        )
        self.assertIs(BLIP, raised)
        self.assertEqual(5.0, self.clock.now())

    @given(started=st.floats(0.0, 1e9), limit_s=st.floats(0.0, 60.0))
    @example(started=54.39892311245263, limit_s=10.0)
    def test_rounding_does_not_keep_the_limit_from_being_reached(
        self, started: float, limit_s: float
    ) -> None:
        self.clock.slept[:] = [started]
        # More than are ever needed, so that one too many is an error.
        self.assertRaises(
            errors.TemporaryCloudError,
            self.retried,
            *[BLIP] * 400,
            limit_s=limit_s,
        )


class PaceTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = canned.Clock()
        self.blips: list[errors.TemporaryCloudError] = []
        self.pace = pacing.Pace(self.clock, self.blips.append)

    def looks(self, until: float, took_s: float = 0.0) -> int:
        """Return how many looks there are until then."""
        count = 0
        while self.clock.now() < until:
            self.pace.wait(until)
            self.pace.looked(took_s)
            count += 1
        return count

    def test_looks_become_rarer_while_nothing_happens(self) -> None:
        self.assertGreater(self.looks(3.0), 10)
        self.clock.sleep(600.0)
        self.assertLess(self.looks(700.0), 13)

    def test_and_begin_anew_when_something_does(self) -> None:
        self.looks(100.0)
        self.pace.happened()
        self.assertGreater(self.looks(115.0), 10)

    def test_a_slow_cloud_is_left_alone_four_times_as_long(self) -> None:
        self.assertEqual(4, self.looks(30.0, took_s=2.5))

    def test_when_the_next_look_is(self) -> None:
        """A tenth of the time that nothing has happened, within bounds."""
        self.assertEqual(0.25, self.pace.due_in_s)
        for passed_s, took_s, due_in_s in (
            (0.0, 0.0, 0.25),
            (2.5, 0.0, 0.25),
            (20.0, 0.0, 2.0),
            (100.0, 0.0, 10.0),
            (1000.0, 0.0, 10.0),
            (0.0, 0.1, 0.4),
            (20.0, 0.4, 2.0),
            (20.0, 0.6, 2.4),
        ):
            for name in ('looked', 'failed'):
                clock = canned.Clock()
                pace = pacing.Pace(clock, self.blips.append)
                clock.sleep(passed_s)
                if name == 'looked':
                    pace.looked(took_s)
                else:
                    pace.failed(BLIP, took_s)
                self.assertAlmostEqual(due_in_s, pace.due_in_s)

    def test_what_happens_brings_the_next_look_forward_only(self) -> None:
        self.clock.sleep(100.0)
        self.pace.looked(0.0)
        self.assertEqual(10.0, self.pace.due_in_s)
        self.pace.happened()
        self.assertEqual(0.25, self.pace.due_in_s)
        self.clock.sleep(0.2)
        self.pace.happened()
        self.assertAlmostEqual(0.05, self.pace.due_in_s)
        self.clock.sleep(1.0)
        self.assertEqual(0.0, self.pace.due_in_s)

    def test_a_look_that_took_long_is_forgotten_by_the_next(self) -> None:
        self.pace.looked(5.0)
        self.assertEqual(20.0, self.pace.due_in_s)
        self.pace.happened()
        self.pace.looked(0.0)
        self.assertEqual(0.25, self.pace.due_in_s)

    def test_what_is_late_already_is_not_waited_for(self) -> None:
        self.clock.sleep(10.0)
        self.pace.looked(0.0)
        self.pace.wait(3.0)
        self.assertEqual([10.0, 0.0], self.clock.slept)

    def test_no_wait_is_longer_than_told(self) -> None:
        self.clock.sleep(600.0)
        self.pace.looked(0.0)
        self.pace.wait(603.0)
        self.assertEqual(603.0, self.clock.now())

    def test_the_third_blip_is_told(self) -> None:
        for _ in range(2):
            self.pace.failed(BLIP, 0.0)
        self.pace.looked(0.0)
        self.assertEqual([], self.blips)
        for told in ([], [], [BLIP], [BLIP]):
            self.pace.failed(BLIP, 0.0)
            self.assertEqual(told, self.blips)

    def test_the_first_three_are_told_as_well(self) -> None:
        for told in ([], [], [BLIP]):
            self.pace.failed(BLIP, 0.0)
            self.assertEqual(told, self.blips)
