"""The session's second face: the same user with a role on the system.

Ironic shows a project's administrator no nodes and no templates, and Nova
serves no system-scoped token. So one command needs both.
"""

from keystoneauth1 import session as ksa_session
from keystoneauth1.identity import v3
from keystoneauth1.identity.v3 import base


class _TokenOf(base.AuthMethod):
    """Authenticates with whatever token another session has by then.

    A token that is made from a token ends with it, or is revoked with it. So
    when this one has to be renewed, the other session renews its own first.
    """

    def __init__(self, session: ksa_session.Session) -> None:
        self._session = session
        self._is_renewal = False

    def get_auth_data(
        self,
        session: ksa_session.Session,
        auth: base.Auth,
        headers: dict[str, str],
        request_kwargs: dict[str, object],
    ) -> tuple[str, dict[str, str | None]]:
        """Return the method's name and what identifies the user."""
        if self._is_renewal:
            self._session.invalidate()
        self._is_renewal = True
        return 'token', {'id': self._session.get_token()}


def is_bound(session: ksa_session.Session) -> bool:
    """Return whether a login can never be used for another scope.

    Keystone gives no other token to who has come with an application
    credential.
    """
    methods = getattr(session.auth, 'auth_methods', ())
    return any(
        isinstance(method, v3.ApplicationCredentialMethod)
        for method in methods
    )


def system_session(session: ksa_session.Session) -> ksa_session.Session:
    """Return a session of the same user, scoped to the whole system.

    It authenticates at its first use.

    :param session: a session that knows where Keystone is.
    """
    auth_url = getattr(session.auth, 'auth_url', '')
    return ksa_session.Session(
        auth=v3.Auth(auth_url, [_TokenOf(session)], system_scope='all'),
        verify=session.verify,
        cert=session.cert,
        timeout=session.timeout,
        app_name=session.app_name,
        app_version=session.app_version,
        user_agent=session.user_agent,
    )
