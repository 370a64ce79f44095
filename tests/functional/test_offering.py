"""Offering where nothing is offered, and what ``check`` finds."""

import contextlib
import json
import shlex
from typing import Any

from osc_baremetal_config.core.facts import metadata
from tests import mistakes, offered, people, runs
from tests.devcloud import layout as layouts
from tests.devcloud import vendors
from tests.devcloud.vendors import DELL
from tests.functional import base

CREATE = ('option', 'create', '--owner', 'acme', '--flavor')
SMT, SRIOV = ('--type', 'hyperthreading'), ('--type', 'sriov')


class Hands:
    """Makes mistakes on the real cloud."""

    def __init__(
        self,
        operator: people.Person,
        system: people.Person,
        server: str,
    ) -> None:
        self._nova = operator.connect()
        self._ironic = system.connect().baremetal
        self.server = server

    def ironic(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to Ironic as an administrator of the system."""
        answer = self._ironic.request(
            path, method, json=body, microversion='1.112'
        )
        assert answer.ok, answer.text
        return answer

    def nova(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to Nova as an administrator."""
        answer = self._nova.compute.request(path, method, json=body)
        assert answer.ok, answer.text
        return answer

    def flavor(self, name: str) -> str:
        """Return the ID of a flavor."""
        listed = self._nova.compute.flavors(is_public=None)
        return next(str(one.id) for one in listed if one.name == name)

    def node(self, name: str) -> str:
        """Return the UUID of a node."""
        return str(self._ironic.get_node(name).id)

    @property
    def own_node(self) -> str:
        """Return the UUID of the node of the server."""
        [found] = self._ironic.nodes(instance_id=self.server)
        return str(found.id)

    @property
    def projects(self) -> tuple[str, str]:
        """Return the ID of the project of the server, and of another."""
        identity: Any = self._nova.identity
        find = identity.find_project
        acme, other = (find(name) for name in ('acme', 'other'))
        return str(acme.id), str(other.id)


class TestCase(base.TestCase):
    """A cloud whose templates, runbooks and variants are put away."""

    @classmethod
    def setUpClass(cls) -> None:
        """Put them away."""
        super().setUpClass()
        offered.put_away(layouts.Layout.load())

    @classmethod
    def tearDownClass(cls) -> None:
        """Have them again."""
        super().tearDownClass()
        offered.make_again(layouts.Layout.load())

    def config(self, *argv: str, code: int = 0) -> runs.Ran:
        """Return what a command does for the operator."""
        ran = self.operator.openstack('server', 'config', *argv)
        self.assert_ended(code, ran)
        return ran

    def found(self) -> list[dict[str, Any]]:
        """Return what is found once Placement knows what Ironic does.

        Nova finds no host for a variant before.
        """
        findings: list[dict[str, Any]] = []

        def is_settled() -> bool:
            ran = self.operator.openstack(
                'server', 'config', 'check', '-f', 'json'
            )
            self.assertIn(ran.code, (0, 3), str(ran))
            findings[:] = ran.json()
            codes = {one['Code'] for one in findings}
            return 'placement-traits' not in codes

        people.wait('Placement knows the traits', is_settled)
        return findings


class ProfileTest(TestCase):
    def test_a_manager_sets_all_of_it_at_once(self) -> None:
        flavor = vendors.flavor(DELL)
        [server] = self.lab.boot_all({DELL: flavor}).values()
        self.addCleanup(self.lab.delete, server)
        bmc = people.Bmc.of(DELL, self.layout)
        self.addCleanup(bmc.deliver)
        self.lab.as_delivered(server, bmc)
        items = {'hyperthreading': 'disabled', 'sriov': 'enabled'}
        told = [f'--config={name}={value}' for name, value in items.items()]
        offer = (*CREATE, flavor, '--profile', 'hpc', *told)
        self.config(*offer)
        self.assertIn('nothing was changed', self.config(*offer).err)
        listed = self.config('option', 'list', '--definitions', '-f', 'json')
        [profile] = [one for one in listed.json() if one['profile']]
        self.assertEqual(items, profile['items'])
        ran = self.set(self.mona, '--profile', 'hpc', server, '-f', 'json')
        self.assert_ended(0, ran)
        self.assertEqual(
            {('verified', 'runbook')},
            {(row['Result'], row['Method']) for row in ran.json()},
        )
        record = self.nova.get_server(server).metadata
        self.assertEqual('hpc', record[metadata.PROFILE])
        ran = self.mona.openstack(
            'server', 'config', 'show', server, '-f', 'json'
        )
        sources = {r['Config']: r['Source'] for r in ran.json()}
        for name in items:
            self.assertEqual('profile hpc (server metadata)', sources[name])
        # One of its items alone takes an offer of that.
        alone = ('--sriov', 'disabled', server)
        self.assert_refused(self.set(self.mona, *alone), 'no runbook')
        self.config(*CREATE, flavor, *SRIOV)
        ran = self.set(self.mona, *alone)
        self.assert_ended(0, ran)
        record = self.nova.get_server(server).metadata
        self.assertNotIn(metadata.PROFILE, record)


class OfferTest(TestCase):
    def test_a_file_of_it_changes_nothing(self) -> None:
        self.config(*CREATE, 'bm.large', 'bm.redfish', *SMT)
        written = self.config(
            'option', 'list', '--definitions', '-f', 'yaml'
        ).out
        path = self.layout.state / 'offers.yaml'
        path.write_text(written, encoding='utf-8')
        self.addCleanup(path.unlink)
        ran = self.config('option', 'create', '--file', str(path), '--prune')
        self.assertIn('nothing was changed', ran.err)
        again = self.config('option', 'list', '--definitions', '-f', 'yaml')
        self.assertEqual(written, again.out)

    def test_a_file_makes_the_same_where_nothing_is_left(self) -> None:
        """With variants of variants, and public runbooks beside others."""
        listing = ('option', 'list', '--definitions', '-f', 'yaml')
        turbo = ('--type', 'turbo', '--value', 'disabled')
        public = ('option', 'create', '--public', '--flavor')
        self.addCleanup(offered.put_away, self.layout)
        self.config(*CREATE, mistakes.BASE, *SMT)
        self.config(*public, mistakes.BASE, *SMT)
        self.config(*CREATE, mistakes.VARIANT, *turbo)
        before, findings = self.config(*listing).out, self.found()
        path = self.layout.state / 'offers.yaml'
        path.write_text(before, encoding='utf-8')
        self.addCleanup(path.unlink)
        offered.put_away(self.layout)
        file = ('option', 'create', '--file', str(path))
        self.config(*file)
        self.assertEqual(before, self.config(*listing).out)
        self.assertEqual(findings, self.found())
        self.assertIn('nothing was changed', self.config(*file).err)
        # The manager runs the project's own runbook, not the public one.
        # Any node fits the variant that has it disabled, also the one that is
        # not said to be capable.
        server = self.server(mistakes.VARIANT)
        ran = self.set(
            self.mona, '--hyperthreading', 'disabled', server.id, '-f', 'json'
        )
        self.assert_ended(0, ran)
        self.assertEqual('runbook', ran.json()[0]['Method'])

    def test_a_server_has_it_at_its_first_boot_and_who_uses_it(self) -> None:
        self.config(*CREATE, 'bm.large', *SMT)
        self.found()
        server = self.server('bm.large.hyperthreading-disabled')
        self.assertEqual('Disabled', self.bios_value(server.id))
        ran = self.config('option', 'delete', *SMT, code=7)
        self.assertIn(f'test-1 ({server.id})', ran.err)
        # The variant, its template and its runbook are left; the template of
        # the other value only if another server should have that.
        left = self.config('option', 'list', '--definitions', '-f', 'json')
        flavors = {
            one['value']: one['flavors'] for one in json.loads(left.out)
        }
        self.assertEqual(['bm.large'], flavors['disabled'])
        self.assertEqual([], flavors.get('enabled', []))

    def test_who_may_not(self) -> None:
        for name in ('mona', 'rita', 'adam', 'oscar'):
            ran = self.person(name).openstack(
                'server', 'config', *CREATE, 'bm.large', *SMT
            )
            self.assert_ended(3, ran)
            self.assertIn('role on the system', ran.err)


class CheckTest(TestCase):
    def setUp(self) -> None:
        """Offer hyper-threading, and have nothing be wrong with that."""
        super().setUp()
        nova: Any = self.operator.connect().compute
        large = nova.find_flavor('bm.large', get_extra_specs=True)
        private = nova.create_flavor(
            name='bm.private',
            **{'vcpus': large.vcpus, 'ram': large.ram, 'disk': large.disk},
            is_public=False,
        )
        nova.create_flavor_extra_specs(private, large.extra_specs)
        acme = self.mona.connect().current_project_id
        nova.flavor_add_tenant_access(private.id, acme)
        self.config(*CREATE, 'bm.large', 'bm.redfish', 'bm.private', *SMT)
        # The cloud has a node that is not said to be capable, and so has not
        # the trait of what it could then be given.
        for code in ('setting-without-trait', 'template-trait-missing'):
            [one] = self.found()
            self.assertEqual(code, one['Code'])
            self.paste(one['Fix'])
        self.web = self.server(mistakes.VARIANT)
        self.assertEqual([], self.found())

    def paste(self, line: str) -> None:
        """Run what a finding names, as who may."""
        for one in line.split(' && '):
            _, *argv = shlex.split(one)
            is_system = argv[0] == 'baremetal'
            person = 'operator-system' if is_system else 'operator'
            self.assert_ended(0, self.person(person).openstack(*argv))

    def test_every_mistake_is_found_and_its_hint_fixes_it(self) -> None:
        hands = Hands(
            self.operator, self.person('operator-system'), self.web.id
        )
        for mistake in mistakes.MISTAKES:
            with self.told(mistake):
                mistake.make(hands)
                found = self.found()
                codes = {one['Code'] for one in found}
                self.assertEqual({mistake.code}, codes, str(found))
                for one in found:
                    self.paste(one['Fix'])
                self.assertEqual([], self.found())

    @contextlib.contextmanager
    def told(self, mistake: mistakes.Mistake) -> Any:
        """Have a failure of the block name the mistake."""
        try:
            yield
        except AssertionError as error:
            raise AssertionError(f'{mistake}: {error}') from error
