"""What a change writes about itself in the server's metadata, and when.

Owns which items have an entry and with what, and whether there is room for it;
the form of an entry is for ``facts/journal.py``.
"""

from collections.abc import Mapping

from osc_baremetal_config.core.facts import journal
from osc_baremetal_config.core.facts.journal import Pending, Previous
from osc_baremetal_config.core.facts.metadata import DESIRED, PENDING
from osc_baremetal_config.core.facts.model import Item, Value
from osc_baremetal_config.core.plan.model import ItemChange, Plan

# As long as real ones, for what is decided beforehand.
_ANY_TIME, _ANY_RUN = '2026-11-22T14:02:00.000+00:00', '0123abcd'


def begin(plan: Plan, now: str, by: str = '') -> dict[str, str]:
    """Return the metadata to set before anything is touched.

    :param by: the run that writes it. Only a resize needs to know, which Nova
        would start twice.

    :param now: the time, ISO 8601 in UTC. A change that has entries already
        keeps its time, and what was before.
    """
    known = journal.pending(plan.server.metadata)
    known_before = journal.previous(plan.server.metadata)
    started = next(
        (entry.since for entry in known.values() if entry.since), now
    )
    changed = [change.item for change in plan.changes]
    entries = {
        item.type: _save_journal(
            plan, item, started, by, unchanged=item not in changed
        )
        for item in (*changed, *plan.unchanged)
    }
    before = {
        change.item.type: _was(change, started, plan)
        for change in plan.changes
        if not plan.is_resumed or _is_more(change, plan, known_before)
    }
    return journal.begin(entries, before)


def is_to_add(plan: Plan, metadata: Mapping[str, str]) -> bool:
    """Return whether the entries lack what a setting was before it is set.

    So it is with one that was not shown when the change began.
    """
    before = journal.previous(metadata)
    return plan.is_resumed and any(
        _is_more(change, plan, before) for change in plan.changes
    )


def no_room(plan: Plan) -> str | None:
    """Return why Nova cannot hold the entries of a change, None if it can."""
    for item in plan.items:
        if not journal.is_type(item.type):
            return f'{item.type}: no type may end with a colon and a number'
    for item in plan.record:
        if len(item.value) > journal.LONGEST:
            return f'{item.type}: Nova cannot hold so long a value'
    entries = begin(plan, _ANY_TIME, _ANY_RUN)
    return journal.too_much(plan.server.metadata, entries)


def keys(plan: Plan) -> list[str]:
    """Return the keys of the entries that the end of a change removes."""
    there = plan.server.metadata
    found = {k for k in begin(plan, _ANY_TIME, _ANY_RUN) if PENDING in k}
    for name in plan.entries:
        found.update(journal.keys(PENDING, name, there))
    return sorted(found)


def _save_journal(
    plan: Plan, item: Item, since: str, by: str, *, unchanged: bool
) -> Pending:
    return Pending(
        value=item.value,
        power=plan.power,
        since=since,
        digest=plan.digest,
        unchanged=unchanged,
        resize=plan.resize_to is not None,
        node=plan.origin,
        flavor=_flavor_before(plan, item) if plan.resize_to else None,
        by=by if plan.resize_to and by else None,
        record=_recorded(plan, item) if _is_recorded(plan, item) else None,
        profile=plan.profile.name if plan.profile else None,
        forgets=item.type in plan.options.forgets,
        bios=plan.rest.before,
    )


def _flavor_before(plan: Plan, item: Item) -> str | None:
    """Return the flavor before the change, by the journal if it is there."""
    entry = journal.pending(plan.server.metadata).get(item.type)
    return entry.flavor if entry else plan.server.flavor.name


def _is_recorded(plan: Plan, item: Item) -> bool:
    return plan.options.records or item in plan.record


def _recorded(plan: Plan, item: Item) -> str | None:
    """Return what is recorded of an item before the change.

    By the journal, where the change is there already.
    """
    metadata = plan.server.metadata
    entry = journal.pending(metadata).get(item.type)
    if entry:
        return entry.record
    return metadata.get(DESIRED + item.type, '')


def _was(change: ItemChange, at: str, plan: Plan) -> Previous:
    """Return what a change was before; no settings if there is no way back."""
    last = max((setting.rank for setting in change.settings), default=0)
    return Previous(
        value=change.before,
        at=at,
        settings=_settings(change, plan),
        later=tuple(
            tuple(s.name for s in change.settings if s.rank == rank)
            for rank in range(1, last + 1)
        ),
        hidden=tuple(s.name for s in change.settings if s.is_hidden),
    )


def _settings(change: ItemChange, plan: Plan) -> dict[str, Value]:
    """Return the settings as they were, none if there is no way back."""
    return {
        setting.name: setting.before
        for setting in change.settings
        if setting.before is not None and not plan.no_rollback
    }


def _is_more(
    change: ItemChange, plan: Plan, before: Mapping[str, Previous]
) -> bool:
    """Return whether more is known of before a change than its entry says."""
    entry = before.get(change.item.type, Previous())
    return bool(
        entry.hidden and _settings(change, plan).keys() - entry.settings.keys()
    )
