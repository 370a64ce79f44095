"""Who may import whom: osc → run → core ← cloud."""

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import osc_baremetal_config
from tests.unit import base

PACKAGE = 'osc_baremetal_config'
ROOT = Path(osc_baremetal_config.__file__).parent
ALLOWED = {
    'core': {'core', 'errors'},
    'cloud': {'cloud', 'core', 'errors'},
    'run': {'run', 'core', 'errors'},
    'osc': {'osc', 'run', 'core', 'errors'},
    'errors': set[str](),
    'plugin': {'osc'},
}
# The packages of core: each may import itself and those before it, and the
# last three nothing of each other.
ORDER = ('facts', 'desired', 'plan', 'apply', 'offer')
ABOVE = ('check', 'explain', 'rollout')
# The one module that puts the real cloud and the real clock together.
WIRING = Path('osc/client.py')
# What only some may import of others' packages; core only the standard
# library, and of that nothing that reaches outside.
CLIENTS = {'openstack', 'ironicclient', 'keystoneauth1', 'requests'}
OUTSIDE = {'asyncio', 'datetime', 'logging', 'os', 'pathlib', 'random'}
OUTSIDE |= {'socket', 'subprocess', 'threading', 'time', 'urllib'}


@functools.cache
def parsed(path: Path) -> ast.Module:
    """Return a module, which many tests look at."""
    return ast.parse(path.read_text(encoding='utf-8'))


def imports(path: Path) -> Iterator[str]:
    """Yield the full names that a module imports, wherever it does."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f'{node.module}.{a.name}' for a in node.names)


class LayersTest(base.TestCase):
    def modules(self) -> list[Path]:
        found = sorted(ROOT.rglob('*.py'))
        self.assertGreater(len(found), 20)
        return found

    def test_the_direction_is_kept(self) -> None:
        wrong = []
        for path in self.modules():
            inside = path.relative_to(ROOT)
            layer = inside.parts[0].removesuffix('.py')
            if inside == WIRING or layer == '__init__':
                continue
            for name in imports(path):
                package, _, rest = name.partition('.')
                target = rest.split('.')[0]
                if package == PACKAGE and target not in ALLOWED[layer]:
                    wrong.append(f'{inside} imports {name}')
        self.assertEqual([], wrong)

    def test_the_packages_of_core_have_an_order(self) -> None:
        core = ROOT / 'core'
        packages = {path.parent.name for path in core.glob('*/__init__.py')}
        self.assertEqual(set(ORDER + ABOVE), packages)
        wrong = []
        for path in core.rglob('*.py'):
            inside = path.relative_to(core)
            own = inside.parts[0]
            if inside.name == '__init__.py':
                continue
            below = ORDER[: ORDER.index(own)] if own in ORDER else ORDER
            for name in imports(path):
                _, is_core, rest = name.partition(f'{PACKAGE}.core.')
                if is_core and rest.split('.')[0] not in {*below, own}:
                    wrong.append(f'{inside} imports {name}')
        self.assertEqual([], wrong)

    def test_documents_are_read_in_one_guarded_place(self) -> None:
        """What a service answers goes nowhere but into a ``Document``."""
        wrong = [
            f'{path.name}: {line.strip()}'
            for path in self.modules()
            for line in path.read_text(encoding='utf-8').splitlines()
            if '.json()' in line and 'Document(answer.json())' not in line
        ]
        self.assertEqual([], wrong)

    def test_core_imports_the_standard_library_only(self) -> None:
        wrong = [
            f'{path.name} imports {name}'
            for path in [
                *sorted((ROOT / 'core').rglob('*.py')),
                ROOT / 'errors.py',
            ]
            for name in imports(path)
            if (top := name.split('.')[0]) != PACKAGE
            and (top not in sys.stdlib_module_names or top in OUTSIDE)
        ]
        self.assertEqual([], wrong)

    def test_only_cloud_imports_the_clients(self) -> None:
        wrong = [
            f'{path.relative_to(ROOT)} imports {name}'
            for path in self.modules()
            if path.parent.name != 'cloud'
            for name in imports(path)
            if name.split('.')[0] in CLIENTS
        ]
        self.assertEqual([], wrong)

    def test_only_the_clock_can_sleep_and_only_the_poller_lets_it(
        self,
    ) -> None:
        users = set()
        for path in self.modules():
            for node in ast.walk(parsed(path)):
                if isinstance(node, ast.Attribute) and node.attr == 'sleep':
                    users.add(str(path.relative_to(ROOT)))
        self.assertEqual({'run/clock.py', 'run/pacing.py'}, users)

    def test_every_module_says_what_it_owns(self) -> None:
        for path in self.modules():
            text = ast.get_docstring(parsed(path))
            self.assertTrue(text, str(path))
