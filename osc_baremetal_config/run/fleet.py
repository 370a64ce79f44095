"""Reading many servers: what is common to them once, the rest in parallel.

Owns how often the cloud is asked: pages for servers and nodes, one read of
the templates, and one BIOS read for each server that has a node.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass
from typing import Generic, TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import policies
from osc_baremetal_config.core.facts import naming
from osc_baremetal_config.core.facts.model import (
    Flavor,
    Image,
    Kind,
    Listed,
    Node,
    Query,
    Server,
    Snapshot,
    Template,
)
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.rollout.rollout_plan import (
    FleetPlan,
    Refusal,
    Unread,
)
from osc_baremetal_config.run import pools, read, rights
from osc_baremetal_config.run.protocols import Clock, Cloud

LOG = logging.getLogger(__name__)

# Reads at once; more would only queue up in the services.
_AT_ONCE = 32


T = TypeVar('T')


@dataclass(frozen=True, slots=True)
class Fleet(Generic[T]):
    """What was read of many servers.

    :param made: what was made of each whose node is seen, by name.
    :param others: the servers without one: virtual machines, or hidden.
    :param missing: the names that no server has.
    :param excluded: those that are named, and left out by a tag or flavor.
    :param unread: those that could not be read; the others could.
    :param hidden: the kinds of template that this user may not see.
    """

    made: tuple[T, ...] = ()
    others: tuple[Server, ...] = ()
    missing: tuple[str, ...] = ()
    excluded: tuple[Server, ...] = ()
    unread: tuple[Unread, ...] = ()
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

    One that cannot be read, or of which nothing can be made, does not keep
    the others from being read.

    :param make: is given each snapshot once, which is then forgotten: the
        BIOS of one server alone can have hundreds of settings.
    :param flavors: whether the flavors are needed.
    :param on_blip: told of the third temporary error of a read in a row.
    :param on_progress: told how many of how many servers have been read.
    """
    ask = _Patience(clock, on_blip)
    listed = _servers(cloud, query, ask)
    servers = sorted(
        listed.found.values(), key=lambda server: (server.name, server.id)
    )
    nodes = _nodes(cloud, servers, ask) if servers else Listed({})
    on_metal = [server for server in servers if server.id in nodes.found]
    hidden: frozenset[Kind] = frozenset()
    read_: dict[str, T | Unread | None] = {}
    if on_metal:
        one, hidden = _reader(cloud, ask, on_metal, nodes, make, flavors)
        read_ = _each(on_metal, one, on_progress)
    unread = [
        *(Unread(i, None, error) for i, error in listed.unread.items()),
        *(
            Unread(server.id, server.name, nodes.unread[server.id])
            for server in servers
            if server.id in nodes.unread
        ),
        *(found for found in read_.values() if isinstance(found, Unread)),
    ]
    made = {
        server_id: found
        for server_id, found in read_.items()
        if found is not None and not isinstance(found, Unread)
    }
    told = made.keys() | {each.id for each in unread}
    missing = naming.missing(query.names, listed)
    excluded = _excluded(cloud, query, missing, ask)
    return Fleet(
        tuple(made.values()),
        tuple(server for server in servers if server.id not in told),
        naming.missing(missing, Listed(excluded)),
        tuple(excluded.values()),
        tuple(unread),
        hidden,
    )


def _reader(
    cloud: Cloud,
    ask: read.Ask,
    servers: Sequence[Server],
    nodes: Listed[Node],
    make: Callable[[Snapshot], T],
    flavors: bool,
) -> tuple[Callable[[Server], T | None], frozenset[Kind]]:
    """Return what reads one server, having read what is common to all.

    :returns: also the kinds of template that this user may not see.
    """
    ids = {s.image_id for s in servers if s.image_id}
    with pools.pool(_AT_ONCE) as pool:
        images = pool.submit(
            lambda: {one.id: one for one in _images(cloud, ids, ask)}
        )
        flavors_ = pool.submit(
            lambda: read.all_flavors(cloud, ask) if flavors else None
        )
        templates, hidden = read.templates(cloud, pool, ask)

    def one(server: Server) -> T | None:
        node = nodes.found[server.id]
        try:
            bios = ask(lambda: cloud.baremetal.bios(node.uuid, registry=True))
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
                image=images.result().get(server.image_id)
                if server.image_id
                else None,
                flavors=flavors_.result(),
                actions=read.actions(cloud, server, ask),
            )
        )

    return one, hidden


def _each(
    servers: Sequence[Server],
    one: Callable[[Server], T | None],
    on_progress: Callable[[int, int], None],
) -> dict[str, T | Unread | None]:
    """Return server id → what is made of it, or why nothing is.

    :param one: reads a server and makes it; None if it has no node any more.
    """

    def guarded(server: Server) -> T | Unread | None:
        try:
            return one(server)
        except errors.ConfigError as error:
            return Unread(server.id, server.name, error)
        except Exception as error:
            LOG.debug('%s', server, exc_info=True)
            fault = errors.ConfigError(errors.fault(error))
            return Unread(server.id, server.name, fault)

    with pools.pool(_AT_ONCE) as pool:
        reads = {s.id: pool.submit(guarded, s) for s in servers}
        for count, each in enumerate(futures.as_completed(reads.values()), 1):
            each.result()
            on_progress(count, len(reads))
    return {server_id: each.result() for server_id, each in reads.items()}


class _Patience:
    """Makes calls as :func:`.read.asking` does, for many servers.

    Where many in a row have failed to the end, the others are not waited
    for: a thousand servers would be, each for itself.
    """

    def __init__(
        self,
        clock: Clock,
        on_blip: Callable[[errors.TemporaryCloudError], None],
    ) -> None:
        self._patient = read.asking(clock, on_blip)
        self._failed = 0

    def __call__(self, call: Callable[[], T]) -> T:
        """Return what the call returns."""
        is_hopeless = self._failed >= _AT_ONCE
        try:
            found = call() if is_hopeless else self._patient(call)
        except errors.TemporaryCloudError:
            self._failed += 1
            raise
        self._failed = 0
        return found


def _servers(cloud: Cloud, query: Query, ask: read.Ask) -> Listed[Server]:
    """Return the servers that a query means.

    What is given by its ID is read by itself if it is not listed, as one of
    another project is not: an administrator gets it.
    """
    try:
        listed = ask(lambda: cloud.compute.servers(query))
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
    found = {
        server.id: server
        for server in listed.found.values()
        if naming.is_meant(server, query.names)
    }
    unread = dict(listed.unread)
    if query.names:
        unread = {i: e for i, e in unread.items() if i in query.names}
    if not (query.tags or query.flavor):
        for name in naming.missing(query.names, listed):
            if naming.is_id(name):
                _read_alone(cloud, name, ask, found, unread)
    return Listed(found, unread)


def _excluded(
    cloud: Cloud, query: Query, missing: Sequence[str], ask: read.Ask
) -> dict[str, Server]:
    """Return the servers that are named, but left out by a tag or flavor."""
    if not missing or not (query.tags or query.flavor):
        return {}
    every = Query(all_projects=query.all_projects, names=tuple(missing))
    return dict(_servers(cloud, every, ask).found)


def _read_alone(
    cloud: Cloud,
    server_id: str,
    ask: read.Ask,
    found: dict[str, Server],
    unread: dict[str, errors.CloudError],
) -> None:
    """Add a server that is not listed to those that are found, or not."""
    try:
        found[server_id] = ask(lambda: cloud.compute.server(server_id))
    except errors.NotFound:
        pass
    except errors.CloudError as error:
        unread[server_id] = error


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
    groups: dict[policies.Subject, list[Plan]] = {}
    for one in plan.to_do:
        groups.setdefault(policies.subject(one), []).append(one)

    def ask(alike: list[Plan]) -> Sequence[Plan | errors.ConfigError]:
        try:
            return rights.permitted_alike(alike, cloud, clock, on_blip)
        except Exception as error:
            LOG.debug('%s', alike, exc_info=True)
            return [errors.ConfigError(errors.fault(error))] * len(alike)

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
    plan: Plan, answer: Plan | errors.ConfigError | None
) -> Plan | Refusal:
    """Return a plan as it was answered, or as it is if nobody was asked."""
    if not isinstance(answer, errors.ConfigError):
        return answer or plan
    server = plan.server
    if not isinstance(answer, errors.Refused):
        unknown = errors.Refused(
            f'{server}: whether you may is not known, so nothing was '
            f'touched: {answer.message}',
            answer.details,
        )
        return Refusal(
            server.name, server.id, unknown, plan.items, is_failure=False
        )
    return Refusal(server.name, server.id, answer, plan.items)


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
    cloud: Cloud, servers: Sequence[Server], ask: read.Ask
) -> Listed[Node]:
    """Return the nodes; as a system user if there are none else."""
    nodes = ask(cloud.baremetal.nodes)
    seen = nodes.found.keys() | nodes.unread.keys()
    if not any(server.id in seen for server in servers) and ask(
        cloud.use_system_scope
    ):
        return ask(cloud.baremetal.nodes)
    return nodes


def _images(cloud: Cloud, ids: set[str], ask: read.Ask) -> tuple[Image, ...]:
    try:
        return ask(lambda: cloud.compute.images(ids)) if ids else ()
    except (errors.NotFound, errors.Forbidden):
        return ()
