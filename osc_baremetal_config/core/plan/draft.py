"""What every plan for a server begins with, there as well as back.

Owns the parts that do not depend on which way a plan leads.
"""

from collections.abc import Mapping, Sequence

from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import (
    deferred,
    journal,
    releases,
    templates,
)
from osc_baremetal_config.core.facts.journal import Pending
from osc_baremetal_config.core.facts.model import (
    Bios,
    Snapshot,
    Step,
    Template,
)
from osc_baremetal_config.core.plan import power, side_effects
from osc_baremetal_config.core.plan.model import Aim, ItemChange, Plan
from osc_baremetal_config.core.plan.options import Options


def without_steps(snapshot: Snapshot, options: Options, aim: Aim) -> Plan:
    """Return the plan for a server as it is, with nothing to be run."""
    server = snapshot.server
    entries = journal.pending(server.metadata)
    was, why = power.before(server, entries, snapshot.actions)
    return Plan(
        server=server,
        node=snapshot.node,
        origin=_origin(entries) or snapshot.node.uuid,
        bios={},
        changes=(),
        unchanged=(),
        steps=(),
        later=(),
        why_later=(),
        undo=None,
        no_rollback=(),
        runbook=None,
        undo_runbook=None,
        resize_to=None,
        options=options,
        variants=None,
        power=was,
        record=(),
        entries=tuple(sorted(entries)),
        digest='',
        warnings=(*([why] if why else []), *deferred.ignored(server)),
        aim=aim,
    )


def slow(changes: Sequence[ItemChange], snapshot: Snapshot) -> list[str]:
    """Return that a service takes long on this cloud, if it does."""
    if not changes or not releases.boots_ramdisk(snapshot.ironic):
        return []
    return [
        'an Ironic before 2026.1 boots its agent ramdisk for a service, so it '
        'takes as long as several starts of the node'
    ]


def rest(
    changes: Sequence[ItemChange],
    assessed: Assessment,
    entries: Mapping[str, Pending],
) -> side_effects.Rest:
    """Return the settings that changes do not name."""
    return side_effects.rest(
        assessed.snapshot.bios,
        {s.name for change in changes for s in change.settings},
        assessed.catalogue,
        next((entry.bios for entry in entries.values() if entry.bios), None),
        is_first=not entries,
    )


def is_loose(runbook: Template | None, wanted: Sequence[Step]) -> bool:
    """Return whether a runbook has text where the BMC takes something else."""
    return bool(runbook and not templates.is_exact(runbook, wanted))


def name(template: Template | None) -> str | None:
    """Return the name of a template, None for none."""
    return template.name if template else None


def of_changes(changes: Sequence[ItemChange], bios: Bios) -> Bios:
    """Return the settings that change, of the hundreds that a BIOS has."""
    names = {setting.name for change in changes for setting in change.settings}
    return {name: bios[name] for name in names if name in bios}


def _origin(entries: Mapping[str, Pending]) -> str | None:
    """Return the node that the server was on before the change began."""
    moves = (entry.node for entry in entries.values() if entry.resize)
    return next(filter(None, moves), None)
