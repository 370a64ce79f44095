"""A cloud that answers from a script, and the real ``openstack`` against it.

Owns the login and the discovery documents. Every other request must be the
next one of the script, with the method, URL, microversion, token and body
that it says; a request that is not, and one that does not come, fail the
test.
"""

import datetime
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib import parse

import fixtures
import requests
import requests_mock
from keystoneauth1 import fixture as ksa_fixture
from osc_lib import clientmanager

from osc_baremetal_config.cloud import gateway
from osc_baremetal_config.osc import client
from tests import runs, shells
from tests.unit import documents

IDENTITY = 'https://identity.example.com/v3'
URLS = {
    'compute': 'https://compute.example.com/v2.1',
    'image': 'https://image.example.com',
    'baremetal': 'https://baremetal.example.com',
}
VERSION_HEADERS = {
    'compute': 'X-OpenStack-Nova-API-Version',
    'baremetal': 'X-OpenStack-Ironic-API-Version',
}
AUTH = (
    '--os-auth-type password --os-username mona --os-password secret '
    '--os-project-name acme --os-user-domain-id default '
    '--os-project-domain-id default --os-region-name RegionOne '
    f'--os-auth-url {IDENTITY}'
).split()
PROJECT, SYSTEM = 'project-token', 'system-token'


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request that must come, and what it is answered.

    :param url: ``service`` and path with query, as in ``compute/servers/x``.
    :param json: the body that must be sent, None for none.
    :param version: the microversion that must be asked for, if any.
    :param answer: a document, or an exception to raise.
    """

    method: str
    url: str
    answer: Any = None
    json: Any = None
    status: int = 200
    version: str | None = None
    token: str = PROJECT

    def __str__(self) -> str:
        return f'{self.method} {self.url}'


def nova(method: str, path: str, answer: Any = None, **more: Any) -> Exchange:
    """Return an exchange with Nova."""
    version = more.pop('version', '2.96')
    return Exchange(
        method=method,
        url=f'compute{path}',
        answer=answer,
        version=version,
        **more,
    )


def glance(method: str, path: str, answer: Any = None) -> Exchange:
    """Return an exchange with Glance."""
    return Exchange(method=method, url=f'image/v2{path}', answer=answer)


def ironic(
    method: str, path: str, answer: Any = None, **more: Any
) -> Exchange:
    """Return an exchange with Ironic; ``version`` is 1.87 unless told."""
    version = more.pop('version', '1.87')
    return Exchange(
        method=method,
        url=f'baremetal/v1{path}',
        answer=answer,
        version=version,
        **more,
    )


@dataclass
class Clock:
    """Time that passes only by being slept."""

    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        """Return the seconds slept so far."""
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)

    def utc(self) -> datetime.datetime:
        """Return a date and time that never changes."""
        return datetime.datetime(2026, 11, 22, 14, 2, tzinfo=datetime.UTC)


class Cloud(fixtures.Fixture):
    """A cloud that plays a script.

    :param script: exchanges in order; those of a set come in any order.
    :param nova: Nova's newest microversion.
    :param ironic: Ironic's newest microversion, None for a cloud without it.
    :param has_system_role: whether the user may act on the whole system.
    :param away: a service that does not answer at all.
    """

    def __init__(
        self,
        *script: Exchange | Sequence[Exchange],
        nova: str = '2.96',
        ironic: str | None = '1.115',
        has_system_role: bool = False,
        away: str | None = None,
    ) -> None:
        self._script = [
            [part] if isinstance(part, Exchange) else list(part)
            for part in script
        ]
        self._nova = nova
        self._ironic = ironic
        self._has_system_role = has_system_role
        self._away = away
        self._lock = threading.Lock()
        self._surprises: list[str] = []
        self.clock = Clock()

    def _setUp(self) -> None:
        mocker = self.useFixture(_Mocker()).mocker
        self._answer_identity(mocker)
        self._answer_discovery(mocker)
        mocker.add_matcher(self._play)
        if self._away:
            mocker.register_uri(
                requests_mock.ANY,
                re.compile(URLS[self._away]),
                exc=requests.ConnectionError('nobody is there'),
            )
        self._give_openstack_our_clock()

    def openstack(self, *argv: str) -> runs.Ran:
        """Return what the real command line does, the script being played.

        :raises AssertionError: the conversation was another one.
        """
        ran = shells.openstack([*AUTH, *argv])
        left = [str(e) for group in self._script for e in group]
        if self._surprises or left:
            raise AssertionError(
                f'came unasked: {self._surprises}\n'
                f'never came: {len(left)}: {left[:3]}\n{ran}'
            )
        return ran

    def _give_openstack_our_clock(self) -> None:
        """Have the commands work with the real gateway and a clock of ours.

        OpenStackClient keeps the client on the class, for the life of the
        process, so it has to be replaced for every test anyway.
        """

        def make(manager: Any) -> client.Client:
            cloud = gateway.Gateway(manager.sdk_connection)
            return client.Client(cloud=cloud, clock=self.clock)

        owner, name = clientmanager.ClientManager, 'baremetal_config'
        self.addCleanup(setattr, owner, name, vars(owner)[name])
        setattr(owner, name, clientmanager.ClientCache(make))

    def _answer_identity(self, mocker: requests_mock.Mocker) -> None:
        versions = ksa_fixture.DiscoveryList(
            href=IDENTITY.removesuffix('/v3'), v2=False
        )
        mocker.get(IDENTITY, json={'version': versions.versions[0]})

        def token(request: Any, context: Any) -> dict[str, Any]:
            scope = request.json()['auth'].get('scope', {})
            if 'system' not in scope:
                context.headers['X-Subject-Token'] = PROJECT
                return dict(self._token())
            if not self._has_system_role:
                context.status_code = 401
                return {'error': {'code': 401, 'message': 'no such role'}}
            context.headers['X-Subject-Token'] = SYSTEM
            return dict(self._token(system={'all': True}))

        mocker.post(f'{IDENTITY}/auth/tokens', json=token)

    def _token(self, **scope: Any) -> ksa_fixture.V3Token:
        token = ksa_fixture.V3Token(
            project_id=None if scope else documents.PROJECT_ID,
            project_name=None if scope else 'acme',
        )
        if scope:
            token['token']['system'] = scope['system']
        for kind, url in URLS.items():
            if kind == 'baremetal' and self._ironic is None:
                continue
            service = token.add_service(kind)
            service.add_standard_endpoints(public=url, region='RegionOne')
        return token

    def _answer_discovery(self, mocker: requests_mock.Mocker) -> None:
        mocker.get(
            URLS['compute'],
            json={'version': _version('v2.1', URLS['compute'], self._nova)},
        )
        image = _version('v2.9', f'{URLS["image"]}/v2/')
        mocker.get(URLS['image'], json={'versions': [image]})
        url = URLS['baremetal']
        if self._ironic:
            version = _version('v1', f'{url}/v1/', self._ironic)
            document = {'id': 'v1', 'version': version, 'versions': [version]}
            mocker.get(url, json=document)
            mocker.get(f'{url}/v1/', json=document)

    def _play(self, request: Any) -> requests.Response | None:
        """Return the script's answer to a request, None if it has none."""
        with self._lock:
            exchange = self._expected(request)
        if exchange is None:
            return None
        if isinstance(exchange.answer, Exception):
            raise exchange.answer
        return requests_mock.create_response(
            request,
            json={} if exchange.answer is None else exchange.answer,
            status_code=exchange.status,
            headers={
                'x-openstack-request-id': 'req-1',
                'Content-Type': 'application/json',
            },
        )

    def _expected(self, request: Any) -> Exchange | None:
        seen = _as_exchange(request)
        if seen is None:
            return None
        group = self._script[0] if self._script else []
        for exchange in group:
            if _key(exchange) == _key(seen):
                group.remove(exchange)
                if not group:
                    self._script.pop(0)
                return exchange
        due = [_key(exchange) for exchange in group]
        self._surprises.append(f'{_key(seen)}, due was {due}')
        return None


class _Mocker(fixtures.Fixture):
    """requests-mock for the time of a test."""

    def _setUp(self) -> None:
        self.mocker = requests_mock.Mocker()
        self.mocker.start()
        self.addCleanup(self.mocker.stop)


def _key(exchange: Exchange) -> tuple[object, ...]:
    return (
        exchange.method,
        exchange.url,
        exchange.json,
        exchange.version,
        exchange.token,
    )


def _as_exchange(request: Any) -> Exchange | None:
    """Return a request in the script's words, None if it is discovery."""
    url = parse.unquote(request.url)
    for service, root in URLS.items():
        if url.startswith(root) and len(url) > len(root) + 1:
            header = VERSION_HEADERS.get(service, '')
            return Exchange(
                method=request.method,
                url=service + url.removeprefix(root),
                json=request.json() if request.body else None,
                version=request.headers.get(header),
                token=request.headers['X-Auth-Token'],
            )
    return None


def _version(name: str, url: str, newest: str | None = None) -> dict[str, Any]:
    document: dict[str, Any] = {
        'id': name,
        'status': 'CURRENT',
        'links': [{'rel': 'self', 'href': url}],
    }
    if newest:
        document |= {'version': newest, 'min_version': '1.1'}
    return document
