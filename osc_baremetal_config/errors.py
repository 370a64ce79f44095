"""What can go wrong, and the exit code that says so.

Owns the exception tree and the exit codes. Imports the standard library only
and nothing of this package, so that every layer may use it. Never talks to a
cloud and never prints.
"""

import enum
from collections.abc import Iterable


@enum.unique
class ExitCode(enum.IntEnum):
    """How a command ended; argparse and cliff give 2 and 130 themselves.

    ``CHANGED`` only if it is asked for, with ``--detailed-exit-code``.
    """

    OK = 0
    FAILURE = 1
    USAGE = 2
    REFUSED = 3
    ROLLED_BACK = 4
    INCOMPLETE = 5
    TIMED_OUT = 6
    SOME_FAILED = 7
    CHANGED = 10
    INTERRUPTED = 130


class ConfigError(Exception):
    """A failure that is explained to the person who ran the command.

    :param message: what failed, on which object, in one sentence.
    :param details: further lines, each standing on its own: texts, or
        violations.
    """

    exit_code = ExitCode.FAILURE

    def __init__(self, message: str, details: Iterable[object] = ()) -> None:
        self.message = message
        self.reasons = tuple(details)
        super().__init__('\n'.join(self.lines()))

    @property
    def details(self) -> tuple[str, ...]:
        """Return the further lines."""
        return tuple(map(str, self.reasons))

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of the violations, for scripts."""
        codes = (getattr(reason, 'code', None) for reason in self.reasons)
        return tuple(dict.fromkeys(filter(None, codes)))

    def lines(self) -> list[str]:
        """Return the text to show, the details indented."""
        return [self.message, *(f'  {detail}' for detail in self.details)]


def fault(error: Exception) -> str:
    """Return that this program has failed, in one sentence or two."""
    return (
        f'{type(error).__name__}: {error}. This is a fault of the program; '
        f'--debug shows where.'
    )


class Usage(ConfigError):
    """The command line lacks something that the parser cannot ask for."""

    exit_code = ExitCode.USAGE


class Refused(ConfigError):
    """The request cannot be carried out; nothing was changed."""

    exit_code = ExitCode.REFUSED


class RolledBack(ConfigError):
    """The change failed, and everything is as it was before."""

    exit_code = ExitCode.ROLLED_BACK


class Incomplete(ConfigError):
    """The change failed partway; the details say how to continue."""

    exit_code = ExitCode.INCOMPLETE


class NotRestored(Incomplete):
    """The change failed, and the server is in service, but not as it was."""


class ServerGone(Incomplete):
    """The server was deleted before the change had ended."""


class TimedOut(ConfigError):
    """The time ran out; the cloud works on, nothing was undone."""

    exit_code = ExitCode.TIMED_OUT


class Interrupted(ConfigError):
    """The person has ended the command; nothing was undone."""

    exit_code = ExitCode.INTERRUPTED


class CloudError(ConfigError):
    """A service refused a call or could not be reached.

    :param service: the service that answered, such as ``Ironic``.
    :param status: the HTTP status, None if there was no answer at all.
    :param reason: the service's own words.
    :param request_id: the service's id of the request, None if unknown.
    """

    def __init__(
        self,
        service: str,
        status: int | None,
        reason: str,
        request_id: str | None = None,
    ) -> None:
        self.service = service
        self.status = status
        self.reason = reason
        self.request_id = request_id
        where = [str(part) for part in (status, request_id) if part]
        told = f' ({", ".join(where)})' if where else ''
        super().__init__(f'{service}: {reason}{told}')


class TemporaryCloudError(CloudError):
    """A call that may succeed when it is made again."""


class NotFound(CloudError):
    """The object does not exist, or is hidden from this user."""


class Forbidden(CloudError):
    """The user's roles do not allow the call."""


class Conflict(CloudError):
    """The object is not in a state in which the call is possible."""
