"""Reading a cloud: each thing once, in parallel, retried for a while.

Owns how often the cloud is asked: for one server its node, for many pages of
servers and of nodes; then the templates, images and flavors once, and one BIOS
read for each server. Never plans.
"""

import functools
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass, replace
from typing import NoReturn, TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.core.explain.history import Remembered
from osc_baremetal_config.core.facts import journal, naming
from osc_baremetal_config.core.facts.model import (
    Event,
    Flavor,
    Image,
    Kind,
    Listed,
    Node,
    Query,
    Server,
    Snapshot,
    Survey,
    Template,
    Unread,
)
from osc_baremetal_config.core.plan import flavors as flavors_
from osc_baremetal_config.core.plan import power
from osc_baremetal_config.core.rollout import rollout_plan
from osc_baremetal_config.run import pools
from osc_baremetal_config.run.pacing import OnBlip, retried
from osc_baremetal_config.run.protocols import Clock, Cloud

LOG = logging.getLogger(__name__)
T = TypeVar('T')

# Seconds for which one thing may fail to be read before that counts; and one
# of many that nobody has named, as others wait for it.
_LIMIT_S, _UNNAMED_S = 10.0, 1.0
# Reads of servers at once; more would only queue up in the services. Where so
# many in a row have failed to the end, the others are not retried.
_AT_ONCE = 32
# Reads at once of what all servers have in common.
_SHARED = 8


@dataclass(frozen=True, slots=True)
class Common:
    """What a cloud has, whatever the server.

    :param hidden: the kinds of template that this user may not see.
    :param images: by id, those that were asked for and can be seen.
    :param flavors: None if they were not asked for.
    """

    templates: tuple[Template, ...]
    hidden: frozenset[Kind]
    images: Mapping[str, Image | None]
    flavors: tuple[Flavor, ...] | None


class Reader:
    """Reads a cloud for one user.

    ``cloud`` is the one to continue with: of a system user, once there was
    something that only such a one is shown.
    """

    def __init__(self, cloud: Cloud, clock: Clock, on_blip: OnBlip) -> None:
        self.cloud = cloud
        self._clock = clock
        self._on_blip = on_blip
        self._failed = 0

    def snapshot(self, name_or_id: str, *, flavors: bool = False) -> Snapshot:
        """Return what a plan for one server is made from.

        :raises Refused: there is no such server, or none of its node is seen.
        """
        server = self.server(name_or_id)
        node = self._node(server)
        read, _ = self._read(
            [server], {server.id: node}, lambda one: one, flavors=flavors
        )
        found = read[server.id]
        if isinstance(found, Unread):
            raise found.error
        return found or self._no_node(server)

    def with_flavors(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot with the flavors, which were not needed before."""
        return replace(snapshot, flavors=self._flavors())

    def survey(
        self,
        query: Query,
        make: Callable[[Snapshot], T],
        *,
        flavors: bool = False,
        on_progress: Callable[[int, int], None] = lambda count, total: None,
        is_wanted: Callable[[Server], bool] = lambda server: True,
    ) -> Survey[T]:
        """Return what is made of the servers that a query selects.

        One that cannot be read, or of which nothing can be made, does not
        keep the others from being read.

        :param make: is given each snapshot once, which is then dropped: the
            BIOS of one server alone can have hundreds of settings.
        :param on_progress: told how many of how many servers have been read.
        :param is_wanted: of one that is not, no more is read.
        """
        listed = self._servers(query)
        selected = sorted(
            listed.found.values(), key=lambda server: (server.name, server.id)
        )
        servers = list(filter(is_wanted, selected))
        nodes = self._nodes(servers) if servers else Listed({})
        on_metal = [one for one in servers if one.id in nodes.found]
        read, hidden = self._read(
            on_metal,
            nodes.found,
            make,
            flavors=flavors,
            on_progress=on_progress,
        )
        unread = [
            *listed.unread.values(),
            *(
                Unread(one.id, one.name, nodes.unread[one.id].error)
                for one in servers
                if one.id in nodes.unread
            ),
            *(one for one in read.values() if isinstance(one, Unread)),
        ]
        made = {
            server_id: found
            for server_id, found in read.items()
            if found is not None and not isinstance(found, Unread)
        }
        told = made.keys() | {one.id for one in unread}
        missing = naming.missing(query.names, listed)
        excluded, elsewhere = self._left_out(query, missing)
        out = Listed(
            {**excluded.found, **elsewhere.found},
            {**excluded.unread, **elsewhere.unread},
        )
        return Survey(
            made=tuple(made.values()),
            others=tuple(one for one in servers if one.id not in told),
            missing=naming.missing(missing, out),
            excluded=tuple(excluded.found.values()),
            elsewhere=tuple(elsewhere.found.values()),
            unread=(*unread, *out.unread.values()),
            hidden=hidden,
            left=tuple(one for one in selected if not is_wanted(one)),
        )

    def common(self) -> Common:
        """Return what a cloud has to offer, with the flavors."""
        with pools.pool(_SHARED) as shared:
            return self._common(shared, frozenset(), flavors=True)

    def remembered(self, name_or_id: str) -> Remembered:
        """Return what Nova and Ironic remember of a server.

        :raises Refused: there is no such server.
        """
        server = self.server(name_or_id)
        events: tuple[Event, ...] = ()
        untold: dict[str, errors.ConfigError] = {}
        told: dict[str, Callable[[], tuple[Event, ...]]] = {
            'Nova': lambda: self.ask(
                lambda: self.cloud.compute.actions(server.id)
            ),
            'Ironic': lambda: self._node_history(server),
        }
        for service, tell in told.items():
            try:
                events += tell()
            except errors.ConfigError as error:
                untold[service] = error
        users = self.user_names({one.who for one in events if one.who})
        return Remembered(
            server=server, events=events, untold=untold, users=users
        )

    def server_groups(self, *, all_projects: bool) -> Mapping[str, str]:
        """Return server id → id of its server group."""
        groups = self.cloud.compute.server_groups
        return self.ask(lambda: groups(all_projects=all_projects))

    def server(self, name_or_id: str) -> Server:
        """Return the one server of that name or ID.

        What looks like an ID is an ID: a server may have any name, that of
        another's ID too.

        :raises Refused: there is none, or several have the name.
        """
        try:
            if naming.is_id(name_or_id):
                return self.ask(lambda: self.cloud.compute.server(name_or_id))
            named = self._named(name_or_id)
        except errors.NotFound as error:
            raise rollout_plan.nobody(name_or_id) from error
        except errors.Forbidden as error:
            raise rollout_plan.no_servers(error) from error
        if len(named.found) == 1:
            return next(iter(named.found.values()))
        if named.found:
            raise rollout_plan.several(name_or_id)
        for unread in named.unread.values():
            raise unread.error
        raise rollout_plan.nobody(name_or_id)

    def _named(self, name: str) -> Listed[Server]:
        """Return the servers of a name, and what hides whether there are any.

        Where a cell does not answer, Nova skips the servers of it if it is
        asked for a name, and shows their IDs if it is asked for all.
        """
        compute, names = self.cloud.compute, (name,)
        named = self._listed(lambda: compute.named(name), names)
        if not named.found:
            named = self._listed(lambda: compute.servers(Query()), names)
        return naming.chosen(names, named)

    def _servers(self, query: Query) -> Listed[Server]:
        """Return the servers that a query selects.

        What is given by its ID is read by itself if it is not listed, as one
        of another project is not: an administrator gets it.
        """
        try:
            listed = self._listed(
                lambda: self.cloud.compute.servers(query), query.names
            )
        except errors.Forbidden as error:
            raise rollout_plan.no_servers(
                error, all_projects=query.all_projects
            ) from error
        chosen = naming.chosen(query.names, listed)
        if query.tags or query.flavor:
            return chosen
        ids = filter(naming.is_id, naming.missing(query.names, chosen))
        return self._with_others(chosen, list(ids))

    def _with_others(
        self, listed: Listed[Server], ids: Sequence[str]
    ) -> Listed[Server]:
        """Return a list with servers added that are read by themselves."""
        found, unread = dict(listed.found), dict(listed.unread)
        for server_id in ids:
            try:
                found[server_id] = self.ask(
                    functools.partial(self.cloud.compute.server, server_id)
                )
            except errors.NotFound:
                continue
            except errors.CloudError as error:
                unread[server_id] = Unread(server_id, None, error)
        return Listed(found, unread)

    def _left_out(
        self, query: Query, missing: Sequence[str]
    ) -> tuple[Listed[Server], Listed[Server]]:
        """Return the servers that are named, but left out by a filter.

        :returns: those that lack the tag or the flavor, and those of another
            project, of which that is not known.
        """
        if not missing or not (query.tags or query.flavor):
            return Listed({}), Listed({})
        every = Query(all_projects=query.all_projects, names=tuple(missing))
        listed = self._listed(
            lambda: self.cloud.compute.servers(every), every.names
        )
        inside = naming.chosen(missing, listed)
        ids = filter(naming.is_id, naming.missing(missing, inside))
        return inside, self._with_others(Listed({}), list(ids))

    def _listed(
        self, call: Callable[[], Listed[T]], names: Collection[str]
    ) -> Listed[T]:
        """Return a list, asked for again while what is wanted is unread.

        :param names: names or IDs; empty where any is wanted.
        """
        last: list[Listed[T]] = []

        def listed() -> None:
            last[:] = [call()]
            for error in naming.doubts(names, last[0]):
                if isinstance(error, errors.TemporaryCloudError):
                    raise error

        try:
            self.ask(listed, _LIMIT_S if names else _UNNAMED_S)
        except errors.TemporaryCloudError:
            if not last:
                raise
        return last[0]

    def _node(self, server: Server) -> Node:
        node = self.ask(lambda: self.cloud.baremetal.node_of(server.id))
        if node is None and self.use_system_scope():
            node = self.ask(lambda: self.cloud.baremetal.node_of(server.id))
        return node or self._no_node(server)

    def _no_node(self, server: Server) -> NoReturn:
        raise rollout_plan.no_node(server, is_bound=self.cloud.is_bound)

    def _nodes(self, servers: Sequence[Server]) -> Listed[Node]:
        """Return server id → node; as a system user if there are none else."""
        ids = {server.id for server in servers}

        def listed() -> Listed[Node]:
            return self._listed(self.cloud.baremetal.nodes, ids)

        nodes = listed()
        if ids & (nodes.found.keys() | nodes.unread.keys()):
            return nodes
        return listed() if self.use_system_scope() else nodes

    def use_system_scope(self) -> bool:
        """Return whether the user is a system user, and read as one."""
        system = self.ask(self.cloud.as_system)
        self.cloud = system or self.cloud
        return system is not None

    def _read(
        self,
        servers: Sequence[Server],
        nodes: Mapping[str, Node],
        make: Callable[[Snapshot], T],
        *,
        flavors: bool,
        on_progress: Callable[[int, int], None] = lambda count, total: None,
    ) -> tuple[dict[str, T | Unread | None], frozenset[Kind]]:
        """Return server id → what is made of it, or why nothing is.

        :returns: None for a server without a node by now; and the kinds of
            template that this user may not see.
        """
        if not servers:
            return {}, frozenset()
        images = frozenset(one.image_id for one in servers if one.image_id)
        baremetal = self.cloud.baremetal

        def one(server: Server) -> T | None:
            node = nodes[server.id]
            try:
                bios = self.ask(
                    lambda: baremetal.bios(node.uuid, registry=True)
                )
            except errors.NotFound:
                # It has been taken away since the nodes were listed.
                return None
            actions, shared = self._actions(server), common.result()
            return make(
                Snapshot(
                    server=server,
                    node=node,
                    bios=bios,
                    templates=shared.templates,
                    hidden=shared.hidden,
                    image=shared.images.get(server.image_id or ''),
                    flavors=shared.flavors,
                    actions=actions,
                    ironic=baremetal.version,
                )
            )

        with pools.pool(_SHARED) as few, pools.pool(_AT_ONCE) as many:
            common = few.submit(self._common, few, images, flavors=flavors)
            reads: dict[str, futures.Future[T | Unread | None]] = {
                s.id: many.submit(_guarded, one, s) for s in servers
            }
            ended = futures.as_completed(reads.values())
            for count, each in enumerate(ended, 1):
                each.result()
                on_progress(count, len(reads))
        hidden = frozenset[Kind]()
        if common.exception() is None:
            hidden = common.result().hidden
        return {key: each.result() for key, each in reads.items()}, hidden

    def _common(
        self,
        pool: futures.Executor,
        image_ids: frozenset[str],
        *,
        flavors: bool,
    ) -> Common:
        images = {one: pool.submit(self._image, one) for one in image_ids}
        listed = pool.submit(self._flavors) if flavors else None
        templates = self._templates(pool)
        if templates[Kind.DEPLOY_TEMPLATE] is None and (
            self.use_system_scope()
        ):
            # They are an operator's.
            templates = self._templates(pool)
        return Common(
            tuple(one for kind in Kind for one in templates[kind] or ()),
            frozenset(kind for kind in Kind if templates[kind] is None),
            {image_id: image.result() for image_id, image in images.items()},
            listed.result() if listed else None,
        )

    def _templates(
        self, pool: futures.Executor
    ) -> dict[Kind, tuple[Template, ...] | None]:
        """Return the templates of each kind, None for one that is hidden."""

        def read(kind: Kind) -> tuple[Template, ...] | None:
            try:
                return self.ask(lambda: self.cloud.baremetal.templates(kind))
            except (errors.NotFound, errors.Forbidden):
                return None

        return dict(zip(Kind, pool.map(read, Kind), strict=True))

    def _image(self, image_id: str) -> Image | None:
        """Return an image, None if there is none (any more) to be seen."""
        try:
            return self.ask(lambda: self.cloud.compute.image(image_id))
        except (errors.NotFound, errors.Forbidden):
            return None

    def _flavors(self) -> tuple[Flavor, ...]:
        """Return the flavors, with the projects of possible variants.

        Who may not ask for these is shown only what the own project may use.
        """
        compute = self.cloud.compute
        found = self.ask(compute.flavors)
        projects = {}
        for flavor in filter(flavors_.is_for_some, found):
            try:
                projects[flavor.id] = self.ask(
                    functools.partial(compute.flavor_projects, flavor.id)
                )
            except errors.Forbidden:
                break
            except errors.NotFound:
                continue
        return tuple(replace(f, projects=projects.get(f.id)) for f in found)

    def _actions(self, server: Server) -> tuple[Event, ...] | None:
        """Return what Nova remembers of a server, if that is needed.

        :returns: None if it is not, or if Nova does not tell.
        """
        entries = journal.pending(server.metadata)
        if not power.is_in_question(server, entries):
            return None
        try:
            return self.ask(lambda: self.cloud.compute.actions(server.id))
        except (errors.NotFound, errors.Forbidden):
            return None

    def _node_history(self, server: Server) -> tuple[Event, ...]:
        """Return what Ironic remembers, as a system user if need be."""
        node = self._node(server)

        def told() -> tuple[Event, ...]:
            return self.ask(lambda: self.cloud.baremetal.history(node.uuid))

        try:
            return told()
        except (errors.Forbidden, errors.NotFound):
            if not self.use_system_scope():
                raise
            return told()

    def user_names(self, ids: Collection[str]) -> dict[str, str]:
        """Return id → name of users, of those whose name may be known.

        The own name is known; the others Keystone tells operators, by
        default. Who may not ask about one may not ask about any other.
        """
        found: dict[str, str] = {}
        try:
            found.update([self.ask(self.cloud.own_user)])
            for user_id in sorted(set(ids) - found.keys()):
                found[user_id] = self.ask(
                    functools.partial(self.cloud.user_name, user_id)
                )
        except errors.CloudError:
            LOG.debug('users are shown by their IDs', exc_info=True)
        return found

    def ask(self, call: Callable[[], T], limit_s: float = _LIMIT_S) -> T:
        """Return what a call returns, made again while that may help."""
        if self._failed >= _AT_ONCE:
            limit_s = 0.0
        try:
            found = retried(
                call,
                clock=self._clock,
                limit_s=limit_s,
                on_blip=self._on_blip,
            )
        except errors.TemporaryCloudError:
            self._failed += 1
            raise
        self._failed = 0
        return found


def _guarded(
    read: Callable[[Server], T | None], server: Server
) -> T | Unread | None:
    """Return what is made of a server, or why nothing is."""
    try:
        return read(server)
    except errors.ConfigError as error:
        return Unread(server.id, server.name, error)
    except Exception as error:
        LOG.debug('%s', server, exc_info=True)
        fault = errors.ConfigError(errors.fault(error))
        return Unread(server.id, server.name, fault)
