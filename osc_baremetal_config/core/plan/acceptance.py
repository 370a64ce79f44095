"""The risks of a plan, and which of them the person has accepted.

Owns that nothing risky is done on nobody's word. What is risky is for the
catalogue to say.
"""

from collections.abc import Iterator, Sequence

from osc_baremetal_config.core.desired.assessment import Assessment
from osc_baremetal_config.core.facts import (
    effects,
    patterns,
    risks,
    values,
    violations,
)
from osc_baremetal_config.core.facts.model import Value
from osc_baremetal_config.core.facts.risks import Risk
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan.model import ItemChange
from osc_baremetal_config.core.plan.options import Options


def of_settings(
    settings: Sequence[tuple[str, Value]], assessed: Assessment
) -> dict[Risk, list[str]]:
    """Return risk → the settings that have it, in words.

    A setting has the risks of every type that it is a setting of, whatever it
    is set for.

    :param settings: name and value of those that are set.
    """
    catalogue = assessed.catalogue
    kinds = catalogue.kinds(assessed.snapshot.bios)
    found = risks.of(catalogue.risks, settings)
    risky = [one for one in catalogue.types.values() if one.risks]
    for config_type in risky:
        own = {n for kind in kinds[config_type.name] for n in kind.names}
        told = [f'{n}={values.shown(v)}' for n, v in settings if n in own]
        for risk in config_type.risks if told else ():
            words = found.setdefault(risk, [])
            words += [one for one in told if one not in words]
    return found


def of(change: ItemChange, assessed: Assessment) -> dict[Risk, list[str]]:
    """Return risk → the settings that have it, of one change.

    :returns: no settings where it is the item itself that has the risk.
    """
    settings = list(_changing(change, assessed.catalogue.volatile))
    settings += _effects(settings, assessed)
    found = of_settings(settings, assessed)
    config_type = assessed.catalogue.types.get(change.item.type)
    if config_type and settings:
        for risk in config_type.risks:
            found.setdefault(risk, [])
    return found


def unaccepted(
    changes: Sequence[ItemChange], assessed: Assessment, options: Options
) -> list[Violation]:
    """Return the risks that were not accepted."""
    return [
        violations.risk_not_accepted(change.item, risk, settings)
        for change in changes
        for risk, settings in of(change, assessed).items()
        if not _is_accepted(risk, options)
    ]


def every(
    changes: Sequence[ItemChange], assessed: Assessment
) -> tuple[Risk, ...]:
    """Return the risks of several changes, each once."""
    found = {risk for change in changes for risk in of(change, assessed)}
    return tuple(sorted(found))


def _effects(
    settings: Sequence[tuple[str, Value]], assessed: Assessment
) -> list[tuple[str, Value]]:
    """Return what a firmware is known to change besides, name and value."""
    found = effects.of(
        assessed.effects, dict(settings), assessed.snapshot.bios
    )
    return [each for changed in found.values() for each in changed.items()]


def _changing(
    change: ItemChange, volatile: Sequence[str]
) -> Iterator[tuple[str, Value]]:
    """Yield the settings that are set to another value, and requests."""
    is_request = patterns.any_of(tuple(volatile)).match
    for setting in change.settings:
        if setting.before != setting.after or is_request(setting.name):
            yield setting.name, setting.after


def _is_accepted(risk: Risk, options: Options) -> bool:
    if risk is Risk.DATA:
        return options.allow_data_loss
    return risk in options.accepted
