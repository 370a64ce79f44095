"""The values of BIOS settings: text, integer or boolean.

Owns every conversion and comparison of one: what a template writes, what
Ironic stores and shows, what a BMC takes, what a person is shown. A value has
the type that the registry says, else that of the value it is compared with,
else what was read. Never judges whether a value is allowed.

Ironic stores text: a number in decimal, true as ``1``
(``ironic/objects/bios.py``, and the registries of real machines).
"""

import re

from osc_baremetal_config.core.facts.model import BiosSetting, Value

# No sign of plus, no blanks, no underscores, no digits of other scripts: a
# BMC gets a JSON number.
_INTEGER = re.compile(r'-?[0-9]{1,20}')
_BOOLEANS = {'true': True, 'false': False}
_STORED = {'1': True, '0': False, **_BOOLEANS}


class WrongType(Exception):
    """A value cannot be one of the type that the registry asks for."""


def is_value(raw: object) -> bool:
    """Return whether a piece of JSON can be a value at all."""
    return isinstance(raw, str | int | bool)


def asked(value: Value, kind: str | None) -> Value:
    """Return a value that is asked for, as a BMC takes it.

    :param kind: the registry's type of the setting, None if unknown.
    :raises WrongType: it cannot be of that type; the text says what it must
        be.
    """
    match kind:
        case 'Integer':
            number = _integer(value)
            if number is None:
                raise WrongType('it must be an integer')
            return number
        case 'Boolean':
            if isinstance(value, bool):
                return value
            # Not "1": Ironic would make false of it.
            if isinstance(value, str) and value.casefold() in _BOOLEANS:
                return _BOOLEANS[value.casefold()]
            raise WrongType('it must be true or false')
        case 'Enumeration' | 'String':
            if isinstance(value, bool):
                raise WrongType(f'it must be text, not {shown(value)}')
            return str(value)
    return value


def current(setting: BiosSetting | None, like: Value | None) -> Value | None:
    """Return the value that a setting has.

    :param like: tells the type where no registry does; None if nothing does.
    :returns: what was read as it is, if it breaks its own type; None if
        there is no such setting.
    """
    if setting is None or setting.value is None:
        return None
    kind = setting.attribute_type or _KINDS.get(type(like))
    read = setting.value
    match kind:
        case 'Integer':
            number = _integer(read)
            return read if number is None else number
        case 'Boolean':
            return _STORED.get(str(read).casefold(), read)
        case 'Enumeration' | 'String':
            return stored(read)
    return read


def holds(setting: BiosSetting | None, value: Value | None) -> bool:
    """Return whether a setting has a value.

    :param value: None for a setting that is not there.
    """
    now = current(setting, value)
    if now is None or value is None:
        return now is value
    try:
        wanted = asked(value, setting.attribute_type if setting else None)
    except WrongType:
        wanted = value
    return is_same(now, wanted)


def is_same(one: Value, other: Value) -> bool:
    """Return whether two values are the same; true is not 1."""
    return type(one) is type(other) and one == other


def stored(value: Value) -> str:
    """Return a value as Ironic keeps it."""
    if isinstance(value, bool):
        return str(int(value))
    return str(value)


def shown(value: Value | None) -> str:
    """Return a value for a person, ``?`` if it is not known."""
    if value is None:
        return '?'
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) or '""'


_KINDS: dict[type, str] = {int: 'Integer', bool: 'Boolean'}


def _integer(value: Value) -> int | None:
    """Return an integer, None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if _INTEGER.fullmatch(value) else None
