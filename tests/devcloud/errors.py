"""What can go wrong, in words for the person at the terminal.

Owns the exceptions of the package.  Must never print or exit: that is the
command's part.
"""

import pathlib


class DevcloudError(Exception):
    """Something the person can read and act on; no traceback is needed."""


class CannotRun(DevcloudError):
    """This machine lacks something; nothing has been touched."""


class Busy(DevcloudError):
    """Another command works on this cloud right now."""


class Cancelled(DevcloudError):
    """The person, or another part's failure, stopped the work."""


class TimedOut(DevcloudError):
    """Something did not come about in time."""


class Failed(DevcloudError):
    """A service or a command failed, and its log says why.

    :param name: the service or the command.
    :param reason: what was seen, one line.
    :param log: its log.
    """

    def __init__(self, name: str, reason: str, log: pathlib.Path) -> None:
        super().__init__(f'{name}: {reason}')
        self.name = name
        self.log = log

    def explain(self, lines: int = 15) -> str:
        """Return the reason, the last lines of the log and its path."""
        tail = '\n'.join(f'  | {line}' for line in last_lines(self.log, lines))
        return f'{self}\n{tail}\n  log: {self.log}'


def last_lines(path: pathlib.Path, count: int) -> list[str]:
    """Return the last lines of a text file; none if there is no file."""
    try:
        text = path.read_text(errors='replace')
    except OSError:
        return []
    return text.splitlines()[-count:]
