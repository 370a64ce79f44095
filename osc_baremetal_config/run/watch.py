"""Looking at the servers that are being changed: one, or many at once.

Owns how often the cloud is asked. Many runs that look at the same time share
one list of servers and one of nodes, so watching costs the same however many
there are.
"""

import threading
from collections.abc import Callable, Mapping

from osc_baremetal_config import errors
from osc_baremetal_config.core.model import Node, Query, Server
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.run.protocols import Clock, Cloud

# Returns the server of a plan and its node; the node that was seen last is
# given, because Ironic shows none for a moment while a resize changes it.
Look = Callable[[Plan, Node], tuple[Server, Node]]


def one(cloud: Cloud) -> Look:
    """Return what looks at one server by itself."""

    def look(plan: Plan, last: Node) -> tuple[Server, Node]:
        server = cloud.compute.server(plan.server.id)
        if plan.resize_to is not None:
            return server, cloud.baremetal.node_of(server.id) or last
        try:
            return server, cloud.baremetal.node(plan.node.uuid)
        except errors.NotFound:
            # It is no longer the project's once the server is being deleted.
            if server.task_state != 'deleting':
                raise
            return server, last

    return look


class Many:
    """Looks at many servers with one list of each kind.

    A look is answered by a list that was asked for after it, never by an
    older one: what was done before the look is seen. Of those that wait for
    the same list, one asks for it.

    :param query: which servers are listed.
    """

    def __init__(self, cloud: Cloud, clock: Clock, query: Query) -> None:
        self._cloud = cloud
        self._clock = clock
        self._query = query
        self._changed = threading.Condition()
        self._asked = 0
        self._answered = 0
        self._is_asking = False
        self._servers: Mapping[str, Server] = {}
        self._nodes: Mapping[str, Node] = {}
        self._error: errors.CloudError | None = None

    def __call__(self, plan: Plan, last: Node) -> tuple[Server, Node]:
        """Return the server of a plan and its node.

        :raises CloudError: the list could not be had, or the server is gone.
        """
        with self._changed:
            # A list that is under way may be older than this look.
            wanted = self._asked + 1
            while self._answered < wanted:
                if self._is_asking:
                    self._changed.wait()
                else:
                    self._ask()
            servers, nodes, error = self._servers, self._nodes, self._error
        if error is not None:
            raise error
        server = servers.get(plan.server.id)
        if server is None:
            server = self._cloud.compute.server(plan.server.id)
        return server, nodes.get(plan.server.id, last)

    def _ask(self) -> None:
        """Get the lists, letting others come in to wait for them."""
        self._is_asking = True
        self._asked += 1
        number = self._asked
        self._changed.release()
        error = None
        try:
            servers = self._cloud.compute.servers(self._query)
            nodes = self._cloud.baremetal.nodes()
        except errors.CloudError as failed:
            error = failed
        finally:
            self._changed.acquire()
            self._is_asking = False
            self._answered = number
            self._error = error
            self._changed.notify_all()
        if error is None:
            self._servers = {server.id: server for server in servers}
            self._nodes = nodes
