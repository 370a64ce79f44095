"""The command that looks for what is wrong: with a cloud, or with files.

Reads, has the layers below decide, and shows. Changes nothing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from osc_baremetal_config import errors
from osc_baremetal_config.core.check import (
    checking,
    findings,
    machines,
    runbooks,
)
from osc_baremetal_config.core.check.findings import Code, Finding
from osc_baremetal_config.core.check.survey import Placement, Survey
from osc_baremetal_config.core.offer.model import Estate, Offer
from osc_baremetal_config.osc import files, offers_file
from osc_baremetal_config.osc.arguments import CheckArguments
from osc_baremetal_config.osc.session import Session, Shown, check_columns
from osc_baremetal_config.osc.views import check as view
from osc_baremetal_config.osc.views import tables
from osc_baremetal_config.run import estate


def check(session: Session, asked: CheckArguments) -> Shown:
    """Return a row for each finding."""
    check_columns(asked.output.columns, view.FINDINGS)
    found = _offline(asked) if asked.offline else _online(session, asked)
    if asked.output.is_for_person:
        session.remark([*view.reasons(found), *view.fixes(found)])
    session.remark([view.summary(found)])
    is_bad = findings.is_bad(found, asked.fail_on)
    code = errors.ExitCode.REFUSED if is_bad else errors.ExitCode.OK
    table = view.findings(found, is_for_person=asked.output.is_for_person)
    return Shown(*table, code)


def _online(session: Session, asked: CheckArguments) -> Sequence[Finding]:
    """Return what is wrong with the cloud."""
    catalogue = session.catalogue
    found = estate.definitions(session.reader, with_use=True, is_whole=False)
    nodes = [n for n in found.nodes if n.provision_state in machines.IN_USE]
    read = machines.sample(nodes, asked.sample)
    if len(read) < len(nodes):
        of = f'{len(read)} of {len(nodes)} nodes'
        session.remark([f'The BIOS settings of {of} are read.'])
    found = estate.with_bios(session.reader, found, read)
    return checking.check(
        Survey(
            estate=found,
            catalogue=catalogue,
            traits=files.traits(),
            now_s=session.now_s,
            placement=_placement(session, found),
            projects=_projects(session, found),
        )
    )


def _placement(session: Session, found: Estate) -> Placement:
    """Return what Placement has, nothing where it cannot be asked."""
    try:
        compared, left = estate.compared(
            session.reader, found, session.catalogue
        )
    except errors.ConfigError as error:
        session.remark(
            [f'Traits were not compared with Placement: {error.message}']
        )
        return Placement()
    if left:
        session.remark(
            [f'Not compared with Placement: {tables.count(left, "node")}.']
        )
    return compared


def _projects(session: Session, found: Estate) -> Mapping[str, str] | None:
    """Return ID → name of all projects, None if they cannot or need not be."""
    if not runbooks.has_owner_without_servers(found):
        return None
    try:
        known = session.reader.ask(session.cloud.every_project)
    except errors.ConfigError as error:
        session.remark(
            [f'Owners of runbooks were not checked: {error.message}']
        )
        return None
    if known is None:
        session.remark(
            [
                'Owners of runbooks were not checked: Keystone lists only '
                'some of the projects.'
            ]
        )
    return known


def _offline(asked: CheckArguments) -> Sequence[Finding]:
    """Return what is wrong with files: a list has offers, else types."""
    found: list[Finding] = []
    catalogues, offers = [], dict[str, Sequence[Offer]]()
    for path in asked.offline:
        try:
            read = offers_file.read(path)
            if isinstance(read.document, list):
                offers[path] = offers_file.offers(read, path)
            else:
                catalogues.append(Path(path))
        except errors.Refused as error:
            told = [one.strip() for one in error.details] or [error.message]
            found += checking.faults(Code.OFFERS_BROKEN, told)
    try:
        catalogue = files.load(catalogues or None)
    except errors.Refused as error:
        told = [one.strip() for one in error.details] or [error.message]
        return [*found, *checking.faults(Code.CATALOGUE_BROKEN, told)]
    found += checking.offers(offers, catalogue, files.traits())
    return findings.in_order(found)
