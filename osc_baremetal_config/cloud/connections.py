"""How long answers are waited for, how many connections there are, how often
files are searched for, and what is no answer of a service at all.

Owns the limits of a session. Never makes a call.
"""

import os
from typing import Any
from urllib import request

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
# Where requests searches unless NETRC tells it.
_NETRC_FILES = ('~/.netrc', '~/_netrc')
# What requests takes certificates from, besides proxies, before each request.
_CERTIFICATES = frozenset({'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'})


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
    if session.session.auth is None and not _has_netrc():
        session.session.auth = _as_it_is
    if not (_has_netrc() or _has_settings()):
        session.session.trust_env = False
    for adapter in session.session.adapters.values():
        if isinstance(adapter, adapters.HTTPAdapter):
            adapter.init_poolmanager(
                adapters.DEFAULT_POOLSIZE, _AT_ONCE, block=True
            )


def _has_netrc() -> bool:
    """Return whether requests may find a password in a file of netrc."""
    told = os.environ.get('NETRC')
    # As requests does it: who has no home has no file, and no error.
    return any(
        os.path.exists(os.path.expanduser(place))  # noqa: PTH110, PTH111
        for place in (_NETRC_FILES if told is None else (told,))
    )


def _has_settings() -> bool:
    """Return whether the environment has a proxy or certificates."""
    return bool(request.getproxies() or os.environ.keys() & _CERTIFICATES)


def _as_it_is(asked: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return a request with nothing added to its token.

    Without this requests searches for netrc's file before every request.
    """
    return asked


def _no_page(response: requests.Response, *_: Any, **__: Any) -> None:
    """Raise if this is a page of HTML in the place of an answer.

    A proxy or a web server in trouble answers so. The services never do where
    all is well, nor where they find a request wrong.
    """
    kind = response.headers.get('Content-Type', '')
    is_answer = response.ok or response.status_code == 400
    if is_answer and 'html' in kind and not response.is_redirect:
        told = texts.one_line(response.text)[:_SHOWN]
        raise requests.exceptions.InvalidJSONError(
            f'a page of HTML ({response.status_code}): {told}',
            request=response.request,
            response=response,
        )
