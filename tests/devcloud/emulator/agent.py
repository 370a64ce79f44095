"""The agent of a system whose ramdisk was booted, as Ironic sees it.

Owns what ironic-python-agent says to Ironic and answers it, and nothing that
it does to a machine: it looks its node up, sends heartbeats, and has no steps
of its own.  An agent ends with the start that began it.

After ``ironic_python_agent/agent.py`` and ``ironic_api_client.py``.
"""

import json
import os
import threading
import time
import urllib.error
import urllib.request

SECONDS = 'FAKE_AGENT_SECONDS'
# What the agent needs: a token, and a certificate that it may leave out.
_VERSION = '1.68'
_BEAT_S = 1.0
_LIMIT_S = 10.0


class Agents:
    """The agents of all systems; there is at most one of each."""

    def __init__(self, url, ironic_url):
        """Take the address of the emulator and of Ironic.

        :param ironic_url: None where no ramdisk is ever booted.
        """
        self._url = url
        self._ironic_url = ironic_url
        self._seconds = {}
        self._starts = {}
        self._commands = {}
        self._lock = threading.Lock()

    def delay(self, identity, seconds):
        """Have a system's ramdisk take so long to boot; None for ever."""
        self._seconds[identity] = seconds

    def end(self, identity):
        """End the agent of a system that is switched off or restarted."""
        with self._lock:
            self._starts[identity] = self._starts.get(identity, 0) + 1
            self._commands[identity] = []
            return self._starts[identity]

    def begin(self, identity, address):
        """Begin an agent.

        :param address: of the system's network interface.
        """
        start = self.end(identity)
        default = float(os.environ.get(SECONDS) or 0)
        seconds = self._seconds.get(identity, default)
        if seconds is None or not self._ironic_url:
            return
        life = threading.Thread(
            target=self._live,
            args=(identity, address, start, seconds),
            daemon=True,
        )
        life.start()

    def commands(self, identity):
        """Return what the agent of a system was told to do."""
        return {'commands': list(self._commands.get(identity, ()))}

    def command(self, identity, asked):
        """Carry out a command: it has no steps."""
        name = asked['name'].partition('.')[2]
        result = {
            'hardware_manager_version': {'generic_hardware_manager': '1'}
        }
        if name.startswith('get_'):
            result[name.removeprefix('get_')] = {}
        done = {
            'id': str(len(self._commands[identity])),
            'command_name': name,
            'command_params': {},
            'command_status': 'SUCCEEDED',
            'command_error': None,
            'command_result': result,
        }
        self._commands[identity].append(done)
        return done

    def _live(self, identity, address, start, seconds):
        """Look the node up and send heartbeats, until the next start."""
        time.sleep(seconds)
        node, token = None, None
        while self._starts[identity] == start:
            try:
                if node is None:
                    node, token = self._look_up(address)
                self._beat(identity, node, token)
            except (OSError, ValueError):
                # Ironic is away, or has the node locked: as the real one,
                # it says so at the next heartbeat again.
                pass
            time.sleep(_BEAT_S)

    def _look_up(self, address):
        found = self._ask('GET', f'/v1/lookup?addresses={address}')
        return found['node']['uuid'], found['config']['agent_token']

    def _beat(self, identity, node, token):
        body = {
            'callback_url': f'{self._url}/devcloud/v1/agent/{identity}',
            'agent_token': token,
            'agent_version': '9.7.0',
        }
        self._ask('POST', f'/v1/heartbeat/{node}', body)

    def _ask(self, method, path, body=None):
        """Return Ironic's answer, None if there is none.

        :raises OSError: it does not answer, or refuses.
        """
        request = urllib.request.Request(
            self._ironic_url + path,
            None if body is None else json.dumps(body).encode(),
            {
                'Content-Type': 'application/json',
                'X-OpenStack-Ironic-API-Version': _VERSION,
            },
            method=method,
        )
        with urllib.request.urlopen(request, timeout=_LIMIT_S) as answer:
            text = answer.read()
        return json.loads(text) if text else None
