"""What a state of a node means for a change that is under way.

One table of Ironic's states, from ``ironic/common/states.py`` and
``state_machine.py``: what ``service`` passes through, and what it ends in.
"""

from dataclasses import dataclass

from osc_baremetal_config.core.facts import times
from osc_baremetal_config.core.facts.model import Node

SERVICING = frozenset({'servicing', 'service wait'})
# The fault with which Ironic itself puts a node into maintenance.
FAULT = 'service failure'
_FAILED = frozenset({'service failed', 'error'})
# What a node passes through when its server is deleted.
_UNDEPLOYING = frozenset({'deleting', 'cleaning', 'clean wait'})
# For so long nobody may hold the lock of a service that goes on: when a BMC
# has done its part and the conductor has not taken it up yet.
_MOMENT_S = 10.0


@dataclass(frozen=True, slots=True)
class Ready:
    """The node is active and nothing runs on it."""


@dataclass(frozen=True, slots=True)
class Working:
    """Ironic is at it; ``doing`` says at what."""

    doing: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A step failed; the node stays as it is until somebody acts."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """A state that never ends by itself and that no step leads to."""

    reason: str


Phase = Ready | Working | Failed | Stuck


def classify(node: Node) -> Phase:
    """Return what the node's provision state means while it is serviced."""
    state = node.provision_state
    if state == 'active' and not node.target_provision_state:
        return Ready()
    if state in SERVICING or state == 'active':
        step = f' {node.service_step}' if node.service_step else ''
        if state == 'service wait' and not step:
            # For nothing else before the first step.
            step = ' (the agent ramdisk boots, which takes minutes)'
        held = ' (in maintenance, which can hold it up)'
        return Working(state + step + (held if node.maintenance else ''))
    if state in _UNDEPLOYING:
        return Working(state)
    if state in _FAILED:
        # A lessee may not see the last error, but a failed service puts the
        # same text into the reason of the maintenance.
        reason = node.last_error or node.maintenance_reason
        return Failed(
            reason or 'the service has failed; Ironic shows you no reason'
        )
    return Stuck(f'node {node} is in state "{state}", which needs a person')


def is_wedged(node: Node, now_s: float) -> bool:
    """Return whether Ironic has lost hold of a service.

    It raises in the middle of one, and leaves the node in "servicing", with
    the error until its next power sync and with no conductor that holds the
    lock. One that it is at has no error, and is without a lock for a moment
    only. A lessee is shown neither, and so cannot tell.
    """
    if node.provision_state != 'servicing':
        return False
    if node.last_error is not None:
        return True
    since = times.seconds(node.provision_updated_at or '')
    is_free = node.reservation is None and not node.is_redacted
    return is_free and since is not None and now_s - since >= _MOMENT_S
