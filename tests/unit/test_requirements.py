"""The versions that are promised are those that the tests run with."""

import pathlib
import re

from tests.unit import base

ROOT = pathlib.Path(__file__).parents[2]


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding='utf-8')


def _versions(name: str, sign: str) -> dict[str, str]:
    """Return package → version of a file whose lines all have this sign."""
    lines = re.sub('(?m)^#.*', '', _read(name)).split()
    return dict(line.split(sign) for line in lines)


class VersionTest(base.TestCase):
    def test_lower_constraints_are_the_lower_bounds(self) -> None:
        bounds = _versions('requirements.txt', '>=')
        bounds |= _versions('test-requirements.txt', '>=')
        self.assertGreater(len(bounds), 10)
        self.assertEqual(bounds, _versions('lower-constraints.txt', '=='))

    def test_the_documentation_tells_both_ends(self) -> None:
        lower = _versions('lower-constraints.txt', '==')
        upper = _versions('upper-constraints.txt', '==')
        clients = {*_versions('requirements.txt', '>=')}
        clients.add('python-openstackclient')
        rows = re.findall(
            r'(?m)^([\w-]+) +(\d[\d.]+) +(\d[\d.]+)$',
            _read('doc/source/reference/releases.rst'),
        )
        self.assertEqual(
            sorted((name, lower[name], upper[name]) for name in clients), rows
        )

    def test_the_classifiers_are_the_versions_of_the_documentation(
        self,
    ) -> None:
        told = re.findall(r':: (3\.\d+)$', _read('setup.cfg'), re.MULTILINE)
        [ran] = re.findall(
            r'on Python ([\d., and]+) with',
            _read('doc/source/reference/releases.rst'),
        )
        self.assertEqual(told, re.findall(r'3\.\d+', ran))
