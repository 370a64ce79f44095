"""Reading many servers: what is common to them once, the rest in parallel.

Owns how often the cloud is asked: pages for servers and nodes, one read of
the templates, and one BIOS read for each server that has a node.
"""

from collections.abc import Callable, Mapping
from concurrent import futures
from dataclasses import dataclass
from typing import Generic, TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.core import policies
from osc_baremetal_config.core.fleetplan import FleetPlan, Refusal
from osc_baremetal_config.core.model import (
    Flavor,
    Image,
    Kind,
    Node,
    Query,
    Server,
    Snapshot,
    Template,
)
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.run import pools, read, rights
from osc_baremetal_config.run.protocols import Clock, Cloud

# Reads at once; more would only queue up in the services.
_AT_ONCE = 32


T = TypeVar('T')


@dataclass(frozen=True, slots=True)
class Fleet(Generic[T]):
    """What was read of many servers.

    :param made: what was made of each whose node is seen, by name.
    :param others: the servers without one: virtual machines, or hidden.
    :param missing: the names that no server has.
    :param hidden: the kinds of template that this user may not see.
    """

    made: tuple[T, ...]
    others: tuple[Server, ...]
    missing: tuple[str, ...]
    hidden: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class Goods:
    """What a cloud has, whatever the server.

    :param hidden: the kinds of template that this user may not see.
    """

    templates: tuple[Template, ...]
    hidden: frozenset[Kind]
    flavors: tuple[Flavor, ...]


def survey(
    cloud: Cloud,
    clock: Clock,
    query: Query,
    make: Callable[[Snapshot], T],
    *,
    flavors: bool = False,
    on_blip: Callable[[errors.TemporaryCloudError], None],
    on_progress: Callable[[int, int], None],
) -> Fleet[T]:
    """Return what is made of the servers that a query means.

    :param make: is given each snapshot once, which is then forgotten: the
        BIOS of one server alone can have hundreds of settings.
    :param flavors: whether the flavors are needed.
    :param on_blip: told of the third temporary error of a read in a row.
    :param on_progress: told how many of how many servers have been read.
    """
    ask = read.asking(clock, _once(on_blip))
    servers = sorted(
        _servers(cloud, query, ask),
        key=lambda server: (server.name, server.id),
    )
    if not servers:
        return Fleet((), (), query.names)
    nodes = _nodes(cloud, servers, ask)
    on_metal = [server for server in servers if server.id in nodes]
    ids = {s.image_id for s in on_metal if s.image_id}
    with pools.pool(_AT_ONCE) as pool:
        images = pool.submit(_images, cloud, ids, ask)
        listed = pool.submit(
            lambda: ask(cloud.compute.flavors) if flavors else None
        )
        templates, hidden = read.templates(cloud, pool, ask)
        found = {image.id: image for image in images.result()}
        all_flavors = listed.result()

        def one(server: Server) -> T | None:
            node = nodes[server.id]
            try:
                bios = ask(
                    lambda: cloud.baremetal.bios(node.uuid, registry=True)
                )
            except errors.NotFound:
                # It has been taken away since the nodes were listed.
                return None
            return make(
                Snapshot(
                    server=server,
                    node=node,
                    bios=bios,
                    templates=templates,
                    hidden=hidden,
                    image=found.get(server.image_id or ''),
                    flavors=all_flavors,
                    actions=read.actions(cloud, server, ask),
                )
            )

        reads = [pool.submit(one, server) for server in on_metal]
        for count, each in enumerate(futures.as_completed(reads), 1):
            # An error here and now, not once all the others are read.
            each.result()
            on_progress(count, len(reads))
    made = {
        server.id: each.result()
        for server, each in zip(on_metal, reads, strict=True)
    }
    return Fleet(
        tuple(one for one in made.values() if one is not None),
        tuple(s for s in servers if made.get(s.id) is None),
        tuple(
            name
            for name in query.names
            if not any(name in (s.id, s.name) for s in servers)
        ),
        hidden,
    )


def _once(
    tell: Callable[[errors.TemporaryCloudError], None],
) -> Callable[[errors.TemporaryCloudError], None]:
    """Return what tells of each service once, not for each server."""
    told: set[str] = set()

    def on_blip(error: errors.TemporaryCloudError) -> None:
        if error.service not in told:
            told.add(error.service)
            tell(error)

    return on_blip


def _servers(cloud: Cloud, query: Query, ask: read.Ask) -> tuple[Server, ...]:
    """Return the servers that a query means."""
    try:
        return ask(lambda: cloud.compute.servers(query))
    except errors.Forbidden as error:
        if not query.all_projects:
            raise read.no_servers(error) from error
        raise errors.Refused(
            'Nova does not show this login the servers of all projects:',
            [
                error.message,
                'By default only administrators may use --all-projects.',
            ],
        ) from error


def server_groups(
    cloud: Cloud,
    clock: Clock,
    *,
    all_projects: bool,
    on_blip: Callable[[errors.TemporaryCloudError], None],
) -> Mapping[str, str]:
    """Return server id → id of its server group.

    :param all_projects: not only those of the login's project.
    """
    ask = read.asking(clock, on_blip)
    return ask(lambda: cloud.compute.server_groups(all_projects=all_projects))


def permitted(
    plan: FleetPlan,
    cloud: Cloud,
    clock: Clock,
    on_blip: Callable[[errors.TemporaryCloudError], None],
) -> FleetPlan:
    """Return each plan in the way that the user may go, or refused.

    Ironic is asked once about all plans that its policies treat alike.
    """
    groups: dict[policies.Mark, list[Plan]] = {}
    for one in plan.to_do:
        groups.setdefault(policies.mark(one), []).append(one)

    def ask(alike: list[Plan]) -> list[Plan | errors.Refused]:
        return rights.permitted_alike(alike, cloud, clock, on_blip)

    with pools.pool(_AT_ONCE) as pool:
        answered = {
            one.server.id: answer
            for alike, answers in zip(
                groups.values(), pool.map(ask, groups.values()), strict=True
            )
            for one, answer in zip(alike, answers, strict=True)
        }
    found = [_answered(one, answered.get(one.server.id)) for one in plan.plans]
    return FleetPlan(
        tuple(one for one in found if isinstance(one, Plan)),
        (*(o for o in found if isinstance(o, Refusal)), *plan.refused),
    )


def _answered(
    plan: Plan, answer: Plan | errors.Refused | None
) -> Plan | Refusal:
    """Return a plan as it was answered, or as it is if nobody was asked."""
    if isinstance(answer, errors.Refused):
        server = plan.server
        return Refusal(server.name, server.id, answer, plan.items)
    return answer or plan


def goods(
    cloud: Cloud,
    clock: Clock,
    *,
    on_blip: Callable[[errors.TemporaryCloudError], None],
) -> Goods:
    """Return what a cloud offers, by templates and by flavors."""
    ask = read.asking(clock, on_blip)
    with pools.pool(_AT_ONCE) as pool:
        flavors = pool.submit(ask, cloud.compute.flavors)
        templates, hidden = read.templates(cloud, pool, ask)
        return Goods(templates, hidden, flavors.result())


def _nodes(
    cloud: Cloud, servers: list[Server], ask: read.Ask
) -> dict[str, Node]:
    """Return server id → node; as a system user if there are none else."""
    nodes = dict(ask(cloud.baremetal.nodes))
    if not any(server.id in nodes for server in servers) and ask(
        cloud.use_system_scope
    ):
        nodes = dict(ask(cloud.baremetal.nodes))
    return nodes


def _images(cloud: Cloud, ids: set[str], ask: read.Ask) -> tuple[Image, ...]:
    try:
        return ask(lambda: cloud.compute.images(ids)) if ids else ()
    except (errors.NotFound, errors.Forbidden):
        return ()
