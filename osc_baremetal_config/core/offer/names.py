"""What templates, runbooks, types and traits are called.

Owns the letters that Ironic, Nova and Placement take, what is made of others,
and how a name is a part of a path.
"""

import re
import string

CUSTOM = 'CUSTOM_'
# From Ironic's schemas of deploy templates and traits, and the longest of
# either; a runbook may have any name, of which these are taken here, as it is
# a part of paths and of commands.
_TRAIT = re.compile('[A-Z0-9_]{1,255}')
_TEMPLATE = re.compile('CUSTOM_[A-Z0-9_]{1,248}')
_RUNBOOK = re.compile('[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}')
# A type is a part of keys of Nova and of options, a value of names.
_TYPE = re.compile('[a-z][a-z0-9-]{0,60}')
_VALUE = re.compile('[A-Za-z0-9][A-Za-z0-9_.-]{0,99}')
_FLAVOR = re.compile('[A-Za-z0-9_][A-Za-z0-9_. -]{0,253}[A-Za-z0-9_-]')
_PLAIN = frozenset(string.ascii_letters + string.digits + '-_.~')


def trait(words: str) -> str:
    """Return words as the name of a custom trait."""
    return CUSTOM + upper(words)


def upper(words: str) -> str:
    """Return words in the letters of a trait; empty for no such letters."""
    return re.sub('[^0-9A-Z]+', '_', words.upper()).strip('_')


def segment(name: str) -> str:
    """Return a name as one part of a path, whatever it has.

    :raises ValueError: it would be no part, but the folder or the one above.
    """
    if name in ('', '.', '..'):
        raise ValueError(f'{name!r} is no part of a path')
    data = name.encode('utf-8', 'surrogatepass')
    return ''.join(
        chr(byte) if chr(byte) in _PLAIN else f'%{byte:02X}' for byte in data
    )


def is_trait(name: str) -> bool:
    """Return whether it can be the name of a trait."""
    return bool(_TRAIT.fullmatch(name))


def is_template(name: str) -> bool:
    """Return whether it can be the name of a deploy template."""
    return bool(_TEMPLATE.fullmatch(name))


def is_runbook(name: str) -> bool:
    """Return whether it can be the name of a runbook."""
    return bool(_RUNBOOK.fullmatch(name))


def is_type(name: str) -> bool:
    """Return whether it can be a type of configuration."""
    return bool(_TYPE.fullmatch(name))


def is_value(name: str) -> bool:
    """Return whether it can be a value that no catalogue has."""
    return bool(_VALUE.fullmatch(name))


def is_flavor(name: str) -> bool:
    """Return whether it can be the name, and so the ID, of a flavor."""
    return bool(_FLAVOR.fullmatch(name))
