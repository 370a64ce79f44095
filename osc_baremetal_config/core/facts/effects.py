"""What a firmware is known to change besides the setting that it is given.

Owns what follows from settings for others. Where it is known from is for the
catalogue to say; what really has changed is read afterwards.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from osc_baremetal_config.core.facts import registry
from osc_baremetal_config.core.facts.model import Bios, Value


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What else becomes of other settings when one gets a value.

    :param sets: name → value of the others.
    :param vendor: of whose BIOS it is known; empty for all that have these.
    """

    name: str
    value: Value
    sets: Mapping[str, Value]
    vendor: str = ''

    def is_of(self, vendor: str) -> bool:
        """Return whether it is known of the BIOS of a vendor."""
        return self.vendor in ('', vendor)


def of(
    known: Iterable[Effect], wanted: Mapping[str, Value], bios: Bios
) -> dict[Effect, dict[str, Value]]:
    """Return effect → the settings of a BIOS that it changes.

    :param known: what is known of effects.
    :param wanted: all that is set, name → value; what is set to what it is
        has no effect. A setting that is set as well is overruled.
    :returns: only effects that change something, or overrule.
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
            for name, value in _on(effect, bios)
            if wanted.get(name, value) != value
            or (name not in wanted and not registry.holds(bios, name, value))
        }
        if changed:
            found[effect] = changed
    return found


def fixing(
    known: Iterable[Effect], wanted: Mapping[str, Value], bios: Bios
) -> dict[str, Effect]:
    """Return setting → the effect in force that fixes it to another value.

    :param wanted: all that is set, name → value.
    """
    return {
        name: effect
        for effect in known
        if effect.name not in wanted
        and registry.holds(bios, effect.name, effect.value)
        for name, value in _on(effect, bios)
        if wanted.get(name, value) != value
    }


def _on(effect: Effect, bios: Bios) -> Iterator[tuple[str, Value]]:
    """Yield what an effect sets of a BIOS, name and value."""
    for name, value in effect.sets.items():
        if name in bios and _is_taken(bios, name, value):
            yield name, value


def _is_taken(bios: Bios, name: str, value: Value) -> bool:
    """Return whether a registry lists a value, if it lists any."""
    allowed = bios[name].allowable_values
    return not allowed or value in allowed
