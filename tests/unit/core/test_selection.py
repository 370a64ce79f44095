"""What is said where none of the templates for an item fits a node."""

from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.osc import files
from tests.unit import base
from tests.unit.core import snapshots

ITEM = Item('hyperthreading', 'disabled')


def template(number: int, **settings: str) -> dict[str, Any]:
    listed = [{'name': n, 'value': v} for n, v in settings.items()]
    return {
        'name': f'CUSTOM_T{number}',
        'extra': {'config-type': ITEM.type, 'config-value': ITEM.value},
        'steps': [
            {
                'interface': 'bios',
                'step': 'apply_configuration',
                'args': {'settings': listed},
                'priority': 150,
            }
        ],
    }


class SelectionTest(base.TestCase):
    def told(self, *offered: dict[str, Any], **bios: Any) -> list[str]:
        """Return the reasons, with LogicalProc enabled on the node."""
        snapshot = snapshots.snapshot(
            {
                'bios': {'LogicalProc': 'Enabled'} | bios,
                'templates': list(offered),
            }
        )
        refused = self.assertRaises(
            errors.Refused,
            planner.make,
            [ITEM],
            assess(snapshot, files.load(())),
        )
        return [str(reason) for reason in refused.details]

    def test_only_what_is_for_the_node_is_told(self) -> None:
        [told] = self.told(
            template(1, ProcSMT='Disabled'),
            template(2, LogicalProc='Off'),
            template(3, Hyper='Disabled'),
        )
        self.assertIn('T2 sets LogicalProc=Off: allowed values', told)

    def test_all_are_for_others(self) -> None:
        [told] = self.told(
            template(1, ProcSMT='Disabled'), template(2, Hyper='Disabled')
        )
        self.assertIn(
            'no template that you can see is for the Dell BIOS', told
        )
        self.assertIn('has none of Hyper, ProcSMT', told)

    def test_a_misspelt_name_is_no_other_vendor(self) -> None:
        told = self.told(
            template(1, LogicalPro='Disabled'),
            template(2, LogicalPro='Disabled'),
        )
        self.assertEqual(2, len(told))
        for one in told:
            self.assertIn('did you mean LogicalProc?', one)

    def test_a_template_without_settings_is_for_no_vendor(self) -> None:
        told = self.told(template(1), template(2, ProcSMT='Disabled'))
        self.assertIn('CUSTOM_T1 sets nothing in the BIOS', told[0])
        self.assertIn('CUSTOM_T2 sets ProcSMT=Disabled', told[-1])
