"""What is shown of offers, and of what is defined for them."""

from collections.abc import Collection, Iterable, Sequence

from osc_baremetal_config.core.facts import quoting
from osc_baremetal_config.core.facts.model import Flavor, Unread
from osc_baremetal_config.core.offer import document, making, variants
from osc_baremetal_config.core.offer.definitions import TRAIT
from osc_baremetal_config.core.offer.making import Offering
from osc_baremetal_config.core.offer.model import (
    Change,
    Offer,
    State,
    to_do,
)
from osc_baremetal_config.core.offer.usage import Removal
from osc_baremetal_config.osc.views import tables
from osc_baremetal_config.osc.views.cells import Json, Lines, OnOneLine, OrDash
from osc_baremetal_config.osc.views.tables import Table

CHANGES = ('Kind', 'Name', 'Result', 'Details')
REQUESTS = ('Service', 'Method', 'Path', 'Body')
DEFINITIONS = document.KEYS
SHORT = ('type', 'value', 'flavors', 'name', 'settings', 'runbook')


NOTHING = (
    'Nothing is defined. "server config option create" defines it; "server '
    'config option list" lists what the catalogue knows.'
)


def changes(found: Iterable[Change]) -> Table:
    """Return the table of what was done."""
    rows = [
        (one.kind, one.name, one.state.value, Lines(list(one.details)))
        for one in found
    ]
    return Table(CHANGES, rows)


def requests(found: Iterable[Change]) -> Table:
    """Return the table of the requests that would be sent."""
    rows = [
        (one.service, one.method, one.path, Json(one.body))
        for change in to_do(found)
        for one in change.requests
    ]
    return Table(REQUESTS, rows)


def definitions(found: Iterable[Offer], *, is_for_person: bool) -> Table:
    """Return the table of the offers of a cloud."""
    written = [document.written(offer) for offer in found]
    if not is_for_person:
        return Table(
            DEFINITIONS,
            [tuple(one[key] for key in DEFINITIONS) for one in written],
        )
    rows = [
        (
            one['type'] or 'profile',
            one['value'] or one['profile'],
            Lines(one['flavors']),
            OrDash(one['name']),
            OnOneLine(
                [f'{n}={v}' for n, v in (one['settings'] or {}).items()]
            ),
            OrDash(one['runbook']),
        )
        for one in written
    ]
    return Table(SHORT, rows)


def offering(found: Offering) -> list[str]:
    """Return which nodes fit, and what a person should know."""
    lines = []
    for fit in found.fits:
        if not fit.offer.kinds:
            continue
        lines.append(making.summary(fit))
        lines += [f'  not {reason}' for reason in making.reasons(fit)]
    return [*lines, *found.remarks]


def kept(found: Removal) -> list[str]:
    """Return what is in use, and so was left."""
    return [f'{name} is left: {why}.' for name, why in found.kept.items()]


def unread(found: Iterable[Unread]) -> list[str]:
    """Return what could not be read."""
    return [line for one in found for line in one.lines]


def baseless(found: Sequence[Flavor]) -> list[str]:
    """Return which flavors are no variants, so that no file can have them."""
    if not found:
        return []
    names = tables.some(flavor.name for flavor in found)
    return [f'Left out, as they equal no other flavor but for items: {names}.']


def before(done_: Sequence[Change]) -> str:
    """Return what was done until something ended it, if anything was."""
    if not done_:
        return ''
    return f'Done before: {", ".join(map(str, done_))}.'


def done(change: Change) -> str:
    """Return that something was done."""
    return f'{change}: {change.state}'


def next_steps(
    offers: Sequence[Offer],
    found: Sequence[Change],
    types: Collection[str],
) -> list[str]:
    """Return what can be done now.

    :param types: that have an option of their own.
    """
    if not to_do(found):
        return ['All of it was there already; nothing was changed.']
    if all(change.state is State.UNUSED for change in to_do(found)):
        return []
    option = _option(offers[0], types)
    told = [f'Set it with: openstack server config set {option} <server>']
    made = {one.kind for one in to_do(found) if one.state is State.MISSING}
    if {variants.KIND, TRAIT} <= made:
        told.append(
            'Nova finds hosts for new servers of the variants once it has '
            'copied the traits of the nodes to Placement, which takes a '
            'minute or two.'
        )
    return told


def _option(offer: Offer, types: Collection[str]) -> str:
    """Return the option of ``set`` for what is offered."""
    if offer.profile:
        return f'--profile {quoting.quoted(offer.profile.name)}'
    value = quoting.quoted(offer.values[0]) if offer.values else '<value>'
    if offer.type in types:
        return f'--{offer.type} {value}'
    return f'--config {quoting.quoted(offer.type)}={value}'
