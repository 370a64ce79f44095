"""Asking the cloud what the user may do, before anything is touched.

Owns the order in which the ways of a plan are asked about, and for whom an
answer holds. The answers are Ironic's; nothing here begins anything.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import next_steps, policies
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.run import poll
from osc_baremetal_config.run.protocols import Clock, Cloud

# How long Ironic may take to say whether.
_LIMIT_S = 60.0
# So many plans about which it does not, and the others are not asked about.
_ENOUGH = 3
_Blip = Callable[[errors.TemporaryCloudError], None]


def permitted(plan: Plan, cloud: Cloud, clock: Clock, on_blip: _Blip) -> Plan:
    """Return the plan in the first of its ways that the user may go.

    :raises Refused: the user may go none of them.
    :raises CloudError: Ironic does not answer.
    """
    [answer] = permitted_alike([plan], cloud, clock, on_blip)
    if isinstance(answer, errors.ConfigError):
        raise answer
    return answer


def permitted_alike(
    plans: Sequence[Plan], cloud: Cloud, clock: Clock, on_blip: _Blip
) -> list[Plan | errors.ConfigError]:
    """Return each plan in the way that the user may go, or why there is none.

    That is a refusal, or the error of the call where Ironic does not answer.

    :param plans: that Ironic's policies treat alike, by
        ``core.apply.policies.mark``. So it is asked about
        the first, and about others only where the answer is not a policy's.
    """
    known: _Answer | None = None
    unanswered: list[errors.CloudError] = []
    found: list[Plan | errors.ConfigError] = []
    for plan in plans:
        if len(unanswered) == _ENOUGH:
            found.append(unanswered[-1])
            continue
        try:
            answer = known or _ask(
                plan, cloud, clock, on_blip, 0.0 if unanswered else _LIMIT_S
            )
        except errors.CloudError as error:
            unanswered.append(error)
            found.append(error)
            continue
        if answer.is_policy:
            known = answer
        found.append(answer.about(plan))
    return found


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Ironic has said of the ways of a plan.

    :param way: the number of the one that may be gone, None if none may.
    :param refusals: of those before it.
    """

    way: int | None
    refusals: Sequence[errors.CloudError] = ()

    @property
    def is_policy(self) -> bool:
        """Return whether only policies were spoken of, not the node."""
        return all(isinstance(r, errors.Forbidden) for r in self.refusals)

    def about(self, plan: Plan) -> Plan | errors.Refused:
        """Return what is said of a plan."""
        if self.way is not None:
            return plan.ways()[self.way]
        reasons = {error.reason: error.message for error in self.refusals}
        told = [list(reasons.values()), next_steps.who_may(plan)]
        if self.is_policy:
            told.reverse()
        return errors.Refused(
            f'{plan.server}: Ironic does not let you service its node '
            f'{plan.node}; nothing was touched:',
            [*told[0], *told[1]],
        )


def _ask(
    plan: Plan, cloud: Cloud, clock: Clock, on_blip: _Blip, limit_s: float
) -> _Answer:
    """Return what Ironic says of a plan.

    :param limit_s: how long it may take to say so.
    """
    if plan.is_started:
        return _ask_to_attach(plan, cloud)
    if not policies.is_to_ask(plan):
        return _Answer(0)
    refusals = []
    for number, way in enumerate(plan.ways()):
        check = functools.partial(
            cloud.baremetal.check_service, way.node.uuid, policies.what(way)
        )
        try:
            poll.patiently(
                check, clock=clock, limit_s=limit_s, on_blip=on_blip
            )
        except errors.TemporaryCloudError:
            raise
        except errors.CloudError as error:
            refusals.append(error)
        else:
            return _Answer(number, refusals)
    return _Answer(None, refusals)


def _ask_to_attach(plan: Plan, cloud: Cloud) -> _Answer:
    """Return whether the user may have serviced what is being serviced.

    Ironic checks the policies before it says that the node is busy. The
    steps, if they may be used, are what is asked about.
    """
    last = len(plan.ways()) - 1
    by_steps = replace(plan, runbook=None)
    try:
        cloud.baremetal.check_service(plan.node.uuid, by_steps.what)
    except errors.Forbidden as error:
        return _Answer(None, [error])
    except errors.CloudError:
        pass
    return _Answer(last)
