"""Ironic's API: who may ask what of a node.

Owns the checks that do not need time, and Ironic's words. The order of those
of a service is in :mod:`.provision`; what a node then goes through is for
:mod:`.conductor`, how it is shown for :mod:`.nodes`.
"""

from collections.abc import Sequence
from typing import Any

from tests.model import nodes, policy, provision
from tests.model.ironic import Bare, denied, flag, is_uuid
from tests.model.recipes import Recipes
from tests.model.records import Document, Node
from tests.model.wsgi import Call, Refusal, route

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


class BareMetal(Recipes):
    """The part of Ironic that the project uses."""

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
            'version': self.world.settings.ironic_version,
        }

    # Nodes.

    @route('/v1/nodes')
    def list_nodes(self, call: Call) -> Any:
        """Return nodes: in short, in detail, or some of their fields."""
        detail = flag(call, 'detail')
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
        page, more = self.page(call, 'nodes', found, fields)
        return {'nodes': [nodes.node(call, n, shown) for n in page]} | more

    def _meant_nodes(self, call: Call) -> list[Node]:
        query, found = call.query, list(self.world.nodes.values())
        if 'instance_uuid' in query:
            wanted = query['instance_uuid']
            if not is_uuid(wanted):
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
        is_in_maintenance = flag(call, 'maintenance')
        if is_in_maintenance is not None:
            found = [n for n in found if n.maintenance == is_in_maintenance]
        associated = flag(call, 'associated')
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
            text = f'Invalid query parameter ?detail={call.query["detail"]} '
            text += 'received.'
            if self.world.settings.release.has_schemas:
                text = 'Schema error: Additional properties are not allowed '
                text += "('detail' was unexpected)"
            raise Refusal(400, text)
        detail = bool(flag(call, 'detail'))
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
            raise Bare(404, '')
        return self._node(call, ident, 'baremetal:node:get')

    @route('/v1/nodes/<ident>/history')
    def list_history(self, call: Call, ident: str) -> Any:
        """Return what a node went through."""
        if call.version < (1, 78):
            raise Bare(404, '')
        node = self._node(call, ident, 'baremetal:node:history:get')
        detail = bool(flag(call, 'detail'))
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
            raise denied(wanted)
        return node


def _target(call: Call) -> str:
    target = call.body().get('target')
    if target is None:
        raise Refusal(400, 'Missing mandatory parameter: target')
    return str(target)


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
