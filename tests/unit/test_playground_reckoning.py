"""The story's own judgement: it must be able to find that something went wrong."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.playground.cloud_calls import call_name
from bot.playground.demo_panel import Recovery
from bot.playground.outcome import Outcome, said
from bot.playground.reckoning import Losses
from bot.playground.rules import bent_rules
from bot.playground.seen import Event
from bot.playground.timings import PARTS, split

NIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
STEPS = [
    {"id": "assess_situation", "manual": "Look."},
    {"id": "fence_primary", "action": "postgres.fence"},
    {"id": "promote_replica", "action": "postgres.promote"},
    {"id": "check_health", "check": "system.health"},
]
PLAN = {"changes": [{"resource": "r"}], "risks": [{"name": "loss", "text": "some"}]}
Line = tuple[int, str, dict[str, Any]]


def about(step: str, **data: Any) -> dict[str, Any]:
    return {"run": "R1", "step": step, "attempt": 1, **data}


def planned(step: str, digest: str, required: int) -> dict[str, Any]:
    return about(step, digest=digest, rule={"required": required}, waits_for=["bob", "carol"], plan=PLAN)


def by(step: str, person: str, digest: str) -> dict[str, Any]:
    return about(step, person=person, digest=digest)


GOOD: list[Line] = [
    (10, "IncidentDeclared", {"since": "2026-11-22T03:00:00Z"}),
    (11, "RunStarted", {"runbook": {"steps": STEPS}}),
    (11, "StepReady", about("assess_situation")),
    (15, "StepCompleted", about("assess_situation")),
    (15, "StepReady", about("fence_primary")),
    (16, "RiskAccepted", by("fence_primary", "alice", "")),
    (16, "StepPlanned", planned("fence_primary", "f1", 1)),
    (20, "ApprovalGiven", by("fence_primary", "bob", "f1")),
    (21, "StepStarted", about("fence_primary", digest="f1")),
    (23, "StepCompleted", about("fence_primary", outcome="verified")),
    (23, "StepBlocked", about("promote_replica")),
    (26, "RiskAccepted", by("promote_replica", "alice", "")),
    (26, "StepPlanned", planned("promote_replica", "p1", 2)),
    (30, "ApprovalGiven", by("promote_replica", "bob", "p1")),
    (33, "ApprovalGiven", by("promote_replica", "carol", "p1")),
    (34, "StepStarted", about("promote_replica", digest="p1")),
    (35, "StepApplied", about("promote_replica")),
    (37, "StepCompleted", about("promote_replica", outcome="verified")),
    (37, "StepStarted", about("check_health")),
    (39, "StepCompleted", about("check_health", outcome="verified")),
    (44, "IncidentMitigated", {}),
]


def timeline(lines: list[Line]) -> list[Event]:
    return [
        Event(stream="INC-1", seq=seq, type=kind, at=NIGHT + timedelta(seconds=second), data=data)
        for seq, (second, kind, data) in enumerate(lines, start=1)
    ]


def without(kind: str, step: str, person: str | None = None) -> list[Line]:
    """The good night without one event."""
    return [
        line
        for line in GOOD
        if (line[1], line[2].get("step")) != (kind, step) or person not in (None, line[2].get("person"))
    ]


def test_every_second_up_to_mitigated_is_in_one_part() -> None:
    """The parts add up to the whole, and each is what people would say."""
    parts = split(timeline(GOOD), NIGHT)
    assert {part: round(parts[part].total_seconds()) for part in PARTS} == {
        "detect": 10,
        "decide": 8,  # before the runbook, assessing, and over the risk
        "approve": 11,
        "execute": 6,
        "verify": 9,  # the proof of the promotion, the check, and all after it
    }
    assert sum(parts.values(), timedelta()) == timedelta(seconds=44)


def test_a_night_by_the_rules_bends_none() -> None:
    """Ungated checks need no plan; gated steps have their approvals."""
    assert bent_rules(timeline([(*line[:2], ungated(line)) for line in GOOD])) == []


def ungated(line: Line) -> dict[str, Any]:
    return {**line[2], "ungated": ["check_health"]} if line[1] == "RunStarted" else line[2]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (without("ApprovalGiven", "promote_replica", "carol"), "promote_replica started with 1 approvals of 2"),
        (without("StepPlanned", "fence_primary"), "fence_primary started without a plan that anybody could see"),
        (without("RiskAccepted", "promote_replica"), "promote_replica started with a risk that nobody had accepted"),
        (without("StepCompleted", "fence_primary"), "promotion started before the old primary was proven fenced"),
        ([*GOOD, (45, "StepStarted", about("fence_primary", digest="f1"))], "fence_primary started 2 times"),
        ([*GOOD, (45, "StepStarted", about("fence_primary", digest="f2"))], "by another plan than the one shown"),
        (
            [
                (line[0], line[1], {**line[2], "person": "mallory"} if line[1] == "ApprovalGiven" else line[2])
                for line in GOOD
            ],
            "fence_primary started with 0 approvals of 1",
        ),
        (
            [
                *without("StepStarted", "promote_replica")[:15],
                (33, "ApprovalWithdrawn", by("promote_replica", "bob", "p1")),
                (34, "StepStarted", about("promote_replica", digest="p1")),
            ],
            "promote_replica started with 1 approvals of 2",
        ),
    ],
)
def test_a_bent_rule_is_found(lines: list[Line], found: str) -> None:
    """Each rule, broken alone, is named."""
    assert any(found in reason for reason in bent_rules(timeline(lines)))


OUTCOME = Outcome(
    incident="INC-1",
    state="resolved",
    parts=dict.fromkeys(PARTS, timedelta(seconds=8)),
    rto=timedelta(hours=1),
    rpo=timedelta(seconds=5),
    quoted=timedelta(seconds=20),
    lost_orders=10,
    lost=timedelta(seconds=2),
    acknowledged=300,
    after_switch=100,
    missing_after_switch=0,
    taken_in="us-east-1",
    outage=timedelta(seconds=40),
    updates=2,
    every=timedelta(seconds=30),
    late=timedelta(),
    mails=20,
    audited=104,
    starts=10,
    calls=Counter(StopInstances=1, ChangeResourceRecordSets=1, ModifyListener=1),
    promotions=1,
    messages=20,
    edits=40,
    misplaced=(),
    bent=(),
)


def test_a_good_end_has_no_reason_against_it() -> None:
    """So that the story can end with 0."""
    assert list(OUTCOME.reasons()) == []
    assert OUTCOME.total == timedelta(seconds=40)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "not resolved"}, "INC-1 is not resolved"),
        ({"taken_in": "us-west-2"}, "takes no orders in the recovery region"),
        ({"after_switch": 0}, "takes no orders in the recovery region"),
        ({"missing_after_switch": 2}, "2 orders taken after the switch are not in"),
        ({"bent": ("a rule",)}, "a rule"),
        ({"misplaced": ("the card stands there twice",)}, "stands there twice"),
        ({"quoted": None}, "without a quoted loss"),
        ({"quoted": timedelta(seconds=1)}, "2 s of orders are lost, more than the 1 s quoted"),
        ({"calls": Counter(StopInstances=2, ChangeResourceRecordSets=1, ModifyListener=1)}, "StopInstances 2 times"),
        ({"promotions": 2}, "pg_promote 2 times"),
        ({"updates": 0}, "no status update went out"),
    ],
)
def test_a_bad_end_is_said(change: dict[str, Any], reason: str) -> None:
    """Each promise that is broken ends the story with a reason."""
    assert any(reason in found for found in replace(OUTCOME, **change).reasons())


@pytest.mark.parametrize(
    ("lost", "words"),
    [(0, "No order is lost."), (1, "Acknowledged and lost: 1 order, of 2 s."), (7, "lost: 7 orders, of 2 s.")],
)
def test_the_panel_says_what_is_lost(lost: int, words: str) -> None:
    """Beside what the approvers had read."""
    shown = Recovery(Losses(lost, timedelta(seconds=2), timedelta(seconds=30)), timedelta(seconds=5)).text
    assert words in shown
    assert "The approvers had read: at most 5 s." in shown


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0 s"), (2, "2 s"), (41.34, "41.3 s"), (72, "1 min 12 s"), (3600, "1 h")]
)
def test_lengths_are_said_as_people_say_them(seconds: float, words: str) -> None:
    """No zero that says nothing, no more digits than can be meant."""
    assert said(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ({"method": "POST", "url": "/", "body": "QWN0aW9uPVN0b3BJbnN0YW5jZXM=", "body_encoded": True}, "StopInstances"),
        (
            {"method": "POST", "url": "/z/Z1/rrset/", "body": "PHhtbC8+", "body_encoded": True},
            "ChangeResourceRecordSets",
        ),
        ({"method": "GET", "url": "/z/Z1/rrset?name=a", "body": "", "body_encoded": False}, "Get"),
    ],
)
def test_calls_are_known_by_their_names_at_aws(entry: dict[str, Any], name: str) -> None:
    """Whichever way the protocol carries the name."""
    assert call_name({"headers": {}, **entry}) == name
