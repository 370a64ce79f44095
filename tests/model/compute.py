"""Nova's API: who may ask what of a server in which state.

Owns the checks, in Nova's order, and its words. What a server then goes
through is for :mod:`.instances`, how it is shown for :mod:`.servers`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from werkzeug.wrappers import Response

from tests.model import servers, wsgi
from tests.model.records import Action, Document, Flavor, Server, Token
from tests.model.wsgi import Call, Headers, Refusal, Service, route

_FAULTS = {
    400: 'badRequest',
    403: 'forbidden',
    404: 'itemNotFound',
    405: 'badMethod',
    406: 'computeFault',
    409: 'conflictingRequest',
    413: 'overLimit',
    429: 'overLimit',
    503: 'serviceUnavailable',
}
_KEY = re.compile(r'^[a-zA-Z0-9-_:. ]{1,255}$')
_TRAIT = re.compile('^trait:[A-Z0-9_]+$')
_MOST_METADATA = 128
_QUERY = frozenset(
    (
        'all_tenants',
        'changes-since',
        'deleted',
        'flavor',
        'host',
        'image',
        'ip',
        'limit',
        'locked',
        'marker',
        'name',
        'project_id',
        'reservation_id',
        'sort_dir',
        'sort_key',
        'status',
        'tags',
        'tags-any',
        'tenant_id',
        'user_id',
        'uuid',
        'vm_state',
        'not-tags',
    )
)
# With these, and only these, Nova lists the servers of a cell that is down.
_OF_CELLS = frozenset(('all_tenants', 'limit', 'marker', 'project_id'))
_STATUSES = frozenset(
    (
        'ACTIVE',
        'BUILD',
        'DELETED',
        'ERROR',
        'HARD_REBOOT',
        'MIGRATING',
        'PASSWORD',
        'PAUSED',
        'REBOOT',
        'REBUILD',
        'RESCUE',
        'RESIZE',
        'REVERT_RESIZE',
        'SHELVED',
        'SHELVED_OFFLOADED',
        'SHUTOFF',
        'SOFT_DELETED',
        'SUSPENDED',
        'UNKNOWN',
        'VERIFY_RESIZE',
    )
)
_TRUE = frozenset(('true', '1', 'yes', 'on', 't', 'y'))


class Compute(Service):
    """The part of Nova that servers, flavors and actions are."""

    name = 'compute'

    def prepare(self, call: Call) -> None:
        """Find out who asks, and in which version."""
        super().prepare(call)
        newest = self.world.settings.nova
        asked = _asked_version(call)
        call.version = wsgi.parse_version(
            newest if asked == 'latest' else asked
        )
        if not (2, 1) <= call.version <= wsgi.parse_version(newest):
            raise Refusal(
                406,
                f'Version {asked} is not supported by the API. Minimum is '
                f'2.1 and maximum is {newest}.',
            )

    def headers(self, call: Call) -> Headers:
        """Return the headers that tell the version."""
        version = '.'.join(map(str, call.version))
        name = 'X-OpenStack-Nova-API-Version'
        return {
            name: version,
            'OpenStack-API-Version': f'compute {version}',
            'Vary': f'OpenStack-API-Version, {name}',
            'x-compute-request-id': call.request_id,
        }

    def refuse(self, call: Call, refusal: Refusal) -> Response:
        """Return an error as Nova words it."""
        error: Document = {'code': refusal.status, 'message': refusal.text}
        kind = _FAULTS.get(refusal.status, 'computeFault')
        if refusal.status == 401:
            error['title'], kind = 'Unauthorized', 'error'
        return wsgi.respond((refusal.status, {kind: error}))

    @route('/')
    def versions(self, call: Call) -> Any:
        """Return the versions."""
        return {'versions': [self._version(call)]}

    @route('/v2.1')
    def version(self, call: Call) -> Any:
        """Return the one version."""
        return {'version': self._version(call)}

    def _version(self, call: Call) -> Document:
        return {
            'id': 'v2.1',
            'status': 'CURRENT',
            'version': self.world.settings.nova,
            'min_version': '2.1',
            'updated': '2013-07-23T11:33:21Z',
            'links': [{'rel': 'self', 'href': call.url('/v2.1/')}],
        }

    # Servers.

    @route('/v2.1/servers')
    def list_servers(self, call: Call) -> Any:
        """Return servers in short."""
        found, links = self._find_servers(call, 'index')
        short = [servers.short(call, server) for server in found]
        return {'servers': short} | links

    @route('/v2.1/servers/detail')
    def list_servers_in_detail(self, call: Call) -> Any:
        """Return servers in full."""
        found, links = self._find_servers(call, 'detail')
        full = [servers.full(self.world, call, server) for server in found]
        return {'servers': full} | links

    @route('/v2.1/servers', 'POST')
    def create_server(self, call: Call) -> Any:
        """Have a server made."""
        self._check(call, 'servers:create', 'member')
        asked = call.body()['server']
        flavor = self.world.flavors.get(asked['flavorRef'])
        if flavor is None:
            raise Refusal(
                400, f'Flavor {asked["flavorRef"]} could not be found.'
            )
        assert call.token.project is not None
        server = self.world.nova.create(
            asked['name'],
            flavor,
            asked.get('imageRef'),
            project_id=call.token.project.id,
            user_id=call.token.user.id,
        )
        server.metadata.update(asked.get('metadata', {}))
        self._add_action(call, server, 'create')
        self.world.nova.begin_boot(server)
        return 202, {'server': servers.short(call, server)}

    @route('/v2.1/servers/<server_id>')
    def show_server(self, call: Call, server_id: str) -> Any:
        """Return a server."""
        server = self._server(call, server_id, 'servers:show', 'reader')
        shown = servers.full(self.world, call, server, alone=True)
        return {'server': shown}

    @route('/v2.1/servers/<server_id>', 'DELETE')
    def delete_server(self, call: Call, server_id: str) -> Any:
        """Have a server go away."""
        server = self._server(call, server_id, 'servers:delete', 'member')
        self._check_lock(call, server)
        self.world.nova.begin_delete(server)
        return 204, None

    def _find_servers(
        self, call: Call, how: str
    ) -> tuple[Sequence[Server], Document]:
        """Return the servers that are asked for, and the link to the next."""
        self._check(call, f'servers:{how}', 'reader')
        query = call.query
        for name in query:
            if name not in _QUERY and not name.startswith('_'):
                raise Refusal(
                    400, f"'{name}' does not match any of the regexes: '^_'"
                )
        everywhere = query.get('all_tenants', '0').lower() in _TRUE
        if everywhere and not call.token.is_admin:
            raise Refusal(
                403,
                f"Policy doesn't allow os_compute_api:servers:{how}:"
                f'get_all_tenants to be performed.',
            )
        found = [
            server
            for server in self.world.servers.values()
            if everywhere or _is_of(call.token, server)
        ]
        if set(query) - _OF_CELLS or call.version < (2, 69):
            found = [server for server in found if not call.is_down(server)]
        for is_meant in _filters(call):
            found = [server for server in found if is_meant(server)]
        # Newest first, as in Nova's database.
        found.sort(key=lambda server: -server.number)
        path = '/v2.1/servers' + ('/detail' if how == 'detail' else '')
        return self._page(call, found, path, 'servers')

    def _page(
        self, call: Call, found: Sequence[Any], path: str, kind: str
    ) -> tuple[Sequence[Any], Document]:
        """Return a page, and the link to the next one if there may be one."""
        text = call.query.get('limit', '')
        if not re.match('^[0-9]*$', text):
            raise Refusal(
                400,
                f'Invalid input for query parameters limit. Value: {text}. '
                f"'{text}' does not match '^[0-9]*$'",
            )
        limit = min(int(text or self.world.settings.page), 1000)
        limit = min(limit, self.world.settings.page)
        marker = call.query.get('marker')
        if marker is not None:
            ids = [one.id for one in found]
            if marker not in ids:
                raise Refusal(400, f'marker [{marker}] not found')
            found = found[ids.index(marker) + 1 :]
        page = found[:limit]
        if not page or len(page) < limit:
            return page, {}
        rest = {k: v for k, v in call.query.items() if k != 'marker'}
        rest['marker'] = page[-1].id
        asked = '&'.join(f'{k}={v}' for k, v in rest.items())
        link = {'rel': 'next', 'href': call.url(f'{path}?{asked}')}
        return page, {f'{kind}_links': [link]}

    # Flavors.

    @route('/v2.1/flavors')
    def list_flavors(self, call: Call) -> Any:
        """Return flavors in short."""
        found, links = self._find_flavors(call, '/v2.1/flavors')
        short = [servers.short(call, one, 'flavors') for one in found]
        return {'flavors': short} | links

    @route('/v2.1/flavors/detail')
    def list_flavors_in_detail(self, call: Call) -> Any:
        """Return flavors in full."""
        found, links = self._find_flavors(call, '/v2.1/flavors/detail')
        full = [servers.flavor(call, one) for one in found]
        return {'flavors': full} | links

    @route('/v2.1/flavors', 'POST')
    def create_flavor(self, call: Call) -> Any:
        """Make a flavor; any administrator may, of whatever project."""
        self._check(call, 'os-flavor-manage:create', 'admin')
        asked = dict(call.body()['flavor'])
        name = asked.pop('name')
        if self.world.flavor(name) is not None:
            raise Refusal(409, f'Flavor with name {name} already exists.')
        if asked.get('id') in self.world.flavors:
            raise Refusal(409, f'Flavor with ID {asked["id"]} already exists.')
        made = self.world.add_flavor(
            name, **{key: asked[key] for key in ('vcpus', 'ram', 'disk')}
        )
        made = self.world.change_flavor(
            made,
            id=asked.get('id') or made.id,
            ephemeral=asked.get('OS-FLV-EXT-DATA:ephemeral', 0),
            swap=asked.get('swap', 0),
            is_public=asked.get('os-flavor-access:is_public', True),
            description=asked.get('description'),
        )
        return {'flavor': servers.flavor(call, made)}

    @route('/v2.1/flavors/<flavor_id>', 'DELETE')
    def delete_flavor(self, call: Call, flavor_id: str) -> Any:
        """Delete a flavor."""
        self._check(call, 'os-flavor-manage:delete', 'admin')
        self.world.remove_flavor(self._flavor(call, flavor_id))
        return 202, None

    @route('/v2.1/flavors/<flavor_id>/os-extra_specs', 'POST')
    def add_extra_specs(self, call: Call, flavor_id: str) -> Any:
        """Set extra specs, leaving the others."""
        specs = _extra_specs(call)
        self._check(call, 'os-flavor-extra-specs:create', 'admin')
        flavor = self._flavor(call, flavor_id)
        self.world.add_extra_specs(flavor, specs)
        return {'extra_specs': specs}

    @route('/v2.1/flavors/<flavor_id>/os-extra_specs/<key>', 'DELETE')
    def remove_extra_spec(self, call: Call, flavor_id: str, key: str) -> Any:
        """Remove one extra spec."""
        self._check(call, 'os-flavor-extra-specs:delete', 'admin')
        flavor = self._flavor(call, flavor_id)
        if key not in flavor.extra_specs:
            raise Refusal(
                404, f'Flavor {flavor.id} has no extra specs with key {key}.'
            )
        left = {k: v for k, v in flavor.extra_specs.items() if k != key}
        self.world.change_flavor(flavor, extra_specs=left)
        return 200, None

    @route('/v2.1/flavors/<flavor_id>/action', 'POST')
    def change_flavor_access(self, call: Call, flavor_id: str) -> Any:
        """Let a project use a flavor, or no longer."""
        [(action, asked)] = call.body().items()
        name = {'addTenantAccess': 'add', 'removeTenantAccess': 'remove'}
        self._check(
            call, f'os-flavor-access:{name[action]}_tenant_access', 'admin'
        )
        flavor = self._flavor(call, flavor_id)
        if flavor.is_public:
            raise Refusal(409, 'Can not add access to a public flavor.')
        project = {asked['tenant']}
        has_it = project <= flavor.projects
        if has_it == (name[action] == 'add'):
            raise Refusal(
                409 if has_it else 404,
                f'Flavor access {"already exists" if has_it else "not found"} '
                f'for flavor {flavor.id} and project {asked["tenant"]}.',
            )
        projects = flavor.projects ^ project
        self.world.change_flavor(flavor, projects=projects)
        return {
            'flavor_access': [
                {'flavor_id': flavor.id, 'tenant_id': one}
                for one in sorted(projects)
            ]
        }

    @route('/v2.1/flavors/<flavor_id>')
    def show_flavor(self, call: Call, flavor_id: str) -> Any:
        """Return a flavor."""
        return {'flavor': servers.flavor(call, self._flavor(call, flavor_id))}

    @route('/v2.1/flavors/<flavor_id>/os-extra_specs')
    def show_extra_specs(self, call: Call, flavor_id: str) -> Any:
        """Return the extra specs of a flavor."""
        return {'extra_specs': dict(self._flavor(call, flavor_id).extra_specs)}

    @route('/v2.1/flavors/<flavor_id>/os-flavor-access')
    def list_flavor_access(self, call: Call, flavor_id: str) -> Any:
        """Return the projects that may use a flavor."""
        self._check(call, 'os-flavor-access', 'admin')
        flavor = self._flavor(call, flavor_id)
        if flavor.is_public:
            raise Refusal(404, 'Access list not available for public flavors.')
        return {
            'flavor_access': [
                {'flavor_id': flavor.id, 'tenant_id': project}
                for project in sorted(flavor.projects)
            ]
        }

    def _flavor(self, call: Call, flavor_id: str) -> Flavor:
        call.authenticate()
        flavor = self.world.flavors.get(flavor_id)
        if flavor is None:
            raise Refusal(404, f'Flavor {flavor_id} could not be found.')
        return flavor

    def _find_flavors(
        self, call: Call, path: str
    ) -> tuple[Sequence[Flavor], Document]:
        call.authenticate()
        # Only an administrator is shown those of is_public=None.
        project = call.token.project
        found = [
            flavor
            for flavor in self.world.flavors.values()
            if flavor.is_public
            or call.token.is_admin
            or (project and project.id in flavor.projects)
        ]
        return self._page(call, found, path, 'flavors')

    # Metadata and tags.

    @route('/v2.1/servers/<server_id>/metadata')
    def list_metadata(self, call: Call, server_id: str) -> Any:
        """Return a server's metadata."""
        policy = 'server-metadata:index'
        server = self._server(call, server_id, policy, 'reader')
        return {'metadata': server.metadata}

    @route('/v2.1/servers/<server_id>/metadata', 'POST')
    def add_metadata(self, call: Call, server_id: str) -> Any:
        """Set items of the metadata, leaving the others."""
        policy = 'server-metadata:create'
        items = _metadata(call.body())
        server = self._server(call, server_id, policy, 'member')
        self._set_metadata(call, server, server.metadata | items)
        return {'metadata': server.metadata}

    @route('/v2.1/servers/<server_id>/metadata', 'PUT')
    def replace_metadata(self, call: Call, server_id: str) -> Any:
        """Have just these items."""
        policy = 'server-metadata:update_all'
        items = _metadata(call.body())
        server = self._server(call, server_id, policy, 'member')
        self._set_metadata(call, server, items)
        return {'metadata': server.metadata}

    @route('/v2.1/servers/<server_id>/metadata/<key>')
    def show_metadata(self, call: Call, server_id: str, key: str) -> Any:
        """Return one item."""
        policy = 'server-metadata:show'
        server = self._server(call, server_id, policy, 'reader')
        _need_item(server, key)
        return {'meta': {key: server.metadata[key]}}

    @route('/v2.1/servers/<server_id>/metadata/<key>', 'PUT')
    def update_metadata(self, call: Call, server_id: str, key: str) -> Any:
        """Set one item."""
        policy = 'server-metadata:update'
        items = _metadata({'metadata': call.body().get('meta')})
        server = self._server(call, server_id, policy, 'member')
        if key not in items:
            raise Refusal(400, 'Request body and URI mismatch')
        self._set_metadata(call, server, server.metadata | items)
        return {'meta': items}

    @route('/v2.1/servers/<server_id>/metadata/<key>', 'DELETE')
    def delete_metadata(self, call: Call, server_id: str, key: str) -> Any:
        """Remove one item."""
        policy = 'server-metadata:delete'
        server = self._server(call, server_id, policy, 'member')
        _need_item(server, key)
        self._check_lock(call, server)
        del server.metadata[key]
        return 204, None

    def _set_metadata(
        self, call: Call, server: Server, items: dict[str, str]
    ) -> None:
        self._check_lock(call, server)
        if len(items) > _MOST_METADATA:
            raise Refusal(
                403,
                f'Maximum number of metadata items exceeds {_MOST_METADATA}',
            )
        server.metadata = items

    @route('/v2.1/servers/<server_id>/tags')
    def list_tags(self, call: Call, server_id: str) -> Any:
        """Return a server's tags."""
        server = self._server(
            call, server_id, 'os-server-tags:index', 'reader'
        )
        return {'tags': server.tags}

    @route('/v2.1/servers/<server_id>/tags/<tag>', 'PUT')
    def add_tag(self, call: Call, server_id: str, tag: str) -> Any:
        """Add a tag."""
        policy = 'os-server-tags:update'
        server = self._server(call, server_id, policy, 'member')
        if tag in server.tags:
            return 204, None
        server.tags.append(tag)
        return 201, None

    @route('/v2.1/servers/<server_id>/tags/<tag>', 'DELETE')
    def delete_tag(self, call: Call, server_id: str, tag: str) -> Any:
        """Remove a tag."""
        policy = 'os-server-tags:delete'
        server = self._server(call, server_id, policy, 'member')
        if tag not in server.tags:
            raise Refusal(404, f"Server {server_id} has no tag '{tag}'")
        server.tags.remove(tag)
        return 204, None

    # What was asked of a server before.

    @route('/v2.1/servers/<server_id>/os-instance-actions')
    def list_actions(self, call: Call, server_id: str) -> Any:
        """Return what was asked of a server, newest first."""
        policy = 'os-instance-actions:list'
        server = self._server(call, server_id, policy, 'reader')
        found = [
            servers.action(call, server, action)
            for action in reversed(server.actions)
        ]
        return {'instanceActions': found}

    @route('/v2.1/servers/<server_id>/os-instance-actions/<request_id>')
    def show_action(self, call: Call, server_id: str, request_id: str) -> Any:
        """Return what came of one request."""
        policy = 'os-instance-actions:show'
        server = self._server(call, server_id, policy, 'reader')
        for action in server.actions:
            if action.request_id == request_id:
                shown = servers.action(call, server, action, alone=True)
                return {'instanceAction': shown}
        raise Refusal(404, f'Action {request_id} not found')

    # Actions.

    @route('/v2.1/servers/<server_id>/action', 'POST')
    def act(self, call: Call, server_id: str) -> Any:
        """Have something done to a server."""
        actions: dict[str, Callable[[Call, str, Any], int]] = {
            'os-stop': self._stop,
            'os-start': self._start,
            'resize': self._resize,
            'confirmResize': self._confirm,
            'revertResize': self._revert,
            'lock': self._lock,
            'unlock': self._unlock,
        }
        [(name, what)] = call.body().items()
        if name not in actions:
            raise Refusal(400, f'There is no such action: {name}')
        return actions[name](call, server_id, what), None

    def _stop(self, call: Call, server_id: str, what: Any) -> int:
        server = self._server(call, server_id, 'servers:stop', 'member')
        self._check_lock(call, server)
        _check_state(server, 'stop', {'active', 'error'})
        self.world.nova.begin_stop(server, self._add_action(call, server))
        return 202

    def _start(self, call: Call, server_id: str, what: Any) -> int:
        server = self._server(call, server_id, 'servers:start', 'member')
        self._check_lock(call, server)
        _check_state(server, 'start', {'stopped'})
        action = self._add_action(call, server, 'start')
        self.world.nova.begin_start(server, action)
        return 202

    def _resize(self, call: Call, server_id: str, what: Any) -> int:
        flavor_id = _flavor_ref(what)
        server = self._server(call, server_id, 'servers:resize', 'member')
        self._check_lock(call, server)
        _check_state(server, 'resize', {'active', 'stopped'})
        flavor = self.world.flavors.get(flavor_id)
        if flavor is None:
            raise Refusal(400, f'Flavor {flavor_id} could not be found.')
        if flavor.id == server.flavor.id:
            raise Refusal(400, 'When resizing, instances must change flavor!')
        action = self._add_action(call, server, 'resize')
        self.world.nova.begin_resize(server, flavor, action)
        return 202

    def _confirm(self, call: Call, server_id: str, what: Any) -> int:
        policy = 'servers:confirm_resize'
        server = self._server(call, server_id, policy, 'member')
        self._check_lock(call, server)
        _check_state(server, 'confirmResize', {'resized'})
        action = self._add_action(call, server, 'confirmResize')
        self.world.nova.begin_confirm(server, action)
        return 204

    def _revert(self, call: Call, server_id: str, what: Any) -> int:
        policy = 'servers:revert_resize'
        server = self._server(call, server_id, policy, 'member')
        self._check_lock(call, server)
        _check_state(server, 'revertResize', {'resized'})
        action = self._add_action(call, server, 'revertResize')
        self.world.nova.begin_revert(server, action)
        return 202

    def _lock(self, call: Call, server_id: str, what: Any) -> int:
        policy = 'os-lock-server:lock'
        server = self._server(call, server_id, policy, 'member')
        server.locked_by = 'owner'
        if not _is_of(call.token, server):
            server.locked_by = 'admin'
        server.locked_reason = (what or {}).get('locked_reason')
        self._add_action(call, server, 'lock')
        return 202

    def _unlock(self, call: Call, server_id: str, what: Any) -> int:
        policy = 'os-lock-server:unlock'
        server = self._server(call, server_id, policy, 'member')
        if server.locked_by == 'admin' and not call.token.is_admin:
            raise Refusal(
                403,
                "Policy doesn't allow os_compute_api:os-lock-server:unlock:"
                'unlock_override to be performed.',
            )
        server.locked_by = server.locked_reason = None
        self._add_action(call, server, 'unlock')
        return 202

    # Checks.

    def _check(self, call: Call, policy: str, role: str) -> None:
        """Return if somebody may do something in their own project."""
        if call.token.is_system or role not in call.token.roles:
            raise Refusal(
                403,
                f"Policy doesn't allow os_compute_api:{policy} to be "
                f'performed.',
            )

    def _server(
        self, call: Call, server_id: str, policy: str, role: str
    ) -> Server:
        """Return a server that somebody may do something to."""
        token, server = call.token, self.world.servers.get(server_id)
        if token.is_system:
            self._check(call, policy, role)
        if server is None or not (token.is_admin or _is_of(token, server)):
            raise Refusal(404, f'Instance {server_id} could not be found.')
        self._check(call, policy, role)
        if policy != 'servers:show' and call.is_down(server):
            raise Refusal(
                500,
                'Cell 1 is not responding and hence instance info is not '
                'available.',
            )
        return server

    def _check_lock(self, call: Call, server: Server) -> None:
        if server.locked_by and not call.token.is_admin:
            raise Refusal(409, f'Instance {server.id} is locked')

    def _add_action(
        self, call: Call, server: Server, name: str = 'stop'
    ) -> Action:
        project = call.token.project
        return self.world.nova.add_action(
            server,
            name,
            user_id=call.token.user.id,
            request_id=call.request_id,
            project_id=project.id if project else None,
        )


def _asked_version(call: Call) -> str:
    headers = call.request.headers
    general = headers.get('OpenStack-API-Version', '')
    if general.startswith('compute '):
        return general.removeprefix('compute ')
    return headers.get('X-OpenStack-Nova-API-Version', '2.1')


def _is_of(token: Token, server: Server) -> bool:
    return token.project is not None and (
        token.project.id == server.project_id
    )


def _filters(call: Call) -> Iterable[Callable[[Server], bool]]:
    """Return what servers must be like to be meant."""
    query = call.query
    if 'name' in query:
        try:
            name = _regex(query['name'])
        except re.error:
            raise Refusal(
                400,
                f'Invalid input for query parameters name. Value: '
                f"{query['name']}. '{query['name']}' is not a 'regex'",
            ) from None
        yield lambda server: bool(name.search(server.name))
    if 'status' in query:
        if query['status'].upper() not in _STATUSES:
            raise Refusal(400, 'Invalid status value')
        status = query['status'].upper()
        yield lambda server: servers.status(server) == status
    if 'flavor' in query:
        yield lambda server: server.flavor.id == query['flavor']
    if 'tags' in query:
        tags = set(query['tags'].split(','))
        yield lambda server: tags <= set(server.tags)
    if 'tags-any' in query:
        some = set(query['tags-any'].split(','))
        yield lambda server: bool(some & set(server.tags))
    project = query.get('project_id', query.get('tenant_id'))
    if project and call.token.is_admin:
        yield lambda server: server.project_id == project


def _regex(text: str) -> re.Pattern[str]:
    """Return what a name must match, as Nova gives it to its database."""
    re.compile(text)
    return re.compile(text.replace('|', r'\|'))


def _check_state(server: Server, name: str, allowed: set[str]) -> None:
    """Return if a server is in a state in which something can be done.

    Nova looks at the vm_state first, and then at the task_state.
    """
    for attribute, value in (
        ('vm_state', server.vm_state),
        ('task_state', server.task_state),
    ):
        is_fine = value in allowed if attribute == 'vm_state' else not value
        if not is_fine:
            raise Refusal(
                409,
                f"Cannot '{name}' instance {server.id} while it is in "
                f'{attribute} {value}',
            )


def _metadata(body: Document) -> dict[str, str]:
    if 'metadata' not in body:
        raise Refusal(400, "'metadata' is a required property")
    items = body['metadata']
    for key, value in items.items():
        if not _KEY.match(key):
            raise Refusal(
                400,
                f'Invalid input for field/attribute metadata. Value: {items}. '
                f"'{key}' does not match any of the regexes: "
                f"'{_KEY.pattern}'",
            )
        why = None
        if not isinstance(value, str):
            why = f"{value!r} is not of type 'string'"
        elif len(value) > 255:
            why = f"'{value}' is too long"
        if why:
            raise Refusal(
                400,
                f'Invalid input for field/attribute {key}. Value: {value}. '
                f'{why}',
            )
    return dict(items)


def _extra_specs(call: Call) -> dict[str, str]:
    """Return the extra specs that are sent, as far as Nova lets them through.

    It knows its own names since 2.86, and lets those of others be.
    """
    specs: dict[str, str] = call.body()['extra_specs']
    for key, value in specs.items():
        why = None
        if not _KEY.match(key):
            why = (
                f'Invalid input for field/attribute extra_specs. Value: '
                f"{specs}. '{key}' does not match any of the regexes: "
                f"'{_KEY.pattern}'"
            )
        elif call.version >= (2, 86) and key.startswith('trait:'):
            if not _TRAIT.match(key):
                why = (
                    f"Validation failed; extra spec '{key}' does not appear "
                    f'to be a valid extra spec.'
                )
            elif value not in ('required', 'forbidden'):
                why = (
                    f"Validation failed; '{value}' is not one of: required, "
                    f'forbidden.'
                )
        if why:
            raise Refusal(400, why)
    return specs


def _need_item(server: Server, key: str) -> None:
    if key not in server.metadata:
        raise Refusal(404, 'Metadata item was not found')


def _flavor_ref(what: Any) -> str:
    why = None
    if not isinstance(what, dict):
        why = f"{what!r} is not of type 'object'"
    elif 'flavorRef' not in what:
        why = "'flavorRef' is a required property"
    if why:
        raise Refusal(
            400,
            f'Invalid input for field/attribute resize. Value: {what}. {why}',
        )
    return str(what['flavorRef'])
