"""That each functional test is run by one worker, and by one only."""

import ast
import pathlib
import re

import yaml

from tests.unit import base

FOLDER = pathlib.Path(__file__).parents[1] / 'functional'


class WorkersTest(base.TestCase):
    def test_each_class_has_one_worker(self) -> None:
        workers = yaml.safe_load((FOLDER / 'workers.yaml').read_text())
        patterns = [p for one in workers for p in one['worker']]
        names = list(self.classes())
        self.assertGreater(len(names), 1)
        for name in names:
            found = [p for p in patterns if re.search(p, f'{name}.test_x')]
            self.assertEqual(1, len(found), name)
        self.assertEqual(len(names), len(patterns))

    def classes(self) -> list[str]:
        """Return every class of tests, which is what its name tells."""
        return [
            f'tests.functional.{path.stem}.{node.name}'
            for path in FOLDER.glob('test_*.py')
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.ClassDef) and node.name.endswith('Test')
        ]
