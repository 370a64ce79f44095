"""Leaving changes for later: writing the requests into the servers' metadata.

Owns the calls, several at once. What is written was decided before; nothing
else of a server or its node is touched.
"""

import logging
from collections.abc import Mapping, Sequence

from osc_baremetal_config import errors
from osc_baremetal_config.core.apply import next_steps
from osc_baremetal_config.core.facts.model import Server
from osc_baremetal_config.core.rollout.result import Ended, Outcome
from osc_baremetal_config.run import pools
from osc_baremetal_config.run.pacing import OnBlip, retried
from osc_baremetal_config.run.protocols import Clock, Cloud

LOG = logging.getLogger(__name__)

# Calls at once; more would only queue up in Nova.
_AT_ONCE = 32
# How long one may fail before that counts.
_LIMIT_S = 10.0
# A server, and the metadata to set; empty if it has it.
Request = tuple[Server, Mapping[str, str]]


def defer(
    requests: Sequence[Request], cloud: Cloud, clock: Clock, on_blip: OnBlip
) -> dict[str, Ended]:
    """Return server id → how the writing of its requests has ended."""

    def write(request: Request) -> Ended:
        server, items = request
        try:
            if items:
                retried(
                    lambda: cloud.compute.set_metadata(server.id, items),
                    clock=clock,
                    limit_s=_LIMIT_S,
                    on_blip=on_blip,
                )
        except errors.ConfigError as error:
            return Ended(0.0, error=_told(server, error), is_touched=False)
        except Exception as error:
            LOG.debug('%s', server, exc_info=True)
            fault = errors.ConfigError(f'{server}: {errors.fault(error)}')
            return Ended(0.0, error=fault, is_touched=False)
        outcome = Outcome(0.0, None, is_finished=True, is_deferred=True)
        return Ended(0.0, outcome, is_touched=bool(items))

    ids = [server.id for server, _ in requests]
    with pools.pool(_AT_ONCE) as pool:
        return dict(zip(ids, pool.map(write, requests), strict=True))


def _told(server: Server, error: errors.ConfigError) -> errors.ConfigError:
    """Return what an error is to the person."""
    if isinstance(error, errors.Forbidden):
        return errors.Refused(
            f'{server}: the request cannot be deferred; nothing was changed:',
            [error.message, next_steps.MAY_RECORD],
        )
    return errors.ConfigError(
        f'{server}: the request could not be deferred: {error.message}',
        ['The same command tries again.'],
    )
