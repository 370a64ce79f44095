"""The end of a window, as a person writes it.

Owns the forms of a time and of a duration. Never asks what time it is.
"""

import datetime
import re
from dataclasses import dataclass

_DURATION = re.compile(r'(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?')
_TIME = re.compile(r'([01]?\d|2[0-3]):([0-5]\d)')


@dataclass(frozen=True, slots=True)
class Until:
    """When no other server is to be under way any more.

    :param what: for how long, a time of the day in the local time zone, or a
        moment.
    """

    what: datetime.timedelta | datetime.time | datetime.datetime

    def left_s(self, now: datetime.datetime) -> float:
        """Return the seconds until then, negative if that has passed.

        :param now: with its time zone.
        """
        match self.what:
            case datetime.timedelta() as duration:
                return duration.total_seconds()
            case datetime.datetime() as moment:
                return (moment - now).total_seconds()
            case datetime.time() as time:
                return (_next(time, now) - now).total_seconds()


def parse(text: str) -> Until | None:
    """Return what a text means, None if it is neither time nor duration."""
    if text and (found := _DURATION.fullmatch(text)):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        duration = datetime.timedelta(
            hours=hours, minutes=minutes, seconds=seconds
        )
        return Until(duration) if duration else None
    if found := _TIME.fullmatch(text):
        return Until(datetime.time(int(found[1]), int(found[2])))
    try:
        moment = datetime.datetime.fromisoformat(text)
        # What has no time zone is local.
        return Until(moment if moment.tzinfo else moment.astimezone())
    except (ValueError, OverflowError):
        return None


def _next(time: datetime.time, now: datetime.datetime) -> datetime.datetime:
    """Return the next moment of a local time of the day."""
    today = now.astimezone().date()
    found = datetime.datetime.combine(today, time).astimezone()
    if found > now:
        return found
    tomorrow = today + datetime.timedelta(days=1)
    return datetime.datetime.combine(tomorrow, time).astimezone()
