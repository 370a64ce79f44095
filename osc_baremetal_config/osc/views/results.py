"""What is shown of a change once it has ended."""

from collections.abc import Iterable, Sequence

from osc_baremetal_config.core.apply import next_steps
from osc_baremetal_config.core.facts.model import Server
from osc_baremetal_config.core.plan import deferral
from osc_baremetal_config.core.plan.model import ON, Plan
from osc_baremetal_config.core.plan.options import Method
from osc_baremetal_config.core.rollout import result
from osc_baremetal_config.core.rollout.result import Outcome, Result, Rolled
from osc_baremetal_config.core.rollout.rollout_plan import RolloutPlan
from osc_baremetal_config.osc.views import plans, tables
from osc_baremetal_config.osc.views.cells import OrDash
from osc_baremetal_config.osc.views.tables import NOTHING, SERVER, Row, Table

RESULTS = (*SERVER, 'Config', 'From', 'To', 'Method', 'Result', 'Seconds')
# For scripts: the codes of what speaks against it.
CODES = 'Codes'
ALL = (*RESULTS, CODES)


def results(
    plan: RolloutPlan, rolled: Rolled, *, is_for_script: bool
) -> Table:
    """Return the table of what was done: a row for each server and item.

    :param is_for_script: with the codes of what speaks against it.
    """
    rows: list[Row] = [
        (*row, []) for one in plan.plans for row in _server(one, rolled)
    ]
    rows += [
        (
            *(*cells, NOTHING, result.of_error(refusal.error).value, 0.0),
            list(refusal.error.codes),
        )
        for refusal in plan.refused
        for cells in plans.refused(refusal)
    ]
    rows += [
        (*left, NOTHING, Result.NOT_OFF.value, 0.0, [])
        for left in map(plans.no_items, plan.left)
    ]
    table = tables.in_order(ALL, rows)
    return table if is_for_script else tables.without(table, [CODES])


def side_effects(server: Server, outcome: Outcome | None) -> list[str]:
    """Return what else a change has done, as far as is known."""
    if outcome is None:
        return []
    lines = []
    if outcome.side_effects:
        told = '; '.join(outcome.side_effects)
        lines.append(f'{server.name}: also changed: {told}.')
    if outcome.drifting:
        lines.append(
            f'{server.name}: no longer as desired: '
            f'{"; ".join(outcome.drifting)} (openstack server config apply '
            f'{server.id} restores it).'
        )
    return lines


def started(plan: RolloutPlan, rolled: Rolled) -> list[str]:
    """Return what is left to be done after ``--no-wait``."""
    left = [
        one
        for one in plan.plans
        if (end := rolled.ended.get(one.server.id))
        and end.outcome
        and not end.outcome.is_finished
    ]
    if len(left) == 1:
        [one] = left
        name = one.server.name
        # Of a service that an earlier run has started, the server tells.
        is_off = one.server.status == 'SHUTOFF' if one.is_started else one.stop
        off = ' and is off until then' if is_off and one.power == ON else ''
        return [
            f'{name}: the service has started. {name} is neither verified nor '
            f'recorded{off}.',
            f'Finish with: {next_steps.continuing(one)}',
        ]
    if not left:
        return []
    return [
        f'{tables.count(len(left), "service")} started. The servers are '
        f'neither verified nor recorded, and off until then if they were '
        f'stopped.',
        'Run the same command again to finish.',
    ]


def left(plan: RolloutPlan) -> list[str]:
    """Return why a server that is named is left alone."""
    if len(plan.left) != 1 or plan.plans or plan.refused:
        return []
    [server] = plan.left
    return [
        f'{server} is {server.status}, and not because its user has stopped '
        f'it; --only-off leaves it alone.'
        if server.status == 'SHUTOFF'
        else f'{server} is {server.status}; --only-off leaves it alone.'
    ]


def started_by_user(plan: RolloutPlan, rolled: Rolled) -> list[str]:
    """Return which servers were left alone, as they are no longer off."""
    names = [
        one.server.name
        for one in plan.plans
        if (end := rolled.ended.get(one.server.id))
        and end.outcome
        and end.outcome.is_left
    ]
    if not names:
        return []
    return [
        f'Started meanwhile, so --only-off leaves them alone: '
        f'{tables.some(names)}.'
    ]


def deferred(plan: RolloutPlan, rolled: Rolled) -> list[str]:
    """Return what was left for later, and how it is applied or withdrawn."""
    found = [
        one
        for one in plan.plans
        if (end := rolled.ended.get(one.server.id))
        and end.outcome
        and end.outcome.is_deferred
    ]
    if len(found) == 1:
        [one] = found
        items = deferral.items(one)
        types = [item.type for item in items]
        return [
            f'{one.server.name}: {", ".join(map(str, items))} is deferred; '
            f'nothing was touched.',
            f'Apply it with: {next_steps.applying(one)}',
            f'Withdraw it with: {next_steps.unsetting(one.server, types)}',
        ]
    if not found:
        return []
    return [
        f'The requests of {tables.count(len(found), "server")} are deferred; '
        f'nothing was touched.',
        'Apply them with: openstack server config apply (with the same '
        'options for how, and for the risks).',
    ]


def not_started(plan: RolloutPlan, rolled: Rolled) -> list[str]:
    """Return which servers were not started, and why."""
    names = [
        one.server.name
        for one in plan.to_do
        if one.server.id not in rolled.ended.keys() | rolled.running
    ]
    if not names or not rolled.held:
        return []
    return [f'Not started, because {rolled.held}: {tables.some(names)}.']


def interrupted(rolled: Rolled) -> list[str]:
    """Return what has become of the servers after Ctrl-C."""
    lines = [
        'Interrupted; nothing was undone. Run the command again to resume.'
    ]
    left = rolled.running.values()
    if names := [one.plan.server.name for one in left if one.is_at_service]:
        lines.append(
            f'{tables.some(names)}: the service continues in the cloud.'
        )
    if rolled.is_dropped:
        lines.append(
            'The calls in flight were not waited for, so more may have '
            'happened than is shown here.'
        )
    for one in left:
        if one.may_stay_off:
            certain = 'may stay off' if rolled.is_dropped else 'stays off'
            lines.append(
                f'{one.plan.server} was stopped and its node is not serviced '
                f'yet, so it {certain}.'
            )
        if one.may_stay_off or len(left) == 1:
            lines.append(f'Continue with: {next_steps.continuing(one.plan)}')
    return lines


def forgotten(
    server: Server, types: Iterable[str], keys: Sequence[str], *, is_done: bool
) -> list[str]:
    """Return what of a server's metadata is, or would be, removed."""
    verb = 'removed' if is_done else 'would be removed'
    if keys:
        return [f'{server.name}: {verb}: {", ".join(keys)}.']
    return [f'{server.name}: nothing is recorded of {", ".join(types)}.']


def _server(plan: Plan, rolled: Rolled) -> list[Row]:
    """Return the rows of one server."""
    server, end = plan.server, rolled.ended.get(plan.server.id)
    if plan.is_empty or (end and end.outcome):
        return _ended_well(plan, end.outcome if end else None)
    found, seconds = Result.NOT_STARTED, 0.0
    if left := rolled.running.get(server.id):
        found, seconds = Result.INTERRUPTED, round(left.seconds, 1)
    if end and end.error:
        found, seconds = result.of_error(end.error), round(end.seconds, 1)
    cells: list[Row] = [
        (change.item.type, OrDash(change.before), change.item.value)
        for change in plan.changes
    ]
    cells += [(i.type, OrDash(i.value), i.value) for i in plan.unchanged]
    return [
        (server.name, server.id, *cell, NOTHING, found.value, seconds)
        for cell in cells or [(NOTHING, NOTHING, NOTHING)]
    ]


def _words(outcome: Outcome | None) -> tuple[Result, Result]:
    """Return what has become of items that change, and of those recorded."""
    if outcome and outcome.is_deferred:
        return Result.DEFERRED, Result.DEFERRED
    if outcome and outcome.is_left:
        return Result.NOT_OFF, Result.NOT_OFF
    if outcome and not outcome.is_finished:
        return Result.STARTED, Result.RECORDED
    return Result.VERIFIED, Result.RECORDED


def _ended_well(plan: Plan, outcome: Outcome | None) -> list[Row]:
    """Return the rows of a server that is as it was asked for.

    :param outcome: None if there was nothing to do.
    """
    server = (plan.server.name, plan.server.id)
    seconds = round(outcome.seconds, 1) if outcome else 0.0
    changed, recorded = _words(outcome)
    method = outcome.method if outcome else None
    through = OrDash(method.value if method else None)
    rows: list[Row] = [
        (
            *(*server, change.item.type, OrDash(change.before)),
            *(change.item.value, through, changed.value, seconds),
        )
        for change in plan.changes
    ]
    # The settings are right already, but not yet the flavor.
    is_resized = method is Method.RESIZE
    is_deferred = outcome is not None and outcome.is_deferred
    to_record = deferral.items(plan) if is_deferred else plan.record
    for item in plan.unchanged:
        is_recorded = item in to_record
        same = recorded if is_recorded else Result.UNCHANGED
        rows.append(
            (
                *(*server, item.type, item.value, item.value),
                through if is_resized else NOTHING,
                (Result.RESIZED if is_resized else same).value,
                seconds if is_recorded or is_resized else 0.0,
            )
        )
    none = (*server, *[NOTHING] * 4, Result.UNCHANGED.value, 0.0)
    return rows or [none]
