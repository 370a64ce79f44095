"""How long answers are waited for, and how many connections there are.

Owns the limits of a session. Never makes a call.
"""

from keystoneauth1 import session as ksa_session
from requests import adapters

# A service that does not answer for so long is taken to be away for the
# moment. The clients wait for ever unless they are told otherwise.
_LIMIT_S = 60.0
# Connections to one service at once; a call that finds none free waits for
# one. The clients keep ten, and say on stderr whenever there are more.
_AT_ONCE = 32


def bound(session: ksa_session.Session) -> None:
    """Give a session its limits, where nobody has given it others."""
    if session.timeout is None:
        session.timeout = _LIMIT_S
    for adapter in session.session.adapters.values():
        if isinstance(adapter, adapters.HTTPAdapter):
            adapter.init_poolmanager(
                adapters.DEFAULT_POOLSIZE, _AT_ONCE, block=True
            )
