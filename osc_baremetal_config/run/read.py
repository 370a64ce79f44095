"""Reading all that a plan is made from: each thing once, in parallel."""

import functools
from collections.abc import Callable
from concurrent import futures
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.core.explain import history
from osc_baremetal_config.core.facts import journal
from osc_baremetal_config.core.facts.model import (
    Event,
    Flavor,
    Image,
    Kind,
    Node,
    Server,
    Snapshot,
    Template,
)
from osc_baremetal_config.core.plan import flavors, power
from osc_baremetal_config.run import poll
from osc_baremetal_config.run.protocols import Clock, Cloud

T = TypeVar('T')

# How long one thing may fail to be read for the moment, before it counts.
_LIMIT_S = 10.0


class Ask(Protocol):
    """Makes a call until it succeeds or fails for good."""

    def __call__(self, call: Callable[[], T]) -> T:
        """Return what the call returns."""


def asking(
    clock: Clock, on_blip: Callable[[errors.TemporaryCloudError], None]
) -> Ask:
    """Return what makes a call of a reading, as long as that may take.

    :param on_blip: told of the third temporary error of a call in a row.
    """
    return functools.partial(
        poll.patiently, clock=clock, limit_s=_LIMIT_S, on_blip=on_blip
    )


def snapshot(
    cloud: Cloud,
    clock: Clock,
    name_or_id: str,
    *,
    flavors: bool,
    on_blip: Callable[[errors.TemporaryCloudError], None],
) -> Snapshot:
    """Return what the cloud says of a server and of what it can become.

    :param name_or_id: the server.
    :param flavors: whether the flavors are needed.
    :param on_blip: told of the third temporary error in a row.
    :raises Refused: there is no such server, or no node of it can be seen.
    """
    ask = asking(clock, on_blip)
    server = _server(cloud, name_or_id, ask)
    with futures.ThreadPoolExecutor() as pool:
        image = pool.submit(_image, cloud, server, ask)
        remembered = pool.submit(actions, cloud, server, ask)
        flavors_ = pool.submit(_flavors, cloud, flavors, ask)
        node = _node(cloud, server, ask)
        bios = pool.submit(
            ask, lambda: cloud.baremetal.bios(node.uuid, registry=True)
        )
        found, hidden = templates(cloud, pool, ask, after=bios)
        return Snapshot(
            server=server,
            node=node,
            bios=bios.result(),
            templates=found,
            hidden=hidden,
            image=image.result(),
            flavors=flavors_.result(),
            actions=remembered.result(),
        )


def actions(
    cloud: Cloud, server: Server, ask: Ask
) -> tuple[Event, ...] | None:
    """Return what Nova remembers of a server, if that is needed.

    :returns: None if it is not, or if Nova does not tell.
    """
    if not power.is_in_question(server, journal.pending(server.metadata)):
        return None
    try:
        return ask(lambda: cloud.compute.actions(server.id))
    except (errors.NotFound, errors.Forbidden):
        return None


def with_flavors(
    cloud: Cloud,
    clock: Clock,
    snapshot: Snapshot,
    *,
    on_blip: Callable[[errors.TemporaryCloudError], None],
) -> Snapshot:
    """Return a snapshot with the flavors, which were not needed before."""
    found = all_flavors(cloud, asking(clock, on_blip))
    return replace(snapshot, flavors=found)


def all_flavors(cloud: Cloud, ask: Ask) -> tuple[Flavor, ...]:
    """Return the flavors, with the projects of those that could be variants.

    Who may not ask for these is shown only what the own project may use.
    """
    found = ask(cloud.compute.flavors)
    projects = {}
    for flavor in filter(flavors.is_for_some, found):
        try:
            projects[flavor.id] = ask(
                functools.partial(cloud.compute.flavor_projects, flavor.id)
            )
        except errors.Forbidden:
            break
        except errors.NotFound:
            continue
    return tuple(replace(f, projects=projects.get(f.id)) for f in found)


def remembered(
    cloud: Cloud,
    clock: Clock,
    name_or_id: str,
    *,
    on_blip: Callable[[errors.TemporaryCloudError], None],
) -> history.Remembered:
    """Return what Nova and Ironic remember of a server.

    :param name_or_id: the server.
    :raises Refused: there is no such server.
    """
    ask = asking(clock, on_blip)
    server = _server(cloud, name_or_id, ask)
    events: tuple[Event, ...] = ()
    untold: dict[str, errors.ConfigError] = {}
    told: dict[str, Callable[[], tuple[Event, ...]]] = {
        'Nova': lambda: ask(lambda: cloud.compute.actions(server.id)),
        'Ironic': lambda: _history(cloud, _node(cloud, server, ask), ask),
    }
    for service, tell in told.items():
        try:
            events += tell()
        except errors.ConfigError as error:
            untold[service] = error
    users = ask(lambda: cloud.user_names({e.who for e in events if e.who}))
    return history.Remembered(
        server=server, events=events, untold=untold, users=users
    )


def _history(cloud: Cloud, node: Node, ask: Ask) -> tuple[Event, ...]:
    """Return what Ironic remembers, as a system user if need be."""
    try:
        return ask(lambda: cloud.baremetal.history(node.uuid))
    except (errors.Forbidden, errors.NotFound):
        if not ask(cloud.use_system_scope):
            raise
        return ask(lambda: cloud.baremetal.history(node.uuid))


def templates(
    cloud: Cloud,
    pool: futures.Executor,
    ask: Ask,
    after: futures.Future[Any] | None = None,
) -> tuple[tuple[Template, ...], frozenset[Kind]]:
    """Return the templates and runbooks, and the kinds that are hidden.

    Deploy templates are an operator's; who has a role on the system reads
    them as such.

    :param after: what has to be read in the scope before.
    """
    found = _templates(cloud, pool, ask)
    if found[Kind.DEPLOY_TEMPLATE] is None:
        if after:
            after.result()
        if ask(cloud.use_system_scope):
            found = _templates(cloud, pool, ask)
    return (
        tuple(template for kind in Kind for template in found[kind] or ()),
        frozenset(kind for kind in Kind if found[kind] is None),
    )


def _server(cloud: Cloud, name_or_id: str, ask: Ask) -> Server:
    try:
        return ask(lambda: cloud.compute.find_server(name_or_id))
    except errors.Forbidden as error:
        raise no_servers(error) from error


def no_servers(error: errors.Forbidden) -> errors.Refused:
    """Return that a login can see no servers at all."""
    return errors.Refused(
        'Nova shows this login no servers:',
        [
            error.message,
            'Servers are shown to a login to their project. A role on the '
            'system is used for the bare-metal calls by itself, so log in '
            'to a project even as an operator.',
        ],
    )


def _node(cloud: Cloud, server: Server, ask: Ask) -> Node:
    node = ask(lambda: cloud.baremetal.node_of(server.id))
    if node is None and ask(cloud.use_system_scope):
        node = ask(lambda: cloud.baremetal.node_of(server.id))
    if node is None:
        raise errors.Refused(
            f'{server} runs on no bare-metal node that you can see.',
            [
                'It is a virtual machine, or its node is not yours to see: '
                'Ironic shows a node to the project that is its lessee or '
                'owner, and to users with a role on the system.',
                'An operator can look, with a login to the system: openstack '
                f'baremetal node show --instance {server.id}',
                *_bound(cloud),
            ],
        )
    return node


def _bound(cloud: Cloud) -> list[str]:
    """Return why a role on the system is of no use to this login."""
    if not cloud.is_bound:
        return []
    return [
        'This login is by an application credential. Keystone lets it be '
        'used for its own project only, so a role on the system is of no '
        'use to it: an operator logs in with a password.'
    ]


def _image(cloud: Cloud, server: Server, ask: Ask) -> Image | None:
    """Return the server's image, None if there is none (any more)."""
    image_id = server.image_id
    if image_id is None:
        return None
    try:
        return ask(lambda: cloud.compute.image(image_id))
    except (errors.NotFound, errors.Forbidden):
        return None


def _flavors(
    cloud: Cloud, wanted: bool, ask: Ask
) -> tuple[Flavor, ...] | None:
    return all_flavors(cloud, ask) if wanted else None


def _templates(
    cloud: Cloud, pool: futures.Executor, ask: Ask
) -> dict[Kind, tuple[Template, ...] | None]:
    """Return the templates of each kind, None for one that is not shown."""

    def read(kind: Kind) -> tuple[Template, ...] | None:
        try:
            return ask(lambda: cloud.baremetal.templates(kind))
        except (errors.NotFound, errors.Forbidden):
            return None

    return dict(zip(Kind, pool.map(read, Kind), strict=True))
