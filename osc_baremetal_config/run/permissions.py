"""Asking the cloud what the user may do, before anything is changed.

Owns the order in which the ways of a plan are asked about, and for whom an
answer holds. The answers are Ironic's; nothing here starts anything.
"""

import contextlib
import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import next_steps, policies
from osc_baremetal_config.core.facts.model import Step
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.core.rollout import rollout_plan
from osc_baremetal_config.core.rollout.rollout_plan import RolloutPlan
from osc_baremetal_config.run import pools
from osc_baremetal_config.run.pacing import OnBlip, retried
from osc_baremetal_config.run.protocols import Clock, Cloud

LOG = logging.getLogger(__name__)

# Questions at once; more would only queue up in Ironic.
_AT_ONCE = 32
# How long Ironic may take to answer.
_LIMIT_S = 60.0
# So many plans about which it does not, and the others are not asked about.
_ENOUGH = 3


def permitted(
    plan: RolloutPlan, cloud: Cloud, clock: Clock, on_blip: OnBlip
) -> RolloutPlan:
    """Return each plan in the first of its ways that the user may go.

    Ironic is asked once about all plans that its policies treat alike.

    :returns: with a refusal for each that may go none of them, or about which
        Ironic does not answer.
    """
    groups: dict[policies.Subject, list[Plan]] = {}
    for one in plan.to_do:
        groups.setdefault(policies.subject(one), []).append(one)

    def ask(alike: Sequence[Plan]) -> Mapping[str, Plan | errors.ConfigError]:
        try:
            return _permitted_alike(alike, cloud, clock, on_blip)
        except errors.ConfigError as error:
            return _for_each(alike, error)
        except Exception as error:
            LOG.debug('%s', alike, exc_info=True)
            return _for_each(alike, errors.ConfigError(errors.fault(error)))

    answered: dict[str, Plan | errors.ConfigError] = {}
    with pools.pool(_AT_ONCE) as pool:
        for answers in pool.map(ask, groups.values()):
            answered.update(answers)
    plans, refused = [], []
    for one in plan.plans:
        answer = answered.get(one.server.id, one)
        if isinstance(answer, Plan):
            plans.append(answer)
        else:
            refused.append(rollout_plan.refusal(one, _told(one, answer)))
    return replace(plan, plans=tuple(plans), refused=(*refused, *plan.refused))


def permitted_one(
    plan: Plan, cloud: Cloud, clock: Clock, on_blip: OnBlip
) -> Plan:
    """Return the same of one plan.

    :raises Refused: the user may go none of its ways.
    :raises CloudError: Ironic does not answer.
    """
    found = permitted(RolloutPlan((plan,)), cloud, clock, on_blip)
    for refusal in found.refused:
        raise refusal.error
    [permitted_] = found.plans
    return permitted_


def _for_each(
    plans: Sequence[Plan], error: errors.ConfigError
) -> dict[str, errors.ConfigError]:
    return {plan.server.id: error for plan in plans}


def _told(plan: Plan, error: errors.ConfigError) -> errors.ConfigError:
    if isinstance(error, errors.Refused):
        return error
    return errors.ConfigError(
        f'{plan.server}: whether you may change it is not known, so nothing '
        f'was changed: {error.message}',
        error.details,
    )


def _permitted_alike(
    plans: Sequence[Plan], cloud: Cloud, clock: Clock, on_blip: OnBlip
) -> dict[str, Plan | errors.ConfigError]:
    """Return server id → its plan in the way that may be gone, or why none.

    :param plans: that Ironic's policies treat alike. So it is asked about the
        first, and about others only where the answer is not a policy's.
    """
    known: _Answer | None = None
    unanswered: list[errors.CloudError] = []
    found: dict[str, Plan | errors.ConfigError] = {}
    for plan in plans:
        if len(unanswered) == _ENOUGH:
            found[plan.server.id] = unanswered[-1]
            continue
        # That a node is busy is no reason to wait where it is to be.
        is_once = bool(unanswered) or plan.is_started
        limit_s = 0.0 if is_once else _LIMIT_S
        check = functools.partial(
            _checked, cloud, clock, on_blip, limit_s, plan.node.uuid
        )
        try:
            answer = known or _ask(plan, check)
        except errors.CloudError as error:
            unanswered.append(error)
            found[plan.server.id] = error
            continue
        if answer.is_policy:
            known = answer
        found[plan.server.id] = answer.about(plan)
    return found


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Ironic has said of the ways of a plan.

    :param way: the number of the one that may be gone, None if none may.
    :param refusals: of those before it.
    :param may_use_steps: whether the steps could be run without the runbook
        that was asked for.
    """

    way: int | None
    refusals: Sequence[errors.CloudError] = ()
    may_use_steps: bool = False

    @property
    def is_policy(self) -> bool:
        """Return whether only policies were spoken of, not the node."""
        return all(isinstance(r, errors.Forbidden) for r in self.refusals)

    def about(self, plan: Plan) -> Plan | errors.Refused:
        """Return what is said of a plan."""
        if self.way is not None:
            return plan.ways()[self.way]
        reasons = {error.reason: error.message for error in self.refusals}
        told = [
            list(reasons.values()),
            next_steps.who_may(plan, may_use_steps=self.may_use_steps),
        ]
        if self.is_policy:
            told.reverse()
        return errors.Refused(
            f'{plan.server}: Ironic does not let you service its node '
            f'{plan.node}; nothing was changed:',
            [*told[0], *told[1]],
        )


_Check = functools.partial[errors.CloudError | None]


def _ask(plan: Plan, check: _Check) -> _Answer:
    """Return what Ironic says of a plan.

    :param check: returns how it refuses what is to be run, None if it does
        not.
    """
    if plan.is_started:
        return _ask_to_attach(plan, check)
    if not policies.is_to_ask(plan):
        return _Answer(0)
    refusals: list[errors.CloudError] = []
    for number, way in enumerate(plan.ways()):
        refusal = check(policies.what(way))
        if refusal is None:
            return _Answer(number, refusals)
        refusals.append(refusal)
    if plan.runbook and not plan.may_use_steps:
        by_steps = check(replace(plan, runbook=None).what)
        return _Answer(None, refusals, may_use_steps=by_steps is None)
    return _Answer(None, refusals)


def _ask_to_attach(plan: Plan, check: _Check) -> _Answer:
    """Return whether the user may have serviced what is being serviced.

    Ironic checks the policies before it says that the node is busy. The
    steps, if they may be used, are what is asked about.
    """
    with contextlib.suppress(errors.TemporaryCloudError):
        refusal = check(replace(plan, runbook=None).what)
        if isinstance(refusal, errors.Forbidden):
            return _Answer(None, [refusal])
    return _Answer(len(plan.ways()) - 1)


def _checked(
    cloud: Cloud,
    clock: Clock,
    on_blip: OnBlip,
    limit_s: float,
    node_uuid: str,
    what: Sequence[Step] | str,
) -> errors.CloudError | None:
    """Return how Ironic refuses to run something on a node, None if not.

    :raises TemporaryCloudError: it does not answer.
    """
    check = functools.partial(cloud.baremetal.check_service, node_uuid, what)
    try:
        retried(check, clock=clock, limit_s=limit_s, on_blip=on_blip)
    except errors.TemporaryCloudError:
        raise
    except errors.CloudError as error:
        return error
    return None
