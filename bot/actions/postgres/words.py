"""Moments and lengths of time as plans say them."""

import math
from datetime import UTC, datetime, timedelta

from bot.domain.durations import seconds_of

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def length(duration: timedelta) -> str:
    """The two largest units, rounded up to a second so that "at most" stays true: `8 min 19 s`, `48 s`, `1 h`."""
    left = max(0, math.ceil(seconds_of(duration)))
    first = next((index for index, (size, _) in enumerate(UNITS) if left >= size), len(UNITS) - 1)
    size = UNITS[min(first + 1, len(UNITS) - 1)][0]
    left = math.ceil(left / size) * size
    parts: list[str] = []
    for size, unit in UNITS[first : first + 2]:
        count, left = divmod(left, size)
        if count or not parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts)


def clock(moment: datetime, now: datetime) -> str:
    """The time of day in UTC, with its date where that is not today's: `03:01:12Z`."""
    moment = moment.astimezone(UTC)
    same_day = moment.date() == now.astimezone(UTC).date()
    return moment.strftime("%H:%M:%SZ" if same_day else "%Y-%m-%d %H:%M:%SZ")
