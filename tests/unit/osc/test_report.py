"""Telling a person how it goes."""

import io

import fixtures

from osc_baremetal_config.osc import report
from tests.unit import base


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class ReportTest(base.TestCase):
    def told(self, stream: io.StringIO, *, quiet: bool = False) -> str:
        reporter = report.reporter(stream, 'web-1', quiet=quiet)
        reporter.doing('servicing', 1.0, 3600.0)
        reporter.doing('servicing', 61.9, 3600.0)
        reporter.warn('Nova is away')
        reporter.close()
        return stream.getvalue()

    def test_a_terminal_has_one_line_that_is_gone_at_the_end(self) -> None:
        self.assertEqual(
            '\r\x1b[Kweb-1  servicing  0:01  (up to 60:00)'
            '\r\x1b[Kweb-1  servicing  1:01  (up to 60:00)'
            '\r\x1b[Kweb-1: Nova is away\n'
            '\r\x1b[K',
            self.told(Terminal()),
        )

    def test_it_never_wraps(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('COLUMNS', '40'))
        stream = Terminal()
        reporter = report.LivingLine(stream, 'web-1')
        reporter.doing('x' * 100, 1.0, 3600.0)
        line = stream.getvalue().removeprefix('\r\x1b[K')
        self.assertLess(len(line), 40)
        self.assertTrue(line.endswith('  0:01  (up to 60:00)'), line)

    def test_it_never_wraps_however_narrow_or_wide(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('COLUMNS', '20'))
        stream = Terminal()
        report.LivingLine(stream, 'サーバー').doing('起動' * 20, 1.0, 3600.0)
        line = stream.getvalue().removeprefix('\r\x1b[K')
        self.assertLess(
            sum(2 if letter > '\u2e80' else 1 for letter in line), 20
        )

    def test_elsewhere_a_line_is_a_change(self) -> None:
        self.assertEqual(
            'web-1: servicing (0:01)\nweb-1: Nova is away\n',
            self.told(io.StringIO()),
        )

    def test_quiet_is_silent(self) -> None:
        self.assertEqual('', self.told(Terminal(), quiet=True))
