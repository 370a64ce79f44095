"""What ``--dry-run`` shows, and what a plan comes to in words."""

import collections
from collections.abc import Sequence

from osc_baremetal_config.core.apply import api_calls
from osc_baremetal_config.core.facts import steps, values
from osc_baremetal_config.core.facts.metadata import DEFERRED, DESIRED
from osc_baremetal_config.core.facts.model import Item, Server
from osc_baremetal_config.core.plan.model import (
    OFF,
    ItemChange,
    Plan,
    SettingChange,
)
from osc_baremetal_config.core.rollout import result, scheduler
from osc_baremetal_config.core.rollout.result import Result
from osc_baremetal_config.core.rollout.rollout_plan import (
    Refusal,
    RolloutPlan,
)
from osc_baremetal_config.core.rollout.scheduler import (
    Limits,
    Member,
    Progress,
)
from osc_baremetal_config.osc.views import tables
from osc_baremetal_config.osc.views.cells import OrDash
from osc_baremetal_config.osc.views.tables import NOTHING, SERVER, Row, Table

PLAN = (*SERVER, 'Config', 'From', 'To', 'Step', 'Template', 'Undo')
REQUESTS = (*SERVER, 'Service', 'Method', 'Path', 'Body', 'Undo')


def plans(plan: RolloutPlan) -> Table:
    """Return the table of a dry run."""
    rows = [row for one in plan.plans for row in _plan(one)]
    rows += [
        (*cells, result.of_error(refusal.error).value, NOTHING, NOTHING)
        for refusal in plan.refused
        for cells in refused(refusal)
    ]
    rows += [
        (*left, Result.NOT_OFF.value, NOTHING, NOTHING)
        for left in map(no_items, plan.left)
    ]
    return tables.in_order(PLAN, rows)


def requests(plan: RolloutPlan) -> Table:
    """Return the table of the requests that would be sent."""
    return Table(
        REQUESTS,
        [
            (
                one.server.name,
                one.server.id,
                *(call.service, call.method, call.path, call.body, call.undo),
            )
            for one in plan.to_do
            for call in api_calls.of(one)
        ],
    )


def refused(refusal: Refusal) -> list[Row]:
    """Return the first cells of the rows of a server that is refused."""
    items: list[Row] = [
        (item.type, NOTHING, item.value) for item in refusal.items
    ]
    return [
        (refusal.name, OrDash(refusal.id), *cells)
        for cells in items or [(NOTHING, NOTHING, NOTHING)]
    ]


def no_items(server: Server) -> Row:
    """Return the first cells of the row of a server that is left alone."""
    return (server.name, server.id, NOTHING, NOTHING, NOTHING)


def refusals(plan: RolloutPlan) -> list[str]:
    """Return why servers are refused."""
    # Servers that share a name share what is said of it.
    told = dict.fromkeys(tuple(one.error.lines()) for one in plan.refused)
    return [line for lines in told for line in lines]


def summary(plan: Plan) -> list[str]:
    """Return what the plan for one server comes to, for a person."""
    if plan.is_empty:
        return [f'{_is_already(plan)}; nothing to do.', *plan.warnings]
    return [
        f'{plan.server} on node {plan.node}: {_how_many(plan)}, '
        f'{_reboots(plan)}, {_risk(plan)}.',
        *(f'{why}.' for why in plan.why_later),
        _sequence(plan),
        _variant(plan),
        *(f'No automatic rollback: {why}.' for why in plan.no_rollback),
        *plan.warnings,
    ]


def summary_of_many(plan: RolloutPlan, limits: Limits) -> list[str]:
    """Return what the plans come to, for a person."""
    to_record = sum(
        not one.changes and not one.is_to_resize(one.server)
        for one in plan.to_do
    )
    to_change = len(plan.to_do) - to_record
    right, refused = len(plan.plans) - to_change, len(plan.refused)
    if not (plan.plans or refused or plan.left):
        return ['Warning: no server matches; there is nothing to do.']
    reboots = sum(one.reboots for one in plan.to_do)
    recorded = f' ({to_record} to be recorded)' if to_record else ''
    first = f', {limits.canary} first' if limits.canary else ''
    left = len(plan.left)
    not_off = f', {left} not off and left alone' if left else ''
    return [
        f'{tables.count(to_change + right + refused + left, "server")}: '
        f'{to_change} to change, {right} up to date{recorded}, {refused} '
        f'refused{not_off}. '
        f'{tables.count(reboots, "reboot")}, at most {limits.at_once} at once'
        f'{first}.',
        *_by_vendor(plan),
        *warnings(plan),
    ]


def warnings(plan: RolloutPlan) -> list[str]:
    """Return each warning with the servers that it is about."""
    return [
        f'{tables.some(server.name for server in servers)}: {warning}'
        for warning, servers in plan.warnings.items()
    ]


def _by_vendor(plan: RolloutPlan) -> list[str]:
    """Return which settings are changed on whose servers, if these differ."""
    counts = collections.Counter(
        (one.vendor or 'other', ', '.join(sorted(one.wanted)))
        for one in plan.to_do
        if one.changes
    )
    if len({vendor for vendor, _ in counts}) < 2:
        return []
    told = [
        f'{number} {vendor}: {names}'
        for (vendor, names), number in sorted(counts.items())
    ]
    return [f'{"; ".join(told)}.']


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


def held(
    members: Sequence[Member],
    limits: Limits,
    refused: int,
    now_s: float = 0.0,
) -> list[str]:
    """Return why a run would start nothing, if that is so.

    :param now_s: on the clock of the run.
    """
    start = Progress(waiting=tuple(members), failed=refused, refused=refused)
    if not members or scheduler.startable(start, limits, now_s):
        return []
    why = scheduler.why_not(start, limits, now_s)
    return [f'No server would be started: {why}.']


def _plan(plan: Plan) -> list[Row]:
    rows = [_change(change, plan) for change in plan.changes]
    rows += [_unchanged(item) for item in plan.unchanged]
    server = (plan.server.name, plan.server.id)
    none = (*[NOTHING] * 3, Result.UNCHANGED.value, NOTHING, NOTHING)
    return [(*server, *row) for row in rows or [none]]


def _change(change: ItemChange, plan: Plan) -> Row:
    back = '; '.join(
        f'{s.name}={values.shown(s.before)}'
        for s in change.settings
        if s.before is not None or not s.later
    )
    if change.template is None:
        step = f'roll back: {back}'
        return (change.item.type, NOTHING, NOTHING, step, NOTHING, NOTHING)
    every = ', '.join(dict.fromkeys(map(str, change.template.steps)))
    changed = [s for s in change.settings if s.before != s.after]
    changed.sort(key=lambda one: one.later)
    return (
        change.item.type,
        OrDash(change.before),
        change.item.value,
        f'{every}: {"; ".join(map(_arrow, changed))}',
        f'runbook {plan.runbook}' if plan.runbook else str(change.template),
        'no automatic rollback' if plan.no_rollback else back,
    )


def _unchanged(item: Item) -> Row:
    step = Result.UNCHANGED.value
    return (item.type, item.value, item.value, step, NOTHING, NOTHING)


def _arrow(setting: SettingChange) -> str:
    before, after = values.shown(setting.before), values.shown(setting.after)
    then = 'then ' if setting.later else ''
    return f'{then}{setting.name} {before} -> {after}'


def _is_already(plan: Plan) -> str:
    if plan.unchanged:
        items = ', '.join(f'{i.type} is {i.value}' for i in plan.unchanged)
        return f'{plan.server.name}: {items} already'
    if not plan.kept:
        return (
            f'{plan.server.name}: no configuration is desired of it, by '
            f'metadata, image or flavor'
        )
    read = plan.node.provision_updated_at or 'an unknown time'
    return (
        f'{plan.server.name} is as it should be, by the BIOS settings as '
        f'Ironic read them at {read}'
    )


def _how_many(plan: Plan) -> str:
    changing, total = (
        len(plan.changes),
        len(plan.changes) + len(plan.unchanged),
    )
    if changing == total:
        return tables.count(total, 'change')
    return f'{tables.count(changing, "change")} of {total} items'


def _reboots(plan: Plan) -> str:
    if plan.is_started:
        more = tables.count(len(plan.later), 'reboot')
        started = 'the service is already running'
        return f'{started}, {more} after it' if plan.later else started
    if plan.reboots:
        return tables.count(plan.reboots, 'reboot')
    return 'the steps have already run' if plan.steps else 'no reboot'


def _power(plan: Plan) -> str:
    name = plan.server.name
    if plan.power == OFF:
        return f'see that {name} is off again'
    return f'{"start" if plan.stop else "see that the power is on at"} {name}'


def _service(plan: Plan) -> str:
    """Return what is asked of Ironic, as far as it is known beforehand."""
    if plan.runbook is None:
        return 'run service steps'
    return f'run runbook {plan.runbook}'


def _risk(plan: Plan) -> str:
    lossy = [str(step) for step in plan.steps if steps.is_lossy(step)]
    data = f'DATA AT RISK by {", ".join(lossy)}' if lossy else ''
    told = [data, *(f'{risk.upper()} AT RISK' for risk in plan.risks)]
    return ', '.join(filter(None, told)) or 'no data at risk'


def _sequence(plan: Plan) -> str:
    parts = [f'stop {plan.server.name}'] if plan.stops else []
    resizes = plan.is_to_resize(plan.server)
    if resizes and plan.resize_to:
        parts.append(f'resize it to {plan.resize_to.name}')
    if plan.is_started:
        parts.append(f'wait for node {plan.node.handle}')
    elif plan.needs_service:
        parts.append(f'{_service(plan)} on node {plan.node.handle}')
    parts += ['verify'] if plan.steps else []
    parts += ['run the next service', 'verify'] * len(plan.later)
    parts += ['confirm the resize'] if resizes else []
    parts += [_power(plan)] if plan.touches_power else []
    parts += ['record in the metadata'] if plan.recorded else []
    for prefix, what in ((DESIRED, 'the record'), (DEFERRED, 'the deferral')):
        if any(key.startswith(prefix) for key in plan.forget):
            parts.append(f'remove {what}')
    return f'Sequence: {", ".join(parts)}.'


def _variant(plan: Plan) -> str:
    flavor = plan.server.flavor.name
    names = [variant.name for variant in plan.variants or ()]
    if plan.resize_to:
        return f'Flavor: {flavor} becomes {plan.resize_to.name}.'
    if names == [flavor]:
        return f'Flavor: {flavor} already has these values.'
    if len(names) == 1:
        return (
            f'Flavor variant: {names[0]}. The server stays {flavor}, so a '
            f'rebuild configures it as {flavor} says.'
        )
    if names:
        return f'Flavor variants: {", ".join(names)}; none is chosen.'
    return f'Flavor variant: none equals {flavor} but for these items.'
