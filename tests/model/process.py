"""The model as a process, for a test, and the real command against it.

Owns how the process is begun and ended, and how its world is reached. Never
knows what is tested.
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from typing import Any

import fixtures

ROOT = pathlib.Path(__file__).parents[2]
OPENSTACK = str(pathlib.Path(sys.executable).with_name('openstack'))


class Process(fixtures.Fixture):
    """A model cloud that is reached over HTTP."""

    def _setUp(self) -> None:
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.process = subprocess.Popen(
            [
                *(sys.executable, '-m', 'tests.model'),
                *('--clouds', str(self.folder), '--service-seconds', '0.5'),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.process.communicate)
        self.addCleanup(self.process.kill)
        assert self.process.stdout is not None
        _, self.url, _ = self.process.stdout.readline().split()
        self.control('PUT', 'settings', {'stop_s': 0.2, 'start_s': 0.2})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the model answers to a test."""
        request = urllib.request.Request(
            f'{self.url}/model/{path}',
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
        )
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or 'null')

    @property
    def environ(self) -> Mapping[str, str]:
        """Return what the real command needs to be mona's, and our code."""
        return {
            'OS_CLIENT_CONFIG_FILE': str(self.folder / 'clouds.yaml'),
            'OS_CLOUD': 'mona',
            'HOME': str(self.folder),
            'PATH': os.defpath,
            'PYTHONPATH': str(ROOT),
        }
