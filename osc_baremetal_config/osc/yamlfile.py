"""A YAML file that a person or a site writes: reading it, naming its faults.

Owns how much of a file is taken: its size, its depth, and what its aliases
come to, all counted while it is parsed, before anything is made of it. Opens
regular files only, each once. Never knows what a file means.
"""

import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.reader import Reader
from yaml.resolver import Resolver

from osc_baremetal_config import errors
from osc_baremetal_config.osc import streams

# From libyaml where that was there when PyYAML was built: files are read
# whenever the options of a command are asked for.
PARSER: Any = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)

# What a value counts as, besides its characters.
_VALUE = 10
# How deep lists and mappings may lie in each other.
_DEPTH = 32
# How many faults are told, and how many characters of a file's own in each.
_FAULTS = 50
_ROOM = 100
# What is the number that it looks like; 010, 0x8 and 1:30 are 8, 8 and 90.
_NUMBER = re.compile('-?(0|[1-9][0-9]{0,19})')
_TEXT, _NULL, _BOOLEAN, _INTEGER, _MERGE = (
    f'tag:yaml.org,2002:{kind}'
    for kind in ('str', 'null', 'bool', 'int', 'merge')
)
_PLAIN = (_TEXT, _NULL, _BOOLEAN)
_CONTROL = 'control characters are not taken'
# libyaml compares each with all before, so many of them take minutes.
_TAG_DIRECTIVE = re.compile('^%TAG', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read.

    :param document: mappings, lists, text, whole numbers, booleans and None;
        all keys are text. None if the file holds nothing.
    :param repeated: the faults of keys that stand twice, of which YAML would
        drop the first.
    """

    path: str
    document: Any
    repeated: Sequence[str]
    _root: yaml.Node | None

    def told(self, keys: Sequence[str | int], text: str) -> str:
        """Return a fault with its file, line and key.

        :param keys: the keys and indexes that lead to it.
        """
        return _told(self.path, self.line(keys), keys, text)

    def line(self, keys: Sequence[str | int]) -> int:
        """Return the line of a key, or of what is nearest above it.

        :param keys: the keys and indexes that lead to it.
        """
        node, line = self._root, 1
        for part in keys:
            if isinstance(node, yaml.MappingNode):
                # The last one, as the others are merged into the mapping.
                found = (p for p in reversed(node.value) if p[0].value == part)
                key, node = next(found, (None, None))
                if key is None:
                    break
                line = key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                node = node.value[part]
                line = node.start_mark.line + 1
        return line


def read(path: Path, what: str, size: int, *, as_text: bool = False) -> File:
    """Return a file that keeps within the bounds.

    :param what: what it is, for who is told that it cannot be read.
    :param size: how many bytes it may have; with its aliases written out, as
        many characters, each value counting as 10 more.
    :param as_text: every word is taken as it is written: "on" is no boolean
        then, nor is "8" a number.
    :raises Refused: it cannot be read, is no YAML, or is beyond the bounds.
    """
    try:
        loader = _Loader(_text(path, size), size, as_text=as_text)
        root = loader.get_single_node()
        # Before "<<" is replaced in the nodes by what it stands for.
        repeated = [
            _told(str(path), line, keys, 'duplicate key')
            for keys, line in islice(_repeated(root, ()), _FAULTS)
        ]
        document = None if root is None else loader.construct_document(root)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise errors.Refused(
            f'{what} cannot be read:', [f'{path}{_reason(error)}']
        ) from error
    return File(str(path), document, repeated, root)


def is_taken(text: str) -> bool:
    """Return whether a word can be read again once it is written."""
    return not Reader.NON_PRINTABLE.search(text)


def some(faults: Iterable[str]) -> list[str]:
    """Return as many faults as a person is told at once."""
    found = list(islice(faults, _FAULTS + 1))
    more = [f'(only {_FAULTS} are shown)'] if len(found) > _FAULTS else []
    return [*sorted(found[:_FAULTS]), *more]


def shown(text: str) -> str:
    """Return a piece of a file for a message, which has little room."""
    return streams.visible(text[:_ROOM]) + ('...' if text[_ROOM:] else '')


def _text(path: Path, size: int) -> str:
    """Return the text of a file."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, 'not a regular file')
    with path.open('rb') as stream:
        raw = stream.read(size + 1)
    if len(raw) > size:
        before = raw[:size].decode(errors='replace')
        raise _fault(f'the file is larger than {size} bytes', before)
    try:
        text = raw.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        raise _fault('not text in UTF-8', before) from error
    for pattern, wrong in (
        (Reader.NON_PRINTABLE, _CONTROL),
        (_TAG_DIRECTIVE, 'tags are not taken'),
    ):
        if found := pattern.search(text):
            raise _fault(wrong, text[: found.start()])
    return text


def _fault(text: str, before: str) -> yaml.MarkedYAMLError:
    """Return a fault that is behind a piece of a file."""
    line, column = before.count('\n'), len(before) - before.rfind('\n') - 1
    digest = yaml.Mark('', len(before), line, column, None, 0)
    return yaml.MarkedYAMLError(problem=text, problem_mark=digest)


class _Loader(Composer, SafeConstructor, Resolver):
    """Makes nodes of what is parsed, while that keeps within the bounds."""

    def __init__(self, text: str, size: int, *, as_text: bool) -> None:
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        parser = PARSER(text)
        self.check_event = parser.check_event
        self.peek_event = parser.peek_event
        self.get_event = parser.get_event
        if as_text:
            self.yaml_implicit_resolvers = {}
        self._limit, self._depth, self._size = size, 0, 0
        # What each anchor counts as whose node is complete.
        self._sizes: dict[str | None, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node, with all in it counted."""
        event = self.peek_event()
        if getattr(event, 'tag', None):
            raise _at(event, 'tags are not taken; text is quoted instead')
        if self._depth == _DEPTH:
            raise _at(event, f'more than {_DEPTH} levels in each other')
        before = self._size
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if not isinstance(event, yaml.AliasEvent):
            self._size += _VALUE + len(getattr(event, 'value', ''))
            self._sizes[event.anchor] = self._size - before
        elif event.anchor in self._sizes:
            self._size += self._sizes[event.anchor]
        else:
            raise _at(event, 'contains itself')
        if self._size > self._limit:
            raise _at(event, 'too many values, with all aliases written out')
        if isinstance(parent, yaml.MappingNode) and index is None:
            return _key(node)
        return _value(node)


def _at(found: Any, text: str) -> yaml.MarkedYAMLError:
    """Return a fault of an event or a node."""
    return yaml.MarkedYAMLError(problem=text, problem_mark=found.start_mark)


def _key(node: Any) -> yaml.Node:
    """Return a key, as it is written: "on" is no boolean, nor is "8" a number.

    :raises MarkedYAMLError: it is no word.
    """
    if not isinstance(node, yaml.ScalarNode):
        raise _at(node, 'a key cannot be a list or a mapping')
    _check_text(node)
    if node.tag == _MERGE:
        return node
    return yaml.ScalarNode(_TEXT, node.value, node.start_mark, node.end_mark)


def _value(node: Any) -> Any:
    """Return a value.

    :raises MarkedYAMLError: it is a date, a fraction, or such a number that
        not everybody reads as YAML does.
    """
    if isinstance(node, yaml.ScalarNode):
        _check_text(node)
        is_number = node.tag == _INTEGER and _NUMBER.fullmatch(node.value)
        if node.tag not in _PLAIN and not is_number:
            told = f'{shown(node.value)} is neither text nor an integer'
            raise _at(node, f'{told} as it stands; quote it')
    return node


def _check_text(node: yaml.ScalarNode) -> None:
    """Raise if a word has escapes of control characters."""
    if not is_taken(node.value):
        raise _at(node, _CONTROL)


def _repeated(
    node: yaml.Node | None, above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the path and the line of each key that stood before."""
    if isinstance(node, yaml.MappingNode):
        known = set()
        for key, value in node.value:
            path = (*above, key.value)
            if key.value in known:
                yield path, key.start_mark.line + 1
            known.add(key.value)
            yield from _repeated(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _repeated(value, (*above, str(index)))


def _told(path: str, line: int, keys: Sequence[str | int], text: str) -> str:
    key = shown('.'.join(map(str, keys)))
    return f'{path}:{line}: {key}: {text}'


def _reason(error: Exception) -> str:
    """Return where and why a file cannot be read, behind its name."""
    if isinstance(error, yaml.MarkedYAMLError):
        digest: Any = error.problem_mark
        words = filter(None, (error.context, error.problem))
        told = ', '.join(map(shown, words))
        return f':{digest.line + 1}:{digest.column + 1}: {told}'
    why = error.strerror if isinstance(error, OSError) else str(error)
    return f': {why}'
