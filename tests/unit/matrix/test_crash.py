"""Killed before or after any request, a change is ended by the same command.

A sample of the points, so that the unit tests stay quick; ``tox -e faults``
has all of them, of every scenario, and every fault.
"""

from tests.matrix import points, scenarios
from tests.matrix.points import Verdict
from tests.unit import base


class _CrashTest(base.TestCase):
    def check(self, scenario: scenarios.Scenario, every: int) -> None:
        """Hit a scenario at every so many points.

        An odd number, so that there are some before a request and some after.
        """
        reference = points.Reference.of(scenario)
        self.assertGreater(reference.requests, 20)
        found = list(reference.points(points.CRASHES))
        for point in found[::every]:
            outcome = reference.hit(point)
            self.assertEqual(
                Verdict.CONVERGED, outcome.verdict, f'{point}: {outcome.why}'
            )


# A class each, so that they run side by side.
class ServiceTest(_CrashTest):
    def test_killed_at_any_request(self) -> None:
        self.check(scenarios.SERVICE, every=11)


class RunbookTest(_CrashTest):
    def test_killed_at_any_request(self) -> None:
        self.check(scenarios.RUNBOOK, every=11)


class ResizeTest(_CrashTest):
    def test_killed_at_any_request(self) -> None:
        self.check(scenarios.RESIZE, every=19)


class FleetTest(_CrashTest):
    def test_killed_at_any_request(self) -> None:
        self.check(scenarios.FLEET, every=53)


class OrderedTest(_CrashTest):
    def test_killed_at_any_request(self) -> None:
        self.check(scenarios.ORDERED, every=53)
