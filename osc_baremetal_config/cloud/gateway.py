"""The services of one login, behind one object.

Fulfils :class:`osc_baremetal_config.run.protocols.Cloud`. Owns nothing but
the scope in which the bare-metal calls are made.
"""

from collections.abc import Set
from typing import Any

from keystoneauth1 import session as ksa_session
from openstack import connection
from openstack import exceptions as sdk_exc

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import connections, scope
from osc_baremetal_config.cloud.baremetal import BareMetal
from osc_baremetal_config.cloud.compute import Compute
from osc_baremetal_config.cloud.faults import translated
from osc_baremetal_config.cloud.fields import Document


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

    def user_names(self, ids: Set[str]) -> dict[str, str]:
        """Return id → name of users, of those whose name may be known.

        The own name is known; the others Keystone tells operators, by
        default. Who may not ask about one may not ask about any other.
        """
        session = self._sdk.session
        login: Any = session.auth
        found: dict[str, str] = {}
        try:
            with translated('Keystone'):
                own = login.get_access(session)
                found[own.user_id] = own.username
            for user_id in sorted(ids - found.keys()):
                found[user_id] = self._user_name(user_id)
        except errors.CloudError:
            # Without the names there are the IDs.
            return found
        return found

    def _user_name(self, user_id: str) -> str:
        """Return a user's name, the ID of one who is no more."""
        with translated('Keystone'):
            answer = self._sdk.identity.get(f'/users/{user_id}')
            if answer.status_code == 404:
                return user_id
            sdk_exc.raise_from_response(answer)
            return Document(answer.json()).object('user').text('name')

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
