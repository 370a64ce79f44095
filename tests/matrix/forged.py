"""Journals that somebody has forged, and what a command makes of them.

Owns the forgeries, made from true journals by chance with a seed. A member may
write a server's metadata and may not service its node; the manager who then
puts a change back must not be made to do what the member could not.
"""

import json
import random
from dataclasses import dataclass
from typing import Any

from osc_baremetal_config.core.facts import journal
from osc_baremetal_config.core.facts.model import Item
from tests.devcloud.ironic_plugin.devcloud_ironic import attributes
from tests.matrix.points import Outcome, Verdict
from tests.matrix.scenarios import QUICK, offer
from tests.model import fixture
from tests.model.records import ON
from tests.model.world import World

PENDING, PREVIOUS = 'deploy-config-pending:', 'deploy-config-previous:'
_TYPE = 'hyperthreading'
# What catalogue and templates name for the types that are forged.
_NAMED = {
    'hyperthreading': {'LogicalProc'},
    'turbo': {'ProcTurboMode'},
    'numa-per-socket': {'NumaNodesPerSocket'},
    'quiet-boot': {'QuietBoot'},
}
_VALUES = {
    'hyperthreading': 'enabled',
    'turbo': 'disabled',
    'numa-per-socket': '2',
    'quiet-boot': 'disabled',
}
COMMANDS = (
    ('recover',),
    ('recover', '--rollback'),
    ('recover', '--rollback', '--trust-metadata'),
    ('recover', '--retry'),
    ('recover', '--abort'),
    ('set', '--hyperthreading', 'enabled'),
    ('show',),
    ('history',),
    ('unset', '--config', _TYPE),
)
# What reads, or leaves the settings as they are.
_HARMLESS = {('recover',), ('recover', '--abort'), ('show',), ('history',)}
_CODES = {0, 1, 2, 3, 4, 5}


@dataclass(frozen=True)
class Forgery:
    """Metadata that somebody has written, and the command that meets it."""

    metadata: dict[str, str]
    command: tuple[str, ...]


def forgery(seed: int) -> Forgery:
    """Return the forgery of a seed."""
    dice = random.Random(seed)
    kinds = dice.sample(sorted(_NAMED), dice.choice((1, 1, 1, 2)))
    metadata = {}
    for kind in kinds:
        pending, previous = _pending(kind, dice), _previous(kind, dice)
        if dice.random() < 0.6:
            pending['wish'] = _digest(kinds)
        metadata[PENDING + kind] = _text(pending, dice)
        if dice.random() < 0.9:
            metadata[PREVIOUS + kind] = _text(previous, dice)
    if dice.random() < 0.1:
        metadata[f'{PREVIOUS}{kinds[0]}:1'] = '"tail"}'
    return Forgery(metadata, dice.choice(COMMANDS))


def _digest(kinds: list[str]) -> str:
    """Return the digest that belongs to the entries of some types."""
    items = [Item(kind, _VALUES[kind]) for kind in kinds]
    return journal.digest(items, resize=False)


def _pending(kind: str, dice: random.Random) -> dict[str, Any]:
    """Return an entry of a change, in some way wrong."""
    note: dict[str, Any] = {
        'value': _VALUES[kind],
        'power': dice.choice(('on', 'off', 'off', 'OFF', 7)),
        'since': dice.choice((_NOW, '2020-01-01T00:00:00+00:00', 'x', None)),
        'wish': dice.choice(('252ae663', 'ffffffff', None, [])),
    }
    for name, value in (
        ('settled', dice.choice((True, 'yes', 0))),
        ('resize', dice.choice((True, 'no'))),
        ('node', dice.choice(('other', '', 5, None))),
        ('failure', dice.choice(('', 'x' * 200, '\x1b[2J', {'a': 1}))),
        ('unapplied', dice.choice((True, 'yes'))),
        ('record', dice.choice(('', 'disabled', 3))),
        ('bios', dice.choice(('00', 'zz', 5))),
    ):
        if dice.random() < 0.2:
            note[name] = value
    return note


def _previous(kind: str, dice: random.Random) -> dict[str, Any]:
    """Return an entry of what was before, in some way wrong, or right."""
    if dice.random() < 0.4:
        settings = {name: _right(name, dice) for name in _NAMED[kind]}
        return {'value': 'x', 'settings': settings}
    names = [*attributes.BY_NAME, 'Nonsense', '', 'LogicalProc']
    chosen = dice.choices(names, k=dice.choice((0, 1, 1, 2, 3)))
    settings = {name: _value(name, dice) for name in chosen}
    return {
        'value': dice.choice(('disabled', None, 5)),
        'at': dice.choice((_NOW, '2020-01-01T00:00:00+00:00', None)),
        'settings': dice.choice((settings, settings, settings, [], 'x')),
    }


def _right(name: str, dice: random.Random) -> Any:
    """Return a value that a BMC takes."""
    attribute = attributes.BY_NAME[name]
    other = [True, False] if attribute.kind == 'Boolean' else [1, 2, 4]
    return dice.choice(list(attribute.values) or other)


def _value(name: str, dice: random.Random) -> Any:
    attribute = attributes.BY_NAME.get(name)
    good = list(attribute.values) if attribute else []
    wild = ['Enabled', 'Disabled', True, False, 1, 0, -1, 10**30, '1', ' 1']
    wild += [None, 1.5, [], {'a': 'b'}, '', 'x' * 150, '\ud800', '\x1b[2J']
    return dice.choice(good * 4 + wild)


def _text(note: dict[str, Any], dice: random.Random) -> str:
    """Return an entry as Nova would keep it, or as it could not be."""
    told = {k: v for k, v in note.items() if v is not None}
    text = json.dumps(told)
    chance = dice.random()
    if chance < 0.05:
        return text[: dice.randrange(len(text))]
    if chance < 0.10:
        return dice.choice(
            ('', 'null', '[]', '"x"', '{' * 200, '[' * 5000, 'NaN', '{}')
        )
    return text


_NOW = '2026-11-25T12:00:00+00:00'


def hit(seed: int) -> Outcome:
    """Return what becomes of a forgery; ``CONVERGED`` if a setting changed."""
    forged = forgery(seed)
    world = World.standard(settings=QUICK)
    offer(world, 'quiet-boot=disabled', QuietBoot=False)
    server = world.boot('web-1', 'bm.large.ht-off')
    node = world.nodes[server.node_uuid or '']
    server.metadata.update(forged.metadata)
    before = dict(node.bmc)
    model = fixture.Model(world)
    model.setUp()
    try:
        argv = ('server', 'config', *forged.command, server.id)
        ran = model.openstack('mona', *argv)
    finally:
        model.cleanUp()
    changed = {n: v for n, v in node.bmc.items() if before.get(n) != v}
    changed = {
        n: v for n, v in changed.items() if n not in attributes.COUNTERS
    }
    why = _wrong(forged, ran.code, changed)
    if 'Traceback' in ran.err or '\x1b' in ran.err + ran.out:
        why = 'a traceback, or a control character'
    if node.provision_state != 'active' or node.maintenance:
        why = f'the node is {node.provision_state}'
    if ran.code in (0, 3, 4) and server.power != ON:
        why = f'the server is {server.power}'
    if why:
        return Outcome(Verdict.LOST, f'{seed}: {why}: {forged}: {ran}')
    if ran.code == 3:
        return Outcome(Verdict.REFUSED)
    return Outcome(Verdict.CONVERGED if changed else Verdict.THROUGH)


def _wrong(forged: Forgery, code: int, changed: dict[str, str]) -> str:
    """Return what is wrong with what a forgery has brought about."""
    if code not in _CODES:
        return f'exit code {code}'
    if changed and (forged.command in _HARMLESS or code == 3):
        return f'{changed} was changed'
    kinds = [k.removeprefix(PENDING) for k in forged.metadata if PENDING in k]
    named = set().union(*(_NAMED[kind] for kind in kinds))
    if (
        '--trust-metadata' not in forged.command
        and not changed.keys() <= named
    ):
        return f'{changed} was changed, which nobody vouches for'
    for name, value in changed.items():
        attribute = attributes.BY_NAME[name]
        allowed = [attributes.stored(v) for v in attribute.values]
        if allowed and value not in allowed:
            return f'{name} is {value}'
    return ''
