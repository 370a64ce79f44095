"""The sentence that a person needs, where something cannot be had."""

from tests import runs
from tests.model import faults, fixture
from tests.unit import base

ENABLE = ('--hyperthreading', 'enabled')


class WordsTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world = self.model.world

    def do(self, *argv: str, person: str = 'mona') -> runs.Ran:
        return self.model.openstack(person, 'server', 'config', *argv)

    def test_a_login_without_a_project(self) -> None:
        for argv in (
            ('--os-system-scope', 'all'),
            ('--os-project-name', '', '--os-project-domain-id', ''),
        ):
            ran = self.model.openstack(
                *('mona', *argv, 'server', 'config', 'show', 'web-1')
            )
            self.assertNotEqual(0, ran.code)
            self.assertNotIn('region', ran.err)

    def test_a_region_that_has_no_nova(self) -> None:
        ran = self.model.openstack(
            *('mona', '--os-region-name', 'Nope', 'server', 'config', 'list')
        )
        self.assert_refused(ran, 'no Nova in Nope', 'openstack catalog list')

    def test_a_service_that_is_away_from_the_start(self) -> None:
        self.world.boot('web-1')
        for nth in range(1, 200):
            self.model.faults.also(nth, faults.Fault.parse('503'))
        ran = self.do('set', *ENABLE, 'web-1')
        self.assert_ended(1, ran)
        self.assertIn('Nova: as a test has told (503, req-', ran.err)
        self.assertIn('Nothing was changed.', ran.err)

    def test_who_may_forget(self) -> None:
        server = self.world.boot('web-1')
        server.metadata['deploy-config:turbo'] = 'enabled'
        ran = self.do('unset', '--config', 'turbo', 'web-1', person='rita')
        self.assert_refused(ran, 'a member or manager of its project')

    def test_options_of_a_server_that_may_not_be_serviced(self) -> None:
        self.world.boot('web-1')
        argv = ('option', 'list', '--server', 'web-1', '-f', 'json')
        ran = self.do(*argv, person='alice')
        self.assert_ended(0, ran)
        reasons = {row['Reason'] for row in ran.json() if row['Reason']}
        self.assertTrue(any('may by default' in r for r in reasons))
        self.assertFalse(any('403' in r for r in reasons), reasons)

    def test_users_by_name_where_that_can_be_read(self) -> None:
        self.world.boot('web-1')
        self.assert_ended(0, self.do('set', *ENABLE, 'web-1'))
        for person in ('mona', 'adam'):
            told = self.do('history', 'web-1', person=person).out
            self.assertIn(' mona ', told)
        mona = self.world.user('mona').id
        self.assertNotIn(
            ' mona ', self.do('history', 'web-1', person='rita').out
        )
        ran = self.do('history', 'web-1', '-f', 'json')
        self.assertIn(mona, {row['User'] for row in ran.json()})

    def test_history_during_an_outage(self) -> None:
        server = self.world.boot('web-1')
        path = f'/baremetal/v1/nodes/{server.node_uuid}/history'
        self.model.faults.broken[path] = 503
        ran = self.do('history', 'web-1')
        self.assert_ended(1, ran)
        self.assertNotIn('Nothing is remembered', ran.err)
        self.assertIn("The history of Ironic is not shown: Ironic: ", ran.err)
        self.assertNotIn('By default', ran.err)

    def test_an_empty_list_says_so(self) -> None:
        ran = self.do('list')
        self.assert_ended(0, ran)
        self.assertIn('Warning: no bare-metal server in this', ran.err)
        ran = self.do('list', '--tag', 'nope')
        self.assertIn('no bare-metal server with the tag nope', ran.err)
        ran = self.do('list', '--server', 'nope', '-q')
        self.assert_refused(ran, 'No server with the name nope')
        self.world.boot('web-1', 'bm.large.ht-off')
        ran = self.do('list', '--drift')
        self.assertIn('No known drift.', ran.err)
        self.assertEqual('', self.do('list', '--drift', '-q').err)

    def test_an_option_that_is_misspelt(self) -> None:
        ran = self.do('set', '--hyperthreding', 'enabled', 'web-1')
        self.assert_ended(2, ran, out='')
        self.assertIn('Did you mean --hyperthreading?', ran.err)
        self.assertIn('See: ', ran.err)
        self.assertIn('help server config set', ran.err)
        self.assertLess(ran.err.count('\n'), 5)
