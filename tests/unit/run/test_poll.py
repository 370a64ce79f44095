"""The one loop that waits."""

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

    def test_the_interval_grows_from_half_a_second_to_ten(self) -> None:
        self.poll(*['pending'] * 70, 'yes')
        slept = self.clock.slept
        self.assertEqual(0.5, slept[0])
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
            poll.TimeIsUp, self.poll, *['pending'] * 11, deadline=5.0
        )
        self.assertEqual(5.0, self.clock.now())

    def test_no_look_after_the_deadline(self) -> None:
        self.assertRaises(
            poll.TimeIsUp, self.poll, deadline=0.5, wait_first=True
        )
