"""The catalogue files: which there are, and reading them.

Owns where they lie and where in them a fault is. What they mean is for
:mod:`osc_baremetal_config.core.catalogue`.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from osc_baremetal_config import errors
from osc_baremetal_config.core import catalogue, registry

VARIABLE = 'OS_BAREMETAL_CONFIG_FILE'
# The safe one, from libyaml where that was there when PyYAML was built: it is
# read whenever the command's options are asked for.
_LOADER = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
NAME = 'baremetal-config.yaml'


def load(overlays: Iterable[Path] | None = None) -> catalogue.Catalogue:
    """Return what the packaged and the other files define.

    :param overlays: files to lay over the packaged one, in this order; None
        takes those of this machine and this user.
    :raises Refused: a file is broken; every fault is named, with the file,
        the line and the key.
    """
    file = resources.files('osc_baremetal_config') / 'catalogue.yaml'
    document = yaml.load(file.read_text(encoding='utf-8'), _LOADER)  # noqa: S506
    paths = _overlays(os.environ) if overlays is None else overlays
    sources = [_Source(path) for path in paths]
    for source in sources:
        document = catalogue.overlay(document, source.document)
    parsed = catalogue.parse(document)
    faults = _foreign_traits(document, sources)
    if isinstance(parsed, list):
        faults += parsed
    told = [_locate(fault, sources) for fault in faults]
    told += [line for source in sources for line in source.repeated()]
    if isinstance(parsed, list) or told:
        raise errors.Refused(
            'The catalogue of configuration types is broken:', sorted(told)
        )
    return parsed


def _overlays(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files that overlay the packaged one, the site's first.

    A file that is named must be there; the others may be.
    """
    home = environ.get('XDG_CONFIG_HOME') or Path.home() / '.config'
    for folder in (Path('/etc/openstack'), Path(home) / 'openstack'):
        if (folder / NAME).is_file():
            yield folder / NAME
    if named := environ.get(VARIABLE):
        yield Path(named)


def _foreign_traits(
    document: Mapping[str, Any], sources: Sequence['_Source']
) -> list[catalogue.Fault]:
    """Return the traits that no node can have, as their names are wrong.

    Those of the packaged file are held to os-traits by a test.
    """
    if not sources:
        return []
    import os_traits

    known = os_traits.get_traits()
    found = []
    for name in {name for source in sources for name in source.document}:
        entry = document.get(name)
        needs = entry.get('needs') if isinstance(entry, Mapping) else None
        for value, sets in needs.items() if isinstance(needs, Mapping) else ():
            for trait in _words(sets):
                if trait not in known and not os_traits.is_custom(trait):
                    hint = registry.nearest(trait, known)
                    text = f'{trait} is no trait of os-traits{hint}'
                    path = (name, 'needs', value)
                    found.append(catalogue.Fault(path, text))
    return found


def _words(sets: Any) -> Iterator[str]:
    for traits in sets if isinstance(sets, list) else ():
        for trait in traits if isinstance(traits, list) else ():
            if isinstance(trait, str):
                yield trait


def _locate(fault: catalogue.Fault, sources: Sequence['_Source']) -> str:
    """Return a fault with the file that it is in, the last that has it."""
    holding = [s for s in sources if s.depth(fault.path) > 0]
    source = max(reversed(holding), key=lambda s: s.depth(fault.path))
    return source.locate(fault)


class _Source:
    """A file that was read, and the lines of its keys.

    :raises Refused: it cannot be read, or is not a YAML mapping.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open(encoding='utf-8') as stream:
                self._root = yaml.compose(stream, yaml.SafeLoader)
            with path.open(encoding='utf-8') as stream:
                document = yaml.safe_load(stream)
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise errors.Refused(
                f'{path}: the catalogue file cannot be read:', [str(error)]
            ) from error
        if line := _line_of_loop(self._root, ()):
            raise errors.Refused(f'{path}:{line}: contains itself')
        if document is None:
            document = {}
        if not isinstance(document, dict):
            raise errors.Refused(f'{path}:1: not a mapping of types')
        self.document = {str(name): entry for name, entry in document.items()}

    def depth(self, path: catalogue.Path) -> int:
        """Return how many of the keys of a path this file has, of two."""
        entry = self.document.get(str(path[0])) if path else None
        if entry is None:
            return 0
        return 2 if path[1:] and path[1] in entry else 1

    def locate(self, fault: catalogue.Fault) -> str:
        """Return a fault with its file, line and key."""
        key = '.'.join(map(str, fault.path))
        return f'{self._path}:{self._line(fault.path)}: {key}: {fault.text}'

    def repeated(self) -> Iterator[str]:
        """Yield the keys that stand twice; YAML would drop the first."""
        for path, line in repeated_keys(self._root, ()):
            key = '.'.join(path)
            yield f'{self._path}:{line}: {key}: stands twice'

    def _line(self, path: catalogue.Path) -> int:
        """Return the line of a key, or of what is nearest above it."""
        node, line = self._root, 1
        for part in path:
            if isinstance(node, yaml.MappingNode):
                pairs = {str(k.value): (k, v) for k, v in node.value}
                if str(part) not in pairs:
                    break
                key, node = pairs[str(part)]
                line = key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode):
                node = node.value[int(part)]
                line = node.start_mark.line + 1
        return line


def repeated_keys(
    node: yaml.Node | None, above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the path and the line of each key that stood before."""
    if isinstance(node, yaml.MappingNode):
        known = set()
        for key, value in node.value:
            path = (*above, str(key.value))
            if path in known:
                yield path, key.start_mark.line + 1
            known.add(path)
            yield from repeated_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from repeated_keys(value, (*above, str(index)))


def _line_of_loop(
    node: yaml.Node | None, above: tuple[yaml.Node, ...]
) -> int | None:
    """Return the line of a node that is inside of itself, None for none."""
    if node is None or isinstance(node, yaml.ScalarNode):
        return None
    if any(node is one for one in above):
        return int(node.start_mark.line) + 1
    inner = (
        [value for _, value in node.value]
        if isinstance(node, yaml.MappingNode)
        else node.value
    )
    lines = (_line_of_loop(one, (*above, node)) for one in inner)
    return next(filter(None, lines), None)
