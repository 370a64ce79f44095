"""Words of the services, made fit for one line of a terminal.

Owns what is taken out of them; never changes what they say.
"""

import ast
import re

# Where Ironic has a step in its words, as Python writes the dictionary.
_STEP = re.compile(r"\{(?='[a-z]+': )")
# The longest of these that is looked for, and how often its end.
_LONGEST, _TRIES = 10_000, 50


def one_line(text: str) -> str:
    """Return a server's words on one line, without mark-up or control codes.

    A node's last error can hold whatever a BMC has answered.
    """
    plain = re.sub(r'<[^>]*>', ' ', _with_named_steps(text))
    visible = ''.join(c if c.isprintable() else ' ' for c in plain)
    return re.sub(r' +', ' ', visible).strip()


def _with_named_steps(text: str) -> str:
    """Return a text with each step by its name, without what it was given."""
    kept, start = [], 0
    for found in _STEP.finditer(text):
        begin = found.start()
        if begin < start:
            continue
        if named := _step_at(text, begin):
            name, end = named
            kept += [text[start:begin], name]
            start = end
    return ''.join([*kept, text[start:]])


def _step_at(text: str, begin: int) -> tuple[str, int] | None:
    """Return the name of the step that is written there, and its end.

    :returns: None if it is no step.
    """
    limit = min(len(text), begin + _LONGEST)
    end = begin
    for _ in range(_TRIES):
        end = text.find('}', end + 1, limit)
        if end < 0:
            return None
        step = _literal(text[begin : end + 1])
        if step is not None and isinstance(step.get('step'), str):
            return f'{step.get("interface", "?")}.{step["step"]}', end + 1
    return None


def _literal(text: str) -> dict[str, object] | None:
    """Return a dictionary as Python writes it, None for anything else."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return value if isinstance(value, dict) else None
