"""The commands that the pages of the documentation show.

Owns how they are found in the text. Runs none of them.
"""

import itertools
import pathlib

_ROOT = pathlib.Path(__file__).parents[1] / 'doc/source'
_PROMPT = '$ '


def commands(page: str, title: str) -> list[str]:
    """Return the commands of a section, in the order of the page.

    :param page: below ``doc/source``.
    :param title: what the title of the section begins with.
    :raises LookupError: the page has no such section with commands.
    """
    text = (_ROOT / page).read_text(encoding='utf-8')
    lines = text.replace('\\\n', ' ').splitlines()
    found: list[str] = []
    is_inside = False
    for line, following in itertools.pairwise([*lines, '']):
        if following.startswith('==='):
            is_inside = line.startswith(title)
        if is_inside and line.strip().startswith(_PROMPT):
            words = line.strip().removeprefix(_PROMPT).split()
            found.append(' '.join(words))
    if not found:
        raise LookupError(f'{page} has no commands below {title!r}')
    return found
