"""Asking the cloud what the user may do, before anything is touched.

Owns the order in which the ways of a plan are asked about. The answers are
Ironic's; nothing here begins anything.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

from osc_baremetal_config import errors
from osc_baremetal_config.core import advice, moves
from osc_baremetal_config.core.plan import Aim, Plan
from osc_baremetal_config.run import poll
from osc_baremetal_config.run.protocols import Clock, Cloud

# How long Ironic may take to say whether.
_LIMIT_S = 60.0


def permitted(
    plan: Plan,
    cloud: Cloud,
    clock: Clock,
    on_blip: Callable[[errors.TemporaryCloudError], None],
) -> Plan:
    """Return the plan in the first of its ways that the user may go.

    :raises Refused: the user may go none of them.
    :raises CloudError: Ironic does not answer.
    """
    if plan.is_begun:
        _check_attaching(plan, cloud)
        # The steps, if they may be used, are what was asked about.
        return plan.ways()[-1]
    is_back = bool(plan.steps) and moves.begin(plan).failure is not None
    if not (plan.needs_service or is_back):
        return plan
    refusals = []
    for way in plan.ways():
        what = way.what_undoes if way.aim is Aim.ROLLBACK else way.what
        check = functools.partial(
            cloud.baremetal.check_service, way.node.uuid, what
        )
        try:
            poll.patiently(
                check, clock=clock, limit_s=_LIMIT_S, on_blip=on_blip
            )
        except errors.TemporaryCloudError:
            raise
        except errors.CloudError as error:
            refusals.append(error)
        else:
            return way
    raise _refused(plan, refusals)


def _check_attaching(plan: Plan, cloud: Cloud) -> None:
    """Return if the user may have serviced what is being serviced already.

    Ironic checks the policies before it says that the node is busy.

    :raises Refused: a policy denies it.
    """
    by_steps = replace(plan, runbook=None)
    try:
        cloud.baremetal.check_service(plan.node.uuid, by_steps.what)
    except errors.Forbidden as error:
        raise _refused(plan, [error]) from error
    except errors.CloudError:
        return


def _refused(
    plan: Plan, refusals: Sequence[errors.CloudError]
) -> errors.Refused:
    reasons = {error.reason: error.message for error in refusals}
    return errors.Refused(
        f'{plan.server}: Ironic refuses you the service of its node '
        f'{plan.node}; nothing was touched:',
        [*reasons.values(), *advice.who_may(plan)],
    )
