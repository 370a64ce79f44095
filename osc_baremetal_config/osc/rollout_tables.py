"""What the commands show of a change of many servers.

Only arranges; nothing is decided or read here.
"""

import argparse
from collections.abc import Sequence

from osc_baremetal_config import errors
from osc_baremetal_config.core.fleetplan import FleetPlan
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.osc import tables
from osc_baremetal_config.osc.columns import OrDash
from osc_baremetal_config.osc.tables import Table
from osc_baremetal_config.run.fleet import Fleet
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
_RESULTS = {
    errors.ExitCode.PUT_BACK: 'put back',
    errors.ExitCode.LEFT_BETWEEN: 'left between',
    errors.ExitCode.STILL_GOING: 'still going',
    errors.ExitCode.REFUSED: 'refused',
}


def columns(*, dry_run: bool) -> Sequence[str]:
    """Return the columns of the table that will be shown."""
    return PLANS if dry_run else RESULTS


def summary(
    plan: FleetPlan, fleet: Fleet, parsed_args: argparse.Namespace
) -> list[str]:
    """Return what the plans come to, for a person."""
    total = len(fleet.snapshots) + len(fleet.others) + len(fleet.missing)
    to_do, right = len(plan.to_do), len(plan.plans) - len(plan.to_do)
    refused = total - len(plan.plans)
    reboots = sum(one.needs_service for one in plan.to_do)
    first = f', {parsed_args.canary} first' if parsed_args.canary else ''
    return [
        f'{total} servers: {to_do} to change, {right} right already, '
        f'{refused} refused. {reboots} reboots, at most '
        f'{parsed_args.max_concurrent} at once{first}.'
    ]


def left_out(fleet: Fleet) -> list[str]:
    """Return which of the servers cannot be changed at all."""
    lines = [f'No server has the name or ID {name}.' for name in fleet.missing]
    lines += [
        f'{server} runs on no bare-metal node that you can see.'
        for server in fleet.others
    ]
    return lines


def plans(plan: FleetPlan) -> Table:
    """Return the table of a dry run."""
    rows: list[tuple[object, ...]] = []
    for one in plan.plans:
        _, cells = tables.plan(one)
        rows += [(one.server.name, one.server.id, *row) for row in cells]
    return PLANS, rows


def results(plan: FleetPlan, rolled: Rolled) -> Table:
    """Return the table of what was done: a row for each server and item."""
    rows: list[tuple[object, ...]] = []
    for one in plan.plans:
        rows += _results(one, rolled.ended.get(one.server.id))
    for server, _ in plan.refused:
        nothing = OrDash(None)
        cells = (nothing, nothing, nothing, nothing, 'refused', 0.0)
        rows.append((server.name, server.id, *cells))
    return RESULTS, sorted(rows, key=lambda row: (str(row[0]), str(row[2])))


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


def has_failed(plan: FleetPlan, rolled: Rolled) -> bool:
    """Return whether a server failed or was not begun."""
    return len(rolled.ended) < len(plan.to_do) or any(
        end.error for end in rolled.ended.values()
    )


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
    result = 'not begun'
    if end and end.error:
        result = _RESULTS.get(end.error.exit_code, 'failed')
    return [
        (
            plan.server.name,
            plan.server.id,
            change.item.type,
            OrDash(change.before),
            change.item.value,
            OrDash(None),
            result,
            0.0,
        )
        for change in plan.changes
    ]
