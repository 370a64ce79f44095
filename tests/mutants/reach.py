"""Which unit tests reach which lines, and what each takes.

Owns one run of all unit tests under coverage, in this process.
"""

import importlib
import pkgutil
import time
import unittest
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import coverage

import osc_baremetal_config


@dataclass(frozen=True, slots=True)
class Reach:
    """What one run of all tests has shown.

    :param seconds: name of a test → how long it took.
    :param lines: file → line → the tests that reach it.
    """

    seconds: Mapping[str, float]
    lines: Mapping[Path, Mapping[int, frozenset[str]]]

    def tests(self, path: Path, line: int) -> list[str]:
        """Return the tests that reach a line, the quickest first.

        What is evaluated when the module is imported, such as a constant or a
        default, may matter to any of them.
        """
        lines = self.lines.get(path, {})
        # A statement of many lines may be known by its first.
        reached = next(
            (lines[one] for one in range(line, 0, -1) if one in lines), None
        )
        return sorted(reached or self.seconds, key=self.seconds.__getitem__)


class _Result(unittest.TestResult):
    """Tells coverage which test is running."""

    def __init__(self, measured: coverage.Coverage) -> None:
        super().__init__()
        self._measured = measured
        self._began = 0.0
        self.seconds: dict[str, float] = {}

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._measured.switch_context(test.id())
        self._began = time.monotonic()

    def stopTest(self, test: unittest.TestCase) -> None:
        self.seconds[test.id()] = time.monotonic() - self._began
        super().stopTest(test)


def measured(root: Path) -> Reach:
    """Return what all unit tests reach.

    :raises AssertionError: one of them fails as it is.
    """
    coverage_ = coverage.Coverage(
        data_file=None, config_file=False, source=['osc_baremetal_config']
    )
    coverage_.start()
    try:
        found = unittest.defaultTestLoader.discover(
            str(root / 'tests/unit'), top_level_dir=str(root)
        )
        # What the first test imports would seem to be reached by that alone.
        for module in pkgutil.walk_packages(
            osc_baremetal_config.__path__, 'osc_baremetal_config.'
        ):
            importlib.import_module(module.name)
        result = _Result(coverage_)
        found.run(result)
    finally:
        coverage_.stop()
    failed = [test.id() for test, _ in result.failures + result.errors]
    assert not failed, failed
    data = coverage_.get_data()
    return Reach(
        result.seconds,
        {
            Path(name).relative_to(root): {
                line: frozenset(filter(None, contexts))
                for line, contexts in data.contexts_by_lineno(name).items()
            }
            for name in data.measured_files()
        },
    )
