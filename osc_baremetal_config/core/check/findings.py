"""Findings: their codes, how severe each is, and what is told of one.

Codes are an interface: scripts and monitoring read them.
doc/source/reference/check.rst explains each.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass


@enum.unique
class Severity(enum.StrEnum):
    """How bad a finding is.

    An error keeps something from working, or will once it is used; a warning
    is what somebody should look at.
    """

    WARNING = 'warning'
    ERROR = 'error'


@enum.unique
class Code(enum.StrEnum):
    """What was found."""

    # Deploy templates and runbooks.
    TEMPLATE_EMPTY = 'template-empty'
    TEMPLATE_TIE = 'template-tie'
    TEMPLATE_TRAITS = 'template-traits'
    STEP_UNKNOWN = 'step-unknown'
    STEP_INCOMPLETE = 'step-incomplete'
    STEP_REPEATED = 'step-repeated'
    STEP_LOSSY = 'step-lossy'
    SETTING_UNKNOWN = 'setting-unknown'
    SETTING_READ_ONLY = 'setting-read-only'
    SETTING_VALUE = 'setting-value'
    SETTING_CONTRADICTS = 'setting-contradicts'
    SETTING_OPPOSITE = 'setting-opposite'
    EXTRA_INCOMPLETE = 'extra-incomplete'
    KEY_MISSPELT = 'key-misspelt'
    TYPE_MISSPELT = 'type-misspelt'
    VALUE_UNDEFINED = 'value-undefined'
    VALUE_ALONE = 'value-alone'
    RUNBOOK_WITHOUT_TRAITS = 'runbook-without-traits'
    RUNBOOK_TRAITS = 'runbook-traits'
    RUNBOOK_NOT_USABLE = 'runbook-not-usable'
    OWNER_UNKNOWN = 'owner-unknown'
    PROFILE_DIFFERS = 'profile-differs'
    # Flavors and images.
    ITEM_WITHOUT_TEMPLATE = 'item-without-template'
    VARIANT_DIFFERS = 'variant-differs'
    VARIANT_ACCESS = 'variant-access'
    VARIANT_TRAIT = 'variant-trait'
    FLAVOR_WITHOUT_NODES = 'flavor-without-nodes'
    TRAIT_MISSPELT = 'trait-misspelt'
    TRAIT_PINNING = 'trait-pinning'
    # Nodes.
    BIOS_NOT_READ = 'bios-not-read'
    TEMPLATE_TRAIT_MISSING = 'template-trait-missing'
    TEMPLATE_TRAIT_UNFIT = 'template-trait-unfit'
    TRAIT_WITHOUT_SETTING = 'trait-without-setting'
    SETTING_WITHOUT_TRAIT = 'setting-without-trait'
    PLACEMENT_TRAITS = 'placement-traits'
    LESSEE_MISSING = 'lessee-missing'
    SERVICE_FAILED = 'service-failed'
    NODE_WEDGED = 'node-wedged'
    NOT_READ = 'not-read'
    # Servers.
    DRIFT = 'drift'
    RECORD_UNDEFINED = 'record-undefined'
    JOURNAL_ORPHANED = 'journal-orphaned'
    JOURNAL_DAMAGED = 'journal-damaged'
    # Files.
    CATALOGUE_BROKEN = 'catalogue-broken'
    OFFERS_BROKEN = 'offers-broken'


_WARNINGS = frozenset(
    {
        Code.STEP_LOSSY,
        Code.VALUE_UNDEFINED,
        Code.VALUE_ALONE,
        Code.RUNBOOK_NOT_USABLE,
        Code.VARIANT_DIFFERS,
        Code.VARIANT_ACCESS,
        Code.BIOS_NOT_READ,
        Code.TEMPLATE_TRAIT_MISSING,
        Code.SETTING_WITHOUT_TRAIT,
        Code.LESSEE_MISSING,
        Code.NOT_READ,
        Code.DRIFT,
        Code.RECORD_UNDEFINED,
        Code.JOURNAL_ORPHANED,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    :param object: what it is about, such as ``flavor bm.on (7)``.
    :param reason: what is wrong with it, a sentence without a full stop.
    :param fix: the command that helps; empty where none does.
    """

    code: Code
    object: str
    reason: str
    fix: str = ''

    @property
    def severity(self) -> Severity:
        """Return how bad it is."""
        is_warning = self.code in _WARNINGS
        return Severity.WARNING if is_warning else Severity.ERROR


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """Return findings, errors first, each once."""
    return sorted(
        dict.fromkeys(found),
        key=lambda one: (
            one.severity is not Severity.ERROR,
            one.code,
            one.object,
            one.reason,
        ),
    )


def is_bad(found: Iterable[Finding], least: Severity) -> bool:
    """Return whether one of the findings is as bad as that, or worse."""
    return any(
        one.severity is Severity.ERROR or least is Severity.WARNING
        for one in found
    )
