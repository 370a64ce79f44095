"""The BIOS settings of a server, each with what it may be and what it is for.

Owns which are shown, and that no secret is. Never says what should be set.
"""

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import (
    order,
    registry,
    steps,
    values,
    violations,
)
from osc_baremetal_config.core.facts import patterns as patterns_
from osc_baremetal_config.core.facts.model import (
    Bios,
    BiosSetting,
    Snapshot,
    Step,
    Value,
)
from osc_baremetal_config.core.plan import acceptance, conflicts

# Besides those of the type "Password": by the name, where a value may be
# anything. BMCs show some of these in the clear.
_SECRET = re.compile(
    r'password|passphrase|pwd|secret|credential|epoch|'
    r'(private|pub(lic)?|encryption)key',
    re.IGNORECASE,
)
_CHOICES = ('Enumeration', 'Boolean')
# What a step of a deploy template has, so that it runs.
PRIORITY = 150


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as it is shown.

    :param value: None if there is none, or if it is a secret.
    :param is_secret: its value is never shown.
    :param types: the types of configuration that it is a setting of.
    :param other: what it is compared with; None if it is not, or is not
        there.
    """

    setting: BiosSetting
    value: Value | None
    is_secret: bool = False
    types: tuple[str, ...] = ()
    other: Value | None = None


def shown(
    assessed: Assessment,
    patterns: Sequence[str] = (),
    type_name: str | None = None,
) -> list[Shown]:
    """Return the settings of a server, by name.

    :param patterns: of names, as of a shell, of which one has to match;
        empty for all.
    :param type_name: only the settings of this type; None for all.
    :raises Refused: there is no such type.
    """
    types, bios = _types(assessed), assessed.snapshot.bios
    if type_name is not None and type_name not in assessed.rows:
        nearest = registry.nearest(type_name, assessed.rows)
        unknown = violations.unknown_type(
            type_name, assessed.rows, nearest, is_named=True
        )
        raise errors.Refused('There is nothing to list:', [unknown])
    return [
        _shown(bios[name], types.get(name, ()))
        for name in sorted(bios)
        if _matches(name, patterns)
        and (type_name is None or type_name in types.get(name, ()))
    ]


def different(
    found: Sequence[Shown],
    others: Mapping[str, Value | None],
    patterns: Sequence[str] = (),
    type_name: str | None = None,
    *,
    is_whole: bool = True,
) -> list[Shown]:
    """Return the settings that others have otherwise, or that one side lacks.

    Secrets are not compared. What only the others have is of no type.

    :param found: as :func:`shown` returns it for these patterns and type.
    :param others: name → value of the settings to compare with.
    :param is_whole: these are all that there are, so that what they lack
        differs as well.
    """
    mine = {
        one.setting.name: one
        for one in found
        if is_whole or one.setting.name in others
    }
    for name in others.keys() - mine.keys() if type_name is None else ():
        if _matches(name, patterns) and not _SECRET.search(name):
            mine[name] = Shown(BiosSetting(name=name, value=None), None)
    return [
        replace(one, other=others.get(name))
        for name, one in sorted(mine.items())
        if not one.is_secret and _text(others.get(name)) != _text(one.value)
    ]


def readable(snapshot: Snapshot) -> dict[str, Value | None]:
    """Return name → value of the settings of a server, without secrets."""
    return {
        name: values.current(setting, None)
        for name, setting in snapshot.bios.items()
        if not _is_secret(setting)
    }


def portable(assessed: Assessment) -> dict[str, Value | None]:
    """Return name → value of the settings that other servers can have too.

    Without secrets, and without what is read-only, changes by itself, or
    belongs to one machine.
    """
    snapshot, catalogue = assessed.snapshot, assessed.catalogue
    own = patterns_.any_of((*catalogue.volatile, *catalogue.unique))
    return {
        name: value
        for name, value in sorted(readable(snapshot).items())
        if not (snapshot.bios[name].read_only or own.match(name))
    }


def differing(
    bios: Bios, others: Mapping[str, Value | None]
) -> dict[str, Value | None]:
    """Return name → value of the settings that others have otherwise.

    Secrets are not compared, nor what the others lack.

    :returns: None for what the BIOS lacks.
    """
    found = {}
    for name, other in others.items():
        setting = bios.get(name) or BiosSetting(name=name, value=None)
        now = values.current(setting, other)
        if _text(now) != _text(other) and not _is_secret(setting):
            found[name] = now
    return found


def template(
    wanted: Mapping[str, str], assessed: Assessment
) -> tuple[tuple[Step, ...], list[str]]:
    """Return the step that gives settings, and what to know of them.

    :param wanted: name → value, as text.
    :raises Refused: the BIOS of the server cannot be given one of them.
    """
    bios, catalogue = assessed.snapshot.bios, assessed.catalogue
    later = order.ranks(order.openers(wanted, bios, catalogue.locks))
    judged = {
        name: registry.judge_later(name, value, bios)
        if name in later
        else registry.judge(name, value, bios, catalogue.locks)
        for name, value in wanted.items()
    }
    against = [
        f'{_named(name, wanted[name], bios.get(name))}: {verdict.reason}'
        for name, verdict in judged.items()
        if not verdict.is_possible
    ]
    if against:
        raise errors.Refused(
            f'No template can give {assessed.snapshot.server} this:', against
        )
    typed = {
        name: steps.asked(name, value, bios) for name, value in wanted.items()
    }
    told = [
        f'{name}: cannot be checked, as {verdict.reason}'
        for name, verdict in judged.items()
        if verdict.possible is registry.Possible.UNKNOWN
    ]
    told += [
        why
        for name in typed
        if (why := conflicts.why_ignored(name, typed, assessed))
    ]
    if later:
        count = 1 + max(later.values())
        told.append(f'this takes {count} services, so --max-reboots {count}')
    found = acceptance.of_settings(list(typed.items()), assessed)
    told += [f'{", ".join(by)} {risk.words}' for risk, by in found.items()]
    return steps.apply(typed), told


def _types(assessed: Assessment) -> dict[str, tuple[str, ...]]:
    """Return name of a setting → the types that it is a setting of."""
    found: dict[str, set[str]] = {}
    for type_name, setting in _uses(assessed):
        found.setdefault(setting, set()).add(type_name)
    return {name: tuple(sorted(types)) for name, types in found.items()}


def _uses(assessed: Assessment) -> Iterator[tuple[str, str]]:
    """Yield type and setting, of all that are known to belong together."""
    snapshot, catalogue = assessed.snapshot, assessed.catalogue
    for template in snapshot.templates:
        if template.item:
            for name in steps.settings(template.steps):
                yield template.item.type, name
    for type_name, kinds in catalogue.kinds(snapshot.bios).items():
        for kind in kinds:
            for name in kind.names:
                yield type_name, name


def _shown(setting: BiosSetting, types: tuple[str, ...]) -> Shown:
    if _is_secret(setting):
        return Shown(setting, None, is_secret=True, types=types)
    return Shown(setting, values.current(setting, None), types=types)


def _is_secret(setting: BiosSetting) -> bool:
    if setting.attribute_type in _CHOICES:
        return False
    is_password = setting.attribute_type == 'Password'
    return is_password or bool(_SECRET.search(setting.name))


def _named(name: str, value: str, setting: BiosSetting | None) -> str:
    """Return a setting with its value for a message, but for a secret."""
    known = setting or BiosSetting(name=name, value=None)
    return name if _is_secret(known) else f'{name}={value}'


def _matches(name: str, patterns: Sequence[str]) -> bool:
    folded = name.casefold()
    return not patterns or any(
        fnmatch.fnmatchcase(folded, one.casefold()) for one in patterns
    )


def _text(value: Value | None) -> str | None:
    """Return a value as Ironic keeps it: a file may have it as text."""
    return None if value is None else values.stored(value)
