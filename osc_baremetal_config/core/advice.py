"""What a person can do next, as commands to be pasted.

Owns the words; every command named here exists and was tried in the state
that it is named for.
"""

import shlex

from osc_baremetal_config.core import recovery, sequence
from osc_baremetal_config.core.model import Node
from osc_baremetal_config.core.options import Method, Options
from osc_baremetal_config.core.plan import Plan

# Ironic's default policies for baremetal:node:set_provision_state, and for
# baremetal:runbook:use.
_MAY_SERVICE = (
    'By default these may: a manager of the project that the node is leased '
    'to, a member of the project that owns it, and an operator with a role '
    'on the system.'
)
_MAY_USE = (
    'A runbook may by default be used by a manager of the project that owns '
    'it, and by an operator; that it is public only lets others see it.'
)


def who_may(plan: Plan) -> list[str]:
    """Return who may do what was refused, and the other way if there is."""
    lines = [_MAY_USE] if plan.runbook else []
    if plan.may_use_steps:
        return [*lines, _MAY_SERVICE]
    return [*lines, 'The other way: --method service, if you may use it.']


def continuing(plan: Plan) -> str:
    """Return the command that goes on with a plan from wherever it is."""
    items = [change.item for change in plan.changes] + list(plan.settled)
    wish = ' '.join(
        f'--config {shlex.quote(str(item))}' for item in sorted(items)
    )
    how = ''.join(f' {option}' for option in _options(plan.options))
    return f'openstack server config set {wish}{how} {plan.server.id}'


def _options(options: Options) -> list[str]:
    """Return the options as they are written, but for the defaults."""
    written = []
    if options.method is not Method.AUTO:
        written.append(f'--method {options.method}')
    if options.flavor:
        written.append(f'--flavor {shlex.quote(options.flavor)}')
    for name, is_set in (
        ('--no-stop', not options.stop),
        ('--strict', options.strict),
        ('--allow-data-loss', options.allow_data_loss),
        ('--require-flavor', options.require_flavor),
    ):
        if is_set:
            written.append(name)
    return written


def after_failure(plan: Plan, seen: sequence.Seen) -> list[str]:
    """Return what is left between, and how to go on."""
    lines = [
        f'Left as it is: server {seen.server.status}, node '
        f'{seen.node.handle} {_state(seen.node)}.'
    ]
    if seen.node.provision_state == 'service failed':
        first, *rest = recovery.out_of_service_failed(seen.node)
        lines.append(f'First make the node active again: {first}')
        lines += [f'then: {command}' for command in rest]
    lines.append(f'Continue with: {continuing(plan)}')
    return lines


def _state(node: Node) -> str:
    state = node.provision_state
    if node.maintenance:
        fault = f', fault: {node.fault}' if node.fault else ''
        return f'"{state}" and in maintenance{fault}'
    return f'"{state}"'
