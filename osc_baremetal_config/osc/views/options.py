"""What ``option list`` shows."""

from collections.abc import Iterable, Mapping, Sequence

from osc_baremetal_config.core.explain.option_list import Offer
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.facts.violations import Violation
from osc_baremetal_config.osc.columns import OnOneLine, OrDash, YesNo
from osc_baremetal_config.osc.views.tables import Row, Table

OPTIONS = ('Config', 'Value', 'Templates', 'Flavors')
FOR_ONE = (*OPTIONS, 'Possible', 'Reason')
Against = Mapping[Item, Sequence[Violation]]


def options(offered: Iterable[Offer]) -> Table:
    """Return the table of ``option list``."""
    return Table(OPTIONS, [_offer(offer) for offer in offered])


def options_of(
    offered: Iterable[Offer], against: Against, denied: Mapping[Item, str]
) -> Table:
    """Return the table of ``option list --server``.

    :param against: what speaks against each item on the server.
    :param denied: why the user may not give the server an item at all.
    """
    rows = []
    for offer in offered:
        reasons = [one.text for one in against[offer.item]]
        if why := denied.get(offer.item):
            reasons.append(why)
        reason = OrDash('; '.join(reasons) or None)
        rows.append((*_offer(offer), YesNo(not reasons), reason))
    return Table(FOR_ONE, rows)


def hints(against: Against) -> list[str]:
    """Return what helps against the violations: of each kind once."""
    found: dict[str, str] = {}
    for item, violations in against.items():
        for one in violations:
            if one.hint:
                found.setdefault(one.code, f'{item}: {one.hint}')
    return list(found.values())


def _offer(offer: Offer) -> Row:
    return (
        offer.item.type,
        offer.item.value,
        OnOneLine(list(offer.templates)),
        OnOneLine(list(offer.flavors)),
    )
