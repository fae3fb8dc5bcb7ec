"""Lengths of time as people write them: 500ms, 90s, 30m, 12h, 7d, 1 day, 12 weeks, 6 months, quarter.

A month is 30 days, a quarter 90 and a year 365: these are lengths. What has to follow the calendar is a `Period`.
"""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

from bot.domain.problems import Unfit, shown

UNITS_REQUIRED = {"units": "required"}
"""Validation context under which a number without a unit is refused: people's files, where 500 might mean anything."""

SECOND = timedelta(seconds=1)
EXAMPLES = ("500ms", "90s", "30m", "12h", "7d", "12 weeks", "6 months")
FIX = "write it like 90s, 30m, 12h, 7d or 12 weeks"

UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": SECOND,
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "second": SECOND,
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "quarter": timedelta(days=90),
    "year": timedelta(days=365),
}
LONG_UNITS = [unit for unit in UNITS if len(unit) > 2]
PERIODS = ("day", "week", "month", "quarter", "year")
PART = rf"[0-9]{{1,9}}(?:\.[0-9]{{1,6}})? ?(?:{'|'.join(LONG_UNITS)})s?|[0-9]{{1,9}}(?:\.[0-9]{{1,6}})?(?:ms|s|m|h|d)"
PATTERN = rf"^(?:{'|'.join(PERIODS)}|(?:{PART})(?: ?(?:{PART}))*)$"
NUMBER_AND_UNIT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([a-z]+)")
LONGEST = timedelta(days=365_000)
SPELLED = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


class Period(StrEnum):
    """A step of the calendar."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def parse_duration(text: str) -> timedelta:
    """The length that a text like `90s`, `1h 30m`, `12 weeks` or `month` names; raises `Unfit`."""
    if not re.fullmatch(PATTERN, text):
        raise Unfit(f"{shown(text)} is not a duration", FIX)
    if text in PERIODS:
        return UNITS[text]
    return sum((_part(number, unit) for number, unit in NUMBER_AND_UNIT.findall(text)), timedelta())


def _part(number: str, unit: str) -> timedelta:
    length = UNITS[unit] if unit in UNITS else UNITS[unit.removesuffix("s")]
    if float(number) > LONGEST / length:
        raise Unfit("the duration is longer than a thousand years", FIX)
    return float(number) * length if "." in number else int(number) * length


def format_duration(length: timedelta) -> str:
    """The two largest units, cut off below: `9m`, `1h`, `8m 19s`, `2d 3h`; below a second `250ms`."""
    if length < timedelta():
        return f"-{format_duration(-length)}"
    if timedelta() < length < SECOND:
        return f"{length // timedelta(milliseconds=1)}ms"
    seconds = length // SECOND
    first = next((index for index, (_, size) in enumerate(SPELLED) if seconds >= size), len(SPELLED) - 1)
    parts: list[str] = []
    for unit, size in SPELLED[first : first + 2]:
        count, seconds = divmod(seconds, size)
        if count or not parts:
            parts.append(f"{count}{unit}")
    return " ".join(parts)


def seconds_of(length: timedelta) -> int | float:
    """The length in seconds, whole where it is whole: what stands in JSON."""
    seconds = length.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _read(value: Any, info: ValidationInfo) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("a duration is expected", FIX)
    if (info.context or {}).get("units") == "required":
        raise Unfit(f"{value} has no unit", FIX)
    if not abs(value) <= LONGEST.total_seconds():
        raise Unfit("the duration is longer than a thousand years", FIX)
    return timedelta(seconds=value)


def _at_least(shortest: timedelta) -> BeforeValidator:
    def check(value: Any, info: ValidationInfo) -> timedelta:
        length = _read(value, info)
        if length < shortest:
            raise Unfit(f"{format_duration(length)} is too short", f"at least {format_duration(shortest)}")
        return length

    return BeforeValidator(check)


_SCHEMA = WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": list(EXAMPLES)})
_IN_JSON = PlainSerializer(seconds_of, return_type=int | float, when_used="json")

Duration = Annotated[timedelta, _at_least(timedelta()), _IN_JSON, _SCHEMA]
"""A length of time, zero or more: text in files, seconds in our own JSON."""

Interval = Annotated[timedelta, _at_least(SECOND), _IN_JSON, _SCHEMA]
"""The time between two of something, or until something expires: a second or more."""
