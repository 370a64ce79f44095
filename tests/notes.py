"""The notes of a change, without the time that is in them.

For tests that compare what two runs leave behind.
"""

import json
from collections.abc import Mapping

_PREVIOUS = 'deploy-config-previous:'


def timeless(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return a server's metadata without the times of its last changes."""
    return {
        key: _without_time(value) if key.startswith(_PREVIOUS) else value
        for key, value in metadata.items()
    }


def _without_time(text: str) -> str:
    note = json.loads(text)
    note.pop('at', None)
    return json.dumps(note)
