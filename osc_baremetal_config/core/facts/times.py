"""Times as Nova and Ironic write them.

Owns their form. Never asks what time it is.
"""

import calendar
import re

# A whole text that is a time in UTC.
UTC = re.compile(
    r'20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])'
    r'T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(\+00:00|Z)?'
)
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
