"""The way out of states that a node does not leave by itself.

Every command named here was tried in the state that it is named for.
"""

from osc_baremetal_config.core.model import Node


def out_of_service_failed(node: Node) -> list[str]:
    """Return the commands that make a node active again, in order.

    Ironic refuses to abort or to service again while the node is in
    maintenance, into which the failure itself has put it. Aborting makes
    the node active and puts no setting back.
    """
    commands = [f'openstack baremetal node abort {node.handle}']
    if node.maintenance:
        commands.insert(
            0, f'openstack baremetal node maintenance unset {node.handle}'
        )
    return commands
