"""The pure parts of the way to Slack: pace, counting, signatures, outages."""

import hashlib
import hmac
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.outages import STREAM, ChatBack, ChatLost, OperatorTold, Outage, follow
from bot.domain.timeline import BOT, GENESIS, Event, record
from bot.engine.parts import OK, Part, worst
from bot.slack.counting import AGAIN_SECONDS, Counting
from bot.slack.pace import Pace
from bot.slack.signing import Signatures

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)


@dataclass
class Watch:
    """A clock that tests move."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


# --- pace ------------------------------------------------------------------------------------------------------------------


def tries(pace: Pace, watch: Watch, seconds: float) -> list[float]:
    """The moments at which a bot that always fails would try, from 0 on."""
    begun, found = watch.now, []
    while watch.now - begun < seconds:
        if pace.pause() == 0:
            found.append(watch.now - begun)
            pace.spend()
            pace.failed()
        watch.now += max(pace.pause(), 0.1)
    return found


def test_while_slack_is_away_it_is_asked_quickly_at_first_and_then_once_a_minute() -> None:
    """Two seconds after it went away it is asked again; in an hour no more than the quick tries and one a minute."""
    watch = Watch()
    found = tries(Pace(quick=6, clock=watch), watch, 3600)
    assert [round(at) for at in found[:5]] == [0, 1, 3, 7, 15]
    assert all(b - a > 59 for a, b in itertools.pairwise(found[7:]))
    assert len(found) <= 6 + 60


def test_connections_that_break_at_once_are_not_reopened_in_a_storm() -> None:
    """A hello ends the growing pauses, not the budget of one a minute."""
    watch = Watch()
    pace = Pace(quick=6, clock=watch)
    opened = 0
    while watch.now < 1000 + 600:
        if pace.pause() == 0:
            pace.spend()
            pace.worked()
            opened += 1
        watch.now += 0.2
    assert opened <= 6 + 10


def test_what_slack_asks_to_wait_is_waited() -> None:
    """Retry-After counts even where the budget would allow a try."""
    watch = Watch()
    pace = Pace(quick=6, clock=watch)
    pace.spend()
    pace.failed(retry_after=45)
    assert pace.pause() == pytest.approx(45)
    watch.now += 45.1
    assert pace.pause() == 0


# --- counting --------------------------------------------------------------------------------------------------------------


def test_a_count_that_differs_twice_is_trouble_until_it_fits() -> None:
    """Once may be a connection that has just ended; a hello that fits clears it."""
    watch = Watch()
    counting = Counting(3, lambda: 1, clock=watch)
    counting.hello(5, staying=3, total=3)
    assert counting.trouble == ""
    assert not counting.due(0.0)
    watch.now += AGAIN_SECONDS + 1
    assert counting.due(0.0)
    counting.hello(6, staying=3, total=4)
    assert "Slack counts 6 connections of this app, 4 are held" in counting.trouble
    counting.hello(4, staying=3, total=4)
    assert (counting.trouble, counting.due(0.0)) == ("", False)


def test_on_a_quiet_night_it_is_counted_within_two_minutes() -> None:
    """A forgotten connection is found though nothing comes; several replicas take turns, and ask no more together."""
    watch = Watch()
    counting, one_of_two = Counting(3, lambda: 1, clock=watch), Counting(3, lambda: 2, clock=watch)
    began = watch.now
    counting.hello(3, staying=3, total=3)
    while not counting.trouble:
        watch.now += 1
        if counting.due(quiet=watch.now - began):
            counting.hello(5, staying=3, total=4)
    assert 60 < watch.now - began < 120
    assert not one_of_two.due(quiet=100)
    watch.now = began + 151
    assert one_of_two.due(quiet=151)
    assert not one_of_two.due(quiet=10)


def test_a_connection_that_slack_does_not_count_is_dead() -> None:
    """Fewer than we hold means that some of ours are dead, whoever else there is."""
    counting = Counting(3, lambda: 2)
    counting.hello(2, staying=3, total=3)
    counting.hello(2, staying=3, total=4)
    assert "some are dead" in counting.trouble


def test_other_replicas_are_counted_in() -> None:
    """With two bots up to twice the others' connections are expected, since they may be renewing theirs."""
    counting = Counting(3, lambda: 2)
    for _ in range(2):
        counting.hello(9, staying=3, total=3)
    assert counting.trouble == ""
    for _ in range(2):
        counting.hello(10, staying=3, total=3)
    assert "at most 9 can be held" in counting.trouble


# --- signatures ------------------------------------------------------------------------------------------------------------


def signed(body: bytes, at: float, secret: str = SECRET) -> dict[str, str]:
    """Slack's headers for a body."""
    stamp = str(int(at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


def test_a_signed_request_counts_once() -> None:
    """A replay within the window is refused; another body or time is another request."""
    watch = Watch(1.8e9)
    signatures = Signatures(SECRET, clock=watch)
    headers = signed(b"text=declare", watch.now)
    assert signatures.admits(headers, b"text=declare")
    assert not signatures.admits(headers, b"text=declare")
    watch.now += 299
    assert not signatures.admits(headers, b"text=declare")
    assert signatures.admits(signed(b"text=declare", watch.now), b"text=declare")


def test_a_request_dated_ahead_is_remembered_until_it_is_too_old() -> None:
    """Its signature would be valid for ten minutes, and is refused as a replay all that time."""
    watch = Watch(1.8e9)
    signatures = Signatures(SECRET, clock=watch)
    headers = signed(b"x", watch.now + 299)
    assert signatures.admits(headers, b"x")
    watch.now += 598
    assert not signatures.admits(headers, b"x")


@pytest.mark.parametrize("late", [301, -302, 86_400])
def test_an_old_or_early_request_is_refused(late: float) -> None:
    """Five minutes are the limit on both sides."""
    watch = Watch(1.8e9)
    assert not Signatures(SECRET, clock=watch).admits(signed(b"x", watch.now - late), b"x")


@given(st.text(max_size=40), st.text(max_size=80), st.binary(max_size=60))
def test_whatever_the_headers_hold_the_answer_is_no(stamp: str, signature: str, body: bytes) -> None:
    """No malformed header raises."""
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": signature}
    assert not Signatures(SECRET).admits(headers, body)


@pytest.mark.parametrize("stamp", ["", "1e9", " 1800000000", "+1800000000", "1_800_000_000", "١٨٠٠٠٠٠٠٠٠", "9" * 5000])
def test_a_time_is_digits_and_nothing_else(stamp: str) -> None:
    """What int() would take besides is refused, signed or not."""
    watch = Watch(1.8e9)
    headers = signed(b"x", watch.now) | {"x-slack-request-timestamp": stamp}
    assert not Signatures(SECRET, clock=watch).admits(headers, b"x")


def test_another_secret_is_refused() -> None:
    """Only Slack's own signature counts."""
    watch = Watch(1.8e9)
    assert not Signatures(SECRET, clock=watch).admits(signed(b"x", watch.now, "another"), b"x")


def test_without_a_secret_nobody_is_admitted() -> None:
    """What is signed with an empty secret could come from anybody."""
    watch = Watch(1.8e9)
    assert not Signatures("", clock=watch).admits(signed(b"x", watch.now, ""), b"x")


# --- outages ---------------------------------------------------------------------------------------------------------------


def after(*events: Event) -> Outage | None:
    """The outage after these events, a minute apart."""
    outage, head, seq = None, GENESIS, 0
    for event in events:
        at = NOW + timedelta(minutes=seq)
        rows = record([event], stream=STREAM, after=seq, prev=head, at=at, actor=BOT)
        outage, head, seq = follow(rows, outage), rows[-1].hash, seq + 1
    return outage


def lost(replica: str) -> ChatLost:
    return ChatLost(replica=replica, reason="It does not answer.", since=NOW)


def test_an_outage_lasts_from_the_first_to_the_last_replica() -> None:
    """It has one number, is told to each once, and ends when nobody is without Slack any more."""
    going = after(lost("a"), lost("b"), ChatBack(replica="a"))
    assert going is not None
    assert (going.number, going.without, going.ended_at, going.what) == (1, frozenset({"b"}), None, "away")
    told = OperatorTold(outage=1, what="away", person="alice")
    failed = OperatorTold(outage=1, what="away", person="bob", failure="There is no such mailbox.")
    over = after(lost("a"), lost("b"), told, failed, ChatBack(replica="a"), ChatBack(replica="b"))
    assert over is not None
    assert (over.ended_at, over.what) == (NOW + timedelta(minutes=5), "back")
    assert over.heard == {"alice"}  # who never heard of it need not hear of its end
    assert over.settled == {("away", "alice"), ("away", "bob")}


def test_the_next_outage_is_another() -> None:
    """Told again, under another number."""
    told = OperatorTold(outage=1, what="away", person="alice")
    again = after(lost("a"), told, ChatBack(replica="a"), lost("a"))
    assert again is not None
    assert (again.number, again.what, again.heard, again.settled) == (4, "away", frozenset(), frozenset())


def test_the_worst_part_gives_the_state_and_its_reasons() -> None:
    """Each reason once; milder ones are left out."""
    assert worst(OK, OK) == OK
    assert worst(OK, Part("degraded", "One."), Part("degraded", "Two."), Part("degraded", "One.")) == Part(
        "degraded", "One. Two."
    )
    assert worst(Part("failed", "Gone."), Part("degraded", "Slow.")) == Part("failed", "Gone.")
