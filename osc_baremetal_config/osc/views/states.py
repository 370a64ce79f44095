"""What is shown of servers as they are: configuration, history, recovery."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.explain import diagnosis
from osc_baremetal_config.core.explain.history import Remembered
from osc_baremetal_config.core.explain.option_list import Capability, Outlook
from osc_baremetal_config.core.explain.recovery import Choice
from osc_baremetal_config.core.facts.deferred import ignored
from osc_baremetal_config.core.facts.model import (
    Event,
    Kind,
    Node,
    Query,
    Server,
    Survey,
)
from osc_baremetal_config.core.plan.model import Aim
from osc_baremetal_config.core.rollout import rollout_plan
from osc_baremetal_config.osc.views import tables
from osc_baremetal_config.osc.views.cells import (
    Ago,
    Deferral,
    Lines,
    Named,
    OnOneLine,
    OrDash,
    YesNo,
)
from osc_baremetal_config.osc.views.tables import NOTHING, SERVER, Row, Table

SHOW = (
    *('Config', 'Desired', 'Actual', 'Allowed', 'Source', 'Capability'),
    *('Drift', 'Changed', 'Checked', 'Deferred'),
)
SHOW_LONG = (*SHOW, 'Settings')
LIST = (*SERVER, 'Config', 'Desired', 'Actual', 'Source', 'Drift')
LONG = (*LIST, 'Node', 'State', 'Checked', 'Deferred')
HISTORY = ('Time', 'Source', 'Event', 'User', 'Result')
SITUATION = (
    *('server', 'status', 'node', 'provision_state', 'maintenance'),
    *('change', 'since', 'failure', 'situation'),
    *('retry', 'rollback', 'abort'),
)
# The short words are for the tables of persons, the sentences for scripts.
_CAPABILITIES = {
    Capability.YES: ('yes', 'yes'),
    Capability.TRAIT_MISSING: ('lacks a trait', 'lacks the trait'),
    Capability.NOT_IN_BIOS: (
        'not in its BIOS',
        'not in its BIOS, by what is known of it',
    ),
    Capability.NOT_READ: (
        'unknown',
        'unknown: Ironic has read no BIOS settings',
    ),
    Capability.UNKNOWN: (
        'unknown',
        'unknown: nothing tells which setting it is',
    ),
}
# What says that somebody else would be shown more.
DENIALS = (errors.Forbidden, errors.NotFound, errors.Refused)
_HIDDEN = {
    Kind.DEPLOY_TEMPLATE: 'Deploy templates are shown to operators only.',
    Kind.RUNBOOK: 'Ironic shows you no runbooks.',
}


def show(
    found: Iterable[Outlook],
    node: Node,
    now: datetime.datetime,
    users: Mapping[str, str],
    *,
    is_for_person: bool,
    is_long: bool = False,
) -> Table:
    """Return the table of ``show``.

    :param node: whose provision state was last changed when Ironic last read
        the BIOS, by the latest.
    :param users: id → name, as far as they are known.
    :param is_for_person: without what :func:`remarks` says once.
    :param is_long: with every type that is known, and how each was read.
    """
    table = Table(
        SHOW_LONG,
        [
            (
                one.row.type,
                OrDash(one.row.desired.value),
                OrDash(one.row.actual.value),
                _allowed(one, is_for_person=is_for_person),
                one.row.desired.source,
                _capability(one),
                YesNo(one.row.drift.as_bool),
                Ago(one.changed, now),
                Ago(node.provision_updated_at, now),
                _deferral(one.row, users, now),
                one.row.actual.settings,
            )
            for one in found
            if one.matters or is_long
        ],
    )
    hidden = ('Capability', 'Checked', 'Deferred') if is_for_person else ()
    return tables.without(table, hidden if is_long else (*hidden, 'Settings'))


def _deferral(
    row: assessment.Row, users: Mapping[str, str], now: datetime.datetime
) -> Deferral:
    """Return who has deferred what is desired, and when, if it is that."""
    later = row.desired.deferred
    told = {'by': later.by, 'at': later.at} if later else None
    return Deferral(told, users, now)


def deferred(
    rows: Iterable[assessment.Row],
    users: Mapping[str, str],
    now: datetime.datetime,
) -> list[str]:
    """Return what is deferred, by whom and since when."""
    return [
        f'{row.type}={row.desired.value} is deferred '
        f'{_deferral(row, users, now).human_readable()}.'
        for row in rows
        if row.desired.deferred
    ]


def _allowed(one: Outlook, *, is_for_person: bool) -> OnOneLine:
    """Return the values that are allowed, or why there are none."""
    is_capable = one.capability is Capability.YES
    if one.allowed or is_capable or not is_for_person:
        return OnOneLine(list(one.allowed))
    return OnOneLine([_CAPABILITIES[one.capability][0]])


def _capability(one: Outlook) -> str:
    """Return whether a node is capable of a type, in words."""
    sets = sorted(' and '.join(sorted(traits)) for traits in one.lacks)
    words = _CAPABILITIES[one.capability][1]
    return f'{words} {" or ".join(sets)}' if sets else words


def checked(node: Node, now: datetime.datetime) -> list[str]:
    """Return how old what Ironic has read of a BIOS is, by the latest."""
    if node.provision_updated_at is None:
        return []
    ago = Ago(node.provision_updated_at, now).human_readable()
    return [f'The BIOS settings are those that Ironic read {ago}.']


def capabilities(found: Iterable[Outlook]) -> list[str]:
    """Return of which types a node is not capable, or may not be."""
    return tables.once(
        (one.row.type, _capability(one))
        for one in found
        if one.matters and one.capability is not Capability.YES
    )


def remarks(
    assessed: Assessment, found: Iterable[Outlook], now_s: float
) -> list[str]:
    """Return what a person should know of what is shown."""
    snapshot = assessed.snapshot
    rows = [one.row for one in found]
    lines = [
        f'{row.type}: the actual value cannot be told: {row.actual.reason}'
        for row in rows
        if row.actual.value is None and row.desired.value is not None
    ]
    lines += assessment.unknown_profiles(assessed)
    lines += ignored(snapshot.server)
    if Kind.DEPLOY_TEMPLATE in snapshot.hidden:
        lines.append(
            'Deploy templates are shown to operators only; what is allowed '
            'is by the runbooks that you can see.'
        )
    if Kind.RUNBOOK in snapshot.hidden:
        lines.append(_HIDDEN[Kind.RUNBOOK])
    server, node = snapshot.server, snapshot.node
    if not diagnosis.is_quiet(server, node):
        lines += diagnosis.explain(server, node, now_s).words
        lines.append(
            f'What can be done: openstack server config recover {server.id}'
        )
    return lines


def listed(
    found: Survey[assessment.Standing],
    now: datetime.datetime,
    users: Mapping[str, str],
    *,
    only_drift: bool,
    is_long: bool,
) -> Table:
    """Return the table of ``list``.

    A server that was not read is there always: it may be the one that is
    looked for.

    :param users: id → name, as far as they are known.
    """
    shown = LONG if is_long else LIST
    nothing = [NOTHING] * (len(shown) - len(SERVER))
    rows: list[Row] = []
    for standing in found.made:
        told: list[Row] = [
            _listed(standing, row, now, users)[: len(shown)]
            for row in standing.rows
            if _is_listed(row, only_drift=only_drift, is_long=is_long)
        ]
        if is_long and not (told or only_drift):
            server = standing.server
            told = [(server.name, server.id, *nothing)]
        rows += told
    rows += [(OrDash(o.name), OrDash(o.id), *nothing) for o in found.unread]
    return Table(shown, rows)


def listed_deferred(
    found: Survey[assessment.Standing],
    users: Mapping[str, str],
    now: datetime.datetime,
) -> list[str]:
    """Return what is deferred of servers, and what only looks like it."""
    told = [
        (one.server.name, line)
        for one in found.made
        for line in deferred(one.rows, users, now)
    ]
    return tables.once(told) + [
        f'{one.server.name}: {line}'
        for one in found.made
        for line in ignored(one.server)
    ]


def unknown_profiles(found: Iterable[assessment.Standing]) -> list[str]:
    """Return which profiles give no items, each with the servers."""
    return tables.once(
        (one.server.name, line) for one in found for line in one.unknown
    )


def _is_listed(
    row: assessment.Row, *, only_drift: bool, is_long: bool
) -> bool:
    if only_drift and row.drift is not assessment.Drift.YES:
        return False
    is_told = is_long and bool(row.actual.settings)
    return row.desired.value is not None or is_told


def left_out(found: Survey[Any], query: Query) -> list[str]:
    """Return why servers that are named are not listed."""
    plan = rollout_plan.of(
        query,
        Survey(
            missing=found.missing,
            excluded=found.excluded,
            elsewhere=found.elsewhere,
        ),
        is_bound=False,
    )
    lines = [line for one in found.unread for line in one.lines]
    return lines + [one.error.message for one in plan.refused]


def list_remarks(
    found: Survey[Any],
    query: Query,
    *,
    is_empty: bool,
    only_drift: bool,
) -> list[str]:
    """Return what a person should know of what is listed."""
    lines = []
    if count := len(found.others):
        them = 'it' if count == 1 else 'them'
        lines.append(
            f'{tables.count(count, "server")} left out: no bare-metal node '
            f'of {them} is shown to you.'
        )
    lines += hidden(found.hidden)
    is_told = found.missing or found.excluded or found.elsewhere
    if is_empty and not (is_told or found.others or found.unread):
        lines += _empty(found, query, only_drift=only_drift)
    return lines


def hidden(kinds: Iterable[Kind]) -> list[str]:
    """Return which templates are not shown to this user."""
    return [_HIDDEN[kind] for kind in sorted(kinds)]


def situation(
    server: Server,
    node: Node,
    choices: Mapping[Aim, Choice],
    now_s: float,
) -> tuple[Sequence[str], Row]:
    """Return the fields of ``recover``, and the value of each."""
    found = diagnosis.explain(server, node, now_s)
    return (
        SITUATION,
        (
            *(str(server), server.status, str(node), node.provision_state),
            node.maintenance,
            Lines(list(found.change)),
            OrDash(found.since),
            OrDash(found.failure),
            Lines(list(found.words)),
            *(str(choices[a]) for a in (Aim.RETRY, Aim.ROLLBACK, Aim.ABORT)),
        ),
    )


def history(events: Iterable[Event], users: Mapping[str, str]) -> Table:
    """Return the table of ``history``.

    :param users: id → name, as far as they are known.
    """
    return Table(
        HISTORY,
        [
            (
                *(event.at, event.source, event.what),
                Named(event.who, users),
                OrDash(event.result or None),
            )
            for event in events
        ],
    )


def untold(remembered: Remembered) -> list[str]:
    """Return whose history is not told, and why."""
    lines = []
    for service, error in remembered.untold.items():
        line = f'The history of {service} is not shown: {error.message}'
        if service == 'Ironic' and isinstance(error, DENIALS):
            line += (
                '. By default it is shown to the owner of the node, and to '
                'operators.'
            )
        lines.append(line)
    return lines


def _listed(
    standing: assessment.Standing,
    row: assessment.Row,
    now: datetime.datetime,
    users: Mapping[str, str],
) -> Row:
    server, node = standing.server, standing.node
    held = ' in maintenance' if node.maintenance else ''
    return (
        *(server.name, server.id, row.type),
        OrDash(row.desired.value),
        OrDash(row.actual.value),
        row.desired.source,
        YesNo(row.drift.as_bool),
        node.handle,
        node.provision_state + held,
        Ago(node.provision_updated_at, now),
        _deferral(row, users, now),
    )


def _empty(
    found: Survey[Any], query: Query, *, only_drift: bool
) -> Sequence[str]:
    """Return why nothing is listed, and where else to look."""
    filters = [f'the tag {tag}' for tag in query.tags]
    filters += [f'the flavor {query.flavor}'] if query.flavor else []
    if not found.made:
        which = f' with {" and ".join(filters)}' if filters else ''
        where = '' if query.all_projects else ' in this project'
        lines = [f'Warning: no bare-metal server{which}{where}.']
        if not query.all_projects:
            lines.append(
                'To list those of other projects use --all-projects, by '
                'default for administrators only.'
            )
        return lines
    if only_drift:
        return ['No known drift.']
    return [
        'Nothing is desired of these servers, by metadata, image or flavor; '
        'use --long to list what they have.'
    ]
