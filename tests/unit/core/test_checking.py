"""Findings that no API lets anybody make, and what all have in common."""

from dataclasses import replace

from osc_baremetal_config.core.check import checking, machines
from osc_baremetal_config.core.check.findings import (
    Code,
    Finding,
    Severity,
    in_order,
    is_bad,
)
from osc_baremetal_config.core.check.survey import Survey
from osc_baremetal_config.core.desired.catalogue import ConfigType
from osc_baremetal_config.core.facts.model import (
    Bios,
    Image,
    Item,
    Kind,
    Step,
    Template,
)
from osc_baremetal_config.core.offer import recipes, variants
from osc_baremetal_config.core.offer.model import Estate
from osc_baremetal_config.osc import files
from tests.unit import base
from tests.unit.core.test_offers import (
    HT_ON,
    MACHINES,
    estate,
    flavor,
    machine,
    node,
    offer,
    template,
)

CATALOGUE = files.load(())


def codes(found: Estate) -> list[str]:
    """Return the codes of what is wrong with templates and nodes."""
    survey = Survey(found, CATALOGUE, files.traits(), 0.0)
    return [one.code.value for one in checking.check(survey)]


class TemplateTest(base.TestCase):
    def test_keys_of_extra_that_mean_nothing(self) -> None:
        plain = replace(template(), item=None)
        for extra, expected, fix in (
            ({'site': 'x', 'contact': 'y'}, [], ''),
            (
                {'config_type': 'turbo'},
                ['key-misspelt'],
                'set CUSTOM_T --extra config-type=turbo',
            ),
            (
                {'config-vaule': 'x'},
                ['key-misspelt'],
                'unset CUSTOM_T --extra config-vaule',
            ),
            (
                {'config-items': 'turbo'},
                ['extra-incomplete'],
                'unset CUSTOM_T --extra config-items',
            ),
        ):
            made = estate(templates=(replace(plain, extra=extra),))
            survey = Survey(made, CATALOGUE, files.traits(), 0.0)
            found = checking.check(survey)
            self.assertEqual(expected, [o.code for o in found], str(extra))
            self.assertIn(fix, ''.join(o.fix for o in found))

    def test_the_way_back_is_offered_where_it_can_be(self) -> None:
        """In whatever order the cloud lists its flavors."""
        marked = replace(node(1), traits=node(1).traits | {'CUSTOM_B'})
        bios = MACHINES[machine('dell')]
        flavors = (
            flavor('bm.a', trait__CUSTOM_A='required'),
            flavor('bm.b', trait__CUSTOM_B='required'),
        )
        for listed in (flavors, flavors[::-1]):
            for settings, fix in (
                (bios, '--value disabled --flavor bm.b'),
                ({}, ''),
            ):
                made = estate(
                    nodes=(node(0), marked),
                    bios={'n0': bios, 'n1': settings},
                    flavors=listed,
                    templates=(template(),),
                )
                survey = Survey(made, CATALOGUE, files.traits(), 0.0)
                [found] = [
                    one
                    for one in checking.check(survey)
                    if one.code is Code.VALUE_ALONE
                ]
                self.assertTrue(found.fix.endswith(fix), found.fix)
                self.assertEqual(bool(fix), bool(found.fix))

    def test_a_step_twice_which_ironic_refuses_today(self) -> None:
        step = Step(
            interface='firmware', step='update', args={'settings': [1]}
        )
        template = Template(
            kind=Kind.DEPLOY_TEMPLATE,
            name='CUSTOM_T',
            item=HT_ON,
            steps=(step, replace(step, args={'settings': [2]})),
        )
        found = codes(estate(machine('dell'), templates=(template,)))
        self.assertIn('step-repeated', found)


class ImageTest(base.TestCase):
    """What an image requires, and should give."""

    def test_its_traits_and_items(self) -> None:
        trait, item = 'trait:', 'deploy-config:hyperthreading'
        given = template('CUSTOM_T', HT_ON)
        for properties, expected, fixes in (
            ({}, [], []),
            ({f'{trait}CUSTOM_T': 'required', item: 'enabled'}, [], []),
            ({f'{trait}HW_CPU_X86_VMX': 'required'}, [], []),
            ({f'{trait}CUSTOM_T': 'forbidden'}, [], []),
            (
                {f'{trait}CUSTOM_T': 'required'},
                ['variant-trait'],
                [f'image unset --property {trait}CUSTOM_T'],
            ),
            (
                {f'{trait}HW_CPU_HYPERTREADING': 'required'},
                ['trait-misspelt'],
                [
                    f'image unset --property {trait}HW_CPU_HYPERTREADING',
                    f'image set --property {trait}HW_CPU_HYPERTHREADING=',
                ],
            ),
            (
                {f'{trait}HW_CPU_HYPERTHREADING': 'required'},
                ['trait-pinning'],
                [f'image unset --property {trait}HW_CPU_HYPERTHREADING'],
            ),
            (
                {'deploy-config-profile': 'hpc'},
                ['item-without-template'],
                ['image unset --property deploy-config-profile'],
            ),
        ):
            image = Image(id='i', name='noble', properties=properties)
            found = Survey(
                estate(templates=(given,), images=(image,)),
                CATALOGUE,
                files.traits(),
                0.0,
            )
            own = [
                one
                for one in checking.check(found)
                if one.object == 'image noble (i)'
            ]
            self.assertEqual(expected, [one.code for one in own])
            for fix in fixes:
                self.assertIn(fix, own[0].fix)


class NewNodeTest(base.TestCase):
    """A node that was enrolled after an item was offered."""

    def test_it_lacks_the_trait_of_what_fits_it(self) -> None:
        start = estate(*[machine('dell')] * 3)
        given = template('CUSTOM_T', HT_ON)
        marked, fresh, other = start.nodes
        nodes = (
            replace(marked, traits=marked.traits | {'CUSTOM_T'}),
            fresh,
            replace(other, resource_class='other'),
        )
        for more, flavors, expected in (
            ((), (flavor(), flavor('v', **{'trait:CUSTOM_T': 'required'})), 1),
            ((), (flavor(),), 0),
            (
                (
                    replace(
                        given, kind=Kind.RUNBOOK, approved_for={'CUSTOM_T'}
                    ),
                ),
                (),
                1,
            ),
        ):
            made = replace(
                start, nodes=nodes, templates=(given, *more), flavors=flavors
            )
            survey = Survey(made, CATALOGUE, files.traits(), 0.0)
            found = [
                one
                for one in checking.check(survey)
                if one.code is Code.TEMPLATE_TRAIT_MISSING
            ]
            self.assertEqual(expected, len(found), str(found))
            for one in found:
                self.assertIn(str(fresh), one.object)
            for bios in ({}, {'n0': start.bios['n0'], 'n1': {}}):
                unread = replace(survey, estate=replace(made, bios=bios))
                told = [one.code for one in checking.check(unread)]
                self.assertNotIn(Code.TEMPLATE_TRAIT_MISSING, told)


class MixedTest(base.TestCase):
    """Two vendors, whichever of their nodes is listed first."""

    def survey(self, *names: str, given: Template) -> Survey:
        found = estate(*map(machine, names), templates=(given,))
        marked = tuple(
            replace(one, traits=one.traits | {given.name})
            if name == 'dell'
            else one
            for one, name in zip(found.nodes, names, strict=True)
        )
        found = replace(found, nodes=marked)
        return Survey(found, CATALOGUE, files.traits(), 0.0)

    def test_a_template_is_rewritten_for_its_vendor(self) -> None:
        for names in (('dell', 'hpe'), ('hpe', 'dell')):
            for setting in ('LogicalProc', 'LogicalProk'):
                given = template('CUSTOM_T', settings={setting: 'Disabled'})
                found = checking.check(self.survey(*names, given=given))
                [fix] = [o.fix for o in found if o.code.startswith('setting-')]
                self.assertIn('"LogicalProc"', fix, str(names))
                self.assertNotIn('ProcHyperthreading', fix)

    def test_a_trait_on_a_node_of_another_vendor(self) -> None:
        survey = self.survey('dell', 'dell', given=template('CUSTOM_T'))
        self.assertEqual([], self.unfit(survey))
        hpe = self.survey('hpe', 'dell', given=template('CUSTOM_T'))
        self.assertEqual([], self.unfit(hpe))
        wrong = tuple(
            replace(one, traits=one.traits | {'CUSTOM_T'})
            for one in hpe.estate.nodes
        )
        wrongly = replace(hpe, estate=replace(hpe.estate, nodes=wrong))
        [one] = self.unfit(wrongly)
        self.assertIn('bm-0', one.object)
        self.assertIn('remove trait bm-0 CUSTOM_T', one.fix)

    def unfit(self, survey: Survey) -> list[Finding]:
        found = checking.check(survey)
        return [o for o in found if o.code is Code.TEMPLATE_TRAIT_UNFIT]


class OfferedTest(base.TestCase):
    """What is offered for real machines, and then looked at."""

    def offered(self, bios: Bios, config_type: ConfigType) -> Estate | None:
        """Return a cloud on which a type is offered as a machine has it.

        :returns: None for a machine that has no value of it.
        """
        needed = {
            trait
            for sets in config_type.needs.values()
            for traits in sets
            for trait in traits
        }
        start = replace(
            estate(), nodes=(node(traits=needed),), bios={'n0': bios}
        )
        fits = [
            recipes.fit(
                offer(type=config_type.name, owner='p', owner_name='acme'),
                Item(config_type.name, value),
                start.nodes,
                start,
                CATALOGUE,
            )
            for value in config_type.values
        ]
        found = [(f.item, r) for f in fits for r, own in f.fitting if own]
        if not found:
            return None
        names = {recipe.name for _, recipe in found}
        return replace(
            start,
            nodes=(node(traits=needed | names, provision_state='available'),),
            templates=tuple(
                recipe.as_template(kind)
                for _, recipe in found
                for kind in Kind
            ),
            flavors=(
                flavor(),
                *(
                    variants.wanted(flavor(), item, recipe.name, [])
                    for item, recipe in found
                ),
            ),
        )

    def test_it_is_found_to_be_fine(self) -> None:
        count = 0
        for name, bios in MACHINES.items():
            for config_type in CATALOGUE.types.values():
                made = self.offered(bios, config_type)
                if made is not None:
                    wrong = set(codes(made)) - {'value-alone'}
                    self.assertEqual(
                        set(), wrong, f'{name}: {config_type.name}'
                    )
                    count += 1
        self.assertGreater(count, 100)


class FindingTest(base.TestCase):
    def test_errors_come_first_and_each_once(self) -> None:
        drift = Finding(Code.DRIFT, 'server a', 'x')
        wedged = Finding(Code.NODE_WEDGED, 'node b', 'y')
        self.assertEqual([wedged, drift], in_order([drift, wedged, drift]))

    def test_how_bad_they_are(self) -> None:
        drift = Finding(Code.DRIFT, 'server a', 'x')
        wedged = Finding(Code.NODE_WEDGED, 'node b', 'y')
        for found, least, bad in (
            ([], Severity.WARNING, False),
            ([drift], Severity.WARNING, True),
            ([drift], Severity.ERROR, False),
            ([drift, wedged], Severity.ERROR, True),
        ):
            self.assertEqual(bad, is_bad(found, least), str(found))


class SampleTest(base.TestCase):
    def test_some_of_each_kind(self) -> None:
        many = [node(number) for number in range(8)]
        few = [node(8, resource_class='a'), node(9, traits=['CUSTOM_A'])]
        found = machines.sample([*many, *few], 4)
        self.assertEqual({'n0', 'n1', 'n8', 'n9'}, {n.uuid for n in found})
        self.assertEqual(10, len(machines.sample([*many, *few], None)))
        self.assertEqual(10, len(machines.sample([*many, *few], 10)))
