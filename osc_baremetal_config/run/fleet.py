"""Reading many servers: what is common to them once, the rest in parallel.

Owns how often the cloud is asked: pages for servers and nodes, one read of
the templates, and one BIOS read for each server that has a node.
"""

import functools
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass

from osc_baremetal_config import errors
from osc_baremetal_config.core import fleetplan
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
from osc_baremetal_config.run import poll, read, rights
from osc_baremetal_config.run.protocols import Clock, Cloud

# Reads at once; more would only queue up in the services.
_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Fleet:
    """What was read of many servers.

    :param snapshots: of those whose node is seen, by name.
    :param others: the servers without one: virtual machines, or hidden.
    :param missing: the names that no server has.
    """

    snapshots: tuple[Snapshot, ...]
    others: tuple[Server, ...]
    missing: tuple[str, ...]


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
    *,
    flavors: bool = False,
    on_blip: Callable[[errors.TemporaryCloudError], None],
    on_progress: Callable[[int, int], None],
) -> Fleet:
    """Return what the cloud says of the servers that a query means.

    :param flavors: whether the flavors are needed.
    :param on_blip: told of the third temporary error of a read in a row.
    :param on_progress: told how many of how many servers have been read.
    """
    ask: read.Ask = functools.partial(
        poll.patiently, clock=clock, limit_s=read.LIMIT_S, on_blip=on_blip
    )
    servers = sorted(
        ask(lambda: cloud.compute.servers(query)),
        key=lambda server: (server.name, server.id),
    )
    if not servers:
        return Fleet((), (), query.names)
    nodes = _nodes(cloud, servers, ask)
    on_metal = [server for server in servers if server.id in nodes]
    ids = {s.image_id for s in on_metal if s.image_id}
    with futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        images = pool.submit(_images, cloud, ids, ask)
        listed = pool.submit(
            lambda: ask(cloud.compute.flavors) if flavors else None
        )
        templates, hidden = read.templates(cloud, pool, ask)
        found = {image.id: image for image in images.result()}
        reads = [
            pool.submit(
                ask, functools.partial(cloud.baremetal.bios, node.uuid)
            )
            for node in (nodes[server.id] for server in on_metal)
        ]
        for count, _ in enumerate(futures.as_completed(reads), 1):
            on_progress(count, len(reads))
    return Fleet(
        tuple(
            Snapshot(
                server=server,
                node=nodes[server.id],
                bios=bios.result(),
                templates=templates,
                hidden=hidden,
                image=found.get(server.image_id or ''),
                flavors=listed.result(),
            )
            for server, bios in zip(on_metal, reads, strict=True)
        ),
        tuple(server for server in servers if server.id not in nodes),
        tuple(
            name
            for name in query.names
            if not any(name in (s.id, s.name) for s in servers)
        ),
    )


def permitted(
    plan: fleetplan.FleetPlan,
    cloud: Cloud,
    clock: Clock,
    on_blip: Callable[[errors.TemporaryCloudError], None],
) -> fleetplan.FleetPlan:
    """Return each plan in the way that the user may go, or refused."""

    def ask(plan: Plan) -> Plan | errors.Refused:
        try:
            return rights.permitted(plan, cloud, clock, on_blip)
        except errors.Refused as refused:
            return refused

    with futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(ask, plan.plans))
    refused = [
        (one.server, answer)
        for one, answer in zip(plan.plans, answers, strict=True)
        if isinstance(answer, errors.Refused)
    ]
    return fleetplan.FleetPlan(
        tuple(answer for answer in answers if isinstance(answer, Plan)),
        (*plan.refused, *refused),
    )


def goods(
    cloud: Cloud,
    clock: Clock,
    *,
    on_blip: Callable[[errors.TemporaryCloudError], None],
) -> Goods:
    """Return what a cloud offers, by templates and by flavors."""
    ask: read.Ask = functools.partial(
        poll.patiently, clock=clock, limit_s=read.LIMIT_S, on_blip=on_blip
    )
    with futures.ThreadPoolExecutor(_AT_ONCE) as pool:
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
