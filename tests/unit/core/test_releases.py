"""What each call needs of a service, in the code and in the documentation."""

import pathlib
import re

from osc_baremetal_config.core.facts import releases
from tests.unit import base

PAGE = pathlib.Path('doc/source/reference/releases.rst')
ROOT = pathlib.Path(__file__).parents[3]


class TableTest(base.TestCase):
    def test_the_documentation_has_it(self) -> None:
        page = (ROOT / PAGE).read_text(encoding='utf-8')
        rows = re.findall(
            r'(?m)^   \* - (\w+ [\d.]+)\n     - (\S+)\n'
            r'     - (.+(?:\n {7}.+)*)\n     - ?(.*(?:\n {7}.+)*)$',
            page,
        )
        told = [tuple(' '.join(cell.split()) for cell in row) for row in rows]
        self.assertEqual(
            [
                (
                    f'{call.service} {releases.dotted(call.needs)}',
                    releases.since_release(call.service, call.needs),
                    call.doing,
                    call.without,
                )
                for call in releases.CALLS.values()
            ],
            told,
        )

    def test_a_call_asks_for_no_less_than_it_needs(self) -> None:
        for name, call in releases.CALLS.items():
            self.assertLessEqual(call.needs, call.wants, name)
            release = releases.since_release(call.service, call.wants)
            self.assertTrue(release, name)

    def test_what_a_cloud_lacks(self) -> None:
        for newest, name, text in (
            (
                (1, 82),
                'service',
                "This cloud's Ironic speaks 1.82 (2023.1); changing the "
                'configuration of a running server needs 1.87 (2023.2).',
            ),
            (
                (1, 84),
                'service',
                "This cloud's Ironic speaks 1.84 (before 2023.2); changing "
                'the configuration of a running server needs 1.87 (2023.2).',
            ),
            (
                (1, 78),
                'runbooks',
                "This cloud's Ironic speaks 1.78 (Xena or Yoga); seeing "
                'runbooks needs 1.92 (2024.2).',
            ),
            (
                (2, 60),
                'flavors',
                "This cloud's Nova speaks 2.60 (Queens); seeing the extra "
                'specs of flavors needs 2.61 (Rocky).',
            ),
        ):
            self.assertEqual(text, releases.too_old(newest, name))
            self.assertFalse(releases.has(newest, name))

    def test_what_is_not_known_speaks_against_nothing(self) -> None:
        for name in releases.CALLS:
            self.assertTrue(releases.has(None, name))
        self.assertFalse(releases.boots_ramdisk(None))

    def test_which_boot_the_agent_ramdisk(self) -> None:
        self.assertTrue(releases.boots_ramdisk((1, 90)))
        self.assertTrue(releases.boots_ramdisk((1, 101)))
        self.assertFalse(releases.boots_ramdisk((1, 111)))
