"""A fake deploy interface that leaves a node as a real one does.

Ironic's own FakeDeploy leaves the node off after a deployment, so that
Nova's next look at its power state stops the server.
"""

from ironic.common import states
from ironic.conductor import utils as conductor_utils
from ironic.drivers import base
from ironic.drivers.modules import fake


class Day2Deploy(fake.FakeDeploy):
    """Deploys nothing, and switches the node on and off."""

    @base.deploy_step(priority=100)
    def deploy(self, task):
        """Switch the node on."""
        fake.sleep(fake.CONF.fake.deploy_delay)
        conductor_utils.node_power_action(task, states.POWER_ON)

    def tear_down(self, task):
        """Switch the node off."""
        conductor_utils.node_power_action(task, states.POWER_OFF)
        return super().tear_down(task)
