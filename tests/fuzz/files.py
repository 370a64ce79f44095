"""Files of catalogues, wishes and golden servers, broken by chance.

Owns the breaking, and what is demanded of whatever comes of it: an end within
a second, and either something that works, or a refusal that names the file in
few words. Never asks which of the two it should be.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.osc import (
    arguments,
    desired_file,
    files,
    golden_file,
    streams,
)

LIMIT_S = 1.0
# What a refusal may come to, with all its faults.
_LONGEST = 20_000
_CATALOGUE = resources.files('osc_baremetal_config') / 'catalogue.yaml'
_CATALOGUES = (
    _CATALOGUE.read_text(encoding='utf-8'),
    """\
secure-boot:
  help: Only signed code is booted.
  values: &both [enabled, disabled]
  bios:
    - &kind {enabled: {SecureBoot: Enabled}, disabled: {SecureBoot: 0}}
    - {<<: *kind, enabled: {SecureBootMode: true}}
hyperthreading:
  values: *both
  needs:
    enabled:
      - [HW_CPU_HYPERTHREADING, CUSTOM_HT_ALLOWED]
sgx: null
cloud: {resize: true}
locks:
  - {setting: SysProfile, value: Custom, locks: [ProcTurboMode]}
effects:
  - {setting: SysProfile, value: Dense, sets: {ProcTurboMode: Disabled}}
volatile: ["*_LinkStatus", 'BootCount']
unique: ["*MACAddress"]
""",
    'turbo: {help: Faster by 10 %., values: ["on", "off"], bios: []}\n',
)
_WISHES = (
    'web-1: {hyperthreading: enabled, turbo: disabled}\n'
    'web-2: {hyperthreading: disabled}\n',
    'web-1: &all\n  sriov: on\n  numa-per-socket: 2\nweb-2: *all\n',
)
_GOLDEN = (
    'server: web-1\nid: 5f0c7a1e\nvendor: Dell\n'
    'items: {hyperthreading: enabled, numa-per-socket: "2"}\n'
    "settings: {LogicalProc: Enabled, Cores: 8, Quiet: true, Off: 'on'}\n",
    'server: web-1\nitems: &all\n  sriov: enabled\nsettings: {}\n',
)
_INDICATORS = (
    ': |- |? |[|]|{|}|,|#|&a |*a|*both|!!python/object:os.system |!!int |! |'
    '\\|%|@|`|"|\'|>\n|\n\n|\n---\n|\n...\n|%YAML 9.9\n|%TAG ! a\n|\t|\r|\0|'
    '\x07|\x7f|\x85|\u2028|\ufeff|\ufffe|\u202e|\u00a0|\U0001f600|~|null|yes|'
    'on|0x|010|1_0|1:30|1e9|.inf|.nan|2021-01-01|2021-99-99|=|<<|<<: *a|'
    '<<: [*both, *both]|\\e|"\\0"|"\\ud800"|"\\x1b[31m"|]]|  '
)
_PIECES = (
    *_INDICATORS.split('|'),
    '9' * 30,
    '9' * 5000,
    '0x' + 'f' * 5000,
    ':30' * 300,
    'x' * 5000,
    '[' * 3000,
    '{a: ' * 100,
    '- ' * 100,
    '? ' * 100,
)
_ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        10**30,
        1.5,
        float('inf'),
        '',
        ' ',
        'x',
        'a b',
    ),
    *('a\nb', '%s', "'", '$(id)', 'a]  [b', '(', '|', '<>', '--', '=', '<<'),
    *([], {}, [[]], [None], ['x', 1], {'x': None}, {'': ''}, {'x': {'x': []}}),
    *([['x'] * 20] * 20, {str(n): n for n in range(99)}, 'x' * 9999, b'\xff'),
)


def check(seed: int, folder: Path) -> str:
    """Return what has become of the files of a seed: valid or refused.

    :param folder: where they are written.
    :raises AssertionError: something else has; it tells what.
    """
    dice = random.Random(seed)
    load = dice.choice((_catalogue, _catalogue, _wishes, _golden))
    texts = {_wishes: (*_WISHES, *_GOLDEN), _golden: _GOLDEN}.get(
        load, _CATALOGUES
    )
    paths = []
    for number in range(dice.choice((1, 2, 3)) if load is _catalogue else 1):
        paths.append(folder / f'{number}.yaml')
        paths[-1].write_bytes(_broken(dice.choice(texts), dice))
    began = time.process_time()
    try:
        load(paths)
        became = 'valid'
    except errors.Refused as refused:
        _check_words(refused, paths)
        became = 'refused'
    except Exception as error:
        raise AssertionError(f'seed {seed}: {error!r}') from error
    spent = time.process_time() - began
    if spent > LIMIT_S:
        raise AssertionError(f'seed {seed}: took {spent:.1f} s')
    return became


def _catalogue(paths: Sequence[Path]) -> None:
    """Do with catalogue files what every command does."""
    found = files.load(paths)
    parser = argparse.ArgumentParser()
    arguments.add_set(parser, found)
    arguments.complete_values(parser)
    parser.format_help().encode()


def _golden(paths: Sequence[Path]) -> None:
    found = golden_file.load(str(paths[0]))
    kept, left_out = golden_file.readable(found)
    assert (kept, left_out) == (found, [])
    for item in found.items.items():
        assert all(word and isinstance(word, str) for word in item), item


def _wishes(paths: Sequence[Path]) -> None:
    found = desired_file.load(str(paths[0]))
    told = list(found.servers.values())
    if found.golden:
        told.append([Item(*item) for item in found.golden.items.items()])
    for items in told:
        assert items
        for item in items:
            assert item.type, item
            assert item.value and isinstance(item.value, str), item


def _check_words(refused: errors.Refused, paths: Sequence[Path]) -> None:
    """Check that a refusal names a file, in few words that can be shown."""
    for line in refused.details or [refused.message]:
        named = any(f'{path}:' in line for path in paths)
        assert named or line.startswith('(only '), line
        assert streams.visible(line) == line, line
    assert len(str(refused)) < _LONGEST, len(str(refused))


def _broken(text: str, dice: random.Random) -> bytes:
    """Return a text with some things done to it, as it is stored."""
    if dice.random() < 0.3:
        text = _swapped(text, dice)
    elif dice.random() < 0.1:
        text = ' '.join(dice.choices(_PIECES, k=dice.randrange(1, 40)))
    for _ in range(dice.choice((0, 1, 1, 1, 2, 3))):
        text = dice.choice(_BREAKS)(text, dice)
    raw = text.encode(
        dice.choice(('utf-8',) * 30 + ('utf-16', 'utf-16-le', 'utf-8-sig')),
        'surrogatepass',
    )
    if dice.random() < 0.1:
        at = dice.randrange(len(raw) + 1)
        raw = raw[:at] + dice.randbytes(dice.randrange(4)) + raw[at + 1 :]
    return raw


def _inserted(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(_PIECES) + text[at:]


def _inserted_behind_a_key(text: str, dice: random.Random) -> str:
    """Return a text with a piece where a value begins."""
    parts = text.split(': ')
    at = dice.randrange(len(parts))
    parts[at] = dice.choice(_PIECES) + ' ' + parts[at]
    return ': '.join(parts)


def _without_some(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + text[at + dice.randrange(1, 30) :]


def _cut_off(text: str, dice: random.Random) -> str:
    return text[: dice.randrange(len(text) + 1)]


def _doubled(text: str, dice: random.Random) -> str:
    """Return a text with some of its lines once more, elsewhere."""
    lines = text.splitlines(keepends=True) or ['']
    at, to = dice.randrange(len(lines)), dice.randrange(len(lines))
    return ''.join([*lines[:to], *lines[at : at + 5], *lines[to:]])


def _swapped_characters(text: str, dice: random.Random) -> str:
    """Return a text with a character that stands for another."""
    at = dice.randrange(len(text) + 1)
    return (
        text[:at]
        + chr(dice.choice((dice.randrange(128), 0x85, 0xD800)))
        + text[at + 1 :]
    )


def _laughing(text: str, dice: random.Random) -> str:
    """Return a text with aliases of aliases of aliases."""
    lines = ['l0: &l0 {values: [enabled]}']
    for level in range(1, dice.randrange(2, 10)):
        aliases = [f'*l{level - 1}'] * dice.randrange(1, 10)
        listed = ', '.join(aliases)
        mapped = ', '.join(f'a{i}: {a}' for i, a in enumerate(aliases))
        form = dice.choice(
            (f'[{listed}]', f'{{{mapped}}}', f'{{<<: [{listed}]}}')
        )
        lines.append(f'l{level}: &l{level} {form}')
    return '\n'.join([text, *lines, ''])


_BREAKS: tuple[Callable[[str, random.Random], str], ...] = (
    _inserted,
    _inserted,
    _inserted_behind_a_key,
    _inserted_behind_a_key,
    _without_some,
    _cut_off,
    _doubled,
    _swapped_characters,
    _laughing,
)


def _swapped(text: str, dice: random.Random) -> str:
    """Return a document with something else somewhere in it."""
    document = yaml.safe_load(text)
    for _ in range(dice.choice((1, 1, 1, 3))):
        document = _swap(document, dice)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _swap(document: Any, dice: random.Random) -> Any:
    """Return a document of which something is another thing."""
    if not document or dice.random() < 0.15:
        return dice.choice(_ODD)
    if isinstance(document, dict):
        key = dice.choice(list(document))
        swapped = {**document, key: _swap(document[key], dice)}
        if dice.random() < 0.2:
            odd = dice.choice(
                [o for o in _ODD if not isinstance(o, list | dict)]
            )
            swapped[odd] = swapped.pop(key)
        return swapped
    if isinstance(document, list):
        at = dice.randrange(len(document))
        inner = _swap(document[at], dice)
        return [*document[:at], inner, *document[at + 1 :]]
    return dice.choice(_ODD)
