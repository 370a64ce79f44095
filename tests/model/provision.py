"""What Ironic checks before a service or an abort, in its order.

Owns that order and the words, after ``NodeStatesController.provision`` and
``ConductorManager.do_node_service``; the project asks questions by it. Never
changes a node itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oslo_utils import strutils

from tests.model import policy, wsgi
from tests.model.records import Document, Node, Runbook
from tests.model.wsgi import Call, Refusal

if TYPE_CHECKING:
    from tests.model.world import World

_STEPS_POLICY = 'baremetal:node:set_provision_state:service_steps'
# Which verbs a state knows, of those that are known here.
_VERBS = {
    'active': {'service', 'deleted', 'rebuild', 'rescue'},
    'service failed': {'service', 'abort', 'deleted', 'rescue'},
    'service wait': {'abort', 'deleted'},
    'available': {'active', 'manage'},
}
_INTERFACES = (
    'vendor',
    'power',
    'management',
    'firmware',
    'deploy',
    'bios',
    'raid',
)
_KEYS = frozenset(
    (
        'interface',
        'step',
        'args',
        'order',
        'execute_on_child_nodes',
        'limit_child_node_execution',
    )
)


def begin(world: World, call: Call, node: Node, target: str) -> None:
    """Begin what is asked for.

    :raises Refusal: it cannot be, in Ironic's words.
    """
    asked, release = call.body(), world.settings.release
    _check_names(world, asked)
    steps, disable_ramdisk = _arguments(asked)
    if steps and not asked.get('runbook') and release.has_step_policy:
        allowed = call.token.is_system or world.settings.steps_allowed
        if not (allowed and policy.may(call.token, _STEPS_POLICY, node)):
            raise _denied(_STEPS_POLICY)
        if release.checks_each_step:
            _policies_of(steps)
    if target not in _verbs(world, node):
        if node.reservation:
            raise Refusal(409, _locked(node))
        raise impossible(node, target, node.provision_state)
    if asked.get('runbook'):
        runbook = _runbook(world, call, node, asked['runbook'])
        if steps:
            raise Refusal(
                400,
                'Please provide either "service_steps" or a runbook, but not '
                'both.',
            )
        steps = [
            {k: v for k, v in step.items() if k != 'order'}
            for step in sorted(runbook.steps, key=lambda s: int(s['order']))
        ]
        disable_ramdisk = runbook.disable_ramdisk
    _check_arguments(world, call, asked, target, steps, disable_ramdisk)
    need_unlocked(node)
    if target == 'abort':
        _abort(world, node)
        return
    if target != 'service':
        _deploy(world, node, target)
        return
    if node.maintenance:
        raise Refusal(
            400,
            f"The service operation can't be performed on node {node.uuid} "
            f"because it's in maintenance mode.",
        )
    world.conductor.begin_service(
        node,
        steps,
        call.token.user.id,
        disable_ramdisk=bool(disable_ramdisk),
    )


def _check_names(world: World, asked: Document) -> None:
    """Return if Ironic knows what is said to it."""
    newer = {'service_steps': (1, 87), 'runbook': (1, 92)}
    version = world.settings.release.version
    names = [name for name, since in newer.items() if version < since]
    if unknown := ', '.join(name for name in names if name in asked):
        raise Refusal(400, f'Unexpected arguments: {unknown}')


def _verbs(world: World, node: Node) -> set[str]:
    """Return which verbs Ironic knows in the state of a node."""
    verbs = set(_VERBS.get(node.provision_state, ()))
    release = world.settings.release
    if release.version < (1, 87):
        verbs.discard('service')
    if not release.aborts_failed and node.provision_state == 'service failed':
        verbs.discard('abort')
    return verbs


def _arguments(asked: Document) -> tuple[list[Document], Any]:
    """Return steps and disable_ramdisk as Ironic's API parses them."""
    steps = asked.get('service_steps')
    if not isinstance(steps, list | None):
        raise Refusal(
            400,
            f"Expected types <class 'NoneType'>, <class 'list'> for "
            f'service_steps: {steps}',
        )
    disable_ramdisk = asked.get('disable_ramdisk')
    if disable_ramdisk is not None:
        try:
            disable_ramdisk = strutils.bool_from_string(
                disable_ramdisk, strict=True
            )
        except ValueError as error:
            raise Refusal(400, f'Invalid disable_ramdisk: {error}') from None
    return steps or [], disable_ramdisk


def _policies_of(steps: list[Document]) -> None:
    """Look at the policy of each step; all are allowed by default."""
    for step in steps:
        for key in ('interface', 'step'):
            if key not in step:
                # A slip of Ironic 39: it looks before it has validated.
                raise Refusal(500, f"'{key}'")


def _check_arguments(
    world: World,
    call: Call,
    asked: Document,
    target: str,
    steps: list[Document],
    disable_ramdisk: Any,
) -> None:
    if (
        disable_ramdisk is not None
        and not world.settings.release.skips_ramdisk
    ):
        raise Refusal(
            400, 'disable_ramdisk is supported only with manual cleaning'
        )
    if disable_ramdisk is not None and call.version < (1, 108):
        raise Refusal(
            406, 'disable_ramdisk is not acceptable in this API version'
        )
    if asked.get('rescue_password') is not None and target != 'rescue':
        raise Refusal(
            400,
            '"rescue_password" is only valid when setting target provision '
            'state to rescue',
        )
    if steps and target != 'service':
        raise Refusal(
            400,
            '"service_steps" is only valid when setting target provision '
            'state to service',
        )
    if target != 'service':
        return
    if call.version < (1, 87):
        raise Refusal(406, 'Request not acceptable.')
    if not steps:
        raise Refusal(
            400,
            '"service_steps" is required when setting target provision state '
            'to service',
        )
    _check_schema(steps)


def _check_schema(steps: list[Document]) -> None:
    for step in steps:
        why = None
        missing = [key for key in ('step', 'interface') if key not in step]
        if missing:
            why = f"'{missing[0]}' is a required property"
        elif step['interface'] not in _INTERFACES:
            why = f'{step["interface"]!r} is not one of {list(_INTERFACES)}'
        elif set(step) - _KEYS:
            unknown = ', '.join(f"'{k}'" for k in sorted(set(step) - _KEYS))
            verb = 'was' if ',' not in unknown else 'were'
            why = (
                f'Additional properties are not allowed ({unknown} {verb} '
                f'unexpected)'
            )
        if why:
            raise Refusal(
                400, f'Invalid service_steps: {why}\n\nFailed validating'
            )


def find_runbook(world: World, ident: str) -> Runbook | None:
    """Return a runbook by its name or id, None if there is none."""
    for runbook in world.runbooks.values():
        if ident in (runbook.uuid, runbook.name):
            return runbook
    return None


def _runbook(world: World, call: Call, node: Node, ident: str) -> Runbook:
    """Return a runbook that somebody may use on a node."""
    if call.version < (1, 92):
        raise Refusal(406, 'Request not acceptable.')
    runbook = find_runbook(world, ident)
    if runbook is None:
        raise Refusal(404, f'Runbook {ident} could not be found.')
    if not policy.may_use_runbook(call.token, runbook):
        raise _denied('baremetal:runbook:use')
    if call.version < (1, 112):
        if runbook.name not in node.traits:
            raise Refusal(
                400,
                f'This runbook has not been approved for use on this node '
                f'{node.uuid}. Please ask an administrator to add it to your '
                f'node traits.',
            )
        return runbook
    if not runbook.traits:
        raise Refusal(
            400,
            f'Runbook {runbook.uuid} has no traits configured. Please ask an '
            f'administrator to add traits to the runbook.',
        )
    if not set(runbook.traits) & set(node.traits):
        raise Refusal(
            400,
            f'This runbook has not been approved for use on this node '
            f"{node.uuid}. The node does not have any of the runbook's "
            f'traits {sorted(runbook.traits)}. Please ask an administrator '
            f'to add a matching trait to your node.',
        )
    return runbook


def _abort(world: World, node: Node) -> None:
    if node.provision_state == 'service wait':
        if node.service_step and world.settings.release.aborts_later:
            world.conductor.flag_abort(node)
        else:
            world.conductor.abort_at_once(node)
        return
    if node.maintenance:
        raise Refusal(
            409,
            f'Can not abort service on node "{node.uuid}" while it is in '
            f'maintenance mode. Please remove the node from maintenance '
            f'prior to issuing the request to abort the service operation.',
        )
    world.conductor.begin_abort(node)


def _deploy(world: World, node: Node, target: str) -> None:
    """Begin what Nova's driver does as well, by hand."""
    if target not in ('active', 'deleted'):
        raise Refusal(501, f'The model knows no {target}')
    if target == 'active':
        world.conductor.begin_deploy(node)
    else:
        world.conductor.begin_undeploy(node)


def need_unlocked(node: Node) -> None:
    """Return if the conductor can lock a node."""
    if node.reservation:
        raise wsgi.Locked(409, _locked(node))


def _locked(node: Node) -> str:
    return (
        f'Node {node.uuid} is locked by host {node.reservation}, please '
        f'retry after the current operation is completed.'
    )


def impossible(node: Node, action: str, state: str | None) -> Refusal:
    """Return the answer to one who wants what a state does not know."""
    return Refusal(
        400,
        f'The requested action "{action}" can not be performed on node '
        f'"{node.uuid}" while it is in state "{state}".',
    )


def _denied(resource: str) -> Refusal:
    return Refusal(
        403, f'Access was denied to the following resource: {resource}'
    )
