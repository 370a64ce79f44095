"""The BIOS settings of a server, each with what it may be and what it is for.

Owns which are shown, and that no secret is. Never says what should be set.
"""

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import registry, steps, values
from osc_baremetal_config.core.facts.model import (
    BiosSetting,
    Snapshot,
    Step,
    Value,
)

# Besides those of the type "Password". BMCs show some of these in the clear.
_SECRET = re.compile(
    r'password|passphrase|secret|credential|(private|pub(lic)?|encryption)key',
    re.IGNORECASE,
)
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
    is_secret: bool
    types: tuple[str, ...]
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
    """
    types = _types(assessed)
    bios = assessed.snapshot.bios
    return [
        _shown(bios[name], types.get(name, ()))
        for name in sorted(bios)
        if _matches(name, patterns)
        and (type_name is None or type_name in types.get(name, ()))
    ]


def different(
    found: Sequence[Shown], others: Mapping[str, Value | None]
) -> list[Shown]:
    """Return the settings that others have otherwise, or have not.

    Secrets are not compared.

    :param others: name → value of the settings to compare with.
    """
    return [
        Shown(one.setting, one.value, one.is_secret, one.types, other)
        for one in found
        if not one.is_secret
        and _text(other := others.get(one.setting.name)) != _text(one.value)
    ]


def readable(snapshot: Snapshot) -> dict[str, Value | None]:
    """Return name → value of all settings of a server."""
    return {
        name: values.current(setting, None)
        for name, setting in snapshot.bios.items()
    }


def template(
    wanted: Mapping[str, str], assessed: Assessment
) -> tuple[tuple[Step, ...], list[str]]:
    """Return the step that gives settings, and what cannot be checked.

    :param wanted: name → value, as text.
    :raises Refused: the BIOS of the server cannot be given one of them.
    """
    bios, locks = assessed.snapshot.bios, assessed.catalogue.locks
    judged = {
        name: registry.judge(name, value, bios, locks)
        for name, value in wanted.items()
    }
    against = [
        f'{name}={wanted[name]}: {verdict.reason}'
        for name, verdict in judged.items()
        if not verdict.is_possible
    ]
    if against:
        raise errors.Refused(
            f'No template can give {assessed.snapshot.server} this:', against
        )
    unsure = [
        f'{name}: cannot be checked, {verdict.reason}'
        for name, verdict in judged.items()
        if verdict.possible is registry.Possible.UNKNOWN
    ]
    typed = {
        name: steps.asked(name, value, bios) for name, value in wanted.items()
    }
    return steps.apply(typed), unsure


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
    for type_name in catalogue.types:
        for kind in catalogue.kinds(type_name, snapshot.bios):
            for name in kind.names:
                yield type_name, name


def _shown(setting: BiosSetting, types: tuple[str, ...]) -> Shown:
    is_secret = setting.attribute_type == 'Password' or bool(
        _SECRET.search(setting.name)
    )
    value = None if is_secret else values.current(setting, None)
    return Shown(setting, value, is_secret, types)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    folded = name.casefold()
    return not patterns or any(
        fnmatch.fnmatchcase(folded, one.casefold()) for one in patterns
    )


def _text(value: Value | None) -> str | None:
    """Return a value as Ironic keeps it: a file may have it as text."""
    return None if value is None else values.stored(value)
