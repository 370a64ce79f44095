"""The keys under which a cloud keeps configuration.

Owns ``deploy-config:*`` and ``deploy-config-profile`` on flavors, images and
servers. What a change writes
about itself there is for :mod:`.journal`, what is left for later for
:mod:`.deferred`.
"""

from collections.abc import Iterable, Mapping

from osc_baremetal_config.core.facts import model
from osc_baremetal_config.core.facts.model import Item

DESIRED = 'deploy-config:'
PENDING = 'deploy-config-pending:'
PREVIOUS = 'deploy-config-previous:'
DEFERRED = 'deploy-config-deferred:'
PROFILE = model.PROFILE


def desired(properties: Mapping[str, str]) -> dict[str, str]:
    """Return type → value of the ``deploy-config:*`` properties."""
    return below(DESIRED, properties)


def key(item: Item) -> str:
    """Return the property that asks for an item, or for a profile as one."""
    return PROFILE if item.type == PROFILE else DESIRED + item.type


def is_desired(name: str) -> bool:
    """Return whether a property asks for an item or a profile."""
    return name == PROFILE or name.startswith(DESIRED)


def record(items: Iterable[Item]) -> dict[str, str]:
    """Return the metadata that records items which were verified."""
    return {DESIRED + item.type: item.value for item in items}


def below(prefix: str, properties: Mapping[str, str]) -> dict[str, str]:
    """Return the properties whose keys begin with a prefix, without it."""
    return {
        key.removeprefix(prefix): value
        for key, value in properties.items()
        if key.startswith(prefix)
    }
