"""What the commands show of a change of many servers.

Only arranges; nothing is decided or read here.
"""

from collections.abc import Iterable, Sequence

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import next_steps
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.rollout import scheduler
from osc_baremetal_config.core.rollout.rollout_plan import FleetPlan, Refusal
from osc_baremetal_config.core.rollout.scheduler import (
    Limits,
    Member,
    Progress,
)
from osc_baremetal_config.osc import tables
from osc_baremetal_config.osc.columns import OrDash
from osc_baremetal_config.osc.tables import Table
from osc_baremetal_config.run.rollout import Rolled

# Names on a line that is about many servers.
_SOME = 5
_RESULTS = {
    errors.ExitCode.ROLLED_BACK: 'put back',
    errors.ExitCode.INCOMPLETE: 'left between',
    errors.ExitCode.TIMED_OUT: 'still going',
    errors.ExitCode.REFUSED: 'refused',
}


def summary(plan: FleetPlan, limits: Limits) -> list[str]:
    """Return what the plans come to, for a person."""
    to_record = sum(
        not one.changes and not one.is_to_resize(one.server)
        for one in plan.to_do
    )
    to_change = len(plan.to_do) - to_record
    right, refused = len(plan.plans) - to_change, len(plan.refused)
    if not (plan.plans or refused):
        return ['Warning: no server matches; there is nothing to do.']
    reboots = sum(one.needs_service for one in plan.to_do)
    recorded = f' ({to_record} to be recorded)' if to_record else ''
    first = f', {limits.canary} first' if limits.canary else ''
    lines = [
        f'{_count(to_change + right + refused, "server")}: {to_change} to '
        f'change, {right} right already{recorded}, {refused} refused. '
        f'{_count(reboots, "reboot")}, at most {limits.at_once} at once'
        f'{first}.'
    ]
    for warning, servers in plan.warnings.items():
        lines.append(f'{_some(server.name for server in servers)}: {warning}')
    return lines


def refusals(plan: FleetPlan) -> list[str]:
    """Return why servers are refused."""
    # Servers that share a name share what is said of it.
    told = dict.fromkeys(tuple(one.error.lines()) for one in plan.refused)
    return [line for lines in told for line in lines]


def plans(plan: FleetPlan) -> Table:
    """Return the table of a dry run."""
    rows = [row for one in plan.plans for row in tables.plan(one)[1]]
    nothing = OrDash(None)
    rows += [
        (*cells, 'refused', nothing, nothing)
        for refusal in plan.refused
        for cells in _refused(refusal)
    ]
    return tables.PLAN, _in_order(rows)


def requests(plan: FleetPlan) -> Table:
    """Return the table of the requests that would be sent."""
    return tables.REQUESTS, [
        row for one in plan.to_do for row in tables.requests(one)[1]
    ]


def results(plan: FleetPlan, rolled: Rolled) -> Table:
    """Return the table of what was done: a row for each server and item."""
    rows = [row for one in plan.plans for row in _results(one, rolled)]
    rows += [
        (*cells, OrDash(None), _result(refusal.error), 0.0)
        for refusal in plan.refused
        for cells in _refused(refusal)
    ]
    return tables.RESULTS, _in_order(rows)


def for_person(table: Table) -> Table:
    """Return a table without the IDs if the names tell the servers apart."""
    _, rows = table
    servers = {(str(row[0]), str(row[1])) for row in rows}
    is_clear = len({name for name, _ in servers}) == len(servers)
    return tables.without(table, ['ID']) if is_clear else table


def ungrouped(members: Sequence[Member], key: str | None) -> list[str]:
    """Return how many servers are not kept apart from any other.

    :param key: by which the others are; None if none are to be.
    """
    count = sum(member.group is None for member in members)
    if key is None or not count:
        return []
    return [
        f'{count} of {len(members)} have no {key}; nothing keeps these '
        f'from being changed at the same time as others.'
    ]


def held(members: Sequence[Member], limits: Limits, refused: int) -> list[str]:
    """Return why a run would begin nothing, if that is so."""
    begin = Progress(waiting=tuple(members), failed=refused, refused=refused)
    if not members or scheduler.startable(begin, limits):
        return []
    return [f'None would be begun: {scheduler.why_not(begin, limits)}.']


def left(plan: FleetPlan, rolled: Rolled) -> list[str]:
    """Return which servers were not begun, and why."""
    names = [
        one.server.name
        for one in plan.to_do
        if one.server.id not in rolled.ended.keys() | rolled.running
    ]
    if not names:
        return []
    return [f'Not begun, because {rolled.held}: {_some(names)}.']


def interrupted(rolled: Rolled) -> list[str]:
    """Return what is so after Ctrl-C."""
    lines = [
        'Interrupted; nothing was undone. Run the command again to resume.'
    ]
    if names := [
        change.plan.server.name
        for change in rolled.running.values()
        if change.is_at_service
    ]:
        lines.append(
            f'{_some(names)}: the cloud goes on with the service without us.'
        )
    if rolled.is_dropped:
        lines.append(
            'The calls in flight were not waited for, so more may have '
            'happened than is shown here.'
        )
    for change in rolled.running.values():
        if change.has_only_stopped:
            lines.append(
                f'{change.plan.server} was stopped and its node is not '
                f'serviced yet, so it stays off.'
            )
        if change.has_only_stopped or len(rolled.running) == 1:
            lines.append(
                f'Continue with: {next_steps.continuing(change.plan)}'
            )
    return lines


def started(rolled: Rolled) -> list[str]:
    """Return what is left to be done after ``--no-wait``."""
    count = sum(
        not end.outcome.is_finished
        for end in rolled.ended.values()
        if end.outcome
    )
    if not count:
        return []
    return [
        f'Begun: {_count(count, "service")}. The servers are neither verified '
        f'nor recorded, and off until then if they were stopped.',
        'The same command finishes what is left.',
    ]


def _results(plan: Plan, rolled: Rolled) -> list[tuple[object, ...]]:
    """Return the rows of one server."""
    server, end = plan.server, rolled.ended.get(plan.server.id)
    if plan.is_empty or (end and end.outcome):
        return tables.results(plan, end.outcome if end else None)[1]
    result, seconds = 'not begun', 0.0
    if change := rolled.running.get(server.id):
        result, seconds = 'interrupted', round(change.elapsed_s, 1)
    if end and end.error:
        result = _result(end.error)
        seconds = round(end.seconds, 1)
    nothing = OrDash(None)
    cells = [
        (change.item.type, OrDash(change.before), change.item.value)
        for change in plan.changes
    ]
    cells += [(i.type, OrDash(i.value), i.value) for i in plan.unchanged]
    return [
        (server.name, server.id, *cell, nothing, result, seconds)
        for cell in cells
    ]


def _result(error: errors.ConfigError) -> str:
    return _RESULTS.get(error.exit_code, 'failed')


def _refused(refusal: Refusal) -> list[tuple[object, ...]]:
    """Return the first cells of the rows of a server that is refused."""
    nothing = OrDash(None)
    items: list[tuple[object, ...]] = [
        (item.type, nothing, item.value) for item in refusal.items
    ]
    return [
        (refusal.name, OrDash(refusal.id), *cells)
        for cells in items or [(nothing, nothing, nothing)]
    ]


def _in_order(rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return sorted(rows, key=lambda row: (str(row[0]), str(row[2])))


def _some(names: Iterable[str]) -> str:
    """Return names for one line, with the number of those left out."""
    every = sorted(names)
    left = len(every) - _SOME
    return ', '.join(every[:_SOME]) + (f' and {left} more' if left > 0 else '')


def _count(number: int, noun: str) -> str:
    return f'{number} {noun}{"" if number == 1 else "s"}'
