"""The same on the real cloud: one server, a fleet, and by hand.

Owns the servers, and the nodes that a fleet needs besides those that are
there. What the nodes take themselves is measured in the same run, by bare
requests and a look every tenth of a second.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from dataclasses import dataclass
from typing import Any

from tests import lab, people
from tests.bench import client, loop, tables
from tests.devcloud import api, cloud, health, resources
from tests.devcloud import layout as layouts

_LOOK_S = 0.1
_LIMIT_S = 600.0
# More at once only makes Nova's scheduler miss.
_BOOTS_AT_ONCE = 4
_ENABLE = ('server', 'config', 'set', '--hyperthreading', 'enabled')
_COLUMNS = (
    'on the devcloud',
    'servers',
    's',
    'nodes s',
    'beyond s',
    'Ironic s',
    'beyond s',
    'CPU s',
    'MiB',
)


@dataclass(frozen=True, slots=True)
class Bare:
    """What a change takes that is made by bare requests.

    :param seconds: to stop the server, service its node, and start it.
    :param service_s: the service alone.
    """

    seconds: float
    service_s: float


class Cloud:
    """The real cloud with some servers, whose hyper-threading is disabled."""

    def __init__(self, layout: layouts.Layout, ids: dict[str, str]) -> None:
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

    def bare(self) -> Bare:
        """Return what the change of the first server takes by itself."""
        server_id = self._ids[self.names[0]]
        nova, ironic = self._lab.nova, self._lab.ironic
        node_id = self._lab.node_of(server_id).id
        what = {'target': 'service', 'service_steps': [_step('Enabled')]}
        began = time.monotonic()
        nova.stop_server(server_id)
        _until(lambda: nova.get_server(server_id).status == 'SHUTOFF')
        service_began = time.monotonic()
        self._lab.provision(node_id, what)
        _until(lambda: _is_active(ironic.get_node(node_id)))
        service_s = time.monotonic() - service_began
        # An event of Ironic's may have started it already.
        with contextlib.suppress(Exception):
            nova.start_server(server_id)
        _until(lambda: nova.get_server(server_id).status == 'ACTIVE')
        seconds = time.monotonic() - began
        self.check(self.names[0])
        return Bare(seconds, service_s)


def _step(value: str) -> dict[str, Any]:
    settings = [{'name': 'LogicalProc', 'value': value}]
    return {
        'interface': 'bios',
        'step': 'apply_configuration',
        'args': {'settings': settings},
    }


def _is_active(node: Any) -> bool:
    return node.provision_state == 'active' and node.reservation is None


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + _LIMIT_S
    while not is_so():
        if time.monotonic() > end:
            raise client.Failed(f'not within {_LIMIT_S:.0f} s')
        time.sleep(_LOOK_S)


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
    rows: list[tuple[tables.Cell, ...]] = []
    with _servers(layout, lab.REDFISH, 1) as where:
        bare = where.bare()
        ran = _sets(where, where.names, times)
        rows.append(_row('set, Redfish', bare, ran))
        where.reset()
        ran = [loop.by_hand(where, where.names, 1)]
        rows.append(_row('by hand, Redfish', bare, ran))
    with _nodes(layout, fleet), _servers(layout, lab.FAKE, fleet) as where:
        bare = where.bare()
        ran = _sets(where, where.names[:1], times)
        rows.append(_row('set, fake', bare, ran))
        ran = _sets(where, where.names, 1)
        rows.append(_row('set, fake', bare, ran, fleet))
        for name, count, at_once in (
            ('by hand, fake', loop_servers, 1),
            ('by hand, xargs -P', loop_at_once, loop_at_once),
        ):
            where.reset()
            ran = [loop.by_hand(where, where.names[:count], at_once)]
            rows.append(_row(name, bare, ran, count, count / at_once))
    tables.write(
        'On the real cloud',
        _COLUMNS,
        rows,
        [
            'nodes: stop, service and start of one server by bare requests, '
            'in the same run;',
            'Ironic: the service alone. beyond: what is left of the seconds '
            'of one server.',
        ],
    )


def _sets(where: Cloud, names: Sequence[str], times: int) -> list[client.Ran]:
    """Return so many changes of some servers by one command."""
    argv = (*_ENABLE, '--max-concurrent', str(len(names)), *names)
    ran = []
    for _ in range(times):
        where.reset()
        ran.append(client.run([client.program(), *argv], where.environment))
        for name in names:
            where.check(name)
    return ran


def _row(
    name: str,
    bare: Bare,
    ran: Sequence[client.Ran],
    servers: int = 1,
    rounds: float = 1.0,
) -> tuple[tables.Cell, ...]:
    """Return the row of the median of some runs.

    :param rounds: servers that are changed one after the other.
    """
    median = sorted(ran, key=lambda one: one.seconds)[len(ran) // 2]
    each_s = median.seconds / rounds
    return (
        name,
        servers,
        median.seconds,
        bare.seconds,
        each_s - bare.seconds,
        bare.service_s,
        each_s - bare.service_s,
        median.cpu_s,
        int(median.rss_mib),
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
            list(pool.map(here.delete, list(ids.values())))


@contextlib.contextmanager
def _nodes(layout: layouts.Layout, count: int) -> Iterator[None]:
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
            ironic.delete(f'/nodes/{node["name"]}')
