"""A sample of the other matrices; ``tox -e faults`` has all of them."""

from tests.matrix import (
    forged,
    gone,
    planted,
    points,
    scenarios,
    spoilt,
    two,
)
from tests.matrix.points import Verdict
from tests.unit import base


class GoneTest(base.TestCase):
    def test_way_back_needs_nothing_of_the_way_forward(self) -> None:
        seen = set()
        references: dict[str, points.Reference] = {}
        for number, case in enumerate(list(gone.cases())[::5]):
            name = case.scenario.name
            if name not in references:
                references[name] = points.Reference.of(case.scenario)
            reference = references[name]
            found = list(reference.points(points.CRASHES))
            # Another point for each, all over the change.
            point = found[(number * 17 + 30) % len(found)]
            outcome = gone.hit(reference, point, case)
            self.assertNotEqual(
                Verdict.LOST, outcome.verdict, f'{case}: {outcome.why}'
            )
            seen.add(outcome.verdict)
        self.assertIn(Verdict.CONVERGED, seen)


class ForgedTest(base.TestCase):
    def test_forged_journals(self) -> None:
        seen = set()
        for seed in range(24):
            outcome = forged.hit(seed)
            self.assertNotEqual(Verdict.LOST, outcome.verdict, outcome.why)
            seen.add(outcome.verdict)
        # Some are refused, and some are right and carried out.
        self.assertTrue({Verdict.REFUSED, Verdict.CONVERGED} <= seen)


class TwoTest(base.TestCase):
    def test_two_clients(self) -> None:
        for pair in two.PAIRS[::4]:
            for order in list(two.orders(pair))[5::401]:
                outcome = two.hit(pair, order)
                self.assertNotEqual(
                    Verdict.LOST, outcome.verdict, f'{order}: {outcome.why}'
                )


class SpoiltTest(base.TestCase):
    def test_documents_that_are_not_as_promised(self) -> None:
        seen = set()
        for command, step in zip(
            spoilt.COMMANDS[::4], (301, 701), strict=False
        ):
            for point in list(spoilt.points(command))[5::step]:
                outcome = spoilt.hit(point)
                self.assertNotEqual(
                    Verdict.LOST, outcome.verdict, f'{point}: {outcome.why}'
                )
                seen.add(outcome.verdict)
        self.assertEqual({Verdict.REFUSED, Verdict.THROUGH}, seen)


class MuteTest(base.TestCase):
    def test_stderr_gone(self) -> None:
        reference = points.Reference.of(scenarios.SERVICE)
        for point in list(reference.points(points.MUTES))[3::38]:
            outcome = reference.mute(point)
            self.assertEqual('', outcome.why, str(point))


class PlantedTest(base.TestCase):
    def test_planted_texts(self) -> None:
        for command in planted.COMMANDS:
            if command.name in ('list', 'recover'):
                found = list(planted.seeds(command))
                for seed, form in found[7 :: len(found) // 3]:
                    outcome = planted.hit(command, seed, form)
                    self.assertEqual('', outcome.why, f'{seed}, {form}')
