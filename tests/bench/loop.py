"""The same change by hand: stock commands in a shell loop.

Owns the script, which is what a person would write. One server after the
other, and several at once with ``xargs -P``.
"""

import shlex
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.bench import client, cloud, tables

_SCRIPT = """\
set -eu
server=$1
openstack() { @openstack@ "$@"; }
is() {
    until [ "$(openstack server show -f value -c status "$server")" = "$1" ]
    do sleep 1; done
}
id=$(openstack server show -f value -c id "$server")
node=$(openstack baremetal node show --instance -f value -c uuid "$id")
openstack server stop "$server"
is SHUTOFF
openstack baremetal node service --wait 600 --disable-ramdisk \\
    --service-steps '[{"interface": "bios", "step": "apply_configuration",
        "args": {"settings": [{"name": "LogicalProc", "value": "Enabled"}]}
    }]' \\
    "$node"
[ "$(openstack baremetal node bios setting show -f value -c value \\
    "$node" LogicalProc)" = Enabled ]
# Where servicing has switched the node on, Nova has started it by now.
openstack server start "$server" || true
is ACTIVE
openstack server set --property deploy-config:hyperthreading=enabled "$server"
"""


class Where(Protocol):
    """A cloud with servers whose hyper-threading is disabled."""

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the shell of the servers' owner."""

    def check(self, name: str) -> None:
        """Return if hyper-threading of a server has been enabled.

        :raises Failed: it has not.
        """


@dataclass(frozen=True, slots=True)
class Loop:
    """What a loop took.

    :param at_once: servers that were changed at once.
    """

    servers: int
    at_once: int
    ran: client.Ran
    requests: int
    limit_s: float

    @property
    def name(self) -> str:
        """Return how it was run."""
        if self.at_once == 1:
            return 'sequential'
        return f'xargs -P {self.at_once}'

    @property
    def each_s(self) -> float:
        """Return the seconds for each server."""
        return self.ran.seconds / self.servers


def run(
    servers: int, at_once: int, sizes: Sequence[int], one_s: float | None
) -> list[Loop]:
    """Print what it takes, and return that.

    :param servers: in the sequential loop.
    :param at_once: servers in the other loop, all of them at once.
    :param sizes: for which it is extrapolated.
    :param one_s: seconds of set for one server, None if not measured.
    """
    table = tables.Table(
        f'By hand: stock commands in a shell loop, {cloud.WORDS}',
        (
            *('loop', 'servers', 's', 's each', 'CPU s each', 'requests each'),
            *(f's for {size:,}*' for size in sizes),
        ),
    )
    loops = []
    for count, limit in ((servers, 1), (at_once, at_once)):
        loops.append(_measure(count, limit))
        table.row(_row(loops[-1], sizes))
    table.end(_notes(loops[0], one_s))
    return loops


def _notes(by_hand: Loop, one_s: float | None) -> Iterable[str]:
    yield '* not measured: extrapolated linearly from what was.'
    yield 'Requests are without login and discovery, of which each command'
    yield 'has its own.'
    if one_s is not None:
        limit_s = by_hand.limit_s
        beyond_s, ours_s = by_hand.each_s - limit_s, one_s - limit_s
        yield (
            f'One server, beyond the {limit_s:.0f} s of the node: '
            f'{beyond_s:.1f} s by hand, {ours_s:.1f} s with set: '
            f'{beyond_s / ours_s:.1f} times faster.'
        )


def by_hand(where: Where, names: Sequence[str], at_once: int) -> client.Ran:
    """Change servers by stock commands, so many at once."""
    with tempfile.TemporaryDirectory(prefix='bench-') as folder:
        script = Path(folder) / 'change.sh'
        program = shlex.quote(client.program())
        script.write_text(_SCRIPT.replace('@openstack@', program))
        lines = '\\n'.join(names)
        ran = client.run(
            [
                *('sh', '-c'),
                f"printf '{lines}\\n' | xargs -n 1 -P {at_once} sh "
                + shlex.quote(str(script)),
            ],
            where.environment,
        )
    for name in names:
        where.check(name)
    return ran


def _measure(servers: int, at_once: int) -> Loop:
    with cloud.Cloud(servers) as where:
        ran = by_hand(where, where.names, at_once)
        requests = where.traffic().total
        return Loop(servers, at_once, ran, requests, where.limit_s())


def _row(loop: Loop, sizes: Iterable[int]) -> tuple[tables.Cell, ...]:
    return (
        loop.name,
        loop.servers,
        loop.ran.seconds,
        loop.each_s,
        loop.ran.cpu_s / loop.servers,
        loop.requests // loop.servers,
        *(_extrapolated(loop, size) for size in sizes),
    )


def _extrapolated(loop: Loop, size: int) -> int | None:
    """Return the seconds for so many, None if there are too few for it."""
    return int(loop.each_s * size) if size >= loop.at_once else None
