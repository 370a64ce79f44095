"""The test case that all unit tests derive from."""

import functools
import gc
import os

import fixtures
import hypothesis

from tests import runs
from tests.bios import machines

# How many cases a property is tried on by chance; the same few without.
_BY_CHANCE = os.environ.get('PROPERTY_EXAMPLES')
# How long a case takes is for the benchmarks; a busy machine fails no test.
hypothesis.settings.register_profile(
    'unit',
    deadline=None,
    derandomize=not _BY_CHANCE,
    max_examples=int(_BY_CHANCE or 100),
)
hypothesis.settings.load_profile('unit')


class TestCase(runs.RunTestCase):
    """A test that has no home, no credentials and no clouds of anybody."""

    def setUp(self) -> None:
        """Hide what the person who runs the tests has set."""
        super().setUp()
        _keep_what_is_loaded()
        home = self.useFixture(fixtures.TempHomeDir()).path
        kept = {
            name: os.environ[name]
            for name in (machines.FOLDER,)
            if name in os.environ
        }
        environ = kept | {'HOME': home}
        self.useFixture(fixtures.MonkeyPatch('os.environ', environ))


@functools.cache
def _keep_what_is_loaded() -> None:
    """Have no collection of garbage go through what stays anyway.

    All modules are loaded by the first test: a million objects, which cost a
    quarter of the time of all the tests that come after it.
    """
    gc.collect()
    gc.freeze()
