"""The test case that all unit tests derive from."""

import fixtures
import hypothesis

from tests import runs

# How long a case takes is for the benchmarks; a busy machine fails no test.
hypothesis.settings.register_profile('unit', deadline=None)
hypothesis.settings.load_profile('unit')


class TestCase(runs.RunTestCase):
    """A test that has no home, no credentials and no clouds of anybody."""

    def setUp(self) -> None:
        """Hide what the person who runs the tests has set."""
        super().setUp()
        home = self.useFixture(fixtures.TempHomeDir()).path
        self.useFixture(fixtures.MonkeyPatch('os.environ', {'HOME': home}))
