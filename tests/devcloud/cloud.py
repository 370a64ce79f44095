"""Bring a cloud up, take it down, look at it.

The public face of the package, for the command, the demo and the functional
tests.  Owns the order of things; must never leave a process behind that it
cannot find again.
"""

import collections.abc
import contextlib
import dataclasses
import functools
import json
import shutil
import signal
import threading

from tests.devcloud import (
    api,
    catalog,
    config,
    databases,
    errors,
    health,
    install,
    locks,
    ports,
    processes,
    resources,
    services,
    tasks,
    vendors,
)
from tests.devcloud import layout as layouts
from tests.devcloud import progress as progresses

GRACE_S = 4.0


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One line of ``status``.

    :param pid: None if the service does not run.
    """

    name: str
    pid: int | None
    port: int | None
    rss_mib: int


@dataclasses.dataclass(frozen=True, slots=True)
class _Work:
    """What all parts of one ``up`` share."""

    layout: layouts.Layout
    progress: progresses.Progress
    cancel: threading.Event


def is_up(layout: layouts.Layout) -> bool:
    """Say whether the last ``up`` came to its end and all services live."""
    layout = layout.with_kept_ports()
    if not layout.ports or not layout.ready.exists():
        return False
    return len(_running(layout)) == len(services.table(layout))


def up(
    layout: layouts.Layout,
    progress: progresses.Progress | None = None,
    *,
    debug: bool = False,
) -> layouts.Layout:
    """Bring the cloud up; install what is missing; start what is missing.

    :param debug: let the services log everything.
    :returns: the layout, with its ports.
    :raises CannotRun: this machine will not do.
    :raises Busy: another command works on this cloud.
    :raises Failed: a part failed; what this call started is stopped.
    """
    progress = progress or progresses.Progress()
    layout = layout.with_kept_ports()
    if is_up(layout):
        progress.say('is up already')
        return layout
    install.check_ours(layout)
    if not layout.ports or not _running(layout):
        install.check(layout)
    cancel = threading.Event()
    with locks.hold(layout.state, cancel):
        config.make_folders(layout)
        # Only now is it known that nobody else changes them.
        layout = layout.with_kept_ports()
        work = _Work(layout, progress, cancel)
        before = {process.pid for process in _members(layout)}
        try:
            _install(work)
            layout = _up(work, debug=debug)
        except BaseException:
            with _deaf():
                progress.say('stopping what was started')
                _stop(layout, keep=before)
            raise
    progress.say(f'up: {layout.clouds_yaml}')
    return layout


@contextlib.contextmanager
def _deaf() -> collections.abc.Iterator[None]:
    """Let no second Ctrl-C interrupt the cleaning up after the first."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {n: signal.signal(n, signal.SIG_IGN) for n in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _install(work: _Work) -> None:
    with locks.hold(
        work.layout.venv,
        work.cancel,
        lambda: work.progress.say('another cloud installs; waiting'),
    ):
        install.install(work.layout, work.progress, work.cancel)


def _up(work: _Work, *, debug: bool) -> layouts.Layout:
    _end_strays(work.layout)
    with contextlib.ExitStack() as stack:
        layout = _with_ports(work, stack)
        work = dataclasses.replace(work, layout=layout)
        layout.ready.unlink(missing_ok=True)
        config.render_all(layout, debug=debug)
        catalog.write_clouds_yaml(layout)
        tasks.run_all(_tasks(work), work.cancel)
        layout.ready.touch()
    return layout


def _end_strays(layout: layouts.Layout) -> None:
    """End what an ``up`` that was killed has left half done."""
    kept = _running(layout) if layout.ports else {}
    everything = processes.table()
    known = processes.family((p.pid for p in kept.values()), everything)
    strays = processes.marked(layout.state, everything) - known
    processes.stop(strays, GRACE_S)


def _with_ports(work: _Work, stack: contextlib.ExitStack) -> layouts.Layout:
    """Return the layout with ports that are free, the kept ones if so."""
    layout, progress = work.layout, work.progress
    running = _running(layout) if layout.ports else {}
    free = {
        service.port
        for service in (services.table(layout) if layout.ports else ())
        if service.name in running
    }
    # Erlang's own port belongs to RabbitMQ.
    if 'rabbitmq' in running:
        free.add(layout.ports['erlang'])
    lost = {
        name: port
        for name, port in ports.taken(layout.ports).items()
        if port not in free
    }
    if layout.ports and not lost:
        return layout
    text = ', '.join(f'{port} ({name})' for name, port in lost.items())
    if lost and running:
        raise errors.DevcloudError(
            f'port {text} is taken by another program, and parts of this '
            'cloud run: take it down first, then up chooses new ports'
        )
    if lost:
        progress.say(f'port {text} is taken by another program: new ports')
    chosen = stack.enter_context(ports.reserve(layouts.PORTS))
    config.write_private(layout.ports_file, json.dumps(chosen, indent=1))
    return layout.with_kept_ports()


def _tasks(work: _Work) -> list[tasks.Task]:
    """Return all that ``up`` does after installing, with what each needs."""
    layout, cancel = work.layout, work.cancel
    admin = api.Admin.log_in(layout)
    release = install.stamp(layout)
    found = [
        tasks.Task(
            'mysql-data',
            functools.partial(databases.make_data, layout, cancel),
        )
    ]
    found += [
        tasks.Task(
            f'db-{name}',
            functools.partial(_sync, work, name, release),
            ('mysql',),
        )
        for name in databases.SCHEMAS
    ]
    found += [
        tasks.Task(
            service.name,
            functools.partial(_start, work, service),
            service.needs,
        )
        for service in services.table(layout)
    ]
    found += [
        tasks.Task(
            f'open-{name}',
            functools.partial(admin.open, name),
            (name,) if name == 'keystone' else (name, 'catalog'),
        )
        for name in api.FIRST_REQUESTS
    ]
    contents: list[tuple[str, collections.abc.Callable[[], None], str]] = [
        ('catalog', lambda: catalog.fill(admin), 'open-keystone'),
        (
            'nodes',
            lambda: _enroll(admin, cancel),
            'open-ironic redfish',
        ),
        (
            'templates and runbooks',
            lambda: resources.make_templates(
                admin, resources.ITEMS + vendors.ITEMS
            ),
            'open-ironic',
        ),
        (
            'flavors',
            lambda: resources.make_flavors(
                admin, resources.flavors() | vendors.flavors()
            ),
            'open-nova-api',
        ),
        ('images', lambda: resources.make_images(admin), 'open-glance'),
        (
            'inventory',
            lambda: _wait_ready(work, admin),
            ' '.join(('nodes', *(s.name for s in services.table(layout))))
            + ' open-nova-api open-placement',
        ),
    ]
    for name, run, needs in contents:
        step = functools.partial(_fill, work, name, run)
        found.append(tasks.Task(name, step, tuple(needs.split())))
    return found


def _enroll(admin: api.Admin, cancel: threading.Event) -> None:
    """Enroll the nodes of the cloud."""
    url = admin.layout.redfish_url
    wanted = resources.nodes(url) + vendors.nodes(url)
    resources.enroll(admin, wanted, cancel)


def _sync(work: _Work, name: str, release: str) -> None:
    tasks.check(work.cancel)
    if databases.sync(work.layout, name, release, work.cancel):
        work.progress.say(f'{name} has its database')


def _fill(
    work: _Work, name: str, run: collections.abc.Callable[[], None]
) -> None:
    tasks.check(work.cancel)
    run()
    work.progress.say(f'{name} done')


def _wait_ready(work: _Work, admin: api.Admin) -> None:
    """Wait until servers can be created; notice if a service ends."""
    layout = work.layout

    def ready() -> bool:
        ended = {s.name for s in services.table(layout)} - set(
            _running(layout)
        )
        for name in ended:
            raise errors.Failed(name, 'has ended', layout.log_of(name))
        return resources.is_ready(admin)

    health.wait('inventory', ready, work.cancel, poll_s=0.2)


def _start(work: _Work, service: services.Service) -> None:
    """Start a service unless it runs, and wait until it is of use."""
    tasks.check(work.cancel)
    layout = work.layout
    pid_file = layout.pid_file(service.name)
    log = layout.log_of(service.name)
    process = processes.read_pid_file(pid_file)
    begin = 0
    if process is None:
        begin = log.stat().st_size if log.exists() else 0
        process = processes.start(
            service.command,
            services.base_environment(layout) | dict(service.environment),
            log,
            pid_file,
        )

    def answers() -> bool:
        if not processes.is_alive(process):
            raise errors.Failed(service.name, 'has ended', log)
        if service.answers:
            return service.answers()
        return health.file_says(log, service.says, begin)

    try:
        health.wait(service.name, answers, work.cancel)
    except errors.TimedOut as exc:
        raise errors.Failed(service.name, 'does not answer', log) from exc
    work.progress.say(f'{service.name} answers')


def _running(layout: layouts.Layout) -> dict[str, processes.Process]:
    """Return the services that live; the layout has its ports."""
    found = {
        service.name: processes.read_pid_file(layout.pid_file(service.name))
        for service in services.table(layout)
    }
    return {name: process for name, process in found.items() if process}


def _members(layout: layouts.Layout) -> set[processes.Process]:
    """Return every process of the cloud, whatever became of its parent."""
    everything = processes.table()
    found = processes.marked(layout.state, everything)
    if layout.ports:
        leaders = [process.pid for process in _running(layout).values()]
        found |= processes.family(leaders, everything)
    return found


def down(
    layout: layouts.Layout, progress: progresses.Progress | None = None
) -> None:
    """Stop every process of the cloud; the state stays.

    :raises Busy: another command works on this cloud.
    """
    progress = progress or progresses.Progress()
    if not layout.state.exists():
        progress.say('nothing runs')
        return
    with locks.hold(layout.state, threading.Event()):
        _down(layout, progress)


def _down(layout: layouts.Layout, progress: progresses.Progress) -> None:
    count = len(_members(layout.with_kept_ports()))
    if not count:
        progress.say('nothing runs')
        return
    progress.say(f'stopping {count} processes')
    _stop(layout)
    progress.say('down')


def _stop(
    layout: layouts.Layout,
    keep: collections.abc.Set[int] = frozenset(),
) -> None:
    """Stop the cloud's processes: first who uses the others, then these.

    :param keep: process numbers that shall stay.
    """
    layout = layout.with_kept_ports()
    if not layout.state.exists():
        return
    layout.ready.unlink(missing_ok=True)
    table = services.table(layout) if layout.ports else []
    last = [service.name for service in table if service.last]
    running = _running(layout) if layout.ports else {}
    leaders = [running[name].pid for name in last if name in running]
    bottom = processes.family(leaders, processes.table())
    top = {p for p in _members(layout) - bottom if p.pid not in keep}
    processes.stop(top, GRACE_S)
    # Anew, because what was stopped may have started something.
    rest = {p for p in _members(layout) if p.pid not in keep}
    processes.stop(rest, GRACE_S)
    for service in table:
        path = layout.pid_file(service.name)
        if processes.read_pid_file(path) is None:
            path.unlink(missing_ok=True)


def wipe(
    layout: layouts.Layout, progress: progresses.Progress | None = None
) -> None:
    """Take the cloud down and remove its state; what is installed stays.

    :raises CannotRun: the folder is not a cloud's state.
    """
    progress = progress or progresses.Progress()
    if not layout.state.exists():
        progress.say('nothing to remove')
        return
    install.check_ours(layout)
    with locks.hold(layout.state, threading.Event()):
        _down(layout, progress)
        shutil.rmtree(layout.state)
    progress.say(f'removed {layout.state}')


def restart(
    layout: layouts.Layout,
    names: collections.abc.Sequence[str],
    progress: progresses.Progress | None = None,
) -> None:
    """Stop these services, then bring up what is missing.

    :raises DevcloudError: there is no such service.
    """
    progress = progress or progresses.Progress()
    stop(layout, names, progress)
    up(layout, progress)


def stop(
    layout: layouts.Layout,
    names: collections.abc.Sequence[str],
    progress: progresses.Progress | None = None,
) -> None:
    """Stop these services, until the next ``up``.

    :raises DevcloudError: there is no such service.
    """
    progress = progress or progresses.Progress()
    layout = layout.with_kept_ports()
    table = services.table(layout) if layout.ports else []
    unknown = set(names) - {service.name for service in table}
    if unknown:
        known = ', '.join(service.name for service in table) or 'none yet'
        raise errors.DevcloudError(
            f'no such service: {", ".join(sorted(unknown))}; there are: '
            f'{known}'
        )
    with locks.hold(layout.state, threading.Event()):
        layout.ready.unlink(missing_ok=True)
        running = _running(layout)
        leaders = [running[name].pid for name in names if name in running]
        progress.say(f'stopping {", ".join(names)}')
        processes.stop(processes.family(leaders, processes.table()), GRACE_S)


@dataclasses.dataclass(frozen=True, slots=True)
class Ironic:
    """What the cloud's Ironic is.

    :param api: the newest version of its API; empty if it does not run.
    :param lacks: what is left out of the cloud for want of it.
    """

    package: str
    api: str
    lacks: tuple[str, ...]


def ironic(layout: layouts.Layout) -> Ironic:
    """Return what the cloud's Ironic is; it has its ports."""
    package = install.version(layout, 'ironic')
    try:
        newest = api.newest(layout)
    except errors.Failed:
        return Ironic(package, '', ())
    lacks = tuple(
        f'{what} ({".".join(map(str, since))})'
        for what, since in resources.SINCE.items()
        if newest < since
    )
    return Ironic(package, '.'.join(map(str, newest)), lacks)


def status(layout: layouts.Layout) -> list[Row]:
    """Return a row for each service; none if there never was an ``up``."""
    layout = layout.with_kept_ports()
    if not layout.ports:
        return []
    running = _running(layout)
    everything = processes.table()
    rows = []
    for service in services.table(layout):
        process = running.get(service.name)
        pids = [process.pid] if process else []
        size = processes.rss_kib(processes.family(pids, everything))
        rows.append(
            Row(
                service.name,
                process.pid if process else None,
                service.port,
                size // 1024,
            )
        )
    return rows
