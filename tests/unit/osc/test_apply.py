"""``apply`` and ``unset``, on the model."""

from tests import runs
from tests.model import fixture
from tests.model.records import Server
from tests.unit import base

CONFIG = ('server', 'config')
WISH = 'deploy-config:hyperthreading'
PENDING = 'deploy-config-pending:hyperthreading'


class ChangingTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.useFixture(fixture.Model())
        self.world = self.model.world

    def do(self, *argv: str, person: str = 'mona') -> runs.Ran:
        return self.model.openstack(person, *CONFIG, *argv)

    def holds(self, server: Server) -> str:
        """Return what the BMC holds."""
        return str(self.model.node_of(server).bmc['LogicalProc'])

    def drifting(self, name: str = 'web-1') -> Server:
        """Return a server whose BIOS somebody has changed by hand."""
        server = self.world.boot(name)
        node = self.model.node_of(server)
        self.world.set_bios(node, {'LogicalProc': 'Enabled'})
        return server


class ApplyTest(ChangingTest):
    def test_drift_is_mended_and_nothing_recorded(self) -> None:
        server = self.drifting()
        ran = self.do('apply', 'web-1', '-f', 'json')
        self.assert_ended(0, ran)
        [row] = ran.json()
        self.assertEqual(
            ('hyperthreading', 'enabled', 'disabled', 'verified'),
            tuple(row[n] for n in ('Config', 'From', 'To', 'Result')),
        )
        self.assertEqual('Disabled', self.holds(server))
        self.assertNotIn(WISH, server.metadata)
        self.assertNotIn(PENDING, server.metadata)

    def test_nothing_to_do_is_success_and_touches_nothing(self) -> None:
        server = self.world.boot('web-1')
        ran = self.do('apply', 'web-1', '--detailed-exit-code', '-f', 'json')
        self.assert_ended(0, ran)
        [row] = ran.json()
        self.assertEqual('unchanged', row['Result'])
        self.assertEqual(server.id, row['ID'])
        self.assertIn('web-1 is as it should be, by the BIOS', ran.err)
        self.assertEqual({}, server.metadata)

    def test_several_of_which_one_cannot_be_had(self) -> None:
        first, second = self.drifting('web-1'), self.drifting('web-2')
        names = ('web-1', 'nope', 'web-2')
        ran = self.do('apply', *names, '-f', 'json')
        self.assert_ended(3, ran)
        self.assertEqual('Enabled', self.holds(first))
        ran = self.do('apply', *names, '-f', 'json', '--max-failures', '1')
        self.assert_ended(7, ran)
        self.assertEqual(
            [
                ('nope', 'refused'),
                ('web-1', 'verified'),
                ('web-2', 'verified'),
            ],
            [(row['Server'], row['Result']) for row in ran.json()],
        )
        self.assertIn(
            'No server with the name nope exists in this project.', ran.err
        )
        self.assertEqual('Disabled', self.holds(first))
        self.assertEqual('Disabled', self.holds(second))

    def test_image_and_flavor_that_disagree_are_not_guessed(self) -> None:
        image = next(iter(self.world.images.values()))
        image.properties[WISH] = 'enabled'
        server = self.world.boot('web-1', image=image.name)
        before = self.holds(server)
        ran = self.do('apply', 'web-1')
        self.assert_refused(ran, 'it is not clear what is desired')
        self.assertEqual(before, self.holds(server))

    def test_cut_off_it_is_finished_by_itself(self) -> None:
        server = self.drifting()
        self.assert_ended(0, self.do('apply', 'web-1', '--no-wait'))
        self.assertIn(PENDING, server.metadata)
        self.model.clock.sleep(60)
        ran = self.do('apply', 'web-1')
        self.assert_ended(0, ran)
        self.assertNotIn(PENDING, server.metadata)
        self.assertEqual('active', server.vm_state)

    def test_dry_run(self) -> None:
        server = self.drifting()
        ran = self.do('apply', 'web-1', '--dry-run')
        self.assert_ended(0, ran)
        self.assertIn('LogicalProc Enabled -> Disabled', ran.out)
        self.assertEqual('Enabled', self.holds(server))

    def test_reader(self) -> None:
        server = self.drifting()
        self.assert_refused(self.do('apply', 'web-1', person='rita'), '403')
        self.assertEqual('Enabled', self.holds(server))


class UnsetTest(ChangingTest):
    def changed(self) -> Server:
        """Return a server with hyper-threading set against its flavor."""
        server = self.world.boot('web-1')
        self.assert_ended(
            0, self.do('set', 'web-1', '--hyperthreading', 'enabled')
        )
        return server

    def test_what_is_forgotten_is_desired_by_the_flavor_again(self) -> None:
        server = self.changed()
        ran = self.do(
            'unset', 'web-1', '--config', 'hyperthreading', '-f', 'json'
        )
        self.assert_ended(0, ran)
        [row] = ran.json()
        self.assertEqual(
            ('disabled', 'enabled', 'flavor bm.large.ht-off', True),
            tuple(row[n] for n in ('Desired', 'Actual', 'Source', 'Drift')),
        )
        self.assertEqual({}, server.metadata)
        self.assertEqual('Enabled', self.holds(server))

    def test_applied_as_well(self) -> None:
        server = self.changed()
        argv = ('unset', 'web-1', '--config', 'hyperthreading', '--apply')
        for _ in range(2):
            self.assert_ended(0, self.do(*argv))
            self.assertEqual('Disabled', self.holds(server))
            self.assertNotIn(WISH, server.metadata)

    def test_nothing_is_recorded(self) -> None:
        self.world.boot('web-1')
        ran = self.do('unset', 'web-1', '--config', 'turbo')
        self.assert_ended(0, ran)
        self.assertIn('nothing is recorded of turbo', ran.err)

    def test_a_type_that_is_none(self) -> None:
        self.world.boot('web-1')
        for name in ('turbos', 'turbo=enabled', ''):
            ran = self.do('unset', 'web-1', '--config', name)
            self.assert_refused(ran, 'no such type of configuration')

    def test_who_may_not_apply_forgets_nothing(self) -> None:
        server = self.changed()
        argv = ('unset', 'web-1', '--config', 'hyperthreading', '--apply')
        self.assert_refused(self.do(*argv, person='alice'), '403')
        self.assertIn(WISH, server.metadata)

    def test_a_change_that_has_not_ended(self) -> None:
        server = self.changed()
        server.metadata[PENDING] = '{"value": "enabled", "wish": "x"}'
        ran = self.do('unset', 'web-1', '--config', 'hyperthreading')
        self.assert_refused(ran, 'openstack server config recover')
        self.assertIn(WISH, server.metadata)

    def test_dry_run_forgets_nothing(self) -> None:
        server = self.changed()
        argv = ('unset', 'web-1', '--config', 'hyperthreading', '--dry-run')
        self.assert_ended(0, self.do(*argv))
        self.assertIn(WISH, server.metadata)

    def test_reader(self) -> None:
        server = self.changed()
        argv = ('unset', 'web-1', '--config', 'hyperthreading')
        ran = self.do(*argv, person='rita')
        self.assert_refused(ran, '403', 'the record cannot be removed')
        self.assertNotIn('forgotten:', ran.err.replace('be forgotten:', ''))
        self.assertIn(WISH, server.metadata)

    def test_nova_is_away_for_a_moment(self) -> None:
        server = self.changed()
        [key] = [key for key in server.metadata if 'previous' in key]
        path = f'/compute/v2.1/servers/{server.id}/metadata/{key}'
        self.model.faults.broken[path] = 503
        argv = ('unset', 'web-1', '--config', 'hyperthreading')
        ran = self.do(*argv)
        self.assert_ended(5, ran)
        self.assertIn(f'web-1 ({server.id}): the record could not be', ran.err)
        self.assertIn(
            'Continue with: openstack server config unset --config '
            f'hyperthreading {server.id}',
            ran.err,
        )
        sleep = self.model.clock.sleep

        def recovered(seconds: float) -> None:
            self.model.faults.broken.clear()
            sleep(seconds)

        self.model.clock.sleep = recovered  # type: ignore[method-assign]
        self.assert_ended(0, self.do(*argv))
        self.assertEqual({}, server.metadata)

    def test_refused_it_has_its_row(self) -> None:
        self.changed()
        for name, kind in (('nope', 'turbo'), ('web-1', 'turbos')):
            argv = ('unset', name, '--config', kind, '--apply', '-f', 'json')
            ran = self.do(*argv)
            self.assert_refused(ran)
            self.assertEqual(['refused'], [r['Result'] for r in ran.json()])
