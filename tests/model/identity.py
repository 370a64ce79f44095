"""Keystone: discovery and tokens.

Owns who gets a token for what, and the catalogue in it. Never knows what a
token is used for.
"""

import datetime
from typing import Any

from werkzeug.wrappers import Response

from tests.model import wsgi
from tests.model.records import Document, Project, Token, User
from tests.model.world import REGION
from tests.model.wsgi import UNAUTHORIZED, Call, Refusal, Service, route

_SERVICES = {
    'identity': ('keystone', '/identity/v3'),
    'compute': ('nova', '/compute/v2.1'),
    'image': ('glance', '/image'),
    'baremetal': ('ironic', '/baremetal'),
    'placement': ('placement', '/placement'),
}
_SCHEMA = (
    "'identity' is a required property\n\nFailed validating 'required' in "
    'schema'
)


class Identity(Service):
    """The part of Keystone that a login needs."""

    name = 'identity'

    def refuse(self, call: Call, refusal: Refusal) -> Response:
        """Return an error as Keystone words it."""
        titles = {400: 'Bad Request', 401: 'Unauthorized', 404: 'Not Found'}
        error = {
            'code': refusal.status,
            'message': refusal.text,
            'title': titles.get(refusal.status, 'Error'),
        }
        return wsgi.respond((refusal.status, {'error': error}))

    @route('/')
    def versions(self, call: Call) -> Any:
        """Return the versions."""
        return 300, {'versions': {'values': [self._version(call)]}}

    @route('/v3')
    def version(self, call: Call) -> Any:
        """Return the one version."""
        return {'version': self._version(call)}

    def _version(self, call: Call) -> Document:
        return {
            'id': 'v3.14',
            'status': 'stable',
            'updated': '2020-04-07T00:00:00Z',
            'links': [{'rel': 'self', 'href': call.url('/v3/')}],
            'media-types': [
                {
                    'base': 'application/json',
                    'type': 'application/vnd.openstack.identity-v3+json',
                }
            ],
        }

    @route('/v3/users/<user_id>')
    def show_user(self, call: Call, user_id: str) -> Any:
        """Return a user, to an administrator or the user."""
        user = self.world.users.get(user_id)
        if user is not call.token.user and not call.token.is_admin:
            raise Refusal(
                403,
                'You are not authorized to perform the requested action: '
                'identity:get_user.',
            )
        if user is None:
            raise Refusal(404, f'Could not find user: {user_id}.')
        return {'user': {'id': user.id, 'name': user.name, 'enabled': True}}

    @route('/v3/projects')
    def list_projects(self, call: Call) -> Any:
        """Return projects, all or those of a name, to an administrator."""
        self._check_admin(call, 'identity:list_projects')
        name, most = call.query.get('name'), self.world.settings.projects
        found = [
            {'id': one.id, 'name': one.name}
            for one in self.world.projects.values()
            if name in (None, one.name)
        ]
        if most is None or len(found) <= most:
            return {'projects': found}
        return {'projects': found[:most], 'truncated': True}

    @route('/v3/projects/<project_id>')
    def show_project(self, call: Call, project_id: str) -> Any:
        """Return a project, to an administrator."""
        self._check_admin(call, 'identity:get_project')
        for one in self.world.projects.values():
            if one.id == project_id:
                return {'project': {'id': one.id, 'name': one.name}}
        raise Refusal(404, f'Could not find project: {project_id}.')

    def _check_admin(self, call: Call, policy: str) -> None:
        call.authenticate()
        if not call.token.is_admin:
            raise Refusal(
                403,
                f'You are not authorized to perform the requested action: '
                f'{policy}.',
            )

    @route('/v3/auth/tokens', 'POST')
    def create_token(self, call: Call) -> Any:
        """Log somebody in."""
        body = call.body()
        if 'auth' not in body:
            raise Refusal(
                400,
                'Expecting to find auth in request body. The server could '
                'not comply with the request since it is either malformed or '
                'otherwise incorrect. The client is assumed to be in error.',
            )
        identity = body['auth'].get('identity')
        if identity is None:
            raise Refusal(400, _SCHEMA)
        parent = None
        if 'token' in identity['methods']:
            parent = self._parent(identity['token']['id'])
            user = parent.user
        else:
            user = self._user(identity['password']['user'])
        token = self._issue(user, body['auth'].get('scope'), parent)
        headers = {'X-Subject-Token': token.id}
        return 201, {'token': self._document(call, token)}, headers

    @route('/v3/auth/tokens', 'GET')
    def show_token(self, call: Call) -> Any:
        """Return what a token is good for."""
        call.authenticate()
        subject = call.request.headers.get('X-Subject-Token')
        token = self.authenticated(subject)
        if token is None:
            raise Refusal(404, f'Could not find token: {subject}')
        return {'token': self._document(call, token)}

    @route('/v3/auth/tokens', 'DELETE')
    def revoke_token(self, call: Call) -> Any:
        """Revoke a token."""
        call.authenticate()
        subject = call.request.headers.get('X-Subject-Token')
        token = self.authenticated(subject)
        if token is None:
            raise Refusal(404, f'Could not find token: {subject}')
        self.world.lapse([token])
        return 204, None

    def _parent(self, token_id: str) -> Token:
        if token_id not in self.world.tokens:
            raise Refusal(404, 'Could not recognize Fernet token')
        token = self.authenticated(token_id)
        if token is None:
            raise Refusal(401, UNAUTHORIZED)
        return token

    def _user(self, asked: Document) -> User:
        for user in self.world.users.values():
            is_meant = asked.get('name', user.name) == user.name
            is_meant = is_meant and asked.get('id', user.id) == user.id
            if is_meant and asked.get('password') == user.password:
                return user
        raise Refusal(401, UNAUTHORIZED)

    def _issue(
        self, user: User, scope: Document | None, parent: Token | None
    ) -> Token:
        is_system = scope is not None and 'system' in scope
        project = None
        if scope is not None and not is_system:
            project = self._project(scope['project'])
        roles = frozenset[str]()
        if scope is not None:
            where = project.id if project else None
            roles = user.grants.get(where, roles)
            if not roles:
                raise Refusal(401, UNAUTHORIZED)
        clock = self.world.clock
        token = Token(
            id=f'token-{self.world.new_id()}',
            user=user,
            project=project,
            is_system=is_system,
            roles=roles,
            issued_at=clock.utc(),
            expires=clock.now() + self.world.settings.token_s,
        )
        if parent is not None:
            # A token that is made from a token ends with it.
            token.expires = min(token.expires, parent.expires)
            token.methods = ('password', 'token')
        self.world.tokens[token.id] = token
        return token

    def _project(self, asked: Document) -> Project:
        for project in self.world.projects.values():
            is_meant = asked.get('name', project.name) == project.name
            if is_meant and asked.get('id', project.id) == project.id:
                return project
        raise Refusal(401, UNAUTHORIZED)

    def _document(self, call: Call, token: Token) -> Document:
        clock = self.world.clock
        left = datetime.timedelta(seconds=token.expires - clock.now())
        domain = {'id': 'default', 'name': 'Default'}
        found: Document = {
            'methods': list(token.methods),
            'user': {
                'domain': domain,
                'id': token.user.id,
                'name': token.user.name,
                'password_expires_at': None,
            },
            'audit_ids': [token.id],
            'expires_at': _stamp(clock.utc() + left),
            'issued_at': _stamp(token.issued_at),
        }
        if not token.roles:
            return found
        found['roles'] = [
            {'id': f'role-{name}', 'name': name}
            for name in sorted(token.roles)
        ]
        if token.project:
            project = {'id': token.project.id, 'name': token.project.name}
            found['project'] = project | {'domain': domain}
        else:
            found['system'] = {'all': True}
        found['catalog'] = self._catalog(call)
        return found

    def _catalog(self, call: Call) -> list[Document]:
        host = call.base.removesuffix(f'/{self.name}')
        return [
            {
                'id': name,
                'name': name,
                'type': kind,
                'endpoints': [
                    {
                        'id': f'{name}-{interface}',
                        'interface': interface,
                        'region': REGION,
                        'region_id': REGION,
                        'url': f'{host}{path}',
                    }
                    for interface in ('public', 'internal', 'admin')
                ],
            }
            for kind, (name, path) in _SERVICES.items()
        ]


def _stamp(when: datetime.datetime) -> str:
    return when.strftime('%Y-%m-%dT%H:%M:%S.000000Z')
