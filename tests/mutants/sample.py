"""Which mutants there are, and a sample of them.

Owns what is mutated, and how. The mutating is Cosmic Ray's.
"""

import contextlib
import difflib
import itertools
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray import ast, mutating, plugins
from parso.tree import NodeOrLeaf

_PACKAGE, _PACKAGES = 'osc_baremetal_config', ('core', 'run')
# Not those of decorators and annotations, which say something to the reader
# and to mypy only.
_OPERATORS = (
    'AddNot',
    'NumberReplacer',
    'ReplaceAndWithOr',
    'ReplaceBinaryOperator_Add_Sub',
    'ReplaceBinaryOperator_BitAnd_BitOr',
    'ReplaceBinaryOperator_Div_Mul',
    'ReplaceBinaryOperator_Mul_Div',
    'ReplaceBinaryOperator_Sub_Add',
    'ReplaceBreakWithContinue',
    'ReplaceComparisonOperator',
    'ReplaceContinueWithBreak',
    'ReplaceFalseWithTrue',
    'ReplaceOrWithAnd',
    'ReplaceTrueWithFalse',
    'ReplaceUnaryOperator_Delete_Not',
    'ZeroIterationForLoop',
)
# Identity and equality are the same of None, of booleans and of the members
# of an enum, all that is ever compared by identity here, and an order of
# them means nothing. So what is identical becomes what is not, and no more.
_NO_OTHER = re.compile(r'.*_(?!Is)[A-Za-z]+_Is(Not)?$|.*_Is(Not)?_(?!Is)\w+$')


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to one place.

    :param path: of the module, from the root of the repository.
    :param line: the first that it changes, from 1.
    :param code: the whole module with the change.
    """

    path: Path
    line: int
    code: str

    def diff(self, root: Path) -> str:
        """Return the change as ``diff`` shows it, without its context."""
        before = (root / self.path).read_text().splitlines()
        lines = difflib.unified_diff(
            before, self.code.splitlines(), n=0, lineterm=''
        )
        return '\n'.join(list(lines)[3:])


def drawn(root: Path, number: int, seed: int) -> list[Mutant]:
    """Return a sample of the mutants, of each place one at the most.

    :param number: how many, or fewer if there are fewer places.
    :param seed: the same gives the same, for the same code.
    """
    chance = random.Random(seed)
    places: dict[tuple[Path, tuple[int, int]], list[tuple[str, int]]] = {}
    for package in _PACKAGES:
        for path in sorted((root / _PACKAGE / package).rglob('*.py')):
            for start, name, occurrence in _possible(path):
                places.setdefault((path, start), []).append((name, occurrence))
    keys = sorted(places)
    chance.shuffle(keys)
    found = (
        Mutant(path.relative_to(root), start[0], code)
        for path, start in keys
        if (code := _mutated(path, *chance.choice(places[path, start])))
    )
    return list(itertools.islice(found, number))


def _possible(
    path: Path,
) -> Iterator[tuple[tuple[int, int], str, int]]:
    """Yield where a module can be changed, by what, and its how manieth."""
    nodes = list(ast.ast_nodes(ast.get_ast_from_path(path)))
    for name in _names(plugins.operator_names()):
        operator = plugins.get_operator(name)()
        positions = (
            (node, start)
            for node in nodes
            for start, _ in operator.mutation_positions(node)
        )
        for occurrence, (node, start) in enumerate(positions):
            if not _is_syntax(node):
                yield start, name, occurrence


def _is_syntax(node: NodeOrLeaf) -> bool:
    """Return whether something decorates, or is the star of parameters."""
    is_star = node.get_code().strip() == '*' and node.parent is not None
    above = 'parameters' if is_star else 'decorator'
    return node.search_ancestor(above) is not None


def _names(names: Iterable[str]) -> list[str]:
    return [
        name
        for name in names
        if name.partition('/')[2].startswith(_OPERATORS)
        and not _NO_OTHER.match(name)
    ]


def _mutated(path: Path, name: str, occurrence: int) -> str | None:
    """Return a module with one change, None if it is no Python then."""
    code: str = mutating.mutate_code(
        path.read_text(), plugins.get_operator(name)(), occurrence
    )
    with contextlib.suppress(SyntaxError):
        compile(code, path, 'exec')
        return code
    return None
