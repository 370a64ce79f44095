"""Recovery: explain where a server is, and carry one way out of it out.

Reads, has the ways planned, and runs the one that was chosen.
"""

from collections.abc import Mapping

from osc_baremetal_config import errors
from osc_baremetal_config.core.desired.assessment import assess
from osc_baremetal_config.core.explain import recovery
from osc_baremetal_config.core.explain.recovery import Choice
from osc_baremetal_config.core.facts import journal
from osc_baremetal_config.core.facts.model import Query, Snapshot, Value
from osc_baremetal_config.core.plan.model import Aim, Plan
from osc_baremetal_config.core.rollout.rollout_plan import RolloutPlan
from osc_baremetal_config.osc import change
from osc_baremetal_config.osc.arguments import RecoverArguments
from osc_baremetal_config.osc.session import Session, Shown
from osc_baremetal_config.osc.views import results, states


def recover(session: Session, asked: RecoverArguments) -> Shown:
    """Return the situation of a server, after the choice if there is one."""
    found = _snapshot(session, asked.server)
    if asked.aim:
        _lead_out(session, found, asked, asked.aim)
        found = _snapshot(session, found.server.id)
    choices = _choices(session, found, asked)
    return Shown(
        *states.situation(found.server, found.node, choices, session.now_s)
    )


def _snapshot(session: Session, name_or_id: str) -> Snapshot:
    """Return the snapshot, with the flavors if a resize needs them."""
    found = session.snapshot(name_or_id)
    entries = journal.pending(found.server.metadata).values()
    if any(entry.resize for entry in entries):
        return session.reader.with_flavors(found)
    return found


def _choices(
    session: Session, snapshot: Snapshot, asked: RecoverArguments
) -> dict[Aim, Choice]:
    """Return the choices, those that the user may not make as denied."""
    found = recovery.choices(
        assess(snapshot, session.catalogue),
        asked.options,
        session.now_s,
    )
    for aim, choice in found.items():
        if choice.plan is None:
            continue
        try:
            session.permitted(choice.plan)
        except errors.Refused as refused:
            found[aim] = choice.denied(refused.details)
    return found


def _lead_out(
    session: Session, snapshot: Snapshot, asked: RecoverArguments, aim: Aim
) -> None:
    """Carry a choice out.

    :raises ConfigError: it has failed, or was interrupted.
    """

    def make(found: Snapshot, _: Mapping[str, Value]) -> Plan:
        return recovery.plan(
            aim,
            assess(found, session.catalogue),
            asked.options,
            session.now_s,
        )

    plan = session.permitted(make(snapshot, {}))
    rolled = change.carry_out(
        session,
        RolloutPlan((plan,)),
        session.how(make, asked.timeout_s),
        Query(names=(plan.server.id,)),
    )
    if rolled.is_interrupted:
        first, *others = results.interrupted(rolled)
        raise errors.Interrupted(first, others)
    for end in rolled.ended.values():
        if end.error:
            raise end.error
