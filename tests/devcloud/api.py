"""The cloud's REST APIs, as its administrator uses them to fill it.

Owns the administrator's two logins and the microversions.  Must never know
what is created.
"""

import collections.abc
import dataclasses
import functools
import pathlib
import typing

import requests
from keystoneauth1 import exceptions
from keystoneauth1 import session as sessions
from keystoneauth1.identity import v3

from tests.devcloud import config, errors
from tests.devcloud import layout as layouts

Json = dict[str, typing.Any]
Version = tuple[int, ...]
# What Ironic is asked for at most; an older one, for what it has.
IRONIC = (1, 112)
_IRONIC = 'X-OpenStack-Ironic-API-Version'
_IRONIC_NEWEST = 'X-OpenStack-Ironic-API-Maximum-Version'
MICROVERSIONS = {
    'nova-api': {'X-OpenStack-Nova-API-Version': '2.96'},
    'placement': {'OpenStack-API-Version': 'placement 1.39'},
}
# Each API, and something that only an administrator may read of it.
FIRST_REQUESTS = {
    'keystone': '/services',
    'ironic': '/nodes?limit=1',
    'nova-api': '/os-services',
    'placement': '/traits?name=in:CUSTOM_GOLD',
    'glance': '/images?limit=1',
    'neutron': '/networks?limit=1',
}


@dataclasses.dataclass(frozen=True, slots=True)
class Api:
    """One service's API, for one login.

    :param name: the service's, for what is said when it fails.
    :param url: what every path is added to.
    :param log: its log.
    :param version: of the API that is spoken; empty if it has only one.
    """

    name: str
    session: sessions.Session
    url: str
    headers: collections.abc.Mapping[str, str]
    log: pathlib.Path
    version: Version = ()

    def get(self, path: str) -> typing.Any:
        return self._call('GET', path)

    def post(self, path: str, body: Json) -> typing.Any:
        return self._call('POST', path, json=body)

    def put(
        self, path: str, body: Json | None = None, **kwargs: typing.Any
    ) -> typing.Any:
        if body is not None:
            kwargs['json'] = body
        return self._call('PUT', path, **kwargs)

    def patch(self, path: str, body: Json | list[Json]) -> typing.Any:
        return self._call('PATCH', path, json=body)

    def delete(self, path: str) -> None:
        self._call('DELETE', path)

    def failed(self, reason: str) -> errors.Failed:
        """Return the error for the person, with the service's log."""
        return errors.Failed(self.name, reason.strip(), self.log)

    def _call(
        self, method: str, path: str, **kwargs: typing.Any
    ) -> typing.Any:
        headers = {**self.headers, **kwargs.pop('headers', {})}
        try:
            response = self.session.request(
                self.url + path,
                method,
                headers=headers,
                raise_exc=False,
                **kwargs,
            )
        except exceptions.ClientException as exc:
            raise self.failed(f'{method} {path}: {exc}') from exc
        if response.status_code >= 400:
            raise self.failed(
                f'{method} {path}: {response.status_code} {response.text}'
            )
        if 'json' not in response.headers.get('Content-Type', ''):
            return None
        return response.json()


@dataclasses.dataclass(frozen=True, slots=True)
class Admin:
    """The administrator: one login for the system, one for the project."""

    layout: layouts.Layout
    system: sessions.Session
    project: sessions.Session

    @classmethod
    def log_in(cls, layout: layouts.Layout) -> 'Admin':
        """Return the logins; no token is asked for before the first call."""
        login = functools.partial(
            v3.Password,
            f'{layout.url("keystone")}/v3',
            username='admin',
            password=config.password(layout),
            user_domain_name='Default',
        )
        return cls(
            layout,
            _session(login(system_scope='all')),
            _session(
                login(project_name='admin', project_domain_name='Default')
            ),
        )

    def open(self, name: str) -> None:
        """Make an API's first request, with no other beside it.

        That one makes oslo.policy load its rules, and a second request that
        comes in meanwhile finds some and is refused.
        """
        apis = {
            'keystone': self.keystone,
            'ironic': self.ironic,
            'nova-api': self.nova,
            'placement': self.placement,
            'glance': self.glance,
            'neutron': self.neutron,
        }
        apis[name]().get(FIRST_REQUESTS[name])

    def keystone(self) -> Api:
        return self._api('keystone', self.system, '/v3')

    def ironic(self) -> Api:
        """Return Ironic's API in the newest version that both know."""
        found = self._api('ironic', self.system, '/v1')
        version = min(IRONIC, newest(self.layout))
        headers = {_IRONIC: '.'.join(map(str, version))}
        return dataclasses.replace(found, headers=headers, version=version)

    def nova(self) -> Api:
        return self._api('nova-api', self.project, '/v2.1')

    def glance(self) -> Api:
        return self._api('glance', self.project, '/v2')

    def placement(self) -> Api:
        return self._api('placement', self.project, '')

    def neutron(self) -> Api:
        return self._api('neutron', self.project, '/v2.0')

    def _api(self, name: str, session: sessions.Session, path: str) -> Api:
        url = self.layout.url(name) + path
        headers = MICROVERSIONS.get(name, {})
        return Api(name, session, url, headers, self.layout.log_of(name))


def _session(auth: v3.Password) -> sessions.Session:
    transport = requests.Session()
    # No proxy for loopback, whatever the person's environment says.
    transport.trust_env = False
    return sessions.Session(auth=auth, session=transport, timeout=30)


def newest(layout: layouts.Layout) -> Version:
    """Return the newest version of the API that a cloud's Ironic has.

    :raises Failed: it does not answer.
    """
    transport = requests.Session()
    transport.trust_env = False
    try:
        answer = transport.get(f'{layout.url("ironic")}/v1', timeout=30)
        told = answer.headers[_IRONIC_NEWEST]
    except (requests.RequestException, KeyError) as exc:
        raise errors.Failed(
            'ironic', f'GET /v1: {exc!r}', layout.log_of('ironic')
        ) from exc
    return tuple(map(int, told.split('.')))
