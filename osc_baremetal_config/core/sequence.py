"""The next move: from what is seen, what to do next.

Owns the order of a change: note, stop, service, verify, power, record. It
looks at the cloud, not at what was done before, so a run that was cut off is
continued by making the next move. Never does anything itself.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from osc_baremetal_config.core import lifecycle, metadata, registry
from osc_baremetal_config.core.lifecycle import SERVICING
from osc_baremetal_config.core.model import Bios, Node, Server
from osc_baremetal_config.core.plan import OFF, ON, Plan

# How often one act is tried before it is taken not to work.
_TRIES = 3
# How many looks in a row must agree on the power. Where Ironic has switched
# it, Nova learns of it a moment later, so one look may still be too early.
_AGREEING_LOOKS = 2


@enum.unique
class Do(enum.Enum):
    """Something to do; the value says it to a person."""

    NOTE = 'noting what is to be done'
    STOP = 'stopping the server'
    SERVICE = 'asking Ironic for the service'
    READ_BIOS = 'reading the BIOS settings back'
    START = 'starting the server'
    POWER_ON = 'powering the node on'
    POWER_OFF = 'powering the node off'
    RECORD = 'recording what was verified'
    FORGET = 'clearing the notes'


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again later; ``doing`` says what is being waited for."""

    doing: str


@dataclass(frozen=True, slots=True)
class Act:
    """Do something, then look again."""

    do: Do


@enum.unique
class Result(enum.Enum):
    """How a change ended."""

    VERIFIED = 'verified'
    PUT_BACK = 'put back'
    LEFT_BETWEEN = 'left between'


@dataclass(frozen=True, slots=True)
class End:
    """There is no next move."""

    result: Result
    reason: str = ''


Move = Wait | Act | End


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the next move is decided on.

    :param bios: the settings as read since the node last was active; None
        if they have to be read.
    :param tried: how often each act was made in this run.
    :param agreed: how many looks in a row have found the power as wanted.
    :param failure: why this change will not be made; None if it still may.
    :param refusal: how the cloud last refused an act that may be tried again.
    """

    server: Server
    node: Node
    bios: Bios | None = None
    tried: Mapping[Do, int] = field(default_factory=dict)
    agreed: int = 0
    failure: str | None = None
    refusal: str | None = None

    @property
    def is_servicing(self) -> bool:
        """Return whether Ironic has taken on the service."""
        begun = bool(self.tried.get(Do.SERVICE)) and self.failure is None
        return begun or self.node.provision_state in SERVICING

    def after(self, do: Do) -> 'Seen':
        """Return the same with an act counted."""
        tried = {**self.tried, do: self.tried.get(do, 0) + 1}
        bios = None if do is Do.SERVICE else self.bios
        return replace(self, tried=tried, bios=bios)

    def with_metadata(self, changed: Mapping[str, str | None]) -> 'Seen':
        """Return the same with items of the metadata set, or gone if None."""
        merged = {**self.server.metadata, **changed}
        kept = {k: v for k, v in merged.items() if v is not None}
        return replace(self, server=replace(self.server, metadata=kept))


def next_move(plan: Plan, seen: Seen) -> Move:
    """Return the next move that leads from what is seen to the plan's end."""
    match lifecycle.classify(seen.node):
        case lifecycle.Working(doing):
            return Wait(doing)
        case lifecycle.Failed(reason):
            return End(Result.LEFT_BETWEEN, reason)
        case lifecycle.Stuck(reason):
            return End(Result.LEFT_BETWEEN, reason)
    if seen.server.task_state:
        return Wait(f'Nova: {seen.server.task_state}')
    if seen.server.status not in ('ACTIVE', 'SHUTOFF'):
        return End(
            Result.LEFT_BETWEEN, f'the server is in {seen.server.status}'
        )
    if seen.bios is None:
        return Act(Do.READ_BIOS)
    if _unlike(plan.wanted, seen):
        return _toward_settings(plan, seen)
    return _toward_end(plan, seen)


def keys_to_forget(plan: Plan, seen: Seen) -> list[str]:
    """Return the metadata keys that the end of a change removes.

    A change that was not made leaves no way back that was not there before.
    """
    now, before = seen.server.metadata, plan.server.metadata
    keys = metadata.pending_keys(now)
    if _unlike(plan.wanted, seen):
        names = [metadata.PREVIOUS + c.item.type for c in plan.changes]
        keys += [k for k in names if k in now and k not in before]
    return sorted(keys)


def power_agrees(plan: Plan, seen: Seen) -> bool:
    """Return whether Nova and Ironic both have the power that is wanted."""
    server_is = ON if seen.server.status == 'ACTIVE' else OFF
    node_is = {'power on': ON, 'power off': OFF}.get(
        seen.node.power_state or '', server_is
    )
    return server_is == node_is == plan.power


def _toward_settings(plan: Plan, seen: Seen) -> Move:
    """Return the next move while the settings are not as wanted."""
    serviced = seen.tried.get(Do.SERVICE, 0) > 0
    if seen.failure is None and not serviced:
        if not metadata.pending_keys(seen.server.metadata):
            return _try(Do.NOTE, seen, 'the notes do not stay')
        if plan.stop and seen.server.status == 'ACTIVE':
            return _try(Do.STOP, seen, 'the server does not stop')
        return Act(Do.SERVICE)
    unlike = ', '.join(_unlike(plan.wanted, seen))
    reason = seen.failure or (
        f'Ironic reports success, but the node has {unlike}'
    )
    # What is not shown may have changed as well.
    is_shown = plan.wanted.keys() <= (seen.bios or {}).keys()
    if _unlike(plan.was, seen) or not (is_shown or seen.failure):
        return End(Result.LEFT_BETWEEN, reason)
    power = _toward_power(plan, seen)
    if power:
        return power
    if keys_to_forget(plan, seen):
        return _try(Do.FORGET, seen, 'the notes do not go away')
    return End(Result.PUT_BACK, reason)


def _toward_end(plan: Plan, seen: Seen) -> Move:
    """Return the next move once the settings are as wanted."""
    power = _toward_power(plan, seen)
    if power:
        return power
    record = metadata.record(plan.record)
    if not record.items() <= seen.server.metadata.items():
        return _try(Do.RECORD, seen, 'the record does not stay')
    if keys_to_forget(plan, seen):
        return _try(Do.FORGET, seen, 'the notes do not go away')
    return End(Result.VERIFIED)


def _toward_power(plan: Plan, seen: Seen) -> Move | None:
    """Return the next move until the power is as wanted and stays so.

    Nova and Ironic can disagree for good: Nova then switches the node as it
    believes at its next power sync, so each is put right through the one
    that is wrong.
    """
    if not (plan.changes or plan.notes):
        return None
    if power_agrees(plan, seen):
        by_nova = Do.START if plan.power == ON else Do.STOP
        needed = 1 if seen.tried.get(by_nova) else _AGREEING_LOOKS
        if seen.agreed < needed:
            return Wait('the power to settle')
        return None
    if seen.node.target_power_state:
        return Wait(f'Ironic: {seen.node.target_power_state}')
    server_is_on = seen.server.status == 'ACTIVE'
    if server_is_on != (plan.power == ON):
        act = Do.START if plan.power == ON else Do.STOP
        return _try(act, seen, f'the server does not stay {plan.power}')
    act = Do.POWER_ON if plan.power == ON else Do.POWER_OFF
    return _try(act, seen, f'the node does not stay {plan.power}')


def _try(do: Do, seen: Seen, otherwise: str) -> Move:
    """Return the act, unless it was tried too often without effect."""
    if seen.tried.get(do, 0) < _TRIES:
        return Act(do)
    why = f': {seen.refusal}' if seen.refusal else ''
    return End(Result.LEFT_BETWEEN, otherwise + why)


def _unlike(expected: Mapping[str, str | None], seen: Seen) -> list[str]:
    """Return the settings that differ from what is expected, as they are."""
    bios = seen.bios or {}
    return [
        f'{name}={bios[name].value if name in bios else "?"}'
        for name in sorted(expected)
        if not registry.holds(bios, name, expected[name])
    ]
