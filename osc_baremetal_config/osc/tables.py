"""What the commands show of plans, results and states.

Only arranges; nothing is decided or read here.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence

from osc_baremetal_config.core.apply import api_calls as requests_
from osc_baremetal_config.core.apply import next_steps
from osc_baremetal_config.core.explain import diagnosis as situation_
from osc_baremetal_config.core.explain import option_list
from osc_baremetal_config.core.explain.recovery import Choice
from osc_baremetal_config.core.facts import steps, values
from osc_baremetal_config.core.facts.model import (
    Item,
    Kind,
    Node,
    Server,
    Snapshot,
)
from osc_baremetal_config.core.plan.model import (
    OFF,
    ON,
    Aim,
    Change,
    Plan,
    SettingChange,
)
from osc_baremetal_config.core.plan.options import Method
from osc_baremetal_config.osc.columns import (
    Ago,
    Listed,
    OnOneLine,
    OrDash,
    YesNo,
)
from osc_baremetal_config.run.change import Outcome

SERVER = ('Server', 'ID')
RESULTS = (*SERVER, 'Config', 'From', 'To', 'Method', 'Result', 'Seconds')
PLAN = (*SERVER, 'Config', 'From', 'To', 'Step', 'Template', 'Undo')
REQUESTS = (*SERVER, 'Service', 'Method', 'Path', 'Body', 'Undo')
STATES = (
    'Config',
    'Desired',
    'Actual',
    'Allowed',
    'Source',
    'Capability',
    'Drift',
    'Changed',
    'Checked',
)
SITUATION = (
    'server',
    'status',
    'node',
    'provision_state',
    'maintenance',
    'change',
    'since',
    'failure',
    'situation',
    'retry',
    'rollback',
    'abort',
)
Fields = tuple[tuple[str, ...], tuple[object, ...]]
Table = tuple[tuple[str, ...], list[tuple[object, ...]]]


def states(
    found: Iterable[option_list.Outlook], node: Node, now: datetime.datetime
) -> Table:
    """Return the table of ``show``.

    :param node: whose provision state was last changed when Ironic last read
        the BIOS, by the latest.
    """
    return STATES, [
        (
            outlook.row.type,
            OrDash(outlook.row.desired.value),
            OrDash(outlook.row.actual.value),
            OnOneLine(list(outlook.allowed)),
            outlook.row.desired.source,
            outlook.capability,
            YesNo(outlook.row.drift),
            Ago(outlook.changed, now),
            Ago(node.provision_updated_at, now),
        )
        for outlook in found
    ]


def remarks(
    snapshot: Snapshot, found: Iterable[option_list.Outlook]
) -> list[str]:
    """Return what a person should know of what is shown."""
    rows = [outlook.row for outlook in found]
    lines = [
        f'{row.type}: the actual value cannot be told: {row.actual.reason}'
        for row in rows
        if row.actual.value is None and row.desired.value is not None
    ]
    if Kind.DEPLOY_TEMPLATE in snapshot.hidden:
        lines.append(
            'Deploy templates are shown to operators only; what is allowed '
            'is by the runbooks that you can see.'
        )
    if Kind.RUNBOOK in snapshot.hidden:
        lines.append('Ironic shows you no runbooks.')
    if not situation_.is_quiet(snapshot.server, snapshot.node):
        lines += situation_.explain(snapshot.server, snapshot.node).words
        lines.append(
            'What can be done: openstack server config recover '
            f'{snapshot.server.id}'
        )
    return lines


def without(table: Table, names: Iterable[str]) -> Table:
    """Return a table without the columns of these names."""
    columns, rows = table
    kept = [n for n, column in enumerate(columns) if column not in set(names)]
    return (
        tuple(columns[n] for n in kept),
        [tuple(row[n] for n in kept) for row in rows],
    )


def plan(plan: Plan) -> Table:
    """Return the table of ``set --dry-run``."""
    server = (plan.server.name, plan.server.id)
    rows = [_change(change, plan) for change in plan.changes]
    rows += [_unchanged(item) for item in plan.unchanged]
    rows.sort(key=lambda row: str(row[0]))
    nothing = OrDash(None)
    none = (nothing, nothing, nothing, 'nothing to do', nothing, nothing)
    return PLAN, [(*server, *row) for row in rows or [none]]


def summary(plan: Plan) -> list[str]:
    """Return what a plan comes to, for a person."""
    if plan.is_empty:
        return [f'{_is_already(plan)}; nothing to do.']
    return [
        f'{plan.server} on node {plan.node}: {_how_many(plan)}, '
        f'{_reboots(plan)}, {_risk(plan)}.',
        _sequence(plan),
        _variant(plan),
        *(f'No automatic rollback: {why}.' for why in plan.no_rollback),
        *plan.warnings,
    ]


def side_effects(server: Server, outcome: Outcome | None) -> list[str]:
    """Return what a change has done besides, as far as is known."""
    if outcome is None:
        return []
    lines = []
    if outcome.side_effects:
        lines.append(
            f'{server.name}: also changed: {"; ".join(outcome.side_effects)}.'
        )
    if outcome.drifting:
        lines.append(
            f'{server.name}: no longer as desired: '
            f'{"; ".join(outcome.drifting)} (openstack server config apply '
            f'{server.id} brings it back).'
        )
    return lines


def results(plan: Plan, outcome: Outcome | None) -> Table:
    """Return the table of ``set``.

    :param outcome: None if there was nothing to do.
    """
    server = (plan.server.name, plan.server.id)
    seconds = round(outcome.seconds, 1) if outcome else 0.0
    result = 'begun' if outcome and not outcome.is_finished else 'verified'
    method = outcome.method if outcome else None
    through = OrDash(method.value if method else None)
    rows: list[tuple[object, ...]] = [
        (
            *server,
            change.item.type,
            OrDash(change.before),
            change.item.value,
            through,
            result,
            seconds,
        )
        for change in plan.changes
    ]
    # The settings are right already, but not yet the flavor.
    is_resized = method is Method.RESIZE
    for item in plan.unchanged:
        recorded = item in plan.record
        same = 'recorded' if recorded else 'nothing to do'
        rows.append(
            (
                *server,
                item.type,
                item.value,
                item.value,
                through if is_resized else OrDash(None),
                'resized' if is_resized else same,
                seconds if recorded or is_resized else 0.0,
            )
        )
    nothing = OrDash(None)
    none = (*server, *[nothing] * 4, 'nothing to do', 0.0)
    return RESULTS, sorted(rows, key=lambda row: str(row[2])) or [none]


def requests(plan: Plan) -> Table:
    """Return the table of the requests that ``set`` would send."""
    server = (plan.server.name, plan.server.id)
    return REQUESTS, [
        (*server, r.service, r.method, r.path, r.body, r.undo)
        for r in requests_.of(plan)
    ]


def situation(
    server: Server, node: Node, choices: Mapping[Aim, Choice]
) -> Fields:
    """Return the fields of ``recover``."""
    found = situation_.explain(server, node)
    return (
        SITUATION,
        (
            str(server),
            server.status,
            str(node),
            node.provision_state,
            node.maintenance,
            Listed(list(found.change)),
            OrDash(found.since),
            OrDash(found.failure),
            Listed(list(found.words)),
            str(choices[Aim.RETRY]),
            str(choices[Aim.ROLLBACK]),
            str(choices[Aim.ABORT]),
        ),
    )


def forgetting(
    server: Server, types: Iterable[str], keys: Sequence[str], *, is_done: bool
) -> list[str]:
    """Return what of a server's metadata is, or would be, forgotten."""
    verb = 'forgotten' if is_done else 'would be forgotten'
    if keys:
        return [f'{server.name}: {verb}: {", ".join(keys)}.']
    return [f'{server.name}: nothing is recorded of {", ".join(types)}.']


def started(plan: Plan) -> list[str]:
    """Return what is left to be done after ``set --no-wait``."""
    name = plan.server.name
    # Of a service that an earlier run has begun, the server tells.
    is_off = plan.server.status == 'SHUTOFF' if plan.is_started else plan.stop
    off = ' and is off until then' if is_off and plan.power == ON else ''
    return [
        f'{name}: the service has begun. {name} is neither verified nor '
        f'recorded{off}.',
        f'Finish with: {next_steps.continuing(plan)}',
    ]


def _change(change: Change, plan: Plan) -> tuple[object, ...]:
    back = '; '.join(
        f'{s.name}={values.shown(s.before)}' for s in change.settings
    )
    if change.template is None:
        step = f'put back: {back}'
        nothing = OrDash(None)
        return (change.item.type, nothing, nothing, step, nothing, nothing)
    every = ', '.join(str(step) for step in change.template.steps)
    changed = [s for s in change.settings if s.before != s.after]
    return (
        change.item.type,
        OrDash(change.before),
        change.item.value,
        f'{every}: {"; ".join(map(_arrow, changed))}',
        f'runbook {plan.runbook}' if plan.runbook else str(change.template),
        'no automatic rollback' if plan.no_rollback else back,
    )


def _unchanged(item: Item) -> tuple[object, ...]:
    nothing = OrDash(None)
    step = 'nothing to do'
    return (item.type, item.value, item.value, step, nothing, nothing)


def _arrow(setting: SettingChange) -> str:
    before, after = values.shown(setting.before), values.shown(setting.after)
    return f'{setting.name} {before} -> {after}'


def _is_already(plan: Plan) -> str:
    if not plan.unchanged:
        read = plan.node.provision_updated_at or 'an unknown time'
        return (
            f'{plan.server.name} is as it should be, by the BIOS settings as '
            f'Ironic read them at {read}'
        )
    items = ', '.join(f'{i.type} is {i.value}' for i in plan.unchanged)
    return f'{plan.server.name}: {items} already'


def _how_many(plan: Plan) -> str:
    changing, total = (
        len(plan.changes),
        len(plan.changes) + len(plan.unchanged),
    )
    verb = 'changes' if changing == 1 else 'change'
    if changing == total:
        return f'{total} item{"" if total == 1 else "s"} {verb}'
    return f'{changing} of {total} items {verb}'


def _reboots(plan: Plan) -> str:
    if plan.is_started:
        return 'Ironic is at it already'
    if plan.needs_service:
        return '1 reboot'
    return 'the steps have run already' if plan.steps else 'no reboot'


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
    if lossy:
        return f'DATA AT RISK by {", ".join(lossy)}'
    return 'no data at risk'


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
    parts += ['confirm the resize'] if resizes else []
    parts += [_power(plan)] if plan.touches_power else []
    parts += ['record in the metadata'] if plan.record else []
    parts += ['forget the record'] if plan.forget else []
    return f'Sequence: {", ".join(parts)}.'


def _variant(plan: Plan) -> str:
    flavor = plan.server.flavor.name
    names = [variant.name for variant in plan.variants or ()]
    if plan.resize_to:
        return f'Flavor: {flavor} becomes {plan.resize_to.name}.'
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
