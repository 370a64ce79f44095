"""What is offered: recipes, variants, comparing, files, use."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts import profiles, steps
from osc_baremetal_config.core.facts.metadata import PROFILE
from osc_baremetal_config.core.facts.model import (
    Flavor,
    Image,
    Item,
    Kind,
    Node,
    Step,
    Template,
)
from osc_baremetal_config.core.offer import (
    document,
    faults,
    listing,
    making,
    recipes,
    scope,
    usage,
    variants,
)
from osc_baremetal_config.core.offer.model import (
    Estate,
    Marks,
    Offer,
    State,
    to_do,
)
from osc_baremetal_config.osc import files
from tests.bios import machines
from tests.unit import base
from tests.unit.core import snapshots

CATALOGUE = files.load(())
MACHINES = {str(one): machines.bios(one) for one in machines.machines()}
HT_ON, HT_OFF = (
    Item('hyperthreading', value) for value in ('enabled', 'disabled')
)
HPC = profiles.make('hpc', [HT_OFF, Item('turbo', 'enabled')])
ALL_TRAITS = frozenset({'HW_CPU_HYPERTHREADING', 'HW_CPU_X86_VMX'})


def flavor(name: str = 'bm.large', **specs: str) -> Flavor:
    """Return a flavor for nodes of the resource class ``baremetal.large``."""
    every = {'resources:CUSTOM_BAREMETAL_LARGE': '1'}
    every |= {key.replace('__', ':'): value for key, value in specs.items()}
    return snapshots.flavor({'name': name, 'id': name, 'extra_specs': every})


def node(number: int = 0, **words: Any) -> Node:
    """Return a node of that class."""
    return snapshots.node(
        {
            'uuid': f'n{number}',
            'name': f'bm-{number}',
            'resource_class': 'baremetal.large',
            'traits': ALL_TRAITS,
            **words,
        }
    )


def estate(*names: str, **words: Any) -> Estate:
    """Return what there is, with a node for each machine that is named."""
    nodes = tuple(node(number) for number in range(len(names)))
    bios = {f'n{n}': MACHINES[name] for n, name in enumerate(names)}
    start = Estate(flavors=(flavor(),), templates=(), nodes=nodes, bios=bios)
    return replace(start, **words)


def machine(start: str) -> str:
    """Return the name of the first machine that begins so."""
    return next(name for name in MACHINES if name.startswith(start))


def template(name: str = 'CUSTOM_T', item: Item = HT_ON, **words: Any) -> Any:
    """Return a deploy template that sets LogicalProc."""
    value = {'enabled': 'Enabled', 'disabled': 'Disabled'}[item.value]
    return Template(
        kind=words.pop('kind', Kind.DEPLOY_TEMPLATE),
        name=name,
        item=item,
        steps=steps.apply(words.pop('settings', {'LogicalProc': value})),
        **words,
    )


def offer(**words: Any) -> Offer:
    """Return an offer of hyper-threading for the flavor."""
    start = Offer(type='hyperthreading', flavors=('bm.large',))
    return replace(start, **words)


def make(found: Estate, *offers: Offer, **words: Any) -> making.Offering:
    """Return what offers come to."""
    return making.make(offers or [offer()], found, CATALOGUE, **words)


def after(found: Estate, offering: making.Offering) -> Estate:
    """Return what there is once all changes were made, by our own values."""
    made = [
        recipe.as_template(kind)
        for fit in offering.fits
        for recipe, _ in fit.fitting
        for kind in Kind
    ]
    known = {str(one) for one in found.templates}
    return replace(
        found,
        templates=(
            *found.templates,
            *(one for one in made if str(one) not in known),
        ),
    )


class RecipeTest(base.TestCase):
    def recipes(
        self, item: Item, *names: str, **words: Any
    ) -> dict[str, dict[str, Any]]:
        found = recipes.fit(
            offer(type=item.type, **words),
            item,
            estate(*names).nodes,
            estate(*names),
            CATALOGUE,
        )
        return {
            recipe.name: steps.settings(recipe.steps)
            for recipe, _ in found.fitting
        }

    def test_of_each_vendor_by_its_own_registry(self) -> None:
        self.assertEqual(
            {'CUSTOM_HYPERTHREADING_ENABLED_DELL': {'LogicalProc': 'Enabled'}},
            self.recipes(HT_ON, machine('dell')),
        )
        found = self.recipes(HT_ON, machine('dell'), machine('hpe'))
        self.assertEqual(2, len(found))

    def test_what_has_to_hold_for_it_is_set_as_well(self) -> None:
        found = self.recipes(Item('turbo', 'enabled'), vendors=('Dell',))
        self.assertEqual(
            {
                'CUSTOM_TURBO_ENABLED_DELL': {
                    'ProcTurboMode': 'Enabled',
                    'SysProfile': 'Custom',
                }
            },
            found,
        )

    def test_names_that_vary_by_board_have_a_digest(self) -> None:
        self.assertTrue(recipes.is_by_board(HT_ON, 'Supermicro', CATALOGUE))
        self.assertEqual({}, self.recipes(HT_ON, vendors=('Supermicro',)))

    def test_a_vendor_is_meant_by_its_maker_or_its_whole_name(self) -> None:
        for vendor, asked, is_meant in (
            ('HPE AMD', ['hpe'], True),
            ('HPE AMD', ['HPE amd'], True),
            ('HPE AMD', ['AMD'], False),
            ('Dell', ['hpe', 'dell'], True),
            ('Dell', [], True),
            ('', ['dell'], False),
        ):
            found = recipes.is_one_of(vendor, asked)
            self.assertEqual(is_meant, found, vendor)

    def test_no_node_and_no_vendor_is_nothing(self) -> None:
        refused = self.assertRaises(errors.Refused, make, estate())
        self.assertEqual(('nothing-fits',), refused.codes)
        self.assertIn('--vendor', str(refused))

    def test_why_nodes_are_left_out(self) -> None:
        found = estate(machine('dell'), machine('dell'), machine('hpe'))
        nodes = (
            replace(found.nodes[0], traits=frozenset()),
            *found.nodes[1:],
            node(3),
        )
        offering = make(
            replace(found, nodes=nodes),
            offer(values=('enabled',), vendors=('dell',)),
        )
        [fit] = offering.fits
        told = {one.handle: why for one, why in fit.unfit}
        self.assertIn('HW_CPU_HYPERTHREADING', told['bm-0'])
        self.assertIn('its BIOS is of HPE', told['bm-2'])
        self.assertIn('has read no BIOS settings', told['bm-3'])
        [(_, fitting)] = fit.fitting
        self.assertEqual(['bm-1'], [one.handle for one in fitting])

    def test_given_settings_are_checked_by_every_registry(self) -> None:
        found = estate(machine('dell'))
        wrong = offer(values=('enabled',), settings={'LogicalProk': 'On'})
        refused = self.assertRaises(errors.Refused, make, found, wrong)
        self.assertIn('did you mean LogicalProc?', str(refused))

    def test_given_settings_have_the_type_of_the_registry(self) -> None:
        name, number = next(
            (name, setting)
            for bios in MACHINES.values()
            for name, setting in bios.items()
            if setting.attribute_type == 'Integer'
            and not setting.read_only
            and str(setting.value).isdecimal()
            and int(str(setting.value)) <= (setting.upper_bound or 0)
        )
        found = replace(estate(machine('dell')), bios={'n0': {name: number}})
        text = str(number.value)
        [fit] = make(
            found, offer(values=('enabled',), settings={name: text})
        ).fits
        [(recipe, _)] = fit.fitting
        self.assertEqual({name: int(text)}, steps.settings(recipe.steps))


class MakingTest(base.TestCase):
    def states(self, offering: making.Offering) -> dict[str, State]:
        return {str(one): one.state for one in offering.changes}

    def test_everything_that_is_wrong_is_told_at_once(self) -> None:
        found = estate(
            machine('dell'),
            flavors=(
                flavor(),
                Flavor(name='m1', vcpus=1, ram_mib=1, disk_gib=1),
            ),
        )
        against = faults.every(
            [
                offer(
                    type='hyperthredding',
                    flavors=('bm.larg', 'm1'),
                    vendors=('del',),
                ),
                offer(values=('on',)),
            ],
            found,
            CATALOGUE,
        )
        self.assertEqual(
            [
                'unknown-type',
                'flavor-unknown',
                'flavor-virtual',
                'vendor-unknown',
                'unknown-value',
            ],
            [one.code for one in against],
        )

    def test_a_type_that_no_catalogue_has(self) -> None:
        for name, settings, is_known in (
            ('led-colour', {'Led': 'red'}, True),
            ('led-colour', {}, False),
            ('hyperthredding', {'Led': 'red'}, False),
        ):
            one = offer(type=name, values=('red',), settings=settings)
            found = faults.every([one], estate(), CATALOGUE)
            self.assertEqual(is_known, not found, name)

    def test_a_flavor_for_two_vendors_has_no_first_boot(self) -> None:
        found = estate(machine('dell'), machine('hpe'))
        offering = make(found, offer(values=('enabled',)))
        [made] = [c for c in offering.changes if c.kind == 'flavor']
        self.assertNotIn('trait:', str(made.requests))
        self.assertIn('not at its first boot', offering.remarks[0])
        alone = make(found, offer(values=('enabled',), vendors=('dell',)))
        [made] = [c for c in alone.changes if c.kind == 'flavor']
        self.assertIn(
            'trait:CUSTOM_HYPERTHREADING_ENABLED_DELL', str(made.requests)
        )
        self.assertNotIn('first boot', str(alone.remarks))

    def test_never_the_trait_that_nova_takes_for_pinning(self) -> None:
        for name in MACHINES:
            found = estate(name)
            for one in CATALOGUE.types:
                try:
                    offering = make(found, offer(type=one))
                except errors.Refused:
                    continue
                for change in offering.changes:
                    if change.kind == 'flavor':
                        self.assertNotIn('trait:HW_', str(change.requests))

    def test_what_does_the_same_is_left_alone_whatever_its_name(self) -> None:
        found = estate(
            machine('dell'),
            flavors=(
                flavor(),
                flavor(
                    'bm.on',
                    **{
                        'deploy-config__hyperthreading': 'enabled',
                        'trait__CUSTOM_ON': 'required',
                    },
                ),
            ),
            templates=(
                template(
                    'CUSTOM_ON',
                    required_traits=frozenset({'HW_CPU_HYPERTHREADING'}),
                ),
                template(
                    'on',
                    kind=Kind.RUNBOOK,
                    required_traits=frozenset({'HW_CPU_HYPERTHREADING'}),
                    approved_for=frozenset({'HW_CPU_X86_VMX'}),
                ),
            ),
        )
        offering = make(found, offer(values=('enabled',)))
        self.assertEqual(
            {
                'deploy template CUSTOM_ON': State.SAME,
                'runbook on': State.SAME,
                'trait CUSTOM_ON': State.MISSING,
                'flavor bm.on': State.SAME,
            },
            self.states(offering),
        )

    def test_what_is_different_is_changed_only_if_asked_for(self) -> None:
        name = 'CUSTOM_HYPERTHREADING_DISABLED_DELL'
        for wrong, told in (
            (template(name, HT_OFF, settings={'A': '1'}), 'should do'),
            (template(name, HT_ON), 'should be for hyperthreading=disabled'),
            (
                template(
                    name, HT_OFF, required_traits=frozenset({'CUSTOM_A'})
                ),
                'it requires CUSTOM_A and should require no trait',
            ),
        ):
            found = estate(machine('dell'), templates=(wrong,))
            asked = offer(values=('disabled',))
            refused = self.assertRaises(errors.Refused, make, found, asked)
            self.assertEqual(('definition-differs',), refused.codes)
            self.assertIn(told, str(refused))
            self.assertIn('--update', str(refused))
            offering = make(found, asked, updates=True)
            [change] = [c for c in offering.changes if c.name == name][:1]
            self.assertEqual(State.DIFFERENT, change.state)
            self.assertEqual(['PATCH'], [r.method for r in change.requests])

    def test_a_runbook_of_another_project_is_another_runbook(self) -> None:
        asked = offer(values=('disabled',), owner='p2', owner_name='Beta 2')
        offering = make(estate(machine('dell')), asked)
        [runbook] = [c for c in offering.changes if c.kind == Kind.RUNBOOK]
        self.assertEqual(
            'CUSTOM_HYPERTHREADING_DISABLED_DELL_BETA_2', runbook.name
        )
        self.assertEqual('p2', runbook.requests[0].body['owner'])

    def test_a_runbook_that_becomes_public_loses_its_owner(self) -> None:
        name = 'CUSTOM_HYPERTHREADING_DISABLED_DELL'
        owned = template(
            name,
            HT_OFF,
            kind=Kind.RUNBOOK,
            owner='p1',
            approved_for=frozenset({name}),
        )
        public = replace(owned, owner=None, is_public=True)
        for present, words, patched in (
            (owned, {'is_public': True}, {'/public': True}),
            (
                public,
                {'owner': 'p2', 'runbook': name},
                {'/public': False, '/owner': 'p2'},
            ),
        ):
            found = estate(machine('dell'), templates=(present,))
            asked = offer(values=('disabled',), **words)
            offering = make(found, asked, updates=True)
            [change] = [c for c in offering.changes if c.kind == Kind.RUNBOOK]
            sent = {r['path']: r['value'] for r in change.requests[0].body}
            self.assertEqual(patched, sent)

    def test_a_runbook_that_got_no_traits_is_finished(self) -> None:
        name = 'CUSTOM_HYPERTHREADING_DISABLED_DELL'
        found = estate(
            machine('dell'),
            templates=(template(name, HT_OFF, kind=Kind.RUNBOOK),),
        )
        offering = make(found, offer(values=('disabled',)))
        [runbook] = [c for c in offering.changes if c.kind == Kind.RUNBOOK]
        self.assertEqual(State.UNFINISHED, runbook.state)
        self.assertEqual(['PUT'], [r.method for r in runbook.requests])

    def test_a_node_with_too_many_traits(self) -> None:
        many = frozenset(f'CUSTOM_{n}' for n in range(50)) | ALL_TRAITS
        found = replace(estate(machine('dell')), nodes=(node(traits=many),))
        refused = self.assertRaises(errors.Refused, make, found)
        self.assertIn('52 traits', str(refused))
        self.assertIn('definition-fixed', refused.codes)

    def test_an_ironic_without_runbooks(self) -> None:
        found = estate(machine('dell'), ironic=(1, 91))
        offering = make(found)
        kinds = {change.kind for change in offering.changes}
        self.assertEqual({'deploy template', 'trait', 'flavor'}, kinds)
        self.assertIn('no runbooks are made', offering.remarks[-1])

    def test_an_ironic_that_runs_no_runbooks(self) -> None:
        offering = make(estate(machine('dell'), ironic=(1, 101)))
        self.assertIn('runbook', {change.kind for change in offering.changes})
        told = "This cloud's Ironic speaks 1.101 (2025.2); servicing a node "
        told += 'by a runbook needs 1.108 (2026.1). So their steps are run, '
        self.assertIn(told, offering.remarks[-1])

    def test_an_ironic_whose_runbooks_are_traits(self) -> None:
        found = estate(machine('dell'), ironic=(1, 111))
        asked = offer(owner='p', owner_name='acme', first_boot=False)
        offering = make(found, asked)
        traits = {c.name for c in offering.changes if c.kind == 'trait'}
        self.assertIn('CUSTOM_HYPERTHREADING_ENABLED_DELL_ACME', traits)
        for change in offering.changes:
            for request in change.requests:
                self.assertFalse(
                    request.path.startswith('/runbooks/'), request.path
                )

    def test_a_second_time_there_is_nothing_to_do(self) -> None:
        found = estate(machine('dell'), machine('hpe'))
        nodes = tuple(
            replace(
                one,
                traits=one.traits
                | {
                    recipe.name
                    for fit in make(found).fits
                    for recipe, _ in fit.fitting
                },
            )
            for one in found.nodes
        )
        made = after(replace(found, nodes=nodes), make(found))
        left = to_do(make(made).changes)
        self.assertEqual(
            {'flavor'}, {change.kind for change in left}, str(left)
        )


class ScopeTest(base.TestCase):
    def test_as_placement_does_it(self) -> None:
        for specs, words, takes in (
            ({}, {}, True),
            ({}, {'resource_class': 'baremetal-LARGE'}, True),
            ({}, {'resource_class': 'baremetal.small'}, False),
            ({}, {'resource_class': ''}, False),
            ({'trait__CUSTOM_A': 'required'}, {}, False),
            (
                {'trait__CUSTOM_A': 'required'},
                {'traits': ['CUSTOM_A']},
                True,
            ),
            ({'trait__HW_CPU_X86_VMX': 'forbidden'}, {}, False),
            ({'resources__CUSTOM_BAREMETAL_LARGE': '0'}, {}, False),
        ):
            found = scope.takes(flavor(**specs), node(**words))
            self.assertEqual(takes, found, str(specs))


class VariantTest(base.TestCase):
    def change(self, present: Flavor | None, **words: Any) -> Any:
        large = replace(flavor(), **words)
        every = [one for one in (large, present) if one]
        given_ = [template()]
        return variants.change(large, HT_ON, 'CUSTOM_T', every, given_)[0]

    def variant(self, **words: Any) -> Flavor:
        new = variants.wanted(flavor(), HT_ON, 'CUSTOM_T', [template()])
        return replace(new, **words)

    def test_it_copies_all_but_the_item(self) -> None:
        large = replace(
            flavor(),
            swap_mib=8,
            ephemeral_gib=9,
            description='large',
            is_public=False,
            projects=frozenset({'p2', 'p1'}),
        )
        change, _ = variants.change(large, HT_ON, 'CUSTOM_T', [large], [])
        first, second, third, last = change.requests
        self.assertEqual(
            {
                'name': 'bm.large.hyperthreading-enabled',
                'id': 'bm.large.hyperthreading-enabled',
                'vcpus': 32,
                'ram': 65536,
                'disk': 100,
                'OS-FLV-EXT-DATA:ephemeral': 9,
                'swap': 8,
                'os-flavor-access:is_public': False,
                'description': 'large',
            },
            first.body['flavor'],
        )
        self.assertEqual(
            ['p1', 'p2'],
            [r.body['addTenantAccess']['tenant'] for r in (second, third)],
        )
        self.assertEqual(
            {
                'resources:CUSTOM_BAREMETAL_LARGE': '1',
                'deploy-config:hyperthreading': 'enabled',
                'trait:CUSTOM_T': 'required',
            },
            last.body['extra_specs'],
        )

    def test_how_it_compares(self) -> None:
        for present, state in (
            (None, State.MISSING),
            (self.variant(), State.SAME),
            (self.variant(name='bm.on', id='7'), State.SAME),
            (self.variant(extra_specs={}), State.UNFINISHED),
            (self.variant(extra_specs={'a:b': 'c'}), State.DIFFERENT),
            (self.variant(vcpus=1), State.DIFFERENT),
            (self.variant(vcpus=1, extra_specs={}), State.DIFFERENT),
        ):
            self.assertEqual(state, self.change(present).state, str(present))

    def test_what_nova_cannot_change(self) -> None:
        change = self.change(self.variant(vcpus=1))
        self.assertEqual(('vcpus is 1 and should be 32',), change.unchangeable)
        self.assertEqual((), change.requests)

    def test_what_is_changed(self) -> None:
        change = self.change(
            self.variant(
                is_public=False,
                projects=frozenset({'p1', 'p2'}),
                extra_specs={
                    **self.variant().extra_specs,
                    'trait:CUSTOM_T': 'forbidden',
                    'x:y': 'z',
                },
            ),
            is_public=False,
            projects=frozenset({'p2', 'p3'}),
        )
        self.assertEqual(
            [
                ('POST', {'extra_specs': {'trait:CUSTOM_T': 'required'}}),
                ('DELETE', None),
                ('POST', {'addTenantAccess': {'tenant': 'p3'}}),
                ('POST', {'removeTenantAccess': {'tenant': 'p1'}}),
            ],
            [(one.method, one.body) for one in change.requests],
        )

    def test_twins_have_a_variant_each(self) -> None:
        twin = flavor('bm.huge')
        own = self.variant()
        for large, state in ((flavor(), State.SAME), (twin, State.MISSING)):
            change, _ = variants.change(
                large, HT_ON, 'CUSTOM_T', [flavor(), twin, own], [template()]
            )
            self.assertEqual(state, change.state, large.name)

    def test_a_flavor_that_has_the_item_is_its_own_variant(self) -> None:
        change, _ = variants.change(self.variant(), HT_ON, None, [], [])
        self.assertEqual(State.SAME, change.state)

    def test_a_variant_of_the_same_type_is_replaced(self) -> None:
        off = flavor(
            'bm.off',
            **{
                'deploy-config__hyperthreading': 'disabled',
                'trait__CUSTOM_OFF': 'required',
                'trait__CUSTOM_GOLD': 'required',
            },
        )
        known = [template('CUSTOM_OFF', HT_OFF)]
        new = variants.wanted(off, HT_ON, 'CUSTOM_ON', known)
        self.assertEqual({'CUSTOM_GOLD', 'CUSTOM_ON'}, set(scope.traits(new)))


class DocumentTest(base.TestCase):
    def faults(self, **entry: Any) -> list[str]:
        parsed = document.parse([{'type': 'turbo', **entry}])
        return [one.text for one in parsed if not isinstance(one, Offer)]

    def test_what_is_written_is_read_again(self) -> None:
        for one in (
            offer(values=('enabled',)),
            offer(
                values=('enabled',),
                name='CUSTOM_A',
                runbook='a',
                settings={'A': 1, 'B': True, 'C': 'x'},
                traits=frozenset({'CUSTOM_B'}),
                required_traits=frozenset(),
                owner_name='acme',
                first_boot=False,
                marks_nodes=Marks.NONE,
            ),
            offer(
                values=('enabled',),
                steps=(Step(interface='bios', step='x', args={'y': 1}),),
                kinds=frozenset({Kind.RUNBOOK}),
                is_public=True,
            ),
            offer(values=('enabled',), kinds=frozenset()),
        ):
            self.assertEqual([one], document.parse([document.written(one)]))

    def test_what_people_write(self) -> None:
        self.assertEqual(
            [
                Offer(
                    type='numa-per-socket',
                    values=('1', '2'),
                    flavors=('bm.large',),
                    vendors=('dell',),
                )
            ],
            document.parse(
                [
                    {
                        'type': 'numa-per-socket',
                        'values': [1, '2'],
                        'flavors': ['bm.large'],
                        'vendors': ['dell'],
                    }
                ]
            ),
        )

    def test_what_is_wrong(self) -> None:
        for entry, told in (
            ({'valu': 'x'}, 'unknown key'),
            ({'value': True}, 'not a word'),
            ({'value': 'a', 'values': ['b']}, 'cannot go with value'),
            ({'flavors': 'bm'}, 'not a list of names'),
            ({'settings': {'A': 1}}, 'for one value'),
            ({'value': 'a', 'settings': {'A': []}}, 'not a mapping of BIOS'),
            (
                {'value': 'a', 'settings': {'A': 1}, 'vendors': ['dell']},
                'cannot go with settings',
            ),
            ({'name': 'CUSTOM_A'}, 'a name is for given settings'),
            ({'owner': 'a', 'public': True}, 'no owner'),
            ({'kinds': ['flavour']}, 'not a list of deploy template'),
            ({'steps': [{'interface': 'bios'}]}, 'not a list of mappings'),
            ({'type': None}, 'without a type'),
            ({'profile': 'p', 'items': {'a': 'b'}}, 'cannot go with profile'),
            ({'type': None, 'profile': 'p'}, 'go together'),
            ({'items': {'a': 'b'}}, 'go together'),
            ({'items': ['a']}, 'not a mapping of types'),
        ):
            found = self.faults(**entry)
            self.assertTrue(any(told in one for one in found), (entry, found))
        wholes: list[Any] = [None, {}, [1]]
        for whole in wholes:
            parsed: list[Any] = document.parse(whole)
            self.assertNotIsInstance(parsed[0], Offer)


_ITEMS = st.sampled_from(
    [HT_ON, HT_OFF, Item('turbo', 'enabled'), Item('own', 'x')]
)
_SETTINGS: Any = st.dictionaries(
    st.sampled_from(['LogicalProc', 'ProcTurboMode', 'Nope']),
    st.sampled_from(['Enabled', 'Disabled', 3, True]),
    max_size=2,
)
_TRAITS = st.frozensets(
    st.sampled_from(['CUSTOM_A', 'CUSTOM_B', 'HW_CPU_HYPERTHREADING']),
    max_size=2,
)


_PROFILES = st.builds(
    profiles.make,
    st.sampled_from(['hpc', 'web']),
    st.lists(_ITEMS, min_size=1, max_size=2, unique_by=lambda item: item.type),
)


def _prioritised(
    some: tuple[Step, ...], first: int, kind: Kind
) -> tuple[Step, ...]:
    """Return steps in the order in which they are run."""
    return tuple(
        replace(
            step, priority=(first if kind is Kind.DEPLOY_TEMPLATE else 0) - n
        )
        for n, step in enumerate(some)
    )


@st.composite
def _templates(draw: st.DrawFn) -> tuple[Template, ...]:
    found = {}
    for number in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(Kind))
        is_public = kind is Kind.RUNBOOK and draw(st.booleans())
        owned = kind is Kind.RUNBOOK and not is_public
        name = f'CUSTOM_{draw(st.integers(0, 3))}'
        profile = draw(st.none() | _PROFILES)
        found[kind, name] = Template(
            kind=kind,
            name=name,
            item=None if profile else draw(st.none() | _ITEMS),
            profile=profile,
            extra=draw(st.sampled_from([{}, {'a/b': [1]}, {'c': 'x'}])),
            steps=_prioritised(
                (
                    *steps.apply(draw(_SETTINGS)),
                    *draw(
                        st.sampled_from(
                            [(), (Step(interface='raid', step=f's{number}'),)]
                        )
                    ),
                ),
                draw(st.sampled_from([150, 150, 90])),
                kind,
            ),
            required_traits=draw(_TRAITS),
            approved_for=draw(_TRAITS)
            if kind is Kind.RUNBOOK
            else frozenset(),
            owner=draw(st.sampled_from([None, 'p1', 'p2'])) if owned else None,
            is_public=is_public,
        )
    return tuple(found.values())


@st.composite
def _flavors(draw: st.DrawFn) -> tuple[Flavor, ...]:
    found = [flavor(), replace(flavor('bm.huge'), vcpus=64)]
    for number in range(draw(st.integers(0, 4))):
        large = draw(st.sampled_from(found[:2]))
        specs = dict(large.extra_specs)
        for item in draw(st.lists(_ITEMS, max_size=2)):
            specs[f'deploy-config:{item.type}'] = item.value
        if name := draw(st.sampled_from([None, None, 'hpc', 'web'])):
            specs[PROFILE] = name
        for trait in draw(st.lists(st.integers(0, 3), max_size=2)):
            specs[f'trait:CUSTOM_{trait}'] = 'required'
        found.append(
            replace(
                large, name=f'v{number}', id=f'v{number}', extra_specs=specs
            )
        )
    return tuple(found)


class RoundsTest(base.TestCase):
    def test_a_trait_goes_to_the_nodes_of_each_round(self) -> None:
        """Those of a variant that an offer makes come after its base's."""
        machines_ = [machine('dell')] * 2
        large = flavor(**{'trait__CUSTOM_A': 'required'})
        huge = flavor('bm.huge', **{'trait__CUSTOM_B': 'required'})
        found = estate(
            *machines_,
            flavors=(large, huge),
            nodes=(
                node(0, traits=ALL_TRAITS | {'CUSTOM_A'}),
                node(1, traits=ALL_TRAITS | {'CUSTOM_B'}),
            ),
        )
        offering = make(
            found,
            offer(values=('enabled',)),
            offer(values=('enabled',), flavors=('bm.huge.turbo-enabled',)),
            offer(type='turbo', values=('enabled',), flavors=('bm.huge',)),
        )
        paths = [
            one.path
            for change in offering.changes
            for one in change.requests
            if 'HYPERTHREADING' in one.path and one.path.startswith('/nodes')
        ]
        name = 'CUSTOM_HYPERTHREADING_ENABLED_DELL'
        self.assertEqual([f'/nodes/n{n}/traits/{name}' for n in (0, 1)], paths)
        self.assertIn(
            'bm.huge.turbo-enabled.hyperthreading-enabled',
            [one.name for one in offering.changes],
        )


class RoundTripTest(base.TestCase):
    @given(
        _templates(),
        _flavors(),
        st.frozensets(st.integers(0, 3).map(lambda n: f'CUSTOM_{n}')),
    )
    def test_offering_what_is_offered_changes_nothing(
        self,
        templates: tuple[Template, ...],
        flavors: tuple[Flavor, ...],
        traits: frozenset[str],
    ) -> None:
        found = Estate(
            flavors=flavors,
            templates=templates,
            nodes=(node(traits=ALL_TRAITS | traits),),
            bios={'n0': MACHINES[machine('dell')]},
        )
        offers = listing.offers(found, CATALOGUE)
        parsed: list[Any] = document.parse(
            [document.written(one) for one in offers]
        )
        self.assertEqual([replace(one, owner=None) for one in offers], parsed)
        self.assertEqual(
            [[s.priority for s in one.steps] for one in offers],
            [[s.priority for s in one.steps] for one in parsed],
        )
        changes = making.make(offers, found, CATALOGUE).changes
        self.assertEqual([], to_do(changes), str(offers))
        wanted = {str(change) for change in changes}
        own = {
            str(one) for one in templates if profiles.given(one) and one.steps
        }
        self.assertEqual(own, own & wanted)


class ProfileTest(base.TestCase):
    def made(self, *names: str, **words: Any) -> making.Offering:
        asked = offer(
            type=PROFILE, values=('hpc',), profile=HPC, owner_name='acme'
        )
        return make(estate(*names), replace(asked, **words))

    def test_all_of_it_is_one_step_for_each_kind_of_bios(self) -> None:
        found = self.made(machine('dell'), machine('hpe'))
        kinds = [(one.kind, one.state) for one in found.changes]
        template, runbook = Kind.DEPLOY_TEMPLATE, Kind.RUNBOOK
        self.assertEqual(
            [(kind, State.MISSING) for kind in (template, runbook)],
            kinds[::2][:2],
        )
        recipe, _ = found.fits[0].fitting[0]
        self.assertEqual(1, len(recipe.steps))
        made = recipe.as_template(template)
        self.assertEqual((None, HPC), (made.item, made.profile))
        dell = next(
            steps.settings(one.steps)
            for one, _ in found.fits[0].fitting
            if one.vendor == 'Dell'
        )
        self.assertEqual('Disabled', dell['LogicalProc'])
        self.assertEqual('Enabled', dell['ProcTurboMode'])

    def test_its_variant_names_it(self) -> None:
        found = self.made(machine('dell'))
        change = found.changes[-1]
        self.assertEqual('bm.large.hpc', change.name)
        specs = change.requests[-1].body['extra_specs']
        self.assertEqual('hpc', specs[PROFILE])
        self.assertEqual(
            'required', specs['trait:' + found.changes[0].name], specs
        )

    def test_which_of_its_items_is_the_trouble(self) -> None:
        odd = profiles.make('hpc', [HT_OFF, Item('cpu-profile', 'odd')])
        refused = self.assertRaises(
            errors.Refused, self.made, machine('dell'), profile=odd
        )
        self.assertIn('that gives cpu-profile=odd', str(refused))
        wrong = offer(type=PROFILE, values=('hpc',), profile=odd)
        [fault] = faults.every([wrong], estate(), CATALOGUE)
        self.assertEqual('unknown-type', fault.code)

    def test_what_differs_of_a_definition(self) -> None:
        found = estate(machine('dell'))
        asked = offer(type=PROFILE, values=('hpc',), profile=HPC)
        found = after(found, make(found, asked))
        less = profiles.make('hpc', [HT_OFF])
        was = replace(found.templates[0], profile=less, id='u')
        found = replace(found, templates=(was, *found.templates[1:]))
        self.assertRaises(errors.Refused, make, found, asked)
        changes = make(found, asked, updates=True).changes
        [patch] = changes[0].requests
        self.assertIn(
            {'op': 'add', 'path': '/extra/config-items', 'value': HPC.values},
            patch.body,
        )
        item = replace(was, profile=None, item=HT_OFF)
        found = replace(found, templates=(item, *found.templates[1:]))
        [patch] = make(found, asked, updates=True).changes[0].requests
        self.assertIn(
            {'op': 'remove', 'path': '/extra/config-type'}, patch.body
        )


class UsageTest(base.TestCase):
    def estate(self, **words: Any) -> Estate:
        on = variants.wanted(flavor(), HT_ON, 'CUSTOM_T', [])
        return estate(
            flavors=(flavor(), on),
            templates=(
                template(),
                template(
                    'on',
                    kind=Kind.RUNBOOK,
                    approved_for=frozenset({'CUSTOM_T'}),
                ),
            ),
            nodes=(node(traits=['CUSTOM_T']),),
            **words,
        )

    def removed(
        self, found: Estate, **words: Any
    ) -> tuple[list[str], dict[str, str]]:
        gone = usage.removal(found, [HT_ON], **words)
        return [str(change) for change in gone.changes], gone.kept

    def test_nobody_uses_it(self) -> None:
        self.assertEqual(
            (
                [
                    'flavor bm.large.hyperthreading-enabled',
                    'trait CUSTOM_T',
                    'runbook on',
                    'deploy template CUSTOM_T',
                ],
                {},
            ),
            self.removed(self.estate()),
        )

    def test_who_uses_it(self) -> None:
        on = {
            'name': 'bm.large.hyperthreading-enabled',
            'extra_specs': {'deploy-config:hyperthreading': 'enabled'},
        }
        image = Image(
            id='i', name='img', properties={'trait:CUSTOM_T': 'required'}
        )
        desired = {'deploy-config:hyperthreading': 'enabled'}
        cases: list[tuple[dict[str, Any], int]] = [
            ({'servers': (snapshots.server({'flavor': on}),)}, 3),
            ({'images': (image,)}, 1),
            ({'servers': (snapshots.server({'metadata': desired}),)}, 2),
        ]
        for words, kept in cases:
            _, told = self.removed(self.estate(**words))
            self.assertEqual(kept, len(told), str(told))
        self.assertIn('web-1 (s)', str(told))

    def test_only_of_some_flavors(self) -> None:
        found = self.estate()
        self.assertEqual(
            ['flavor bm.large.hyperthreading-enabled'],
            self.removed(found, bases=['bm.large'])[0],
        )
        self.assertEqual([], self.removed(found, bases=['bm.other'])[0])

    def test_what_is_wanted_stays(self) -> None:
        gone, _ = self.removed(
            self.estate(), wanted=['deploy template CUSTOM_T']
        )
        self.assertNotIn('deploy template CUSTOM_T', gone)
        self.assertNotIn('trait CUSTOM_T', gone)
