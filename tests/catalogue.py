"""``python -m tests.catalogue``: write the packaged catalogue as JSON.

People read and edit ``catalogue.yaml``; the commands load the same as JSON,
which takes a twentieth of the time. A test holds the two together.
"""

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(str(resources.files('osc_baremetal_config')))
YAML, JSON = _FOLDER / 'catalogue.yaml', _FOLDER / 'catalogue.json'


def read() -> dict[str, Any]:
    """Return what the YAML says."""
    document: dict[str, Any] = yaml.safe_load(YAML.read_text(encoding='utf-8'))
    return document


def text(document: dict[str, Any]) -> str:
    """Return a catalogue as JSON, a line for each key."""
    lines = ',\n'.join(
        f'{json.dumps(name)}: {json.dumps(entry)}'
        for name, entry in document.items()
    )
    return f'{{\n{lines}\n}}\n'


if __name__ == '__main__':
    JSON.write_text(text(read()), encoding='utf-8')
    sys.exit(0)
