"""What Keystone holds: services, endpoints, projects, users and roles.

Owns who may log in to what, and ``clouds.yaml``.  Run again it changes only
what differs, such as endpoints whose ports have changed.
"""

import concurrent.futures
import dataclasses
import typing

import yaml

from tests.devcloud import api, config
from tests.devcloud import layout as layouts

REGION = 'RegionOne'
INTERFACES = ('public', 'internal', 'admin')


@dataclasses.dataclass(frozen=True, slots=True)
class Login:
    """A cloud entry: a user, and a project or the system.

    :param role: what the user has there; None if Keystone's bootstrap gave
        it.
    """

    cloud: str
    user: str
    project: str | None
    role: str | None


LOGINS = (
    Login('operator', 'admin', 'admin', None),
    Login('operator-system', 'admin', None, None),
    Login('alice', 'alice', 'acme', 'member'),
    Login('rita', 'rita', 'acme', 'reader'),
    Login('mona', 'mona', 'acme', 'manager'),
    Login('adam', 'adam', 'acme', 'admin'),
    Login('oscar', 'oscar', 'other', 'member'),
)
# Service, its type, the path of its endpoint, its port's name.
SERVICES = (
    ('placement', 'placement', '', 'placement'),
    ('glance', 'image', '', 'glance'),
    ('neutron', 'network', '', 'neutron'),
    ('nova', 'compute', '/v2.1', 'nova-api'),
    ('ironic', 'baremetal', '', 'ironic'),
)


def write_clouds_yaml(layout: layouts.Layout) -> None:
    """Write the client configuration, with the password, for its owner."""
    secret = config.password(layout)
    clouds = {login.cloud: _cloud(layout, login, secret) for login in LOGINS}
    text = yaml.safe_dump({'clouds': clouds})
    config.write_private(layout.clouds_yaml, text)


def _cloud(layout: layouts.Layout, login: Login, secret: str) -> api.Json:
    auth = {
        'auth_url': f'{layout.url("keystone")}/v3',
        'username': login.user,
        'password': secret,
        'user_domain_name': 'Default',
    }
    if login.project:
        auth['project_name'] = login.project
        auth['project_domain_name'] = 'Default'
    else:
        auth['system_scope'] = 'all'
    return {
        'auth': auth,
        'region_name': REGION,
        'identity_api_version': 3,
    }


def fill(admin: api.Admin) -> None:
    """Make everything in Keystone that is not there yet."""
    keystone = admin.keystone()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        futures = [
            pool.submit(_make_endpoints, keystone, admin.layout),
            pool.submit(_make_people, keystone, admin.layout),
        ]
        for future in futures:
            future.result()


def _by_name(keystone: api.Api, kind: str) -> dict[str, str]:
    return {
        item['name']: item['id'] for item in keystone.get(f'/{kind}')[kind]
    }


def _make_endpoints(keystone: api.Api, layout: layouts.Layout) -> None:
    services = _by_name(keystone, 'services')
    found = {
        (endpoint['service_id'], endpoint['interface']): endpoint
        for endpoint in keystone.get('/endpoints')['endpoints']
    }
    wanted = [('keystone', 'identity', '/v3', 'keystone'), *SERVICES]
    for name, kind, path, port in wanted:
        service = services.get(name) or _create(
            keystone, 'service', {'name': name, 'type': kind}
        )
        url = layout.url(port) + path
        for interface in INTERFACES:
            endpoint = found.get((service, interface))
            if endpoint is None:
                body = {
                    'service_id': service,
                    'interface': interface,
                    'region_id': REGION,
                    'url': url,
                }
                _create(keystone, 'endpoint', body)
            elif endpoint['url'] != url:
                keystone.patch(
                    f'/endpoints/{endpoint["id"]}', {'endpoint': {'url': url}}
                )


def _create(keystone: api.Api, kind: str, body: api.Json) -> str:
    created = keystone.post(f'/{kind}s', {kind: body})
    return str(created[kind]['id'])


def _make_people(keystone: api.Api, layout: layouts.Layout) -> None:
    roles = _by_name(keystone, 'roles')
    projects = _by_name(keystone, 'projects')
    users = _by_name(keystone, 'users')
    for name in ('service', 'acme', 'other'):
        if name not in projects:
            body = {'name': name, 'domain_id': 'default'}
            projects[name] = _create(keystone, 'project', body)
    secret = config.password(layout)
    grants = _wanted_grants()
    for name in sorted({user for user, _, _ in grants} - set(users)):
        body = {'name': name, 'password': secret, 'domain_id': 'default'}
        users[name] = _create(keystone, 'user', body)
    have = _grants(keystone)
    for user, project, role in grants:
        where = projects[project] if project else None
        if (users[user], where, roles[role]) not in have:
            target = f'/projects/{where}' if where else '/system'
            keystone.put(f'{target}/users/{users[user]}/roles/{roles[role]}')


def _wanted_grants() -> list[tuple[str, str | None, str]]:
    """Return (user, project or None for the system, role)."""
    grants: list[tuple[str, str | None, str]] = [
        (name, 'service', role)
        for name, _, _, _ in SERVICES
        for role in ('admin', 'service')
    ]
    # Nova sees Ironic's nodes only with a role on the system.
    grants.append(('nova', None, 'admin'))
    grants += [
        (login.user, login.project, login.role)
        for login in LOGINS
        if login.role
    ]
    return grants


def _grants(keystone: api.Api) -> set[tuple[str, str | None, str]]:
    found: list[dict[str, typing.Any]] = keystone.get('/role_assignments')[
        'role_assignments'
    ]
    return {
        (
            grant['user']['id'],
            grant['scope'].get('project', {}).get('id'),
            grant['role']['id'],
        )
        for grant in found
        if 'user' in grant and 'domain' not in grant['scope']
    }
