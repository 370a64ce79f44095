"""What the run layer needs of the world, as protocols.

Owns no behaviour. :mod:`osc_baremetal_config.cloud` and
:mod:`osc_baremetal_config.osc` fulfil these.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from osc_baremetal_config.core.facts.model import (
    Bios,
    Event,
    Flavor,
    Image,
    InstanceAction,
    Kind,
    Listed,
    Node,
    Query,
    Server,
    Step,
    Template,
)
from osc_baremetal_config.core.facts.releases import Version
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.rollout.result import Ended
from osc_baremetal_config.core.rollout.scheduler import Progress


class Compute(Protocol):
    """Calls to Nova and Glance; none waits for what it began.

    Every method may raise :class:`~osc_baremetal_config.errors.CloudError`.
    """

    def named(self, name: str) -> Listed[Server]:
        """Return the servers of exactly that name."""

    def server(self, server_id: str) -> Server:
        """Return a server."""

    def servers(
        self, query: Query, ids: Collection[str] | None = None
    ) -> Listed[Server]:
        """Return all servers that a query means but for their names.

        :param ids: no page is asked for any more once all of these have been
            seen. None for no such end.
        """

    def server_groups(self, *, all_projects: bool) -> Mapping[str, str]:
        """Return server id → id of its server group.

        :param all_projects: not only those of the login's project.
        """

    def image(self, image_id: str) -> Image:
        """Return an image."""

    def flavors(self) -> tuple[Flavor, ...]:
        """Return all flavors that the user can see."""

    def flavor_projects(self, flavor_id: str) -> frozenset[str]:
        """Return the ids of the projects that may use a flavor."""

    def images(self) -> tuple[Image, ...]:
        """Return all images that the user can see."""

    def define(self, method: str, path: str, body: Any) -> None:
        """Send a request that defines a flavor.

        :raises Conflict: there is one of that name already.
        """

    def check_define(self, flavor: Flavor) -> None:
        """Raise unless the user may define flavors.

        :param flavor: one that there is.
        :raises Forbidden: a policy of Nova denies it.
        """

    def begin_stop(self, server_id: str) -> None:
        """Have Nova shut a server down."""

    def begin_start(self, server_id: str) -> None:
        """Have Nova start a server."""

    def begin_resize(self, server_id: str, flavor_id: str) -> None:
        """Have Nova resize a server."""

    def confirm_resize(self, server_id: str) -> None:
        """Have Nova confirm a resize."""

    def revert_resize(self, server_id: str) -> None:
        """Have Nova revert a resize that was not confirmed."""

    def actions(self, server_id: str) -> tuple[Event, ...]:
        """Return what was done with a server."""

    def last_action(self, server_id: str, name: str) -> InstanceAction | None:
        """Return the last action of a name that was made with a server."""

    def set_metadata(
        self, server_id: str, items: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Set items of a server's metadata, and return all that it has now."""

    def delete_metadata(self, server_id: str, keys: Iterable[str]) -> None:
        """Remove items of a server's metadata; missing ones are no error."""


class BareMetal(Protocol):
    """Calls to Ironic; none waits for what it began.

    Every method may raise :class:`~osc_baremetal_config.errors.CloudError`.
    """

    def node_of(self, server_id: str) -> Node | None:
        """Return the node that a server runs on, None if none is seen."""

    def node(self, node_uuid: str) -> Node:
        """Return a node."""

    def nodes(self, ids: Collection[str] | None = None) -> Listed[Node]:
        """Return the nodes of all servers whose node is seen.

        :param ids: of servers; no page is asked for any more once the nodes
            of all of these have been seen. None for no such end.
        """

    def every_node(self) -> Listed[Node]:
        """Return UUID → node of all nodes, with their resource classes."""

    @property
    def version(self) -> Version:
        """Return the newest microversion that Ironic has."""

    def define(self, call: str, method: str, path: str, body: Any) -> None:
        """Send a request that defines a template, a runbook or a trait.

        :param call: what it is, for the microversion.
        :raises Conflict: there is one of that name already.
        """

    def check_define(self) -> None:
        """Raise unless the user may define deploy templates.

        :raises Forbidden: a policy of Ironic denies it.
        """

    def history(self, node_uuid: str) -> tuple[Event, ...]:
        """Return what Ironic remembers of a node."""

    def bios(self, node_uuid: str, *, registry: bool) -> Bios:
        """Return the BIOS settings of a node as Ironic last read them.

        :param registry: with what its registry says of each.
        """

    def templates(self, kind: Kind) -> tuple[Template, ...]:
        """Return the deploy templates or runbooks."""

    def check_service(
        self, node_uuid: str, what: Sequence[Step] | str
    ) -> None:
        """Raise unless the user may have a node serviced.

        :param what: steps, or the name of a runbook.
        :raises Forbidden: a policy of Ironic denies it.
        :raises CloudError: the runbook is not for this node.
        """

    def begin_service(
        self, node_uuid: str, what: Sequence[Step] | str
    ) -> None:
        """Have Ironic run steps, or a runbook, on an active node."""

    def end_maintenance(self, node_uuid: str) -> None:
        """Have Ironic end the maintenance of a node."""

    def abort(self, node_uuid: str) -> None:
        """Have Ironic make a node active whose service has failed."""

    def begin_power(self, node_uuid: str, *, on: bool) -> None:
        """Have Ironic switch a node on or off."""


class Cloud(Protocol):
    """A cloud as one user sees it."""

    @property
    def compute(self) -> Compute:
        """Return the servers, flavors and images."""

    @property
    def baremetal(self) -> BareMetal:
        """Return the nodes, as seen in the scope that is in use."""

    def own_user(self) -> tuple[str, str]:
        """Return the id and the name of the user."""

    def user_name(self, user_id: str) -> str:
        """Return a user's name, the ID of one who is no more."""

    def providers(
        self, required: Iterable[str] = (), forbidden: Iterable[str] = ()
    ) -> frozenset[str]:
        """Return the UUIDs of Placement's providers that have traits.

        :param required: that they have.
        :param forbidden: that they have not.
        """

    def known_traits(self, names: Iterable[str]) -> frozenset[str]:
        """Return those of some traits that Placement knows."""

    def projects(self, name_or_id: str) -> tuple[str, ...]:
        """Return the IDs of the projects that a name or an ID means.

        :raises Forbidden: the user may not ask about projects.
        """

    def every_project(self) -> Mapping[str, str] | None:
        """Return ID → name of all projects, None if Keystone tells only some.

        :raises Forbidden: the user may not ask about projects.
        """

    @property
    def is_bound(self) -> bool:
        """Return whether the login can never be used for another scope."""

    def as_system(self) -> 'Cloud | None':
        """Return the same with the bare-metal calls made as a system user.

        :returns: None if the user has no role on the system.
        """


class Clock(Protocol):
    """Time that can be waited for."""

    def now(self) -> float:
        """Return seconds from some fixed point; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""

    def utc(self) -> datetime.datetime:
        """Return the date and time."""


class Reporter(Protocol):
    """Who is told how it goes. Calls come from several threads."""

    def doing(
        self, server: Server, what: str, elapsed_s: float, limit_s: float
    ) -> None:
        """Tell what is going on with a server; called at every look."""

    def warn(self, text: str, server: Server | None = None) -> None:
        """Tell something that the person should know."""

    def progress(self, progress: Progress) -> None:
        """Tell how far it is; called at every look."""

    def ended(self, plan: Plan, end: Ended) -> None:
        """Tell that a server has ended."""
