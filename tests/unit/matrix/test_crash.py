"""Killed before or after any request, a change is ended by the same command.

The points of the methods, all of them. ``tox -e faults`` has more: every
scenario, every fault, and the real cloud.
"""

from tests.matrix import points, scenarios
from tests.matrix.points import Verdict
from tests.unit import base


class CrashTest(base.TestCase):
    def check(self, scenario: scenarios.Scenario) -> None:
        reference = points.Reference.of(scenario)
        self.assertGreater(reference.requests, 20)
        for point in reference.points(points.CRASHES):
            outcome = reference.hit(point)
            self.assertEqual(
                Verdict.CONVERGED, outcome.verdict, f'{point}: {outcome.why}'
            )

    def test_service(self) -> None:
        self.check(scenarios.SERVICE)

    def test_runbook(self) -> None:
        self.check(scenarios.RUNBOOK)

    def test_resize(self) -> None:
        self.check(scenarios.RESIZE)
