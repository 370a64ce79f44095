"""Patterns of names of settings: those of a shell, and ``#``.

Owns what a pattern matches. ``#`` is a hexadecimal digit, as vendors have in
the names of a board: ``SMTControl_####``.
"""

import fnmatch
import functools
import re

_HEX, _DIGIT = '#', '[0-9A-F]'
_WILD = r'[*?\[#]'


def matches(name: str, pattern: str) -> bool:
    """Return whether a pattern matches a name; case matters."""
    if not name.startswith(start := beginning(pattern)):
        return False
    if start == pattern:
        return name == pattern
    return fnmatch.fnmatchcase(name, pattern.replace(_HEX, _DIGIT))


@functools.lru_cache(maxsize=1024)
def beginning(pattern: str) -> str:
    """Return what a name begins with that a pattern matches.

    :returns: all of a pattern that is a name.
    """
    return re.split(_WILD, pattern, maxsplit=1)[0]


@functools.lru_cache(maxsize=8)
def any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches the names that one of the patterns matches."""
    shells = (pattern.replace(_HEX, _DIGIT) for pattern in patterns)
    return re.compile('|'.join(map(fnmatch.translate, shells)) or '(?!)')
