"""Status updates: each number once, on time, with one catch-up after an outage that says what was missed."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.cadence import missed_updates, next_update
from bot.domain.events import UpdatePosted
from bot.domain.model import replace
from tests.unit.builders import START, Story, by

EVERY = timedelta(minutes=30)


def post(number: int, *, automatic: bool = True) -> c.PostUpdate:
    """The bot's automatic update, or bob's own."""
    given: dict[str, Any] = {"number": number, "text": "Four of 15 steps are done."}
    return c.PostUpdate(automatic=True, **given) if automatic else c.PostUpdate(actor=by("bob"), **given)


def posted(story: Story, number: int, *, automatic: bool = True) -> UpdatePosted:
    (event,) = story.give(post(number, automatic=automatic))
    assert isinstance(event, UpdatePosted)
    return event


def test_due_after_the_declare_and_after_each_post() -> None:
    """The next is due 30 minutes after the last one, however late or early that was."""
    story = Story().declare()
    assert next_update(story.incident) == START + EVERY
    story.later(minutes=10)
    posted(story, 1, automatic=False)
    assert next_update(story.incident) == START + timedelta(minutes=10) + EVERY


def test_number_is_posted_once() -> None:
    """Two replicas with the same number: the second is refused, and told the next."""
    story = Story().declare()
    story.later(minutes=30)
    posted(story, 1)
    assert "The next is update 2" in story.refusal(post(1))
    assert story.refusal(post(3))


def test_bot_posts_only_what_is_due() -> None:
    """Not a second early, and not at all where the severity wants none."""
    story = Story().declare()
    story.later(minutes=29, seconds=59)
    assert "due" in story.refusal(post(1))
    story.later(seconds=1)
    assert posted(story, 1).missed == 0
    silent = Story().declare(severity="sev4")
    silent.later(days=1)
    assert "due" in silent.refusal(post(1))
    assert posted(silent, 1, automatic=False).missed == 0


@pytest.mark.parametrize(
    ("late", "missed"),
    [
        (timedelta(0), 0),
        (timedelta(seconds=59), 0),
        (timedelta(minutes=1), 1),
        (timedelta(minutes=29), 1),
        (timedelta(minutes=30), 1),
        (timedelta(minutes=30, seconds=59), 1),
        (timedelta(minutes=31), 2),
        (timedelta(minutes=110), 4),
        (-timedelta(minutes=5), 0),
    ],
)
def test_missed_moments_are_counted(late: timedelta, missed: int) -> None:
    """Each moment that passed more than a minute ago without an update is missed; the newest may be this one's own."""
    assert missed_updates(START, EVERY, START + late) == missed


def test_one_catch_up_after_an_outage() -> None:
    """After two hours without anybody one update goes out at once and says that four were missed; the next in 30 minutes."""
    story = Story().declare()
    story.later(hours=2, minutes=5)
    assert posted(story, 1).missed == 4
    assert "due" in story.refusal(post(2))
    assert next_update(story.incident) == story.now + EVERY


def test_snooze_puts_off_and_is_used_up() -> None:
    """A snoozed update is due at its new moment, and what was put off on purpose was not missed."""
    story = Story().declare()
    until = START + timedelta(hours=1)
    snooze = c.SnoozeUpdate(actor=by("alice"), until=until, reason="The call lasts till five.")
    story.give(snooze)
    assert next_update(story.incident) == until
    story.later(hours=1)
    assert posted(story, 1).missed == 0
    assert next_update(story.incident) == until + EVERY


def test_at_most_one_update_is_left_out() -> None:
    """However often it is put off; what is later than that already has to be posted."""
    story = Story().declare()
    story.give(c.SnoozeUpdate(actor=by("alice"), until=START + timedelta(minutes=50), reason="Soon."))
    story.later(minutes=40)
    later = c.SnoozeUpdate(actor=by("alice"), until=START + timedelta(minutes=61), reason="Soon.")
    assert "leave out more than one update. Put it off by 20m at most." in story.refusal(later)
    story.give(replace(later, until=START + timedelta(hours=1)))
    story.later(minutes=30)
    assert "Post it: dr update INC-7" in story.refusal(replace(later, until=START + timedelta(hours=2)))


@pytest.mark.parametrize(("minutes", "reason", "says"), [(0, "Later.", "later moment"), (60, " ", "reason is empty")])
def test_snooze_needs_a_later_moment_and_a_reason(minutes: int, reason: str, says: str) -> None:
    """Nobody silences the updates into the past, or without saying why."""
    story = Story().declare()
    until = START + timedelta(minutes=minutes)
    assert says in story.refusal(c.SnoozeUpdate(actor=by("alice"), until=until, reason=reason))


def test_draft_is_kept_until_it_is_posted() -> None:
    """What people wrote, section by section, waits for the next update and no longer."""
    story = Story().declare()
    story.give(c.DraftUpdate(actor=by("bob"), sections={"progress": "Half.", "eta": "Soon."}))
    story.give(c.DraftUpdate(actor=by("carol"), sections={"eta": "By five."}))
    assert story.incident.updates.draft == {"progress": "Half.", "eta": "By five."}
    posted(story, 1, automatic=False)
    assert story.incident.updates.draft == {}


@pytest.mark.parametrize("ending", [c.Resolve(actor=by("alice")), c.Cancel(actor=by("alice"), reason="No incident.")])
def test_no_updates_after_the_end(ending: c.Command) -> None:
    """A resolved or canceled incident owes none, and takes none."""
    story = Story().declare()
    story.give(ending)
    assert next_update(story.incident) is None
    assert "no more status updates" in story.refusal(post(1, automatic=False))
    assert "no more status updates" in story.refusal(c.DraftUpdate(actor=by("bob"), sections={"eta": "Soon."}))
    later = START + timedelta(hours=1)
    assert "is planned" in story.refusal(c.SnoozeUpdate(actor=by("alice"), until=later, reason="Later."))


def test_mitigated_incidents_are_still_told() -> None:
    """Until it is resolved people hear of it."""
    story = Story().declare()
    story.give(c.Mitigate(actor=by("alice")))
    assert next_update(story.incident) == START + EVERY


def test_raised_severity_missed_nothing_before() -> None:
    """From silence to every 30 minutes: an update is due at once, and none was missed while none was owed."""
    story = Story().declare(severity="sev4")
    story.later(hours=5)
    story.give(c.SetSeverity(actor=by("alice"), severity="sev1"))
    assert next_update(story.incident) == story.now
    assert posted(story, 1).missed == 0


def test_slower_rhythm_counts_from_the_last_update() -> None:
    """Lowered to every two hours, the next is due two hours after the last one."""
    story = Story().declare()
    story.later(minutes=10)
    story.give(c.SetSeverity(actor=by("alice"), severity="sev3"))
    assert next_update(story.incident) == START + timedelta(hours=2)
