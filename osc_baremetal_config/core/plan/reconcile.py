"""What would bring a server back to what it should be.

Owns which items that are. How they are set is for the planner.
"""

from collections.abc import Collection, Mapping

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired import assessment
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import journal, registry, violations
from osc_baremetal_config.core.facts.metadata import (
    DEFERRED,
    DESIRED,
    PREVIOUS,
    PROFILE,
)
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan import preconditions


def desired(
    assessed: Assessment,
    types: Collection[str] | None = None,
) -> list[Item]:
    """Return the items that are desired and do not match, or are not known to.

    What an earlier run has started and not ended belongs to it, and what was
    deferred: that it matches has still to be recorded.

    :param types: only these; None for all.
    :raises Refused: image and flavor disagree, so it is not clear what is
        desired.
    """
    started = _started(assessed.snapshot.server.metadata)
    rows = [
        row
        for row in assessed.rows.values()
        if row.desired.value is not None
        and (types is None or row.type in types)
        and (
            row.drift is not assessment.Drift.NO
            or row.type in started
            or row.desired.deferred
        )
    ]
    contested = [
        violations.desired_contested(
            assessed.snapshot.server, row.type, row.desired.source
        )
        for row in rows
        if row.desired.is_contested
    ]
    if contested:
        raise errors.Refused(
            f'{assessed.snapshot.server}: it is not clear what is desired; '
            'nothing was changed:',
            contested,
        )
    return [Item(row.type, str(row.desired.value)) for row in rows]


def recorded(assessed: Assessment, types: Collection[str]) -> list[str]:
    """Return the keys that are removed for items to be no longer requested.

    Of what is deferred only that: the record is what is desired without it.

    :raises Refused: a change of the server has not finished, it is locked, or
        there is no such type.
    """
    server = assessed.snapshot.server
    entries = journal.pending(server.metadata)
    reasons = _unknown(assessed, types)
    if entries:
        started = ', '.join(
            f'{n}={entry.value}' for n, entry in entries.items()
        )
        reasons.append(violations.unfinished_change(server, started))
    later = {name for name in types if DEFERRED + name in server.metadata}
    keys = [DEFERRED + name for name in sorted(later)]
    others = set(types) - later
    for name in sorted(others):
        if DESIRED + name in server.metadata:
            keys.append(DESIRED + name)
        keys += journal.keys(PREVIOUS, name, server.metadata)
    is_of_profile = PROFILE in server.metadata and others
    if is_of_profile and _is_of_profile(assessed, others):
        keys.append(PROFILE)
    reasons += preconditions.locked(server) if keys else []
    if reasons:
        raise errors.Refused(
            f'{server}: the record cannot be removed now; nothing was '
            f'changed:',
            reasons,
        )
    return keys


def _is_of_profile(assessed: Assessment, types: Collection[str]) -> bool:
    """Return whether the recorded profile has one of the types.

    One that nobody knows may have any.
    """
    profile = assessed.profiles.of(assessed.snapshot.server.metadata)
    return profile is None or not profile.values.keys().isdisjoint(types)


def _started(metadata: Mapping[str, str]) -> set[str]:
    """Return the types that a change has started on and not ended.

    Its entries are removed one by one; what was before tells of those whose
    entry has gone by then.
    """
    entries = journal.pending(metadata)
    since = {entry.since for entry in entries.values() if entry.since}
    before = journal.previous(metadata)
    return entries.keys() | {n for n, was in before.items() if was.at in since}


def check_types(assessed: Assessment, types: Collection[str]) -> None:
    """Raise unless there are such types.

    :raises Refused: there are not.
    """
    if reasons := _unknown(assessed, types):
        raise errors.Refused(
            f'{assessed.snapshot.server}: nothing was changed:', reasons
        )


def _unknown(assessed: Assessment, types: Collection[str]) -> list[Violation]:
    """Return which types there are not."""
    known = assessed.rows.keys()
    return [
        violations.unknown_type(
            name, known, registry.nearest(name, known), is_named=True
        )
        for name in sorted(types)
        if name not in known
    ]
