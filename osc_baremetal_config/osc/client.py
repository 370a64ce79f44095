"""What the commands work with: one cloud, one clock, one catalogue.

The only place where the real ones are put together.
"""

from dataclasses import dataclass
from typing import Any

from osc_baremetal_config.cloud.gateway import Gateway
from osc_baremetal_config.run.clock import SystemClock
from osc_baremetal_config.run.protocols import Clock, Cloud


@dataclass(frozen=True, slots=True)
class Client:
    """A cloud and the time in which it is worked with."""

    cloud: Cloud
    clock: Clock

    @classmethod
    def for_manager(cls, manager: Any) -> 'Client':
        """Return the client for OpenStackClient's manager of clients."""
        return cls(cloud=Gateway(manager.sdk_connection), clock=SystemClock())
