"""The attribute registry of the systems' BIOS, as Redfish words it.

Owns the form; the attributes are those of ``devcloud_ironic.attributes``.
The name has to be the one that sushy-emulator's BIOS resource gives.  All
systems have one registry, so it is made for a BIOS as it is delivered, where
a real BMC makes its own for the values that are in force.
"""

from devcloud_ironic import attributes

NAME = 'BiosAttributeRegistryP89.v1_0_0'
PATH = '/redfish/v1/Systems/Bios/BiosRegistry'


def registry():
    """Return the AttributeRegistry resource."""
    return {
        '@odata.context': '/redfish/v1/$metadata'
        '#AttributeRegistry.AttributeRegistry',
        '@odata.id': PATH,
        '@odata.type': '#AttributeRegistry.v1_1_1.AttributeRegistry',
        'Id': NAME,
        'Language': 'en',
        'Name': 'BIOS Attribute Registry',
        'OwningEntity': 'devcloud',
        'RegistryVersion': '1.0.0',
        'RegistryEntries': {
            'Attributes': [_entry(one) for one in attributes.ATTRIBUTES],
        },
    }


def _entry(attribute):
    entry = {
        'AttributeName': attribute.name,
        'DefaultValue': attribute.default,
        'DisplayName': attribute.name,
        'Immutable': attribute.read_only,
        'IsSystemUniqueProperty': attribute.unique,
        'ReadOnly': attribute.is_read_only(attributes.DEFAULTS),
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
