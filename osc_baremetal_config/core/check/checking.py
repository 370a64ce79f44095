"""All that is wrong with a cloud, or with files.

Owns which checks there are. What each finds is for the other modules.
"""

from collections.abc import Iterable, Iterator, Mapping

from osc_baremetal_config.core.check import (
    flavors,
    machines,
    profiles,
    runbooks,
    templates,
)
from osc_baremetal_config.core.check.findings import Code, Finding, in_order
from osc_baremetal_config.core.check.survey import Survey
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import registry
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.offer import faults as faults_
from osc_baremetal_config.core.offer.model import Estate, Offer


def check(survey: Survey) -> list[Finding]:
    """Return everything that is wrong with a cloud, errors first."""
    return in_order(
        [
            *templates.check(survey),
            *runbooks.check(survey),
            *profiles.check(survey),
            *flavors.check(survey),
            *machines.check(survey),
        ]
    )


def faults(code: Code, told: Iterable[str]) -> list[Finding]:
    """Return what is wrong with the form of a file.

    :param told: each with the file, the line and the key in front.
    """
    found = []
    for text in told:
        place, _, reason = text.strip().partition(': ')
        found.append(Finding(code, place, reason or text))
    return found


def offers(
    by_file: Mapping[str, Iterable[Offer]],
    catalogue: Catalogue,
    traits: frozenset[str],
) -> list[Finding]:
    """Return what is wrong with offers, as far as that shows without a cloud.

    :param by_file: path → its offers.
    :param traits: all that os-traits knows.
    """
    nothing = Estate(flavors=(), templates=(), nodes=())
    survey = Survey(nothing, catalogue, traits, now_s=0.0)
    return [
        Finding(code, f'{path}: offer {number}', reason)
        for path, listed in by_file.items()
        for number, offer in enumerate(listed, 1)
        for code, reason in _in_offer(offer, survey)
    ]


def _in_offer(offer: Offer, survey: Survey) -> Iterator[tuple[Code, str]]:
    """Yield what is wrong with an offer: its words, its steps, its traits."""
    for one in faults_.every([offer], survey.estate, survey.catalogue):
        if not _is_of_a_cloud(one):
            yield Code.OFFERS_BROKEN, str(one)
    yield from templates.step_faults(offer.own_steps)
    for trait in sorted(
        {*(offer.required_traits or ()), *(offer.traits or ())}
    ):
        meant = survey.meant(trait)
        if meant is not None:
            hint = registry.hint(meant)
            yield Code.TRAIT_MISSPELT, f'the trait {trait} is none{hint}'


def _is_of_a_cloud(one: Violation) -> bool:
    return one.code.startswith('flavor-')
