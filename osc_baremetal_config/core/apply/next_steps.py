"""What a person can do next, as commands to be pasted.

Owns the words; every command named here exists and was tried in the state
that it is named for.
"""

from collections.abc import Iterable

from osc_baremetal_config.core.apply.observation import Observation
from osc_baremetal_config.core.facts import quoting, values
from osc_baremetal_config.core.facts.model import InstanceAction, Node, Server
from osc_baremetal_config.core.facts.provision_state import FAULT
from osc_baremetal_config.core.plan.model import Aim, Plan
from osc_baremetal_config.core.plan.options import Method, OnFailure, Options

# Ironic's default policies for baremetal:node:set_provision_state, and for
# baremetal:runbook:use.
_MAY_SERVICE = (
    'By default a node may be serviced by a manager of the project that it is '
    'leased to, by a member of the project that owns it, and by an operator '
    'with a role on the system.'
)
MAY_RECORD = (
    "By default a server's metadata may be changed by a member or manager of "
    'its project, and by an administrator.'
)
_MAY_USE = (
    'A runbook may by default be used by a manager of the project that owns '
    'it, and by an operator; that it is public only lets others see it.'
)


_USABLE = ('ACTIVE', 'SHUTOFF', 'VERIFY_RESIZE', 'RESIZE', 'REVERT_RESIZE')


def who_may(plan: Plan, *, may_use_steps: bool) -> list[str]:
    """Return who may do what was refused, and the other way if there is.

    :param may_use_steps: the user may run the steps without the runbook that
        was asked for.
    """
    lines = [_MAY_USE] if plan.runbook else []
    if plan.may_use_steps:
        return [*lines, _MAY_SERVICE]
    if may_use_steps:
        return [*lines, 'You may run the steps: use --method service.']
    return lines


def continuing(plan: Plan) -> str:
    """Return the command that continues a plan from wherever it is."""
    if plan.aim is not Aim.SET:
        aim = f'--{plan.aim.value}'
        trust = ' --trust-metadata' if plan.options.trust_metadata else ''
        return f'openstack server config recover {aim}{trust} {plan.server.id}'
    how = ''.join(f' {option}' for option in _options(plan.options))
    if plan.options.forgets:
        types = ' '.join(
            f'--config {quoting.quoted(name)}' for name in plan.options.forgets
        )
        return (
            f'openstack server config unset --apply {types}{how} '
            f'{plan.server.id}'
        )
    if not plan.options.records:
        return applying(plan)
    request = ' '.join(
        f'--config {quoting.quoted(str(item))}' for item in plan.items
    )
    return f'openstack server config set {request}{how} {plan.server.id}'


def applying(plan: Plan) -> str:
    """Return the command that applies what is desired, as a plan does."""
    how = ''.join(f' {option}' for option in _options(plan.options))
    return f'openstack server config apply{how} {plan.server.id}'


def _options(options: Options) -> list[str]:
    """Return the options as they are written, but for the defaults."""
    written = []
    if options.method is not Method.AUTO:
        written.append(f'--method {options.method}')
    if options.flavor:
        written.append(f'--target-flavor {quoting.quoted(options.flavor)}')
    for name, is_set in (
        ('--no-stop', not options.stop),
        ('--strict', options.strict),
        ('--allow-data-loss', options.allow_data_loss),
        ('--require-flavor', options.require_flavor),
        ('--allow-move', options.allow_move),
        ('--on-failure leave', options.on_failure is OnFailure.LEAVE),
    ):
        if is_set:
            written.append(name)
    if options.max_reboots not in (1, None):
        written.append(f'--max-reboots {options.max_reboots}')
    written += [f'--accept-risk {risk}' for risk in sorted(options.accepted)]
    return written


def unsetting(server: Server, types: Iterable[str]) -> str:
    """Return the command that removes the record of types."""
    options = ' '.join(f'--config {quoting.quoted(name)}' for name in types)
    return f'openstack server config unset {options} {server.id}'


def after_failure(plan: Plan, seen: Observation) -> list[str]:
    """Return what is incomplete, and how to continue."""
    return [
        f'Left as is: server {seen.server.status}, node '
        f'{seen.node.handle} {_state(seen.node)}.',
        *_first(seen),
        f'Continue with: {_going_on(plan, seen)}',
        f'Other ways out: openstack server config recover {plan.server.id}',
    ]


def broken(server: Server) -> list[str]:
    """Return what leads out of a status in which Nova changes nothing."""
    if server.status in _USABLE:
        return []
    return [
        f'Nova changes neither the power nor the metadata of a server that is '
        f'in {server.status}. Where the server is to be kept, an '
        f'administrator can make it usable again: openstack server set '
        f'--state active {server.id}',
        f'Where it is not: openstack server delete {server.id}',
    ]


def _first(seen: Observation) -> list[str]:
    """Return what somebody else has to do before it can continue."""
    node = seen.node
    lines = broken(seen.server)
    if node.maintenance and node.fault != FAULT:
        lines.append(
            f'An operator has to end the maintenance first: openstack '
            f'baremetal node maintenance unset {quoting.node(node)}'
        )
    return lines


def unapplied(plan: Plan, seen: Observation) -> list[str]:
    """Return what can be done where a BMC may still apply settings."""
    recover = 'openstack server config recover'
    return [
        f'The BMC may still apply it when the node is next restarted, so it '
        f'is not known to be as before. The server is {seen.server.status}.',
        f'Continue with: {recover} --retry {plan.server.id}',
        'That makes Ironic read the settings again, and set them where they '
        f'differ. To have the previous ones written instead: {recover} '
        f'--rollback {plan.server.id}',
    ]


def not_restored(plan: Plan) -> list[str]:
    """Return the situation where a firmware has changed more than asked."""
    settings = ', '.join(plan.was) or 'none'
    return [
        f'Restored: {settings}. Others are not known to be as before.',
        f'Current state: openstack server config show {plan.server.id}',
        f'Continue with: openstack server config apply {plan.server.id} to '
        'restore what is desired of them.',
    ]


def overtaken(plan: Plan) -> list[str]:
    """Return what can be done where another change has come in between."""
    return [
        f'Current state: openstack server config show {plan.server.id}',
        f'Continue with: {continuing(plan)}',
    ]


def _going_on(plan: Plan, seen: Observation) -> str:
    """Return the command that continues after a failure.

    A change that is not rolled back stays where it has failed, until somebody
    decides.
    """
    if plan.later and seen.failure:
        # The next service is not possible, and the ones before are done.
        return f'openstack server config recover --rollback {plan.server.id}'
    is_left = plan.undo is None or plan.options.on_failure is OnFailure.LEAVE
    has_failed = seen.node.provision_state == 'service failed'
    if plan.aim is Aim.SET and is_left and has_failed:
        return f'openstack server config recover --retry {plan.server.id}'
    return continuing(plan)


def rolled_back(plan: Plan) -> str:
    """Return the situation once a change has been rolled back."""
    items = [
        f'{change.item.type} is {change.before}'
        if change.before
        else ', '.join(
            f'{s.name}={values.shown(s.before)}'
            for s in change.settings
            if s.before is not None
        )
        for change in plan.changes
    ]
    items += [f'the server is {plan.power}']
    return f'Rolled back: {", ".join(dict.fromkeys(items))} as before.'


def bounced(plan: Plan, action: InstanceAction | None) -> str:
    """Return why Nova did not resize, in its own words.

    Nova answers ACTIVE for a resize that it has given up.
    """
    why = 'Nova shows no such action'
    if action:
        failures = '; '.join(action.failures) or 'it shows you no details'
        why = f'{action.message or "no message"}: {failures}'
        why = f'{why} ({action.request_id})'
    target = plan.resize_to.name if plan.resize_to else '?'
    return (
        f'Nova did not resize the server to {target}: {why}. Most clouds '
        f'cannot resize bare metal: --method service changes the '
        f'configuration without it'
    )


def _state(node: Node) -> str:
    state = node.provision_state
    if node.maintenance:
        fault = f', fault: {node.fault}' if node.fault else ''
        return f'"{state}" and in maintenance{fault}'
    return f'"{state}"'
