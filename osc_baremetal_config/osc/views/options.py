"""What ``option list`` shows."""

from collections.abc import Iterable

from osc_baremetal_config.core.desired.catalogue import Catalogue
from osc_baremetal_config.core.explain import option_list
from osc_baremetal_config.core.explain.option_list import Offer
from osc_baremetal_config.core.facts.model import Snapshot
from osc_baremetal_config.osc.columns import OnOneLine, OrDash, YesNo
from osc_baremetal_config.osc.views.tables import Row, Table

OPTIONS = ('Config', 'Value', 'Templates', 'Flavors')
FOR_ONE = (*OPTIONS, 'Possible', 'Reason')


def options(offered: Iterable[Offer]) -> Table:
    """Return the table of ``option list``."""
    return Table(OPTIONS, [_offer(offer) for offer in offered])


def options_of(
    offered: Iterable[Offer],
    snapshot: Snapshot,
    catalogue: Catalogue,
    denied: str | None,
) -> Table:
    """Return the table of ``option list --server``.

    :param denied: why the user may not have the node serviced at all.
    """
    rows = []
    for offer in offered:
        reasons = option_list.against(offer.item, snapshot, catalogue)
        if denied and not option_list.matches(offer.item, snapshot, catalogue):
            reasons.append(denied)
        reason = OrDash('; '.join(reasons) or None)
        rows.append((*_offer(offer), YesNo(not reasons), reason))
    return Table(FOR_ONE, rows)


def _offer(offer: Offer) -> Row:
    return (
        offer.item.type,
        offer.item.value,
        OnOneLine(list(offer.templates)),
        OnOneLine(list(offer.flavors)),
    )
