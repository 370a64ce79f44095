"""Telling a person how it goes, on stderr.

On a terminal one line that is rewritten, elsewhere a line for each change of
state, and nothing with ``--quiet``. Never writes to stdout.
"""

import collections
import shutil
import threading
import unicodedata
from collections.abc import Iterable
from typing import TextIO

from osc_baremetal_config.core import rollout
from osc_baremetal_config.core.model import Server
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.core.rollout import Progress
from osc_baremetal_config.osc import tables
from osc_baremetal_config.run.protocols import Clock
from osc_baremetal_config.run.rollout import Ended

_CLEAR = '\r\x1b[K'
# Cells of a bar, and the fewest that still tell something.
_BAR, _LEAST_BAR = 20, 5
# A terminal need not be written to more often than it is read.
_REDRAW_S = 0.2


class Silent:
    """Tells nothing."""

    def doing(self, what: str, elapsed_s: float, limit_s: float) -> None:
        """Take note of what is going on; called at every look."""

    def warn(self, text: str) -> None:
        """Take note of something that the person should know."""

    def close(self) -> None:
        """End the telling."""


class Lines:
    """Tells each change on a line of its own.

    :param name: what the lines begin with.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._last = ''

    def doing(self, what: str, elapsed_s: float, limit_s: float) -> None:
        """Take note of what is going on; called at every look."""
        if what != self._last:
            self._last = what
            self.warn(f'{what} ({_minutes(elapsed_s)})')

    def warn(self, text: str) -> None:
        """Take note of something that the person should know."""
        self._stream.write(f'{self._name}: {text}\n')
        self._stream.flush()

    def close(self) -> None:
        """End the telling."""


class LivingLine:
    """Tells on one line of a terminal, which is gone at the end."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = name

    def doing(self, what: str, elapsed_s: float, limit_s: float) -> None:
        """Take note of what is going on; called at every look."""
        time = f'  {_minutes(elapsed_s)}  (up to {_minutes(limit_s)})'
        # A line that wraps could not be taken back.
        width = shutil.get_terminal_size().columns - 1
        said = _cut(f'{self._name}  {what}', width - len(time))
        self._stream.write(_CLEAR + _cut(said + time, width))
        self._stream.flush()

    def warn(self, text: str) -> None:
        """Take note of something that the person should know."""
        self._stream.write(f'{_CLEAR}{self._name}: {text}\n')
        self._stream.flush()

    def close(self) -> None:
        """End the telling."""
        self._stream.write(_CLEAR)
        self._stream.flush()


class Bar:
    """Tells on one line of a terminal how many of how many are read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def progress(self, count: int, total: int) -> None:
        """Take note that so many of so many are read."""
        width = max(10, min(40, shutil.get_terminal_size().columns - 30))
        bar = _bar(count, total, width)
        self._stream.write(f'{_CLEAR}reading {bar} {count}/{total}')
        self._stream.flush()

    def close(self) -> None:
        """End the telling."""
        self._stream.write(_CLEAR)
        self._stream.flush()


class NoBar:
    """Tells nothing."""

    def progress(self, count: int, total: int) -> None:
        """Take note that so many of so many are read."""

    def close(self) -> None:
        """End the telling."""


def bar(stream: TextIO, *, quiet: bool) -> Bar | NoBar:
    """Return who tells how far a reading is, as the stream allows."""
    return Bar(stream) if stream.isatty() and not quiet else NoBar()


def reporter(
    stream: TextIO, name: str, *, quiet: bool
) -> Silent | Lines | LivingLine:
    """Return who tells about a server, as the stream allows."""
    if quiet:
        return Silent()
    return (LivingLine if stream.isatty() else Lines)(stream, name)


def _minutes(seconds: float) -> str:
    return f'{int(seconds) // 60}:{int(seconds) % 60:02}'


def _bar(count: int, total: int, width: int) -> str:
    full = width * count // max(total, 1)
    return '#' * full + '.' * (width - full)


def _cut(text: str, cells: int) -> str:
    """Return as much of a text as there are cells for on a terminal."""
    kept = []
    for letter in text:
        cells -= 2 if unicodedata.east_asian_width(letter) in 'FW' else 1
        if cells < 0:
            break
        kept.append(letter)
    return ''.join(kept)


class Rollout:
    """Tells how a change of many servers goes.

    On a terminal one line with a bar and counts by phase; elsewhere a line
    for each server that has ended. Why one has failed is told at once.
    """

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._began = clock.now()
        # The calls of many servers are made in many threads.
        self._lock = threading.Lock()
        self._phases: dict[str, str] = {}
        self._drawn: float | None = None

    def reporter(self, plan: Plan) -> 'OneOfMany':
        """Return who tells how one server goes."""
        return OneOfMany(self, plan.server)

    def phase(self, server_id: str, what: str) -> None:
        """Take note of what is going on with a server."""
        with self._lock:
            self._phases[server_id] = what

    def progress(self, progress: Progress) -> None:
        """Take note of how far it is; called at every look."""
        now = self._clock.now()
        is_soon = self._drawn is not None and now < self._drawn + _REDRAW_S
        if is_soon or not self._stream.isatty():
            return
        self._drawn = now
        width = shutil.get_terminal_size().columns - 1
        with self._lock:
            line = _so_far(
                progress, self._phases.values(), now - self._began, width
            )
            self._stream.write(_CLEAR + line)
            self._stream.flush()

    def ended(self, plan: Plan, end: Ended) -> None:
        """Take note that a server has ended."""
        with self._lock:
            self._phases.pop(plan.server.id, None)
        if end.error:
            self.warn('\n'.join(end.error.lines()))
        elif end.outcome and not self._stream.isatty():
            how = 'done' if end.outcome.is_finished else 'begun'
            self.warn(f'{plan.server.name}: {how}')
        for line in tables.besides(plan.server, end.outcome):
            self.warn(line)

    def warn(self, text: str) -> None:
        """Tell something that the person should know."""
        clear = _CLEAR if self._stream.isatty() else ''
        with self._lock:
            self._stream.write(f'{clear}{text}\n')
            self._stream.flush()

    def close(self) -> None:
        """End the telling."""
        if self._stream.isatty():
            self._stream.write(_CLEAR)
            self._stream.flush()


def _so_far(
    now: Progress, phases: Iterable[str], elapsed_s: float, width: int
) -> str:
    """Return how far a change of many servers is, on one line.

    :param width: cells; the bar gives way to the rest.
    """
    counts = collections.Counter(map(_phase, phases))
    doing = ', '.join(f'{n} {what}' for what, n in counts.most_common())
    left_s = rollout.left_s(now, elapsed_s)
    left = '' if left_s is None else f', about {_minutes(left_s)} left'
    done = now.verified + now.failed
    parts = [
        f'{done}/{now.total}',
        f'verified {now.verified}',
        f'failed {now.failed}',
        f'running {len(now.running)}{f": {doing}" if doing else ""}',
        f'{_minutes(elapsed_s)}{left}',
    ]
    line = '  '.join(parts)
    room = min(_BAR, width - len(line) - len('  '))
    bar = f'{_bar(done, now.total, room)}  ' if room >= _LEAST_BAR else ''
    return _cut(bar + line, width)


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

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def reporter(self, plan: Plan) -> Silent:
        """Return who tells how one server goes."""
        return Silent()

    def progress(self, progress: Progress) -> None:
        """Take note of how far it is."""

    def ended(self, plan: Plan, end: Ended) -> None:
        """Take note that a server has ended."""
        if end.error:
            self._stream.write('\n'.join([*end.error.lines(), '']))
            self._stream.flush()

    def warn(self, text: str) -> None:
        """Take note of something that the person should know."""

    def close(self) -> None:
        """End the telling."""


def telling(
    stream: TextIO, clock: Clock, *, quiet: bool
) -> Rollout | QuietRollout:
    """Return who tells about many servers."""
    return QuietRollout(stream) if quiet else Rollout(stream, clock)
