"""Several servers with one command, on a real cloud."""

from typing import Any

from tests import runs
from tests.functional import base

ENABLE = ('--hyperthreading', 'enabled')


class FleetTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.servers = [
            self.server(f'{base.FAKE}.ht-off', f'test-{number}')
            for number in range(2)
        ]
        for server in self.servers:
            self.nova.add_tag_to_server(server, 'hpc')

    def values(self) -> list[str]:
        return [self.bios_value(server.id) for server in self.servers]

    def results(self, ran: runs.Ran) -> dict[str, Any]:
        return {row['Server']: row['Result'] for row in ran.json()}

    def test_all_with_a_tag(self) -> None:
        argv = (*ENABLE, '--tag', 'hpc', '-f', 'json')
        ran = self.set(self.mona, *argv, '--dry-run')
        self.assert_ended(0, ran)
        self.assertEqual(['Disabled'] * 2, self.values())
        for result in ('verified', 'nothing to do'):
            ran = self.set(self.mona, *argv)
            self.assert_ended(0, ran)
            self.assertEqual(
                {'test-0': result, 'test-1': result}, self.results(ran)
            )
            self.assertEqual(['Enabled'] * 2, self.values())
        for server in self.servers:
            self.assertEqual('ACTIVE', self.nova.get_server(server).status)

    def test_canary_that_fails(self) -> None:
        self.knob(self.servers[0].id, 'fake_bios_ignore', True)
        ran = self.set(
            self.mona,
            *(*ENABLE, 'test-0', 'test-1', '--canary', '1', '-f', 'json'),
        )
        self.assert_ended(7, ran)
        self.assertEqual(
            {'test-0': 'put back', 'test-1': 'not begun'}, self.results(ran)
        )
        self.assertEqual(['Disabled'] * 2, self.values())
