"""OpenStackClient plugin: firmware configuration of provisioned bare metal."""
