"""A shell on a terminal of its own, as a reader has one.

Owns typing a command, and what is left on the terminal after it. Never knows
what a command means.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

ROWS, COLUMNS = 50, 160
_END = re.compile(rb'\x1e(\d+)\x1e')
# A line that has been drawn again, as far as it has.
_REDRAWN = re.compile(r'^.*\r', re.MULTILINE)
_ESCAPE = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]')


class Shell:
    """A bash that runs one command after the other.

    :param terminal: the descriptor that the terminal is read from.
    :param limit_s: of each command.
    """

    def __init__(
        self, stdin: IO[bytes], terminal: int, limit_s: float
    ) -> None:
        self._stdin = stdin
        self._terminal = terminal
        self._limit_s = limit_s

    def run(self, command: str) -> tuple[int, list[str]]:
        """Return the exit code and the lines that a command leaves.

        It finds the exit code of the last one in ``$?``.

        :raises TimeoutError: it takes too long.
        """
        typed = (
            f'{{ (exit ${{__code:-0}})\n{command}\n}} </dev/null\n'
            '__code=$?; printf "\\036%d\\036" $__code\n'
        )
        self._stdin.write(typed.encode())
        self._stdin.flush()
        raw, end = b'', time.monotonic() + self._limit_s
        while not (found := _END.search(raw)):
            wait_s = end - time.monotonic()
            if wait_s <= 0 or not self._is_readable(wait_s):
                raise TimeoutError(f'not within {self._limit_s} s: {command}')
            raw += os.read(self._terminal, 1 << 16)
        return int(found[1]), left(raw[: found.start()].decode())

    def _is_readable(self, wait_s: float) -> bool:
        return bool(select.select([self._terminal], [], [], wait_s)[0])


@contextlib.contextmanager
def opened(
    folder: Path, environ: Mapping[str, str], limit_s: float = 120.0
) -> Iterator[Shell]:
    """Have a shell in a folder.

    Whatever it has started has ended when it is closed.
    """
    terminal, side = pty.openpty()
    size = struct.pack('HHHH', ROWS, COLUMNS, 0, 0)
    fcntl.ioctl(side, termios.TIOCSWINSZ, size)
    process = subprocess.Popen(
        ['bash', '--noprofile', '--norc'],
        stdin=subprocess.PIPE,
        stdout=side,
        stderr=side,
        cwd=folder,
        env={**environ, 'TERM': 'xterm-256color', 'LC_ALL': 'C.UTF-8'},
        start_new_session=True,
    )
    os.close(side)
    assert process.stdin is not None
    try:
        yield Shell(process.stdin, terminal, limit_s)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdin.close()
        process.wait()
        os.close(terminal)


def left(text: str) -> list[str]:
    """Return the lines that are left on a terminal after some output.

    What was on a line that has been drawn again is gone.
    """
    text = _REDRAWN.sub('', text.replace('\r\n', '\n'))
    lines = [_ESCAPE.sub('', line).rstrip() for line in text.split('\n')]
    while lines and not lines[-1]:
        lines.pop()
    return lines
