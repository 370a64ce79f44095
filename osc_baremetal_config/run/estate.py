"""Reading all definitions of a cloud and its nodes, as an operator.

Owns how often the cloud is asked for them: a few pages, and one BIOS read for
each node that matters. Never decides what they come to.
"""

import functools
from collections.abc import Iterable
from dataclasses import replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.check import placement
from osc_baremetal_config.core.check.survey import Placement
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts.model import (
    Bios,
    Flavor,
    Image,
    Kind,
    Listed,
    Node,
    Query,
    Server,
    Unread,
)
from osc_baremetal_config.core.offer.model import Estate
from osc_baremetal_config.core.rollout import rollout_plan
from osc_baremetal_config.run import pools
from osc_baremetal_config.run.reader import Common, Reader

Use = tuple[Listed[Server], tuple[Image, ...]]
_NO_USE: Use = (Listed({}), ())
# Calls at once; more would only queue up in the services.
_AT_ONCE = 32
_BAD_REQUEST = 400


def definitions(
    reader: Reader, *, with_use: bool = False, is_whole: bool = True
) -> Estate:
    """Return all definitions of a cloud, and its nodes without their BIOS.

    :param with_use: also the servers of all projects, and the images.
    :param is_whole: a server or a node that cannot be read may use anything,
        so nothing is known without it.
    :raises Refused: this user is not shown them all.
    """
    # Deploy templates are shown to none but system users.
    reader.use_system_scope()
    common = _common(reader)
    if Kind.DEPLOY_TEMPLATE in common.hidden:
        raise _hidden(is_bound=reader.cloud.is_bound)
    baremetal = reader.cloud.baremetal
    with pools.pool(_AT_ONCE) as pool:
        nodes = pool.submit(reader.ask, baremetal.every_node)
        use = pool.submit(_use, reader) if with_use else None
        flavors = list(
            pool.map(
                functools.partial(_with_projects, reader), common.flavors or ()
            )
        )
        servers, images = use.result() if use else _NO_USE
        unread = (*servers.unread.values(), *nodes.result().unread.values())
        if unread and is_whole:
            raise _not_whole(unread)
        return Estate(
            flavors=tuple(flavors),
            templates=common.templates,
            nodes=tuple(nodes.result().found.values()),
            unread=unread,
            servers=tuple(servers.found.values()),
            images=images,
            ironic=baremetal.version,
        )


def _not_whole(unread: Iterable[Unread]) -> errors.Refused:
    """Return that servers or nodes cannot be read, and what that means."""
    return errors.Refused(
        'Not everything can be read, so it is not known what is in use and '
        'what fits:',
        [line for one in unread for line in one.lines],
    )


def _use(reader: Reader) -> Use:
    """Return the servers of all projects, and the images."""
    return _servers(reader), reader.ask(reader.cloud.compute.images)


def _common(reader: Reader) -> Common:
    """Return the templates and the flavors.

    :raises Refused: Nova shows this login none.
    """
    try:
        return reader.common()
    except errors.Forbidden as error:
        raise rollout_plan.no_servers(error) from error


def _hidden(*, is_bound: bool) -> errors.Refused:
    """Return that a user is not shown what is defined."""
    told = ['This is for operators: it takes a role on the system.']
    if is_bound:
        told.append(
            'This login is by an application credential, which is good for '
            'its own project only: an operator logs in with a password.'
        )
    return errors.Refused(
        'Ironic does not show you its deploy templates.', told
    )


def with_bios(reader: Reader, estate: Estate, nodes: Iterable[Node]) -> Estate:
    """Return an estate with the BIOS settings of some nodes."""
    with pools.pool(_AT_ONCE) as pool:
        read = functools.partial(_bios, reader)
        wanted = [node.uuid for node in nodes]
        found = dict(zip(wanted, pool.map(read, wanted), strict=True))
    faults = {k: one for k, one in found.items() if isinstance(one, str)}
    bios = {k: one for k, one in found.items() if not isinstance(one, str)}
    return replace(estate, bios={**estate.bios, **bios}, faults=faults)


def compared(
    reader: Reader, estate: Estate, catalogue: Catalogue
) -> tuple[Placement, int]:
    """Return how Placement's traits compare, and how many nodes were left out.

    :raises ConfigError: Placement cannot be asked.
    """
    try:
        return _compared(reader, placement.groups(estate, catalogue))
    except errors.CloudError as error:
        relevant = placement.relevant_traits(estate, catalogue)
        if error.status != _BAD_REQUEST or not relevant:
            raise
    # Placement takes no trait that Nova has not told it of yet.
    cloud = reader.cloud
    known = reader.ask(functools.partial(cloud.known_traits, relevant))
    unknown = relevant - known
    groups = placement.groups(estate, catalogue, unknown)
    found, left = _compared(reader, groups)
    lacking = placement.lacking(estate, unknown)
    return Placement({**found.differing, **lacking}), left


def _compared(
    reader: Reader, groups: list[placement.Group]
) -> tuple[Placement, int]:
    cloud, asked = reader.cloud, groups[: placement.MOST]
    answers = [
        reader.ask(
            functools.partial(cloud.providers, group.required, group.forbidden)
        )
        for group in asked
    ]
    # What it does not know at all is not to be compared.
    known = frozenset[str]().union(*answers)
    if not all(known.issuperset(group.nodes) for group in asked):
        known = reader.ask(cloud.providers)
    found = placement.compared(asked, answers, known)
    return found, placement.uncompared(groups, len(asked))


def _bios(reader: Reader, node_uuid: str) -> Bios | str:
    """Return the settings of a node; none if it is gone by now.

    :returns: or why they cannot be read.
    """
    try:
        return reader.ask(
            lambda: reader.cloud.baremetal.bios(node_uuid, registry=True)
        )
    except errors.NotFound:
        return {}
    except errors.CloudError as error:
        return error.message


def _servers(reader: Reader) -> Listed[Server]:
    """Return the servers of all projects.

    :raises Refused: Nova shows this login none.
    """
    query = Query(all_projects=True)
    try:
        return reader.ask(lambda: reader.cloud.compute.servers(query))
    except errors.Forbidden as error:
        raise rollout_plan.no_servers(error) from error


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
