"""Running a page: what it shows that was not printed.

Owns the order, and what counts as a fault. Never knows the cloud: what a stage
does is passed in.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.tutorials import likeness
from tests.tutorials.pages import Block, Command
from tests.tutorials.shell import Shell

_STATUS = 'echo $?'
# What of all blocks may be marked as not run.
MOST_NOT_RUN = 0.1


@dataclass
class Ran:
    """How the running of a page has ended.

    :param faults: each a text that names the line of the page.
    :param printed: what each command printed that is to be written.
    """

    blocks: int = 0
    commands: int = 0
    lines: int = 0
    files: int = 0
    not_run: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    printed: list[tuple[Command, Sequence[str]]] = field(default_factory=list)

    def add(self, other: 'Ran') -> None:
        """Add what another page has come to."""
        self.blocks += other.blocks
        self.commands += other.commands
        self.lines += other.lines
        self.files += other.files
        self.not_run += other.not_run
        self.faults += other.faults

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong, and enough was run."""
        return not self.faults and self.share_not_run <= MOST_NOT_RUN

    @property
    def share_not_run(self) -> float:
        """What of all blocks was not run."""
        count = len(self.not_run)
        return count / (self.blocks + count or 1)


def run(
    name: str,
    blocks: Sequence[Block],
    shell: Shell,
    folder: Path,
    set_stage: Callable[[Mapping[str, Any]], None],
) -> Ran:
    """Return how a page ends whose blocks are run in a shell.

    A command must end with 0, unless the page then shows its exit code.

    :param name: of the page, for what is told of it.
    :param folder: the shell's, in which the page's files are made.
    """
    ran = Ran()
    for block in blocks:
        if block.kind == 'stage':
            try:
                set_stage(block.stage)
            except Exception as error:  # noqa: BLE001
                ran.faults.append(f'{name}:{block.line}: {error}')
                break
        elif block.kind == 'file':
            path = folder / block.about
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding='utf-8')
            ran.files += 1
        elif block.kind == 'not run':
            ran.not_run.append(f'{name}:{block.line}: {block.about}')
        else:
            ran.blocks += 1
            try:
                _run(name, block.commands, shell, ran)
            except TimeoutError as error:
                # The command still has the shell.
                ran.faults.append(f'{name}:{block.line}: {error}')
                break
    return ran


def _run(
    name: str, commands: Sequence[Command], shell: Shell, ran: Ran
) -> None:
    following = [*commands[1:], None]
    for command, after in zip(commands, following, strict=True):
        where = f'{name}:{command.line}: $ {command.text}'
        ran.commands += 1
        ran.lines += len(command.output)
        code, printed = shell.run(command.text)
        is_code_shown = after is not None and after.text == _STATUS
        if code and not is_code_shown:
            ran.faults.append(
                '\n'.join((f'{where}\nended with {code}:', *printed))
            )
        if not likeness.is_like(command.output, printed):
            ran.faults.append(f'{where}\n{_difference(command, printed)}')
            ran.printed.append((command, printed))


def _difference(command: Command, printed: Sequence[str]) -> str:
    return '\n'.join(
        difflib.unified_diff(
            [*map(likeness.plain, command.output)],
            [*map(likeness.plain, printed)],
            'on the page',
            'printed',
            n=1,
            lineterm='',
        )
    )


def summary(count: int, ran: Ran) -> str:
    """Return the line that tells what running pages has come to.

    :param count: of the pages.
    """
    total = ran.blocks + len(ran.not_run)
    return (
        f'{count} pages: {ran.blocks} of {total} blocks run '
        f'({len(ran.not_run)} marked as not run, {ran.share_not_run:.0%}), '
        f'{ran.commands} commands, {ran.files} files, {ran.lines} lines of '
        f'output compared, {len(ran.faults)} faults.'
    )
