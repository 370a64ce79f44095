"""A command that was run, and what tests check of it."""

import json
from dataclasses import dataclass
from typing import Any

import testtools


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return stdout, which must be JSON."""
        return json.loads(self.out)


class RunTestCase(testtools.TestCase):
    """A test that runs commands."""

    def assert_ended(
        self,
        code: int,
        ran: Ran,
        *,
        out: str | None = None,
        err: str | None = None,
        result: str | None = None,
    ) -> None:
        """Check how a command ended, and what it printed if that is told.

        :param result: of the one server that was to be changed.
        """
        self.assertEqual(code, ran.code, str(ran))
        if result is not None:
            self.assertEqual(1, ran.out.count(result), str(ran))
        if out is not None:
            self.assertEqual(out, ran.out)
        if err is not None:
            self.assertEqual(err, ran.err)

    def assert_refused(self, ran: Ran, *reasons: str) -> None:
        """Check that a command was refused, in these words."""
        self.assert_ended(3, ran)
        self.assertNotIn('verified', ran.out)
        self.assertNotIn('Traceback', ran.err)
        for reason in reasons:
            self.assertIn(reason, ran.err)
