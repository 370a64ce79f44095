"""Fake deploy and boot interfaces that do what real ones do to the power.

Ironic's own FakeDeploy leaves the node off after a deployment, so that
Nova's next look at its power state stops the server.
"""

from ironic.common import boot_devices, states
from ironic.conductor import utils as conductor_utils
from ironic.drivers import base
from ironic.drivers.modules import fake


class Day2Boot(fake.FakeBoot):
    """Boots nothing, and has the BMC boot the ramdisk, or the disk."""

    def prepare_ramdisk(self, task, ramdisk_params):
        """Have the next start boot the ramdisk, as it is with PXE."""
        conductor_utils.node_set_boot_device(task, boot_devices.PXE)

    def prepare_instance(self, task):
        """Have every start boot the disk."""
        conductor_utils.node_set_boot_device(
            task, boot_devices.DISK, persistent=True
        )


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
