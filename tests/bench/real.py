"""The same on the real cloud: one server, a fleet, and by hand.

Owns the servers, and the nodes that a fleet needs besides those that are
there. What the services take themselves is measured in every run, by looking
at the first of the servers and its node beside it.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from dataclasses import dataclass

from keystoneauth1 import exceptions as ksa_exc
from openstack import exceptions as sdk_exc

from tests import lab, people
from tests.bench import client, loop, tables
from tests.bench.again import again
from tests.devcloud import api, cloud, errors, health, resources
from tests.devcloud import layout as layouts

_LOOK_S = 0.1
# What goes wrong where something is deleted, and no fault of the program.
_DELETING = (
    AssertionError,
    OSError,
    errors.DevcloudError,
    ksa_exc.ClientException,
    sdk_exc.SDKException,
)
# More at once only makes Nova's scheduler miss.
_BOOTS_AT_ONCE = 4
_ENABLE = ('server', 'config', 'set', '--hyperthreading', 'enabled')
_COLUMNS = (
    'on the devcloud',
    'servers',
    's',
    'Ironic s',
    'beyond s',
    'and Nova s',
    'beyond s',
    'CPU s',
    'MiB',
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A run, and what the services took of it for one server.

    :param service_s: while Ironic had its node in service.
    :param cloud_s: these, and while Nova stopped or started it.
    """

    ran: client.Ran
    service_s: float
    cloud_s: float


class _Meter:
    """For how long a server and its node were at it, by looking at them."""

    def __init__(self, layout: layouts.Layout, server_id: str) -> None:
        self._lab = lab.Lab(layout)
        self._server_id = server_id
        self._node_id = self._lab.node_of(server_id).id
        self._looked = time.monotonic()
        self.service_s = self.cloud_s = 0.0

    def look(self) -> None:
        """Look at the server and its node."""
        node = self._lab.ironic.get_node(self._node_id)
        server = self._lab.nova.get_server(self._server_id)
        now = time.monotonic()
        passed_s, self._looked = now - self._looked, now
        if node.provision_state != 'active':
            self.service_s += passed_s
            self.cloud_s += passed_s
        elif server.task_state is not None:
            self.cloud_s += passed_s


class Cloud:
    """The real cloud with some servers, whose hyper-threading is disabled."""

    def __init__(self, layout: layouts.Layout, ids: dict[str, str]) -> None:
        self._layout = layout
        self._lab = lab.Lab(layout)
        self._mona = people.Person('mona', layout)
        self._ids = ids
        self.names = list(ids)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the shell of the servers' owner."""
        return self._mona.environment() | {'NO_PROXY': '*'}

    def check(self, name: str) -> None:
        """Return if hyper-threading of a server has been enabled.

        :raises Failed: it has not, or the server is not active.
        """
        server = self._lab.nova.get_server(self._ids[name])
        value = self._lab.bios_of(server.id)
        if (value, server.status) != ('Enabled', 'ACTIVE'):
            raise client.Failed(f'{name}: {value}, {server.status}')

    def reset(self) -> None:
        """Bring all servers back to hyper-threading off, and on."""
        with futures.ThreadPoolExecutor(_BOOTS_AT_ONCE) as pool:
            list(pool.map(self._lab.as_new, self._ids.values()))

    def measured(self, run: Callable[[], client.Ran]) -> Measured:
        """Return what a run took that changes the first server and others."""
        meter = _Meter(self._layout, self._ids[self.names[0]])
        with again(meter.look, _LOOK_S):
            ran = run()
        return Measured(ran, meter.service_s, meter.cloud_s)


def run(fleet: int, times: int, loop_servers: int, loop_at_once: int) -> None:
    """Print what it costs.

    :param fleet: servers that are changed by one command.
    :param times: runs of the change of one server; the median is printed.
    :param loop_servers: in the sequential loop by hand.
    :param loop_at_once: in the loop with xargs.
    """
    layout = layouts.Layout.load().with_kept_ports()
    if not cloud.is_up(layout):
        raise client.Failed('the devcloud is not up: tox -e devcloud -- up')
    table = tables.Table('On the real cloud', _COLUMNS)
    with _servers(layout, lab.REDFISH, 1) as where:
        table.row(_row('set, Redfish', _sets(where, where.names, times)))
        table.row(_row('by hand, Redfish', _by_hand(where, times)))
    with nodes(layout, fleet), _servers(layout, lab.FAKE, fleet) as where:
        table.row(_row('set, fake', _sets(where, where.names[:1], times)))
        table.row(_row('set, fake', _sets(where, where.names, 1), fleet))
        for name, count, at_once in (
            ('by hand, fake', loop_servers, 1),
            ('by hand, xargs -P', loop_at_once, loop_at_once),
        ):
            ran = _by_hand(where, 1, count, at_once)
            table.row(_row(name, ran, count, count / at_once))
    table.end(
        [
            'Ironic: while it had the node in service; and Nova: while that '
            'stopped or started the server, too;',
            'of the first server, in the same run. beyond: what is left of '
            'the seconds of one server.',
        ],
    )


def _sets(where: Cloud, names: Sequence[str], times: int) -> list[Measured]:
    """Return so many changes of some servers by one command."""
    argv = (*_ENABLE, '--max-concurrent', str(len(names)), *names)

    def change() -> client.Ran:
        return client.run([client.program(), *argv], where.environment)

    found = []
    for _ in range(times):
        where.reset()
        found.append(where.measured(change))
        for name in names:
            where.check(name)
    return found


def _by_hand(
    where: Cloud, times: int, count: int = 1, at_once: int = 1
) -> list[Measured]:
    """Return so many changes of some servers by stock commands."""
    names = where.names[:count]

    def change() -> client.Ran:
        return loop.by_hand(where, names, at_once)

    found = []
    for _ in range(times):
        where.reset()
        found.append(where.measured(change))
    return found


def _row(
    name: str,
    found: Sequence[Measured],
    servers: int = 1,
    rounds: float = 1.0,
) -> tuple[tables.Cell, ...]:
    """Return the row of the run that is the median by what is beyond Ironic.

    :param rounds: servers that are changed one after the other.
    """

    def beyond_s(one: Measured) -> float:
        return one.ran.seconds / rounds - one.service_s

    median = sorted(found, key=beyond_s)[len(found) // 2]
    return (
        name,
        servers,
        median.ran.seconds,
        median.service_s,
        beyond_s(median),
        median.cloud_s,
        median.ran.seconds / rounds - median.cloud_s,
        median.ran.cpu_s,
        int(median.ran.rss_mib),
    )


@contextlib.contextmanager
def _servers(
    layout: layouts.Layout, flavor: str, count: int
) -> Iterator[Cloud]:
    """Yield the cloud with so many servers, which are deleted then."""
    here = lab.Lab(layout)
    ids: dict[str, str] = {}

    def boot(name: str) -> None:
        ids[name] = str(here.boot(f'{flavor}.ht-off', name).id)

    names = [f'bench-{number}' for number in range(count)]
    with futures.ThreadPoolExecutor(_BOOTS_AT_ONCE) as pool:
        try:
            list(pool.map(boot, names))
            yield Cloud(layout, {name: ids[name] for name in names})
        finally:
            list(pool.map(_tidied, [here.delete] * len(ids), ids.values()))


@contextlib.contextmanager
def nodes(layout: layouts.Layout, count: int) -> Iterator[None]:
    """Have as many more nodes, for as long as they are needed."""
    admin = api.Admin.log_in(layout)
    wanted = [resources.bare_node(f'bench-{n}') for n in range(count)]
    cancel = threading.Event()
    ironic = admin.ironic()
    try:
        resources.enroll(admin, wanted, cancel)
        health.wait(
            'every node can get a server',
            lambda: resources.is_ready(admin),
            cancel,
            resources.LIMIT_S,
        )
        yield
    finally:
        for node in wanted:
            _tidied(ironic.delete, f'/nodes/{node["name"]}')


def _tidied(delete: Callable[[str], None], what: str) -> None:
    """Delete something, or say that it is left.

    Twice, for a connection that is reset; no failure takes the place of what
    was measured, or of why it was not.
    """
    for is_last in (False, True):
        try:
            return delete(what)
        except _DELETING as error:
            if is_last:
                print(f'{what} is left: {error}', file=sys.stderr)
