"""Every violation has a code, a sentence and a place in the documentation."""

import dataclasses
import pathlib
import re

from osc_baremetal_config.core.facts import violations
from osc_baremetal_config.core.facts.model import (
    Item,
    Kind,
    Node,
    Profile,
    Step,
    Template,
)
from osc_baremetal_config.core.facts.risks import Risk
from osc_baremetal_config.core.facts.violations import Code, Violation
from tests.unit import base
from tests.unit.core import snapshots

PAGE = 'doc/source/reference/violations.rst'
HT = Item('hyperthreading', 'enabled')
TURBO = Item('turbo', 'enabled')
SERVER = snapshots.server({'task_state': 'rebooting', 'locked_reason': 'mine'})
NODE = Node(
    uuid='n',
    name='rack3-07',
    provision_state='rescue',
    reservation='conductor-1',
    maintenance_reason='a fan',
)
STEP = Step(interface='raid', step='apply_configuration')
ON = Template(
    kind=Kind.RUNBOOK,
    name='ht-on',
    item=HT,
    steps=(),
    approved_for=frozenset({'CUSTOM_HT'}),
)
OFF = Template(kind=Kind.DEPLOY_TEMPLATE, name='HT_OFF', item=HT, steps=())
HPC = dataclasses.replace(ON, item=None, profile=Profile('hpc', (HT, TURBO)))
OTHER_HPC = dataclasses.replace(
    OFF, item=None, profile=Profile('hpc', (TURBO,))
)

EXAMPLES: dict[Code, Violation] = {
    one.code: one
    for one in (
        violations.unknown_type('turbos', ['turbo'], ' (did you mean turbo?)'),
        violations.unknown_value(HT, ['disabled', 'enabled'], ''),
        violations.profile_unknown(
            'hpz', ['hpc', 'web'], ' (did you mean hpc?)', is_hidden=True
        ),
        violations.profile_ambiguous('hpc', [HPC, OTHER_HPC]),
        violations.contradicting_request('turbo', ['disabled', 'enabled']),
        violations.trait_missing(NODE, [['HW_CPU_HYPERTHREADING']], []),
        violations.template_missing(HT, is_hidden=True, is_runbook=False),
        violations.template_ambiguous([ON, OFF]),
        violations.service_unsupported((1, 82)),
        violations.template_foreign(NODE, 'Dell', ['LogicalProc', 'ProcSMT']),
        violations.template_traits(OFF, ['CUSTOM_DELL'], NODE),
        violations.template_contradicts(OFF, 'Turbo', ['Off', 'On']),
        violations.template_unverifiable(OFF),
        violations.template_changed(OFF, ['Turbo']),
        violations.step_unknown(OFF, STEP, is_lossy=False),
        violations.step_lossy(OFF, STEP),
        violations.step_incomplete(OFF, STEP, ['raid_config']),
        violations.setting_unsupported(
            OFF, 'Turbo', 'Max', 'allowed values: Off, On', NODE
        ),
        violations.setting_clash('Profile', (HT, 'A'), (TURBO, 'B')),
        violations.too_many_reboots(
            2,
            1,
            ['PxeDev2Interface can be set only once PxeDev2EnDis is Enabled'],
        ),
        violations.services_unordered('a resize'),
        violations.item_undone(HT, [OFF]),
        violations.risk_not_accepted(
            Item('boot-mode', 'legacy'), Risk.BOOT, ['BootMode=Bios']
        ),
        violations.not_checkable('the type of Turbo is Password'),
        violations.runbook_missing(),
        violations.runbook_not_approved(ON, NODE),
        violations.flavor_not_variant('bm.big', ['bm.on']),
        violations.flavor_ambiguous(['bm.a', 'bm.b']),
        violations.flavor_missing('bm.off'),
        violations.server_locked(SERVER),
        violations.server_status(snapshots.server({'status': 'ERROR'})),
        violations.server_busy(SERVER),
        violations.server_moved(SERVER, 'rack1-01', NODE),
        violations.unfinished_change(SERVER, 'turbo=enabled'),
        violations.node_state(NODE),
        violations.node_reserved(NODE),
        violations.node_maintenance(NODE),
        violations.service_failed(SERVER, NODE),
        violations.no_rollback('it is not known what Turbo is now'),
        violations.no_room('the server metadata would have 130 items'),
        violations.journal_damaged('turbo: its entry is damaged'),
        violations.previous_unknown('turbo', 'what was before is not known'),
        violations.previous_unsupported(
            'turbo', 'Turbo=Max', 'it is no value'
        ),
        violations.previous_unconfirmed('Turbo=On is from the metadata'),
        violations.resize_finished(SERVER),
        violations.desired_contested(SERVER, 'turbo', 'image a (but b)'),
        violations.flavor_unknown('bm.larg', ' (did you mean bm.large?)'),
        violations.flavor_virtual('m1.small (7)'),
        violations.vendor_unknown('del', ['Dell', 'HPE'], ''),
        violations.project_unknown('acne', 0, ' (did you mean acme?)'),
        violations.nothing_fits(HT, ['bm-3: it lacks the trait CUSTOM_A']),
        violations.definition_differs(
            'flavor bm.on', ['trait:CUSTOM_A is missing']
        ),
        violations.definition_fixed('flavor bm.on', 'vcpus is 1'),
        violations.definition_missing(HT, ['turbo=enabled']),
        violations.word_unfit('a type', 'my type', 'a-z, 0-9 and hyphens'),
        violations.definition_used(
            'flavor bm.on', 'it is the flavor of web-1 (s)'
        ),
    )
}


class ViolationTest(base.TestCase):
    def test_every_code_has_an_example(self) -> None:
        self.assertEqual(set(Code), set(EXAMPLES))

    def test_every_code_and_its_sentence_are_in_the_documentation(
        self,
    ) -> None:
        root = pathlib.Path(__file__).parents[3]
        page = (root / PAGE).read_text(encoding='utf-8')
        entries = re.findall(
            r'(?m)^``([a-z-]+)``\n    \*(.+?)\*$', page, re.DOTALL
        )
        told = {code: ' '.join(text.split()) for code, text in entries}
        self.assertEqual(
            {code.value: one.text for code, one in EXAMPLES.items()}, told
        )

    def test_of_an_item_with_what_helps(self) -> None:
        one = violations.step_lossy(OFF, STEP)
        self.assertEqual(
            f'{HT}: {one.text} (use --allow-data-loss to permit this)',
            str(one.of(HT)),
        )
        self.assertEqual(one.text, str(one.hinting('')))
