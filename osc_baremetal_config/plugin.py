"""What OpenStackClient asks of a plugin, and no more.

Every ``openstack`` command of the user imports this module, whatever it
does, so it must import nothing that is not loaded already.
"""

import argparse
from typing import Any

DEFAULT_API_VERSION = '1'
API_VERSION_OPTION = 'os_baremetal_config_api_version'
API_NAME = 'baremetal_config'
API_VERSIONS = ('1',)


def make_client(instance: Any) -> Any:
    """Return what the commands work with, see :mod:`.osc.client`."""
    from osc_baremetal_config.osc import client

    return client.Client.for_manager(instance)


def build_option_parser(
    parser: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    """Return the parser as it came: this plugin has no global options."""
    return parser
