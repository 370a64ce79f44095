"""What is seen of a change that is under way, and what can come next.

Owns the values; which of them comes next is decided in :mod:`.sequence` and
:mod:`.rollback`.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from osc_baremetal_config.core import metadata, registry, steps
from osc_baremetal_config.core.lifecycle import SERVICING
from osc_baremetal_config.core.model import Bios, Node, Server
from osc_baremetal_config.core.plan import OFF, ON, Aim, Plan

_ASKED = 'it was asked to be put back'
# How often one act is tried before it is taken not to work.
_TRIES = 3


@enum.unique
class Do(enum.Enum):
    """Something to do; the value says it to a person."""

    NOTE = 'noting what is to be done'
    STOP = 'stopping the server'
    RESIZE = 'asking Nova for the resize'
    READ_BOUNCE = 'reading why Nova did not resize'
    SERVICE = 'asking Ironic for the service'
    READ_BIOS = 'reading the BIOS settings back'
    CONFIRM = 'confirming the resize'
    START = 'starting the server'
    POWER_ON = 'powering the node on'
    POWER_OFF = 'powering the node off'
    RECORD = 'recording what was verified'
    FORGET = 'clearing the notes'
    NOTE_FAILURE = 'noting that it failed'
    END_MAINTENANCE = 'ending the maintenance that the failure has begun'
    ABORT = 'asking Ironic to abort the service'
    UNDO = 'putting the settings back'
    REVERT = 'reverting the resize'


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again later; ``doing`` says what is being waited for."""

    doing: str


@dataclass(frozen=True, slots=True)
class Act:
    """Do something, then look again.

    :param reason: of a failure that is to be noted.
    """

    do: Do
    reason: str = ''


@enum.unique
class Result(enum.Enum):
    """How a change ended."""

    VERIFIED = 'verified'
    PUT_BACK = 'put back'
    LEFT_BETWEEN = 'left between'
    LOST = 'lost to another change'
    MOVED = 'moved to another node'


@dataclass(frozen=True, slots=True)
class End:
    """There is no next move."""

    result: Result
    reason: str = ''


Move = Wait | Act | End


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the next move is decided on.

    :param node: the node that the server runs on now.
    :param bios: its settings as read since it last was active; None if they
        have to be read.
    :param run: what tells this run from others.
    :param noted_s: for how many seconds the change is known to have been
        noted; None before the first look after that.
    :param tried: how often each act was made in this run.
    :param agreed_s: for how many seconds every look has found the power as
        wanted; None if the last one has not.
    :param watched: Ironic was seen at this very service.
    :param unsure: Ironic did not answer whether it has taken the service on.
    :param failure: why this change will not be made; None if it still may.
    :param refusal: how the cloud last refused an act that may be tried again.
    """

    server: Server
    node: Node
    bios: Bios | None = None
    run: str = ''
    noted_s: float | None = None
    tried: Mapping[Do, int] = field(default_factory=dict)
    agreed_s: float | None = None
    watched: bool = False
    unsure: bool = False
    failure: str | None = None
    refusal: str | None = None

    @property
    def is_serviced(self) -> bool:
        """Return whether the service was begun, in this run or before it."""
        return self.watched or bool(self.tried.get(Do.SERVICE))

    @property
    def is_resized(self) -> bool:
        """Return whether a resize waits to be confirmed or reverted."""
        return self.server.status == 'VERIFY_RESIZE'

    def after(self, do: Do) -> 'Seen':
        """Return the same with an act counted."""
        tried = {**self.tried, do: self.tried.get(do, 0) + 1}
        bios = None if do in (Do.SERVICE, Do.UNDO) else self.bios
        noted_s = None if do is Do.NOTE else self.noted_s
        return replace(self, tried=tried, bios=bios, noted_s=noted_s)

    def with_metadata(self, changed: Mapping[str, str | None]) -> 'Seen':
        """Return the same with items of the metadata set, or gone if None."""
        merged = {**self.server.metadata, **changed}
        kept = {k: v for k, v in merged.items() if v is not None}
        return replace(self, server=replace(self.server, metadata=kept))


def begin(plan: Plan, run: str = '') -> Seen:
    """Return what is seen before the first move.

    :param run: what tells this run from others.
    """
    seen = Seen(
        run=run,
        server=plan.server,
        node=plan.node,
        bios=plan.bios,
        watched=is_ours(plan, plan.node) is True,
    )
    return replace(seen, failure=_known_failure(plan, seen))


def look(
    plan: Plan, seen: Seen, server: Server, node: Node, passed_s: float
) -> Seen:
    """Return what is seen after a look at server and node.

    :param passed_s: seconds since the look before.
    """
    is_same = (node.uuid, node.provision_updated_at) == (
        seen.node.uuid,
        seen.node.provision_updated_at,
    )
    is_still = is_same and node.provision_state not in SERVICING
    now = replace(
        seen,
        server=server,
        node=node,
        noted_s=_longer(seen.noted_s, passed_s),
        bios=seen.bios if is_still else None,
        watched=seen.watched or is_ours(plan, node) is True,
    )
    return replace(
        now,
        agreed_s=_longer(seen.agreed_s, passed_s)
        if power_agrees(plan, now)
        else None,
        failure=_known_failure(plan, now),
    )


def _longer(so_far_s: float | None, passed_s: float) -> float:
    """Return for how long something is so that was so before as well."""
    return 0.0 if so_far_s is None else so_far_s + passed_s


def is_ours(plan: Plan, node: Node) -> bool | None:
    """Return whether the step that runs on a node is one of the plan's.

    :returns: None if no step is shown.
    """
    if node.provision_state not in SERVICING or node.service_step is None:
        return None
    running = steps.settings([node.service_step])
    if not running:
        return node.service_step in plan.steps
    return running == plan.wanted


def own_notes(plan: Plan, seen: Seen) -> dict[str, metadata.Pending]:
    """Return type → note of this very change."""
    return {
        name: note
        for name, note in metadata.pending(seen.server.metadata).items()
        if plan.aim is Aim.ABORT or note.wish in (plan.mark, None)
    }


def unlike(expected: Mapping[str, str | None], seen: Seen) -> list[str]:
    """Return the settings that differ from what is expected, as they are."""
    bios = seen.bios or {}
    return [
        f'{name}={bios[name].value if name in bios else "?"}'
        for name in sorted(expected)
        if not registry.holds(bios, name, expected[name])
    ]


def is_touched(plan: Plan, seen: Seen) -> bool:
    """Return whether the node may be out of service because of a change."""
    harmless = {Do.NOTE, Do.FORGET, Do.READ_BIOS}
    return plan.is_resumed or bool(seen.tried.keys() - harmless)


def power_agrees(plan: Plan, seen: Seen) -> bool:
    """Return whether Nova and Ironic both have the power that is wanted."""
    server_is = ON if seen.server.status == 'ACTIVE' else OFF
    node_is = {'power on': ON, 'power off': OFF}.get(
        seen.node.power_state or '', server_is
    )
    return server_is == node_is == plan.power


def attempt(do: Do, seen: Seen, otherwise: str, reason: str = '') -> Move:
    """Return an act, unless it was tried too often without effect.

    :param otherwise: what is so if it was.
    :param reason: of a failure that is to be noted.
    """
    if seen.tried.get(do, 0) < _TRIES:
        return Act(do, reason)
    why = f': {seen.refusal}' if seen.refusal else ''
    return End(Result.LEFT_BETWEEN, otherwise + why)


def _known_failure(plan: Plan, seen: Seen) -> str | None:
    """Return why a change is being put back, None if it is not.

    Another run may have noted it. Who asks for another try has it forgotten.
    """
    if seen.failure or plan.aim is Aim.RETRY:
        return seen.failure
    noted = (note.failure for note in own_notes(plan, seen).values())
    asked = _ASKED if plan.aim is Aim.ROLLBACK else None
    return next(filter(None, noted), asked)
