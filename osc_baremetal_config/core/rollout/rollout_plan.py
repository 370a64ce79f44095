"""The plan for many servers, or for one: a plan for each, or why not.

Owns nothing of a single plan; that is for ``plan/planner.py``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.facts import naming
from osc_baremetal_config.core.facts.model import (
    Item,
    Query,
    Server,
    Snapshot,
    Survey,
    Unread,
)
from osc_baremetal_config.core.plan import planner
from osc_baremetal_config.core.plan.model import OFF, Plan
from osc_baremetal_config.core.plan.planner import ChangeRequest
from osc_baremetal_config.core.rollout.scheduler import Member

# What --group-by names apart from the keys of a server's metadata.
ZONE, SERVER_GROUP = 'availability-zone', 'server-group'


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server that is not changed.

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
class RolloutPlan:
    """What would be done to many servers, or to one.

    :param plans: of those that can be changed, or are right already.
    :param refused: the others.
    :param left: those that are left alone, as their users have not stopped
        them.
    """

    plans: tuple[Plan, ...] = ()
    refused: tuple[Refusal, ...] = ()
    left: tuple[Server, ...] = ()

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


def make(asked: ChangeRequest, snapshot: Snapshot) -> Plan | Refusal:
    """Return the plan that gives a server what is asked of it."""
    server = snapshot.server
    items: tuple[Item, ...] = ()
    try:
        assessed = assessment.assess(snapshot, asked.catalogue)
        items = tuple(asked.items_of(assessed))
        return planner.make(items, assessed, asked.options)
    except errors.Refused as error:
        return Refusal(server.name, server.id, error, items)


def of(
    query: Query, survey: Survey[Plan | Refusal], *, is_bound: bool
) -> RolloutPlan:
    """Return the plan for all servers that a query selects.

    :param is_bound: the login can never be used for another scope.
    """
    refused = [
        *(_not_read(one) for one in survey.unread),
        *(
            _refusal(one, no_node(one, is_bound=is_bound))
            for one in survey.others
        ),
        *(_refusal(one, _excluded(one, query)) for one in survey.excluded),
        *(_refusal(one, _elsewhere(one)) for one in survey.elsewhere),
        *(one for one in survey.made if isinstance(one, Refusal)),
    ]
    plans = [one for one in survey.made if isinstance(one, Plan)]
    unclear = _unclear(query, plans, refused, survey.left)
    left = [one for one in survey.left if one.id not in unclear]
    return RolloutPlan(
        tuple(plan for plan in plans if plan.server.id not in unclear),
        (
            *(unclear.pop(one.id or '', one) for one in refused),
            *unclear.values(),
            *(
                Refusal(
                    name,
                    None,
                    nobody(name, all_projects=query.all_projects),
                )
                for name in survey.missing
            ),
        ),
        tuple(left),
    )


def for_named(names: Iterable[str], error: errors.ConfigError) -> RolloutPlan:
    """Return that none of the servers that are named is changed."""
    return RolloutPlan(
        refused=tuple(
            Refusal(name, name if naming.is_id(name) else None, error)
            for name in dict.fromkeys(names)
        )
    )


def without(plan: RolloutPlan, error: errors.ConfigError) -> RolloutPlan:
    """Return a plan of which nothing is carried out, for one reason."""
    refused = (*(refusal(one, error) for one in plan.plans), *plan.refused)
    return replace(plan, plans=(), refused=refused)


def only_off(plan: RolloutPlan) -> RolloutPlan:
    """Return a plan without the servers that are not off in the end.

    So it is where a journal says that one was off before, and Nova's actions
    say otherwise.
    """
    on = tuple(one.server for one in plan.plans if one.power != OFF)
    plans = tuple(one for one in plan.plans if one.power == OFF)
    return replace(plan, plans=plans, left=(*plan.left, *on))


def refusal(plan: Plan, error: errors.ConfigError) -> Refusal:
    """Return that a plan is not carried out."""
    is_refused = isinstance(error, errors.Refused)
    server = plan.server
    return Refusal(server.name, server.id, error, plan.items, is_refused)


def several(name: str) -> errors.Refused:
    """Return that a name is that of several servers."""
    return errors.Refused(
        f'More than one server has the name {name}; give the ID of the one '
        f'that is meant.'
    )


def nobody(name_or_id: str, *, all_projects: bool = False) -> errors.Refused:
    """Return that no server has a name or ID, and where else one could be.

    :param all_projects: those of all projects were looked through.
    """
    if naming.is_id(name_or_id):
        return errors.Refused(
            f'No server with the ID {name_or_id} is shown to this login.',
            ['A server of another project is shown to administrators only.'],
        )
    if all_projects:
        return errors.Refused(
            f'No server with the name {name_or_id} exists in any project.'
        )
    return errors.Refused(
        f'No server with the name {name_or_id} exists in this project.',
        ['An administrator can name a server of another project by its ID.'],
    )


def no_servers(
    error: errors.Forbidden, *, all_projects: bool = False
) -> errors.Refused:
    """Return that a login can see no servers at all.

    :param all_projects: those of all projects were asked for.
    """
    if all_projects:
        return errors.Refused(
            'Nova does not show this login the servers of all projects:',
            [
                error.message,
                'By default only administrators may use --all-projects.',
            ],
        )
    return errors.Refused(
        'Nova shows this login no servers:',
        [
            error.message,
            'Servers are shown to a login to their project. A role on the '
            'system is used for the bare-metal calls automatically, so log '
            'in to a project even as an operator.',
        ],
    )


def no_node(server: Server, *, is_bound: bool) -> errors.Refused:
    """Return that no node of a server is seen, and who would see it.

    :param is_bound: the login can never be used for another scope.
    """
    bound = [
        'This login is by an application credential. Keystone lets it be '
        'used for its own project only, so a role on the system is of no '
        'use to it: an operator logs in with a password.'
    ]
    return errors.Refused(
        f'{server} runs on no bare-metal node that you can see.',
        [
            'It is a virtual machine, or its node is not yours to see: '
            'Ironic shows a node to the project that is its lessee or '
            'owner, and to users with a role on the system.',
            'An operator can look, with a login to the system: openstack '
            f'baremetal node show --instance {server.id}',
            f'Ironic makes the project of a server the lessee of its node '
            f'by itself since 2024.2, unless it is configured otherwise. '
            f'Else an operator does: openstack baremetal node set <node> '
            f'--lessee {server.project_id or "<project>"}',
            *(bound if is_bound else []),
        ],
    )


def _refusal(server: Server, error: errors.ConfigError) -> Refusal:
    return Refusal(server.name, server.id, error)


def _not_read(one: Unread) -> Refusal:
    """Return that a server is not changed because it could not be read."""
    if isinstance(one.error, errors.Refused):
        return Refusal(one.name or one.id or '?', one.id, one.error)
    why = errors.ConfigError(
        f'{one}: not read, so nothing was changed: {one.error.message}',
        one.error.details,
    )
    return Refusal(one.name or one.id or '?', one.id, why, is_failure=False)


def _excluded(server: Server, query: Query) -> errors.Refused:
    """Return that a server is named, but left out by another option."""
    lacks = [f'the tag {tag}' for tag in query.tags]
    lacks += [f'the flavor {query.flavor}'] if query.flavor else []
    return errors.Refused(
        f'{server} is left out: it does not have {" and ".join(lacks)}.'
    )


def _elsewhere(server: Server) -> errors.Refused:
    return errors.Refused(
        f'{server} is left out: it is in another project, and --tag and '
        f'--server-flavor choose within this one (--all-projects includes '
        f'the others).'
    )


def _unclear(
    query: Query,
    plans: Iterable[Plan],
    refused: Iterable[Refusal],
    left: Iterable[Server],
) -> dict[str, Refusal]:
    """Return id → refusal of the servers that share the name given."""
    by_name: dict[str, list[str]] = {}
    for server in (*left, *(plan.server for plan in plans)):
        by_name.setdefault(server.name, []).append(server.id)
    for one in refused:
        by_name.setdefault(one.name, []).append(one.id or '')
    return {
        server_id: Refusal(name, server_id, several(name))
        for name in query.names
        if not naming.is_id(name)
        for server_id in by_name.get(name, ())
        if len(by_name[name]) > 1 and server_id not in query.names
    }


def members(
    plans: Iterable[Plan],
    group_by: str | None,
    server_groups: Mapping[str, str],
) -> list[Member]:
    """Return who is to be changed, with the group of each.

    Those that an earlier run has started are the first, as their nodes may be
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
            f'such a group; nothing was changed.',
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
