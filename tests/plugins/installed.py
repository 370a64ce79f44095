"""What distributions add to ``openstack``, by their entry points.

Owns which of these are commands. Never judges what it finds.
"""

import argparse
import importlib
import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Any

from tests.plugins.conflicts import Command, Extension

_EXTENSIONS = ('openstack.cli.base', 'openstack.cli.extension')


def commands(found: Iterable[metadata.Distribution]) -> frozenset[Command]:
    """Return all commands of distributions."""
    return frozenset(
        Command(tuple(entry.name.split('_')), by)
        for by, entry in _entries(found)
        # Those of "openstack.cli.extension" and its like are modules.
        if re.match(r'openstack\.(?!cli\.)', entry.group)
    )


def extensions(found: Iterable[metadata.Distribution]) -> list[Extension]:
    """Return what each plugin has beside its commands."""
    return [
        Extension(by, _names(importlib.import_module(entry.module)))
        for by, entry in _entries(found)
        if entry.group in _EXTENSIONS
    ]


def _entries(
    found: Iterable[metadata.Distribution],
) -> Iterator[tuple[str, metadata.EntryPoint]]:
    return ((one.name, entry) for one in found for entry in one.entry_points)


def _names(module: Any) -> frozenset[str]:
    """Return what a plugin calls its client and its global options."""
    parser = module.build_option_parser(argparse.ArgumentParser())
    options = parser._option_string_actions.keys() - {'-h', '--help'}
    return frozenset((module.API_NAME, module.API_VERSION_OPTION, *options))
