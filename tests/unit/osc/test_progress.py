"""Telling a person how it goes."""

import fcntl
import io
import itertools
import os
import pty
import re
import struct
import termios

import fixtures

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.rollout import scheduler
from osc_baremetal_config.core.rollout.result import Ended, Outcome
from osc_baremetal_config.osc import files, progress
from osc_baremetal_config.osc.streams import Stream
from tests.unit import base, canned
from tests.unit.core import snapshots


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class ReportTest(base.TestCase):
    def told(self, stream: io.StringIO, *, quiet: bool = False) -> str:
        server = snapshots.server({})
        reporter = progress.reporter(
            Stream(stream), canned.Clock(), is_one=True, is_quiet=quiet
        )
        reporter.doing(server, 'servicing', 1.0, 3600.0)
        reporter.doing(server, 'servicing', 61.9, 3600.0)
        reporter.warn('Nova is away', server)
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

    def living(self, name: str, what: str, columns: int) -> str:
        """Return the line of a terminal that is so wide."""
        self.useFixture(fixtures.EnvironmentVariable('COLUMNS', str(columns)))
        stream = Terminal()
        server = snapshots.server({'name': name})
        line = progress.OneOnOneLine(Stream(stream))
        line.doing(server, what, 1.0, 3600.0)
        return stream.getvalue().removeprefix('\r\x1b[K')

    def test_the_state_stays_where_it_is_narrow(self) -> None:
        what = 'service wait bios.apply'
        for columns, line in (
            (60, f'web-1  {what}  0:01  (up to 60:00)'),
            (40, f'web-1  {what}  0:01'),
            (34, f'we  {what}  0:01'),
            (30, f'{what}  0:01'),
            (20, 'service wait   0:01'),
        ):
            self.assertEqual(line, self.living('web-1', what, columns))

    def test_it_never_wraps_however_narrow_or_wide(self) -> None:
        for columns in range(1, 60):
            line = self.living('サーバー\n\x1b[2J', '起動' * 20, columns)
            self.assertLess(
                sum(2 if letter > '\u2e80' else 1 for letter in line),
                max(columns, 2),
            )
            self.assertTrue(line.isprintable())

    def test_width_is_that_of_the_stream(self) -> None:
        above, below = pty.openpty()
        self.addCleanup(os.close, above)
        size = struct.pack('HHHH', 24, 33, 0, 0)
        fcntl.ioctl(below, termios.TIOCSWINSZ, size)
        with (
            os.fdopen(below, 'w', encoding='utf-8') as stream,
            fixtures.EnvironmentVariable('COLUMNS', '44'),
        ):
            self.assertEqual(33, Stream(stream).columns)

    def test_no_escape_codes_where_they_are_not_wanted(self) -> None:
        for name, value in (('TERM', 'dumb'), ('NO_COLOR', '1')):
            with fixtures.EnvironmentVariable(name, value):
                self.assertEqual(
                    'web-1: servicing (0:01)\n'
                    'web-1: still servicing (1:01, up to 60:00)\n'
                    'web-1: Nova is away\n',
                    self.told(Terminal()),
                )

    def test_elsewhere_a_line_is_a_change(self) -> None:
        self.assertEqual(
            'web-1: servicing (0:01)\n'
            'web-1: still servicing (1:01, up to 60:00)\n'
            'web-1: Nova is away\n',
            self.told(io.StringIO()),
        )

    def test_elsewhere_a_line_at_least_once_a_minute(self) -> None:
        stream = io.StringIO()
        server = snapshots.server({})
        reporter = progress.OneInLines(Stream(stream))
        # No two looks are further apart than ten seconds.
        for seconds in range(0, 600, 9):
            reporter.doing(server, 'servicing', float(seconds), 3600.0)
        times = [
            60 * int(m) + int(s)
            for m, s in re.findall(r'\((\d+):(\d+)', stream.getvalue())
        ]
        gaps = [b - a for a, b in itertools.pairwise([*times, 600])]
        self.assertEqual(0, times[0])
        self.assertLessEqual(max(gaps), 60)
        self.assertLess(len(times), 13)

    def test_quiet_is_silent(self) -> None:
        self.assertEqual('', self.told(Terminal(), quiet=True))


class RolloutTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.EnvironmentVariable('COLUMNS', '120'))
        self.clock = canned.Clock()
        self.plans = [
            planner.make(
                [snapshots.item('hyperthreading=enabled')],
                assess(
                    snapshots.snapshot({'server': {'name': name, 'id': name}}),
                    files.load(()),
                ),
            )
            for name in ('web-1', 'web-2', 'web-3', 'web-4')
        ]

    def told(self, stream: io.StringIO, *, quiet: bool = False) -> str:
        """Return what is told of four servers, of which two end."""
        telling = progress.reporter(
            Stream(stream), self.clock, is_one=False, is_quiet=quiet
        )
        members = [scheduler.Member(plan.server.id) for plan in self.plans]
        now = scheduler.Progress(
            running=tuple(members[:2]), waiting=(members[2], members[3])
        )
        servers = [plan.server for plan in self.plans]
        telling.doing(servers[0], 'Nova: powering-off', 1.0, 3600.0)
        telling.doing(servers[1], 'service wait bios.apply', 1.0, 3600.0)
        telling.progress(now)
        self.clock.sleep(60.0)
        well = Outcome(60.0, None, is_finished=True)
        telling.ended(self.plans[0], Ended(60.0, outcome=well))
        telling.progress(scheduler.ended(now, members[0], failed=False))
        telling.warn('Nova is away', servers[1])
        error = errors.RolledBack(
            'web-2: the BMC says no', ['It is as it was.']
        )
        telling.ended(self.plans[1], Ended(60.0, error=error))
        telling.close()
        return stream.getvalue()

    def test_a_terminal_has_a_bar_with_counts_by_phase(self) -> None:
        clear = '\r\x1b[K'
        self.assertEqual(
            f'{clear}....................  0/4  verified 0  failed 0  '
            f'running 2: 1 powering-off, 1 service wait  0:00'
            f'{clear}#####...............  1/4  verified 1  failed 0  '
            f'running 1: 1 service wait  1:00, about 3:00 left'
            f'{clear}web-2: Nova is away\n'
            f'{clear}web-2: the BMC says no\n  It is as it was.\n{clear}',
            self.told(Terminal()),
        )

    def test_it_never_wraps(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('COLUMNS', '40'))
        for line in re.split('\r\x1b\\[K|\n', self.told(Terminal())):
            self.assertLess(len(line), 40)

    def test_the_bar_gives_way_to_the_phases(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('COLUMNS', '80'))
        told = self.told(Terminal())
        self.assertIn('running 2: 1 powering-off, 1 service wait', told)

    def test_elsewhere_a_line_for_each_that_has_ended(self) -> None:
        self.assertEqual(
            'web-1: done\n'
            '1/4  verified 1  failed 0  running 1: 1 service wait  1:00, '
            'about 3:00 left\n'
            'web-2: Nova is away\n'
            'web-2: the BMC says no\n  It is as it was.\n',
            self.told(io.StringIO()),
        )

    def test_quiet_tells_only_what_has_failed(self) -> None:
        self.assertEqual(
            'web-2: the BMC says no\n  It is as it was.\n',
            self.told(Terminal(), quiet=True),
        )
