"""The plan that undoes a change, made from the journal and the BIOS alone.

Owns what a rollback by a later run needs, and every reason against it. How
what the journal says is judged is for :mod:`.previous`; the moves of a
rollback are in ``apply/rollback.py``.
"""

from collections.abc import Mapping
from dataclasses import replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import journal, violations
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import Item, Node, Server
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan import (
    draft,
    methods,
    preconditions,
    previous,
)
from osc_baremetal_config.core.plan.model import Aim, ItemChange, Plan
from osc_baremetal_config.core.plan.options import Options

_TRUST = 'recover --rollback --trust-metadata sets it anyway'
# What a server passes through while a resize can be reverted.
RESIZING = ('RESIZE', 'VERIFY_RESIZE', 'REVERT_RESIZE')


def make(assessed: Assessment, options: Options, aim: Aim) -> Plan:
    """Return the plan that undoes the change in the journal of a server.

    Templates, runbooks and catalogue may vouch for what the journal says, and
    may be gone as well.

    :param aim: ``ROLLBACK``, or ``SET`` where the change has failed before.
    :raises Refused: what was before is not known, or cannot be set again, or
        nobody but the server's metadata says so.
    """
    server = assessed.snapshot.server
    changes = previous.changes(assessed.snapshot)
    doubts = previous.doubtful(assessed, changes)
    found = _violations(assessed, changes, doubts, options)
    if found:
        raise errors.Refused(
            f'{server} cannot be rolled back; nothing was changed:',
            found,
        )
    entries = journal.pending(server.metadata)
    items = [Item(name, entry.value) for name, entry in entries.items()]
    undo = previous.steps_for(changes)
    resizes = any(entry.resize for entry in entries.values())
    runbook = methods.runbook(undo, assessed.snapshot, options)
    plan = draft.without_steps(assessed.snapshot, options, aim)
    return replace(
        plan,
        bios=draft.of_changes(changes, assessed.snapshot.bios),
        changes=tuple(changes),
        unchanged=tuple(
            item for item in items if entries[item.type].unchanged
        ),
        undo=undo,
        runbook=draft.name(runbook),
        undo_runbook=draft.name(runbook),
        is_loose=draft.is_loose(runbook, undo),
        resize_to=server.flavor if resizes else None,
        rest=draft.rest(changes, assessed, entries),
        digest=journal.digest(items, resize=resizes),
        warnings=(
            *plan.warnings,
            *draft.slow(changes, assessed.snapshot),
            'what was before is taken from the server metadata',
            *doubts,
        ),
    )


def _after_resize(
    server: Server, node: Node, entries: Mapping[str, Pending]
) -> list[Violation]:
    """Return that a resize has finished and cannot be undone, if it has."""
    if server.status in RESIZING:
        return []
    for entry in entries.values():
        has_moved = entry.node not in (None, node.uuid)
        is_other = entry.flavor not in (None, server.flavor.name)
        if entry.resize and (has_moved or is_other):
            return [violations.resize_finished(server)]
    return []


def _violations(
    assessed: Assessment,
    changes: list[ItemChange],
    doubts: list[str],
    options: Options,
) -> list[Violation]:
    """Return why a change cannot be undone."""
    server = assessed.snapshot.server
    entries = journal.pending(server.metadata)
    found = previous.impossible(assessed, changes)
    found += _after_resize(server, assessed.snapshot.node, entries)
    found += preconditions.locked(server)
    found += preconditions.not_ready(server, assessed.snapshot.node, entries)
    if options.trust_metadata:
        return found
    doubtful = [
        *map(violations.journal_damaged, journal.faults(entries)),
        *map(violations.previous_unconfirmed, doubts),
    ]
    # The hint only where it would then be done.
    hint = '' if found else _TRUST
    return [*(one.hinting(hint) for one in doubtful), *found]
