"""The services of one login, behind one object.

Fulfils :class:`osc_baremetal_config.run.protocols.Cloud`. Owns nothing but
the scope in which the bare-metal calls are made.
"""

from keystoneauth1 import session as ksa_session
from openstack import connection

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import connections, scope
from osc_baremetal_config.cloud.baremetal import BareMetal
from osc_baremetal_config.cloud.compute import Compute
from osc_baremetal_config.cloud.faults import translated


class Gateway:
    """A cloud as one user sees it.

    :param sdk: the user's connection, whose session gets its limits.
    """

    def __init__(self, sdk: connection.Connection) -> None:
        self._sdk = sdk
        connections.bound(sdk.session)
        self.compute = Compute(sdk)
        self.baremetal = self._baremetal(sdk.session)

    def use_system_scope(self) -> bool:
        """Make the bare-metal calls as a system user from now on.

        :returns: whether the user has a role on the system.
        """
        if scope.is_bound(self._sdk.session):
            return False
        session = scope.system_session(self._sdk.session)
        connections.bound(session)
        try:
            with translated('Keystone'):
                session.get_token()
        except (errors.Forbidden, errors.NotFound):
            return False
        self.baremetal = self._baremetal(session)
        return True

    @property
    def is_bound(self) -> bool:
        """Return whether the login can never be used for another scope."""
        return scope.is_bound(self._sdk.session)

    def _baremetal(self, session: ksa_session.Session) -> BareMetal:
        config = self._sdk.config
        return BareMetal(
            session,
            region_name=config.get_region_name('baremetal'),
            interface=config.get_interface('baremetal'),
            endpoint=config.get_endpoint('baremetal'),
        )
