"""Which items a profile comes to, and which profile a server's record names.

Owns that a record names a profile only while the server has all its items,
and when the template of a profile gives them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import deferred, registry, violations
from osc_baremetal_config.core.facts.metadata import PROFILE
from osc_baremetal_config.core.facts.model import Item, Kind, Profile
from osc_baremetal_config.core.plan.options import Options


def items(
    name: str, beside: Sequence[Item], assessed: Assessment
) -> tuple[Item, ...]:
    """Return the items of a profile, and those beside it, which win.

    :raises Refused: there is no such profile, or it is not clear which.
    """
    profiles, snapshot = assessed.profiles, assessed.snapshot
    profile = profiles.known.get(name)
    if profile is None:
        reason = violations.profile_unknown(
            name,
            profiles.known,
            registry.nearest(name, profiles.known),
            is_hidden=Kind.DEPLOY_TEMPLATE in snapshot.hidden,
        )
        if differing := profiles.ambiguous.get(name):
            reason = violations.profile_ambiguous(name, differing)
        raise errors.Refused(
            f'Cannot apply the requested configuration to {snapshot.server}; '
            f'nothing was changed:',
            [reason],
        )
    single = {item.type for item in beside}
    kept = [item for item in profile.items if item.type not in single]
    return (*kept, *beside)


def with_items(request: Iterable[Item], assessed: Assessment) -> Assessment:
    """Return an assessment in which a profile's templates give its items.

    Each by all its steps, which a project may run as they are only; and so
    only where all of the profile is requested, or desired.
    """
    snapshot = assessed.snapshot
    wanted = {item.type: item.value for item in request}
    found = [
        replace(template, item=item)
        for template in snapshot.templates
        if template.profile
        and all(
            wanted.get(one.type, assessed.desired(one.type)) == one.value
            for one in template.profile.items
        )
        for item in template.profile.items
    ]
    templates = (*snapshot.templates, *found)
    return replace(assessed, snapshot=replace(snapshot, templates=templates))


def to_record(
    record: Iterable[Item], assessed: Assessment, options: Options
) -> Profile | None:
    """Return the profile that is recorded with items, None for none.

    The one that is asked for, or that they were deferred as; not one whose
    items are all desired as such already.
    """
    metadata = assessed.snapshot.server.metadata
    recorded = {item.type: item.value for item in record}
    later = [deferred.of(name, metadata) for name in recorded]
    names = {one.profile for one in later if one} - {''}
    asked = options.profile if options.records else None
    name = asked or (names.pop() if len(names) == 1 else None)
    profile = assessed.profiles.known.get(name or '')
    if profile is None:
        return None
    at_end = assessed.without(options.forgets)
    is_whole = all(
        recorded.get(item.type, at_end.desired(item.type)) == item.value
        for item in profile.items
    )
    is_there = all(
        at_end.rows[item.type].desired.profile == name
        and not at_end.rows[item.type].desired.deferred
        for item in profile.items
        if item.type in at_end.rows
    )
    is_new = metadata.get(PROFILE) != name
    return profile if is_whole and is_new and not is_there else None


def is_to_forget(
    record: Iterable[Item], assessed: Assessment, options: Options
) -> bool:
    """Return whether a server has no longer the profile that is recorded."""
    metadata = assessed.snapshot.server.metadata
    if PROFILE not in metadata:
        return False
    profile = assessed.profiles.of(metadata)
    if profile is None:
        return bool(options.forgets)
    values = profile.values
    return not values.keys().isdisjoint(options.forgets) or any(
        values.get(item.type, item.value) != item.value for item in record
    )
