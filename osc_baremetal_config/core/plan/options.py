"""How a change is to be made: what the options of ``set`` say.

Owns the choices of the person, apart from the items themselves.
"""

import enum
from dataclasses import dataclass

from osc_baremetal_config.core.facts.risks import Risk


@enum.unique
class Method(enum.StrEnum):
    """What carries the steps out.

    ``auto`` is a runbook where one does exactly what is wanted and may be
    used, else service steps. ``resize`` runs these after Nova has resized the
    server to the flavor that is the variant; where the catalogue says that
    this cloud can resize bare metal, ``auto`` does so, too.
    """

    AUTO = 'auto'
    SERVICE = 'service'
    RUNBOOK = 'runbook'
    RESIZE = 'resize'


@enum.unique
class OnFailure(enum.StrEnum):
    """What becomes of a change that fails on the way."""

    ROLLBACK = 'rollback'
    LEAVE = 'leave'


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a change is to be made.

    :param stop: shut the server down before, instead of letting Ironic
        reset it.
    :param strict: refuse what cannot be checked beforehand.
    :param allow_data_loss: run steps that can lose data.
    :param require_flavor: refuse where not one flavor is the variant.
    :param flavor: the name of the flavor that is the variant; None lets it
        be found.
    :param records: writes into the server's metadata what was verified.
    :param forgets: the types whose record is removed from the metadata once
        the server is as it should be without it.
    :param allow_move: continue where a resize has changed the node.
    :param on_failure: put everything back, or leave it as it is.
    :param max_reboots: how many services one after the other, each with its
        reboot, may be run for one server; None for any number.
    :param accepted: the risks that may be taken.
    :param only_off: leave a server alone that its user has started by then.
    :param profile: the name of the profile that the items are of, which is
        recorded with them; None for none.
    :param trust_metadata: set again what the journal says was before, also
        where nobody but the server's metadata says so.
    """

    method: Method = Method.AUTO
    stop: bool = True
    strict: bool = False
    allow_data_loss: bool = False
    require_flavor: bool = False
    flavor: str | None = None
    records: bool = True
    forgets: tuple[str, ...] = ()
    allow_move: bool = False
    on_failure: OnFailure = OnFailure.ROLLBACK
    max_reboots: int | None = 1
    accepted: frozenset[Risk] = frozenset()
    only_off: bool = False
    profile: str | None = None
    trust_metadata: bool = False


DEFAULT = Options()
