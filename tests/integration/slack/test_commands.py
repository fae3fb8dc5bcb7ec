"""What people type behind /dr, and what they are answered."""

import pytest

from bot.slack.subcommands.registry import SUBCOMMANDS
from tests.integration.slack.world import ALICE, BOB, CAROL, DAVE, FRANK, ONCALL, SlackWorld


def test_help_names_every_subcommand(world: SlackWorld) -> None:
    """The help is made from the registry, each usage in code, short enough for one message."""
    text = world.dr("help")
    for subcommand in SUBCOMMANDS.values():
        assert f"`/dr {subcommand.usage}`" in text
        assert subcommand.summary in text
    assert len(text) < 4000
    assert world.dr("help note").startswith("`/dr note TEXT…`")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("decalre sev1", "There is no subcommand decalre. Did you mean `/dr declare`?"),
        ("xyzzy", "There is no subcommand xyzzy. All there are: `/dr help`"),
        ("pause", "No incident is open. Declare one: `/dr declare`"),
        ("INC-999 status", "There is no incident INC-999. List them with: `/dr list`."),
        ("declare sev9 database it is down", "There is no severity sev9. Did you mean sev1 or sev2?"),
        ("declare sev1 databse it is down", "The recovery plan has no system databse. Did you mean database?"),
        ("declare sev1 database it is down --what", "There is no option --what here."),
        ("declare sev1 database it is down --since soon", "'soon' is no moment."),
        ("declare sev1 database it is down --runbook failovr", "No runbook failovr is loaded. Did you mean failover?"),
        ("list", "No incident is open. Declare one with `/dr declare`."),
        ("status", "No incident is open. Declare one with `/dr declare`."),
    ],
)
def test_what_cannot_be_done_says_what_can(world: SlackWorld, line: str, answer: str) -> None:
    """One line says what is wrong and what to do next, in Slack's words."""
    assert world.dr(line).startswith(answer)


def test_an_incident_that_is_open_is_the_example(world: SlackWorld) -> None:
    """Nobody is led to one that is not there."""
    number = world.declared()
    assert world.dr("pause") == f"Which incident? Say it in its channel, or name it first: `/dr INC-{number} show`"


def test_the_menu_has_buttons(world: SlackWorld) -> None:
    """/dr alone shows what can be done here, with buttons that do it."""
    before = len(world.workspace.ephemeral(ONCALL, ALICE))
    assert world.dr("") == "What can be done here"
    menu = world.workspace.ephemeral(ONCALL, ALICE)[before]
    assert world.workspace.click(ALICE, menu["ts"], "control:list").ok
    assert world.told(ALICE, before=before + 1).startswith("No incident is open.")
    assert world.workspace.click(ALICE, menu["ts"], "control:declare").ok
    assert world.opened(ALICE)["title"]["text"] == "Declare an incident"
    world.workspace.close_view(ALICE, world.opened(ALICE))


def test_an_incident_is_named_by_its_channel_or_by_its_id(world: SlackWorld) -> None:
    """In its channel without a name; elsewhere with INC-7 before or behind the verb; a note may speak of another one."""
    number, other = world.declared(), world.declared("another", system="orders")
    channel = world.channel(number)
    assert world.dr("pause", channel=channel).startswith(f"INC-{number} has no run that goes on.")
    assert world.dr("note it is the disk", channel=channel) == f"Noted in the timeline of *INC-{number}*."
    assert world.dr(f"INC-{number} note seen from afar") == f"Noted in the timeline of *INC-{number}*."
    assert world.dr(f"note inc-{number} and again") == f"Noted in the timeline of *INC-{number}*."
    assert (
        world.dr(f"note INC-{other} may be the cause", channel=channel) == f"Noted in the timeline of *INC-{number}*."
    )
    assert world.dr(f"severity INC-{other} sev2", channel=channel) == f"*INC-{other}* is SEV2."
    assert world.notes(number) == ["it is the disk", "seen from afar", "and again", f"INC-{other} may be the cause"]
    assert f"*INC-{number}* · SEV1" in world.dr("list")


def test_what_slack_escapes_is_kept_as_it_was_typed(world: SlackWorld) -> None:
    """Entities, mentions, channels and links in a text become what people read."""
    number = world.declared()
    body = {
        "command": "/dr",
        "text": "note a &lt;b&gt; &amp;amp; <@U0BOB|bob> in <#C0OPS|ops> <!here> <https://x.example/?a=1&amp;b|x> <@U9ZZZ|zed>",
        "user_id": ALICE,
        "team_id": "T0DR",
        "channel_id": world.channel(number),
        "trigger_id": "1.2.3",
    }
    assert world.send(body).status == 200
    assert world.notes(number)[-1] == "a <b> &amp; @Bob Tester in #ops @here https://x.example/?a=1&amp;b @zed"


def test_the_same_command_counts_once(world: SlackWorld) -> None:
    """A command that is delivered twice is recorded once."""
    number = world.declared()
    body = {"command": "/dr", "text": "note once", "user_id": ALICE, "channel_id": world.channel(number)}
    for _ in range(2):
        assert world.send({**body, "trigger_id": "7.7.7", "team_id": "T0DR"}).status == 200
    assert world.types(number).count("NoteAdded") == 1


def test_roles_severity_and_updates(world: SlackWorld) -> None:
    """The words of `dr`, in the channel."""
    number = world.declared()
    channel = world.channel(number)

    def say(line: str, user: str = ALICE) -> str:
        return world.dr(line, user=user, channel=channel)

    assert say("assign deputy bob") == f"Bob Tester is deputy of *INC-{number}*."
    assert say("assign scribe me") == f"Alice Tester is scribe of *INC-{number}*."
    assert say("assign scribe nobody") == f"Nobody is scribe of *INC-{number}*."
    assert say("assign pilot bob").startswith("There is no role pilot.")
    assert say("severity sev2 --reason “reads work again”", BOB) == f"*INC-{number}* is SEV2."
    assert say("severity sev1", CAROL).startswith("This is for the incident commander Alice Tester or the deputy.")
    assert say("snooze 15m --reason it ends soon").startswith("It is not due before that anyway. The next is due")
    assert say("snooze 70m --reason it ends soon").startswith("Put off. The next is due")
    assert say("snooze 15m") == ("Why does the update wait? Give a reason: `/dr snooze 15m waiting for the provider`")
    assert say("snooze x").startswith("'x' is not a duration.")
    assert say("update it gets better").startswith(f"Update 1 of *INC-{number}* is posted.")
    assert "it gets better" in world.incident(number).updates.last_text
    assert say("subscribe").startswith("Subscribed.")
    assert say("acknowledge").startswith("Acknowledged.")
    assert say("mitigate").startswith(f"*INC-{number}* is mitigated after")
    assert say("resolve the replica serves").startswith(f"*INC-{number}* is resolved after")
    assert world.incident(number).resolution == {"resolution": "the replica serves"}
    assert say("close") == f"*INC-{number}* is closed."
    assert say("reopen --reason it is back") == f"*INC-{number}* is active."
    assert say("cancel it was none") == f"*INC-{number}* is canceled."


def test_steps_by_their_words(world: SlackWorld) -> None:
    """Runs and steps can be typed as they can be clicked; approving wants the digest of what was read."""
    number = world.declared()
    channel = world.channel(number)

    def say(line: str, user: str = ALICE) -> str:
        return world.dr(line, user=user, channel=channel)

    assert say("start failover") == "Started R1: Fail over, for Database, 3 steps."
    assert say("done assess").startswith("`assess` is completed.")
    world.wait("promote", "pending_approval", number=number)
    assert say("show promote", BOB).startswith(f"INC-{number} · 2 · Promote the replica")
    assert "*Approve* stands below it" in say("approve promote", BOB)
    digest = world.step("promote", number=number).digest
    assert say("approve promote --digest 12", BOB).startswith("'12' is too short.")
    assert say("approve promote --digest 1234567890", BOB).startswith("The plan has changed since you saw it.")
    assert "You declared it." in say(f"approve promote --digest {digest}")
    assert say(f"approve promote --digest {digest[:8]}", BOB).startswith("Approved. One more of Carol Tester")
    assert say("withdraw promote", BOB).startswith("Withdrawn. Two more of")
    assert say("decline promote the primary comes back", CAROL).startswith("Declined. `promote` waits until")
    assert say("retry promote", CAROL) == "`promote` is started."
    world.wait("promote", "pending_approval", number=number)
    assert say("skip promote it is not needed", CAROL).startswith("Recorded. 1 of 2 say so; one more of")
    assert say("skip promote it is not needed", DAVE) == "`promote` is skipped."
    assert say("settle promote happened", CAROL).startswith("promote is skipped: there is nothing to settle.")
    assert say("settle promote perhaps", CAROL).startswith("What became of the call?")
    assert say("undo assess it was wrong", CAROL) == "assess did nothing that the bot could undo."
    assert say("pause") == f"R1 of *INC-{number}* is paused."
    assert say("resume R1").startswith(f"R1 of *INC-{number}* is resumed.")
    assert say("pause wait for legal") == f"R1 of *INC-{number}* is paused."
    assert "wait for legal" in say("timeline")
    assert say("resume").startswith(f"R1 of *INC-{number}* is resumed.")
    assert say("stop wrong runbook").startswith(f"INC-{number} has no run WRONG")
    assert say("stop R1 wrong runbook") == f"R1 of *INC-{number}* is stopped."


def test_the_timeline_in_short(world: SlackWorld) -> None:
    """The last ten events, each with its moment and its author, and the way to all of them."""
    number = world.declared()
    world.message("initial_notification", number)  # the bot adds nothing more
    said = world.dr(f"INC-{number} timeline")
    assert "Alice Tester: declared sev1: it is down" in said
    assert f"channel <#{world.channel(number)}> opened" in said
    assert said.startswith("<!date^")
    world.dr(f"INC-{number} note I see it too", user=FRANK)
    assert f"<@{FRANK}>: note: I see it too" in world.dr(f"INC-{number} timeline")
    for n in range(12):
        world.dr(f"INC-{number} note number {n}", user=BOB)
    lines = world.dr("timeline", channel=world.channel(number)).splitlines()
    assert len(lines) == 11
    assert lines[9].endswith("Bob Tester: note: number 11")
    assert f"`dr show INC-{number} --timeline` in the terminal." in lines[10]
    assert world.dr("INC-999 timeline").startswith("There is no incident INC-999.")


def test_inputs_and_parameters(world: SlackWorld) -> None:
    """A runbook's inputs are given by name; one that is missing is asked for in a form."""
    number = world.declared(system="orders")
    channel = world.channel(number)
    assert world.dr("start restore --input backup=9x", channel=channel).startswith("The input backup:")
    assert world.dr("start restore --input bakup=b1", channel=channel).startswith("restore has no input bakup.")
    form = world.form("start restore", channel=channel)
    assert [block.get("block_id") for block in form["blocks"] if block["type"] == "input"] == [
        "input:backup",
        "input:copies",
    ]
    world.workspace.close_view(ALICE, form)
    assert world.dr("start restore --input backup=b1 --input copies=2", channel=channel).startswith("Started R1")
    assert world.incident(number).runs["R1"].inputs == {"backup": "b1", "copies": 2}


def test_anybody_may_declare_and_note_but_not_command(world: SlackWorld) -> None:
    """A full member whom the recovery plan does not name declares, notes, and is told what is not for them."""
    before = len(world.workspace.ephemeral(ONCALL, FRANK))
    assert world.dr("declare sev1 orders it is down", user=FRANK).startswith("Declared *INC-")
    world.told(FRANK, before=before + 1)  # where it goes on, which comes later
    number = max(row.number for row in world.lab.desk.incidents())
    assert world.incident(number).commander is None
    assert world.dr(f"INC-{number} note from me", user=FRANK).startswith("Noted")
    refused = world.dr(f"INC-{number} mitigate", user=FRANK)
    assert refused.startswith("This is for the people named in the recovery plan, and you are not one of them.")
    recorded = world.lab.desk.timeline(f"INC-{number}")[0]
    assert (recorded.actor.person, recorded.actor.slack, recorded.actor.via) == (None, FRANK, "slack")


@pytest.mark.parametrize("account", ["U0GUEST", "U0SINGLE"])
def test_guests_can_do_nothing(world: SlackWorld, account: str) -> None:
    """A guest's words count nothing, and they are told so."""
    before = len(world.lab.desk.incidents(ended=True))
    assert "This account is a guest. This does not count." in world.dr("declare sev1 orders it is down", user=account)
    assert len(world.lab.desk.incidents(ended=True)) == before


@pytest.mark.parametrize(
    "words", ["mitigate not yet, bob still checks", "subscribe @bob", "acknowledge nothing at all"]
)
def test_words_that_a_command_does_not_take_stop_it(world: SlackWorld, words: str) -> None:
    """Somebody meant something else: nothing is done, and it is said where words go."""
    number = world.declared()
    before = len(world.lab.desk.timeline(f"INC-{number}"))
    said = world.dr(words, channel=world.channel(number))
    assert "takes no words. Nothing was done." in said
    assert "/dr note" in said
    assert not any(row.actor.slack for row in world.lab.desk.timeline(f"INC-{number}")[before:])
