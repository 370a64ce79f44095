"""The model as a process of its own: HTTP, real faults, and its end."""

import contextlib
import signal
import subprocess
import time

import requests
from openstack import config

from tests.matrix import ends
from tests.model import process
from tests.unit import base

SET = ('server', 'config', 'set', '--hyperthreading', 'enabled', 'web-1')


class ProcessTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # A run in the background ignores it, and so would all that it starts.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        model = self.useFixture(process.Process())
        self.model, self.folder, self.url = model, model.folder, model.url
        self.control = model.control
        loader = config.OpenStackConfig(
            config_files=[str(self.folder / 'clouds.yaml')],
            load_envvars=False,
        )
        self.mona = loader.get_one(cloud='mona').get_session()
        self.control('POST', 'boot', {'name': 'web-1'})

    def openstack(self, *more: str) -> subprocess.Popen[str]:
        """Return the real command as mona, started."""
        return subprocess.Popen(
            [process.OPENSTACK, *SET, *more],
            env=self.model.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def asked(self) -> list[str]:
        """Return the requests that have come so far."""
        told = self.control('GET', 'requests')['requests']
        return [str(request) for request in told]

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

    def test_two_interrupts_end_it_at_once(self) -> None:
        self.control('POST', 'boot', {'name': 'web-2'})
        client = self.openstack('web-2')
        assert client.stderr is not None
        while not any('/action' in request for request in self.asked()):
            self.assertIsNone(client.poll(), 'it has ended')
        fault = {'nth': 1, 'fault': 'hang before', 'lasts': 99}
        self.control('PUT', 'faults', fault)
        client.send_signal(signal.SIGINT)
        line = ''
        while 'in flight' not in line:
            line = client.stderr.readline()
            self.assertTrue(line, 'it has ended')
        client.send_signal(signal.SIGINT)
        out, err = client.communicate(timeout=20)
        # The second may come when all is told; a shell says 130 of both.
        self.assertIn(client.returncode, (130, -signal.SIGINT), err)
        self.assertIn('web-1', out)
        if client.returncode == 130:
            self.assertNotIn('Traceback', err)

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
        model = self.model.process
        model.send_signal(signal.SIGTERM)
        out, err = model.communicate(timeout=5)
        self.assertEqual(('', ''), (out, err))
        self.assertEqual(0, model.returncode)
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual([], list(self.folder.iterdir()))
        with contextlib.suppress(requests.ConnectionError):
            requests.get(url, timeout=1)
            self.fail('it still answers')


class EndsTest(base.TestCase):
    def test_a_change_survives_its_terminal(self) -> None:
        cases = [one for one in ends.CASES if one.name in ends.FEW]
        for case, wrong in ends.play(cases):
            self.assertEqual('', wrong, case.name)
