"""Write the excerpts that the tree holds from a folder of dumps.

The folder has Redfish resources of real machines, as other projects publish
them for their tests: ``<machine>/bios.json`` and ``<machine>/registry.json``.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bios import machines, rules
from tests.bios.excerpt import excerpt
from tests.devcloud import redfish


def main(argv: Sequence[str]) -> int:
    """Return 0 once the excerpts are written.

    Rules are kept of the machines that the Redfish emulator plays.
    """
    parser = argparse.ArgumentParser(prog='tests.bios', description=__doc__)
    parser.add_argument('folder', type=Path)
    folder = parser.parse_args(argv).folder
    found = [excerpt(machine) for machine in machines.dumped(folder)]
    text = machines.text(found)
    machines.EXCERPT.write_text(text, encoding='utf-8')
    attributes = sum(len(machine.attributes) for machine in found)
    print(f'{len(found)} machines, {attributes} attributes, {len(text)} bytes')
    played = {
        machine.name: rules.of(machines.registry(folder, machine), machine)
        for machine in found
        if machine.name in redfish.MACHINES.values()
    }
    text = rules.text(played)
    rules.RULES.write_text(text, encoding='utf-8')
    print(f'{sum(map(len, played.values()))} rules, {len(text)} bytes')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
