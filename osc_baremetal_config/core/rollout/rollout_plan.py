"""The plan for many servers: a plan for each, or why there is none.

Owns nothing of a single plan; that is for ``plan/planner.py``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts import naming
from osc_baremetal_config.core.facts.model import Item, Query, Server, Snapshot
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.plan.planner import ChangeRequest
from osc_baremetal_config.core.rollout.scheduler import Member

# What --group-by names apart from the keys of a server's metadata.
ZONE, SERVER_GROUP = 'availability-zone', 'server-group'


@dataclass(frozen=True, slots=True)
class Unread:
    """A server that could not be read, or of which nothing could be made.

    :param name: None where Nova shows no more than the ID.
    """

    id: str
    name: str | None
    error: errors.ConfigError

    def __str__(self) -> str:
        return f'{self.name} ({self.id})' if self.name else self.id

    @property
    def lines(self) -> list[str]:
        """Return what is told of it."""
        first, *details = self.error.lines()
        return [f'{self}: not read: {first}', *details]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server that cannot be changed as asked.

    :param name: as it was asked for, if there is no such server.
    :param id: None if there is no such server.
    :param error: every reason.
    :param items: what was asked for, empty if that is not clear.
    :param is_failure: it speaks against changing the others; that a server
        could not be asked about does not.
    """

    name: str
    id: str | None
    error: errors.ConfigError
    items: tuple[Item, ...] = ()
    is_failure: bool = True


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """What would be done to many servers.

    :param plans: of those that can be changed, or are right already.
    :param refused: the others.
    """

    plans: tuple[Plan, ...]
    refused: tuple[Refusal, ...]

    @property
    def to_do(self) -> tuple[Plan, ...]:
        """Return the plans by which something changes."""
        return tuple(plan for plan in self.plans if not plan.is_empty)

    @property
    def failed(self) -> int:
        """Return how many are refused in a way that counts as a failure."""
        return sum(one.is_failure for one in self.refused)

    @property
    def warnings(self) -> dict[str, list[Server]]:
        """Return each warning with the servers that it is about."""
        found: dict[str, list[Server]] = {}
        for plan in self.plans:
            for warning in plan.warnings:
                found.setdefault(warning, []).append(plan.server)
        return found


def of_one(made: Plan | Refusal) -> FleetPlan:
    """Return the plan for one server only."""
    if isinstance(made, Refusal):
        return FleetPlan((), (made,))
    return FleetPlan((made,), ())


def refusal(plan: Plan, error: errors.ConfigError) -> Refusal:
    """Return that a plan is not carried out."""
    return Refusal(plan.server.name, plan.server.id, error, plan.items)


def unread_one(name_or_id: str, error: errors.ConfigError) -> Refusal:
    """Return that the one server that is meant could not be read."""
    server_id = name_or_id if naming.is_id(name_or_id) else None
    return Refusal(name_or_id, server_id, error)


def make(asked: ChangeRequest, snapshot: Snapshot) -> Plan | Refusal:
    """Return the plan that gives a server what is asked of it."""
    server = snapshot.server
    items: tuple[Item, ...] = ()
    try:
        items = tuple(asked.items_of(snapshot))
        return asked.plan(snapshot)
    except errors.Refused as error:
        return Refusal(server.name, server.id, error, items)


def of(
    query: Query,
    made: Iterable[Plan | Refusal],
    others: Iterable[Server] = (),
    missing: Iterable[str] = (),
    unread: Iterable[Refusal] = (),
) -> FleetPlan:
    """Return the plan for all servers that a query means.

    :param made: of those whose node is seen.
    :param others: the servers that run on no node that is seen.
    :param missing: the names that no server has.
    :param unread: those that could not be read, or are left out.
    """
    refused = [
        *unread,
        *(
            Refusal(server.name, server.id, _elsewhere(server))
            for server in others
        ),
    ]
    plans = []
    for one in made:
        if isinstance(one, Refusal):
            refused.append(one)
        else:
            plans.append(one)
    unclear = _unclear(query, plans, refused)
    return FleetPlan(
        tuple(plan for plan in plans if plan.server.id not in unclear),
        (
            *(unclear.pop(one.id or '', one) for one in refused),
            *unclear.values(),
            *(Refusal(name, None, _nobody(name)) for name in missing),
        ),
    )


def excluded(server: Server) -> Refusal:
    """Return that a server is named, but left out by another option."""
    why = errors.Refused(
        f'{server} is left out: it does not have the tag or the flavor that '
        f'is asked for.'
    )
    return Refusal(server.name, server.id, why)


def unread(one: Unread) -> Refusal:
    """Return that a server is not changed because it could not be read."""
    why = errors.Refused(
        f'{one}: not read, so nothing was touched: {one.error.message}',
        one.error.details,
    )
    return Refusal(one.name or one.id, one.id, why, is_failure=False)


def _unclear(
    query: Query, plans: Iterable[Plan], refused: Iterable[Refusal]
) -> dict[str, Refusal]:
    """Return id → refusal of the servers that share the name given."""
    by_name: dict[str, list[str]] = {}
    for plan in plans:
        by_name.setdefault(plan.server.name, []).append(plan.server.id)
    for one in refused:
        by_name.setdefault(one.name, []).append(one.id or '')
    return {
        server_id: Refusal(name, server_id, _several(name))
        for name in query.names
        if not naming.is_id(name)
        for server_id in by_name.get(name, ())
        if len(by_name[name]) > 1 and server_id not in query.names
    }


def _several(name: str) -> errors.Refused:
    return errors.Refused(
        f'More than one server has the name {name}; give the ID of the one '
        f'that is meant.'
    )


def _nobody(name: str) -> errors.Refused:
    return errors.Refused(
        f'No server has the name or ID {name}.',
        [
            'It is not in this project. --all-projects includes the servers '
            'of other projects, by default for administrators only.'
        ],
    )


def _elsewhere(server: Server) -> errors.Refused:
    return errors.Refused(
        f'{server} runs on no bare-metal node that you can see.'
    )


def members(
    plans: Iterable[Plan],
    group_by: str | None,
    server_groups: Mapping[str, str],
) -> list[Member]:
    """Return who is to be changed, with the group of each.

    Those that an earlier run has begun are the first, as their nodes may be
    out of service already.

    :param group_by: a key of the metadata, or one of this module's names;
        None for no groups.
    :param server_groups: server id → its server group.
    :raises Refused: none of them has a group, so it will be a slip.
    """
    first = sorted(plans, key=lambda plan: not plan.is_resumed)
    found = [
        Member(
            plan.server.id,
            _group(plan.server, group_by, server_groups),
            is_out=plan.is_resumed,
        )
        for plan in first
    ]
    if (
        group_by is not None
        and found
        and not any(member.group for member in found)
    ):
        raise errors.Refused(
            f'--group-by {group_by}: none of the servers to be changed has '
            f'such a group; nothing was touched.',
            [
                f'It is a key of their metadata, {ZONE} or {SERVER_GROUP}; '
                f'leave it out if they may all be changed at once.'
            ],
        )
    return found


def _group(
    server: Server, group_by: str | None, server_groups: Mapping[str, str]
) -> str | None:
    if group_by is None:
        return None
    if group_by == ZONE:
        return server.availability_zone
    if group_by == SERVER_GROUP:
        return server_groups.get(server.id)
    return server.metadata.get(group_by)
