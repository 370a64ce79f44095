"""A fake deploy interface that boots the agent's ramdisk for a service.

All that it does for a service is Ironic's own.  Must be loaded only by a
release that has services.
"""

from ironic.drivers.modules import agent_base

from devcloud_ironic import deploy


class AgentDeploy(agent_base.HeartbeatMixin, deploy.Day2Deploy):
    """Deploys nothing, and has services as a real one does."""

    prepare_service = agent_base.AgentBaseMixin.prepare_service
    tear_down_service = agent_base.AgentBaseMixin.tear_down_service
    get_service_steps = agent_base.AgentBaseMixin.get_service_steps
    refresh_steps = agent_base.AgentBaseMixin.refresh_steps
    process_next_step = agent_base.AgentBaseMixin.process_next_step
