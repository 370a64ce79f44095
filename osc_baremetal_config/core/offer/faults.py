"""What offers name that there is not, and what no service would take.

Owns the reasons against the words of an offer. Which nodes it fits is for
:mod:`.recipes`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.facts import registry, violations
from osc_baremetal_config.core.facts.model import Item, Kind
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.core.offer import names, recipes, scope, targets
from osc_baremetal_config.core.offer.model import Estate, Offer


def every(
    offers: Iterable[Offer], estate: Estate, catalogue: Catalogue
) -> list[Violation]:
    """Return everything that offers name and that there is not."""
    offers = tuple(offers)
    whole = targets.with_variants(offers, estate, catalogue)
    return [
        fault for offer in offers for fault in _faults(offer, whole, catalogue)
    ]


def _faults(
    offer: Offer, estate: Estate, catalogue: Catalogue
) -> list[Violation]:
    """Return what an offer names that there is not."""
    if unfit := list(_unfit_words(offer, catalogue)):
        return unfit
    return [
        *_unknown_items(offer, catalogue),
        *unknown_flavors(offer, estate),
        *_unknown_vendors(offer, catalogue),
    ]


def _unfit_words(offer: Offer, catalogue: Catalogue) -> Iterator[Violation]:
    """Yield the words of an offer that no service would take."""
    known = catalogue.types.get(offer.type)
    values = set(offer.values) - set(known.values if known else ())
    items = offer.profile.items if offer.profile else ()
    values |= {item.value for item in items}
    types = [offer.type, *(item.type for item in items)]
    required = offer.required_traits or ()
    traits = {*(offer.traits or ()), *required}
    trait, letters = 'a trait', 'capital letters, digits and underscores'
    plain = 'letters, digits, underscores, dots and hyphens'
    for what, words, fits, needed in (
        ('a type', types, names.is_type, 'a-z, 0-9 and hyphens'),
        ('a value', values, names.is_value, plain),
        (
            'the name of a deploy template',
            [offer.name] if Kind.DEPLOY_TEMPLATE in offer.kinds else [],
            names.is_template,
            f'CUSTOM_ and {letters}',
        ),
        ('the name of a runbook', [offer.runbook], names.is_runbook, plain),
        (
            'the name of a flavor',
            offer.variants.values(),
            names.is_flavor,
            plain,
        ),
        (trait, traits, names.is_trait, letters),
    ):
        for word in sorted(words):
            if word and not fits(word):
                yield violations.word_unfit(what, word, needed)


def _unknown_items(offer: Offer, catalogue: Catalogue) -> list[Violation]:
    if offer.profile:
        single = [
            replace(offer, type=i.type, values=(i.value,), profile=None)
            for i in offer.profile.items
        ]
        return [v for one in single for v in _unknown_items(one, catalogue)]
    config_type = catalogue.types.get(offer.type)
    if config_type is None:
        nearest = registry.nearest(offer.type, catalogue.types)
        # An operator may offer what no catalogue names.
        if offer.own_steps and offer.values and not nearest:
            return []
        known = catalogue.types
        return [
            violations.unknown_type(offer.type, known, nearest, is_named=True)
        ]
    return [
        violations.unknown_value(
            Item(offer.type, value),
            config_type.values,
            registry.nearest(value, config_type.values),
        ).of(Item(offer.type, value))
        for value in offer.values
        if value not in config_type.values
    ]


def unknown_flavors(offer: Offer, estate: Estate) -> list[Violation]:
    """Return the flavors that an offer names and that cannot be meant."""
    found = []
    for name in offer.flavors:
        flavor = targets.flavor(name, estate.flavors)
        if flavor is None:
            known = [one.name for one in estate.flavors]
            nearest = registry.nearest(name, known)
            found.append(violations.flavor_unknown(name, nearest))
        elif offer.kinds and not scope.is_bare_metal(flavor):
            found.append(violations.flavor_virtual(str(flavor)))
    return found


def _unknown_vendors(offer: Offer, catalogue: Catalogue) -> list[Violation]:
    known = recipes.vendors(catalogue)
    makers = {name.split()[0] for name in known}
    found = []
    for vendor in offer.vendors:
        if not any(recipes.is_one_of(one, [vendor]) for one in known):
            nearest = registry.nearest(vendor, known | makers)
            found.append(violations.vendor_unknown(vendor, makers, nearest))
    return found
