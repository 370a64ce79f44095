"""A tenant defers a change and stops the server; a timer applies it."""

import json

from tests import notes, people
from tests.functional import base

HT = 'hyperthreading'
WISH = f'deploy-config:{HT}'
DEFERRED = f'deploy-config-deferred:{HT}'
PREVIOUS = f'deploy-config-previous:{HT}'
DEFER = ('--defer', '--hyperthreading', 'enabled', '-f', 'json')


class WindowTest(base.TestCase):
    def defer(self, server_id: str) -> None:
        """Have mona defer hyper-threading, with nothing else touched."""
        before = self.state(server_id)
        ran = self.set(self.mona, *DEFER, server_id)
        self.assert_ended(0, ran)
        [row] = ran.json()
        self.assertEqual('deferred', row['Result'])
        metadata = self.nova.get_server(server_id).metadata
        [key] = metadata.keys() - before.get('metadata', {}).keys()
        self.assertEqual(DEFERRED, key)
        entry = json.loads(metadata[DEFERRED])
        user = self.mona.connect().current_user_id
        self.assertEqual(('enabled', user), (entry['value'], entry['by']))
        self.assertEqual('Disabled', self.bios_value(server_id))
        self.assertEqual('ACTIVE', self.nova.get_server(server_id).status)
        row = self.show(self.mona, server_id)
        self.assertEqual(
            ('enabled', 'deferred', True, {'by': user, 'at': entry['at']}),
            (row['Desired'], row['Source'], row['Drift'], row['Deferred']),
        )

    def apply(
        self, who: people.Person, server_id: str, *argv: str
    ) -> tuple[str, str]:
        """Return the result of ``apply --only-off``, and what was told."""
        ran = who.openstack(
            *('server', 'config', 'apply', '--only-off', *argv),
            *('-f', 'json', server_id),
        )
        self.assert_ended(0, ran)
        [row] = ran.json()
        return row['Result'], ran.err

    def through(self, who: people.Person, flavor: str) -> None:
        """Defer, find the server on, stop it, and have it applied."""
        server = self.server(f'{flavor}.ht-off')
        self.defer(server.id)
        result, told = self.apply(who, server.id)
        self.assertEqual('not off', result)
        self.assertIn('is ACTIVE; --only-off leaves it alone.', told)
        self.assertEqual('Disabled', self.bios_value(server.id))
        self.stop(server.id)
        result, _ = self.apply(who, server.id, '--until', '1h')
        self.assertEqual('verified', result)
        self.assertEqual('Enabled', self.bios_value(server.id))
        self.assertEqual('SHUTOFF', self.nova.get_server(server).status)
        node = self.node_of(server.id)
        self.assertEqual(
            ('active', 'power off', False),
            (node.provision_state, node.power_state, node.is_maintenance),
        )
        metadata = notes.timeless(self.nova.get_server(server).metadata)
        self.assertEqual({WISH, PREVIOUS}, metadata.keys())
        self.assertEqual('enabled', metadata[WISH])

    def test_manager_on_a_fake_node(self) -> None:
        self.through(self.mona, base.FAKE)

    def test_operators_timer_on_a_redfish_node(self) -> None:
        self.through(self.operator, base.REDFISH)

    def test_who_may_not_set_may_not_defer(self) -> None:
        server = self.kept_server()
        for name in ('alice', 'rita'):
            ran = self.set(self.person(name), *DEFER, server.id)
            self.assert_refused(ran, '403')
        self.assertEqual({}, self.nova.get_server(server).metadata)

    def test_withdrawn(self) -> None:
        server = self.kept_server()
        self.defer(server.id)
        argv = ('server', 'config', 'unset', '--config', HT, server.id)
        self.assert_ended(0, self.mona.openstack(*argv))
        self.assertEqual({}, self.nova.get_server(server).metadata)
        self.assertEqual('Disabled', self.bios_value(server.id))

    def test_a_window_that_has_ended(self) -> None:
        server = self.kept_server()
        self.defer(server.id)
        ran = self.mona.openstack(
            *('-q', 'server', 'config', 'apply', '-f', 'value', '-c'),
            *('Result', '--until', '2020-01-01T00:00Z', server.id),
        )
        self.assert_ended(7, ran, out='not started\n')
        self.assertEqual('Disabled', self.bios_value(server.id))
        self.assertIn(DEFERRED, self.nova.get_server(server).metadata)
