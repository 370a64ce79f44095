"""What Ironic's policies are asked about, and which changes they treat alike.

Owns what an answer about one server says about others. Never asks.
"""

import json

from osc_baremetal_config.core.apply import observation
from osc_baremetal_config.core.facts import steps
from osc_baremetal_config.core.facts.model import Step
from osc_baremetal_config.core.plan.model import Plan

Subject = tuple[str | bool | None, ...]


def is_to_ask(plan: Plan) -> bool:
    """Return whether Ironic will have to be asked for a service."""
    if plan.needs_service or not plan.undo:
        return plan.needs_service
    return observation.begin(plan).failure is not None


def what(plan: Plan) -> tuple[Step, ...] | str:
    """Return what Ironic will be asked to run first."""
    return plan.what if plan.steps else plan.what_undoes


def subject(plan: Plan) -> Subject:
    """Return what is the same for plans that the policies treat alike.

    Ironic gives them the node's owner and lessee, and what is to be run; see
    ``check_owner_policy`` in ``ironic/api/controllers/v1/utils.py``. What is
    being serviced already is a case of its own.
    """
    own = plan.server.id if plan.is_started else None
    asked = [
        wanted if isinstance(wanted, str) else steps.documents(wanted)
        for wanted in map(what, plan.ways())
    ]
    return (
        plan.node.owner,
        plan.node.lessee,
        is_to_ask(plan),
        own,
        json.dumps(asked),
    )
