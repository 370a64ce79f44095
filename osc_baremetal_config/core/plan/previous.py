"""What a change would be undone to, and the steps that do it.

Owns where the values before a change are known from, and what of them is good
enough to be set again: those that a run has read itself before it began, or
those of the journal, which anybody may have written who may write the server's
metadata. Never asks whether the change could be made again: its template,
its traits and the catalogue may be gone by now.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import (
    journal,
    registry,
    steps,
    values,
    violations,
)
from osc_baremetal_config.core.facts.journal import Pending, Previous
from osc_baremetal_config.core.facts.model import (
    Bios,
    Item,
    Snapshot,
    Step,
    Value,
)
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan.model import ItemChange, SettingChange


def obstacles(
    changes: Iterable[ItemChange], bios: Bios, locks: Iterable[registry.Lock]
) -> list[str]:
    """Return why changes could not be undone, with what was read before."""
    found = []
    for change in changes:
        every = change.template.steps if change.template else ()
        found += [
            f'{step} of {change.template} cannot be undone'
            for step in every
            if not steps.is_apply(step)
        ]
        for setting in change.settings:
            if setting.before is None and setting.later:
                # It is not there yet, and gone once the others are back.
                continue
            if setting.before is None:
                found.append(f'it is not known what {setting.name} is now')
                continue
            verdict = _restorable(setting, setting.before, bios, locks)
            if not verdict.is_possible:
                found.append(
                    f'{setting.name} is {values.shown(setting.before)} now, '
                    f'which cannot be set again: {verdict.reason}'
                )
    return found


def steps_for(changes: Iterable[ItemChange]) -> tuple[Step, ...]:
    """Return the steps that restore whatever is known of before.

    :returns: one for each service that it takes; what was set last is restored
        first, as it may not be possible once the others are as before.
    """
    by_rank: dict[int, dict[str, Value]] = {}
    for change in changes:
        for setting in change.settings:
            if setting.before is not None and not setting.later:
                group = by_rank.setdefault(setting.rank, {})
                group[setting.name] = setting.before
    ranks = sorted(by_rank, reverse=True)
    return tuple(step for r in ranks for step in steps.apply(by_rank[r]))


def known(
    name: str, entry: Pending, snapshot: Snapshot
) -> tuple[dict[str, Value], str | None]:
    """Return the settings before a change by the journal, and the value.

    As they are, where a resize has moved the server to another node: what was
    started was started on the one before.
    """
    was = journal.previous(snapshot.server.metadata).get(name, Previous())
    bios = snapshot.bios
    if entry.resize and entry.node not in (None, snapshot.node.uuid):
        now = {
            n: values.current(bios.get(n), v) for n, v in was.settings.items()
        }
        return {n: v for n, v in now.items() if v is not None}, None
    return {n: _typed(n, v, bios) for n, v in was.settings.items()}, was.value


def hidden(name: str, snapshot: Snapshot) -> frozenset[str]:
    """Return the settings of a change that were not shown before it began."""
    was = journal.previous(snapshot.server.metadata).get(name, Previous())
    return frozenset(was.hidden)


def changes(snapshot: Snapshot) -> list[ItemChange]:
    """Return the changes of the journal, as what they are to be undone to.

    What they have led to, or will, is what the settings are now.
    """
    found = []
    was = journal.previous(snapshot.server.metadata)
    for name, entry in journal.pending(snapshot.server.metadata).items():
        if entry.unchanged:
            continue
        settings, value = known(name, entry, snapshot)
        found.append(
            ItemChange(
                item=Item(name, entry.value),
                before=value,
                template=None,
                settings=tuple(
                    _back(n, settings.get(n), was[name], snapshot.bios)
                    for n in sorted(settings.keys() | was[name].hidden)
                )
                if name in was
                else (),
            )
        )
    return found


def impossible(
    assessed: Assessment, changes: Iterable[ItemChange]
) -> list[Violation]:
    """Return why what the journal says was before cannot be set again."""
    metadata = assessed.snapshot.server.metadata
    entries, was = journal.pending(metadata), journal.previous(metadata)
    found = [
        violations.previous_unknown(
            name, 'its entries in the server metadata do not belong together'
        )
        for name, entry in entries.items()
        if entry.unchanged
        and entry.since
        and was.get(name, Previous()).at == entry.since
    ]
    for change in changes:
        name, entry = change.item.type, entries[change.item.type]
        if why := _unknown(change, entry, was.get(name, Previous())):
            reason = f'what was before is not known: {why}'
            found.append(violations.previous_unknown(name, reason))
        for setting in change.settings:
            if setting.before is None:
                continue
            judged = _restorable(
                setting,
                setting.before,
                assessed.snapshot.bios,
                assessed.catalogue.locks,
            )
            if not judged.is_possible:
                found.append(
                    violations.previous_unsupported(
                        name, _words(setting), judged.reason
                    )
                )
    return found


def _restorable(
    setting: SettingChange,
    before: Value,
    bios: Bios,
    locks: Iterable[registry.Lock],
) -> registry.Judgement:
    """Return whether a setting can be set to what it was before.

    One that others open is restored before they are. While it cannot be set,
    it is as before, or not shown, as before.
    """
    if setting.later:
        return registry.judge_later(setting.name, before, bios)
    is_back = registry.holds(bios, setting.name, before) or (
        setting.is_hidden and setting.name not in bios
    )
    if setting.rank and is_back:
        return registry.Judgement(registry.Possible.YES)
    return registry.judge(setting.name, before, bios, locks)


def _unknown(
    change: ItemChange, entry: Pending, before: Previous
) -> str | None:
    """Return why the journal does not tell what was before a change."""
    if before.fault:
        return before.fault
    if before.at and entry.since and before.at != entry.since:
        return 'the server metadata only says it of another change'
    return None if change.settings else 'the server metadata does not say it'


def doubtful(
    assessed: Assessment,
    changes: Iterable[ItemChange],
    read: Collection[str] = (),
) -> list[str]:
    """Return what of the journal nobody but the server metadata vouches for.

    A setting is vouched for by the catalogue or by a template that names it
    for the type; its value by the registry, or by being one of theirs.

    :param read: the names of those that need nobody, as this run has read
        them itself.
    """
    return [
        why
        for change in changes
        for setting in change.settings
        if setting.before is not None
        and setting.name not in read
        and not _is_read(setting, change.item.type, assessed)
        and (
            why := _doubt(setting, setting.before, change.item.type, assessed)
        )
    ]


def _doubt(
    setting: SettingChange, before: Value, name: str, assessed: Assessment
) -> str | None:
    """Return why nobody vouches for a setting of a type, None if one does."""
    named = [v for n, v in _named(name, assessed) if n == setting.name]
    if not named:
        return (
            f'{name}: {_words(setting)} is from the server metadata, and '
            f'neither the catalogue nor a template that you can see names '
            f'{setting.name} for {name}'
        )
    verdict = registry.judge(setting.name, before, assessed.snapshot.bios)
    is_known = values.stored(before) in map(values.stored, named)
    if is_known or verdict.possible is not registry.Possible.UNKNOWN:
        return None
    return (
        f'{name}: {_words(setting)} is from the server metadata and cannot be '
        f'checked: {verdict.reason}'
    )


def _is_read(setting: SettingChange, name: str, assessed: Assessment) -> bool:
    """Return whether what a setting was is not from the journal.

    One that was not shown when the change began is read when it is.
    """
    metadata = assessed.snapshot.server.metadata
    was = journal.previous(metadata).get(name, Previous())
    return setting.is_hidden and setting.name not in was.settings


def _named(name: str, assessed: Assessment) -> Iterator[tuple[str, Value]]:
    """Yield the settings that catalogue and templates name for a type."""
    for template in assessed.snapshot.templates:
        if template.item and template.item.type == name:
            for n, value in steps.settings(template.steps).items():
                yield n, steps.asked(n, value, assessed.snapshot.bios)
    kinds = assessed.catalogue.kinds(assessed.snapshot.bios)
    for kind in kinds.get(name, ()):
        for settings in kind.values.values():
            yield from settings.items()


def _typed(name: str, value: Value, bios: Bios) -> Value:
    """Return a value of the journal, which may be as Ironic stores it."""
    setting = bios.get(name)
    if setting is None:
        return value
    typed = values.current(replace(setting, value=value), None)
    return value if typed is None else typed


def _back(
    name: str, before: Value | None, was: Previous, bios: Bios
) -> SettingChange:
    """Return a setting of the journal, as what it is to be undone to.

    :param before: None for what was not shown, and has not been set since.
    """
    now = _now(name, '' if before is None else before, bios)
    return SettingChange(
        name,
        before,
        now,
        rank=was.rank(name),
        is_hidden=name in was.hidden,
    )


def _now(name: str, like: Value, bios: Bios) -> Value:
    """Return what a setting is now, as before if it is not shown."""
    now = values.current(bios.get(name), like)
    return like if now is None else now


def _words(setting: SettingChange) -> str:
    return f'{setting.name}={values.shown(setting.before)}'
