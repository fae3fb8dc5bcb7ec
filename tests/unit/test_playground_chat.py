"""What the story reads in the chat: messages as text, and whether each stands there exactly once."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.playground.room import mentioned
from bot.playground.seen import Event
from bot.playground.shown import shown
from bot.playground.standing import Standing, payload_of

NAMES = {"U0BOB": "@Bob Brown", "C0OPS": "#ops"}
AT = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, "style": style}


def date(fallback: str) -> dict[str, Any]:
    return {"type": "date", "timestamp": int(AT.timestamp()), "format": "{time}", "fallback": fallback}


APPROVE = {
    "type": "button",
    "action_id": "control:approve",
    "text": {"type": "plain_text", "text": "Approve a &amp; b"},
}


def read(*blocks: dict[str, Any], text: str = "") -> str:
    return shown({"text": text, "blocks": list(blocks)}, lambda id: NAMES.get(id, id)).plain


def test_a_message_reads_as_it_stands() -> None:
    """Signs, people, moments, lists and buttons, each line by itself."""
    listed = {"type": "rich_text_list", "elements": [rich(words("west: 100 → 0"))["elements"][0]]}
    blocks = [
        rich(words("🔒 "), words("6 · Promote", bold=True)),
        {"type": "rich_text", "elements": [listed]},
        rich(words("One of "), {"type": "user", "user_id": "U0BOB"}, words("\nExpires "), date("03:04 UTC")),
        {"type": "actions", "elements": [APPROVE]},
    ]
    assert read(*blocks) == "▪ 6 · Promote\n• west: 100 → 0\nOne of @Bob Brown\nExpires 03:04\n[Approve a & b]"
    assert list(mentioned(blocks)) == ["U0BOB"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("*bold* and `code` in <#C0OPS>, <@U0BOB>", "bold and code in #ops, @Bob Brown"),
        (f"by *<!date^{int(AT.timestamp())}^{{time}}|03:04 UTC>*.", "by 03:04."),
        ("see <https://example.com/x|the page>, 2 * 3 * 4", "see the page, 2 * 3 * 4"),
    ],
)
def test_markup_reads_as_it_is_meant(written: str, text: str) -> None:
    """Slack's own markup, in answers that are no blocks."""
    assert read(text=written) == text


def event(seq: int, type: str, **data: Any) -> Event:
    return Event(stream="INC-1", seq=seq, type=type, at=AT, data=data)


EVENTS = [event(7, "UpdatePosted", number=1), event(9, "IncidentResolved"), event(3, "StepReady", run="R1", step="a")]
KEYS = ("card", "initial_notification", "update/1", "resolution/9", "step/R1/a")


def stood(posted: dict[str, int], there: dict[str, int]) -> list[str]:
    announced = Counter(announcement=1)
    whole = Counter(KEYS) + announced
    return list(Standing(whole + Counter(posted), Counter(KEYS) + Counter(there), announced, 0).wrong(EVENTS))


def test_each_message_stands_once() -> None:
    """What must be there is derived from the timeline; nothing is said where it is so."""
    assert stood({}, {}) == []


@pytest.mark.parametrize("key", [*KEYS, "run/R1"])
def test_what_was_posted_twice_is_said(key: str) -> None:
    """Also where the second one was taken away again, and for messages that need not be there."""
    assert any(found.startswith(f"{key} was posted 2 times") for found in stood({key: 1 if key in KEYS else 2}, {}))


def test_what_is_missing_is_said() -> None:
    """A message that was deleted, and one that was never posted."""
    nothing: Counter[str] = Counter()
    found = list(Standing(nothing, nothing, nothing, 0).wrong(EVENTS))
    assert [it.split()[0] for it in found] == [*KEYS, "the"]


def test_metadata_is_read_however_it_was_sent() -> None:
    """As JSON, as a text with JSON in it, or not at all."""
    metadata = {"event_type": "x", "event_payload": {"key": "card"}}
    assert payload_of(metadata) == payload_of('{"event_payload": {"key": "card"}}') == {"key": "card"}
    assert payload_of(None) == {}
