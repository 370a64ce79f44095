"""A fake deploy interface that boots the agent's ramdisk for a service.

All that it does for a service is Ironic's own.
"""

from ironic.drivers.modules import agent_base

from devcloud_ironic import deploy


class AgentDeploy(agent_base.HeartbeatMixin, deploy.Day2Deploy):
    """Deploys nothing, and has services as a real one does."""


for name in (
    'get_service_steps',
    'prepare_service',
    'process_next_step',
    'refresh_steps',
    'tear_down_service',
):
    # Ironic before 2023.2 knows no service, but boots the agent for a step of
    # a deployment all the same.
    if hasattr(agent_base.AgentBaseMixin, name):
        setattr(AgentDeploy, name, getattr(agent_base.AgentBaseMixin, name))
