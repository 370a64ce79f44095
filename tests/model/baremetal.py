"""Ironic's API: who may ask what of a node, a template or a runbook.

Owns the checks that do not need time, and Ironic's words. The order of those
of a service is in :mod:`.provision`; what a node then goes through is for
:mod:`.conductor`, how it is shown for :mod:`.nodes`.
"""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from oslo_utils import strutils
from werkzeug.wrappers import Response

from tests.model import nodes, policy, provision, wsgi
from tests.model.records import Document, Node, Runbook
from tests.model.wsgi import Call, Headers, Refusal, Service, route

_VERSION = 'X-OpenStack-Ironic-API-Version'
_POWER = frozenset(
    ('power on', 'power off', 'rebooting', 'soft power off', 'soft rebooting')
)
_STATES = frozenset(
    ('active', 'available', 'enroll', 'error', 'manageable', 'service failed',
     'service hold', 'service wait', 'servicing', 'deploying', 'deleting',
     'clean failed', 'cleaning', 'deploy failed', 'rescue')
)  # fmt: skip
_PATCHABLE = frozenset(
    ('instance_uuid', 'lessee', 'owner', 'name', 'provision_state')
)
_UPDATABLE = frozenset(
    ('active', 'available', 'manageable', 'enroll', 'service failed',
     'service hold')
)  # fmt: skip


class BareMetal(Service):
    """The part of Ironic that nodes, templates and runbooks are."""

    name = 'baremetal'

    def prepare(self, call: Call) -> None:
        """Find out who asks, and in which version."""
        super().prepare(call)
        newest = wsgi.parse_version(self.world.settings.ironic)
        asked = call.request.headers.get(_VERSION, '1.1')
        call.version = (
            newest if asked == 'latest' else wsgi.parse_version(asked)
        )
        if not (1, 1) <= call.version <= newest:
            raise Refusal(
                406,
                f'Version {asked} was requested but the minor version is not '
                f'supported by this service. The supported version range is: '
                f'[1.1, {self.world.settings.ironic}].',
            )

    def headers(self, call: Call) -> Headers:
        """Return the headers that tell the versions."""
        return {
            'X-OpenStack-Ironic-API-Minimum-Version': '1.1',
            'X-OpenStack-Ironic-API-Maximum-Version': (
                self.world.settings.ironic
            ),
            _VERSION: '.'.join(map(str, call.version)),
            'openstack-request-id': call.request_id,
        }

    def refuse(self, call: Call, refusal: Refusal) -> Response:
        """Return an error as Ironic words it: JSON within JSON."""
        status = refusal.status
        if status == 401:
            error = {
                'code': 401,
                'title': 'Unauthorized',
                'message': refusal.text,
            }
            return wsgi.respond((status, {'error': error}))
        fault: Document = {
            'faultcode': 'Server' if status >= 500 else 'Client',
            'faultstring': refusal.text,
            'debuginfo': None,
        }
        if isinstance(refusal, _Bare) or call.version == (0, 0):
            titles = {404: 'Not Found', 406: 'Not Acceptable'}
            fault = {
                'code': status,
                'title': titles.get(status, 'Error'),
                'description': refusal.text,
            }
        document = {'error_message': json.dumps(fault)}
        return wsgi.respond((status, document))

    @route('/')
    def versions(self, call: Call) -> Any:
        """Return the versions."""
        version = self._version(call)
        return {
            'name': 'OpenStack Ironic API',
            'description': 'Ironic is an OpenStack project which enables the '
            'provision and management of baremetal machines.',
            'default_version': version,
            'versions': [version],
        }

    @route('/v1')
    def version(self, call: Call) -> Any:
        """Return the one version."""
        return {
            'id': 'v1',
            'links': [{'href': call.url('/v1/'), 'rel': 'self'}],
            'version': self._version(call),
        }

    def _version(self, call: Call) -> Document:
        return {
            'id': 'v1',
            'links': [{'href': call.url('/v1/'), 'rel': 'self'}],
            'status': 'CURRENT',
            'min_version': '1.1',
            'version': self.world.settings.ironic,
        }

    # Nodes.

    @route('/v1/nodes')
    def list_nodes(self, call: Call) -> Any:
        """Return nodes: in short, in detail, or some of their fields."""
        detail = _flag(call, 'detail')
        fields = _fields(call, listed=True)
        if detail and fields:
            raise Refusal(
                400,
                'Can not specify ?detail=True and fields in the same request.',
            )
        return self._list_nodes(call, detail=bool(detail), fields=fields)

    @route('/v1/nodes/detail')
    def list_nodes_in_detail(self, call: Call) -> Any:
        """Return nodes in detail."""
        return self._list_nodes(call, detail=True, fields=None)

    def _list_nodes(
        self, call: Call, *, detail: bool, fields: Sequence[str] | None
    ) -> Document:
        found = [
            node
            for node in self._meant_nodes(call)
            if policy.may(call.token, 'baremetal:node:get', node)
        ]
        shown = None if detail else fields or nodes.SHORT
        page, more = self._page(call, 'nodes', found, fields)
        return {'nodes': [nodes.node(call, n, shown) for n in page]} | more

    def _meant_nodes(self, call: Call) -> list[Node]:
        query, found = call.query, list(self.world.nodes.values())
        if 'instance_uuid' in query:
            wanted = query['instance_uuid']
            if not _is_uuid(wanted):
                raise Refusal(
                    400, f'Expected UUID for instance_uuid: {wanted}'
                )
            server = self.world.servers.get(wanted)
            if server and server.node_uuid:
                # Quick for the many; a node may be bound by hand as well.
                found = [self.world.nodes[server.node_uuid], *found]
                found = (
                    found[:1] if found[0].instance_uuid == wanted else found
                )
            found = [n for n in found if n.instance_uuid == wanted]
        state = query.get('provision_state')
        if state is not None:
            if state not in _STATES:
                raise Refusal(400, f'Provision state "{state}" is not valid')
            found = [n for n in found if n.provision_state == state]
        is_in_maintenance = _flag(call, 'maintenance')
        if is_in_maintenance is not None:
            found = [n for n in found if n.maintenance == is_in_maintenance]
        associated = _flag(call, 'associated')
        if associated is not None:
            found = [n for n in found if bool(n.instance_uuid) == associated]
        for name in ('owner', 'lessee', 'fault'):
            if name in query:
                found = [n for n in found if getattr(n, name) == query[name]]
        kind = query.get('resource_class')
        if kind is not None:
            found = [n for n in found if n.fields['resource_class'] == kind]
        return found

    @route('/v1/nodes/<ident>')
    def show_node(self, call: Call, ident: str) -> Any:
        """Return a node."""
        node = self._node(call, ident, 'baremetal:node:get')
        return nodes.node(call, node, _fields(call, listed=False))

    @route('/v1/nodes/<ident>', 'PATCH')
    def update_node(self, call: Call, ident: str) -> Any:
        """Change fields of a node."""
        patch = call.body()
        node = self._node(call, ident, _patch_policy(patch))
        if (
            node.target_provision_state
            and node.provision_state not in _UPDATABLE
        ):
            raise Refusal(
                409,
                f'Node {ident} can not be updated while a state transition '
                f'is in progress.',
            )
        provision.need_unlocked(node)
        for change in patch:
            _patch(node, change)
        return nodes.node(call, node)

    @route('/v1/nodes/<ident>/traits')
    def list_traits(self, call: Call, ident: str) -> Any:
        """Return a node's traits."""
        if call.version < (1, 37):
            raise Refusal(406, 'Request not acceptable.')
        node = self._node(call, ident, 'baremetal:node:get')
        return {'traits': sorted(node.traits)}

    @route('/v1/nodes/<ident>/traits', 'PUT')
    def set_traits(self, call: Call, ident: str) -> Any:
        """Have just these traits."""
        node = self._node(call, ident, 'baremetal:node:traits:set')
        node.traits = list(call.body()['traits'])
        return 204, None

    @route('/v1/nodes/<ident>/traits/<trait>', 'PUT')
    def add_trait(self, call: Call, ident: str, trait: str) -> Any:
        """Add a trait."""
        node = self._node(call, ident, 'baremetal:node:traits:set')
        node.traits = sorted({*node.traits, trait})
        return 204, None

    @route('/v1/nodes/<ident>/traits/<trait>', 'DELETE')
    def remove_trait(self, call: Call, ident: str, trait: str) -> Any:
        """Remove a trait."""
        node = self._node(call, ident, 'baremetal:node:traits:delete')
        if trait not in node.traits:
            raise Refusal(
                404, f"Node {node.uuid} doesn't have a trait '{trait}'"
            )
        node.traits.remove(trait)
        return 204, None

    @route('/v1/nodes/<ident>/bios')
    def list_bios(self, call: Call, ident: str) -> Any:
        """Return BIOS settings as Ironic last read them."""
        node = self._bios_node(call, ident)
        if 'detail' in call.query and call.version < (1, 74):
            raise Refusal(
                400,
                'Schema error: Additional properties are not allowed '
                "('detail' was unexpected)",
            )
        detail = bool(_flag(call, 'detail'))
        found = [
            nodes.bios(call, node, setting, detail=detail)
            for setting in node.bios.values()
        ]
        return {'bios': found}

    @route('/v1/nodes/<ident>/bios/<name>')
    def show_bios(self, call: Call, ident: str, name: str) -> Any:
        """Return one BIOS setting."""
        node = self._bios_node(call, ident)
        if name not in node.bios:
            raise Refusal(
                404, f"Node {node.uuid} doesn't have a BIOS setting '{name}'"
            )
        detail = call.version >= (1, 74)
        return {name: nodes.bios(call, node, node.bios[name], detail=detail)}

    def _bios_node(self, call: Call, ident: str) -> Node:
        if call.version < (1, 40):
            raise _Bare(404, '')
        return self._node(call, ident, 'baremetal:node:get')

    @route('/v1/nodes/<ident>/history')
    def list_history(self, call: Call, ident: str) -> Any:
        """Return what a node went through."""
        if call.version < (1, 78):
            raise _Bare(404, '')
        node = self._node(call, ident, 'baremetal:node:history:get')
        detail = bool(_flag(call, 'detail'))
        found = [
            nodes.history(call, node, entry, detail=detail)
            for entry in node.history
        ]
        return {'history': found}

    @route('/v1/nodes/<ident>/states')
    def show_states(self, call: Call, ident: str) -> Any:
        """Return the states of a node."""
        return nodes.states(self._node(call, ident, 'baremetal:node:get'))

    @route('/v1/nodes/<ident>/states/power', 'PUT')
    def set_power(self, call: Call, ident: str) -> Any:
        """Have a node switched."""
        target = _target(call)
        node = self._node(call, ident, 'baremetal:node:set_power_state')
        if target not in _POWER:
            raise provision.impossible(node, target, node.power_state)
        provision.need_unlocked(node)
        self.world.conductor.begin_power(node, target)
        return 202, None

    @route('/v1/nodes/<ident>/states/provision', 'PUT')
    def set_provision(self, call: Call, ident: str) -> Any:
        """Have a node serviced, or a service aborted."""
        target = _target(call)
        policy_name = 'baremetal:node:set_provision_state'
        node = self._node(call, ident, policy_name)
        provision.begin(self.world, call, node, target)
        return 202, None

    @route('/v1/nodes/<ident>/maintenance', 'PUT')
    def set_maintenance(self, call: Call, ident: str) -> Any:
        """Put a node into maintenance."""
        node = self._node(call, ident, 'baremetal:node:set_maintenance')
        provision.need_unlocked(node)
        self.world.conductor.set_maintenance(node, call.body().get('reason'))
        return 202, None

    @route('/v1/nodes/<ident>/maintenance', 'DELETE')
    def clear_maintenance(self, call: Call, ident: str) -> Any:
        """Take a node out of maintenance."""
        node = self._node(call, ident, 'baremetal:node:clear_maintenance')
        provision.need_unlocked(node)
        self.world.conductor.clear_maintenance(node)
        return 202, None

    def _node(self, call: Call, ident: str, wanted: str) -> Node:
        """Return a node that somebody may do something to."""
        token = call.token
        node = self.world.find_node(ident)
        if node is not None and node.name == ident and call.version < (1, 5):
            node = None
        if node is None or not policy.may(token, 'baremetal:node:get', node):
            raise Refusal(404, f'Node {ident} could not be found.')
        if not policy.may(token, wanted, node):
            raise _denied(wanted)
        return node

    # Deploy templates.

    @route('/v1/deploy_templates')
    def list_templates(self, call: Call) -> Any:
        """Return the deploy templates."""
        self._may_see_templates(call)
        detail = bool(_flag(call, 'detail'))
        found = list(self.world.templates.values())
        page, more = self._page(call, 'deploy_templates', found)
        shown = [nodes.template(call, one, detail=detail) for one in page]
        return {'deploy_templates': shown} | more

    @route('/v1/deploy_templates/<ident>')
    def show_template(self, call: Call, ident: str) -> Any:
        """Return a deploy template."""
        self._may_see_templates(call)
        for template in self.world.templates.values():
            if ident in (template.uuid, template.name):
                return nodes.template(call, template, detail=True)
        raise Refusal(404, f'Deploy template {ident} could not be found.')

    def _may_see_templates(self, call: Call) -> None:
        call.authenticate()
        if call.version < (1, 55):
            raise _Bare(404, 'The API version does not allow deploy templates')
        if not policy.may(call.token, 'baremetal:deploy_template:get'):
            raise _denied('baremetal:deploy_template:get')

    # Runbooks.

    @route('/v1/runbooks')
    def list_runbooks(self, call: Call) -> Any:
        """Return the runbooks that somebody is shown."""
        _need_runbooks(call)
        found = [
            runbook
            for runbook in self.world.runbooks.values()
            if policy.may_see_runbook(call.token, runbook)
        ]
        detail = bool(_flag(call, 'detail'))
        page, more = self._page(
            call, 'runbooks', found, None if detail else ('uuid', 'name')
        )
        shown = [nodes.runbook(call, one, detail=detail) for one in page]
        return {'runbooks': shown} | more

    @route('/v1/runbooks', 'POST')
    def create_runbook(self, call: Call) -> Any:
        """Make a runbook; a project's manager makes it the project's."""
        _need_runbooks(call)
        token, asked = call.token, call.body()
        if not policy.may_create_runbook(token):
            raise _denied('baremetal:runbook:create')
        provision.check_runbook(asked, call.version)
        if self.find_runbook(asked['name']) is not None:
            raise Refusal(
                409, f'A runbook with name {asked["name"]} already exists.'
            )
        runbook = self.world.add_runbook(
            asked['name'], asked['steps'], asked.get('extra', {})
        )
        runbook.public = asked.get('public', False)
        runbook.disable_ramdisk = asked.get('disable_ramdisk', False)
        runbook.description = asked.get('description')
        runbook.traits = list(asked.get('traits', ()))
        runbook.owner = token.project.id if token.project else None
        return 201, nodes.runbook(call, runbook, detail=True)

    @route('/v1/runbooks/<ident>')
    def show_runbook(self, call: Call, ident: str) -> Any:
        """Return a runbook."""
        runbook = self._need_runbook(call, ident)
        if not policy.may_see_runbook(call.token, runbook):
            # In Ironic's own words.
            raise _denied('%(resource)s')
        return nodes.runbook(call, runbook, detail=True)

    @route('/v1/runbooks/<ident>', 'PATCH')
    def update_runbook(self, call: Call, ident: str) -> Any:
        """Change fields of a runbook."""
        runbook = self._own_runbook(call, ident, 'update')
        for change in call.body():
            name = change['path'].strip('/')
            setattr(runbook, name, change.get('value'))
        return nodes.runbook(call, runbook, detail=True)

    @route('/v1/runbooks/<ident>', 'DELETE')
    def delete_runbook(self, call: Call, ident: str) -> Any:
        """Delete a runbook."""
        runbook = self._own_runbook(call, ident, 'delete')
        del self.world.runbooks[runbook.uuid]
        return 204, None

    @route('/v1/runbooks/<ident>/traits')
    def list_runbook_traits(self, call: Call, ident: str) -> Any:
        """Return a runbook's traits, to whom it belongs only."""
        runbook = self._own_runbook(call, ident, 'get')
        return {'traits': sorted(runbook.traits)}

    @route('/v1/runbooks/<ident>/traits', 'PUT')
    def set_runbook_traits(self, call: Call, ident: str) -> Any:
        """Have just these traits."""
        runbook = self._own_runbook(call, ident, 'update')
        runbook.traits = list(call.body()['traits'])
        return 204, None

    def find_runbook(self, ident: str) -> Runbook | None:
        """Return a runbook, None if there is none."""
        return provision.find_runbook(self.world, ident)

    def _need_runbook(self, call: Call, ident: str) -> Runbook:
        _need_runbooks(call)
        runbook = self.find_runbook(ident)
        if runbook is None:
            raise Refusal(404, f'Runbook {ident} could not be found.')
        return runbook

    def _own_runbook(self, call: Call, ident: str, what: str) -> Runbook:
        runbook = self._need_runbook(call, ident)
        if not policy.may_use_runbook(call.token, runbook):
            raise _denied(f'baremetal:runbook:{what}')
        return runbook

    def _page(
        self,
        call: Call,
        kind: str,
        found: Sequence[Any],
        fields: Sequence[str] | None = None,
    ) -> tuple[Sequence[Any], Document]:
        """Return a page, and the link to the next one if there may be one."""
        limit = _limit(call) or self.world.settings.page
        limit = min(limit, self.world.settings.page)
        marker = call.query.get('marker')
        if marker is not None:
            if not _is_uuid(marker):
                raise Refusal(400, f'Expected UUID for marker: {marker}')
            ids = [one.uuid for one in found]
            if marker not in ids:
                raise Refusal(404, f'Node {marker} could not be found.')
            found = found[ids.index(marker) + 1 :]
        page = found[:limit]
        if not page or len(page) < limit:
            return page, {}
        asked = {'sort_key': 'id', 'sort_dir': 'asc'}
        asked |= {
            k: v
            for k, v in call.query.items()
            if k not in ('limit', 'marker', 'fields')
        }
        if fields:
            asked['fields'] = ','.join(fields)
        asked |= {'limit': str(limit), 'marker': page[-1].uuid}
        query = '&'.join(f'{k}={v}' for k, v in asked.items())
        return page, {'next': call.url(f'/v1/{kind}?{query}')}


class _Bare(Refusal):
    """An error that Ironic's framework words, not Ironic."""


def _denied(resource: str) -> Refusal:
    return Refusal(
        403, f'Access was denied to the following resource: {resource}'
    )


def _need_runbooks(call: Call) -> None:
    call.authenticate()
    if call.version < (1, 92):
        raise _Bare(404, 'The API version does not allow runbooks')


def _target(call: Call) -> str:
    target = call.body().get('target')
    if target is None:
        raise Refusal(400, 'Missing mandatory parameter: target')
    return str(target)


def _flag(call: Call, name: str) -> bool | None:
    """Return a yes or no of the query, None if it is not there."""
    if name not in call.query:
        return None
    try:
        return bool(strutils.bool_from_string(call.query[name], strict=True))
    except ValueError as error:
        raise Refusal(400, f'Invalid {name}: {error}') from None


def _limit(call: Call) -> int:
    text = call.query.get('limit', '0')
    try:
        limit = int(text)
    except ValueError:
        raise Refusal(400, f'Expected an integer for limit: {text}') from None
    if limit < 0:
        raise Refusal(400, 'Limit must be positive')
    return limit


def _fields(call: Call, *, listed: bool) -> list[str] | None:
    """Return the fields that are asked for, None for the usual ones."""
    text = call.query.get('fields')
    if text is None:
        return None
    names = text.split(',')
    for name in names:
        if name not in nodes.FIELDS:
            if listed:
                # A slip of Ironic 39.
                raise Refusal(
                    500, f"type object 'Node' has no attribute '{name}'"
                )
            raise Refusal(400, f'Field {name} is not a valid field.')
        if call.version < nodes.SINCE.get(name, (1, 1)):
            raise Refusal(406, 'Request not acceptable.')
    return names


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _patch_policy(patch: Sequence[Document]) -> str:
    roots = {change['path'].split('/')[1] for change in patch}
    if roots == {'extra'}:
        return 'baremetal:node:update_extra'
    if roots == {'instance_info'}:
        return 'baremetal:node:update_instance_info'
    if 'driver_info' in roots:
        return 'baremetal:node:update:driver_info'
    return 'baremetal:node:update'


def _patch(node: Node, change: Document) -> None:
    """Make one change of a JSON patch."""
    root, _, key = change['path'].strip('/').partition('/')
    removes = change['op'] == 'remove'
    if key:
        values: dict[str, Any] = getattr(node, root)
        if removes and key not in values:
            raise Refusal(
                400,
                f"Couldn't apply patch '{[change]}'. Reason: can't remove a "
                f"non-existent object '{key}'",
            )
        if removes:
            del values[key]
        else:
            values[key] = change['value']
    elif root in _PATCHABLE:
        setattr(node, root, None if removes else change['value'])
    else:
        node.fields[root] = None if removes else change['value']
