"""Reading all definitions of a cloud and its nodes, as an operator.

Owns how often the cloud is asked for them: a few pages, and one BIOS read for
each node that matters. Never decides what they come to.
"""

import functools
from collections.abc import Callable, Iterable
from concurrent import futures
from dataclasses import replace
from typing import TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.core.check import placement
from osc_baremetal_config.core.check.survey import Placement
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts.model import (
    Bios,
    Flavor,
    Image,
    Kind,
    Node,
    Query,
    Server,
)
from osc_baremetal_config.core.offer.model import Estate
from osc_baremetal_config.run import pools
from osc_baremetal_config.run.reader import Reader

T = TypeVar('T')
# Calls at once; more would only queue up in the services.
_AT_ONCE = 32


def definitions(reader: Reader, *, with_use: bool = False) -> Estate:
    """Return all definitions of a cloud, and its nodes without their BIOS.

    :param with_use: also the servers of all projects, and the images.
    :raises Refused: this user is not shown them all.
    """
    # Deploy templates are shown to none but system users.
    reader.use_system_scope()
    common = reader.common()
    if Kind.DEPLOY_TEMPLATE in common.hidden:
        raise errors.Refused(
            'Ironic does not show you its deploy templates.',
            ['This is for operators: it takes a role on the system.'],
        )
    compute, baremetal = reader.cloud.compute, reader.cloud.baremetal
    with pools.pool(_AT_ONCE) as pool:

        def begun(call: Callable[[], T]) -> futures.Future[T]:
            return pool.submit(reader.ask, call)

        nodes = begun(baremetal.every_node)
        servers: futures.Future[tuple[Server, ...]] | None = None
        images: futures.Future[tuple[Image, ...]] | None = None
        if with_use:
            servers = pool.submit(_servers, reader)
            images = begun(compute.images)
        flavors = list(
            pool.map(
                functools.partial(_with_projects, reader), common.flavors or ()
            )
        )
        return Estate(
            flavors=tuple(flavors),
            templates=common.templates,
            nodes=nodes.result(),
            servers=servers.result() if servers else (),
            images=images.result() if images else (),
            has_runbooks=baremetal.has_runbooks,
            names_are_traits=not baremetal.has_runbook_traits,
        )


def with_bios(reader: Reader, estate: Estate, nodes: Iterable[Node]) -> Estate:
    """Return an estate with the BIOS settings of some nodes."""
    with pools.pool(_AT_ONCE) as pool:
        read = functools.partial(_bios, reader)
        wanted = [node.uuid for node in nodes]
        found = dict(zip(wanted, pool.map(read, wanted), strict=True))
    return replace(estate, bios={**estate.bios, **found})


def compared(
    reader: Reader, estate: Estate, catalogue: Catalogue
) -> tuple[Placement, int]:
    """Return how Placement's traits compare, and how many nodes were left out.

    :raises ConfigError: Placement cannot be asked.
    """
    groups = placement.groups(estate, catalogue)
    cloud, asked = reader.cloud, groups[: placement.MOST]
    known = reader.ask(cloud.providers)
    answers = [
        reader.ask(
            functools.partial(cloud.providers, group.required, group.forbidden)
        )
        for group in asked
    ]
    found = placement.compared(asked, answers, known)
    return found, placement.uncompared(groups, len(asked))


def _bios(reader: Reader, node_uuid: str) -> Bios:
    """Return the settings of a node; none if it is gone by now."""
    try:
        return reader.ask(
            lambda: reader.cloud.baremetal.bios(node_uuid, registry=True)
        )
    except errors.NotFound:
        return {}


def _servers(reader: Reader) -> tuple[Server, ...]:
    """Return the servers of all projects.

    :raises Refused: one of them cannot be read, which may use anything.
    """
    query = Query(all_projects=True)
    listed = reader.ask(lambda: reader.cloud.compute.servers(query))
    if listed.unread:
        raise errors.Refused(
            'Not all servers can be read, so it is not known what is in use:',
            [line for one in listed.unread.values() for line in one.lines],
        )
    return tuple(listed.found.values())


def _with_projects(reader: Reader, flavor: Flavor) -> Flavor:
    """Return a flavor with the projects that may use it."""
    if flavor.is_public or flavor.projects is not None:
        return flavor
    compute = reader.cloud.compute
    try:
        projects = reader.ask(lambda: compute.flavor_projects(flavor.id))
    except (errors.Forbidden, errors.NotFound):
        return flavor
    return replace(flavor, projects=projects)
