"""The people of the real cloud, and the BMC that cannot be talked over.

Runs the real ``openstack`` as one of the users of ``tests.devcloud``, and
asks the Redfish emulator what a BIOS really holds. For the demo and the
functional tests.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openstack import config, connection

from tests import runs
from tests.devcloud import layout as layouts
from tests.devcloud import redfish


def program() -> Path:
    """Return the ``openstack`` that is installed beside this Python."""
    return Path(sys.executable).with_name('openstack')


@dataclass(frozen=True)
class Person:
    """A user of the cloud.

    :param name: the entry in ``clouds.yaml``.
    """

    name: str
    layout: layouts.Layout

    def environment(self) -> dict[str, str]:
        """Return the environment of this person's shell."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith('OS_')}
        return kept | {
            'OS_CLIENT_CONFIG_FILE': str(self.layout.clouds_yaml),
            'OS_CLOUD': self.name,
            'COLUMNS': '200',
        }

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Return an ``openstack`` that has been started."""
        return subprocess.Popen(
            [str(program()), *argv],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def openstack(self, *argv: str) -> runs.Ran:
        """Return what ``openstack`` does with these arguments."""
        process = self.start(*argv)
        out, err = process.communicate()
        return runs.Ran(process.returncode, out, err)

    def connect(self) -> connection.Connection:
        """Return a connection for what the tests themselves need."""
        loader = config.OpenStackConfig(
            config_files=[str(self.layout.clouds_yaml)], load_envvars=False
        )
        made = connection.Connection(config=loader.get_one(cloud=self.name))
        # A service may close a connection that it keeps just as a request is
        # sent on it, and nothing tells then whether it took the request.
        made.session.additional_headers['Connection'] = 'close'
        return made


def wait(what: str, is_so: Callable[[], bool], limit_s: float = 90.0) -> None:
    """Return when something is so.

    :raises AssertionError: it is not within the limit.
    """
    end = time.monotonic() + limit_s
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f'not within {limit_s:.0f} s: {what}')
        time.sleep(0.25)


@dataclass(frozen=True)
class Bmc:
    """A system of the Redfish emulator.

    :param url: of the emulator.
    :param system: the id of the system.
    """

    url: str
    system: str

    @classmethod
    def of(cls, node: str, layout: layouts.Layout) -> 'Bmc':
        """Return the BMC of a node such as ``rf-0``."""
        return cls(layout.redfish_url, redfish.system(node))

    def bios(self) -> dict[str, Any]:
        """Return the BIOS attributes that are in force."""
        path = f'/redfish/v1/Systems/{self.system}/BIOS'
        return dict(self._get(path)['Attributes'])

    def counters(self) -> dict[str, int]:
        """Return how often the power was switched and the BIOS applied."""
        return dict(self._get(f'/devcloud/v1/counters/{self.system}'))

    def take(self, **settings: Any) -> None:
        """Have settings pend for the next start, behind Ironic's back."""
        path = f'/redfish/v1/Systems/{self.system}/BIOS/Settings'
        self._send('PATCH', path, {'Attributes': settings})

    def deliver(self) -> None:
        """Have the BIOS as it is delivered, at once."""
        self._send('POST', f'/devcloud/v1/deliver/{self.system}', {})

    def restart(self) -> None:
        """Have the system restarted, and return once it is on."""
        path = f'/redfish/v1/Systems/{self.system}'
        action = f'{path}/Actions/ComputerSystem.Reset'
        self._send('POST', action, {'ResetType': 'ForceRestart'})
        wait('it is on', lambda: self._get(path)['PowerState'] == 'On')

    def _send(self, method: str, path: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(
            self.url + path,
            json.dumps(body).encode(),
            {'Content-Type': 'application/json'},
            method=method,
        )
        with urllib.request.urlopen(request):
            pass

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)
