"""Reading all that a plan is made from: each thing once, in parallel."""

from concurrent import futures

from osc_baremetal_config import errors
from osc_baremetal_config.core.model import (
    Flavor,
    Image,
    Kind,
    Node,
    Server,
    Snapshot,
    Template,
)
from osc_baremetal_config.run.protocols import Cloud


def snapshot(cloud: Cloud, name_or_id: str, *, flavors: bool) -> Snapshot:
    """Return what the cloud says of a server and of what it can become.

    :param name_or_id: the server.
    :param flavors: whether the flavors are needed.
    :raises Refused: there is no such server, or no node of it can be seen.
    """
    server = _server(cloud, name_or_id)
    with futures.ThreadPoolExecutor() as pool:
        image = pool.submit(_image, cloud, server)
        flavors_ = pool.submit(_flavors, cloud, flavors)
        node = _node(cloud, server)
        bios = pool.submit(cloud.baremetal.bios, node.uuid)
        templates = _templates(cloud, pool)
        if templates[Kind.DEPLOY_TEMPLATE] is None:
            # The node is its project's, but the templates are an operator's.
            bios.result()
            if cloud.use_system_scope():
                templates = _templates(cloud, pool)
        return Snapshot(
            server=server,
            node=node,
            bios=bios.result(),
            templates=tuple(
                template for kind in Kind for template in templates[kind] or ()
            ),
            hidden=frozenset(k for k in Kind if templates[k] is None),
            image=image.result(),
            flavors=flavors_.result(),
        )


def _server(cloud: Cloud, name_or_id: str) -> Server:
    try:
        return cloud.compute.find_server(name_or_id)
    except errors.Forbidden as error:
        raise errors.Refused(
            'Nova shows this login no servers:',
            [
                error.message,
                'Servers are shown to a login to their project. A role on the '
                'system is used for the bare-metal calls by itself, so log in '
                'to a project even as an operator.',
            ],
        ) from error


def _node(cloud: Cloud, server: Server) -> Node:
    node = cloud.baremetal.node_of(server.id)
    if node is None and cloud.use_system_scope():
        node = cloud.baremetal.node_of(server.id)
    if node is None:
        raise errors.Refused(
            f'{server} runs on no bare-metal node that you can see.',
            [
                'It is a virtual machine, or its node is not yours to see: '
                'Ironic shows a node to the project that is its lessee or '
                'owner, and to users with a role on the system.',
                'An operator can look, with a login to the system: openstack '
                f'baremetal node show --instance {server.id}',
            ],
        )
    return node


def _image(cloud: Cloud, server: Server) -> Image | None:
    """Return the server's image, None if there is none (any more)."""
    if server.image_id is None:
        return None
    try:
        return cloud.compute.image(server.image_id)
    except (errors.NotFound, errors.Forbidden):
        return None


def _flavors(cloud: Cloud, wanted: bool) -> tuple[Flavor, ...] | None:
    return cloud.compute.flavors() if wanted else None


def _templates(
    cloud: Cloud, pool: futures.Executor
) -> dict[Kind, tuple[Template, ...] | None]:
    """Return the templates of each kind, None for one that is not shown."""

    def read(kind: Kind) -> tuple[Template, ...] | None:
        try:
            return cloud.baremetal.templates(kind)
        except (errors.NotFound, errors.Forbidden):
            return None

    return dict(zip(Kind, pool.map(read, Kind), strict=True))
