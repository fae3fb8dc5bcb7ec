"""What one person is told of what they did."""

from bot.domain import commands as c
from bot.slack import outcomes
from tests.unit.builders import action, approval_defaults, recovery_plan, underway


def test_a_word_is_counted_by_the_rule_that_was_pinned() -> None:
    """The recovery plan asks for fewer by now; whoever speaks hears what decides."""
    story = underway(action("a"), plan=recovery_plan(approvals=approval_defaults(required=3)))
    story.launch("a", "bob", "carol", "dave")
    story.bot(c.Doubt, "a", reason="It timed out.")
    story.plan = recovery_plan(approvals=approval_defaults(required=1))
    story.person(c.Settle, "a", "bob", outcome="happened", reason="I looked.")
    told = outcomes.settled(story.incident, story.step("a"), story.plan)
    assert told == "Recorded. 1 of 3 say so; two more of Carol, Dave or Erin."
    story.person(c.Settle, "a", "carol", outcome="happened", reason="So did I.")
    told = outcomes.settled(story.incident, story.step("a"), story.plan)
    assert told == "Recorded. 2 of 3 say so; one more of Dave or Erin."
