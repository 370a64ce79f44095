"""What is written to leave a change for later.

Owns which items of a plan are deferred, and that they can be. The form of what
is written is for ``facts/deferred.py``.
"""

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts import deferred, journal, violations
from osc_baremetal_config.core.facts.deferred import Deferred
from osc_baremetal_config.core.facts.metadata import DEFERRED
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan.model import Plan


def items(plan: Plan) -> tuple[Item, ...]:
    """Return what of a plan is deferred: what it would record.

    All of it where nothing but the flavor is to change.
    """
    return plan.record or plan.items


def entries(plan: Plan, by: str, at: str) -> dict[str, str]:
    """Return the metadata that leaves a plan for later.

    A value that was deferred before keeps who has done so, and when.

    :param by: the ID of the user.
    :param at: the time, ISO 8601 in UTC.
    :raises Refused: an earlier run has started the change, or Nova cannot
        hold the request.
    """
    metadata = plan.server.metadata
    found = {}
    for item in items(plan):
        before = deferred.of(item.type, metadata)
        of = _profile(item, plan)
        if before is None or (before.value, before.profile) != (
            item.value,
            of,
        ):
            entry = Deferred(item.value, by, at, of)
            found[DEFERRED + item.type] = str(entry)
    if reasons := _against(plan, found):
        raise errors.Refused(
            f'{plan.server}: the request cannot be deferred; nothing was '
            f'changed:',
            reasons,
        )
    return found


def _profile(item: Item, plan: Plan) -> str:
    """Return the name of the profile that an item is of, empty for none."""
    is_of = plan.profile and item in plan.profile.items
    return plan.profile.name if plan.profile and is_of else ''


def _against(plan: Plan, found: dict[str, str]) -> list[Violation]:
    """Return why what was found cannot be written."""
    reasons = []
    if plan.is_resumed:
        begun = journal.pending(plan.server.metadata)
        started = ', '.join(f'{n}={one.value}' for n, one in begun.items())
        reasons.append(violations.unfinished_change(plan.server, started))
    reasons += [
        violations.no_room(f'{key}: Nova cannot hold so long a value')
        for key, text in found.items()
        if len(text) > journal.LONGEST
    ]
    if too_much := journal.too_much(plan.server.metadata, found):
        reasons.append(violations.no_room(too_much))
    return reasons
