"""The catalogue files: which there are, and reading them.

Owns where they lie and which of them a fault is in. What they mean is for
:mod:`osc_baremetal_config.core.desired.catalogue`.
"""

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import catalogue
from osc_baremetal_config.core.facts import registry
from osc_baremetal_config.osc import yamlfile

VARIABLE = 'OS_BAREMETAL_CONFIG_FILE'
NAME = 'baremetal-config.yaml'
# Forty times the packaged one, in bytes.
_SIZE = 2**18
# The longest name that Placement lets a trait have.
_TRAIT = 255


def load(overlays: Iterable[Path] | None = None) -> catalogue.Catalogue:
    """Return what the packaged and the other files define.

    :param overlays: files to lay over the packaged one, in this order; None
        takes those of this machine and this user.
    :raises Refused: a file is broken; the faults are named, with the file,
        the line and the key.
    """
    # The same as catalogue.yaml, in a twentieth of the time.
    packaged = resources.files('osc_baremetal_config') / 'catalogue.json'
    document = json.loads(packaged.read_text(encoding='utf-8'))
    paths = _overlays(os.environ) if overlays is None else overlays
    sources = [_read(path) for path in paths]
    for source in sources:
        document = catalogue.overlay(document, source.document)
    parsed = catalogue.parse(document)
    told = yamlfile.some(_faults(document, sources, parsed))
    if isinstance(parsed, list) or told:
        raise errors.Refused(
            'The catalogue of configuration types is broken:', told
        )
    return parsed


def traits() -> frozenset[str]:
    """Return all traits that os-traits knows."""
    import os_traits

    return frozenset(os_traits.get_traits())


def _overlays(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files that overlay the packaged one, the site's first.

    A file that is named must be there; the others may be. In a folder that
    this user may not enter there is none, as with clouds.yaml.
    """
    # Those of pathlib raise where there is no home, or no way to a file.
    home = os.path.expanduser('~/.config')  # noqa: PTH111
    user = Path(environ.get('XDG_CONFIG_HOME') or home)
    for folder in (Path('/etc/openstack'), user / 'openstack'):
        if os.path.isfile(folder / NAME):  # noqa: PTH113
            yield folder / NAME
    if named := environ.get(VARIABLE):
        yield Path(named)


def _read(path: Path) -> yamlfile.File:
    """Return a file that holds a mapping, if only an empty one.

    :raises Refused: it does not.
    """
    file = yamlfile.read(path, 'The catalogue file', _SIZE)
    if file.document is None:
        return dataclasses.replace(file, document={})
    if not isinstance(file.document, dict):
        raise errors.Refused(f'{path}:1: not a mapping of types')
    return file


def _faults(
    document: Mapping[str, Any],
    sources: Sequence[yamlfile.File],
    parsed: catalogue.Catalogue | list[catalogue.Fault],
) -> Iterator[str]:
    """Yield the faults, each with the file that it is in.

    :param document: the files, laid over each other.
    """
    for source in sources:
        yield from source.repeated
        for fault in catalogue.misfits(source.document):
            yield source.told(fault.path, fault.text)
    if isinstance(parsed, list):
        for fault in parsed:
            yield _locate(fault, sources)
    for fault in _foreign_traits(document, sources):
        yield _locate(fault, sources)


def _foreign_traits(
    document: Mapping[str, Any], sources: Sequence[yamlfile.File]
) -> Iterator[catalogue.Fault]:
    """Yield the traits that no node can have, as their names are wrong.

    Those of the packaged file are held to os-traits by a test.
    """
    if not sources:
        return
    import os_traits

    known = traits()
    for name in dict.fromkeys(name for s in sources for name in s.document):
        entry = document.get(name)
        needs = entry.get('needs') if isinstance(entry, Mapping) else None
        for value, sets in needs.items() if isinstance(needs, Mapping) else ():
            for trait in _words(sets):
                if trait not in known and not os_traits.is_custom(trait):
                    hint = registry.nearest(trait[:_TRAIT], known)
                    text = f'{yamlfile.shown(trait)} is no trait of os-traits'
                    yield catalogue.Fault((name, 'needs', value), text + hint)


def _words(sets: Any) -> Iterator[str]:
    for traits in sets if isinstance(sets, list) else ():
        for trait in traits if isinstance(traits, list) else ():
            if isinstance(trait, str):
                yield trait


def _locate(fault: catalogue.Fault, sources: Sequence[yamlfile.File]) -> str:
    """Return a fault with the file that it is in, the last that has it."""
    source = max(reversed(sources), key=lambda s: _depth(s, fault.path))
    return source.told(fault.path, fault.text)


def _depth(source: yamlfile.File, path: catalogue.Path) -> int:
    """Return how many of the keys of a path a file has, of two."""
    entry = source.document.get(path[0])
    if entry is None or not catalogue.fits(path[0], entry):
        return 0
    has_key = isinstance(entry, dict) and path[1:] and path[1] in entry
    return 2 if has_key else 1
