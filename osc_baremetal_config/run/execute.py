"""Carrying one plan out: make the moves that are due, look, go on.

Owns how one server and its node are looked at. The moves are made by
:mod:`.change`; how long is waited between two looks, by :mod:`.poll`.
"""

from osc_baremetal_config import errors
from osc_baremetal_config.core.answers import When
from osc_baremetal_config.core.model import Node, Server
from osc_baremetal_config.core.plan import Plan
from osc_baremetal_config.run import poll, shield
from osc_baremetal_config.run.change import Change, How, Outcome
from osc_baremetal_config.run.protocols import Clock, Cloud, Reporter


def execute(
    plan: Plan, cloud: Cloud, clock: Clock, reporter: Reporter, how: How
) -> Outcome:
    """Carry a plan out to its end.

    :raises Refused: it could not be begun; nothing was touched.
    :raises PutBack: it failed, and all is as it was.
    :raises LeftBetween: it failed on the way.
    :raises StillGoing: the time is up.
    """
    change = Change(plan, cloud, clock, reporter, how)
    while isinstance(result := change.proceed(), When):
        _look_until_due(
            change, cloud, clock, reporter, later=result is When.LATER
        )
    return result


def _look_until_due(
    change: Change,
    cloud: Cloud,
    clock: Clock,
    reporter: Reporter,
    *,
    later: bool,
) -> None:
    """Look until there is something to do.

    :param later: wait before the first look.
    """

    def look() -> bool:
        with shield.shielded(change.hold_on):
            server, node = _look(cloud, change.plan, change.node)
        return change.see(server, node)

    try:
        poll.poll(
            look,
            lambda is_due: not is_due,
            clock=clock,
            deadline=change.deadline,
            on_blip=lambda error: reporter.warn(
                f'{error.message}; still trying'
            ),
            wait_first=later,
        )
    except poll.TimeIsUp:
        raise change.out_of_time() from None
    except errors.CloudError as error:
        raise change.unseen(error) from error


def _look(cloud: Cloud, plan: Plan, last: Node) -> tuple[Server, Node]:
    """Return the server of a plan and its node.

    :param last: the node as it was seen last, because Ironic shows none for
        a moment while a resize changes it.
    """
    server = cloud.compute.server(plan.server.id)
    if plan.resize_to is not None:
        return server, cloud.baremetal.node_of(server.id) or last
    try:
        return server, cloud.baremetal.node(plan.node.uuid)
    except errors.NotFound:
        # It is no longer the project's once the server is being deleted.
        if server.task_state != 'deleting':
            raise
        return server, last
