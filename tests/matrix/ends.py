"""Commands whose streams end, with real processes, pipes and terminals.

Owns how the streams end. What a command does then is what it does else, and
its exit code tells.
"""

import concurrent.futures
import contextlib
import fcntl
import os
import pty
import subprocess
import termios
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.model import process

_ENABLE = ('--hyperthreading', 'enabled')
# What Python and logging say where a stream has failed them.
_NOISE = ('Traceback', 'Exception ignored', 'Logging error', 'codec')
_LIMIT_S = 60


@dataclass(frozen=True)
class Case:
    """A command, and what becomes of its streams.

    :param shell: runs the command, which is ``"$@"``; empty for a terminal
        that is closed once the server is being stopped.
    :param words: after ``server config``; ``SERVER`` stands for the server.
    :param told: what is written for a person all the same.
    """

    name: str
    shell: str
    words: tuple[str, ...] = ('set', *_ENABLE, 'SERVER')
    code: int = 0
    told: str = ''

    @property
    def is_change(self) -> bool:
        """Return whether something is changed."""
        return self.words[0] == 'set'


_SHOW = ('show', 'SERVER')
CASES = (
    Case('stderr closed', '"$@" 2>&-'),
    Case('all closed', '"$@" <&- >&- 2>&-'),
    Case('stdin closed', '"$@" <&-', told='verified'),
    Case('stderr full', '"$@" 2>/dev/full', told='verified'),
    Case('both full', '"$@" >/dev/full 2>&1'),
    Case('stdout full', '"$@" >/dev/full', told='No space left on device'),
    Case('head', '"$@" 2>&1 | head -3; exit ${PIPESTATUS[0]}', told='stopp'),
    Case('no reader', '"$@" 2>&1 | true; exit ${PIPESTATUS[0]}'),
    Case('verbose', '"$@" -v 2>&1 | head -1; exit ${PIPESTATUS[0]}'),
    Case('hangup', ''),
    Case('ASCII', 'PYTHONIOENCODING=ascii "$@"', told=r'w\xeb\u30fc'),
    Case(
        'C',
        'LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 "$@"',
        told=r'w\xeb\u30fc',
    ),
    Case(
        'many, no reader',
        '"$@" 2>&1 | head -1; exit ${PIPESTATUS[0]}',
        ('set', *_ENABLE, 'SERVER', 'SERVER'),
    ),
    Case('show, no reader', '"$@" | true; exit ${PIPESTATUS[0]}', _SHOW),
    Case('show, stderr closed', '"$@" 2>&-', _SHOW, told='hyperthreading'),
    Case(
        'show, stdout full',
        '"$@" >/dev/full',
        _SHOW,
        code=1,
        told='The result could not be written: No space left',
    ),
    Case('show, stdout closed', '"$@" >&-', _SHOW, 1, 'Bad file descriptor'),
)
# That of the unit tests: real processes are slow.
FEW = ('hangup',)


def play(cases: Sequence[Case]) -> Iterator[tuple[Case, str]]:
    """Yield what is wrong with how each case has ended, empty for nothing."""
    model = process.Process()
    model.setUp()
    try:
        servers = [[*_booted(model, case)] for case in cases]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            yield from zip(
                cases,
                pool.map(lambda *one: _play(model, *one), cases, servers),
                strict=True,
            )
    finally:
        model.cleanUp()


def _booted(model: process.Process, case: Case) -> Iterator[str]:
    """Yield the IDs of new servers for a case."""
    for number in range(case.words.count('SERVER')):
        name = f'{case.name} {number}'
        model.control('POST', 'nodes', {'name': name})
        asked = {'name': f'w\xeb\u30fc {name}', 'node': name}
        yield model.control('POST', 'boot', asked)['id']


def _play(model: process.Process, case: Case, servers: Sequence[str]) -> str:
    words = [word for word in case.words if word != 'SERVER']
    command = [process.OPENSTACK, 'server', 'config', *words, *servers]
    code, written = (_run if case.shell else _hang_up)(model, case, command)
    if code != case.code:
        return f'exit code {code}: {written}'
    if any(noise in written for noise in _NOISE) or case.told not in written:
        return written
    for name in servers if case.is_change else ():
        server = model.control('GET', f'servers/{name}')
        if server['node']['bmc']['LogicalProc'] != 'Enabled':
            return f'not changed: {server}'
        if (server['status'], len(server['metadata'])) != ('ACTIVE', 2):
            return f'not ended: {server}'
    return ''


def _run(
    model: process.Process, case: Case, command: Sequence[str]
) -> tuple[int, str]:
    ran = subprocess.run(
        ['/bin/bash', '-c', case.shell, 'bash', *command],
        env=model.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding='utf-8',
        timeout=_LIMIT_S,
        check=False,
    )
    return ran.returncode, ran.stdout


def _hang_up(
    model: process.Process, case: Case, command: Sequence[str]
) -> tuple[int, str]:
    """Run a command on a terminal that is closed once it stops a server."""
    above, below = pty.openpty()
    with subprocess.Popen(
        command,
        env=model.environ,
        stdin=below,
        stdout=below,
        stderr=below,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    ) as client:
        os.close(below)
        written = b''
        while b'stopping' not in written:
            if not (read := _read(above)):
                break
            written += read
        os.close(above)
        code = client.wait(_LIMIT_S)
    return code, written.decode(errors='replace')


def _read(terminal: int) -> bytes:
    with contextlib.suppress(OSError):
        return os.read(terminal, 4096)
    return b''
