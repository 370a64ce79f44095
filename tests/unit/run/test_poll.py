"""The one loop that waits, and the pace of looking at many."""

from osc_baremetal_config import errors
from osc_baremetal_config.run import poll
from tests.unit import base, canned

BLIP = errors.TemporaryCloudError('Nova', 503, 'away')


class PollTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = canned.Clock()
        self.blips: list[errors.TemporaryCloudError] = []

    def poll(
        self,
        *answers: str | Exception,
        deadline: float = 100.0,
        wait_first: bool = False,
    ) -> str:
        left = iter(answers)

        def look() -> str:
            answer = next(left)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return poll.poll(
            look,
            lambda answer: answer == 'pending',
            clock=self.clock,
            deadline=deadline,
            on_blip=self.blips.append,
            wait_first=wait_first,
        )

    def test_an_answer_at_once_costs_no_time(self) -> None:
        self.assertEqual('yes', self.poll('yes'))
        self.assertEqual([], self.clock.slept)

    def test_the_interval_grows_from_a_quarter_of_a_second_to_ten(
        self,
    ) -> None:
        self.poll(*['pending'] * 140, 'yes', deadline=1000.0)
        slept = self.clock.slept
        self.assertEqual(0.25, slept[0])
        self.assertEqual(sorted(slept), slept)
        self.assertEqual(10.0, slept[-1])

    def test_blips_are_waited_out_and_the_third_is_told(self) -> None:
        self.assertEqual('yes', self.poll(BLIP, BLIP, 'pending', BLIP, 'yes'))
        self.assertEqual([], self.blips)
        self.assertEqual('yes', self.poll(BLIP, BLIP, BLIP, BLIP, 'yes'))
        self.assertEqual([BLIP], self.blips)

    def test_what_is_not_temporary_ends_the_wait(self) -> None:
        gone = errors.NotFound('Nova', 404, 'gone')
        raised = self.assertRaises(errors.NotFound, self.poll, 'pending', gone)
        self.assertIs(gone, raised)

    def test_the_deadline_is_kept_to_the_second(self) -> None:
        self.assertRaises(
            poll.TimeIsUp, self.poll, *['pending'] * 21, deadline=5.0
        )
        self.assertEqual(5.0, self.clock.now())

    def test_no_look_after_the_deadline(self) -> None:
        self.assertRaises(
            poll.TimeIsUp, self.poll, deadline=0.5, wait_first=True
        )


class PaceTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = canned.Clock()
        self.blips: list[errors.TemporaryCloudError] = []
        self.pace = poll.Pace(self.clock, self.blips.append)

    def looks(self, until: float, took_s: float = 0.0) -> int:
        """Return how many looks there are until then."""
        count = 0
        while self.clock.now() < until:
            self.pace.wait()
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

    def test_a_slow_cloud_is_left_alone_twice_as_long(self) -> None:
        self.assertEqual(4, self.looks(30.0, took_s=5.0))

    def test_the_third_blip_is_told(self) -> None:
        for _ in range(2):
            self.pace.failed(BLIP, 0.0)
        self.pace.looked(0.0)
        self.assertEqual([], self.blips)
        for _ in range(4):
            self.pace.failed(BLIP, 0.0)
        self.assertEqual([BLIP], self.blips)
