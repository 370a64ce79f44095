"""What becomes of calls that wait for a thread when it all ends early."""

import threading
from concurrent import futures

from osc_baremetal_config.run import pools
from tests.unit import base


class PoolTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.goes_on, self.has_begun = threading.Event(), threading.Event()
        self.addCleanup(self.goes_on.set)

    def call(self) -> bool:
        """Return whether it may go on, once that is so."""
        self.has_begun.set()
        return self.goes_on.wait(10.0)

    def begin(
        self, pool: pools.Pool
    ) -> tuple[futures.Future[bool], futures.Future[bool]]:
        """Have a call under way, and another that waits for its thread."""
        first, second = pool.submit(self.call), pool.submit(self.call)
        self.has_begun.wait(10.0)
        return first, second

    def test_a_pool_that_is_dropped_waits_for_nothing(self) -> None:
        with pools.pool(1) as pool:
            first, second = self.begin(pool)
            pool.drop()
        self.assertTrue(second.cancelled())
        self.assertFalse(first.done())

    def test_an_exception_drops_what_only_waits(self) -> None:
        timer = threading.Timer(0.05, self.goes_on.set)
        with self.assertRaises(KeyError), pools.pool(1) as pool:
            first, second = self.begin(pool)
            timer.start()
            raise KeyError('x')
        self.assertTrue(second.cancelled())
        self.assertIs(True, first.result(0.0))

    def test_the_end_of_the_block_waits_for_all(self) -> None:
        timer = threading.Timer(0.05, self.goes_on.set)
        with pools.pool(1) as pool:
            found = self.begin(pool)
            timer.start()
        self.assertEqual([True, True], [one.result(0.0) for one in found])
