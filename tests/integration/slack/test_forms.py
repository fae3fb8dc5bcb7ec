"""The forms about an incident, and the ways into them."""

import pytest

from bot.domain import commands as c
from tests.integration.slack.world import ALICE, BOB, CAROL, SlackWorld


def test_a_role_is_taken_on_the_card(world: SlackWorld) -> None:
    """The form proposes who opened it and the first role that is free; somebody else may be chosen."""
    number = world.declared()
    assert world.press(BOB, "card", "take_role", number).ok
    assert world.submit(BOB, world.opened(BOB)).ok
    assert world.incident(number).roles["deputy"] == "bob"
    assert world.press(BOB, "card", "take_role", number).ok
    assert world.submit(BOB, world.opened(BOB), role="scribe", person=CAROL).ok
    assert world.incident(number).roles["scribe"] == "carol"
    assert world.press(BOB, "card", "take_role", number).ok
    form = world.opened(BOB)
    assert list(world.submit(BOB, form, role="scribe", person="U0FRANK").errors) == ["person"]
    world.workspace.close_view(BOB, form)


def test_the_drafted_update_is_changed_and_posted(world: SlackWorld) -> None:
    """What was changed goes out as it was written, the rest as the bot drafts it; the same number goes out once."""
    number = world.started()
    assert world.press(ALICE, "card", "update_now", number).ok
    assert world.press(BOB, "card", "update_now", number).ok
    forms = {user: world.opened(user) for user in (ALICE, BOB)}
    assert forms[ALICE]["submit"]["text"] == "Post update"
    assert world.submit(ALICE, forms[ALICE], **{"section:current_status": "We look at the disk."}).ok
    posted = world.incident(number).updates
    assert posted.number == 1
    assert "We look at the disk." in posted.last_text
    assert "Progress." in posted.last_text
    late = world.submit(BOB, forms[BOB])
    assert "Update 1 of" in late.errors["section:current_status"]
    world.workspace.close_view(BOB, forms[BOB])
    world.message("update/1", number)


def test_the_drafted_resolution_is_changed(world: SlackWorld) -> None:
    """Only what a person wrote counts as theirs."""
    number = world.declared()
    form = world.form("resolve", channel=world.channel(number))
    assert form["submit"]["text"] == "Resolve"
    assert world.submit(ALICE, form, **{"section:impact": "16 orders were lost."}).ok
    incident = world.incident(number)
    assert incident.state == "resolved"
    assert incident.resolution == {"impact": "16 orders were lost."}


def test_a_runbook_is_chosen_and_then_asks_for_its_inputs(world: SlackWorld) -> None:
    """Where runbooks take inputs, the first form leads to the next, which says at each what is wrong and starts it."""
    number = world.declared(system="orders")
    channel = world.channel(number)
    form = world.form("start", channel=channel)
    assert form["submit"]["text"] == "Next"
    world.submit(ALICE, form, runbook="restore")
    form = world.opened(ALICE)
    assert form["submit"]["text"] == "Start"
    wrong = world.submit(ALICE, form, **{"input:backup": "9 x", "input:copies": "many"})
    assert set(wrong.errors) == {"input:backup", "input:copies"}
    assert world.submit(ALICE, form, **{"input:backup": "b1", "input:copies": "2"}).ok
    assert world.incident(number).runs["R1"].inputs == {"backup": "b1", "copies": 2}
    form = world.form("start", channel=channel)
    world.submit(ALICE, form, runbook="failover")
    assert world.submit(ALICE, world.opened(ALICE)).ok
    assert world.incident(number).runs["R2"].runbook.id == "failover"


def test_an_incident_that_is_over_asks_for_no_inputs(world: SlackWorld) -> None:
    """A form that was opened before it was canceled is refused at its field."""
    number = world.declared(system="orders")
    form = world.form("start", channel=world.channel(number))
    world.lab.give(world.incident(number), c.Cancel, "alice", reason="a false alarm")
    assert "is canceled" in world.submit(ALICE, form, runbook="restore").errors["runbook"]
    world.workspace.close_view(ALICE, form)


def test_a_runbook_without_inputs_is_started_at_once(world: SlackWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nothing more to ask, the first form starts it."""
    number = world.declared()
    runbooks = world.lab.desk.runbooks
    for name, runbook in list(runbooks.items()):
        monkeypatch.setitem(runbooks, name, runbook.model_copy(update={"inputs": {}}))
    form = world.form("start", channel=world.channel(number))
    assert form["submit"]["text"] == "Start"
    assert world.submit(ALICE, form, runbook="restore").ok
    assert world.incident(number).runs["R1"].runbook.id == "restore"


def test_more_leads_to_everything(world: SlackWorld) -> None:
    """A button of the form behind More opens the next form on top of it, or says what it did; then all of them close."""
    number = world.declared()
    assert world.press(ALICE, "card", "more", number).ok
    more = world.opened(ALICE)
    assert world.workspace.click_view(ALICE, more, "control:note").ok
    note = world.opened(ALICE, 2)
    assert world.submit(ALICE, note, note="from the form").ok
    assert world.workspace.views(ALICE) == []
    assert "NoteAdded" in world.types(number)
    assert world.press(ALICE, "card", "more", number).ok
    more = world.opened(ALICE)
    [mitigate] = [block["accessory"] for block in more["blocks"] if "control:mitigate" in str(block)]
    assert mitigate["text"]["text"] == mitigate["confirm"]["confirm"]["text"] == "Mitigate"
    assert "the recovery clock stops" in mitigate["confirm"]["text"]["text"]
    assert world.workspace.click_view(ALICE, more, "control:mitigate").ok
    world.waited(lambda: "is mitigated after" in str(world.workspace.views(ALICE)), "nothing was said")
    world.workspace.close_view(ALICE, world.opened(ALICE), whole=True)


def test_severity_and_the_end_by_forms(world: SlackWorld) -> None:
    """Severity, cancel and reopen ask in a form, and refuse at a field."""
    number = world.declared()
    channel = world.channel(number)
    assert list(world.submit(BOB, world.form("severity", BOB, channel), severity="sev2").errors) == ["severity"]
    world.workspace.close_view(BOB, world.opened(BOB))
    assert world.submit(ALICE, world.form("severity", ALICE, channel), severity="sev2", reason="it reads").ok
    assert world.incident(number).severity == "sev2"
    assert world.submit(ALICE, world.form("cancel", ALICE, channel), reason="it was none").ok
    assert world.incident(number).state == "canceled"
    assert world.submit(BOB, world.form("reopen", BOB, channel), reason="it was one").ok
    assert world.incident(number).state == "active"
