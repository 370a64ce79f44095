"""Words of the services, made fit for one line of a terminal.

Owns what is taken out of them; never changes what they say.
"""

import re

# A step in the words of Ironic: the dictionary that it has of it.
_STEP = re.compile(r"step \{'.*?\}(?=: )")
_KEY = re.compile(r"'(interface|step)': '(\w+)'")


def one_line(text: str) -> str:
    """Return a server's words on one line, without mark-up or control codes.

    A node's last error can hold whatever a BMC has answered.
    """
    plain = re.sub(r'<[^>]*>', ' ', _STEP.sub(_named, text))
    visible = ''.join(c if c.isprintable() else ' ' for c in plain)
    return re.sub(r' +', ' ', visible).strip()


def _named(match: re.Match[str]) -> str:
    """Return a step by its name, without what it was given."""
    keys = dict(_KEY.findall(match.group()))
    if 'interface' in keys and 'step' in keys:
        return f'step {keys["interface"]}.{keys["step"]}'
    return match.group()
