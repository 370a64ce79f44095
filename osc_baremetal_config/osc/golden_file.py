"""The file of a golden server: its form, writing it, reading it again.

Owns its keys, and where in it a fault is. What is taken of a server is for
:mod:`osc_baremetal_config.core.explain.baseline`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from osc_baremetal_config import errors
from osc_baremetal_config.core.explain.baseline import Baseline
from osc_baremetal_config.core.facts import registry, values
from osc_baremetal_config.core.facts.model import Value
from osc_baremetal_config.osc import yamlfile

# Ten times what the largest known BIOS comes to, in bytes.
_SIZE = 2**20
ITEMS = ('server', 'id', 'vendor', 'items')
KEYS = (*ITEMS, 'settings')
_FORM = (
    'not what "server config export" writes: a mapping with server and items'
)


def document(found: Baseline) -> dict[str, Any]:
    """Return what the file of a golden server has, in order."""
    told: dict[str, Any] = {
        'server': found.server,
        'id': found.id,
        'vendor': found.vendor or None,
        'items': dict(found.items),
    }
    if found.settings is not None:
        told['settings'] = dict(found.settings)
    return told


def readable(found: Baseline) -> tuple[Baseline, list[str]]:
    """Return what can be read again once it is written, and what cannot.

    :returns: the names of what is left out: it has control characters.
    """
    every: Mapping[str, Value | None] = found.settings or {}
    items = {n: v for n, v in found.items.items() if _is_taken(n, v)}
    settings = {n: v for n, v in every.items() if _is_taken(n, v)}
    left_out = sorted(
        (found.items.keys() - items.keys()) | (every.keys() - settings.keys())
    )
    return replace(
        found,
        server=found.server if _is_taken(found.server) else found.id,
        items=items,
        settings=None if found.settings is None else settings,
    ), left_out


def check_new(path: str) -> None:
    """Raise if there is a file already.

    :raises Refused: there is.
    """
    if Path(path).exists():
        raise _is_there(path)


def write(path: str, found: Baseline, *, replaces: bool) -> None:
    """Write a golden server into a file, as YAML.

    :param replaces: a file that is there is overwritten.
    :raises Refused: there is a file already.
    :raises ConfigError: it cannot be written.
    """
    text = yaml.safe_dump(document(found), sort_keys=False)
    try:
        with Path(path).open('w' if replaces else 'x') as stream:
            stream.write(text)
    except FileExistsError as error:
        raise _is_there(path) from error
    except (OSError, ValueError) as error:
        why = getattr(error, 'strerror', None) or error
        raise errors.ConfigError(
            f'{path} cannot be written: {why}.'
        ) from error


def load(path: str) -> Baseline:
    """Return the golden server of a file.

    :raises Refused: it cannot be read, or is of another form.
    """
    read = yamlfile.read(Path(path), 'The file', _SIZE)
    if not is_one(read.document):
        raise errors.Refused(f'{path}:1: {_FORM}')
    return parse(read)


def is_one(read: Any) -> bool:
    """Return whether a document is that of a golden server.

    A file with the items of many servers has a mapping for each of them, also
    for one that is called "server".
    """
    return (
        isinstance(read, dict)
        and isinstance(read.get('server'), str)
        and 'items' in read
    )


def parse(file: yamlfile.File) -> Baseline:
    """Return the golden server of a file that was read.

    :raises Refused: it has faults; they are named, with line and key.
    """
    if faults := yamlfile.some(_faults(file)):
        raise errors.Refused('The file of a golden server is broken:', faults)
    told = file.document
    return Baseline(
        server=told['server'],
        id=told.get('id') or '',
        vendor=told.get('vendor') or '',
        items={name: str(value) for name, value in told['items'].items()},
        settings=told.get('settings'),
    )


def _faults(file: yamlfile.File) -> Iterator[str]:
    """Yield what is not as ``export`` writes it, each with its line."""
    yield from file.repeated
    told = file.document
    for key in told.keys() - set(KEYS):
        hint = registry.nearest(yamlfile.shown(key), KEYS)
        text = f'unknown key; known are {", ".join(KEYS)}{hint}'
        yield file.told((key,), text)
    for key in ('id', 'vendor'):
        if not isinstance(told.get(key), str | None):
            yield file.told((key,), 'not text')
    items, settings = told['items'], told.get('settings')
    if not isinstance(items, dict):
        yield file.told(('items',), 'not a mapping of types to values')
        items = {}
    for name, value in items.items():
        # A number has no other text than that in the file; "on" has.
        is_text = isinstance(value, str | int) and not isinstance(value, bool)
        if not (name and is_text and value != ''):
            text = 'not a type with its value (quote yes, no, on, off)'
            yield file.told(('items', name), text)
    if not isinstance(settings, dict | None):
        yield file.told(('settings',), 'not a mapping of names to values')
        settings = None
    for name, value in (settings or {}).items():
        if not (name and (value is None or values.is_value(value))):
            text = 'not a setting with its value'
            yield file.told(('settings', name), text)
    if told['items'] == {} and not told.get('settings'):
        yield file.told(('items',), 'neither items nor settings')


def _is_taken(*words: Value | None) -> bool:
    return all(
        yamlfile.is_taken(word) for word in words if isinstance(word, str)
    )


def _is_there(path: str) -> errors.Refused:
    return errors.Refused(
        f'{path} is there already; to overwrite it use --force.'
    )
