"""Moments, lengths and names as the dr command reads and says them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.addresses import find_step, incident_id
from bot.domain.errors import Refused
from bot.domain.words import Words, brief, length_of, number, spaced
from tests.unit.builders import manual, recovery_plan, underway

NOW = datetime(2026, 11, 24, 3, 4, 30, tzinfo=UTC)
WORDS = Words(recovery_plan(timezone="Europe/Berlin"), NOW)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("10m", NOW - timedelta(minutes=10)),
        ("1h 30m", NOW - timedelta(hours=1, minutes=30)),
        ("04:01", datetime(2026, 11, 24, 3, 1, tzinfo=UTC)),
        ("04:01:12", datetime(2026, 11, 24, 3, 1, 12, tzinfo=UTC)),
        ("23:50", datetime(2026, 11, 23, 22, 50, tzinfo=UTC)),
        ("2026-11-24T03:01:00Z", datetime(2026, 11, 24, 3, 1, tzinfo=UTC)),
        ("2026-11-24T04:01:00", datetime(2026, 11, 24, 3, 1, tzinfo=UTC)),
        ("2026-11-24 04:01:00+02:00", datetime(2026, 11, 24, 2, 1, tzinfo=UTC)),
    ],
)
def test_moments_are_read(text: str, at: datetime) -> None:
    """How long ago, the last time that the clock showed it, or RFC 3339; without an offset in the plan's zone."""
    assert WORDS.moment(text) == at


@pytest.mark.parametrize("text", ["", "soon", "25:00", "10", "2026-13-01", "99999999999h", "24.11.2026"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """The refusal shows how to write it."""
    with pytest.raises(Refused, match="is no moment"):
        WORDS.moment(text)


def test_moments_are_said_in_the_plans_zone() -> None:
    """A time of day, with its date only where it would be misread."""
    assert WORDS.clock(NOW) == "04:04"
    assert WORDS.clock(NOW, seconds=True) == "04:04:30"
    assert WORDS.clock(NOW - timedelta(days=2)) == "22 Nov 04:04"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0s"), (40, "40s"), (559, "9m"), (3600, "1h"), (3789, "1h 3m"), (-90, "-1m")]
)
def test_lengths_are_brief(seconds: int, said: str) -> None:
    """From a minute on nobody asks for seconds."""
    assert brief(timedelta(seconds=seconds)) == said


def test_lengths_are_read_or_refused() -> None:
    """A length without its unit is refused with an example."""
    assert length_of("15m") == timedelta(minutes=15)
    with pytest.raises(Refused, match="is not a duration"):
        length_of("15")


def test_small_numbers_and_digests_are_read_aloud() -> None:
    """Two more, and 7f3a 91c2."""
    assert (number(2), number(11)) == ("two", "11")
    assert spaced("7f3a91c2ffff") == "7f3a 91c2"


@pytest.mark.parametrize("text", ["INC-7", "7", "inc-7", " 7 ", "007"])
def test_incidents_have_a_short_name(text: str) -> None:
    """INC-7 may be typed as 7."""
    assert incident_id(text) == "INC-7"


@pytest.mark.parametrize("text", ["", "0", "INC-", "INC-7x", "-7", "\u0667", "7; drop", "9" * 30])
def test_what_is_no_incident_is_refused(text: str) -> None:
    """Nothing else is taken for an incident."""
    with pytest.raises(Refused, match="is no incident"):
        incident_id(text)


STEPS = (manual("assess", title="Is it us?"), manual("go"), manual("asset"), manual("2nd"))


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("go", "go"),
        ("1", "assess"),
        ("R1/3", "asset"),
        ("r1/go", "go"),
        ("is it", "assess"),
        ("ASSES", "assess"),
        ("2n", "2nd"),
    ],
)
def test_a_step_is_found_as_people_see_it(text: str, step: str) -> None:
    """By its id, by the number in its message, or by how its id or title begins."""
    assert find_step(underway(*STEPS).incident, text)[1].id == step


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("asse", "INC-7 has several steps asse. Say which: R1/assess or R1/asset."),
        ("zzz", "INC-7 has no step zzz. Known are: assess, go, asset, 2nd."),
        ("R1/", "R1 has no step . Known are: assess, go, asset, 2nd."),
        ("9", "INC-7 has no step 9. Known are: assess, go, asset, 2nd."),
    ],
)
def test_a_step_that_is_not_found_is_refused(text: str, says: str) -> None:
    """What is meant by several is asked back; what there is, is named in the runbook's order."""
    with pytest.raises(Refused) as refused:
        find_step(underway(*STEPS).incident, text)
    assert f"{refused.value.reason} {refused.value.advice}" == says
