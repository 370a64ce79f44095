"""A client that is run and measured.

Owns the processes of the clients and their ends. Never knows a cloud.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from tests.bench.again import again

_SAMPLE_S = 0.1
_KIB_IN_MIB = 1024


class Failed(Exception):
    """A command has not done what is to be measured."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a client did, and what it took.

    :param seconds: from its start to its end.
    :param cpu_s: of it and of all that it has started.
    :param rss_mib: the most memory that it had; 0 if it was too quick.
    :param threads: the most that it had at once.
    """

    out: str
    err: str
    seconds: float
    cpu_s: float
    rss_mib: float
    threads: int


class _Sampler:
    """The most memory and threads of a process, by looking at it.

    The kernel's account of a child that has ended would begin with the
    memory of this process, of which the child was a copy for a moment.
    """

    def __init__(self, pid: int) -> None:
        self._path = Path(f'/proc/{pid}/status')
        self.rss_mib = 0.0
        self.threads = 0

    def look(self) -> None:
        """Look at the process."""
        # One that has ended has no memory to tell of.
        with contextlib.suppress(OSError, KeyError):
            pairs = self._path.read_text().splitlines()
            status = dict(pair.split(':', 1) for pair in pairs)
            high = int(status['VmHWM'].split()[0]) / _KIB_IN_MIB
            self.rss_mib = max(self.rss_mib, high)
            self.threads = max(self.threads, int(status['Threads']))


def program() -> str:
    """Return the ``openstack`` that is installed beside this Python."""
    return str(Path(sys.executable).with_name('openstack'))


def run(argv: Sequence[str], environment: Mapping[str, str]) -> Ran:
    """Run a command to its end and return what it took.

    :raises Failed: its exit code is not 0.
    """
    with (
        tempfile.TemporaryFile('w+') as out,
        tempfile.TemporaryFile('w+') as err,
    ):
        began = monotonic()
        with _started(argv, environment, out.fileno(), err.fileno()) as child:
            sampler = _Sampler(child.pid)
            with again(sampler.look, _SAMPLE_S):
                _, status, usage = os.wait4(child.pid, 0)
            seconds = monotonic() - began
            child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        ran = Ran(
            out.read(),
            err.read(),
            seconds,
            usage.ru_utime + usage.ru_stime,
            sampler.rss_mib,
            sampler.threads,
        )
    if child.returncode:
        raise Failed(
            f'exit code {child.returncode} of {" ".join(argv)[:200]}\n'
            f'{ran.out[-500:]}{ran.err[-500:]}'
        )
    return ran


@contextlib.contextmanager
def _started(
    argv: Sequence[str], environment: Mapping[str, str], out: int, err: int
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a group that ends when this is left."""
    child = subprocess.Popen(
        argv,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
