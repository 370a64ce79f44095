"""The real ``openstack`` command, run in the process of a test.

Owns what a run returns. Its commands are looked up once for all runs, which
takes longer than most runs else.
"""

import contextlib
import functools
import io
import logging
from collections.abc import Sequence

from cliff import commandmanager
from openstackclient import shell

from tests import runs


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


def openstack(
    argv: Sequence[str],
    out: io.StringIO | None = None,
    err: io.StringIO | None = None,
) -> runs.Ran:
    """Return what the command line does, given all its arguments.

    :param out: what stdout is; None for one that nobody sees.
    :param err: what stderr is.
    """
    out, err = out or io.StringIO(), err or io.StringIO()
    # A shell adds its own, for the life of its process.
    handlers = logging.getLogger().handlers
    before = handlers[:]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = _Shell().run(list(argv))
        except SystemExit as stop:
            code = int(stop.code or 0)
        finally:
            handlers[:] = before
    return runs.Ran(code, out.getvalue(), err.getvalue())


class _Shell(shell.OpenStackShell):
    def __init__(self) -> None:
        super().__init__()
        # In cliff of 2024.1 a name has to be given; this one loads nothing.
        commands = _Commands('')
        commands.commands.update(self.command_manager.commands)
        self.command_manager = commands


class _Commands(commandmanager.CommandManager):
    def load_commands(self, namespace: str) -> None:
        self.group_list.append(namespace)
        self.commands.update(_loaded(namespace).commands)


@functools.cache
def _loaded(namespace: str) -> commandmanager.CommandManager:
    return commandmanager.CommandManager(namespace)
