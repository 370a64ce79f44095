"""The commands that only look: show, list, option list, history.

Each reads, has the layers below decide, and shows. Changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.assessment import (
    Assessment,
    Row,
    assess,
)
from osc_baremetal_config.core.explain import baseline, option_list
from osc_baremetal_config.core.explain import history as history_
from osc_baremetal_config.core.explain.option_list import KnownItem, Outlook
from osc_baremetal_config.core.facts.model import Node, Query, Survey
from osc_baremetal_config.core.plan import flavors, planner
from osc_baremetal_config.osc import golden_file
from osc_baremetal_config.osc.arguments import Output
from osc_baremetal_config.osc.session import Session, Shown, check_columns
from osc_baremetal_config.osc.views import drift, states, tables
from osc_baremetal_config.osc.views import options as options_view
from osc_baremetal_config.osc.views.options import Denied
from osc_baremetal_config.osc.views.tables import Table

# How many users Keystone is asked for at most.
_NAMES = 8


def server(
    session: Session, name_or_id: str, output: Output, *, is_long: bool
) -> Shown:
    """Return a row for each type of configuration of a server.

    :param is_long: also for those that are none of this server's.
    """
    known = states.SHOW_LONG if is_long else states.SHOW
    check_columns(output.columns, known)
    catalogue = session.catalogue
    snapshot = session.snapshot(name_or_id)
    assessed = assess(snapshot, catalogue)
    found = option_list.outlooks(assessed)
    session.remark(states.remarks(assessed, found, session.now_s))
    return Shown(
        *configuration(session, found, snapshot.node, output, is_long=is_long)
    )


def configuration(
    session: Session,
    found: Sequence[Outlook],
    node: Node,
    output: Output,
    *,
    is_long: bool = False,
) -> Table:
    """Return the table of a server's types, and tell what it leaves out."""
    now, is_for_person = session.clock.utc(), output.is_for_person
    rows = [one.row for one in found]
    users = _users(session, rows)
    if is_for_person:
        session.remark(states.capabilities(found))
        session.remark(states.deferred(rows, users, now))
        session.remark(states.checked(node, now))
    return states.show(
        found, node, now, users, is_for_person=is_for_person, is_long=is_long
    )


def servers(
    session: Session,
    query: Query,
    output: Output,
    *,
    only_drift: bool,
    is_long: bool,
) -> Shown:
    """Return a row for each server and type."""
    check_columns(output.columns, states.LONG if is_long else states.LIST)
    catalogue = session.catalogue
    found = session.survey(
        query, lambda snapshot: assessment.standing(snapshot, catalogue)
    )
    now = session.clock.utc()
    users = _users(session, [row for one in found.made for row in one.rows])
    table = states.listed(
        found, now, users, only_drift=only_drift, is_long=is_long
    )
    left_out = states.left_out(found, query)
    session.say(left_out)
    session.remark(
        states.list_remarks(
            found, query, is_empty=not table.rows, only_drift=only_drift
        )
    )
    session.remark(states.unknown_profiles(found.made))
    session.remark(states.listed_deferred(found, users, now))
    if output.is_for_person and not is_long:
        table = tables.for_person(table)
    return Shown(*table, _code(found, left_out))


def differing(
    session: Session, query: Query, output: Output, path: str
) -> Shown:
    """Return what servers have otherwise than a golden one.

    :param path: of the file of that.
    """
    is_counted = output.formatter == 'table'
    check_columns(output.columns, drift.COUNTED if is_counted else drift.EACH)
    golden, catalogue = golden_file.load(path), session.catalogue
    found = session.survey(
        query,
        lambda snapshot: baseline.compare(golden, assess(snapshot, catalogue)),
    )
    deviations = baseline.deviations(found.made)
    left_out = states.left_out(found, query)
    session.say(left_out)
    session.remark(
        states.list_remarks(
            found, query, is_empty=not found.made, only_drift=False
        )
    )
    session.remark(drift.remarks(golden, found))
    session.remark(drift.summary(found, deviations))
    table = (drift.counted if is_counted else drift.each)(found, deviations)
    return Shown(*table, _code(found, left_out))


def _code(found: Survey[Any], left_out: Sequence[str]) -> int:
    """Return the exit code of a list of servers."""
    if found.unread:
        return errors.ExitCode.SOME_FAILED
    return errors.ExitCode.REFUSED if left_out else errors.ExitCode.OK


def options(session: Session, types: Sequence[str], output: Output) -> Shown:
    """Return a row for each item that a cloud knows.

    :param types: only of these; empty for all.
    """
    check_columns(output.columns, options_view.OPTIONS)
    catalogue = session.catalogue
    common = session.reader.common()
    session.remark(states.hidden(common.hidden))
    known = option_list.offers(
        catalogue, common.templates, common.flavors or ()
    )
    offered = option_list.of_types(known, types)
    session.remark(options_view.profiles(offered))
    return Shown(
        *options_view.options(offered, is_for_person=output.is_for_person)
    )


def options_of(
    session: Session, name_or_id: str, types: Sequence[str], output: Output
) -> Shown:
    """Return a row for each item, with whether a server can have it.

    :param types: only of these; empty for all.
    """
    check_columns(output.columns, options_view.FOR_ONE)
    catalogue = session.catalogue
    snapshot = session.snapshot(name_or_id, flavors=True)
    session.remark(states.hidden(snapshot.hidden))
    usable = flavors.usable(snapshot.flavors or (), snapshot.server.project_id)
    known = option_list.offers(catalogue, snapshot.templates, usable)
    offered = option_list.of_types(known, types)
    assessed = assess(snapshot, catalogue)
    against = {
        offer.item: option_list.against(offer, assessed) for offer in offered
    }
    why = _denied(session, offered, assessed)
    denied = {
        offer.item: why
        for offer in offered
        if why and not option_list.matches(offer, assessed)
    }
    session.remark(options_view.profiles(offered))
    if output.is_for_person:
        session.remark(options_view.reasons(against, denied))
    session.remark(options_view.hints(against))
    table = options_view.options_of(
        offered, against, denied, is_for_person=output.is_for_person
    )
    return Shown(*table)


def history(session: Session, name_or_id: str, output: Output) -> Shown:
    """Return a row for each event, the first one first."""
    check_columns(output.columns, states.HISTORY)
    remembered = session.reader.remembered(name_or_id)
    events = history_.of(remembered)
    untold = remembered.untold
    is_away = not all(
        isinstance(error, states.DENIALS) for error in untold.values()
    )
    (session.say if is_away else session.remark)(states.untold(remembered))
    if not (events or untold):
        session.remark([f'Nothing is remembered of {remembered.server}.'])
    code = errors.ExitCode.FAILURE if is_away else errors.ExitCode.OK
    return Shown(*states.history(events, remembered.users), code)


def _users(session: Session, rows: Iterable[Row]) -> Mapping[str, str]:
    """Return id → name of who has deferred something, as far as known.

    Of a few only: each is a request, and anybody may write any ID.
    """
    by = {row.desired.deferred.by for row in rows if row.desired.deferred}
    return session.reader.user_names(sorted(by)[:_NAMES]) if by else {}


def _denied(
    session: Session, offered: list[KnownItem], assessed: Assessment
) -> Denied | None:
    """Return why the user may not change a server, None if that is allowed.

    Ironic is asked about something that could be set; nothing is started.
    """
    items = option_list.changeable(offered, assessed)
    if not items:
        return None
    try:
        plan = planner.make(items, assessed)
    except errors.Refused as refused:
        # Not of an item, but of the server as it is now.
        return Denied(refused.codes, '; '.join(refused.details))
    try:
        session.permitted(plan)
    except errors.Refused as refused:
        return Denied((), refused.details[0])
    return None
