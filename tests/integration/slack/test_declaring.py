"""Declaring in Slack: by the form and in one line."""

from tests.integration.slack.world import ALICE, BOB, CAROL, SlackWorld


def test_one_line_declares_and_says_where_it_goes_on(world: SlackWorld) -> None:
    """A line with severity, system and title declares at once; then the channel is named to the declarer alone."""
    said = world.dr("declare sev1 database us-west-2 is down")
    assert said.startswith("Declared *INC-1* (SEV1).")
    channel = world.channel()
    assert f"<#{channel}>" in world.told(ALICE, before=1)
    incident = world.incident()
    assert (incident.title, incident.commander, incident.systems) == ("us-west-2 is down", "alice", ("database",))
    assert ALICE in world.workspace.channel(channel).members


def test_the_form_declares(world: SlackWorld) -> None:
    """The form's fields become the incident, and the runbook that was chosen starts."""
    form = world.form("declare")
    labels = [block["label"]["text"] for block in form["blocks"] if block["type"] == "input"]
    assert labels == ["Title", "System", "Severity", "Since when?", "Runbook", "What do you see?", "Drill", "Private"]
    assert form["submit"]["text"] == "Declare"
    sent = world.submit(
        ALICE,
        form,
        title="It is slow",
        system="database",
        severity="sev2",
        since="10m",
        runbook="failover",
        description="a\nb",
    )
    assert sent.ok, sent
    incident = world.incident()
    assert (incident.title, incident.severity, incident.description) == ("It is slow", "sev2", "a\nb")
    assert (incident.declared_at - incident.since).total_seconds() // 60 == 10
    assert [run.runbook.id for run in incident.runs.values()] == ["failover"]
    assert "Declared *INC-1*" in world.told(ALICE)


def test_a_click_on_approve_counts(world: SlackWorld) -> None:
    """Two people press Approve below the plan; each is looked up, and then it runs."""
    channel = world.declared()
    assert world.dr("start failover", channel=channel).startswith("Started R1")
    assert world.press(ALICE, "step/R1/assess", "done").ok
    for user, person in ((CAROL, "carol"), (BOB, "bob")):
        assert world.press(user, "step/R1/promote", "approve").ok
        world.waited(lambda person=person: person in world.step("promote").approved_by, f"{person} does not count")
    world.wait("promote", "completed")
    assert world.lab.board.values == {"db": "on"}
