"""Messages: who is told what, over which channel, each once; in a drill its participants and nobody else."""

import pytest

from bot.comms.channels import CHANNELS, Setup, open_channels
from bot.comms.outgoing import Outgoing
from bot.domain import commands as c
from bot.domain.plan import Person, RecoveryPlan, Senders
from bot.engine.ports import Delivery, NotDelivered, Notice
from tests.unit.builders import Story, by
from tests.unit.comms_builders import Shelf, caused, messages, night, project_plan

EVERYONE = ["erin", "alice", "bob", "carol"]  # sev1: executive_team, dr_team, operations_team
GLASS_REASON = "Nobody else can be reached and the shop is down."


def people(deliveries: tuple[Delivery, ...]) -> list[str]:
    return [delivery.person for delivery in deliveries]


def raised(story: Story, severity: str) -> tuple[Delivery, ...]:
    """The deliveries of a change of severity."""
    since = len(story.rows)
    story.give(c.SetSeverity(actor=by("alice"), severity=severity))
    return caused(story, messages(), since)


def plan_with(**changes: object) -> RecoveryPlan:
    """The project's plan with some keys replaced."""
    return RecoveryPlan.model_validate({**project_plan().model_dump(mode="json", by_alias=True), **changes})


def test_declaring_tells_those_whom_the_severity_calls_for() -> None:
    """Each person once, in the matrix's order, with stable ids and the severity's channels."""
    first, *others = caused(night(), messages())
    assert first.id == "INC-7/1/initial_notification/erin"
    assert first.channels == ("phone", "email", "sms")
    assert people((first, *others)) == EVERYONE
    assert len({delivery.id for delivery in (first, *others)}) == 4


def test_the_same_events_cause_the_same_messages() -> None:
    """Asked twice, the answer is the same: an id never depends on when."""
    story = night()
    assert caused(story, messages()) == caused(story, messages())


def test_a_severity_that_calls_for_nobody_tells_nobody() -> None:
    """sev4 has no line in the matrix."""
    assert caused(night(severity="sev4"), messages()) == ()


def test_raising_the_severity_tells_those_who_were_not_told() -> None:
    """From sev2 to sev1 only the executive is new."""
    assert people(raised(night(severity="sev2"), "sev1")) == ["erin"]


def test_raising_does_not_tell_twice_who_was_told() -> None:
    """Up, down and up again: the executive hears of it once, as the timeline shows."""
    story = night(severity="sev2")
    raised(story, "sev1")
    told = c.RecordDelivery(
        delivery="INC-7/2/initial_notification/erin", channel="email", person="erin", template="initial_notification"
    )
    story.give(told)
    assert raised(story, "sev2") == ()
    assert raised(story, "sev1") == ()


def test_lowering_the_severity_tells_nobody() -> None:
    """Down is in the next update."""
    assert raised(night(severity="sev2"), "sev3") == ()


def test_an_update_goes_to_followers_word_for_word() -> None:
    """Recipients of the severity and subscribers get the very text, by email, with the update's number in the subject."""
    shelf = Shelf()
    sender = messages(shelf)
    story = night()
    story.give(c.Subscribe(actor=by("dave")))
    since = len(story.rows)
    story.give(c.PostUpdate(number=1, text="Word for *word*, {{ 7*7 }}.", sections={"eta": "soon"}))
    found = caused(story, sender, since)
    assert people(found) == [*EVERYONE, "dave"]
    assert {delivery.channels for delivery in found} == {("email",)}
    sender.deliver(found[0])
    assert shelf.kept[0][1].text == "Word for *word*, {{ 7*7 }}."
    assert shelf.kept[0][1].subject == "[SEV1] INC-7 us-west-2 is down: update 1"


def test_resolving_tells_everyone_who_was_told_and_rings_nobody() -> None:
    """Who was paged at a higher severity hears the end too, but not by phone."""
    story = night()
    for person in EVERYONE:
        told = c.RecordDelivery(delivery=person, channel="email", person=person, template="initial_notification")
        story.give(told)
    story.give(c.SetSeverity(actor=by("alice"), severity="sev3"))
    since = len(story.rows)
    story.give(c.Resolve(actor=by("alice"), sections={"lessons": "Rehearse."}, text="*INC-7 is resolved.*"))
    found = caused(story, messages(), since)
    assert sorted(people(found)) == sorted(EVERYONE)
    assert all("phone" not in delivery.channels for delivery in found)
    assert found[0].fields["_text"] == "*INC-7 is resolved.*"


def test_a_resolution_without_a_text_is_made_from_the_template() -> None:
    """What people wrote stands in it; the rest is drafted."""
    shelf = Shelf()
    sender = messages(shelf)
    story = night()
    story.later(minutes=43)
    since = len(story.rows)
    story.give(c.Resolve(actor=by("alice"), sections={"lessons": "Rehearse."}))
    sender.deliver(caused(story, sender, since)[0])
    text = shelf.kept[0][1].text
    assert text.startswith("*INC-7 is resolved* after 43 min (objective 1 h).")
    assert text.endswith("*Lessons learned.* Rehearse.")


def test_canceling_tells_everyone_who_was_told_that_it_began() -> None:
    """Nobody stays up for an incident that was none."""
    shelf = Shelf()
    sender, story = messages(shelf), night()
    since = len(story.rows)
    story.give(c.Cancel(actor=by("alice"), reason="It was the monitoring."))
    found = caused(story, sender, since)
    assert people(found) == people(caused(story, sender)[: len(found)])
    sender.deliver(found[0])
    message = shelf.kept[0][1]
    assert message.subject.startswith("[CANCELED] INC-7 ")
    assert "*Reason.* It was the monitoring." in message.text
    assert "canceled by Alice Adams" in message.text


def glass_broken(story: Story) -> tuple[Delivery, ...]:
    story.start(system="customer-database")
    story.done("assess")
    story.show("promote")
    since = len(story.rows)
    shown = story.step("promote")
    assert shown.plan
    story.give(
        c.BreakGlass(
            actor=by("bob", via="slack"),
            run="R1",
            step="promote",
            digest=shown.digest,
            reason=GLASS_REASON,
            target=shown.plan.target,
        )
    )
    return caused(story, messages(), since)


def test_breaking_glass_tells_the_approvers_and_the_emergency_contacts() -> None:
    """All who would have been asked, the one who did it included."""
    found = glass_broken(night())
    assert people(found) == ["alice", "bob", "carol", "dave", "erin"]
    shelf = Shelf()
    messages(shelf).deliver(found[0])
    message = shelf.kept[0][1]
    assert message.subject == "[BREAK GLASS] INC-7 Promote the replica"
    assert f"*Reason.* {GLASS_REASON}" in message.text
    assert "Bob Brown went on alone" in message.text


def test_a_drill_tells_its_participants_and_nobody_else() -> None:
    """No executive is paged for a drill in staging, whatever its severity calls for; nor is a subscriber from elsewhere."""
    drill = night(environment="staging", drill=True)
    drill.give(c.Subscribe(actor=by("erin")))
    participants = ["alice", "bob", "carol", "dave"]
    assert people(caused(drill, messages())) == participants
    since = len(drill.rows)
    drill.give(c.PostUpdate(number=1, text="All is well."))
    assert people(caused(drill, messages(), since)) == participants


def test_a_drill_that_no_drill_is_planned_for_tells_nobody() -> None:
    """Closed by default: an environment without drills in the plan has no participants."""
    plan = plan_with(drills={})
    drill = night(plan, environment="staging", drill=True)
    assert messages(plan=plan).caused_by(None, drill.incident, tuple(drill.rows)) == ()
    assert messages(plan=plan).notices(drill.incident, (Notice("n", "alice", "page", {}),)) == ()


def test_what_an_action_wants_told_becomes_deliveries() -> None:
    """Ids are the notices' own; the page says what is happening."""
    shelf = Shelf()
    sender = messages(shelf)
    notices = tuple(Notice(f"INC-7/R1/activate/1/{person}", person, "page", {}) for person in ("alice", "bob"))
    found = sender.notices(night().incident, notices)
    assert [delivery.id for delivery in found] == ["INC-7/R1/activate/1/alice", "INC-7/R1/activate/1/bob"]
    receipt = sender.deliver(found[0])
    assert receipt.channel == "email"
    assert shelf.kept[0][1].subject == "[PAGE SEV1] INC-7 us-west-2 is down"


def test_a_message_falls_through_to_the_next_channel() -> None:
    """The phone does not answer, so the email goes out; a channel that this bot lacks is passed over."""
    silent = Shelf("phone", refuses=NotDelivered("phone", "No answer."))
    shelf = Shelf()
    sender = messages(silent, shelf)
    assert sender.deliver(caused(night(), sender)[0]).channel == "email"
    assert [name for name, _ in shelf.kept] == ["Erin Evans"]


@pytest.mark.parametrize(("last", "permanent"), [(True, True), (False, False)])
def test_where_no_channel_takes_it_every_reason_is_told(last: bool, permanent: bool) -> None:
    """Another try helps only where any channel says so."""
    phone = Shelf("phone", refuses=NotDelivered("phone", "No answer.", permanent=True))
    email = Shelf(refuses=NotDelivered("email", "Mailbox full.", permanent=last))
    sender = messages(phone, email)
    with pytest.raises(NotDelivered, match=r"No answer\. Mailbox full\.") as caught:
        sender.deliver(caused(night(), sender)[0])
    assert caught.value.permanent is permanent


def test_a_person_who_left_the_plan_is_not_written_to() -> None:
    """The delivery fails for good and says why."""
    delivery = Delivery("INC-7/1/page/zoe", "INC-7", "zoe", "page", ("email",), {})
    with pytest.raises(NotDelivered, match="no person zoe any more") as caught:
        messages(Shelf()).deliver(delivery)
    assert caught.value.permanent


def test_a_bot_without_channels_says_so() -> None:
    """Nothing to send over is a permanent failure, not silence."""
    sender = messages()
    with pytest.raises(NotDelivered, match="no channel"):
        sender.deliver(caused(night(), sender)[0])


def test_two_incidents_of_one_number_have_different_tokens() -> None:
    """A new database begins with INC-1 again: its mails must not hide behind old ones with the same Message-ID."""
    shelf = Shelf()
    sender = messages(shelf)
    later = Story(plan=project_plan(), now=night().now.replace(year=2027)).declare(systems=("customer-database",))
    for story in (night(), night(), later):
        sender.deliver(caused(story, sender)[0])
    first, again, other = (message.token for _, message in shelf.kept)
    assert first == again
    assert first != other
    assert first.startswith("INC-7/1/initial_notification/erin.")


# --- every channel ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_a_channel_that_is_not_set_up_says_what_to_set(name: str) -> None:
    """Contract: made from nothing, a channel has its name and refuses every message for good, with advice."""
    channel = open_channels(Setup(Senders()))[name]
    assert channel.name == name
    with pytest.raises(NotDelivered, match="Set ") as caught:
        channel.send(Outgoing("t", "INC-7", "subject", "text"), Person(name="Alice", email="alice@example.com"))
    assert caught.value.permanent
    assert caught.value.channel == name
    with pytest.raises(NotDelivered, match="Set "):
        channel.check()
