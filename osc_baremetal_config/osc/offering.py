"""The commands of an operator who offers items: create, delete, definitions.

Each reads all that there is, has the layers below decide, has the requests
sent, reads again, and shows.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.facts import registry, violations
from osc_baremetal_config.core.facts.model import Item
from osc_baremetal_config.core.offer import (
    faults,
    listing,
    making,
    targets,
    usage,
)
from osc_baremetal_config.core.offer.making import Offering
from osc_baremetal_config.core.offer.model import (
    Change,
    Estate,
    Offer,
    to_do,
)
from osc_baremetal_config.core.offer.usage import Removal
from osc_baremetal_config.osc import offers_file
from osc_baremetal_config.osc.arguments import (
    OfferArguments,
    Output,
    RemovalArguments,
)
from osc_baremetal_config.osc.session import Session, Shown, check_columns
from osc_baremetal_config.osc.views import offers as view
from osc_baremetal_config.run import defining, estate

_AGAIN = 'Run the same command again to finish.'


def create(session: Session, asked: OfferArguments) -> Shown:
    """Return what has become of what is to be offered."""
    known = view.REQUESTS if asked.dry_run else view.CHANGES
    check_columns(asked.output.columns, known)
    catalogue = session.catalogue
    given = (
        [asked.offer] if asked.offer else offers_file.load(asked.file or '')
    )
    found = estate.definitions(
        session.reader, with_use=asked.prunes, is_whole=asked.prunes
    )
    session.say(view.unread(found.unread))
    offers = _resolved(session, given, found)
    in_scope = targets.in_scope(offers, found, catalogue)
    found = estate.with_bios(session.reader, found, in_scope)
    offering = making.make(offers, found, catalogue, updates=asked.updates)
    session.remark(view.offering(offering))
    gone = Removal((), {})
    if asked.prunes:
        gone = _pruned(offering, found)
        session.remark(view.kept(gone))
    changes = (*offering.changes, *gone.changes)
    if asked.dry_run:
        defining.check(to_do(changes), session.reader, found.flavors)
        return Shown(*view.requests(changes))

    def left(now: Estate) -> Sequence[Change]:
        again = making.make(offers, now, catalogue, updates=True)
        removed = _pruned(again, now).changes if asked.prunes else ()
        return (*again.changes, *removed)

    _carry_out(session, changes, found, left)
    session.remark(view.next_steps(offers, changes, session.catalogue.types))
    return Shown(*view.changes(changes))


def delete(session: Session, asked: RemovalArguments) -> Shown:
    """Return what has become of what is to be offered no longer."""
    known = view.REQUESTS if asked.dry_run else view.CHANGES
    check_columns(asked.output.columns, known)
    found = estate.definitions(session.reader, with_use=True)
    items = _defined(asked, found)
    bases = _flavor_names(asked, found)
    gone = usage.removal(found, items, bases=bases)
    if asked.dry_run:
        session.say(view.kept(gone))
        defining.check(to_do(gone.changes), session.reader, found.flavors)
        return Shown(*view.requests(gone.changes))
    if gone.kept and not gone.changes:
        raise errors.Refused(
            'All of this is in use; nothing was changed:',
            [
                violations.definition_used(n, why)
                for n, why in gone.kept.items()
            ],
        )
    _carry_out(
        session,
        gone.changes,
        found,
        lambda now: usage.removal(now, items, bases=bases).changes,
    )
    session.say(view.kept(gone))
    code = errors.ExitCode.SOME_FAILED if gone.kept else errors.ExitCode.OK
    return Shown(*view.changes(gone.changes), code)


def definitions(session: Session, output: Output) -> Shown:
    """Return a row for each offer that a cloud's definitions come to."""
    known = view.SHORT if output.is_for_person else view.DEFINITIONS
    check_columns(output.columns, known)
    catalogue = session.catalogue
    found = estate.definitions(session.reader, is_whole=False)
    found = estate.with_bios(session.reader, found, found.nodes)
    session.say(view.unread(found.unread))
    session.say(view.baseless(listing.baseless(found)))
    offers = listing.offers(found, catalogue)
    if not offers:
        session.remark([view.NOTHING])
    return Shown(*view.definitions(offers, is_for_person=output.is_for_person))


def _resolved(
    session: Session, given: Sequence[Offer], found: Estate
) -> list[Offer]:
    """Return offers with the IDs of what they name.

    :raises Refused: with everything that there is not.
    """
    names = {offer.owner_name for offer in given if offer.owner_name}
    projects = {name: _projects(session, name) for name in sorted(names)}
    against = [
        violations.project_unknown(
            name, len(ids), '' if ids else _nearest_project(session, name)
        )
        for name, ids in projects.items()
        if len(ids) != 1
    ]
    against += faults.every(given, found, session.catalogue)
    if against:
        raise making.refused(against)
    return [
        replace(
            offer,
            owner=projects[offer.owner_name][0] if offer.owner_name else None,
            like=session.snapshot(offer.like).node.uuid
            if offer.like
            else None,
        )
        for offer in given
    ]


def _projects(session: Session, name: str) -> Sequence[str]:
    """Return the IDs of the projects that a name or an ID means.

    :raises Refused: the user may not know.
    """
    cloud = session.cloud
    try:
        return session.reader.ask(lambda: cloud.projects(name))
    except errors.Forbidden as error:
        raise errors.Refused(
            f'Whether there is a project {name!r} is not told to you; nothing '
            f'was changed:',
            [error.message, 'It takes a role that may list projects.'],
        ) from error


def _nearest_project(session: Session, name: str) -> str:
    """Return the question whether another project is meant, if that is so."""
    try:
        known = session.reader.ask(session.cloud.every_project) or {}
    except errors.ConfigError:
        return ''
    return registry.nearest(name, known.values())


def _pruned(offering: Offering, found: Estate) -> Removal:
    """Return what is to be removed besides what is offered."""
    wanted = [str(change) for change in offering.changes]
    return usage.removal(found, listing.items(found), wanted)


def _defined(asked: RemovalArguments, found: Estate) -> list[Item]:
    """Return the items of which the definitions are to be removed.

    :raises Refused: nothing is defined for one of them.
    """
    every = listing.items(found)
    items = [Item(asked.type, value) for value in asked.values]
    items = items or [item for item in every if item.type == asked.type]
    missing = [item for item in items if item not in every]
    if not items:
        missing = [Item(asked.type, '*')]
    if missing:
        known = list(map(str, every))
        raise errors.Refused(
            'Nothing was changed:',
            [violations.definition_missing(item, known) for item in missing],
        )
    return items


def _flavor_names(asked: RemovalArguments, found: Estate) -> list[str]:
    """Return the names of the flavors whose variants are to be removed.

    :raises Refused: there is no such flavor.
    """
    offer = Offer(type=asked.type, flavors=asked.flavors)
    if against := faults.unknown_flavors(offer, found):
        raise errors.Refused('Nothing was changed:', against)
    return [flavor.name for flavor in targets.flavors(offer, found)]


def _carry_out(
    session: Session,
    changes: Sequence[Change],
    found: Estate,
    again: Callable[[Estate], Sequence[Change]],
) -> None:
    """Have all requests sent, and look whether they have done it.

    :param again: returns what has to be done by what there is then.
    :raises Refused: the user may not.
    :raises Incomplete: not everything is as it should be.
    """
    due = to_do(changes)
    defining.check(due, session.reader, found.flavors)
    if not due:
        return
    done: list[Change] = []

    def on_done(change: Change) -> None:
        done.append(change)
        session.pass_by(view.done(change))

    try:
        with session.under_way():
            defining.carry_out(due, session.reader, on_done)
    except KeyboardInterrupt:
        told = [view.before(done), _AGAIN]
        raise errors.Interrupted('Interrupted.', filter(None, told)) from None
    finally:
        session.pass_by('')
    _check(session, found, again)


def _check(
    session: Session,
    found: Estate,
    again: Callable[[Estate], Sequence[Change]],
) -> None:
    """Raise unless all is there that was asked for, by what is read now."""
    try:
        now = estate.definitions(session.reader, is_whole=False)
        now = replace(
            now, bios=found.bios, servers=found.servers, images=found.images
        )
        left = to_do(again(now))
    except errors.ConfigError as error:
        raise errors.Incomplete(
            'The services have taken all requests, and whether they have done '
            'all of it could not be read:',
            [error.message, _AGAIN],
        ) from error
    if left:
        raise errors.Incomplete(
            'The services have taken all requests, and do not show all of it:',
            [*map(str, left), _AGAIN],
        )
