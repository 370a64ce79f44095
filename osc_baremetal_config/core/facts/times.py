"""Times as Nova and Ironic write them.

Owns their form. Never asks what time it is.
"""

import calendar
import re

_TIME = re.compile(r'(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)')


def seconds(at: str) -> int | None:
    """Return a time of ISO 8601 in UTC as seconds, None if it is none."""
    found = _TIME.match(at)
    if not found:
        return None
    try:
        return calendar.timegm(tuple(map(int, found.groups())))
    except ValueError:
        return None
