"""Declaring in Slack: by the form and in one line."""

import json

import pytest

from bot.domain import commands as c
from tests.integration.slack.world import ALICE, BOB, CAROL, FRANK, ONCALL, SlackWorld


def newest(world: SlackWorld) -> int:
    """The number of the incident that was declared last; 0 where there is none."""
    return max((row.number for row in world.lab.desk.incidents(ended=True)), default=0)


def test_one_line_declares_and_says_where_it_goes_on(world: SlackWorld) -> None:
    """A line with severity, system and title declares at once; then the channel is named to the declarer alone."""
    said = world.dr("declare sev1 database us-west-2 is down --yes")
    number = newest(world)
    assert said.startswith(f"Declared *INC-{number}* (SEV1).")
    channel = world.channel(number)
    world.heard(ALICE, f"*INC-{number}* goes on in <#{channel}>.")
    incident = world.incident(number)
    assert (incident.title, incident.commander, incident.systems) == ("us-west-2 is down", "alice", ("database",))
    assert ALICE in world.workspace.channel(channel).members


def test_the_line_takes_options_and_either_order(world: SlackWorld) -> None:
    """System and severity may change places; options stand anywhere; a telephone's dash is read as two hyphens."""
    world.dr("declare database,orders SEV2 both \u2014since 10m are slow --drill staging --private --yes")
    incident = world.incident(newest(world))
    assert (incident.title, incident.severity, incident.systems) == ("both are slow", "sev2", ("database", "orders"))
    assert (incident.drill, incident.environment, incident.private) == (True, "staging", True)
    assert (incident.declared_at - incident.since).total_seconds() // 60 == 10


def test_the_form_declares(world: SlackWorld) -> None:
    """The form's fields become the incident, and the runbook that was chosen starts."""
    form = world.form("declare")
    labels = [block["label"]["text"] for block in form["blocks"] if block["type"] == "input"]
    assert labels == ["Title", "System", "Severity", "Since when?", "Runbook", "What do you see?", "Drill", "Private"]
    assert form["submit"]["text"] == "Declare"
    values = {"title": "It is slow", "system": "orders", "severity": "sev2", "since": "10m", "description": "a\nb"}
    sent = world.submit(ALICE, form, **values, runbook="failover")
    assert sent.ok, sent
    incident = world.incident(newest(world))
    assert (incident.title, incident.severity, incident.description) == ("It is slow", "sev2", "a\nb")
    assert (incident.declared_at - incident.since).total_seconds() // 60 == 10
    assert [run.runbook.id for run in incident.runs.values()] == ["failover"]
    world.heard(ALICE, f"Declared *{incident.id}*")


def test_a_short_line_fills_the_form(world: SlackWorld) -> None:
    """What is missing in the line is asked for, and what was said stands in the form already."""
    form = json.dumps(world.form("declare sev2 orders"))
    assert '"initial_option": {"text": {"type": "plain_text", "text": "Orders"' in form
    assert "SEV2: Degraded" in form
    world.workspace.close_view(ALICE, world.opened(ALICE))


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"since": "tomorrow"}, "since", "is no moment"),
        ({"since": "2099-01-01"}, "since", "can't begin in the future"),
        ({"title": "\u202e \u200b"}, "title", "The title is empty"),
    ],
)
def test_an_error_stands_at_its_field(world: SlackWorld, values: dict[str, str], field: str, reason: str) -> None:
    """The form stays open with a line at the field that is wrong, and nothing is declared."""
    before = newest(world)
    form = world.form("declare")
    given = {"title": "t", "system": "database", "severity": "sev1", **values}
    sent = world.submit(ALICE, form, **given)
    assert list(sent.errors) == [field]
    assert reason in sent.errors[field]
    assert newest(world) == before
    world.workspace.close_view(ALICE, form)


def test_a_system_with_an_open_incident_asks_first(world: SlackWorld) -> None:
    """The line is answered with what is open and a button; pressing it twice declares one more."""
    open_one = world.declared("the first", system="orders")
    before = len(world.workspace.ephemeral(ONCALL, BOB))
    said = world.dr("declare sev1 orders the second", user=BOB)
    assert f"INC-{open_one} is open already for Orders" in said
    asked = world.workspace.ephemeral(ONCALL, BOB)[before]
    assert "Declare all the same" in json.dumps(asked)
    assert newest(world) == open_one
    for _ in range(2):
        assert world.workspace.click(BOB, asked["ts"], "control:declare_anyway").ok
    world.waited(lambda: newest(world) > open_one, "nothing was declared")
    world.told(BOB, before=before + 2)
    assert newest(world) == open_one + 1
    assert world.incident(newest(world)).title == "the second"


def test_what_somebody_may_not_know_of_is_not_asked_about(world: SlackWorld) -> None:
    """A private incident stays unknown to who is not in the plan, and a drill is no reason not to declare in earnest."""
    world.declared("hush", system="orders", private=True)
    world.declared("a rehearsal", drill=True, environment="staging")
    for user, system in ((FRANK, "orders"), (BOB, "database")):
        before = newest(world)
        said = world.dr(f"declare sev1 {system} the lights are out", user=user)
        assert "is open already" not in said
        world.waited(lambda before=before: newest(world) > before, "nothing was declared")  # type: ignore[misc]


def test_a_resolved_incident_is_not_called_open(world: SlackWorld) -> None:
    """Whoever declares the next one is told how the last one stands."""
    number = world.declared("the first", system="orders")
    world.lab.give(world.incident(number), c.Resolve, "alice")
    said = world.dr("declare sev1 orders it is down again", user=BOB)
    assert f"INC-{number} is resolved and not closed yet for Orders: the first." in said


def test_the_form_asks_first_too(world: SlackWorld) -> None:
    """The form stays, names what is open, and its button says what it would do now."""
    open_one = world.declared("the first", system="orders")
    form = world.form("declare", user=CAROL)
    values = {"title": "the second", "system": "orders", "severity": "sev1"}
    world.submit(CAROL, form, **values)
    form = world.opened(CAROL)
    assert form["submit"]["text"] == "Declare all the same"
    assert f"*INC-{open_one}* is open already" in json.dumps(form)
    assert newest(world) == open_one
    assert world.submit(CAROL, form).ok
    assert world.incident(newest(world)).title == "the second"


def test_two_submits_of_one_form_are_one_incident(world: SlackWorld) -> None:
    """A form that is submitted twice, because the first answer got lost, declares once."""
    before = newest(world)
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": "declare",
        "private_metadata": "{}",
        "blocks": [{"type": "input", "block_id": "title"}],
        "state": {
            "values": {
                "title": {"text": {"value": "twice"}},
                "system": {"choice": {"selected_option": {"value": "database"}}},
                "severity": {"choice": {"selected_option": {"value": "sev1"}}},
            }
        },
    }
    asked = json.dumps({"asked": [row.id for row in world.lab.desk.incidents()]})
    body = world.body("view_submission", ALICE, view={**view, "private_metadata": asked})
    assert [world.send(body).status for _ in range(2)] == [200, 200]
    assert newest(world) == before + 1


def test_a_runbook_that_is_refused_leaves_the_incident(world: SlackWorld) -> None:
    """What was declared stays declared, and the reason why its runbook did not start is told."""
    said = world.dr("declare sev1 orders no backup is named --runbook restore --yes")
    assert "Its runbook was not started: The input backup (Which backup?) is missing." in said
    assert world.incident(newest(world)).title == "no backup is named"


def test_who_is_not_in_the_plan_is_let_in_to_what_they_declare(world: SlackWorld) -> None:
    """A full member may declare: they are in the channel before they are told so, and are named where it is announced."""
    world.dr("declare sev1 database it is down --yes", user=FRANK)
    number = newest(world)
    channel = world.channel(number)
    world.heard(FRANK, f"*INC-{number}* goes on in <#{channel}>. You are in it.")
    assert FRANK in world.workspace.channel(channel).members
    announced = json.dumps(world.message("announcement", number)["blocks"])
    assert "Declared by " in announced
    assert FRANK in announced
    assert "nobody" not in announced


def test_who_declares_a_secret_is_not_shut_out_of_it(world: SlackWorld) -> None:
    """Whoever declared a private incident is in its channel and sees it in lists, though the plan does not name them."""
    world.dr("declare sev1 database the leak --private --yes", user=FRANK)
    number = newest(world)
    channel = world.channel(number)
    world.heard(FRANK, f"*INC-{number}* goes on in <#{channel}>. You are in it.")
    assert FRANK in world.workspace.channel(channel).members
    assert "the leak" in world.dr("list", user=FRANK)
    assert "There is no incident" not in world.dr(f"INC-{number} timeline", user=FRANK)


def test_why_there_is_no_channel_is_said(world: SlackWorld) -> None:
    """Where Slack lets the bot make none, the declarer hears which scope is missing, and it is announced all the same."""
    world.workspace.remove_scope("channels:manage")
    try:
        world.dr("declare sev1 database it is down --yes")
        number = newest(world)
        world.heard(ALICE, f"The channel of *INC-{number}* is not there yet: Slack refused conversations.create")
        world.heard(ALICE, "missing")
        assert world.incident(number).channel is None
        assert world.message("announcement", number)
    finally:
        world.workspace.add_scope("channels:manage")
    world.channel(number)


def test_a_private_incident_is_hidden_from_others(world: SlackWorld) -> None:
    """It is not announced, and whoever is not in the recovery plan neither lists it nor reads its title."""
    number = world.declared("the secret", private=True)
    world.message("card", number)
    assert "the secret" not in json.dumps(world.workspace.messages("C0INCIDENTS"))
    assert "the secret" in world.dr("list", user=ALICE)
    assert "the secret" not in world.dr("list", user=FRANK)
    assert "the secret" not in world.dr("declare sev1 database the same", user=FRANK)
