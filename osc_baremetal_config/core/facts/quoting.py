"""Texts of others in the commands that a person pastes into a shell.

Owns the quoting. Never decides which command is named.
"""

import re
import shlex

from osc_baremetal_config.core.facts.model import Node, Template

# What means itself in every shell, and is no option.
_ID = re.compile('[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')
_NAME = re.compile(r'[A-Za-z0-9_.][A-Za-z0-9_.~-]*')


def quoted(text: str) -> str:
    """Return a text as one word of a shell.

    What cannot be seen, and so not be pasted, is written as its bytes; sh
    knows that since POSIX 2024, bash, ksh and zsh long before.
    """
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(map(_quoted, text))}'"


def command(*words: str) -> str:
    """Return a command line, each word of it as one word of a shell."""
    return ' '.join(map(quoted, words))


def both(*lines: str) -> str:
    """Return command lines as one, of which each runs if the last was fine."""
    return ' && '.join(filter(None, lines))


def node(node: Node) -> str:
    """Return a node's name, or its UUID where the name cannot be pasted."""
    name = node.name or ''
    return name if _NAME.fullmatch(name) else node.uuid


def template(template: Template) -> str:
    """Return a template's name, or its UUID where the name cannot be pasted.

    Nor where another one may have it for its UUID.
    """
    is_plain = _NAME.fullmatch(template.name) and template.name.strip('.')
    return (
        template.name
        if is_plain and not _ID.fullmatch(template.name)
        else template.handle
    )


def _quoted(letter: str) -> str:
    if letter.isprintable() and letter not in "\\'":
        return letter
    # A surrogate is a byte of the command line that was no UTF-8.
    try:
        data = letter.encode('utf-8', 'surrogateescape')
    except UnicodeEncodeError:
        data = letter.encode('utf-8', 'surrogatepass')
    return ''.join(f'\\x{byte:02x}' for byte in data)
