"""What two outputs may differ in, and still be the same to a reader.

Owns the list. Identifiers, times, the widths that follow from them, and on
which of several equal nodes a server is.
"""

import re
from collections.abc import Sequence

_UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
_LIKE = tuple(
    (re.compile(pattern), told)
    for pattern, told in (
        (rf'\b(req-)?{_UUID}\b', '<id>'),
        (r'\b[0-9a-f]{32}\b', '<id>'),
        (
            r'\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?'
            r'(Z|[+-]\d\d:?\d\d)?',
            '<time>',
        ),
        (r'\b(\d+|an?) (second|minute|hour)s?( ago)?\b|\bjust now\b', '<ago>'),
        (r'\b\d+:\d\d(:\d\d)?\b', '<duration>'),
        # Of a second; 0.0 says that nothing was done.
        (r'(?<![.\d])(?!0\.0\b)\d+\.\d\b(?!\.)', '<seconds>'),
        (r'\bbm-[0-2]\b', '<bm>'),
        (r'\brf-[01]\b', '<rf>'),
        (r'\b0x[0-9a-f]+\b', '<address>'),
        (r'\b127\.0\.0\.1:\d{5}\b', '<service>'),
        (r'([-=+*])\1{2,}', r'\1\1\1'),
        (r'\s+', ' '),
    )
)


def plain(line: str) -> str:
    """Return a line without what may differ."""
    for pattern, told in _LIKE:
        line = pattern.sub(told, line)
    return line.strip()


def is_like(expected: Sequence[str], printed: Sequence[str]) -> bool:
    """Return whether two outputs say the same."""
    return [*map(plain, expected)] == [*map(plain, printed)]
