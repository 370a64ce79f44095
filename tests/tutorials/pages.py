"""Pages: the commands that they show, and the output below each.

Owns the form of a page, and writing other output into it. Never runs anything.

A ``code-block:: console`` has commands, each after ``$ ``, with what they
print. A comment ``.. stage:`` has, as YAML, what is done before the next block
without the page showing it. ``.. not run: why`` marks the next block as one
that is not run. Any other code block with a ``:caption:`` is a file of that
name, which is there once the page has come to it.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROMPT = '$ '
_DIRECTIVE = re.compile(r'\.\. (code-block|stage|not run):(?:: ?| )?(.*)')
_CAPTION = ':caption:'


@dataclass(frozen=True)
class Command:
    """A command of a page.

    :param line: of the page, from 1, on which it begins.
    :param text: as it is typed, with its continuation lines.
    :param output: the lines below it, without their indentation.
    :param end: the line after its output, from 1.
    """

    line: int
    text: str
    output: tuple[str, ...]
    end: int


@dataclass(frozen=True)
class Block:
    """What a page has of one directive.

    :param kind: ``console``, ``stage``, ``not run`` or ``file``.
    :param about: the name of the file, or why it is not run.
    :param commands: of a console, also of one that is not run.
    :param stage: of a stage.
    :param text: of a file.
    """

    kind: str
    line: int
    about: str = ''
    commands: tuple[Command, ...] = ()
    stage: Mapping[str, Any] = field(default_factory=dict)
    text: str = ''


def paths() -> list[Path]:
    """Return the pages that are run: README, tutorials and how-tos."""
    folders = (ROOT / 'doc/source' / name for name in ('tutorial', 'howto'))
    found = [path for folder in folders for path in folder.glob('*.rst')]
    return [ROOT / 'README.rst', *sorted(found)]


def blocks(text: str) -> list[Block]:
    """Return the blocks of a page, in its order.

    :raises ValueError: a console block has no command, or begins with output.
    """
    found: list[Block] = []
    reason: str | None = None
    for line, kind, about, body in _directives(text.splitlines()):
        if kind == 'not run':
            reason = about
        elif kind == 'stage':
            stage = yaml.safe_load('\n'.join((about, *_dedented(body))))
            found.append(Block('stage', line, stage=stage))
        elif about == 'console':
            kind = 'console' if reason is None else 'not run'
            commands = tuple(_commands(line, body))
            found.append(Block(kind, line, reason or '', commands))
            reason = None
        elif caption := _caption(body):
            text = '\n'.join(_dedented(body[_body_at(body) :])) + '\n'
            found.append(Block('file', line, caption, text=text))
    return found


def with_output(
    text: str, printed: Sequence[tuple[Command, Sequence[str]]]
) -> str:
    """Return a page with other output.

    :param printed: what each command is to have below it.
    """
    lines = text.splitlines()
    for command, output in reversed(printed):
        indent = re.match(' *', lines[command.line - 1])
        prefix = indent[0] if indent else ''
        first = command.line - 1 + command.text.count('\n') + 1
        lines[first : command.end - 1] = [
            f'{prefix}{each}'.rstrip() for each in output
        ]
    return '\n'.join(lines) + '\n'


def _directives(
    lines: Sequence[str],
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Yield line, kind, argument and body of each directive of interest.

    The line is that of the first line of the body, from 1.
    """
    for number, line in enumerate(lines):
        if found := _DIRECTIVE.fullmatch(line):
            body = []
            for each in lines[number + 1 :]:
                if each.strip() and not each.startswith(' '):
                    break
                body.append(each)
            while body and not body[-1].strip():
                body.pop()
            yield number + 2, found[1], found[2], body


def _commands(line: int, body: Sequence[str]) -> Iterator[Command]:
    """Yield the commands of a console block."""
    at = _body_at(body)
    if at == len(body):
        raise ValueError(f'line {line}: a console block without commands')
    body = [*body, '']
    stripped = _dedented(body)
    if not stripped[at].startswith(PROMPT):
        raise ValueError(f'line {line + at}: output without a command')
    while at < len(body) - 1:
        end = at + 1
        while stripped[end - 1].endswith('\\'):
            end += 1
        typed = '\n'.join(stripped[at:end]).removeprefix(PROMPT)
        last = end
        while last < len(body) - 1 and not stripped[last].startswith(PROMPT):
            last += 1
        output = list(stripped[end:last])
        while output and not output[-1]:
            output.pop()
        end_of_output = end + len(output)
        yield Command(line + at, typed, tuple(output), line + end_of_output)
        at = last


def _body_at(body: Sequence[str]) -> int:
    """Return where the content of a directive begins, after its options."""
    at = 0
    while at < len(body) and body[at].strip().startswith(':'):
        at += 1
    while at < len(body) and not body[at].strip():
        at += 1
    return at


def _caption(body: Sequence[str]) -> str:
    options = (line.strip() for line in body[: _body_at(body)])
    return next(
        (
            line.removeprefix(_CAPTION).strip()
            for line in options
            if line.startswith(_CAPTION)
        ),
        '',
    )


def _dedented(body: Sequence[str]) -> list[str]:
    return textwrap.dedent('\n'.join(body)).split('\n')
