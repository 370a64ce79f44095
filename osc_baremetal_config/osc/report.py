"""Telling a person how it goes, on stderr.

On a terminal one line that is rewritten, elsewhere a line for each change of
state, and nothing with ``--quiet``. Never writes to stdout.
"""

import shutil
import unicodedata
from typing import TextIO

_CLEAR = '\r\x1b[K'


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
        full = width * count // max(total, 1)
        bar = '#' * full + '.' * (width - full)
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


def _cut(text: str, cells: int) -> str:
    """Return as much of a text as there are cells for on a terminal."""
    kept = []
    for letter in text:
        cells -= 2 if unicodedata.east_asian_width(letter) in 'FW' else 1
        if cells < 0:
            break
        kept.append(letter)
    return ''.join(kept)
