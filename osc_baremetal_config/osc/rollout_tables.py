"""What the commands show of a change of many servers.

Only arranges; nothing is decided or read here.
"""

from collections.abc import Iterable, Sequence

from osc_baremetal_config import errors
from osc_baremetal_config.core import rollout
from osc_baremetal_config.core.fleetplan import FleetPlan, Refusal
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.core.rollout import Limits, Member, Progress
from osc_baremetal_config.osc import tables
from osc_baremetal_config.osc.columns import OrDash
from osc_baremetal_config.osc.tables import Table
from osc_baremetal_config.run.rollout import Ended, Rolled

RESULTS = (
    'Server',
    'ID',
    'Config',
    'From',
    'To',
    'Method',
    'Result',
    'Seconds',
)
PLANS = ('Server', 'ID', *tables.PLAN)
# Names on a line that is about many servers.
_SOME = 5
_RESULTS = {
    errors.ExitCode.PUT_BACK: 'put back',
    errors.ExitCode.LEFT_BETWEEN: 'left between',
    errors.ExitCode.STILL_GOING: 'still going',
    errors.ExitCode.REFUSED: 'refused',
}


def columns(*, dry_run: bool) -> Sequence[str]:
    """Return the columns of the table that will be shown."""
    return PLANS if dry_run else RESULTS


def summary(plan: FleetPlan, limits: Limits) -> list[str]:
    """Return what the plans come to, for a person."""
    to_do, right = len(plan.to_do), len(plan.plans) - len(plan.to_do)
    refused = len(plan.refused)
    if not (plan.plans or refused):
        return ['No server is meant by these options; nothing to do.']
    reboots = sum(one.needs_service for one in plan.to_do)
    first = f', {limits.canary} first' if limits.canary else ''
    lines = [
        f'{to_do + right + refused} servers: {to_do} to change, {right} right '
        f'already, {refused} refused. {reboots} reboots, at most '
        f'{limits.at_once} at once{first}.'
    ]
    for warning, servers in plan.warnings.items():
        lines.append(f'{_some(server.name for server in servers)}: {warning}')
    return lines


def refusals(plan: FleetPlan) -> list[str]:
    """Return why servers are refused."""
    return [line for one in plan.refused for line in one.error.lines()]


def plans(plan: FleetPlan) -> Table:
    """Return the table of a dry run."""
    rows: list[tuple[object, ...]] = []
    for one in plan.plans:
        _, cells = tables.plan(one)
        rows += [(one.server.name, one.server.id, *row) for row in cells]
    nothing = OrDash(None)
    rows += [
        (*cells, 'refused', nothing, nothing)
        for refusal in plan.refused
        for cells in _refused(refusal)
    ]
    return PLANS, _in_order(rows)


def results(plan: FleetPlan, rolled: Rolled) -> Table:
    """Return the table of what was done: a row for each server and item."""
    rows: list[tuple[object, ...]] = []
    for one in plan.plans:
        rows += _results(one, rolled.ended.get(one.server.id))
    rows += [
        (*cells, OrDash(None), 'refused', 0.0)
        for refusal in plan.refused
        for cells in _refused(refusal)
    ]
    return RESULTS, _in_order(rows)


def ungrouped(members: Sequence[Member], key: str) -> list[str]:
    """Return how many servers are not kept apart from any other."""
    count = sum(member.group is None for member in members)
    if not count:
        return []
    return [
        f'{count} of {len(members)} have no {key}; nothing keeps these '
        f'from being changed at the same time as others.'
    ]


def held(members: Sequence[Member], limits: Limits, refused: int) -> list[str]:
    """Return why a run would begin nothing, if that is so."""
    begin = Progress(waiting=tuple(members), failed=refused, refused=refused)
    if not members or rollout.startable(begin, limits):
        return []
    return [f'None would be begun: {rollout.why_not(begin, limits)}.']


def begun(rolled: Rolled) -> list[str]:
    """Return what is left to be done after ``--no-wait``."""
    count = sum(
        not end.outcome.is_finished
        for end in rolled.ended.values()
        if end.outcome
    )
    if not count:
        return []
    return [
        f'{count} services have begun; their servers are neither verified nor '
        f'recorded, and off until then if they were stopped.',
        'The same command finishes what is left.',
    ]


def failures(plan: FleetPlan, rolled: Rolled) -> list[str]:
    """Return why servers failed, and why others were not begun."""
    lines = [
        line
        for end in rolled.ended.values()
        if end.error
        for line in end.error.lines()
    ]
    left = [p.server for p in plan.to_do if p.server.id not in rolled.ended]
    if left:
        names = ', '.join(sorted(server.name for server in left))
        lines.append(f'Not begun, because {rolled.held}: {names}.')
    return lines


def interrupted() -> list[str]:
    """Return what is so after Ctrl-C."""
    return [
        'Interrupted. The cloud works on without us; nothing was undone. The '
        'same command goes on.'
    ]


def _results(plan: Plan, end: Ended | None) -> list[tuple[object, ...]]:
    """Return the rows of one server."""
    if plan.is_empty or (end and end.outcome):
        _, rows = tables.results(plan, end.outcome if end else None)
        return [(row[0], plan.server.id, *row[1:]) for row in rows]
    result, seconds = 'not begun', 0.0
    if end and end.error:
        result = _RESULTS.get(end.error.exit_code, 'failed')
        seconds = round(end.seconds, 1)
    nothing = OrDash(None)
    cells = [
        (change.item.type, OrDash(change.before), change.item.value)
        for change in plan.changes
    ]
    cells += [(i.type, OrDash(i.value), i.value) for i in plan.settled]
    return [
        (plan.server.name, plan.server.id, *cell, nothing, result, seconds)
        for cell in cells
    ]


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
