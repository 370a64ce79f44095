"""What the commands show of plans, results and states.

Only arranges; nothing is decided or read here.
"""

from collections.abc import Iterable

from osc_baremetal_config.core import advice, steps
from osc_baremetal_config.core import requests as requests_
from osc_baremetal_config.core.model import Item
from osc_baremetal_config.core.plan import OFF, ON, Change, Plan, SettingChange
from osc_baremetal_config.core.state import Row
from osc_baremetal_config.osc.columns import OrDash, YesNo
from osc_baremetal_config.run.execute import Outcome

RESULTS = ('Server', 'Config', 'From', 'To', 'Method', 'Result', 'Seconds')
PLAN = ('Config', 'From', 'To', 'Step', 'Through', 'Undo')
REQUESTS = ('Service', 'Method', 'Path', 'Body', 'Undo')
STATES = ('Config', 'Desired', 'Actual', 'Source', 'Drift')
Table = tuple[tuple[str, ...], list[tuple[object, ...]]]


def states(rows: Iterable[Row]) -> Table:
    """Return the table of ``show``."""
    return STATES, [
        (
            row.type,
            OrDash(row.desired.value),
            OrDash(row.actual.value),
            row.desired.source,
            YesNo(row.drift),
        )
        for row in rows
    ]


def unreadable(rows: Iterable[Row]) -> list[str]:
    """Return why the actual values that are wished for cannot be told."""
    return [
        f'{row.type}: the actual value cannot be told: {row.actual.reason}'
        for row in rows
        if row.actual.value is None and row.desired.value is not None
    ]


def plan(plan: Plan) -> Table:
    """Return the table of ``set --dry-run``."""
    rows = [_change(change) for change in plan.changes]
    rows += [_settled(item) for item in plan.settled]
    return PLAN, sorted(rows, key=lambda row: str(row[0]))


def summary(plan: Plan) -> list[str]:
    """Return what a plan comes to, for a person."""
    if plan.is_empty:
        return [f'{_is_already(plan)}; nothing to do.']
    total = len(plan.changes) + len(plan.settled)
    change = 'changes' if len(plan.changes) == 1 else 'change'
    what = f'{len(plan.changes)} of {total} items {change}'
    reboots = '1 reboot' if plan.steps else 'no reboot'
    return [
        f'{plan.server} on node {plan.node}: {what}, {reboots}, '
        f'{_risk(plan)}.',
        _sequence(plan),
        _variant(plan),
        *plan.warnings,
    ]


def results(plan: Plan, outcome: Outcome | None) -> Table:
    """Return the table of ``set``.

    :param outcome: None if there was nothing to do.
    """
    name = plan.server.name
    seconds = round(outcome.seconds, 1) if outcome else 0.0
    result = 'begun' if outcome and not outcome.is_finished else 'verified'
    rows: list[tuple[object, ...]] = [
        (
            name,
            change.item.type,
            OrDash(change.before),
            change.item.value,
            OrDash(
                outcome.method.value if outcome and outcome.method else None
            ),
            result,
            seconds,
        )
        for change in plan.changes
    ]
    for item in plan.settled:
        recorded = item in plan.record
        rows.append(
            (
                name,
                item.type,
                item.value,
                item.value,
                OrDash(None),
                'recorded' if recorded else 'nothing to do',
                seconds if recorded else 0.0,
            )
        )
    return RESULTS, sorted(rows, key=lambda row: str(row[1]))


def requests(plan: Plan) -> Table:
    """Return the table of the requests that ``set`` would send."""
    return REQUESTS, [
        (r.service, r.method, r.path, r.body, r.undo)
        for r in requests_.of(plan)
    ]


def interrupted(plan: Plan) -> list[str]:
    """Return what is so after Ctrl-C."""
    return [
        f'{plan.server.name}: interrupted. The cloud works on without us; '
        f'nothing was undone.',
        f'Continue with: {advice.continuing(plan)}',
    ]


def begun(plan: Plan) -> list[str]:
    """Return what is left to be done after ``set --no-wait``."""
    name = plan.server.name
    # Of a service that an earlier run has begun, the server tells.
    is_off = plan.server.status == 'SHUTOFF' if plan.is_begun else plan.stop
    off = ' and is off until then' if is_off and plan.power == ON else ''
    return [
        f'{name}: the service has begun. {name} is neither verified nor '
        f'recorded{off}.',
        f'Finish with: {advice.continuing(plan)}',
    ]


def _change(change: Change) -> tuple[object, ...]:
    steps = ', '.join(str(step) for step in change.template.steps)
    changed = [s for s in change.settings if s.before != s.after]
    return (
        change.item.type,
        OrDash(change.before),
        change.item.value,
        f'{steps}: {"; ".join(map(_arrow, changed))}',
        str(change.template),
        '; '.join(f'{s.name}={s.before or "?"}' for s in changed),
    )


def _settled(item: Item) -> tuple[object, ...]:
    nothing = OrDash(None)
    step = 'nothing to do'
    return (item.type, item.value, item.value, step, nothing, nothing)


def _arrow(setting: SettingChange) -> str:
    return f'{setting.name} {setting.before or "?"} -> {setting.after}'


def _is_already(plan: Plan) -> str:
    items = ', '.join(f'{i.type} is {i.value}' for i in plan.settled)
    return f'{plan.server.name}: {items} already'


def _power(plan: Plan) -> str:
    if plan.power == OFF:
        return f'leave {plan.server.name} off'
    verb = 'start' if plan.stop else 'see that the power is on at'
    return f'{verb} {plan.server.name}'


def _service(plan: Plan) -> str:
    """Return what is asked of Ironic, as far as it is known beforehand."""
    if plan.runbook is None:
        return 'run service steps'
    return f'run runbook {plan.runbook}'


def _risk(plan: Plan) -> str:
    lossy = [str(step) for step in plan.steps if steps.is_lossy(step)]
    if lossy:
        return f'DATA AT RISK by {", ".join(lossy)}'
    return 'no data at risk'


def _sequence(plan: Plan) -> str:
    parts = []
    if plan.steps:
        is_on = plan.server.status == 'ACTIVE'
        parts = [
            *([f'stop {plan.server.name}'] if plan.stop and is_on else []),
            f'{_service(plan)} on node {plan.node.handle}',
            'verify',
        ]
    if plan.steps or plan.notes:
        parts.append(_power(plan))
    return f'Sequence: {", ".join([*parts, "record in the metadata"])}.'


def _variant(plan: Plan) -> str:
    flavor = plan.server.flavor.name
    names = [variant.name for variant in plan.variants or ()]
    if names == [flavor]:
        return f'Flavor: {flavor} says so already.'
    if len(names) == 1:
        return (
            f'Flavor variant: {names[0]}. The server stays {flavor}, so a '
            f'rebuild configures it as {flavor} says.'
        )
    if names:
        return f'Flavor variants: {", ".join(names)}; none is meant alone.'
    return f'Flavor variant: none equals {flavor} but for these items.'
