"""What is seen of a change that is under way, and what can come next.

Owns the values; which of them comes next is decided in :mod:`.forward` and
:mod:`.rollback`.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from osc_baremetal_config.core.facts import journal, registry, steps, values
from osc_baremetal_config.core.facts.model import Bios, Node, Server, Value
from osc_baremetal_config.core.facts.provision_state import SERVICING
from osc_baremetal_config.core.plan import side_effects
from osc_baremetal_config.core.plan.model import OFF, ON, Aim, Plan

_ASKED = 'its rollback was requested'
# How often one act is tried before it is taken not to work.
_TRIES = 3


@enum.unique
class Action(enum.Enum):
    """Something to do; the value says it to a person."""

    SAVE_JOURNAL = 'saving the change record'
    STOP = 'stopping the server'
    RESIZE = 'requesting the resize'
    READ_BOUNCE = 'reading why Nova did not resize'
    SERVICE = 'requesting the service'
    READ_BIOS = 'reading the BIOS settings back'
    CONFIRM = 'confirming the resize'
    START = 'starting the server'
    POWER_ON = 'powering the node on'
    POWER_OFF = 'powering the node off'
    RECORD = 'recording what was verified'
    RESTORE_RECORD = 'restoring the record'
    CORRECT_RECORD = 'recording what another change has set'
    CLEAR_JOURNAL = 'removing the change record'
    JOURNAL_FAILURE = 'recording the failure'
    END_MAINTENANCE = 'ending the maintenance'
    ABORT = 'aborting the service'
    LEAVE = 'running a step that changes nothing'
    RESTORE_SETTINGS = 'restoring the settings'
    REVERT = 'reverting the resize'


# Acts that begin what Ironic may be at already when it does not answer.
SERVICES = frozenset({Action.SERVICE, Action.RESTORE_SETTINGS, Action.LEAVE})
# What is done to the metadata only, or not at all.
_HARMLESS = frozenset(
    {
        Action.SAVE_JOURNAL,
        Action.RECORD,
        Action.RESTORE_RECORD,
        Action.CORRECT_RECORD,
        Action.CLEAR_JOURNAL,
        Action.READ_BIOS,
    }
)


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again later; ``doing`` says what is being waited for."""

    doing: str


@dataclass(frozen=True, slots=True)
class Perform:
    """Do something, then look again.

    :param reason: of a failure that is to be recorded.
    :param unapplied: it is that nothing was changed, although Ironic has
        reported success.
    """

    action: Action
    reason: str = ''
    unapplied: bool = False


@enum.unique
class Verdict(enum.Enum):
    """How a change ended."""

    VERIFIED = 'verified'
    ROLLED_BACK = 'rolled back'
    UNAPPLIED = 'reported as done, but not applied'
    NOT_RESTORED = 'rolled back, but not all of it'
    OVERTAKEN = 'overtaken by another change'
    INCOMPLETE = 'incomplete'
    YIELDED = 'yielded to another change'
    LEFT = 'left alone, as its user has started it'
    MOVED = 'moved to another node'
    NEXT = 'the next service is due'


@dataclass(frozen=True, slots=True)
class Finish:
    """There is no next move."""

    result: Verdict
    reason: str = ''


Move = Wait | Perform | Finish


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the next move is decided on.

    :param node: the node that the server runs on now.
    :param bios: its settings as read since it last was active; None if they
        have to be read.
    :param run: what tells this run from others.
    :param journaled_s: for how many seconds the change is known to have had
        entries; None before the first look after that.
    :param tried: how often each act was made in this run.
    :param agreed_s: for how many seconds every look has found the power as
        wanted; None if the last one has not.
    :param asleep_s: for how many seconds every look has found that a service
        waits for the ramdisk of a node that is off; None if the last has not.
    :param watched: Ironic was seen at this very service.
    :param unsure: Ironic did not answer whether it has taken the service on.
    :param accepted: the BMC was seen to have taken the new settings.
    :param applied: the settings were once read to be other than before.
    :param verified: they were once read to be as wanted, after the service.
    :param is_contested: the entries of this change were once found to be gone
        while it was under way, so another one was started.
    :param looked: server and node were looked at since the BIOS was read.
    :param checked: the BIOS was read since the entries were written.
    :param actual: type → what it was then, of the items that are claimed to be
        so at the end.
    :param side_effects: what else has changed, in words.
    :param drifting: what is no longer as desired because of that, in words.
    :param failure: why this change will not be made; None if it still may.
    :param unapplied: because nothing was changed, although Ironic has
        reported success.
    :param refusal: how the cloud last refused an act that may be tried again.
    :param cannot_abort: Ironic has refused to abort a service that has failed,
        as it does before 2025.2.
    """

    server: Server
    node: Node
    bios: Bios | None = None
    run: str = ''
    journaled_s: float | None = None
    tried: Mapping[Action, int] = field(default_factory=dict)
    agreed_s: float | None = None
    asleep_s: float | None = None
    watched: bool = False
    unsure: bool = False
    accepted: bool = False
    applied: bool = False
    verified: bool = False
    is_contested: bool = False
    looked: bool = True
    checked: bool = False
    actual: Mapping[str, str | None] = field(default_factory=dict)
    side_effects: tuple[str, ...] = ()
    drifting: tuple[str, ...] = ()
    failure: str | None = None
    unapplied: bool = False
    refusal: str | None = None
    cannot_abort: bool = False

    @property
    def is_serviced(self) -> bool:
        """Return whether the service was started, in this run or before it."""
        return self.watched or bool(self.tried.get(Action.SERVICE))

    @property
    def has_touched(self) -> bool:
        """Return whether this run has done anything to server or node."""
        return self.is_serviced or bool(self.tried.keys() - _HARMLESS)

    @property
    def is_resized(self) -> bool:
        """Return whether a resize waits to be confirmed or reverted."""
        return self.server.status == 'VERIFY_RESIZE'

    def count(self, action: Action) -> int:
        """Return how often an act was made in this run."""
        return self.tried.get(action, 0)

    def after(self, action: Action) -> 'Observation':
        """Return the same with an act counted."""
        tried = {**self.tried, action: self.count(action) + 1}
        return replace(
            self,
            tried=tried,
            bios=None if action in SERVICES else self.bios,
            journaled_s=None
            if action is Action.SAVE_JOURNAL
            else self.journaled_s,
            checked=self.checked
            and action not in (Action.SAVE_JOURNAL, Action.RECORD),
        )

    def with_metadata(self, metadata: Mapping[str, str]) -> 'Observation':
        """Return the same with other metadata of the server."""
        return replace(self, server=replace(self.server, metadata=metadata))


def begin(plan: Plan, run: str = '') -> Observation:
    """Return what is seen before the first move.

    :param run: what tells this run from others.
    """
    seen = Observation(
        run=run,
        server=plan.server,
        node=plan.node,
        bios=plan.bios,
        watched=is_ours(plan, plan.node) is True,
        side_effects=side_effects.so_far(plan.rest),
    )
    return _with_failure(plan, seen)


def look(
    plan: Plan, seen: Observation, server: Server, node: Node, passed_s: float
) -> Observation:
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
        journaled_s=_longer(seen.journaled_s, passed_s),
        bios=seen.bios if is_still else None,
        watched=seen.watched or is_ours(plan, node) is True,
        accepted=seen.accepted or _is_accepted(plan, node),
    )
    is_lost = seen.is_serviced and not own_entries(plan, now)
    now = replace(
        now,
        looked=True,
        # Ironic's times are whole seconds, so they alone do not tell.
        bios=None if is_lost and not seen.is_contested else now.bios,
        is_contested=seen.is_contested or is_lost,
    )
    agreed_s = (
        _longer(seen.agreed_s, passed_s) if power_agrees(plan, now) else None
    )
    asleep_s = _longer(seen.asleep_s, passed_s) if _is_asleep(node) else None
    now = replace(now, agreed_s=agreed_s, asleep_s=asleep_s)
    return _with_failure(plan, now)


def read(plan: Plan, seen: Observation, bios: Bios) -> Observation:
    """Return what is seen once the whole BIOS has been read.

    Of its hundreds of settings only those of the plan are kept.
    """
    now = replace(
        seen, bios={name: bios[name] for name in plan.was if name in bios}
    )
    return replace(
        now,
        looked=False,
        applied=seen.applied or bool(unlike(plan.was, now)),
        verified=seen.verified
        or (seen.is_serviced and not unlike(plan.wanted, now)),
        checked=bool(own_entries(plan, seen) or seen.tried.get(Action.RECORD)),
        actual=side_effects.actual(plan.claims, bios),
        side_effects=side_effects.changed(plan.rest, bios),
        drifting=side_effects.drifting(plan.kept, bios),
    )


def _longer(so_far_s: float | None, passed_s: float) -> float:
    """Return for how long something holds that held before as well."""
    return 0.0 if so_far_s is None else so_far_s + passed_s


def is_ours(plan: Plan, node: Node) -> bool | None:
    """Return whether the step that runs on a node is one of the plan's.

    :returns: None if no step is shown.
    """
    if node.provision_state not in SERVICING or node.service_step is None:
        return None
    running = (node.service_step,)
    if not steps.settings(running):
        return node.service_step in plan.steps
    return plan.is_running(running)


def _is_accepted(plan: Plan, node: Node) -> bool:
    """Return whether the BMC has taken the settings of a plan.

    Ironic then waits for it; a step that it refuses fails before. Where no
    step is shown, it waits for the agent ramdisk to begin with one.
    """
    is_waiting = node.provision_state == 'service wait'
    return is_waiting and is_ours(plan, node) is True


def _is_asleep(node: Node) -> bool:
    """Return whether the ramdisk that a service waits for cannot boot."""
    is_waiting = node.provision_state == 'service wait'
    is_off = node.power_state == 'power off' and not node.target_power_state
    return is_waiting and is_off and node.service_step is None


def own_entries(plan: Plan, seen: Observation) -> dict[str, journal.Pending]:
    """Return type → entry of this very change."""
    return {
        name: entry
        for name, entry in journal.pending(seen.server.metadata).items()
        if plan.aim in (Aim.ABORT, Aim.ROLLBACK)
        or entry.digest in (plan.digest, None)
    }


def rival_entries(plan: Plan, seen: Observation) -> dict[str, journal.Pending]:
    """Return type → entry of the changes that are not this one."""
    mine = own_entries(plan, seen)
    return {
        name: entry
        for name, entry in journal.pending(seen.server.metadata).items()
        if name not in mine
    }


def unlike(
    expected: Mapping[str, Value | None], seen: Observation
) -> list[str]:
    """Return the settings that differ from what is expected, as they are."""
    bios = seen.bios or {}
    return [
        f'{name}={values.shown(values.current(bios.get(name), value))}'
        for name, value in sorted(expected.items())
        if not registry.holds(bios, name, value)
    ]


def unlike_before(plan: Plan, seen: Observation) -> list[str]:
    """Return the settings that are not as they were before a change.

    One that was not shown then may be hidden again.
    """
    shown = (seen.bios or {}).keys()
    was = {
        n: v for n, v in plan.was.items() if n in shown or n not in plan.hidden
    }
    return unlike(was, seen)


def is_touched(plan: Plan, seen: Observation) -> bool:
    """Return whether the node may be out of service because of a change."""
    return plan.is_resumed or seen.has_touched


def power_agrees(plan: Plan, seen: Observation) -> bool:
    """Return whether Nova and Ironic both have the power that is wanted."""
    server_is = ON if seen.server.status == 'ACTIVE' else OFF
    node_is = {'power on': ON, 'power off': OFF}.get(
        seen.node.power_state or '', server_is
    )
    return server_is == node_is == plan.power


def attempt(
    action: Action,
    seen: Observation,
    otherwise: str,
    reason: str = '',
    *,
    unapplied: bool = False,
) -> Move:
    """Return an act, unless it was tried too often without effect.

    :param otherwise: what is the case if it was.
    :param reason: of a failure that is to be recorded.
    :param unapplied: it is that nothing was changed.
    """
    if seen.count(action) < _TRIES:
        return Perform(action, reason, unapplied)
    why = f': {seen.refusal}' if seen.refusal else ''
    return Finish(Verdict.INCOMPLETE, otherwise + why)


def _with_failure(plan: Plan, seen: Observation) -> Observation:
    """Return what is seen, with why the change is being rolled back, if it is.

    Another run may have recorded it. Who asks for a retry ignores it.
    """
    if seen.failure or plan.aim is Aim.RETRY:
        return seen
    entries = own_entries(plan, seen).values()
    failure = next(filter(None, (entry.failure for entry in entries)), None)
    asked = _ASKED if plan.aim is Aim.ROLLBACK else None
    return replace(
        seen,
        failure=failure or plan.failure or asked,
        unapplied=any(entry.unapplied for entry in entries),
    )
