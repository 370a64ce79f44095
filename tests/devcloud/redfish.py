"""The nodes that the Redfish emulator serves.

Owns their names, their systems, and which real machine each has the BIOS of.
Must need nothing but the standard library: the emulator's configuration
reads it too.
"""

# Node, and the machine of ``tests.bios`` that it has the BIOS of.
MACHINES = {
    'rf-dell': 'dell-r630-13g',
    'rf-hpe': 'hpe-dl380a-gen11-u58-2.44',
    'rf-hpe-amd': 'hpe-dl385-gen10plusv2-a42-2.60',
    'rf-lenovo': 'lenovo-sr670v2-xcc',
    'rf-supermicro': 'supermicro-sys821ge-x13',
}
# These have the BIOS that the nodes without Redfish have.
PLAIN = ('rf-0', 'rf-1')
NODES = (*PLAIN, *MACHINES)


def vendor(node: str) -> str:
    """Return the vendor of a node that has a real machine's BIOS."""
    return node.removeprefix('rf-')


def system(node: str) -> str:
    """Return the id of a node's system."""
    return f'00000000-0000-4000-8000-{_number(node):012}'


def mac(node: str) -> str:
    """Return the address of a system's network interface, and its port."""
    return f'00:5c:52:31:3a:{_number(node):02}'


def _number(node: str) -> int:
    """Return a number of a node's own, which stays when others are added."""
    if node in PLAIN:
        return PLAIN.index(node)
    return 10 + list(MACHINES).index(node)
