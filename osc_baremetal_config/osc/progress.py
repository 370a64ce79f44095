"""Telling a person how it goes, on stderr.

On a terminal one line that is rewritten; elsewhere a line for each change of
state, for each server that has ended and for each minute without one; with
``--quiet`` only why servers have failed. Never writes to stdout.

Not drawn by rich, which OpenStackClient loads: its live display takes over
stdout, hides the cursor and wants a thread or a terminal of its own, where
this must go through a guarded stream and survive the loss of it.
"""

import collections
import threading
from collections.abc import Iterable, Sequence

from osc_baremetal_config.core.facts.model import Server
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.rollout import scheduler
from osc_baremetal_config.core.rollout.result import Ended
from osc_baremetal_config.core.rollout.scheduler import Progress
from osc_baremetal_config.osc import streams
from osc_baremetal_config.osc.streams import Stream
from osc_baremetal_config.osc.views import results
from osc_baremetal_config.run.protocols import Clock

# Cells of a bar, and the fewest that still tell something.
_BAR, _LEAST_BAR = 20, 5
# A terminal need not be written to more often than it is read.
_REDRAW_S = 0.2
# Elsewhere it is told once a minute what is waited for; so much before that is
# over, as the next look may be ten seconds away.
_SILENCE_S = 50.0


class Bar:
    """Tells on one line of a terminal how many of how many are read."""

    def __init__(self, stream: Stream, *, is_shown: bool) -> None:
        self._stream = stream
        self._is_shown = is_shown and stream.is_living

    def progress(self, count: int, total: int) -> None:
        """Tell that so many of so many are read."""
        if self._is_shown:
            width = max(10, min(40, self._stream.columns - 30))
            bar = _bar(count, total, width)
            self._stream.redraw(f'reading {bar} {count}/{total}')

    def close(self) -> None:
        """End the telling."""
        if self._is_shown:
            self._stream.redraw()


class Silent:
    """Tells nothing; the base of the others. One server's end is shown."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def doing(
        self, server: Server, what: str, elapsed_s: float, limit_s: float
    ) -> None:
        """Tell what is going on with a server; called at every look."""

    def warn(self, text: str, server: Server | None = None) -> None:
        """Tell something that the person should know."""

    def progress(self, progress: Progress) -> None:
        """Tell how far it is; called at every look."""

    def ended(self, plan: Plan, end: Ended) -> None:
        """Tell that a server has ended."""

    def close(self) -> None:
        """End the telling."""


class FailuresOnly(Silent):
    """Tells only why servers have failed."""

    def ended(self, plan: Plan, end: Ended) -> None:
        """Tell that a server has ended."""
        for line in end.error.lines() if end.error else ():
            self._stream.line(line)


class _Loud(Silent):
    """Tells what there is to tell of one server, or of many."""

    def warn(self, text: str, server: Server | None = None) -> None:
        """Tell something that the person should know."""
        about = f'{server.name}: ' if server else ''
        self._lines([f'{about}{text}'])

    def ended(self, plan: Plan, end: Ended) -> None:
        """Tell what else was changed by what has ended."""
        self._lines(results.side_effects(plan.server, end.outcome))

    def close(self) -> None:
        """Clear the line that is rewritten."""
        if self._stream.is_living:
            self._stream.redraw()

    def _lines(self, lines: Sequence[str]) -> None:
        if lines:
            self.close()
        for line in lines:
            self._stream.line(line)


class OneInLines(_Loud):
    """Tells each change of one server on a line, and that it still waits."""

    _last = ''
    _told_s = 0.0

    def doing(
        self, server: Server, what: str, elapsed_s: float, limit_s: float
    ) -> None:
        """Tell what is going on with a server; called at every look."""
        time = _minutes(elapsed_s)
        if what != self._last:
            self.warn(f'{what} ({time})', server)
        elif elapsed_s >= self._told_s + _SILENCE_S:
            limit = _minutes(limit_s)
            self.warn(f'still {what} ({time}, up to {limit})', server)
        else:
            return
        self._last, self._told_s = what, elapsed_s


class OneOnOneLine(_Loud):
    """Tells of one server on one line of a terminal, which is rewritten."""

    def doing(
        self, server: Server, what: str, elapsed_s: float, limit_s: float
    ) -> None:
        """Tell what is going on with a server; called at every look."""
        visible, width = self._stream.visible, self._stream.columns - 1
        time = f'  {_minutes(elapsed_s)}'
        limit = f'  (up to {_minutes(limit_s)})'
        name, state = visible(server.name), visible(what)
        # Where it is narrow, what is going on is what matters.
        if streams.cells(f'{name}  {state}{time}{limit}') > width:
            limit = ''
        room = width - streams.cells(f'  {state}{time}')
        name = f'{streams.cut(name, room)}  ' if room > 0 else ''
        room = width - streams.cells(f'{name}{time}{limit}')
        self._stream.redraw(f'{name}{streams.cut(state, room)}{time}{limit}')


class Many(_Loud):
    """Tells how a change of many servers goes.

    On a terminal one line with a bar and counts by phase; elsewhere that once
    a minute, and a line for each server that has ended.
    """

    def __init__(self, stream: Stream, clock: Clock) -> None:
        super().__init__(stream)
        self._clock = clock
        self._started = clock.now()
        # The calls of many servers are made in many threads.
        self._lock = threading.RLock()
        self._phases: dict[str, str] = {}
        # A line may be rewritten at once, one that stays is for later.
        self._drawn = self._started - (_REDRAW_S if stream.is_living else 0)

    def doing(
        self, server: Server, what: str, elapsed_s: float, limit_s: float
    ) -> None:
        """Record what is going on with a server; called at every look."""
        with self._lock:
            self._phases[server.id] = what

    def progress(self, progress: Progress) -> None:
        """Tell how far it is; called at every look."""
        now, is_living = self._clock.now(), self._stream.is_living
        if now < self._drawn + (_REDRAW_S if is_living else _SILENCE_S):
            return
        self._drawn = now
        width = self._stream.columns - 1 if is_living else 0
        with self._lock:
            phases = list(self._phases.values())
            line = _so_far(progress, phases, now - self._started, width)
            (self._stream.redraw if is_living else self._stream.line)(line)

    def warn(self, text: str, server: Server | None = None) -> None:
        """Tell something that the person should know."""
        with self._lock:
            super().warn(text, server)

    def ended(self, plan: Plan, end: Ended) -> None:
        """Tell that a server has ended, and what else was changed by it."""
        with self._lock:
            self._phases.pop(plan.server.id, None)
            super().ended(plan, end)
            self._lines(end.error.lines() if end.error else [])
            if end.outcome and not self._stream.is_living:
                how = 'done' if end.outcome.is_finished else 'started'
                self.warn(how, plan.server)


def reporter(
    stream: Stream, clock: Clock, *, is_one: bool, is_quiet: bool
) -> Silent:
    """Return who is told how it goes, as the stream allows."""
    if is_quiet:
        return Silent(stream) if is_one else FailuresOnly(stream)
    if not is_one:
        return Many(stream, clock)
    return OneOnOneLine(stream) if stream.is_living else OneInLines(stream)


def _minutes(seconds: float) -> str:
    return f'{int(seconds) // 60}:{int(seconds) % 60:02}'


def _bar(count: int, total: int, width: int) -> str:
    full = width * count // max(total, 1)
    return '#' * full + '.' * (width - full)


def _so_far(
    now: Progress, phases: Iterable[str], elapsed_s: float, width: int
) -> str:
    """Return how far a change of many servers is, on one line.

    :param width: cells, of which those that are left are for a bar.
    """
    counts = collections.Counter(map(_phase, phases))
    doing = ', '.join(f'{n} {what}' for what, n in counts.most_common())
    left_s = scheduler.left_s(now, elapsed_s)
    left = '' if left_s is None else f', about {_minutes(left_s)} left'
    done = now.verified + now.failed
    going = f'running {len(now.running)}{f": {doing}" if doing else ""}'
    line = '  '.join(
        [
            f'{done}/{now.total}',
            f'verified {now.verified}',
            f'failed {now.failed}',
            going,
            f'{_minutes(elapsed_s)}{left}',
        ]
    )
    if 0 < width < streams.cells(line):
        # Where there is little room, what is going on and for how long.
        failed = [f'failed {now.failed}'] if now.failed else []
        short = [f'{done}/{now.total}', *failed, _minutes(elapsed_s), going]
        return '  '.join(short)
    room = min(_BAR, width - len(line) - len('  '))
    bar = f'{_bar(done, now.total, room)}  ' if room >= _LEAST_BAR else ''
    return bar + line


def _phase(what: str) -> str:
    """Return what is going on with a server, without what is only its own."""
    doing = what.removeprefix('Nova: ').removeprefix('Ironic: ')
    if doing.startswith('service wait'):
        return 'service wait'
    return doing.partition(' ')[0]
