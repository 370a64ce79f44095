"""Start processes, find them again, and end every one of them.

Owns what is known of a process: its number together with its start time, so
that a number used anew is never taken for it; and the families of services
whose helpers leave their session.  Must never end a process that it did not
find by pid file, descent or mark.
"""

import collections.abc
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

from tests.devcloud import errors

# In the environment of all that a cloud starts, with the path of its state:
# whatever loses its parent and its session is still found by it.
MARK = 'DEVCLOUD_MEMBER_OF'
POLL_S = 0.05


@dataclasses.dataclass(frozen=True, slots=True)
class Process:
    """A process as the kernel knows it.

    :param started: clock ticks since boot, field 22 of /proc/PID/stat.
    """

    pid: int
    started: int
    parent: int = 0
    session: int = 0


def parse_stat(text: str) -> Process | None:
    """Read one /proc/PID/stat; None for a zombie."""
    pid, _, rest = text.partition(' (')
    fields = rest.rpartition(') ')[2].split()
    if fields[0] in 'ZX':
        return None
    return Process(
        pid=int(pid),
        started=int(fields[19]),
        parent=int(fields[1]),
        session=int(fields[3]),
    )


def look(pid: int) -> Process | None:
    """Return the process with this number, if it lives."""
    try:
        return parse_stat(pathlib.Path(f'/proc/{pid}/stat').read_text())
    except OSError:
        return None


def is_alive(process: Process) -> bool:
    """Say whether this very process lives."""
    now = look(process.pid)
    return now is not None and now.started == process.started


def table() -> list[Process]:
    """Return all processes that live."""
    pids = [
        int(path.name)
        for path in pathlib.Path('/proc').iterdir()
        if path.name.isdigit()
    ]
    return [process for pid in pids if (process := look(pid))]


def family(
    leaders: collections.abc.Iterable[int],
    processes: collections.abc.Iterable[Process],
) -> set[Process]:
    """Return the leaders, their sessions, and all that descend from these.

    :param leaders: process numbers, which are session numbers as well.
    """
    processes = list(processes)
    leaders = set(leaders)
    found = {p for p in processes if leaders & {p.pid, p.session}}
    while True:
        pids = {p.pid for p in found}
        more = {p for p in processes if p.parent in pids} - found
        if not more:
            return found
        found |= more


def marked(
    state: pathlib.Path, processes: collections.abc.Iterable[Process]
) -> set[Process]:
    """Return the processes that carry this state's mark."""
    wanted = f'{MARK}={state}'.encode()
    found = set()
    for process in processes:
        with contextlib.suppress(OSError):
            path = pathlib.Path(f'/proc/{process.pid}/environ')
            if wanted in path.read_bytes().split(b'\0'):
                found.add(process)
    return found


def rss_kib(processes: collections.abc.Iterable[Process]) -> int:
    """Return the sum of the resident sets, shared pages counted each time."""
    return sum(_rss_kib(process.pid) for process in processes)


def _rss_kib(pid: int) -> int:
    with contextlib.suppress(OSError):
        status = pathlib.Path(f'/proc/{pid}/status').read_text()
        for line in status.splitlines():
            if line.startswith('VmRSS:'):
                return int(line.split()[1])
    return 0


def read_pid_file(path: pathlib.Path) -> Process | None:
    """Return the process that the file names, if that very one lives."""
    try:
        kept = json.loads(path.read_text())
        process = Process(pid=kept['pid'], started=kept['started'])
    except (OSError, ValueError, KeyError):
        return None
    return process if is_alive(process) else None


def start(
    command: collections.abc.Sequence[str],
    environment: collections.abc.Mapping[str, str],
    log: pathlib.Path,
    pid_file: pathlib.Path,
) -> Process:
    """Start a service in a session of its own, and keep its number.

    :raises Failed: the program is not there, or ended at once.
    """
    popen = _popen(command, environment, log)
    process = look(popen.pid)
    if process is None:
        raise errors.Failed(pid_file.stem, 'ended at once', log)
    kept = {'pid': process.pid, 'started': process.started}
    pid_file.write_text(json.dumps(kept))
    return process


def run(
    name: str,
    command: collections.abc.Sequence[str],
    environment: collections.abc.Mapping[str, str],
    log: pathlib.Path,
    cancel: threading.Event,
    *,
    patient: bool = False,
    niceness: int = 0,
) -> None:
    """Run a command to its end.

    :param niceness: above 0 lets what is more urgent go first.
    :param patient: when cancelled, ask it to stop and wait until it does.
    :raises Failed: it returned another code than 0.
    :raises Cancelled: ``cancel`` was set meanwhile.
    """
    if niceness:
        command = ['nice', f'--adjustment={niceness}', *command]
    popen = _popen(command, environment, log)
    while True:
        try:
            code = popen.wait(POLL_S)
        except subprocess.TimeoutExpired:
            if not cancel.is_set():
                continue
            if patient:
                popen.send_signal(signal.SIGINT)
                popen.wait()
            else:
                stop(family([popen.pid], table()), grace_s=2)
                popen.wait()
            raise errors.Cancelled(f'{name} stopped') from None
        if code:
            raise errors.Failed(name, f'ended with code {code}', log)
        return


def _popen(
    command: collections.abc.Sequence[str],
    environment: collections.abc.Mapping[str, str],
    log: pathlib.Path,
) -> subprocess.Popen[bytes]:
    with log.open('ab') as output:
        try:
            return subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as exc:
            raise errors.Failed(
                command[0], f'cannot be started: {exc.strerror}', log
            ) from exc


def stop(processes: collections.abc.Iterable[Process], grace_s: float) -> None:
    """End processes: ask, wait, then force.  Return when all are gone.

    :param grace_s: how long to wait between asking and forcing.
    """
    left = _signal(processes, signal.SIGTERM)
    left = _wait(left, grace_s)
    left = _signal(left, signal.SIGKILL)
    _wait(left, 10)


def _signal(
    processes: collections.abc.Iterable[Process], number: signal.Signals
) -> list[Process]:
    living = [process for process in processes if is_alive(process)]
    for process in living:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
    return living


def _wait(left: list[Process], seconds: float) -> list[Process]:
    end = time.monotonic() + seconds
    while left and time.monotonic() < end:
        time.sleep(POLL_S)
        left = [process for process in left if is_alive(process)]
    return left
