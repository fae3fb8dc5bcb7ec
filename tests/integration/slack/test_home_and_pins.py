"""The home tab, and messages that become notes."""

import json
import time

from bot.domain import commands as c
from bot.domain.errors import Refused
from bot.slack.pinning import said_in
from tests.integration.slack.world import ALICE, BOB, CAROL, ERIN, FRANK, ONCALL, SlackWorld


def home(world: SlackWorld, user: str, wanted: str) -> str:
    """A person's home tab, opened until it shows something."""

    def look() -> str | None:
        world.workspace.open_home(user)
        time.sleep(0.1)
        shown = json.dumps(world.workspace.home(user), ensure_ascii=False)
        return shown if wanted in shown else None

    return world.waited(look, f"the home tab does not show {wanted}")


def test_home_shows_what_waits_for_me(world: SlackWorld) -> None:
    """What asks for my approval, my incidents, the others and what is due; and a way to declare."""
    number = world.to_approval()
    world.message("step/R1/promote", number)
    assert "*Promote the replica*: your approval. <http" in home(world, BOB, "your approval")
    alice = home(world, ALICE, f"INC-{number}")
    assert "your approval" not in alice
    assert alice.index("Your incidents") < alice.index("· SEV1 · Database") < alice.index("Other open incidents")
    assert "waiting for Promote the replica: 2 approvals of Bob Tester" in alice
    assert "status update 1: <!date^" in alice
    assert "Nothing." in home(world, FRANK, "Other open incidents")
    view = world.workspace.home(BOB)
    assert view is not None
    assert world.workspace.click_view(BOB, view, "control:declare").ok
    assert world.opened(BOB)["title"]["text"] == "Declare an incident"
    world.workspace.close_view(BOB, world.opened(BOB))


def test_a_pushpin_adds_a_message_to_the_timeline(world: SlackWorld) -> None:
    """The message becomes a note with author and link, once, whoever pins it; who pinned it is thanked."""
    number = world.declared()
    channel = world.channel(number)
    ts = world.workspace.say(BOB, channel, "errors & <b> since 3, says <@U0CAROL>")
    for user in (CAROL, ALICE):
        world.workspace.react(user, ts, "pushpin")
    assert world.told(CAROL, channel).startswith("Thank you.")
    assert world.told(ALICE, channel).startswith("Thank you.")
    assert len(world.notes(number)) == 1
    assert world.notes(number)[0].startswith("Bob Tester wrote: errors & <b> since 3, says <@U0CAROL> (http")
    world.workspace.react(BOB, world.workspace.say(BOB, channel, "just a word"), "eyes")
    assert len(world.notes(number)) == 1


def test_somebody_whom_the_plan_does_not_name_is_noted_by_name(world: SlackWorld) -> None:
    """Slack says what an account is called, to whoever pins or uses the shortcut."""
    number = world.declared()
    channel = world.channel(number)
    world.workspace.join(FRANK, channel)
    world.workspace.react(BOB, world.workspace.say(FRANK, channel, "the lights are out"), "pushpin")
    assert world.told(BOB, channel).startswith("Thank you.")
    assert world.workspace.shortcut(CAROL, "add_to_timeline", world.workspace.say(FRANK, channel, "and on again")).ok
    assert world.told(CAROL, channel).startswith("Thank you.")
    assert [note.partition(" wrote:")[0] for note in world.notes(number)] == ["Frank Fuller", "Frank Fuller"]


def test_the_shortcut_does_the_same(world: SlackWorld) -> None:
    """In an incident's channel it adds the message; elsewhere it says why not."""
    number = world.declared()
    ts = world.workspace.say(BOB, world.channel(number), "the disk is full")
    assert world.workspace.shortcut(CAROL, "add_to_timeline", ts).ok
    assert world.told(CAROL, world.channel(number)).startswith("Thank you.")
    assert world.notes(number)[0].startswith("Bob Tester wrote: the disk is full (http")
    before = len(world.workspace.ephemeral(ONCALL, CAROL))
    elsewhere = world.workspace.say(BOB, ONCALL, "hello")
    assert world.workspace.shortcut(CAROL, "add_to_timeline", elsewhere).ok
    assert world.told(CAROL, before=before).startswith("This is no incident's channel")


def test_a_long_message_is_cut_and_says_so(world: SlackWorld) -> None:
    """A note holds what fits, with the author and the link."""
    number = world.declared()
    ts = world.workspace.say(BOB, world.channel(number), "word " * 900)
    assert world.workspace.shortcut(CAROL, "add_to_timeline", ts).ok
    world.waited(lambda: world.notes(number), "no note")
    note = world.notes(number)[0]
    assert "… (cut) (http" in note
    assert len(note) <= 3000


def test_the_shortcut_needs_nothing_of_slack(world: SlackWorld) -> None:
    """Slack answers no call: the note is recorded before the acknowledgement all the same."""
    number = world.declared()
    ts = world.workspace.say(BOB, world.channel(number), "Orders fail since 03:02.")
    world.workspace.faults.add("status", "conversations.*")
    world.workspace.faults.add("status", "chat.getPermalink")
    try:
        assert world.workspace.shortcut(CAROL, "add_to_timeline", ts).ok
        assert any("Orders fail since 03:02." in note for note in world.notes(number))
    finally:
        world.workspace.faults.clear()


def test_who_cannot_be_answered_in_the_channel_gets_a_direct_message(world: SlackWorld) -> None:
    """Where Slack refuses to tell somebody there, as when the bot was taken out of it."""
    number = world.declared()
    ts = world.workspace.say(BOB, world.channel(number), "Orders fail since 03:02.")
    world.workspace.faults.add("error", "chat.postEphemeral", error="user_not_in_channel")
    try:
        world.workspace.react(CAROL, ts, "pushpin")
        direct = lambda: [it for it in world.workspace.channel(CAROL).messages.values() if "Thank you." in it.text]  # noqa: E731
        world.waited(direct, "she was not told")
    finally:
        world.workspace.faults.clear()


def test_a_pin_that_can_not_be_read_is_said(world: SlackWorld) -> None:
    """The person is told that nothing was added, and how to add it."""
    number = world.declared()
    channel = world.channel(number)
    ts = world.workspace.say(BOB, channel, "Orders fail since 03:02.")
    world.workspace.faults.add("error", "conversations.history", error="missing_scope")
    try:
        world.workspace.react(CAROL, ts, "pushpin")
        world.waited(
            lambda: any("missing_scope" in m["text"] for m in world.workspace.ephemeral(channel, CAROL)), "nothing said"
        )
    finally:
        world.workspace.faults.clear()
    assert world.notes(number) == []


def test_a_pin_is_not_lost_without_a_word_while_slack_is_slow(world: SlackWorld) -> None:
    """Who pinned it is told that nothing was added; a guest's pin counts nothing, and that is not answered."""
    number = world.declared()
    channel = world.channel(number)
    world.workspace.join(FRANK, channel)
    ts = world.workspace.say(BOB, channel, "Orders fail since 03:02.")
    world.front.members._known.pop(FRANK, None)
    world.workspace.faults.add("error", "users.info", error="internal_error")
    try:
        world.workspace.react(FRANK, ts, "pushpin")
        assert world.told(FRANK, channel).startswith("Slack could not say who you are")
    finally:
        world.workspace.faults.clear()
    assert world.notes(number) == []


def test_a_guest_is_told_in_the_home_tab_why_it_is_empty(world: SlackWorld) -> None:
    """Instead of a page that never comes."""
    world.workspace.person(ERIN).is_restricted = True
    try:
        world.front.members.check_now(ERIN)
    except Refused:
        assert "This account is a guest" in home(world, ERIN, "guest")
    finally:
        world.workspace.person(ERIN).is_restricted = False
        world.front.members.check_now(ERIN)


def test_what_somebody_outside_the_plan_declares_is_theirs(world: SlackWorld) -> None:
    """In the home tab it stands under their incidents."""
    world.dr("declare sev1 database the lights are out", user=FRANK)
    (row,) = world.lab.desk.incidents()
    shown = home(world, FRANK, row.id)
    assert shown.index("Your incidents") < shown.index(row.id) < shown.index("Other open incidents")


def test_who_is_not_in_the_plan_subscribes_in_slack(world: SlackWorld) -> None:
    """Subscribe below the announcement is for any full member: the updates come as direct messages of the bot."""
    number = world.declared()
    assert world.press(FRANK, "announcement", "subscribe", number).ok
    world.heard(FRANK, f"The updates of *INC-{number}* come by direct message.", "#incidents")
    world.dr("update it gets better", channel=world.channel(number))
    world.waited(lambda: "it gets better" in json.dumps(world.workspace.messages(FRANK)), "no update came")


def test_a_private_incident_is_hidden_from_who_is_not_in_it(world: SlackWorld) -> None:
    """Whoever is no person of the plan can neither read nor write it from another channel; it is as if there were none."""
    number = world.declared(private=True)
    for words in ("show", "timeline", "note hello"):
        said = world.dr(f"INC-{number} {words}", user=FRANK)
        assert f"There is no incident INC-{number}" in said
    assert world.notes(number) == []


def test_the_oldest_of_many_incidents_still_waits_for_me(world: SlackWorld) -> None:
    """However many came after it."""
    number = world.to_approval()
    for later in range(15):
        declare = c.Declare(
            actor=world.lab.actor("alice"), number=0, title=f"it {later}", severity="sev2", systems=("orders",)
        )
        world.lab.desk.declare(declare, key=f"key-{next(world.lab.numbers)}")
    assert home(world, BOB, f"*INC-{number}* · *Promote the replica*: your approval")


def test_an_alert_without_a_text_is_noted_with_what_it_shows(world: SlackWorld) -> None:
    """Monitoring writes into attachments and blocks."""
    attached = {"text": "", "attachments": [{"fallback": "ALERT: replication lag 40 min"}]}
    rows = [{"type": "rich_text_section", "elements": [{"type": "text", "text": "Orders fail"}]}]
    blocks = {"blocks": [{"type": "rich_text", "elements": rows}]}
    assert said_in(attached) == "ALERT: replication lag 40 min"
    assert said_in(blocks) == "Orders fail"
    assert said_in({**attached, "text": "as it is"}) == "as it is"
