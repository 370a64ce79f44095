"""Looking at the servers that are being changed.

Owns what a look costs: for one server it and its node, for many a list of
servers and one of nodes, page by page, however many are watched.
"""

from collections.abc import Mapping
from concurrent import futures
from typing import Protocol

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts.model import Listed, Node, Query, Server
from osc_baremetal_config.run.change import Change
from osc_baremetal_config.run.protocols import Cloud

Look = tuple[Listed[Server], Listed[Node]]


class Watch(Protocol):
    """Looks at servers and their nodes."""

    def look(self, changes: Mapping[str, Change]) -> Look:
        """Return the servers, and the nodes by the ids of their servers.

        :param changes: server id → change, of those that are watched.
        :raises CloudError: server or node, or one of the lists, could not be
            had.
        """


class One:
    """Looks at the server of one change, and at its node in a thread."""

    def __init__(self, cloud: Cloud, pool: futures.Executor) -> None:
        self._cloud = cloud
        self._pool = pool

    def look(self, changes: Mapping[str, Change]) -> Look:
        """Return the server and its node."""
        [(server_id, change)] = changes.items()
        reading = self._pool.submit(self._node, change)
        try:
            server = self._cloud.compute.server(server_id)
        except errors.ConfigError:
            futures.wait([reading])
            raise
        try:
            node = reading.result()
        except errors.NotFound:
            # It is no longer the project's once the server is being deleted,
            # which may have begun since the server was read, or ended.
            server = self._cloud.compute.server(server_id)
            if not server.is_being_deleted:
                raise
            node = change.node
        return Listed({server_id: server}), Listed({server_id: node})

    def _node(self, change: Change) -> Node:
        """Return the node of a change's server.

        A resize may change it; for a moment Ironic then shows none.
        """
        baremetal, plan = self._cloud.baremetal, change.plan
        if plan.resize_to is None:
            return baremetal.node(plan.node.uuid)
        return baremetal.node_of(plan.server.id) or change.node


class Many:
    """Looks at many servers by one look for all.

    :param query: which servers are listed.
    :param pool: where the nodes are listed while the servers are.
    """

    def __init__(
        self, cloud: Cloud, query: Query, pool: futures.Executor
    ) -> None:
        self._cloud = cloud
        self._query = query
        self._pool = pool

    def look(self, changes: Mapping[str, Change]) -> Look:
        """Return the servers and their nodes.

        One that has just been deleted, or left the project, is in neither.
        """
        ids = changes.keys()
        listing = self._pool.submit(self._cloud.baremetal.nodes, ids)
        try:
            servers = self._cloud.compute.servers(self._query, ids)
        except errors.ConfigError:
            futures.wait([listing])
            raise
        return servers, listing.result()
