"""The risks of a plan, and which of them the person has accepted.

Owns that nothing risky is done on nobody's word. What is risky is for the
catalogue to say.
"""

from collections.abc import Iterable, Sequence

from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import risks, violations
from osc_baremetal_config.core.facts.risks import Risk
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.plan.model import ItemChange
from osc_baremetal_config.core.plan.options import Options


def of(change: ItemChange, catalogue: Catalogue) -> dict[Risk, list[str]]:
    """Return risk → the settings that have it, of one change.

    :returns: no settings where it is the type that has the risk, whatever
        settings it is.
    """
    settings = [(s.name, s.after) for s in change.settings]
    found = risks.of(catalogue.risks, settings)
    config_type = catalogue.types.get(change.item.type)
    for risk in config_type.risks if config_type else ():
        found.setdefault(risk, [])
    return found


def unaccepted(
    changes: Iterable[ItemChange], catalogue: Catalogue, options: Options
) -> list[Violation]:
    """Return the risks that were not accepted."""
    return [
        violations.risk_not_accepted(change.item, risk, settings)
        for change in changes
        for risk, settings in of(change, catalogue).items()
        if not _is_accepted(risk, options)
    ]


def every(
    changes: Sequence[ItemChange], catalogue: Catalogue
) -> tuple[Risk, ...]:
    """Return the risks of several changes, each once."""
    found = {risk for change in changes for risk in of(change, catalogue)}
    return tuple(sorted(found))


def _is_accepted(risk: Risk, options: Options) -> bool:
    if risk is Risk.DATA:
        return options.allow_data_loss
    return risk in options.accepted
