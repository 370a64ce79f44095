"""How long answers are waited for, how many connections there are, and what
is no answer of a service at all.

Owns the limits of a session. Never makes a call.
"""

from typing import Any

import requests
from keystoneauth1 import session as ksa_session
from requests import adapters

from osc_baremetal_config.cloud import texts

# A service that does not answer for so long is taken to be away for the
# moment. The clients wait for ever unless they are told otherwise.
_LIMIT_S = 60.0
# Connections to one service at once; a call that finds none free waits for
# one. The clients keep ten, and say on stderr whenever there are more.
_AT_ONCE = 32
# Letters of such a page that are shown.
_SHOWN = 60


def bound(session: ksa_session.Session) -> None:
    """Give a session its limits, where nobody has given it others.

    Its requests raise ``requests.exceptions.InvalidJSONError`` where a page
    for a browser comes instead of an answer.
    """
    hooks = session.session.hooks.setdefault('response', [])
    if _no_page not in hooks:
        hooks.append(_no_page)
    if session.timeout is None:
        session.timeout = _LIMIT_S
    for adapter in session.session.adapters.values():
        if isinstance(adapter, adapters.HTTPAdapter):
            adapter.init_poolmanager(
                adapters.DEFAULT_POOLSIZE, _AT_ONCE, block=True
            )


def _no_page(response: requests.Response, *_: Any, **__: Any) -> None:
    """Return if this is not a page of HTML that says that all is well.

    A proxy or a web server in trouble answers so; the services never do.
    """
    kind = response.headers.get('Content-Type', '')
    if response.ok and 'html' in kind and not response.is_redirect:
        told = texts.one_line(response.text)[:_SHOWN]
        raise requests.exceptions.InvalidJSONError(
            f'a page of HTML ({response.status_code}): {told}',
            request=response.request,
            response=response,
        )
