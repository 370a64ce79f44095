"""The end of a window, as a person writes it."""

import datetime
import os
import time

from osc_baremetal_config.osc import until
from tests.unit import base

NOW = datetime.datetime(2026, 11, 30, 20, 10, tzinfo=datetime.UTC)


class UntilTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # That of the process: of os.environ a test has a copy.
        was = os.environb.get(b'TZ')
        self.addCleanup(time.tzset)
        if was is None:
            self.addCleanup(os.unsetenv, 'TZ')
        else:
            self.addCleanup(os.putenv, b'TZ', was)
        os.putenv('TZ', 'XXX-1')
        time.tzset()

    def left_s(self, text: str) -> float | None:
        found = until.parse(text)
        return found.left_s(NOW) if found else None

    def test_what_is_left(self) -> None:
        for text, expected in (
            ('45s', 45),
            ('90m', 5400),
            ('2h', 7200),
            ('1h30m', 5400),
            ('1h0m5s', 3605),
            # It is 21:10 here.
            ('21:30', 20 * 60),
            ('21:10', 24 * 3600),
            ('6:00', 8 * 3600 + 50 * 60),
            ('20:30', 24 * 3600 - 40 * 60),
            ('2026-11-30T20:20:00+00:00', 600),
            ('2026-11-30T20:20:00Z', 600),
            ('2026-11-30T21:20', 600),
            ('2026-11-30T21:00', -600),
            ('2026-12-01', 3600 * 2 + 50 * 60),
        ):
            with self.subTest(text):
                self.assertEqual(expected, self.left_s(text))

    def test_what_is_none(self) -> None:
        for text in (
            '',
            '0s',
            '0h0m',
            '90',
            '1.5h',
            '-5m',
            '1m1h',
            '24:00',
            '12:60',
            'noon',
            '1d',
            '9' * 400 + 'h',
            '0001-01-01',
            '2026-13-01',
        ):
            with self.subTest(text):
                self.assertIsNone(until.parse(text))
