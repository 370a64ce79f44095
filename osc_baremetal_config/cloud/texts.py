"""Words of the services, made fit for one line of a terminal.

Owns what is taken out of them; never changes what they say.
"""

import re


def one_line(text: str) -> str:
    """Return a server's words on one line, without mark-up or control codes.

    A node's last error can hold whatever a BMC has answered.
    """
    plain = re.sub(r'<[^>]*>', ' ', text)
    visible = ''.join(c if c.isprintable() else ' ' for c in plain)
    return re.sub(r' +', ' ', visible).strip()
