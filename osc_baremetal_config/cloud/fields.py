"""The keys of the services' documents, each of the type that it must have.

Owns what is said of a document that is not as its API promises. Never looks
at what a value means.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard, TypeVar

T = TypeVar('T')

# As much of a value as is shown of it.
_SHOWN = 60


class Malformed(Exception):
    """A document is not as its API promises; the text says where."""


class Document:
    """A JSON object, whose keys are read one by one.

    :param value: what was decoded, which may be anything.
    :param where: what it is, in words, such as ``servers[0].flavor``.
    :raises Malformed: it is no object.
    """

    def __init__(self, value: Any, where: str = '') -> None:
        if not isinstance(value, dict):
            raise _wrong(value, _KINDS[dict], where)
        self._where = where
        self._value: dict[str, Any] = value

    @property
    def whole(self) -> dict[str, Any]:
        """Return the object as it was decoded."""
        return self._value

    def text(self, key: str) -> str:
        """Return a text that must be there."""
        value = self._value.get(key)
        return value if type(value) is str else self._required(key, str)

    def text_or_none(self, key: str) -> str | None:
        """Return a text, None if there is none."""
        value = self._value.get(key)
        # Of the hundreds of settings of a BIOS each has some of these.
        return value if type(value) is str else self._optional(key, str)

    def number(self, key: str) -> int:
        """Return an integer that must be there."""
        return self._required(key, int)

    def number_or_none(self, key: str) -> int | None:
        """Return an integer, None if there is none."""
        return None if self._value.get(key) is None else self.number(key)

    def truth_or_none(self, key: str) -> bool | None:
        """Return a boolean, None if there is none."""
        value = self._value.get(key)
        return value if type(value) is bool else self._optional(key, bool)

    def scalar_or_none(self, key: str) -> str | int | bool | None:
        """Return a text, a number or a boolean, None if there is none."""
        value = self._value.get(key)
        if value is None or isinstance(value, (str, int)):
            return value
        raise _wrong(value, 'a text, a number or a boolean', self._at(key))

    def object(self, key: str) -> 'Document':
        """Return an object that must be there."""
        return Document(self._value.get(key), self._at(key))

    def object_or_none(self, key: str) -> 'Document | None':
        """Return an object, None if there is none, or an empty one."""
        return self.object(key) if self._value.get(key) else None

    def objects(self, key: str) -> list['Document']:
        """Return a list of objects that must be there."""
        return [
            Document(value, f'{self._at(key)}[{number}]')
            for number, value in enumerate(self.array(key))
        ]

    def array(self, key: str) -> list[Any]:
        """Return a list that must be there."""
        return self._required(key, list)

    def texts(self, key: str) -> list[str]:
        """Return a list of texts, an empty one if there is none."""
        found = self._optional(key, list) or []
        for number, value in enumerate(found):
            if not isinstance(value, str):
                raise _wrong(value, _KINDS[str], f'{self._at(key)}[{number}]')
        return found

    def mapping(self, key: str) -> dict[str, Any]:
        """Return an object as it is, an empty one if there is none."""
        return dict(self._optional(key, dict) or {})

    def mapping_of_texts(self, key: str) -> dict[str, str]:
        """Return an object of texts, an empty one if there is none."""
        found = self.mapping(key)
        for name, value in found.items():
            if not isinstance(value, str):
                raise _wrong(value, _KINDS[str], f'{self._at(key)}.{name}')
        return found

    def texts_of_all(self) -> Iterator[tuple[str, str]]:
        """Yield every key that has a text."""
        for key, value in self._value.items():
            if isinstance(value, str):
                yield key, value

    def _required(self, key: str, kind: type[T]) -> T:
        value = self._value.get(key)
        if _is_a(value, kind):
            return value
        raise _wrong(value, _KINDS[kind], self._at(key))

    def _optional(self, key: str, kind: type[T]) -> T | None:
        return (
            None if self._value.get(key) is None else self._required(key, kind)
        )

    def _at(self, key: str) -> str:
        return f'{self._where}.{key}' if self._where else key


_KINDS: Mapping[type, str] = {
    str: 'a text',
    int: 'an integer',
    bool: 'a boolean',
    dict: 'an object',
    list: 'a list',
}


def _is_a(value: Any, kind: type[T]) -> TypeGuard[T]:
    # A boolean is an integer to Python only.
    return isinstance(value, kind) and not (
        kind is int and isinstance(value, bool)
    )


def _wrong(value: Any, kind: str, where: str) -> Malformed:
    if isinstance(value, str | bytes) and not where:
        # What the clients give of an answer that is not JSON.
        return Malformed('it is no JSON')
    return Malformed(
        f'{where or "it"} is {_shown(value)} and should be {kind}'
    )


def _shown(value: Any) -> str:
    """Return a value for a message, cut where it is long."""
    text = 'missing' if value is None else json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f'{text[:_SHOWN]}…'
