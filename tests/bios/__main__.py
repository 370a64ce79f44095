"""Write the excerpt that the tree holds from a folder of dumps.

The folder has Redfish resources of real machines, as other projects publish
them for their tests: ``<machine>/bios.json`` and ``<machine>/registry.json``.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bios import machines
from tests.bios.excerpt import excerpt


def main(argv: Sequence[str]) -> int:
    """Return 0 once the excerpt is written."""
    parser = argparse.ArgumentParser(prog='tests.bios', description=__doc__)
    parser.add_argument('folder', type=Path)
    folder = parser.parse_args(argv).folder
    found = [excerpt(machine) for machine in machines.dumped(folder)]
    text = machines.text(found)
    machines.EXCERPT.write_text(text, encoding='utf-8')
    attributes = sum(len(machine.attributes) for machine in found)
    print(f'{len(found)} machines, {attributes} attributes, {len(text)} bytes')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
