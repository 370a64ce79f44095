"""What reaches stdout and stderr, for the time of a command.

Owns that nothing of a cloud, a file or a command line can steer a terminal or
forge a line, that a stream which takes nothing any more ends nothing, and
where a line can be rewritten. Never decides what is said.
"""

import argparse
import contextlib
import difflib
import errno
import itertools
import logging
import os
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

# Control characters, invisible ones with those that turn the direction of
# writing, halves of pairs, and separators of lines and paragraphs.
_HIDDEN = frozenset({'Cc', 'Cf', 'Cs', 'Zl', 'Zp'})
# Letters and marks of which nothing is seen, so that two names look alike.
_BLANK = frozenset('\u034f\u115f\u1160\u2800\u3164\uffa0')
_CLEAR = '\r\x1b[K'
_COLUMNS = 80


def visible(text: str, encoding: str = 'utf-8') -> str:
    r"""Return a text on one line, with all that is not seen as an escape.

    An escape such as ``\x1b`` tells which character it is, where a sign for
    any would not, and can be written on every terminal.

    :param encoding: of the stream; what it does not have is escaped as well.
    """
    if not (text.isprintable() and _BLANK.isdisjoint(text)):
        text = ''.join(map(_visible, text))
    return text.encode(encoding, 'backslashreplace').decode(encoding)


def _visible(letter: str) -> str:
    if unicodedata.category(letter) in _HIDDEN or letter in _BLANK:
        return letter.encode('unicode_escape').decode()
    return letter


def cut(text: str, cells: int) -> str:
    """Return as much of a text as there are cells for on a terminal."""
    ends = itertools.accumulate(map(_cells, text))
    return ''.join(
        letter for letter, end in zip(text, ends, strict=True) if end <= cells
    )


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    return sum(map(_cells, text))


def _cells(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in 'FW' else 1


class Stream:
    """A stream that only takes what can be seen, and never fails.

    ``lost`` is why it takes nothing any more, None while it does.

    :param stream: what is written to; None if it was closed from the start.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.lost: Exception | None = None
        if stream is None:
            code = errno.EBADF
            self.lost = OSError(code, os.strerror(code))

    def __getattr__(self, name: str) -> Any:
        """Return what else a stream has."""
        return getattr(self._stream, name)

    @property
    def encoding(self) -> str:
        """Return what the stream's text is encoded as."""
        return getattr(self._stream, 'encoding', None) or 'utf-8'

    @property
    def is_living(self) -> bool:
        """Return whether a line can be rewritten: escape codes are taken."""
        is_dumb = os.environ.get('TERM') == 'dumb'
        return self.isatty() and not (is_dumb or os.environ.get('NO_COLOR'))

    @property
    def columns(self) -> int:
        """Return the cells of a line.

        As for the tables of cliff, a terminal knows better than ``COLUMNS``.
        """
        with contextlib.suppress(AttributeError, OSError, ValueError):
            if columns := os.get_terminal_size(self.fileno()).columns:
                return columns
        told = os.environ.get('COLUMNS', '')
        return int(told) if told.isdecimal() else _COLUMNS

    def isatty(self) -> bool:
        """Return whether a person reads it; a stream that is lost, nobody."""
        with contextlib.suppress(OSError, ValueError):
            return not self.lost and bool(self._stream.isatty())
        return False

    def visible(self, text: str) -> str:
        """Return a text as it is seen in the stream, on one line."""
        return visible(text, self.encoding)

    def write(self, text: str) -> int:
        """Write lines as they are made by a formatter."""
        self._put('\n'.join(map(self.visible, text.split('\n'))))
        return len(text)

    def line(self, text: str) -> None:
        """Write one line at once, whatever is in the text."""
        self._put(f'{self.visible(text)}\n')
        self.flush()

    def redraw(self, text: str = '') -> None:
        """Have another text, or none, on the line that is rewritten.

        A line that wraps could not be taken back, so it is cut.
        """
        self._put(_CLEAR + cut(self.visible(text), self.columns - 1))
        self.flush()

    def flush(self) -> None:
        """Write what is held back."""
        if not self.lost:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._lose(error)

    def _put(self, text: str) -> None:
        if not self.lost:
            try:
                self._stream.write(text)
            except (OSError, ValueError) as error:
                self._lose(error)

    def _lose(self, error: Exception) -> None:
        """Write no more, and have Python find nothing wrong at its exit."""
        self.lost = error
        with contextlib.suppress(OSError, ValueError):
            number = self._stream.fileno()
            with Path(os.devnull).open('w', encoding='utf-8') as nowhere:
                os.dup2(nowhere.fileno(), number)


@contextlib.contextmanager
def guarded(app: Any) -> Iterator[tuple[Stream, Stream]]:
    """Have all that is written in the block go through guarded streams.

    :param app: cliff's, whose formatters and logging are meant as well.
    """
    before, console_was = (app.stdout, app.stderr), sys.stderr
    guards = out, err = Stream(app.stdout), Stream(app.stderr)
    consoles = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler)
        and handler.stream is console_was
    ]
    app.stdout, app.stderr = guards
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        for console in consoles:
            console.stream = err
        try:
            yield guards
        finally:
            for guard in guards:
                guard.flush()
            for console in consoles:
                console.stream = console_was
            app.stdout, app.stderr = before


@contextlib.contextmanager
def without_debug() -> Iterator[None]:
    """Have no debug messages made in the block that nobody is shown.

    OpenStackClient has its root logger pass all of them, and then takes no
    handler for most. keystoneauth takes every answer apart for them.
    """
    before = logging.root.manager.disable
    if not _is_debug_shown():
        logging.disable(max(before, logging.DEBUG))
    try:
        yield
    finally:
        logging.disable(before)


def _is_debug_shown() -> bool:
    """Return whether some handler shows, or keeps, debug messages.

    But for that which novaclient gives to itself: OpenStackClient of 2024.1
    loads it, and we call nothing of it.
    """
    known = {'': logging.root, **logging.root.manager.loggerDict}
    return any(
        handler.level <= logging.DEBUG
        for name, one in known.items()
        if name.partition('.')[0] != 'novaclient'
        for handler in getattr(one, 'handlers', ())
        if not isinstance(handler, logging.NullHandler)
    )


def guard_errors(parser: argparse.ArgumentParser) -> None:
    """Have a parser's errors, which no command is run for, be seen as well.

    They are told without the whole usage, with the options that are near.
    """

    def guarded_error(message: str) -> NoReturn:
        lines = [f'{parser.prog}: error: {message}', *_near(parser, message)]
        program, _, command = parser.prog.partition(' ')
        lines.append(f'See: {program} help {command}')
        parser.exit(2, ''.join(f'{visible(line)}\n' for line in lines))

    parser.error = guarded_error  # type: ignore[method-assign]


def _near(parser: argparse.ArgumentParser, message: str) -> list[str]:
    """Return the options that may have been meant."""
    _, is_unknown, words = message.partition('unrecognized arguments: ')
    if not is_unknown:
        return []
    known = [o for a in parser._actions for o in a.option_strings]
    near = [
        difflib.get_close_matches(word.partition('=')[0], known, 1)
        for word in words.split()
        if word.startswith('-')
    ]
    return [f'Did you mean {found[0]}?' for found in near if found]
