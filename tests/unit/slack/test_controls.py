"""What a button means: an opaque id that is another one as soon as anything it is about has changed."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain import commands as c
from bot.slack.controls import ACTION, VERBS, Control
from tests.unit.builders import Story, a_plan, action, manual, underway
from tests.unit.slack.painting import in_slack, painted, whole_plan

APPROVE = Control("approve", "INC-7", "R1", "promote", 1, 2, "7f3a91c2")


@pytest.mark.parametrize(
    "changes",
    [
        {"verb": "decline"},
        {"incident": "INC-8"},
        {"run": "R2"},
        {"step": "dns"},
        {"attempt": 2},
        {"generation": 3},
        {"digest": "0000"},
        {"detail": "x"},
    ],
)
def test_every_part_of_a_meaning_makes_another_id(changes: dict[str, Any]) -> None:
    """An old copy's id is never a current one's."""
    other = replace(APPROVE, **changes)
    assert other.id != APPROVE.id
    assert Control.of(other.meaning) == other


def test_an_id_says_nothing() -> None:
    """24 hexadecimal digits, the same ones for the same meaning."""
    assert APPROVE.id == replace(APPROVE).id
    assert len(APPROVE.id) == 24
    assert set(APPROVE.id) <= set("0123456789abcdef")


def test_every_verb_can_be_listened_for() -> None:
    """A button's action_id is its verb behind one beginning."""
    assert APPROVE.action == f"{ACTION}approve"
    assert len(set(VERBS)) == len(VERBS)


def approve_id(story: Story) -> str:
    controls = painted(story)["step/R1/dns"].controls
    return next(control.id for control in controls if control.verb == "approve")


def test_a_new_plan_has_new_buttons() -> None:
    """The same plan shown a second time is approved anew."""
    story = underway(action("dns"), plan=in_slack())
    story.show("dns", whole_plan())
    first = approve_id(story)
    story.person(c.Replan, "dns", "alice")
    story.show("dns", whole_plan())
    assert approve_id(story) != first


def test_a_retried_step_has_new_buttons() -> None:
    """A click on the first attempt's Retry is not one on the second's."""
    story = underway(action("dns"), plan=in_slack())
    ids: list[str] = []
    for _ in range(2):
        story.launch("dns", "bob" if not ids else "carol", plan=a_plan())
        story.bot(c.NotDone, "dns", reason="Access denied.")
        ids.append(painted(story)["step/R1/dns"].controls[0].id)
        story.person(c.Retry, "dns", "bob")
    assert ids[0] != ids[1]


def test_no_two_buttons_of_an_incident_mean_the_same() -> None:
    """Over all its messages every id is there once."""
    story = underway(manual("one", needs=[]), manual("two", needs=[]), action("three", needs=[]), plan=in_slack())
    story.show("three")
    ids = [control.id for message in painted(story).values() for control in message.controls]
    assert len(ids) == len(set(ids))
