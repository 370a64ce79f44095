"""The plan for many servers: a plan for each, or why there is none.

Owns nothing of a single plan; that is for :mod:`.planner`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from osc_baremetal_config import errors
from osc_baremetal_config.core import planner
from osc_baremetal_config.core.catalogue import Catalogue
from osc_baremetal_config.core.model import Item, Server, Snapshot
from osc_baremetal_config.core.options import Options
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.core.rollout import Member

# What --group-by names apart from the keys of a server's metadata.
ZONE, SERVER_GROUP = 'availability-zone', 'server-group'


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """What would be done to many servers.

    :param plans: of those that can be changed, or are right already.
    :param refused: the others, with every reason.
    """

    plans: tuple[Plan, ...]
    refused: tuple[tuple[Server, errors.ConfigError], ...]

    @property
    def to_do(self) -> tuple[Plan, ...]:
        """Return the plans by which something changes."""
        return tuple(plan for plan in self.plans if not plan.is_empty)


def make(
    snapshots: Iterable[Snapshot],
    wish_of: Callable[[Snapshot], Iterable[Item]],
    catalogue: Catalogue,
    options: Options,
) -> FleetPlan:
    """Return the plan that gives each server what is wished of it."""
    plans: list[Plan] = []
    refused: list[tuple[Server, errors.ConfigError]] = []
    for snapshot in snapshots:
        try:
            plan = planner.make(
                wish_of(snapshot), snapshot, catalogue, options
            )
        except errors.Refused as error:
            refused.append((snapshot.server, error))
        else:
            plans.append(plan)
    return FleetPlan(tuple(plans), tuple(refused))


def members(
    plans: Iterable[Plan],
    group_by: str | None,
    server_groups: Mapping[str, str],
) -> list[Member]:
    """Return who is to be changed, with the group of each.

    :param group_by: a key of the metadata, or one of this module's names;
        None for no groups.
    :param server_groups: server id → its server group.
    """
    return [
        Member(plan.server.id, _group(plan.server, group_by, server_groups))
        for plan in plans
    ]


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
