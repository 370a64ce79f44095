"""How the change of a server ended, as scripts and people are told.

Owns the words of the column ``Result``, which are an interface:
doc/source/reference/results.rst lists them with the exit codes of
:mod:`.errors`.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from osc_baremetal_config import errors
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.plan.options import Method
from osc_baremetal_config.core.rollout.rollout_plan import Refusal
from osc_baremetal_config.errors import ExitCode


@enum.unique
class Result(enum.StrEnum):
    """What has become of one item of one server."""

    # Read back from the BIOS as requested.
    VERIFIED = 'verified'
    # The settings were right already; it was recorded in the metadata.
    RECORDED = 'recorded'
    # The settings were right already; the server got its flavor.
    RESIZED = 'resized'
    # Right already, and recorded.
    UNCHANGED = 'unchanged'
    # The request was left in the metadata for later.
    DEFERRED = 'deferred'
    # The service was started, and nobody has waited for its end.
    STARTED = 'started'
    # It failed, and everything was restored.
    ROLLED_BACK = 'rolled back'
    # It failed partway.
    INCOMPLETE = 'incomplete'
    # Not finished in time; it continues in the cloud.
    TIMED_OUT = 'timed out'
    # It cannot be done; nothing was changed.
    REFUSED = 'refused'
    # Something else went wrong before anything was changed.
    FAILED = 'failed'
    # It was kept back: others have failed, it would have been too late, or
    # the run was interrupted.
    NOT_STARTED = 'not started'
    # Its user has not stopped the server, so it was left alone.
    NOT_OFF = 'not off'
    # The run was interrupted while it was under way.
    INTERRUPTED = 'interrupted'


def exit_code(
    refused: Iterable[Refusal],
    failed: int,
    started: int,
    *,
    is_late: bool = False,
) -> ExitCode:
    """Return how a change of many servers has ended.

    :param refused: servers that could not be changed, or not be read.
    :param failed: how many failed, or were kept back because others did.
    :param started: of how many something was, or may have been, changed.
    :param is_late: some were kept back because it would have been too late.
    """
    errors_ = [one.error for one in refused]
    if not (errors_ or failed):
        return ExitCode.OK
    if started or (is_late and not errors_):
        return ExitCode.SOME_FAILED
    if any(isinstance(error, errors.Refused) for error in errors_):
        return ExitCode.REFUSED
    return ExitCode.FAILURE


_OF_CODES = {
    ExitCode.ROLLED_BACK: Result.ROLLED_BACK,
    ExitCode.INCOMPLETE: Result.INCOMPLETE,
    ExitCode.TIMED_OUT: Result.TIMED_OUT,
    ExitCode.REFUSED: Result.REFUSED,
}


def of_error(error: errors.ConfigError) -> Result:
    """Return the result of a server that has ended with an error."""
    return _OF_CODES.get(error.exit_code, Result.FAILED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a plan ended well.

    :param seconds: that it took.
    :param method: that this run has had the steps carried out by; None if
        they were, or are, an earlier one's.
    :param is_finished: False if the service has only started.
    :param side_effects: what else the firmware has changed, in words.
    :param drifting: what is no longer as desired because of that, in words.
    :param is_deferred: it was only left in the metadata for later.
    :param is_left: the server was left alone, as it is no longer off.
    """

    seconds: float
    method: Method | None
    is_finished: bool
    side_effects: tuple[str, ...] = ()
    drifting: tuple[str, ...] = ()
    is_deferred: bool = False
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How the change of one server has ended.

    :param seconds: that it took.
    :param outcome: None if it failed.
    :param error: why it failed, None if it did not.
    :param is_touched: something was done with the server or its node.
    """

    seconds: float
    outcome: Outcome | None = None
    error: errors.ConfigError | None = None
    is_touched: bool = True

    @property
    def is_out(self) -> bool:
        """Return whether its node is still out of service."""
        if self.outcome is not None:
            return not self.outcome.is_finished
        return self.is_touched and _leaves_out(self.error)


@dataclass(frozen=True, slots=True)
class Left:
    """A change that an interrupt has left under way.

    :param is_at_service: the service was started and its end not seen.
    :param may_stay_off: the server was stopped, or is being stopped, and
        nothing was done since.
    """

    plan: Plan
    seconds: float
    is_at_service: bool
    may_stay_off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """How a rollout has ended.

    :param ended: server id → how.
    :param running: server id → what an interrupt has left under way; the rest
        were not started.
    :param held: why these were not, None if all were.
    :param is_late: that is because they would not have ended in time.
    :param is_interrupted: the person has ended it.
    :param is_dropped: the person has not waited for the calls in flight.
    """

    ended: Mapping[str, Ended] = field(default_factory=dict)
    running: Mapping[str, Left] = field(default_factory=dict)
    held: str | None = None
    is_late: bool = False
    is_interrupted: bool = False
    is_dropped: bool = False

    @property
    def failed(self) -> int:
        """Return how many of those that were started have failed."""
        return sum(end.error is not None for end in self.ended.values())


def _leaves_out(error: errors.ConfigError | None) -> bool:
    """Return whether a node that was touched is out of service after this."""
    if isinstance(error, errors.ServerGone | errors.NotRestored):
        return False
    return isinstance(error, errors.Incomplete | errors.TimedOut)
