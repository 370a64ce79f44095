"""Graphs for Graphviz: layers, and states of a node and of a server.

What they say is asked of the code: who imports whom, what a provision state
means, what an action is called.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

import osc_baremetal_config
from osc_baremetal_config.core.apply.observation import Action
from osc_baremetal_config.core.facts import provision_state
from osc_baremetal_config.core.facts.model import Node

_PACKAGE = 'osc_baremetal_config'
_ROOT = Path(osc_baremetal_config.__file__).parent
_STYLE = (
    'bgcolor="transparent" rankdir=LR '
    'node [shape=box style="rounded,filled" fillcolor="#eef3f8" '
    'color="#33607f" fontname="sans-serif" fontsize=12] '
    'edge [color="#555555" fontname="sans-serif" fontsize=10]'
)
# What a state means for a change: colour, words.
_MEANINGS = {
    provision_state.Ready: ('#dff0d8', 'the next action'),
    provision_state.Working: ('#eef3f8', 'wait'),
    provision_state.Failed: ('#f6d5d5', 'rollback'),
    provision_state.Stuck: ('#f3e6c4', 'needs a person'),
}
# From ``ironic/common/states.py``, as far as a service can lead there.
_BETWEEN = (
    ('active', 'servicing', Action.SERVICE.value),
    ('servicing', 'service wait', 'a reboot'),
    ('service wait', 'servicing', 'the BMC has it'),
    ('servicing', 'active', 'done'),
    ('servicing', 'service failed', 'a step fails'),
    ('service wait', 'service failed', 'a step fails'),
    ('service failed', 'active', Action.ABORT.value),
    ('service failed', 'servicing', Action.RESTORE_SETTINGS.value),
    ('active', 'service hold', 'an operator'),
    ('active', 'deleting', 'the server is deleted'),
)
_SERVER = (
    ('ACTIVE', 'ACTIVE', Action.SAVE_JOURNAL),
    ('ACTIVE', 'SHUTOFF', Action.STOP),
    ('SHUTOFF', 'VERIFY_RESIZE', Action.RESIZE),
    ('VERIFY_RESIZE', 'SHUTOFF', Action.CONFIRM),
    ('VERIFY_RESIZE', 'SHUTOFF', Action.REVERT),
    ('SHUTOFF', 'SHUTOFF', Action.SERVICE),
    ('SHUTOFF', 'SHUTOFF', Action.READ_BIOS),
    ('SHUTOFF', 'ACTIVE', Action.START),
    ('ACTIVE', 'ACTIVE', Action.RECORD),
    ('ACTIVE', 'ACTIVE', Action.CLEAR_JOURNAL),
)


def layers() -> str:
    """Return the packages, and which of them import which."""
    edges: set[tuple[str, str]] = set()
    for path in sorted(_ROOT.rglob('*.py')):
        own = _package(path.relative_to(_ROOT).with_suffix('').parts)
        for name in _imports(path):
            package, *rest = name.split('.')
            other = _package(tuple(rest))
            if package == _PACKAGE and own and other and own != other:
                edges.add((own, other))
    names = sorted({name for edge in edges for name in edge})
    inside = [name for name in names if name.startswith('core.')]
    lines = [
        'subgraph cluster_core { label="core: decisions, no calls" '
        'style="rounded,dashed" color="#888888" fontname="sans-serif"',
        *(
            f'"{name}" [label="{name.removeprefix("core.")}"]'
            for name in inside
        ),
        '}',
    ]
    # What goes through others as well would hide the structure.
    lines += [
        f'"{one}" -> "{other}"'
        for one, other in sorted(edges)
        if not _is_implied((one, other), edges)
    ]
    return _graph('layers', lines)


def node() -> str:
    """Return the provision states that a change can meet."""
    states = sorted({state for edge in _BETWEEN for state in edge[:2]})
    lines = []
    for state in states:
        meaning = type(provision_state.classify(_node(state)))
        colour, words = _MEANINGS[meaning]
        lines.append(
            f'"{state}" [fillcolor="{colour}" label="{state}\\n({words})"]'
        )
    lines += [f'"{a}" -> "{b}" [label="{told}"]' for a, b, told in _BETWEEN]
    return _graph('node', lines)


def server() -> str:
    """Return the states of a server, and the actions of a change in each."""
    told: dict[tuple[str, str], list[str]] = {}
    for one, other, action in _SERVER:
        told.setdefault((one, other), []).append(action.value)
    lines = []
    for (one, other), words in told.items():
        label = '\\n'.join(words)
        lines.append(f'"{one}" -> "{other}" [label="{label}"]')
    return _graph('server', lines)


def _graph(name: str, lines: Iterable[str]) -> str:
    body = '\n'.join(lines)
    return f'digraph "{name}" {{\n{_STYLE}\n{body}\n}}\n'


def _node(state: str) -> Node:
    target = None if state == 'active' else 'active'
    return Node(
        uuid='n',
        name=None,
        provision_state=state,
        target_provision_state=target,
    )


def _package(parts: tuple[str, ...]) -> str:
    """Return the package that a module is in, of ``core`` the one in it."""
    if not parts or parts[0] in ('errors', 'plugin', '__init__'):
        return ''
    if parts[0] == 'core':
        return '.'.join(parts[:2]) if len(parts) > 1 else ''
    return parts[0]


def _imports(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding='utf-8'))
    return [
        f'{each.module}.{alias.name}'
        for each in ast.walk(tree)
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    ]


def _is_implied(edge: tuple[str, str], edges: set[tuple[str, str]]) -> bool:
    """Return whether an edge is one of a longer way."""
    start, end = edge
    seen, todo = {start}, [b for a, b in edges if a == start and b != end]
    while todo:
        at = todo.pop()
        if at == end:
            return True
        if at not in seen:
            seen.add(at)
            todo += [b for a, b in edges if a == at]
    return False
