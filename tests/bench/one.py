"""The commands that a person waits for: show, list, and set of one server."""

import statistics
from collections.abc import Sequence

from tests.bench import client, cloud, tables

_MANY = 1000
_COLUMNS = ('command', 'requests', 's', 'CPU s', 'MiB', 'threads')


def run(times: int) -> float:
    """Print what they cost, and return the seconds of set.

    :param times: runs of each, on another server each time; their median is
        printed.
    """
    table = tables.Table(
        f'One command: median of {times}, {cloud.WORDS}', _COLUMNS
    )
    with cloud.Cloud(_MANY) as many:
        listed = _measure(many, [('list',)] * times)
        table.row(_row(f'list, {_MANY:,} servers', *listed))
    with cloud.Cloud(times) as few:
        shows = [('show', name) for name in few.names]
        table.row(_row('show', *_measure(few, shows)))
        enable = ('set', '--hyperthreading', 'enabled')
        sets = [(*enable, name) for name in few.names]
        ran, requests = _measure(few, sets)
        for name in few.names:
            few.check(name)
        table.row(_row('set of one', ran, requests))
        limit_s = few.limit_s()
    table.end(
        [
            'Requests are without login and discovery.',
            f'The node of a set is at it for {limit_s:.0f} s: stop, step, '
            f'start.',
        ],
    )
    return statistics.median(one.seconds for one in ran)


def _measure(
    where: cloud.Cloud, commands: Sequence[Sequence[str]]
) -> tuple[list[client.Ran], list[int]]:
    ran, requests = [], []
    for argv in commands:
        where.traffic()
        ran.append(where.openstack('server', 'config', *argv))
        requests.append(where.traffic().total)
    return ran, requests


def _row(
    name: str, ran: Sequence[client.Ran], requests: Sequence[int]
) -> tuple[tables.Cell, ...]:
    median = statistics.median
    return (
        name,
        int(median(requests)),
        f'{median(one.seconds for one in ran):.2f}',
        f'{median(one.cpu_s for one in ran):.2f}',
        int(median(one.rss_mib for one in ran)),
        max(one.threads for one in ran),
    )
