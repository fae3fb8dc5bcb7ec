"""Lengths of time as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bot.domain.durations import UNITS_REQUIRED, Duration, Interval, format_duration, parse_duration, seconds_of
from bot.domain.problems import Unfit

DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
INTERVAL: TypeAdapter[timedelta] = TypeAdapter(Interval)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("500ms", 0.5),
        ("90s", 90),
        ("1.5h", 5400),
        ("30m", 1800),
        ("12h", 43200),
        ("7d", 604800),
        ("1 day", 86400),
        ("12 weeks", 7257600),
        ("6 months", 15552000),
        ("quarter", 7776000),
        ("year", 31536000),
        ("8m 19s", 499),
        ("1h30m", 5400),
        ("1 hour 30 minutes", 5400),
    ],
)
def test_a_duration_means_what_it_says(text: str, seconds: float) -> None:
    """Each form that the formats name is the length that a reader expects."""
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "1:30",
        "-5m",
        "5 m",
        "m",
        "1e3s",
        "30M",
        "5m\n",
        " 5m",
        "٣0m",
        "1 fortnight",
        "9" * 12 + "d",
        "999999999 years",
    ],
)
def test_what_is_no_duration_is_refused_with_the_right_form(text: str) -> None:
    """A text that could be misread is no duration, and the refusal shows how to write one."""
    with pytest.raises(Unfit, match="30m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (540, "9m"),
        (3600, "1h"),
        (499, "8m 19s"),
        (183600, "2d 3h"),
        (0, "0s"),
        (0.25, "250ms"),
        (3661, "1h 1m"),
        (3601, "1h"),
        (-5, "-5s"),
    ],
)
def test_a_duration_is_shown_by_its_two_largest_units(seconds: float, text: str) -> None:
    """What people read is short: two neighbouring units at most."""
    assert format_duration(timedelta(seconds=seconds)) == text


@given(st.integers(min_value=0, max_value=10**9))
def test_what_is_shown_can_be_read_and_is_never_longer(seconds: int) -> None:
    """A shown duration reads back to itself, cut off by less than its smaller unit."""
    length = timedelta(seconds=seconds)
    shown = parse_duration(format_duration(length))
    assert shown <= length
    assert length - shown < max(timedelta(hours=1), timedelta())
    assert format_duration(shown) == format_duration(length)


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=40000)))
def test_a_duration_survives_our_own_json(length: timedelta) -> None:
    """Durations are seconds in JSON, and come back exactly."""
    assert DURATION.validate_json(DURATION.dump_json(length)) == length
    assert DURATION.validate_python(seconds_of(length)) == length


def test_a_number_without_a_unit_is_refused_in_peoples_files() -> None:
    """500 may mean seconds or milliseconds: in a file that a person wrote it has to say."""
    with pytest.raises(ValidationError, match="500 has no unit"):
        DURATION.validate_python(500, context=UNITS_REQUIRED)


@pytest.mark.parametrize("value", [True, None, [], float("nan"), float("inf"), 1e300, -1])
def test_a_value_that_is_no_length_is_refused(value: object) -> None:
    """Only texts, numbers of seconds and lengths are durations, none of them negative."""
    with pytest.raises(ValidationError):
        DURATION.validate_python(value)


def test_an_interval_is_at_least_a_second() -> None:
    """Something that happens every 999 ms would never end."""
    with pytest.raises(ValidationError, match="at least 1s"):
        INTERVAL.validate_python("999ms")
    assert INTERVAL.validate_python("1s") == timedelta(seconds=1)
