"""What a change would be undone to, and the steps that do it.

Owns where the values before a change are known from: the BIOS before it has
begun, its notes afterwards.
"""

from collections.abc import Iterable

from osc_baremetal_config.core import metadata, registry, steps
from osc_baremetal_config.core.metadata import Previous
from osc_baremetal_config.core.model import Bios, Item, Snapshot, Step
from osc_baremetal_config.core.plan import Change


def previous(name: str, snapshot: Snapshot, *, is_begun: bool) -> Previous:
    """Return what an item and the BIOS settings were before its change.

    :param is_begun: an earlier run has begun it, so the BIOS no longer
        tells. Where its note could not hold the settings, those of a
        template for the value before are taken.
    """
    if not is_begun:
        settings = {
            name: setting.value
            for name, setting in snapshot.bios.items()
            if setting.value is not None
        }
        return Previous(settings=settings)
    notes = metadata.previous(snapshot.server.metadata)
    was = notes.get(name, Previous())
    if was.settings or was.value is None:
        return was
    for template in snapshot.templates:
        if template.item == Item(name, was.value):
            settings = steps.settings(template.steps)
            return Previous(value=was.value, settings=settings)
    return was


def steps_for(
    changes: Iterable[Change], bios: Bios
) -> tuple[Step, ...] | None:
    """Return the steps that put the settings of changes back.

    :param bios: tells of which type each setting is.
    :returns: None if there is no way back: a step that does more than set
        the BIOS, or a setting of which it is not known what it was.
    """
    changes = tuple(changes)
    settings = [s for change in changes for s in change.settings]
    every = [step for change in changes for step in change.template.steps]
    if not all(map(steps.is_apply, every)):
        return None
    was = {s.name: s.before for s in settings if s.before is not None}
    if len(was) < len({s.name for s in settings}):
        return None
    return steps.apply(
        {name: registry.native(bios, name, was[name]) for name in was}
    )
