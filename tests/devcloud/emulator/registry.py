"""The attribute registries of the systems' BIOS, as Redfish words them.

Owns the form; the entries are those of ``bioses``.  A BMC knows its own
registry only, but all are behind one address here, so who asks tells which
BMC is meant: a user is called as the node is.
"""

from tests.devcloud import redfish

PATH = '/redfish/v1/Registries'


def name(node):
    """Return the name of a system's registry, as its BIOS resource has it."""
    return f'BiosAttributeRegistry-{node}.v1_0_0'


def collection(user):
    """Return the registries that there are for a user.

    :param user: the name of a node; whoever else it is is shown all.
    """
    nodes = [user] if user in redfish.NODES else redfish.NODES
    return {
        '@odata.id': PATH,
        '@odata.type': '#MessageRegistryFileCollection.'
        'MessageRegistryFileCollection',
        'Members': [{'@odata.id': f'{PATH}/{node}'} for node in nodes],
        'Members@odata.count': len(nodes),
        'Name': 'Registry File Collection',
    }


def file(node):
    """Return where the registry of a system is."""
    return {
        '@odata.id': f'{PATH}/{node}',
        '@odata.type': '#MessageRegistryFile.v1_1_0.MessageRegistryFile',
        'Id': node,
        'Languages': ['en'],
        'Location': [{'Language': 'en', 'Uri': f'{PATH}/{node}/en'}],
        'Name': 'BIOS Attribute Registry File',
        'Registry': name(node),
    }


def registry(node, entries):
    """Return the AttributeRegistry resource of a system."""
    return {
        '@odata.context': '/redfish/v1/$metadata'
        '#AttributeRegistry.AttributeRegistry',
        '@odata.id': f'{PATH}/{node}/en',
        '@odata.type': '#AttributeRegistry.v1_1_1.AttributeRegistry',
        'Id': name(node),
        'Language': 'en',
        'Name': 'BIOS Attribute Registry',
        'OwningEntity': 'devcloud',
        'RegistryVersion': '1.0.0',
        'RegistryEntries': {'Attributes': entries},
    }
