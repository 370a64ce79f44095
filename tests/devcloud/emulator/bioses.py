"""Which BIOS a system has, and what its BMC makes of it.

Owns the two kinds: that of the nodes without Redfish, and those of real
machines.  A kind has ``defaults``, ``late``, ``parse``, ``after``,
``restarted`` and ``entries``, as :class:`tests.bios.bmc.Bmc` has them; the
state of a system is not its own.
"""

import functools
import os
from pathlib import Path

from devcloud_ironic import attributes

from tests.bios import bmc, machines, rules
from tests.devcloud import redfish


class Plain:
    """The BIOS that the nodes without Redfish have as well."""

    defaults = attributes.DEFAULTS
    late = frozenset()
    parse = staticmethod(attributes.parse)
    after = staticmethod(attributes.after)
    restarted = staticmethod(attributes.restarted)

    @staticmethod
    def entries(current):
        """Return the entries of the registry while it has these values."""
        return [_entry(one, current) for one in attributes.ATTRIBUTES]


def _entry(attribute, current):
    entry = {
        'AttributeName': attribute.name,
        'DefaultValue': attribute.default,
        'DisplayName': attribute.name,
        'Immutable': attribute.read_only,
        'IsSystemUniqueProperty': attribute.unique,
        'ReadOnly': attribute.is_read_only(current),
        'ResetRequired': not attribute.read_only,
        'Type': attribute.kind,
    }
    if attribute.values:
        entry['Value'] = [
            {'ValueName': value, 'ValueDisplayName': value}
            for value in attribute.values
        ]
    if attribute.kind == 'Integer':
        entry['LowerBound'] = attribute.lower
        entry['UpperBound'] = attribute.upper
    if attribute.kind == 'String':
        entry['MinLength'] = attribute.lower
        entry['MaxLength'] = attribute.upper
    return entry


@functools.cache
def of(node):
    """Return the kind of BIOS of a node's system."""
    name = redfish.MACHINES.get(node)
    if name is None:
        return Plain()
    machine = _machines()[name]
    return bmc.of(machine, _rules(machine))


@functools.cache
def _machines():
    """Return the machines by name, with all attributes where a folder has."""
    return {machine.name: machine for machine in machines.machines()}


def _rules(machine):
    folder = os.environ.get(machines.FOLDER)
    if not folder:
        return rules.packaged(machine.name)
    return rules.of(machines.registry(Path(folder), machine), machine)
