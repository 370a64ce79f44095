"""All that is wrong with a cloud, or with files.

Owns which checks there are. What each finds is for the other modules.
"""

from collections.abc import Iterable, Mapping

from osc_baremetal_config.core.check import flavors, machines, templates
from osc_baremetal_config.core.check.findings import Code, Finding, in_order
from osc_baremetal_config.core.check.survey import Survey
from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.offer import making
from osc_baremetal_config.core.offer.model import Estate, Offer


def check(survey: Survey) -> list[Finding]:
    """Return everything that is wrong with a cloud, errors first."""
    return in_order(
        [
            *templates.check(survey),
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
    by_file: Mapping[str, Iterable[Offer]], catalogue: Catalogue
) -> list[Finding]:
    """Return what is wrong with offers, as far as that shows without a cloud.

    :param by_file: path → its offers.
    """
    found = []
    nothing = Estate(flavors=(), templates=(), nodes=())
    for path, listed in by_file.items():
        for number, offer in enumerate(listed, 1):
            for one in making.faults([offer], nothing, catalogue):
                if not _is_of_a_cloud(one):
                    text = str(one)
                    place = f'{path}: offer {number}'
                    found.append(Finding(Code.OFFERS_BROKEN, place, text))
    return found


def _is_of_a_cloud(one: Violation) -> bool:
    return one.code.startswith('flavor-')
