"""The model as a process of its own: HTTP, real faults, and its end."""

import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request
from typing import Any

import fixtures
import requests
from openstack import config

from tests.unit import base

SET = ('server', 'config', 'set', '--hyperthreading', 'enabled', 'web-1')
ROOT = pathlib.Path(__file__).parents[3]


class ProcessTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.model = subprocess.Popen(
            [
                *(sys.executable, '-m', 'tests.model'),
                *('--clouds', str(self.folder), '--service-seconds', '0.5'),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.model.communicate)
        self.addCleanup(self.model.kill)
        assert self.model.stdout is not None
        word, self.url, _ = self.model.stdout.readline().split()
        self.assertEqual('ready', word)
        loader = config.OpenStackConfig(
            config_files=[str(self.folder / 'clouds.yaml')],
            load_envvars=False,
        )
        self.mona = loader.get_one(cloud='mona').get_session()
        self.control('PUT', 'settings', {'stop_s': 0.2, 'start_s': 0.2})
        self.control('POST', 'boot', {'name': 'web-1'})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the model answers to a test."""
        request = urllib.request.Request(
            f'{self.url}/model/{path}',
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
        )
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or 'null')

    def openstack(self) -> subprocess.Popen[str]:
        """Return the real command as mona, started."""
        return subprocess.Popen(
            [str(pathlib.Path(sys.executable).with_name('openstack')), *SET],
            cwd=ROOT,
            env={
                'OS_CLIENT_CONFIG_FILE': str(self.folder / 'clouds.yaml'),
                'OS_CLOUD': 'mona',
                'HOME': str(self.folder),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def test_command_that_is_killed_and_run_again(self) -> None:
        first = self.openstack()
        fault = {'nth': 9, 'fault': 'kill after', 'pid': first.pid}
        self.control('PUT', 'faults', fault)
        first.communicate()
        self.assertEqual(-signal.SIGKILL, first.returncode)
        again = self.openstack()
        _, err = again.communicate()
        self.assertEqual(0, again.returncode, err)
        server = self.control('GET', 'servers/web-1')
        self.assertEqual('Enabled', server['node']['bmc']['LogicalProc'])
        self.assertEqual(1, server['node']['counters']['bios_applied'])
        self.assertTrue(self.control('GET', 'requests')['requests'])

    def test_faults_and_the_end(self) -> None:
        url = f'{self.url}/compute/v2.1/servers'
        headers = self.mona.get_auth_headers()
        for fault, error in (
            ('reset before', requests.ConnectionError),
            ('cut after', requests.exceptions.ChunkedEncodingError),
            ('hang before', requests.ReadTimeout),
        ):
            self.control('PUT', 'faults', {'nth': 1, 'fault': fault})
            self.assertRaises(
                error, requests.get, url, headers=headers, timeout=0.5
            )
        self.control('PUT', 'faults', {'nth': 1, 'fault': '503'})
        answer = requests.get(url, headers=headers, timeout=5)
        self.assertEqual(503, answer.status_code)
        answer = requests.get(url, headers=headers, timeout=5)
        self.assertEqual(200, answer.status_code)
        began = time.monotonic()
        self.model.send_signal(signal.SIGTERM)
        out, err = self.model.communicate(timeout=5)
        self.assertEqual(('', ''), (out, err))
        self.assertEqual(0, self.model.returncode)
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual([], list(self.folder.iterdir()))
        with contextlib.suppress(requests.ConnectionError):
            requests.get(url, timeout=1)
            self.fail('it still answers')
