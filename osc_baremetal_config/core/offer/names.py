"""What templates, runbooks and traits are called.

Owns the letters that Ironic and Placement take, and what is made of others.
"""

import re

CUSTOM = 'CUSTOM_'


def trait(words: str) -> str:
    """Return words as the name of a custom trait."""
    return CUSTOM + upper(words)


def upper(words: str) -> str:
    """Return words in the letters of a trait; empty for no such letters."""
    return re.sub('[^0-9A-Z]+', '_', words.upper()).strip('_')
