"""The test case that all unit tests derive from."""

import fixtures
import testtools


class TestCase(testtools.TestCase):
    """A test that has no home, no credentials and no clouds of anybody."""

    def setUp(self) -> None:
        """Hide what the person who runs the tests has set."""
        super().setUp()
        home = self.useFixture(fixtures.TempHomeDir()).path
        self.useFixture(fixtures.MonkeyPatch('os.environ', {'HOME': home}))
