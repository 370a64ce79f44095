"""A hostile world, on a real cloud: answers, names and dead terminals."""

import contextlib
import json
import subprocess
import tempfile
from concurrent import futures
from pathlib import Path
from typing import Any

from tests import people, runs
from tests.bench import real
from tests.functional import base
from tests.matrix import devcloud

ENABLE = ('--hyperthreading', 'enabled')
SERVERS = 'GET nova-api /v2.1/servers'
DOWN = 'is UNKNOWN: its cell does not answer'


class TestCase(base.TestCase):
    count = 2

    def setUp(self) -> None:
        super().setUp()
        self.servers = [
            self.kept_server(f'test-{number}') for number in range(self.count)
        ]

    def results(self, ran: runs.Ran) -> dict[str, Any]:
        return {row['ID']: row['Result'] for row in ran.json()}


class AnswersTest(TestCase):
    """What a service answers is not as its API promises."""

    def setUp(self) -> None:
        super().setUp()
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.proxy = stack.enter_context(devcloud.proxy(self.layout))
        self.caught = devcloud.Caught.of(
            'mona', self.layout, self.proxy, Path(folder)
        )

    def config(self, *argv: str) -> runs.Ran:
        return self.caught.openstack('server', 'config', *argv, '-f', 'json')

    def test_a_cell_that_is_down(self) -> None:
        down = self.servers[1].id

        def stub(request: str, body: bytes) -> tuple[int, bytes] | None:
            if not request.startswith(SERVERS):
                return None
            answer = json.loads(body)
            for server in answer.get('servers', [answer.get('server', {})]):
                if server.get('id') == down:
                    kept = {k: server[k] for k in ('id', 'tenant_id', 'links')}
                    server.clear()
                    server.update(kept, status='UNKNOWN')
            return 200, json.dumps(answer).encode()

        self.proxy.spoil = stub
        ran = self.config('list')
        self.assert_ended(7, ran)
        self.assertIn(down, {row['ID'] for row in ran.json()})
        self.assertIn(DOWN, ran.err)
        ran = self.config('set', *ENABLE, *(s.id for s in self.servers))
        self.assert_ended(7, ran)
        self.assertEqual(
            {self.servers[0].id: 'verified', down: 'failed'},
            self.results(ran),
        )
        self.assertEqual('Disabled', self.bios_value(down))

    def test_a_cell_that_is_down_for_a_while(self) -> None:
        down, seen = self.servers[1].id, []

        def stub(request: str, body: bytes) -> tuple[int, bytes] | None:
            if request != f'{SERVERS}/detail':
                return None
            seen.append(request)
            if not 3 <= len(seen) < 9:
                return None
            answer = json.loads(body)
            for server in answer['servers']:
                if server['id'] == down:
                    server.clear()
                    server.update(id=down, status='UNKNOWN')
            return 200, json.dumps(answer).encode()

        self.proxy.spoil = stub
        ran = self.config('set', *ENABLE, *(s.id for s in self.servers))
        self.assert_ended(0, ran)
        self.assertLess(9, len(seen))
        self.assertEqual({'verified'}, set(self.results(ran).values()))

    def test_bios_of_one_node_that_cannot_be_read(self) -> None:
        node = self.node_of(self.servers[1].id)

        def broken(request: str, body: bytes) -> tuple[int, bytes] | None:
            if not request.endswith(f'/nodes/{node.id}/bios'):
                return None
            return 500, b'{"error_message": "the database is away"}'

        self.proxy.spoil = broken
        ran = self.config('list')
        self.assert_ended(7, ran)
        self.assertIn(f'test-1 ({self.servers[1].id}): not read', ran.err)
        ran = self.config('set', *ENABLE, *(s.id for s in self.servers))
        self.assert_ended(7, ran)
        self.assertEqual('verified', self.results(ran)[self.servers[0].id])
        self.assertEqual('failed', self.results(ran)[self.servers[1].id])

    def test_pages_instead_of_answers(self) -> None:
        hits: list[str] = []

        def page(request: str, body: bytes) -> tuple[int, bytes] | None:
            self.number += 1
            # Every fourth, but not the login.
            if self.number % 4 or 'keystone' in request:
                return None
            hits.append(request)
            return 200, b'<html><body>It works!</body></html>'

        self.number = 0
        self.proxy.spoil = page
        ran = self.config('set', *ENABLE, self.servers[0].id)
        self.assert_ended(0, ran)
        self.assertLess(5, len(hits))
        self.assertEqual('Enabled', self.bios_value(self.servers[0].id))


class NamesTest(TestCase):
    count = 1

    def test_a_members_trap_for_an_operator(self) -> None:
        """A server that is called like the ID of another one."""
        [server] = self.servers
        trap = self.server(f'{base.FAKE}.ht-off', server.id)
        other = self.server(f'{base.REDFISH}.ht-off', 'test-other')
        before = self.state(trap.id)
        ran = self.set(
            self.operator,
            *(*ENABLE, server.id, other.id, '--dry-run', '-f', 'json'),
        )
        self.assert_ended(0, ran)
        self.assertEqual(
            {server.id, other.id}, {row['ID'] for row in ran.json()}
        )
        ran = self.set(self.mona, *ENABLE, server.id, '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual({server.id: 'verified'}, self.results(ran))
        self.assertEqual(before, self.state(trap.id))


class TerminalTest(base.TestCase):
    """The terminal goes away in the middle of a rollout of five."""

    def shell(self, line: str) -> int:
        """Return how a line of a shell ends, of which the output is lost."""
        program = people.program()
        return subprocess.run(
            ['bash', '-c', f'{program} server config set {line}'],
            env=self.mona.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode

    def test_five(self) -> None:
        names = [f'five-{number}' for number in range(5)]
        with real.nodes(self.layout, len(names)):
            with futures.ThreadPoolExecutor(3) as pool:
                made = list(pool.map(self.boot, names))
            try:
                self.watch(names, [server.id for server in made])
            finally:
                with futures.ThreadPoolExecutor(3) as pool:
                    list(pool.map(lambda s: self.lab.delete(s.id), made))

    def boot(self, name: str) -> Any:
        return self.lab.boot(f'{base.FAKE}.ht-off', name)

    def watch(self, names: list[str], ids: list[str]) -> None:
        wish, value = 'enabled', 'Enabled'
        for end in (
            '2>&1 | head -3; exit ${PIPESTATUS[0]}',
            '2>&- >/dev/full',
            '2>/dev/full >&-',
        ):
            line = f'--hyperthreading {wish} {" ".join(names)} {end}'
            self.assertEqual(0, self.shell(line), line)
            for server_id in ids:
                self.assertEqual(value, self.bios_value(server_id))
                server = self.nova.get_server(server_id)
                self.assertEqual('ACTIVE', server.status)
                self.assertFalse(
                    [k for k in server.metadata if 'pending' in k]
                )
            wish, value = (
                ('disabled', 'Disabled')
                if wish == 'enabled'
                else ('enabled', 'Enabled')
            )
