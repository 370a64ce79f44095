"""``option create``, ``option delete`` and ``option list --definitions``."""

import json
import pathlib
from typing import Any

import fixtures
import yaml

from tests import runs
from tests.matrix import offering
from tests.matrix.points import Verdict
from tests.model import fixture
from tests.model.world import Settings, World
from tests.unit import base

CREATE = ('option', 'create', '--type', 'hyperthreading')
LARGE = (*CREATE, '--flavor', 'bm.large')
DELETE = ('option', 'delete', '--type', 'hyperthreading')
VALUES = ('disabled', 'enabled')
DEFINITIONS = ('option', 'list', '--definitions')


class OfferingTestCase(base.TestCase):
    """A cloud on which nothing is offered."""

    def setUp(self) -> None:
        super().setUp()
        self.use(offering.empty())

    def use(self, world: World) -> None:
        self.world = world
        self.model = self.useFixture(fixture.Model(world))

    def run_as(self, person: str, *argv: str) -> runs.Ran:
        return self.model.openstack(person, 'server', 'config', *argv)

    def operator(self, *argv: str, code: int = 0) -> runs.Ran:
        ran = self.run_as('operator', *argv)
        self.assert_ended(code, ran)
        return ran

    def changed(self) -> list[tuple[str, str]]:
        """Return the requests so far that are no readings or questions."""
        nobody = '00000000-0000-0000-0000-000000000000'
        return [
            (one.method, one.url)
            for one in self.model.faults.requests
            if one.method != 'GET'
            and nobody not in one.url
            and '/auth/tokens' not in one.url
        ]

    @property
    def state(self) -> dict[str, object]:
        return offering.state(self.world)

    def results(self, ran: runs.Ran) -> dict[str, str]:
        return {f'{r["Kind"]} {r["Name"]}': r['Result'] for r in ran.json()}


class ProfileTest(OfferingTestCase):
    def test_there_and_back(self) -> None:
        [case] = [one for one in offering.CASES if one.name == 'profile']
        self.operator(*case.argv)
        for value in VALUES:
            self.operator(*LARGE, '--value', value, '--owner', 'acme')
        self.operator(
            *('option', 'create', '--type', 'turbo', '--flavor', 'bm.large')
        )
        found = self.state
        again = self.operator(*case.argv)
        self.assertIn('nothing was changed', again.err)
        ran = self.operator(*DEFINITIONS, '-f', 'yaml')
        folder = self.useFixture(fixtures.TempDir())
        path = pathlib.Path(folder.join('offers.yaml'))
        path.write_text(ran.out, encoding='utf-8')
        self.operator('option', 'create', '--file', str(path))
        self.assertEqual(found, self.state)
        [one] = [e for e in yaml.safe_load(ran.out) if e['profile']]
        self.assertEqual(
            {'hyperthreading': 'disabled', 'turbo': 'enabled'}, one['items']
        )
        self.assertEqual({'bm.large': 'bm.large.hpc'}, one['variants'])
        findings = self.operator('check', '-f', 'json', code=3).json()
        about = [f for f in findings if 'hpc' in f['Object'].lower()]
        self.assertEqual([], about)
        self.world.boot('web-1', 'bm.large')
        ran = self.run_as('mona', 'set', '--profile', 'hpc', 'web-1')
        self.assertIn('| runbook |', ran.out, ran.err)
        self.operator('option', 'delete', '--profile', 'hpc', code=7)

    def test_what_cannot_be(self) -> None:
        profile = ('option', 'create', '--profile', 'hpc')
        for argv in (
            profile,
            (*profile, '--flavor', 'bm.large'),
            (*profile, '--config', 'turbo=enabled'),
            (*LARGE, '--config', 'turbo=enabled'),
            (
                *(*profile, '--flavor', 'bm.large', '--value', 'x'),
                *('--config', 'turbo=enabled'),
            ),
            (
                *(*profile, '--flavor', 'bm.large', '--config', 'turbo=on'),
                *('--config', 'turbo=off'),
            ),
            (*DELETE[:2], '--profile', 'hpc', '--value', 'x'),
        ):
            self.operator(*argv, code=2)


class CreateTest(OfferingTestCase):
    def test_what_is_offered_can_be_set_by_a_manager(self) -> None:
        self.operator(*LARGE, '--owner', 'acme')
        self.world.boot('web-1', 'bm.large')
        for value in VALUES:
            ran = self.run_as(
                'mona', 'set', '--hyperthreading', value, 'web-1'
            )
            self.assert_ended(0, ran)
            self.assertIn('| runbook |', ran.out, ran.err)

    def test_a_project_s_runbooks_go_before_those_that_all_see(self) -> None:
        self.operator(*LARGE, '--public')
        self.operator(*LARGE, '--owner', 'acme')
        self.world.boot('web-1', 'bm.large')
        to = ('set', '--hyperthreading', 'disabled', 'web-1')
        ran = self.run_as('mona', *to)
        self.assert_ended(0, ran)
        self.assertIn('| runbook |', ran.out, ran.err)
        self.assertNotIn('template-tie', self.operator('check', code=3).out)

    def test_a_second_time_it_sends_nothing(self) -> None:
        self.operator(*LARGE)
        before, sent = self.state, len(self.changed())
        ran = self.operator(*LARGE)
        self.assertEqual((before, sent), (self.state, len(self.changed())))
        self.assertIn('nothing was changed', ran.err)

    def test_a_dry_run_tells_the_requests_and_sends_none(self) -> None:
        before = self.state
        ran = self.operator(*LARGE, '--dry-run', '-f', 'json')
        self.assertEqual(before, self.state)
        told = [(one['Method'], one['Path']) for one in ran.json()]
        asked = [one for one in self.changed() if one[1].endswith('/flavors')]
        self.model.faults.requests.clear()
        self.operator(*LARGE)
        sent = [
            (method, path.partition('/v2.1')[2] or path.partition('/v1')[2])
            for method, path in self.changed()
        ]
        # The first of them asks who may define flavors.
        self.assertEqual(1, len(asked))
        sent.remove(('POST', '/flavors'))
        self.assertEqual(told, sent)

    def test_who_may(self) -> None:
        before = self.state
        for person in ('mona', 'alice', 'rita', 'adam', 'oscar'):
            ran = self.run_as(person, *LARGE)
            self.assert_ended(3, ran)
            self.assertIn('role on the system', ran.err, person)
            self.assertEqual([], self.changed(), person)
        self.assertEqual(before, self.state)

    def test_what_there_is_not(self) -> None:
        before = self.state
        for argv, told in (
            (
                ('--type', 'hyperthredding', '--flavor', 'bm.large'),
                'did you mean hyperthreading?',
            ),
            (
                (*CREATE[2:], '--flavor', 'bm.larg'),
                'did you mean bm.large?',
            ),
            ((*LARGE[2:], '--vendor', 'hep'), 'did you mean HPE?'),
            ((*LARGE[2:], '--owner', 'acne'), "name or ID 'acne'"),
            ((*LARGE[2:], '--value', 'enable'), 'did you mean enabled?'),
            (
                (*LARGE[2:], '--value', 'enabled', '--setting', 'Logical=On'),
                'did you mean LogicalProc?',
            ),
            ((*LARGE[2:], '--like-server', 'web-9'), 'web-9'),
        ):
            ran = self.operator('option', 'create', *argv, code=3)
            self.assertIn(told, ran.err, str(argv))
        self.assertEqual((before, []), (self.state, self.changed()))

    def test_options_that_cannot_go_together(self) -> None:
        for argv in (
            CREATE,
            (*LARGE, '--prune'),
            (*LARGE, '--setting', 'A=1'),
            (*LARGE, '--setting', 'A=1', 'A=2', '--value', 'enabled'),
            (*LARGE, '--owner', 'acme', '--public'),
            (
                *(*LARGE, '--value', 'enabled', '--setting', 'A=1'),
                *('--like-server', 'web-1'),
            ),
            (*DEFINITIONS, '--server', 'web-1'),
        ):
            self.operator(*argv, code=2)

    def test_what_is_different(self) -> None:
        self.operator(*LARGE)
        [template] = [
            one
            for one in self.world.templates.values()
            if one.name == 'CUSTOM_HYPERTHREADING_DISABLED_DELL'
        ]
        template.extra['config-value'] = 'enabled'
        before = self.state
        ran = self.operator(*LARGE, code=3)
        self.assertIn('is there and different', ran.err)
        self.assertEqual(before, self.state)
        ran = self.operator(*LARGE, '--update', '-f', 'json')
        self.assertEqual(
            'updated', self.results(ran)[f'deploy template {template.name}']
        )
        self.assertEqual('disabled', template.extra['config-value'])

    def test_like_a_server(self) -> None:
        web = self.world.boot('web-1', 'bm.large')
        ran = self.operator(*LARGE, '--like-server', web.id, '-f', 'json')
        self.assertIn(
            'deploy template CUSTOM_HYPERTHREADING_ENABLED_DELL',
            self.results(ran),
        )

    def test_clouds_without_runbooks(self) -> None:
        for version, is_there in (('1.91', False), ('1.111', True)):
            world = offering.empty()
            world.settings = Settings(ironic=version)
            self.use(world)
            ran = self.operator(*LARGE)
            self.assertEqual(is_there, bool(world.runbooks), version)
            self.assertEqual(not is_there, 'no runbooks' in ran.err)

    def test_killed_at_some_requests(self) -> None:
        [case] = [one for one in offering.CASES if one.name == 'create']
        every = list(offering.points(case, ('kill after', 'reset after')))
        for point, play in every[::9]:
            self.assertIsNot(Verdict.LOST, play().verdict, point)


class FileTest(OfferingTestCase):
    def file(self, text: str) -> str:
        folder = self.useFixture(fixtures.TempDir()).path
        path = pathlib.Path(folder, 'offers.yaml')
        path.write_text(text, encoding='utf-8')
        return str(path)

    def written(self) -> str:
        return self.operator(*DEFINITIONS, '-f', 'yaml').out

    def create(self, text: str, *argv: str, code: int = 0) -> runs.Ran:
        path = self.file(text)
        return self.operator(
            'option', 'create', '--file', path, *argv, code=code
        )

    def test_the_round_trip_changes_nothing(self) -> None:
        for world in (offering.empty(), World.standard()):
            self.use(world)
            if not world.templates:
                self.operator(*LARGE, 'bm.private', '--owner', 'acme')
            text, before = self.written(), self.state
            sent = len(self.changed())
            ran = self.create(text, '--prune')
            self.assertEqual(before, self.state)
            self.assertEqual(sent, len(self.changed()), ran.err)
            self.assertEqual(text, self.written())

    def test_it_makes_the_same_on_an_empty_cloud(self) -> None:
        self.operator(*LARGE, 'bm.private', '--owner', 'acme')
        text, before = self.written(), self.state
        self.use(offering.empty())
        self.create(text)
        self.assertEqual(before, self.state)

    def test_variants_of_variants(self) -> None:
        """A flavor with two items is a variant of those that have one."""
        on, off = 'bm.large.hyperthreading-enabled', 'bm.large.turbo-disabled'
        both = f'{on}.turbo-disabled'
        turbo = ('option', 'create', '--type', 'turbo')
        self.operator(*LARGE, 'bm.private', '--owner', 'acme')
        self.operator(*turbo, '--flavor', 'bm.large', on)
        text, before = self.written(), self.state
        flavor = self.world.flavor(both)
        assert flavor is not None
        self.assertEqual(
            {
                'deploy-config:hyperthreading': 'enabled',
                'deploy-config:turbo': 'disabled',
                'trait:CUSTOM_HYPERTHREADING_ENABLED_DELL': 'required',
                'trait:CUSTOM_TURBO_DISABLED_DELL': 'required',
            },
            {k: v for k, v in flavor.extra_specs.items() if 'res' not in k},
        )
        self.use(offering.empty())
        self.create(text)
        self.assertEqual(before, self.state)
        self.assertIn('nothing was changed', self.create(text).err)
        unknown = '- {type: turbo, flavors: [bm.larg.turbo]}'
        self.assertIn("'bm.larg.turbo'", self.create(unknown, code=3).err)
        self.use(offering.empty())
        self.create(
            f'- {{type: turbo, flavors: [{on}], values: [disabled]}}\n'
            '- {type: hyperthreading, flavors: [bm.large]}'
        )
        made = self.world.flavor(both)
        assert made is not None
        self.assertEqual(flavor.extra_specs, made.extra_specs)
        self.assertIsNone(self.world.flavor(off))

    def test_nodes_have_their_traits_on_an_empty_cloud(self) -> None:
        """Also where some have not, or no flavor needs them."""
        for argv in (('--no-first-boot',), ()):
            self.use(offering.empty())
            self.operator(*LARGE, '--owner', 'acme', *argv)
            bm2 = self.world.find_node('bm-2')
            assert bm2 is not None
            bm2.traits.remove('CUSTOM_HYPERTHREADING_DISABLED_DELL')
            text, before = self.written(), self.state
            self.assertIn('nothing was changed', self.create(text).err)
            self.assertEqual(before, self.state)
            self.use(offering.empty())
            self.create(text)
            codes = self.operator('check', '-f', 'json', code=3).json()
            self.assertEqual(
                {'setting-without-trait'}, {one['Code'] for one in codes}
            )

    def test_what_is_offered_twice_has_to_be_the_same(self) -> None:
        one = '- {type: q, value: a, settings: {LogicalProc: %s}}\n'
        text = one % 'Enabled' + one % 'Disabled'
        before = self.state
        self.assertIn('offered twice', self.create(text, code=3).err)
        self.assertEqual(before, self.state)
        self.create(one % 'Enabled' * 2)

    def test_an_empty_file_offers_nothing(self) -> None:
        self.assertIn('nothing was changed', self.create('[]').err)
        before = self.state
        self.operator(*LARGE, '--no-first-boot')
        self.create('[]', '--prune')
        self.assertEqual(before, self.state)

    def test_a_base_is_used_by_its_variants(self) -> None:
        on = 'bm.large.hyperthreading-enabled'
        self.operator(*LARGE)
        turbo = ('option', 'create', '--type', 'turbo', '--flavor', on)
        self.operator(*turbo)
        ran = self.operator(*DELETE, code=7)
        self.assertIn(f'it is the base of flavor {on}.turbo-', ran.err)
        self.operator('option', 'delete', '--type', 'turbo')
        self.operator(*DELETE)
        self.assertEqual([], self.operator(*DEFINITIONS, '-f', 'json').json())

    def test_priorities_and_what_else_is_in_extra(self) -> None:
        step = (
            '{interface: bios, step: apply_configuration, priority: %s,'
            ' args: {settings: [{name: LogicalProc, value: Enabled}]}}'
        )
        text = (
            '- {type: hyperthreading, value: enabled, name: CUSTOM_T,'
            f' steps: [{step}], extra: {{site: %s}}}}'
        )
        self.create(text % (90, 'a'))
        [made] = self.world.templates.values()
        self.assertEqual(90, made.steps[0]['priority'])
        self.assertEqual('a', made.extra['site'])
        written, before = self.written(), self.state
        self.assertIn('nothing was changed', self.create(written).err)
        self.use(offering.empty())
        self.create(written)
        self.assertEqual(before, self.state)
        for change in ((95, 'a'), (95, 'b')):
            ran = self.create(text % change, code=3)
            self.assertIn('--update', ran.err)
            self.create(text % change, '--update')
            [made] = self.world.templates.values()
            found = made.steps[0]['priority'], made.extra['site']
            self.assertEqual(change, found)
        steps = f'steps: [{step % 9}, {step % 8}]'
        step_twice = f'- {{type: turbo, value: disabled, {steps}}}'
        ran = self.create(step_twice, code=3)
        self.assertIn('a step twice', ran.err)
        for wrong in ('priority: 0', 'priority: high'):
            ran = self.create(
                text.replace('priority: %s', wrong) % 'a', code=3
            )
            self.assertIn('a priority above 0', ran.err)
        ran = self.create('- {type: turbo, extra: {config-type: x}}', code=3)
        self.assertIn('a mapping of other keys', ran.err)

    def test_prune_removes_what_the_file_has_not(self) -> None:
        self.operator(*LARGE)
        self.operator(
            'option', 'create', '--type', 'turbo', '--flavor', 'bm.large'
        )
        kept = [
            one
            for one in yaml.safe_load(self.written())
            if one['type'] == 'hyperthreading'
        ]
        ran = self.create(yaml.safe_dump(kept), '--prune', '-f', 'json')
        gone = [
            n for n, what in self.results(ran).items() if what == 'deleted'
        ]
        self.assertTrue(all('turbo' in name.lower() for name in gone), gone)
        self.assertEqual(
            {'hyperthreading'},
            {one['type'] for one in yaml.safe_load(self.written())},
        )

    def test_prune_leaves_what_is_used(self) -> None:
        self.operator(
            'option', 'create', '--type', 'turbo', '--flavor', 'bm.large'
        )
        self.world.boot('web-1', 'bm.large.turbo-enabled')
        ran = self.create(
            '- {type: hyperthreading, flavors: [bm.large]}', '--prune'
        )
        self.assertIn('web-1', ran.err)
        self.assertIsNotNone(self.world.flavor('bm.large.turbo-enabled'))
        self.assertIsNone(self.world.flavor('bm.large.turbo-disabled'))

    def test_faults_with_their_lines(self) -> None:
        ran = self.create(
            '- type: turbo\n  flavors: bm.large\n- value: x\n', code=3
        )
        self.assertIn('offers.yaml:2: 0.flavors: not a list', ran.err)
        self.assertIn('offers.yaml:3: 1: an offer without a type', ran.err)
        self.assertIn('not a list', self.create('a: b', code=3).err)
        self.operator('option', 'create', '--file', '/nowhere', code=3)


class DeleteTest(OfferingTestCase):
    def test_all_of_it(self) -> None:
        before = self.state
        self.operator(*LARGE, 'bm.private', '--owner', 'acme')
        ran = self.operator(*DELETE, '--dry-run', '-f', 'json')
        told = [(one['Method'], one['Path']) for one in ran.json()]
        self.operator(*DELETE)
        sent = [
            (method, path.partition('/v2.1')[2] or path.partition('/v1')[2])
            for method, path in self.changed()
            if method == 'DELETE'
        ]
        self.assertEqual((told, before), (sent, self.state))

    def test_what_is_in_use_is_left_and_named(self) -> None:
        self.operator(*LARGE)
        self.world.boot('web-1', 'bm.large.hyperthreading-enabled')
        ran = self.operator(*DELETE, code=7)
        self.assertIn('web-1', ran.err)
        self.assertIsNotNone(
            self.world.flavor('bm.large.hyperthreading-enabled')
        )
        ran = self.operator(*DELETE, code=3)
        self.assertIn('in use', ran.err)

    def test_some_of_it(self) -> None:
        self.operator(*LARGE, 'bm.private')
        self.operator(*DELETE, '--flavor', 'bm.private')
        self.assertIsNone(
            self.world.flavor('bm.private.hyperthreading-enabled')
        )
        self.assertEqual(2, len(self.world.templates))
        self.operator(*DELETE, '--value', 'enabled')
        self.assertEqual(1, len(self.world.templates))

    def test_what_there_is_not(self) -> None:
        self.operator(*LARGE)
        for argv, told in (
            (('--type', 'turbo'), 'nothing is defined for it'),
            (('--type', 'hyperthreading', '--value', 'on'), 'defined are'),
            (('--type', 'hyperthreading', '--flavor', 'bm'), "'bm'"),
        ):
            ran = self.operator('option', 'delete', *argv, code=3)
            self.assertIn(told, ran.err)


class DefinitionsTest(OfferingTestCase):
    def test_of_the_usual_cloud(self) -> None:
        self.use(World.standard())
        rows: list[dict[str, Any]] = json.loads(
            self.operator(*DEFINITIONS, '-f', 'json').out
        )
        found = [one for one in rows if one['type'] == 'hyperthreading']
        self.assertEqual(
            {value: ['bm.large', 'bm.redfish'] for value in VALUES},
            {o['value']: o['flavors'] for o in found if o['name']},
        )
        self.assertEqual({True}, {o['public'] for o in found if o['name']})

    def test_for_a_person(self) -> None:
        self.operator(*LARGE)
        out = self.operator(*DEFINITIONS).out
        self.assertIn('LogicalProc=Enabled', out)


class HostileTest(OfferingTestCase):
    """What others have written, and services that answer wrongly."""

    def file(self, entry: str) -> str:
        folder = self.useFixture(fixtures.TempDir()).path
        path = pathlib.Path(folder, 'offers.yaml')
        path.write_text(f'- {{{entry}}}', encoding='utf-8')
        return str(path)

    def test_words_that_no_service_would_take(self) -> None:
        before = self.state
        plain = 'type: turbo, value: enabled, flavors: [bm.large]'
        given = f'{plain}, settings: {{ProcTurboMode: Enabled}}'
        for entry in (
            f"{given}, name: '../maintenance'",
            f'{given}, runbook: ../../deploy_templates/x',
            f'{given}, name: CUSTOM_A, runbook: ..',
            f"{given}, traits: ['../maintenance']",
            f'{given}, required-traits: [a/b]',
            f"{plain}, variants: {{bm.large: 'a/../b'}}, kinds: []",
            given.replace('turbo,', "'my type; x',"),
            given.replace('turbo,', 'own,').replace('enabled,', '"$(id)",'),
            given.replace('turbo,', 'own,').replace('enabled,', '-x,'),
        ):
            path = self.file(entry)
            ran = self.operator('option', 'create', '--file', path, code=3)
            self.assertIn('cannot be', ran.err, entry)
            ran = self.operator('check', '--offline', path, code=3)
            self.assertIn('offers-broken', ran.out, entry)
        self.assertEqual((before, []), (self.state, self.changed()))

    def test_files_of_the_wrong_kinds(self) -> None:
        for entry in (
            'type: a, variants: {x: y}, flavors: 5, value: b',
            'type: a, variants: 5, value: b',
            'type: a, variants: [[x]], flavors: [x], value: b',
            'type: a, values: 5, settings: {a: b}',
            'type: [a], value: {}, flavors: [[x]], kinds: {}, steps: 5',
        ):
            path = self.file(entry)
            ran = self.operator('option', 'create', '--file', path, code=3)
            self.assertIn('offers.yaml:1: 0.', ran.err, entry)

    def test_names_of_others_are_parts_of_a_path(self) -> None:
        self.operator(*LARGE)
        for number, runbook in enumerate(self.world.runbooks.values()):
            runbook.name = ('../deploy_templates/a', 'a b?x#y')[number]
        self.operator(*DELETE)
        self.assertEqual({}, self.world.runbooks)
        self.assertEqual({}, self.world.templates)

    def test_an_id_of_a_flavor_is_an_id(self) -> None:
        large = self.world.flavor('bm.large')
        redfish = self.world.flavor('bm.redfish')
        assert large is not None and redfish is not None
        self.world.add_flavor(large.id, dict(redfish.extra_specs))
        ran = self.operator(*CREATE, '--flavor', large.id)
        self.assertIn('bm-0', ran.out)
        self.assertNotIn('rf-0', ran.out)

    def test_one_node_that_cannot_be_read(self) -> None:
        node = self.world.find_node('bm-1')
        assert node is not None
        broken = self.model.faults.broken
        broken[f'/baremetal/v1/nodes/{node.uuid}/bios'] = 500
        ran = self.operator(*LARGE)
        self.assertIn('not bm-1: its BIOS settings could not be', ran.err)
        self.assertNotIn('bm-1', ran.out)
        self.assertIn('CUSTOM_', self.operator(*DEFINITIONS).out)
        ran = self.operator('check', code=3)
        self.assertIn('not-read', ran.out)
        self.assertIn(f'bm-1 ({node.uuid})', ran.out)

    def test_a_cell_that_is_down(self) -> None:
        self.operator(*LARGE)
        web = self.world.boot('web-1', 'bm.large')
        web.cell_is_down = True
        ran = self.operator('check', '-f', 'json', code=3)
        told = [o['Object'] for o in ran.json() if o['Code'] == 'not-read']
        self.assertEqual([web.id], told)
        ran = self.operator(*DELETE, code=3)
        self.assertIn('its cell does not answer', ran.err)

    def test_who_logs_in_to_the_system_only(self) -> None:
        for argv in (('check',), DELETE):
            ran = self.run_as('operator-system', *argv)
            self.assert_ended(3, ran)
            self.assertIn('log in to a project', ran.err.replace('\n', ' '))

    def test_words_that_are_none(self) -> None:
        for argv in (
            ('--owner', ''),
            ('--owner', '..'),
            ('--owner', '\udcff'),
            ('--vendor', ''),
        ):
            self.operator(*LARGE, *argv, code=2)
        self.operator('option', 'create', '--file', '', code=2)
        self.operator('check', '--offline', '', code=2)

    def test_where_nothing_is_listed_that_is_said(self) -> None:
        ran = self.operator(*DEFINITIONS)
        self.assertIn('Nothing is defined.', ran.err)
        self.world.boot('web-1', 'bm.large')
        for argv in (('--name', 'Nosuch*'), ('--differs-from', 'web-1')):
            ran = self.run_as('mona', 'setting', 'list', 'web-1', *argv)
            self.assert_ended(0, ran)
            self.assertIn('No setting', ran.err)
