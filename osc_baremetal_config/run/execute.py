"""Carrying one plan out: make the moves that are due, look, go on.

Owns how one server and its node are looked at. The moves are made by
:mod:`.change`; how long is waited between two looks, by :mod:`.poll`.
"""

import logging
from concurrent import futures

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import verdicts
from osc_baremetal_config.core.apply.on_error import When
from osc_baremetal_config.core.facts.model import Node, Server
from osc_baremetal_config.core.plan.model import Plan
from osc_baremetal_config.run import poll, pools, shield, tell
from osc_baremetal_config.run.change import (
    Change,
    How,
    Interrupted,
    Outcome,
)
from osc_baremetal_config.run.protocols import Clock, Cloud, Reporter

LOG = logging.getLogger(__name__)


def execute(
    plan: Plan, cloud: Cloud, clock: Clock, reporter: Reporter, how: How
) -> Outcome:
    """Carry a plan out to its end.

    :raises Refused: it could not be begun; nothing was touched.
    :raises PutBack: it failed, and all is as it was.
    :raises LeftBetween: it failed on the way.
    :raises StillGoing: the time is up.
    :raises Interrupted: the person has ended it.
    """
    change = Change(plan, cloud, clock, reporter, how)
    try:
        with pools.Pool(1) as pool:
            try:
                while isinstance(result := change.proceed(), When):
                    _look_until_due(
                        change,
                        cloud,
                        clock,
                        reporter,
                        pool,
                        later=result is When.LATER,
                    )
            except shield.Hurried:
                pool.drop()
                raise
    except KeyboardInterrupt as error:
        shield.postpone()
        # One that came while the pool was waited for was the second.
        is_second = isinstance(error.__context__, KeyboardInterrupt)
        is_hurried = is_second or isinstance(error, shield.Hurried)
        raise Interrupted(change, is_hurried=is_hurried) from error
    except errors.ConfigError:
        raise
    except Exception as error:
        LOG.debug('%s', plan.server, exc_info=True)
        raise verdicts.unexpected(change.plan, error) from error
    return result


def _look_until_due(
    change: Change,
    cloud: Cloud,
    clock: Clock,
    reporter: Reporter,
    pool: futures.Executor,
    *,
    later: bool,
) -> None:
    """Look until there is something to do.

    :param pool: where the node is looked at while the server is.
    :param later: wait before the first look.
    """

    def look() -> bool:
        with shield.shielded(change.hold_on):
            node = pool.submit(_node, cloud, change)
            try:
                server = cloud.compute.server(change.plan.server.id)
            except shield.Hurried:
                raise
            except BaseException:
                futures.wait([node])
                raise
            futures.wait([node])
            return change.see(server, _seen(node, change, server))

    try:
        poll.poll(
            look,
            lambda is_due: not is_due,
            clock=clock,
            deadline=change.deadline,
            on_blip=lambda error: tell.safely(
                reporter.warn, f'{error.message}; still trying'
            ),
            wait_first=later,
        )
    except poll.TimeIsUp:
        raise change.out_of_time() from None
    except errors.CloudError as error:
        raise change.unseen(error) from error


def _node(cloud: Cloud, change: Change) -> Node:
    """Return the node of a change's server.

    A resize may change it; for a moment Ironic then shows none.
    """
    plan = change.plan
    if plan.resize_to is None:
        return cloud.baremetal.node(plan.node.uuid)
    return cloud.baremetal.node_of(plan.server.id) or change.node


def _seen(node: futures.Future[Node], change: Change, server: Server) -> Node:
    """Return the node, or as it was seen last.

    It is no longer the project's once the server is being deleted.
    """
    try:
        return node.result()
    except errors.NotFound:
        if server.task_state != 'deleting':
            raise
        return change.node
