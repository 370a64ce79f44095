"""Words of the services, made fit for one line of a terminal.

Owns what is taken out of them: mark-up and control characters, and what a step
was given. Never changes what they say.
"""

import re
from itertools import islice

# The tags of the error pages that proxies, web servers and WebOb answer with.
_TAGS = (
    '!doctype|a|address|b|body|br|center|code|div|em|h[1-6]|head|hr|html|i|'
    'img|li|link|meta|ol|p|pre|span|strong|style|table|tbody|td|th|title|'
    'tr|tt|ul'
)
_TAG = re.compile(rf'</?(?:{_TAGS})(?:\s[^<>]*)?/?>', re.IGNORECASE)
# Where Ironic has a step in its words, as Python writes the dictionary; what
# is looked at to find its end; and how often one is looked for.
_STEP = re.compile(r"\{(?='[a-z]+': )")
_TOKEN = re.compile(r"""[{}]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_TRIES = 50
_NAME = re.compile(r"'(interface|step)': '([^']*)'")
# What sushy appends of a BMC's answer, as Python writes the list; its messages
# say more than the error before it, or the same.
_EXTENDED = re.compile(r' Extended information: \[\{.*?(?:\}\]|$)', re.DOTALL)
_MESSAGE = re.compile(
    r"""'Message': (?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")"""
)


def one_line(text: str) -> str:
    """Return a server's words on one line, without mark-up or control codes.

    A node's last error can hold whatever a BMC has answered.
    """
    named = _EXTENDED.sub(_with_messages, _with_named_steps(text))
    plain = _TAG.sub(' ', named)
    visible = ''.join(c if c.isprintable() else ' ' for c in plain)
    return re.sub(r' +', ' ', visible).strip()


def _with_named_steps(text: str) -> str:
    """Return a text with each step by its name, without what it was given."""
    kept, start = [], 0
    for found in islice(_STEP.finditer(text), _TRIES):
        end = _end(text, found.start())
        if found.start() < start or end is None:
            continue
        # The first of each, as others are of its arguments.
        names = dict(reversed(_NAME.findall(text[found.start() : end])))
        if 'step' in names:
            name = f'{names.get("interface", "?")}.{names["step"]}'
            kept += [text[start : found.start()], name]
            start = end
    return ''.join([*kept, text[start:]])


def _with_messages(found: re.Match[str]) -> str:
    """Return what a BMC says of an error, without the rest of its answer."""
    told = [one or other for one, other in _MESSAGE.findall(found[0])]
    before = found.string[: found.start()]
    more = [one for one in dict.fromkeys(told) if one not in before]
    return f' ({"; ".join(more)})' if more else ''


def _end(text: str, start: int) -> int | None:
    """Return where the braces end that begin there, None if they do not."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += {'{': 1, '}': -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return None
