"""Telling a person how it goes, on stderr.

On a terminal one line that is rewritten, elsewhere a line for each change of
state and for each minute without one, and nothing with ``--quiet``. Never
writes to stdout, and what it writes goes through a guarded stream.
"""

import collections
import threading
from collections.abc import Iterable

from osc_baremetal_config.core.facts.model import Server
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.rollout import scheduler
from osc_baremetal_config.core.rollout.scheduler import Progress
from osc_baremetal_config.osc import streams, tables
from osc_baremetal_config.osc.streams import Stream
from osc_baremetal_config.run.protocols import Clock
from osc_baremetal_config.run.rollout import Ended

# Cells of a bar, and the fewest that still tell something.
_BAR, _LEAST_BAR = 20, 5
# A terminal need not be written to more often than it is read.
_REDRAW_S = 0.2
# Elsewhere it is told once a minute what is waited for; so much before that is
# over, as the next look may be ten seconds away.
_SILENCE_S = 50.0


class Silent:
    """Tells nothing."""

    def doing(self, what: str, elapsed_s: float, limit_s: float) -> None:
        """Take note of what is going on; called at every look."""

    def warn(self, text: str) -> None:
        """Take note of something that the person should know."""

    def close(self) -> None:
        """End the telling."""


class Lines:
    """Tells each change on a line of its own, and now and then that it waits.

    :param name: what the lines begin with.
    """

    def __init__(self, stream: Stream, name: str) -> None:
        self._stream = stream
        self._name = name
        self._last = ''
        self._told_s = 0.0

    def doing(self, what: str, elapsed_s: float, limit_s: float) -> None:
        """Take note of what is going on; called at every look."""
        time = _minutes(elapsed_s)
        if what != self._last:
            self.warn(f'{what} ({time})')
        elif elapsed_s >= self._told_s + _SILENCE_S:
            self.warn(f'still {what} ({time}, up to {_minutes(limit_s)})')
        else:
            return
        self._last, self._told_s = what, elapsed_s

    def warn(self, text: str) -> None:
        """Take note of something that the person should know."""
        self._stream.line(f'{self._name}: {text}')

    def close(self) -> None:
        """End the telling."""


class LivingLine:
    """Tells on one line of a terminal, which is gone at the end."""

    def __init__(self, stream: Stream, name: str) -> None:
        self._stream = stream
        self._name = name

    def doing(self, what: str, elapsed_s: float, limit_s: float) -> None:
        """Take note of what is going on; called at every look."""
        visible, width = self._stream.visible, self._stream.columns - 1
        time = f'  {_minutes(elapsed_s)}'
        limit = f'  (up to {_minutes(limit_s)})'
        name, state = visible(self._name), visible(what)
        # Where it is narrow, what is going on is what matters.
        if streams.cells(f'{name}  {state}{time}{limit}') > width:
            limit = ''
        room = width - streams.cells(f'  {state}{time}')
        name = f'{streams.cut(name, room)}  ' if room > 0 else ''
        room = width - streams.cells(f'{name}{time}{limit}')
        self._stream.redraw(f'{name}{streams.cut(state, room)}{time}{limit}')

    def warn(self, text: str) -> None:
        """Take note of something that the person should know."""
        self._stream.redraw()
        self._stream.line(f'{self._name}: {text}')

    def close(self) -> None:
        """End the telling."""
        self._stream.redraw()


class Bar:
    """Tells on one line of a terminal how many of how many are read."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def progress(self, count: int, total: int) -> None:
        """Take note that so many of so many are read."""
        width = max(10, min(40, self._stream.columns - 30))
        bar = _bar(count, total, width)
        self._stream.redraw(f'reading {bar} {count}/{total}')

    def close(self) -> None:
        """End the telling."""
        self._stream.redraw()


class NoBar:
    """Tells nothing."""

    def progress(self, count: int, total: int) -> None:
        """Take note that so many of so many are read."""

    def close(self) -> None:
        """End the telling."""


def bar(stream: Stream, *, quiet: bool) -> Bar | NoBar:
    """Return who tells how far a reading is, as the stream allows."""
    return Bar(stream) if stream.is_living and not quiet else NoBar()


def reporter(
    stream: Stream, name: str, *, quiet: bool
) -> Silent | Lines | LivingLine:
    """Return who tells about a server, as the stream allows."""
    if quiet:
        return Silent()
    return (LivingLine if stream.is_living else Lines)(stream, name)


def _minutes(seconds: float) -> str:
    return f'{int(seconds) // 60}:{int(seconds) % 60:02}'


def _bar(count: int, total: int, width: int) -> str:
    full = width * count // max(total, 1)
    return '#' * full + '.' * (width - full)


class Rollout:
    """Tells how a change of many servers goes.

    On a terminal one line with a bar and counts by phase; elsewhere that once
    a minute, and a line for each server that has ended. Why one has failed is
    told at once.
    """

    def __init__(self, stream: Stream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._began = clock.now()
        # The calls of many servers are made in many threads.
        self._lock = threading.Lock()
        self._phases: dict[str, str] = {}
        # A line may be rewritten at once, one that stays is for later.
        self._drawn = self._began - (_REDRAW_S if stream.is_living else 0)

    def reporter(self, plan: Plan) -> 'OneOfMany':
        """Return who tells how one server goes."""
        return OneOfMany(self, plan.server)

    def phase(self, server_id: str, what: str) -> None:
        """Take note of what is going on with a server."""
        with self._lock:
            self._phases[server_id] = what

    def progress(self, progress: Progress) -> None:
        """Take note of how far it is; called at every look."""
        now, is_living = self._clock.now(), self._stream.is_living
        if now < self._drawn + (_REDRAW_S if is_living else _SILENCE_S):
            return
        self._drawn = now
        width = self._stream.columns - 1 if is_living else 0
        with self._lock:
            phases = list(self._phases.values())
            line = _so_far(progress, phases, now - self._began, width)
            (self._stream.redraw if is_living else self._stream.line)(line)

    def ended(self, plan: Plan, end: Ended) -> None:
        """Take note that a server has ended."""
        with self._lock:
            self._phases.pop(plan.server.id, None)
        if end.error:
            self.warn(*end.error.lines())
        elif end.outcome and not self._stream.is_living:
            how = 'done' if end.outcome.is_finished else 'begun'
            self.warn(f'{plan.server.name}: {how}')
        for line in tables.side_effects(plan.server, end.outcome):
            self.warn(line)

    def warn(self, *lines: str) -> None:
        """Tell something that the person should know."""
        with self._lock:
            self.close()
            for line in lines:
                self._stream.line(line)

    def close(self) -> None:
        """End the telling."""
        if self._stream.is_living:
            self._stream.redraw()


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


class OneOfMany:
    """Tells how one of many servers goes."""

    def __init__(self, rollout: Rollout, server: Server) -> None:
        self._rollout = rollout
        self._server = server

    def doing(self, what: str, elapsed_s: float, limit_s: float) -> None:
        """Take note of what is going on; called at every look."""
        self._rollout.phase(self._server.id, what)

    def warn(self, text: str) -> None:
        """Take note of something that the person should know."""
        self._rollout.warn(f'{self._server.name}: {text}')


class QuietRollout:
    """Tells only why servers have failed."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def reporter(self, plan: Plan) -> Silent:
        """Return who tells how one server goes."""
        return Silent()

    def progress(self, progress: Progress) -> None:
        """Take note of how far it is."""

    def ended(self, plan: Plan, end: Ended) -> None:
        """Take note that a server has ended."""
        if end.error:
            for line in end.error.lines():
                self._stream.line(line)

    def warn(self, text: str) -> None:
        """Take note of something that the person should know."""

    def close(self) -> None:
        """End the telling."""


def telling(
    stream: Stream, clock: Clock, *, quiet: bool
) -> Rollout | QuietRollout:
    """Return who tells about many servers."""
    return QuietRollout(stream) if quiet else Rollout(stream, clock)
