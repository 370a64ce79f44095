"""What a firmware is known to change besides the setting that it is given.

Owns what follows from settings for others. Where it is known from is for the
catalogue to say; what really has changed is read afterwards.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from osc_baremetal_config.core.facts import registry
from osc_baremetal_config.core.facts.model import Bios, Value


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What else becomes of other settings when one gets a value.

    :param sets: name → value of the others.
    """

    name: str
    value: Value
    sets: Mapping[str, Value]


def of(
    known: Iterable[Effect], wanted: Mapping[str, Value], bios: Bios
) -> dict[Effect, dict[str, Value]]:
    """Return effect → the settings of a BIOS that it changes.

    :param known: what is known of effects.
    :param wanted: all that is set, name → value; what is set itself is no
        effect, and what is set to what it is has none.
    :returns: only effects that change something.
    """
    found = {}
    for effect in known:
        if (
            wanted.get(effect.name) != effect.value
            or effect.name not in bios
            or registry.holds(bios, effect.name, effect.value)
        ):
            continue
        changed = {
            name: value
            for name, value in effect.sets.items()
            if name in bios
            and name not in wanted
            and not registry.holds(bios, name, value)
            and _is_taken(bios, name, value)
        }
        if changed:
            found[effect] = changed
    return found


def _is_taken(bios: Bios, name: str, value: Value) -> bool:
    """Return whether a registry lists a value, if it lists any."""
    allowed = bios[name].allowable_values
    return not allowed or value in allowed
