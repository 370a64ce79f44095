"""What ``option list`` shows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from osc_baremetal_config.core.explain.option_list import KnownItem
from osc_baremetal_config.core.facts import metadata
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.osc.views import tables
from osc_baremetal_config.osc.views.cells import (
    Lines,
    OnOneLine,
    OrDash,
    YesNo,
)
from osc_baremetal_config.osc.views.tables import Row, Table

OPTIONS = ('Config', 'Value', 'Templates', 'Flavors')
FOR_ONE = (*OPTIONS, 'Possible', 'Reason')
Against = Mapping[Item, Sequence[Violation]]


class Denied(NamedTuple):
    """Why nothing at all may be changed on a server.

    :param codes: of the violations, empty where a policy is against it.
    """

    codes: Sequence[str]
    text: str


def options(offered: Iterable[KnownItem], *, is_for_person: bool) -> Table:
    """Return the table of ``option list``."""
    rows = [_offer(offer, is_for_person=is_for_person) for offer in offered]
    return Table(OPTIONS, rows)


def options_of(
    offered: Iterable[KnownItem],
    against: Against,
    denied: Mapping[Item, Denied],
    *,
    is_for_person: bool,
) -> Table:
    """Return the table of ``option list --server``.

    :param against: what speaks against each item on the server.
    :param denied: why the user may not give the server an item at all.
    :param is_for_person: with codes in the place of the sentences, which
        :func:`reasons` has, and without what is not of this server.
    """
    rows = []
    for offer in offered:
        reasons = [
            (one.code if is_for_person else one.text)
            for one in against[offer.item]
        ]
        if why := denied.get(offer.item):
            codes = why.codes or ['not permitted']
            reasons += codes if is_for_person else [why.text]
        reason = (
            Lines(list(dict.fromkeys(reasons)))
            if is_for_person
            else OrDash('; '.join(reasons) or None)
        )
        cells = _offer(offer, is_for_person=is_for_person)
        rows.append((*cells, YesNo(not reasons), reason))
    table = Table(FOR_ONE, rows)
    return tables.without(table, ['Flavors']) if is_for_person else table


def reasons(against: Against, denied: Mapping[Item, Denied]) -> list[str]:
    """Return what speaks against items, and what all of them are."""
    told = [
        (str(item), one.text)
        for item, violations in against.items()
        for one in violations
    ]
    told += [(str(item), why.text) for item, why in denied.items()]
    return tables.once(told)


def hints(against: Against) -> list[str]:
    """Return what helps against the violations: of each kind once."""
    found: dict[str, str] = {}
    for item, violations in against.items():
        for one in violations:
            if one.hint:
                found.setdefault(one.code, f'{item}: {one.hint}')
    return list(found.values())


def profiles(offered: Iterable[KnownItem]) -> list[str]:
    """Return what each profile comes to."""
    return [
        f'{one.item} is {", ".join(map(str, one.items))}.'
        for one in offered
        if one.item.type == metadata.PROFILE and one.items
    ]


def _offer(offer: KnownItem, *, is_for_person: bool) -> Row:
    several = Lines if is_for_person else OnOneLine
    return (
        'profile' if offer.item.type == metadata.PROFILE else offer.item.type,
        offer.item.value,
        several(list(offer.templates)),
        several(list(offer.flavors)),
    )
