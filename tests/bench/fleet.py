"""A change of many servers by one command, all at once.

Each size has a cloud of its own, with no other servers.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.bench import client, cloud, tables

_COLUMNS = (
    'servers',
    's',
    'limit s',
    'times',
    'requests',
    'per server',
    'ticks',
    'per tick',
    'MiB',
    'threads',
    'CPU s',
    'CPU ms each',
    'model CPU s',
    'warnings',
)


@dataclass(frozen=True, slots=True)
class Point:
    """A change of so many servers.

    :param limit_s: what the nodes themselves take.
    :param model_cpu_s: what the model took; it has one core at most.
    """

    servers: int
    ran: client.Ran
    traffic: cloud.Traffic
    limit_s: float
    model_cpu_s: float

    @property
    def warnings(self) -> list[str]:
        """Return what was said on stderr besides how it goes."""
        return [
            line
            for line in self.ran.err.splitlines()
            if not line.endswith(': done')
            and not line.startswith(f'{self.servers} server')
            and not (self.servers == 1 and line.startswith('fleet-00001: '))
        ]


def run(sizes: Iterable[int]) -> list[Point]:
    """Print what it costs, and return that."""
    table = tables.Table(
        f'The fleet: set of N servers, --max-concurrent N, {cloud.WORDS}',
        _COLUMNS,
    )
    points = []
    for size in sizes:
        point = _measure(size)
        points.append(point)
        table.row(_row(point))
        for line in point.warnings[:5]:
            print(f'stderr at {size}: {line}', flush=True)
    table.end(
        [
            'limit: stop, step and start of one node. times: s by limit.',
            'per server: requests besides ticks. A tick is one list of '
            'servers and one of nodes;',
            'the read beforehand is one too, and one server is looked at by '
            'itself. Without login.',
            'Client and model share the machine: where the model has taken '
            'as many CPU s as there were s,',
            'the model is what was waited for.',
        ],
    )
    return points


def _measure(size: int) -> Point:
    with cloud.Cloud(size) as where:
        before_s = where.cpu_s()
        ran = where.openstack(
            *('server', 'config', 'set', '--hyperthreading', 'enabled'),
            *('--max-concurrent', str(size), '-f', 'value', '-c', 'Result'),
            *where.names,
        )
        model_cpu_s = where.cpu_s() - before_s
        if ran.out.split() != ['verified'] * size:
            raise client.Failed(f'not all are verified: {ran.out[:300]}')
        for name in where.names:
            where.check(name)
        return Point(size, ran, where.traffic(), where.limit_s(), model_cpu_s)


def _row(point: Point) -> tuple[tables.Cell, ...]:
    ran, traffic = point.ran, point.traffic
    is_watched = traffic.ticks > 0
    return (
        point.servers,
        ran.seconds,
        point.limit_s,
        ran.seconds / point.limit_s,
        traffic.total,
        traffic.others / point.servers,
        traffic.ticks if is_watched else None,
        traffic.lists / traffic.ticks if is_watched else None,
        int(ran.rss_mib),
        ran.threads,
        ran.cpu_s,
        int(1000 * ran.cpu_s / point.servers),
        point.model_cpu_s,
        len(point.warnings),
    )
