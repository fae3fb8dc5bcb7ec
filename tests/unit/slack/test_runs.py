"""What is ahead is said once, in order, with what each step needs."""

from tests.unit.builders import action, check, manual, underway
from tests.unit.slack.painting import painted
from tests.unit.slack.rules import says


def test_a_run_says_its_steps_in_order_when_it_starts() -> None:
    """Each with its number, how long it takes, whose approval it needs, and whether there is a way back."""
    story = underway(
        manual("assess", expected="5m"),
        action("promote", approval={"required": 2}, point_of_no_return=True),
        check("fit"),
    )
    text = says(painted(story)["run/R1"].blocks)
    assert "Runbook Fail over" in text
    rows = [row for row in text.splitlines() if row[:1].isdigit()]
    assert rows == ["1 · assess · about 5 min", "2 · promote · needs 2 approvals · cannot be undone", "3 · fit"]


def test_what_is_ahead_is_not_edited_as_the_run_goes_on() -> None:
    """It says what the run set out to do; what becomes of it stands in the steps' own messages."""
    story = underway(manual("assess"), check("fit"))
    before = painted(story)["run/R1"]
    story.done("assess")
    assert painted(story)["run/R1"] == before


def test_a_long_runbook_is_shown_whole() -> None:
    """It goes on in further messages; no step is left out."""
    story = underway(*(manual(f"step{number}", title="Look at it. " * 20) for number in range(120)))
    shown = painted(story)
    text = "".join(says(message.blocks) for key, message in shown.items() if key.startswith("run/R1"))
    assert all(f"{number} · Look at it." in text for number in range(1, 121))
    assert "run/R1/2" in shown
