"""The notes of a change, without the time that is in them.

For tests that compare what two runs leave behind.
"""

import json
import re
from collections.abc import Mapping

# When it was written, and by which run.
_TIME = re.compile(r'"(since|at|by)": "[^"]*", ')
_TIMES = {
    'deploy-config-previous:': 'at',
    'deploy-config-pending:': 'since',
    'deploy-config-deferred:': 'at',
}


def timeless(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return a server's metadata without the times of its changes."""
    return {key: _without_time(key, text) for key, text in metadata.items()}


def _without_time(key: str, text: str) -> str:
    for prefix, name in _TIMES.items():
        if key.startswith(prefix) and text.startswith('{'):
            if not text.endswith('}'):
                # It goes on under another key.
                return _TIME.sub('', text)
            note = json.loads(text)
            note.pop(name, None)
            note.pop('by', None)
            return json.dumps(note)
    return text
