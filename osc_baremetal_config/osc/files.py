"""The catalogue files: which there are, and reading them."""

from importlib import resources

import yaml

from osc_baremetal_config.core import catalogue


def load() -> catalogue.Catalogue:
    """Return the types that the packaged catalogue defines.

    :raises ConfigError: the file is not a valid catalogue.
    """
    packaged = resources.files('osc_baremetal_config') / 'catalogue.yaml'
    text = packaged.read_text(encoding='utf-8')
    return catalogue.parse(yaml.safe_load(text), 'catalogue.yaml')
