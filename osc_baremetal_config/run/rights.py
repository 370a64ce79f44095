"""Asking the cloud what the user may do, before anything is touched.

Owns the order in which the ways of a plan are asked about. The answers are
Ironic's; nothing here begins anything.
"""

from collections.abc import Callable

from osc_baremetal_config import errors
from osc_baremetal_config.core import advice
from osc_baremetal_config.core.plan import Plan
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
    if not plan.needs_service:
        return plan
    refusals = []
    for way in plan.ways():
        try:
            poll.patiently(
                lambda way=way: cloud.baremetal.check_service(  # type: ignore[misc]
                    way.node.uuid, way.what
                ),
                clock=clock,
                limit_s=_LIMIT_S,
                on_blip=on_blip,
            )
        except errors.TemporaryCloudError:
            raise
        except errors.CloudError as error:
            refusals.append(error)
        else:
            return way
    raise errors.Refused(
        f'{plan.server}: Ironic refuses you the service of its node '
        f'{plan.node}; nothing was touched:',
        [*(error.message for error in refusals), *advice.who_may(plan)],
    ) from refusals[-1]
