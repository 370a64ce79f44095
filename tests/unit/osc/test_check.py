"""``server config check``: every mistake is found, and the hint fixes it."""

import json
import pathlib
import re
import shlex
from collections.abc import Callable
from importlib import metadata
from typing import Any

import fixtures

from osc_baremetal_config.core.check.findings import Code, Finding
from tests import mistakes, runs, shells
from tests.matrix import offering
from tests.mistakes import Mistake
from tests.model import fixture
from tests.model.faults import Seen
from tests.model.records import Server
from tests.model.world import World
from tests.unit import base

CHECK = ('server', 'config', 'check')


class Hands:
    """Makes mistakes on the model."""

    def __init__(self, model: fixture.Model, server: Server) -> None:
        self._model = model
        self.server = server.id
        self.own_node = server.node_uuid or ''

    def ironic(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to Ironic."""
        return self._send(
            'operator-system',
            'baremetal',
            method,
            f'/v1{path}',
            body,
            {'X-OpenStack-Ironic-API-Version': '1.112'},
        )

    def nova(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to Nova."""
        return self._send('operator', 'compute', method, path, body, {})

    def _send(
        self,
        person: str,
        service: str,
        method: str,
        path: str,
        body: Any,
        headers: dict[str, str],
    ) -> Any:
        session = self._model.session(person)
        return session.request(
            path,
            method,
            json=body,
            headers=headers,
            endpoint_filter={'service_type': service},
        )

    def flavor(self, name: str) -> str:
        """Return the ID of a flavor."""
        found = self._model.world.flavor(name)
        assert found is not None
        return found.id

    def node(self, name: str) -> str:
        """Return the UUID of a node."""
        found = self._model.world.find_node(name)
        assert found is not None
        return found.uuid

    @property
    def projects(self) -> tuple[str, str]:
        """Return the ID of the project of the server, and of another."""
        ids = {p.name: p.id for p in self._model.world.projects.values()}
        return ids['acme'], ids['other']


class CheckTestCase(base.TestCase):
    """A cloud on which two values are offered, and nothing is wrong."""

    def setUp(self) -> None:
        super().setUp()
        self.prepare(offering.empty())

    def prepare(self, world: World) -> None:
        self.world = world
        self.model = self.useFixture(fixture.Model(world))
        bm3 = world.find_node('bm-3')
        assert bm3 is not None
        bm3.traits.append('HW_CPU_HYPERTHREADING')
        self.openstack(
            *('server', 'config', 'option', 'create', '--owner', 'acme'),
            *('--type', 'hyperthreading', '--flavor'),
            *('bm.large', 'bm.redfish', 'bm.private'),
        )
        server = world.boot('web-1', mistakes.VARIANT, node='bm-0')
        self.hands = Hands(self.model, server)

    def openstack(self, *argv: str, person: str = 'operator') -> runs.Ran:
        return self.model.openstack(person, *argv)

    def check(self, *argv: str) -> dict[str, Any]:
        """Return object → finding."""
        ran = self.openstack(*CHECK, *argv, '-f', 'json')
        self.assertIn(ran.code, (0, 3), str(ran))
        return {f'{o["Code"]}: {o["Object"]}': o for o in ran.json()}

    def paste(self, line: str) -> None:
        """Run what a finding names, as who may."""
        for one in line.split(' && '):
            program, *argv = shlex.split(one)
            self.assertEqual('openstack', program)
            is_system = argv[0] == 'baremetal'
            person = 'operator-system' if is_system else 'operator'
            ran = self.openstack(*argv, person=person)
            self.assert_ended(0, ran)


def _lacks_runbooks() -> bool:
    """Return whether the client is older than its commands for runbooks."""
    version = metadata.version('python-ironicclient').split('.')
    return (int(version[0]), int(version[1])) < (5, 8)


class MistakesTest(CheckTestCase):
    def test_where_nothing_is_wrong_nothing_is_found(self) -> None:
        ran = self.openstack(*CHECK)
        self.assert_ended(0, ran)
        self.assertIn('Nothing was found.', ran.err)

    def assert_found_and_fixed(self, mistake: Mistake) -> None:
        mistake.make(self.hands)
        found = self.check()
        codes = {one['Code'] for one in found.values()}
        self.assertEqual({mistake.code}, codes, f'{mistake}: {found}')
        fixes = [one['Fix'] for one in found.values()]
        if _lacks_runbooks() and any('baremetal runbook' in f for f in fixes):
            self.prepare(offering.empty())
            return
        for fix in fixes:
            self.paste(fix)
        self.assertEqual({}, self.check(), f'{mistake}: {found}')

    def test_each_is_found_by_its_code_and_fixed_by_its_hint(self) -> None:
        # On one cloud, as nothing is wrong with it again after each.
        for mistake in mistakes.MISTAKES:
            self.assert_found_and_fixed(mistake)

    def test_there_are_many(self) -> None:
        self.assertGreaterEqual(
            len({one.code for one in mistakes.MISTAKES}), 25
        )
        self.assertLessEqual(
            {one.code for one in mistakes.MISTAKES}, set(Code)
        )


class PageTest(base.TestCase):
    def test_every_code_is_explained(self) -> None:
        root = pathlib.Path(__file__).parents[3]
        page = root / 'doc/source/reference/check.rst'
        text = page.read_text(encoding='utf-8')
        told = re.findall(r'(?m)^``([a-z-]+)``\n((?:    .+\n)+)', text)
        self.assertEqual([code.value for code in Code], [c for c, _ in told])
        for code, words in told:
            is_warning = Finding(Code(code), '', '').severity.value
            self.assertEqual(is_warning == 'warning', '(a' in words, code)


class CloudTest(CheckTestCase):
    def node(self, name: str) -> Any:
        found = self.world.find_node(name)
        assert found is not None
        return found

    def codes(self, *argv: str) -> list[str]:
        return [key.partition(' (')[0] for key in self.check(*argv)]

    def test_what_no_api_can_be_asked_for(self) -> None:
        for name, change, found in (
            ('bios', lambda n: n.bios.clear(), ['bios-not-read']),
            (
                'wedged',
                _with(provision_state='servicing', last_error='it is gone'),
                ['node-wedged'],
            ),
            (
                'failed',
                _with(provision_state='service failed'),
                ['service-failed'],
            ),
            (
                'placement',
                lambda n: self.world.lost_traits.update(
                    {n.uuid: {'HW_CPU_HYPERTHREADING'}}
                ),
                ['placement-traits'],
            ),
            (
                'setting',
                lambda n: n.bios.pop('LogicalProc'),
                ['template-trait-unfit', 'trait-without-setting'],
            ),
        ):
            self.prepare(offering.empty())
            change(self.node('bm-1'))
            told = [f'{code}: node bm-1' for code in found]
            self.assertEqual(told, self.codes(), name)

    def test_traits_that_placement_has_never_heard_of(self) -> None:
        """Those that Nova has not told it of: it takes no question of them."""
        made = [
            {one for one in node.traits if one.startswith('CUSTOM_HYPER')}
            for node in self.world.nodes.values()
        ]
        self.assertTrue(set().union(*made))
        for node, own in zip(self.world.nodes.values(), made, strict=True):
            self.world.lost_traits[node.uuid] = own
        told = self.codes()
        self.assertEqual(
            [
                f'placement-traits: node {node.name}'
                for node, own in zip(
                    self.world.nodes.values(), made, strict=True
                )
                if own
            ],
            sorted(told),
        )
        self.world.lost_traits.clear()
        self.assertEqual([], self.codes())

    def test_how_severe_it_has_to_be(self) -> None:
        mistakes.drift(self.hands)
        for argv, code in (
            ((), 3),
            (('--fail-on', 'warning'), 3),
            (('--fail-on', 'error'), 0),
        ):
            self.assert_ended(code, self.openstack(*CHECK, *argv))
        mistakes.pinning(self.hands)
        ran = self.openstack(*CHECK, '--fail-on', 'error')
        self.assert_ended(3, ran)
        self.assertIn('1 error, 1 warning.', ran.err)

    def test_what_a_person_reads(self) -> None:
        mistakes.drift(self.hands)
        ran = self.openstack(*CHECK)
        self.assertIn('| warning  | drift |', ran.out)
        self.assertNotIn('should be', ran.out)
        self.assertIn('hyperthreading is enabled and should be', ran.err)
        self.assertIn('  openstack server config apply ', ran.err)
        self.assertEqual('', self.openstack('-q', *CHECK).err)

    def test_who_may_not(self) -> None:
        for person in ('mona', 'rita', 'oscar'):
            ran = self.openstack(*CHECK, person=person)
            self.assert_ended(3, ran)
            self.assertIn('a role on the system', ran.err)

    def test_a_thousand_nodes_cost_ten_requests_and_a_reading_each(
        self,
    ) -> None:
        one = self.node('bm-1')
        definition = one.fields | {'name': 'x', 'driver_info': {}}
        for number in range(1000 - len(self.world.nodes)):
            self.world.add_node(definition | {'name': f'bm-2-{number}'})
        for node in self.world.nodes.values():
            if node.name.startswith('bm-2-'):
                node.traits = list(one.traits)
        self.model.faults.requests.clear()
        ran = self.openstack(*CHECK, '--sample', '20')
        self.assert_ended(0, ran)
        self.assertIn('of 20 of 1000 nodes', ran.err)
        seen = self.model.faults.requests
        readings = [r for r in seen if r.url.endswith('/bios?detail=True')]
        others = [r for r in seen if _is_counted(r)]
        self.assertEqual(20, len(readings))
        self.assertLessEqual(len(others), 10, '\n'.join(map(str, others)))


def _with(**fields: object) -> Callable[[Any], None]:
    """Return what gives a node fields."""

    def change(node: Any) -> None:
        for name, value in fields.items():
            setattr(node, name, value)

    return change


def _is_counted(seen: Seen) -> bool:
    """Return whether a request is no login, discovery or BIOS reading.

    Who may use a private flavor is asked for each of these.
    """
    parts = seen.url.partition('?')[0].strip('/').split('/')
    is_discovery = len(parts) <= 2 and parts[-1] != 'resource_providers'
    return not (
        is_discovery
        or '/auth/tokens' in seen.url
        or '/bios' in seen.url
        or 'os-flavor-access' in seen.url
    )


class PasteTest(CheckTestCase):
    """What others have written into what is named for pasting."""

    _EVIL = 'x;touch${IFS}pwned #'

    def test_every_word_stays_one_word(self) -> None:
        node = self.world.find_node('bm-0')
        flavor = self.world.flavor(mistakes.VARIANT)
        private = self.world.flavor('bm.private')
        assert node is not None and flavor is not None
        assert private is not None
        mistakes.public_runbook(self.hands)
        node.lessee = self._EVIL
        self.world.change_flavor(
            private, projects=private.projects | {self._EVIL}
        )
        self.world.add_extra_specs(
            flavor, {'trait:CUSTOM_X --os-cloud other': 'required'}
        )
        told = [one['Fix'] for one in self.check().values() if one['Fix']]
        self.assertTrue(any(self._EVIL in one for one in told), told)
        for one in told:
            words = shlex.split(one)
            self.assertNotIn('--os-cloud', words)
            self.assertNotIn('x', words)
            parser = shlex.shlex(one, posix=True, punctuation_chars=True)
            signs = {w for w in parser if set(w) <= set(';|<>()&')}
            self.assertLessEqual(signs, {'&&'}, one)


class OfflineTest(base.TestCase):
    def check(self, *texts: str, code: int = 3) -> list[dict[str, Any]]:
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        paths = []
        for number, text in enumerate(texts):
            path = folder / f'{number}.yaml'
            path.write_text(text, encoding='utf-8')
            paths.append(str(path))
        model = self.useFixture(fixture.Model())
        ran = model.openstack(
            'operator', *CHECK, '-f', 'json', '--offline', *paths
        )
        self.assert_ended(code, ran)
        self.assertEqual([], model.faults.requests)
        found: list[dict[str, Any]] = json.loads(ran.out)
        return found

    def test_files_without_faults(self) -> None:
        offers = '- {type: turbo, flavors: [bm.large], vendors: [dell]}'
        own = 'led: {values: [red], help: Colour.}'
        self.assertEqual([], self.check(offers, own, code=0))
        led = '- {type: led, flavors: [bm.large]}'
        self.assertEqual([], self.check(led, own, code=0))

    def test_faults_with_file_and_line(self) -> None:
        for text, code, place, reason in (
            ('led: {values: 1}', 'catalogue-broken', '0.yaml:1', 'not a list'),
            ('- {typ: x}', 'offers-broken', '0.yaml:1', 'unknown key'),
            ('- {type: x}', 'offers-broken', 'offer 1', 'no such type'),
            ('a: [', 'offers-broken', '0.yaml:', ''),
            (
                '- {type: turbo, vendors: [del]}',
                'offers-broken',
                'offer 1',
                'did you mean Dell?',
            ),
        ):
            found = self.check(text)
            self.assertEqual({code}, {one['Code'] for one in found}, text)
            self.assertIn(place, str([one['Object'] for one in found]))
            self.assertIn(reason, str([one['Reason'] for one in found]))

    def test_steps_and_traits_of_offers(self) -> None:
        offer = '- {type: turbo, value: disabled, '
        step = 'interface: bios, step: %s, args: {settings: [%s]}'
        one = '{name: A, value: x}'
        for text, expected in (
            ('steps: [{%s}]' % (step % ('aply', one)), 'step-unknown'),
            ('steps: [{%s}]' % (step % ('apply_configuration', '')), 'step-'),
            (
                'steps: [{%s}]'
                % (
                    step
                    % ('apply_configuration', f'{one}, {{name: A, value: y}}')
                ),
                'setting-contradicts',
            ),
            (
                'settings: {A: x}, required-traits: [HW_CPU_HYPERTREADING]',
                'trait-misspelt',
            ),
            (
                'settings: {A: x}, traits: [HW_CPU_HYPERTHREADING, CUSTOM_X]',
                None,
            ),
        ):
            found = self.check(f'{offer}{text}}}', code=3 if expected else 0)
            codes = [one['Code'] for one in found]
            self.assertEqual(1 if expected else 0, len(codes), str(found))
            self.assertIn(expected or '', ' '.join(codes))

    def test_no_login_is_needed(self) -> None:
        model = self.useFixture(fixture.Model())
        ran = shells.openstack([*CHECK, '--offline', '/nowhere.yaml'])
        self.assert_ended(3, ran)
        self.assertIn('/nowhere.yaml', ran.out)
        self.assertEqual([], model.faults.requests)
