"""What the commands show of many servers, of offers and of history.

Only arranges; nothing is decided or read here.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.explain import history as history_
from osc_baremetal_config.core.explain import option_list as offers_
from osc_baremetal_config.core.facts.model import Event, Kind, Snapshot
from osc_baremetal_config.osc.columns import (
    Ago,
    Named,
    OnOneLine,
    OrDash,
    YesNo,
)
from osc_baremetal_config.osc.tables import Table
from osc_baremetal_config.run.fleet import Fleet

STATES = ('Server', 'ID', 'Config', 'Desired', 'Actual', 'Source', 'Drift')
LONG = ('Node', 'State', 'Checked')
OFFERS = ('Config', 'Value', 'Templates', 'Flavors')
FOR_ONE = ('Possible', 'Reason')
HISTORY = ('Time', 'Source', 'Event', 'User', 'Result')
# What says that somebody else would be shown more.
_DENIALS = (errors.Forbidden, errors.NotFound, errors.Refused)
_HIDDEN = {
    Kind.DEPLOY_TEMPLATE: 'Deploy templates are shown to operators only.',
    Kind.RUNBOOK: 'Ironic shows you no runbooks.',
}


def columns(*, is_long: bool) -> Sequence[str]:
    """Return the columns of ``list``."""
    return (*STATES, *LONG) if is_long else STATES


def states(
    fleet: Fleet[assessment.Standing],
    now: datetime.datetime,
    *,
    only_drift: bool,
    is_long: bool,
) -> Table:
    """Return the table of ``list``.

    A server that was not read is there always: it may be the one that is
    looked for.
    """
    shown = tuple(columns(is_long=is_long))
    rows = [
        _state(standing, row, now, is_long=is_long)
        for standing in fleet.made
        for row in standing.rows
        if (is_long or row.desired.value is not None)
        and (not only_drift or row.drift is assessment.Drift.YES)
    ]
    nothing = [OrDash(None)] * (len(shown) - len(STATES[:2]))
    rows += [(OrDash(o.name), o.id, *nothing) for o in fleet.unread]
    return shown, rows


def unread(fleet: Fleet[assessment.Standing]) -> list[str]:
    """Return why servers could not be read."""
    return [line for one in fleet.unread for line in one.lines]


def remarks(fleet: Fleet[assessment.Standing]) -> list[str]:
    """Return what a person should know of what is listed."""
    lines = [f'No server has the name or ID {name}.' for name in fleet.missing]
    lines += [
        f'{server} is left out: it does not have the tag or the flavor.'
        for server in fleet.excluded
    ]
    if fleet.others:
        count = len(fleet.others)
        lines.append(
            f'{count} server{"" if count == 1 else "s"} left out: no '
            f'bare-metal node of {"it" if count == 1 else "them"} is shown '
            f'to you.'
        )
    return lines + hidden(fleet.hidden)


def empty(
    fleet: Fleet[assessment.Standing], *, only_drift: bool, all_projects: bool
) -> list[str]:
    """Return why nothing is listed, and where else to look."""
    if fleet.missing or fleet.excluded or fleet.others:
        return []
    if not fleet.made and all_projects:
        return ['No bare-metal server is listed.']
    if not fleet.made:
        return [
            'No bare-metal server is listed. Those of other projects are with '
            '--all-projects, by default for administrators only.'
        ]
    if only_drift:
        return ['No known drift.']
    return [
        'Nothing is desired of these servers, by metadata, image or flavor; '
        '--long lists what they have.'
    ]


def hidden(kinds: Iterable[Kind]) -> list[str]:
    """Return which templates are not shown to this user."""
    return [_HIDDEN[kind] for kind in sorted(kinds)]


def offer_columns(*, is_for_one: bool) -> Sequence[str]:
    """Return the columns of ``option list``."""
    return (*OFFERS, *FOR_ONE) if is_for_one else OFFERS


def offers(offered: Iterable[offers_.Offer]) -> Table:
    """Return the table of ``option list``."""
    return OFFERS, [_offer(offer) for offer in offered]


def offers_for(
    offered: Iterable[offers_.Offer],
    snapshot: Snapshot,
    catalogue: Catalogue,
    denied: str | None,
) -> Table:
    """Return the table of ``option list --server``.

    :param denied: why the user may not have the node serviced at all.
    """
    rows = []
    for offer in offered:
        reasons = offers_.against(offer.item, snapshot, catalogue)
        if denied and not offers_.matches(offer.item, snapshot, catalogue):
            reasons.append(denied)
        possible = assessment.Drift.NO if reasons else assessment.Drift.YES
        rows.append(
            (
                *_offer(offer),
                YesNo(possible),
                OrDash('; '.join(reasons) or None),
            )
        )
    return (*OFFERS, *FOR_ONE), rows


def history(events: Iterable[Event], users: Mapping[str, str]) -> Table:
    """Return the table of ``history``.

    :param users: id → name, as far as they are known.
    """
    return HISTORY, [
        (
            event.at,
            event.source,
            event.what,
            Named(event.who, users),
            OrDash(event.result or None),
        )
        for event in events
    ]


def untold(remembered: history_.Remembered) -> list[str]:
    """Return whose history is not told, and why."""
    lines = []
    for service, error in remembered.untold.items():
        line = f'The history of {service} is not shown: {error.message}'
        if service == 'Ironic' and isinstance(error, _DENIALS):
            line += (
                '. By default it is shown to the owner of the node, and to '
                'operators.'
            )
        lines.append(line)
    return lines


def _state(
    standing: assessment.Standing,
    row: assessment.Row,
    now: datetime.datetime,
    *,
    is_long: bool,
) -> tuple[object, ...]:
    server, node = standing.server, standing.node
    cells: tuple[object, ...] = (
        server.name,
        server.id,
        row.type,
        OrDash(row.desired.value),
        OrDash(row.actual.value),
        row.desired.source,
        YesNo(row.drift),
    )
    if not is_long:
        return cells
    held = ' in maintenance' if node.maintenance else ''
    return (
        *cells,
        node.handle,
        node.provision_state + held,
        Ago(node.provision_updated_at, now),
    )


def _offer(offer: offers_.Offer) -> tuple[object, ...]:
    return (
        offer.item.type,
        offer.item.value,
        OnOneLine(list(offer.templates)),
        OnOneLine(list(offer.flavors)),
    )
