"""The model of the clouds as a process of its own.

Owns that process, its clients' environment and its log of requests.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import client

_ROOT = Path(__file__).parents[2]
_READ_MS, _WRITE_MS, _SERVICE_S = 25, 60, 5
# The manager of a project, who may have its nodes serviced.
_PERSON = 'mona'
WORDS = f'{_READ_MS} ms a read, {_WRITE_MS} ms a write, {_SERVICE_S} s a step'
_SERVERS = '/compute/v2.1/servers/detail'
_NODES = '/baremetal/v1/nodes'


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests of a command, without login and discovery.

    :param ticks: how often all servers and nodes were listed.
    :param lists: the requests that this took.
    :param others: all others.
    """

    ticks: int
    lists: int
    others: int

    @property
    def total(self) -> int:
        """Return the number of requests."""
        return self.lists + self.others

    @classmethod
    def of(cls, seen: Sequence[dict[str, Any]]) -> 'Traffic':
        """Return what requests of the log come to."""
        lists = [one['url'] for one in seen if _is_list(one)]
        ticks = sum(
            url.startswith(_SERVERS) and 'marker=' not in url for url in lists
        )
        return cls(ticks, len(lists), len(seen) - len(lists))


def _is_list(seen: dict[str, Any]) -> bool:
    path, _, query = str(seen['url']).partition('?')
    return (
        seen['method'] == 'GET'
        and path.rstrip('/') in (_SERVERS, _NODES)
        and 'name=' not in query
        and 'instance_uuid=' not in query
    )


class Cloud:
    """A model with so many servers, whose hyper-threading is disabled."""

    def __init__(self, servers: int) -> None:
        self.names = [f'fleet-{n:05}' for n in range(1, servers + 1)]
        self._folder = tempfile.TemporaryDirectory(prefix='bench-')
        options = {
            'servers': servers,
            'read-ms': _READ_MS,
            'write-ms': _WRITE_MS,
            'service-seconds': _SERVICE_S,
            'clouds': self._folder.name,
        }
        argv = [f'--{name}={value}' for name, value in options.items()]
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'tests.model', *argv],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        # What asks loopback must not go through a proxy.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({})
        )
        self._url = ''

    def __enter__(self) -> 'Cloud':
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        if not words:
            self.__exit__()
            raise client.Failed('the model does not start')
        self._url = words[1]
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.communicate()
        self._folder.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the shell of this cloud's person."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith('OS_')}
        return kept | {
            'OS_CLIENT_CONFIG_FILE': f'{self._folder.name}/clouds.yaml',
            'OS_CLOUD': _PERSON,
            'COLUMNS': '200',
            'NO_PROXY': '*',
        }

    def openstack(self, *argv: str) -> client.Ran:
        """Run a command of the person.

        :raises Failed: its exit code is not 0.
        """
        return client.run([client.program(), *argv], self.environment)

    def cpu_s(self) -> float:
        """Return the CPU seconds that the model itself has taken."""
        text = Path(f'/proc/{self._process.pid}/stat').read_text()
        after_name = text.rpartition(')')[2].split()
        ticks = int(after_name[11]) + int(after_name[12])
        return ticks / os.sysconf('SC_CLK_TCK')

    def traffic(self) -> Traffic:
        """Return the requests since the last look, and forget them."""
        seen = self._ask('GET', '/requests')['requests']
        self._ask('DELETE', '/requests')
        return Traffic.of(seen)

    def limit_s(self) -> float:
        """Return the seconds that the nodes themselves take for a change."""
        settings = self._ask('PUT', '/settings', {})
        parts = ('stop_s', 'step_s', 'start_s')
        return sum(float(settings[part]) for part in parts)

    def check(self, name: str) -> None:
        """Return if hyper-threading of a server has been enabled.

        :raises Failed: it has not.
        """
        node = self._ask('GET', f'/servers/{name}')['node']
        if node['bmc']['LogicalProc'] != 'Enabled':
            raise client.Failed(f'{name} has not been changed')

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f'{self._url}/model{path}',
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={'Content-Type': 'application/json'},
        )
        with self._opener.open(request) as answer:
            return json.loads(answer.read() or b'null')
