"""Looking at many servers that are being changed, by one look for all.

Owns what a look costs: a list of servers and one of nodes, page by page,
however many are watched.
"""

from collections.abc import Collection
from concurrent import futures

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts.model import Listed, Node, Query, Server
from osc_baremetal_config.run.protocols import Cloud


class Watch:
    """Looks at the servers of a cloud and their nodes.

    :param query: which servers are listed.
    :param pool: where the nodes are listed while the servers are.
    """

    def __init__(
        self, cloud: Cloud, query: Query, pool: futures.Executor
    ) -> None:
        self._cloud = cloud
        self._query = query
        self._pool = pool

    def look(
        self, ids: Collection[str]
    ) -> tuple[Listed[Server], Listed[Node]]:
        """Return the servers, and the nodes of them.

        One that has just been deleted, or left the project, is in neither.

        :param ids: of the servers that are watched.
        :raises CloudError: one of the lists could not be had.
        """
        listed = self._pool.submit(self._cloud.baremetal.nodes, ids)
        try:
            servers = self._cloud.compute.servers(self._query, ids)
        except errors.ConfigError:
            futures.wait([listed])
            raise
        return servers, listed.result()
