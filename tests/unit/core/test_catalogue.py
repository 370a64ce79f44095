"""The packaged catalogue, and what a broken one is told."""

import os_traits

from osc_baremetal_config import errors
from osc_baremetal_config.core import catalogue
from osc_baremetal_config.osc import files
from tests.unit import base


class PackagedTest(base.TestCase):
    def test_its_traits_are_those_of_os_traits(self) -> None:
        known = set(os_traits.get_traits())
        for config_type in files.load().values():
            for sets in config_type.needs.values():
                self.assertLessEqual(frozenset().union(*sets), known)

    def test_every_value_can_be_read_from_every_vendors_bios(self) -> None:
        for config_type in files.load().values():
            self.assertTrue(config_type.help)
            for vendor in config_type.bios:
                self.assertEqual(set(config_type.values), set(vendor))


class BrokenTest(base.TestCase):
    def test_all_faults_are_named(self) -> None:
        broken = {
            'a': {'values': ['on', 'off'], 'nedds': {}, 'incapable': 'of'},
            'b': {'values': 'on'},
            'c': {'values': ['on'], 'needs': {'on': ['TRAIT']}},
            'd': {'values': ['on'], 'bios': [{'onn': {}}]},
            'e': None,
        }
        error = self.assertRaises(
            errors.ConfigError, catalogue.parse, broken, 'site.yaml'
        )
        self.assertEqual('site.yaml: not a valid catalogue', error.message)
        self.assertEqual(
            (
                'a.nedds: unknown key, known are bios, help, incapable, '
                'needs, values',
                "a.incapable: 'of' is none of on, off",
                'b.values: not a list of words',
                'c.needs.on: not a list of trait lists',
                "d.bios: 'onn' is none of on",
                'e: not a mapping',
                'e.values: not a list of words',
            ),
            error.details,
        )

    def test_not_a_mapping_at_all(self) -> None:
        broken: tuple[object, ...] = (None, [], 'x')
        for document in broken:
            error = self.assertRaises(
                errors.ConfigError, catalogue.parse, document, 'site.yaml'
            )
            self.assertEqual(
                'site.yaml: not a mapping of types', error.message
            )
