"""An incident as a whole: declare, roles, severity, and its way to closed."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.timeline import Actor
from bot.domain.transitions import IncidentState, StepState
from tests.unit.builders import START, UNKNOWN, Story, action, by, check, manual, recovery_plan, underway


def declaring(**fields: Any) -> c.Declare:
    given = {"number": 7, "title": "It is down", "severity": "sev1", "systems": ("database",), **fields}
    return c.Declare(**{"actor": by("alice"), **given})


# --- declare ----------------------------------------------------------------------------------------------------------


def test_declarer_of_the_plan_commands() -> None:
    """Whoever declares and is in the recovery plan is the commander; a stranger is not, and there is none."""
    assert Story().declare("alice").incident.commander == "alice"
    story = Story()
    story.give(declaring(actor=Actor(slack="U0GUEST", via="slack")))
    assert (story.incident.commander, story.incident.declarer) == (None, None)


def test_strictest_objectives_count() -> None:
    """Of several systems the shortest recovery time and the least lost data count, wherever they come from."""
    incident = Story().declare(systems=("database", "payments", "orders", "database")).incident
    assert incident.systems == ("database", "payments", "orders")
    assert (incident.rto, incident.rpo) == (timedelta(minutes=30), timedelta(minutes=5))


def test_since_is_when_it_began() -> None:
    """The clock starts when it began, by default now; it can't begin in the future."""
    earlier = START - timedelta(minutes=10)
    assert Story().declare(since=earlier).incident.since == earlier
    assert Story().declare().incident.since == START
    assert "future" in Story().refusal(declaring(since=START + timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"title": "  "}, "title is empty"),
        ({"title": "\u202e\u200b"}, "title is empty"),
        ({"title": "x" * 201}, "at most 200"),
        ({"severity": "sev11"}, "Did you mean sev1?"),
        ({"systems": ()}, "No system is named"),
        ({"systems": ("databse",)}, "Did you mean database?"),
        ({"environment": "prod"}, "Known are: production, staging"),
        ({"drill": True}, "can't run in production"),
        ({"description": "x" * 3001}, "at most 3000"),
    ],
)
def test_declare_refuses_what_can_not_be(fields: dict[str, Any], says: str) -> None:
    """Every field that does not fit is refused by name, with what to do."""
    assert says in Story().refusal(declaring(**fields))


def test_text_keeps_to_one_line() -> None:
    """Control and direction characters and line breaks in a title become single blanks."""
    assert Story().declare(title=" a\r\n\x1b[31mb\u202ec ").incident.title == "a [31mb c"


def test_declared_twice_is_refused() -> None:
    """A number is declared once."""
    assert "declared already" in Story().declare().refusal(declaring())


def test_nothing_happens_without_an_incident() -> None:
    """Every command but declare says that there is none."""
    assert "no such incident" in Story().refusal(c.Note(actor=by("alice"), text="Hello."))
    assert "no such incident" in Story().refusal(c.Done(actor=by("alice"), run="R1", step="a"))


# --- roles, severity, notes -------------------------------------------------------------------------------------------


def test_roles_are_given_and_taken() -> None:
    """Any of the plan's people gives a role to one of them, or leaves it empty; never twice the same."""
    story = Story().declare()
    story.give(c.Assign(actor=by("frank"), role="commander", person="bob"))
    assert story.incident.commander == "bob"
    assert "already" in story.refusal(c.Assign(actor=by("frank"), role="commander", person="bob"))
    assert "Did you mean bob?" in story.refusal(c.Assign(actor=by("frank"), role="deputy", person="bobb"))
    story.give(c.Assign(actor=by("frank"), role="commander", person=None))
    assert story.incident.commander is None


def test_commander_who_left_the_plan_is_still_named() -> None:
    """A recovery plan that no longer knows the commander does not hide who it is."""
    story = Story().declare()
    people = recovery_plan().model_dump(mode="json", by_alias=True)["people"]
    del people["alice"]
    teams = {"approvers": {"members": ["bob"]}, "leads": {"members": ["bob"]}}
    story.plan = recovery_plan(people=people, teams=teams)
    assert "alice" in story.refusal(c.Mitigate(actor=by("bob")))


def test_severity_changes_the_rhythm() -> None:
    """A severity brings its own rhythm of updates; the same one again is refused."""
    story = Story().declare()
    story.give(c.SetSeverity(actor=by("alice"), severity="sev3"))
    assert story.incident.updates.every == timedelta(hours=2)
    story.give(c.SetSeverity(actor=by("alice"), severity="sev4"))
    assert story.incident.updates.every is None
    assert "already" in story.refusal(c.SetSeverity(actor=by("alice"), severity="sev4"))


def test_notes_are_cleaned_and_counted() -> None:
    """A note is kept as one line; an empty or a huge one is refused."""
    story = Story().declare()
    story.give(c.Note(actor=by("frank"), text="Seen.\nAgain."))
    assert story.incident.notes == 1
    assert story.refusal(c.Note(actor=by("frank"), text=" "))
    assert story.refusal(c.Note(actor=by("frank"), text="x" * 4000))


@pytest.mark.parametrize("kind", [c.Pause, c.Stop])
def test_reasons_have_an_end(kind: type[c.Command]) -> None:
    """A reason that may be left out can't be endless either."""
    story = underway(manual("a"))
    assert "at most" in story.refusal(kind(actor=by("alice"), run="R1", reason="x" * 4000))  # type: ignore[call-arg]


def test_people_subscribe_and_acknowledge_once() -> None:
    """Updates go to people of the plan, and to accounts that are nobody's there; doing it twice is refused."""
    story = Story().declare()
    for kind in (c.Subscribe, c.Acknowledge):
        story.give(kind(actor=by("bob")))
        assert "already" in story.refusal(kind(actor=by("bob")))
    frank = Actor(slack="U0FRANK", via="slack")
    story.give(c.Subscribe(actor=frank))
    assert [reader.account for reader in story.incident.readers] == ["U0FRANK"]
    assert "already" in story.refusal(c.Subscribe(actor=frank))
    assert "not one of them" in story.refusal(c.Subscribe(actor=Actor(via="cli")))


def test_deliveries_are_remembered() -> None:
    """Who was told what is state: nobody is told twice by the runbook. A failure tells nobody."""
    story = Story().declare()
    common: dict[str, Any] = {"delivery": "D1", "channel": "email", "template": "initial_notification"}
    assert story.types(c.RecordDelivery(person="bob", **common)) == ["NotificationSent"]
    assert story.types(c.RecordDelivery(person="carol", failure="Mailbox full.", **common)) == ["NotificationFailed"]
    assert story.incident.told == {"initial_notification": {"bob"}}


# --- to the end -------------------------------------------------------------------------------------------------------


def test_resolving_from_active_mitigates_first() -> None:
    """The recovery clock stops at the latest when the incident is resolved."""
    story = Story().declare()
    story.later(minutes=5)
    assert story.types(c.Resolve(actor=by("alice"), text="It is back.")) == ["IncidentMitigated", "IncidentResolved"]
    assert story.incident.mitigated_at == story.now


def test_mitigated_stays_mitigated() -> None:
    """Resolving later does not move the moment at which users were served again."""
    story = Story().declare()
    story.give(c.Mitigate(actor=by("alice")))
    assert "only an active" in story.refusal(c.Mitigate(actor=by("alice")))
    story.later(minutes=5)
    assert story.types(c.Resolve(actor=by("alice"))) == ["IncidentResolved"]
    assert story.incident.mitigated_at == START


def test_closing_needs_a_resolution() -> None:
    """Only a resolved incident is closed, once; a closed one is not canceled."""
    story = Story().declare()
    assert "Resolve it first" in story.refusal(c.Close(actor=by("alice")))
    story.give(c.Resolve(actor=by("alice")))
    assert story.refusal(c.Resolve(actor=by("alice")))
    assert story.refusal(c.Cancel(actor=by("alice"), reason="No."))
    story.give(c.Close(actor=by("alice")))
    assert story.refusal(c.Close(actor=by("alice")))


@pytest.mark.parametrize("ending", [c.Close(actor=by("alice")), c.Cancel(actor=by("alice"), reason="No incident.")])
def test_the_end_stops_what_waits(ending: c.Command) -> None:
    """Closing or canceling stops every run, ends checks, and cancels every step that waits."""
    story = underway(action("a", needs=[]), check("w", needs=[]), manual("m", needs=[]))
    story.begin("w")
    story.show("a")
    if isinstance(ending, c.Close):
        story.give(c.Resolve(actor=by("alice")))
    story.give(ending)
    assert set(story.states().values()) == {"canceled"}
    assert story.run().stopped
    assert "Reopen it first" in story.refusal(c.Done(actor=by("alice"), run="R1", step="m"))


@pytest.mark.parametrize("doubt", [True, False])
def test_nothing_ends_while_a_change_is_under_way(doubt: bool) -> None:
    """While a call runs or is in doubt the incident is neither resolved nor canceled."""
    story = underway(action("a")).launch("a", "bob")
    if doubt:
        story.bot(c.Doubt, "a", reason="It timed out.")
    for command in (c.Resolve(actor=by("alice")), c.Cancel(actor=by("alice"), reason="No incident.")):
        assert ("Settle it" if doubt else "Wait") in story.refusal(command)


def test_resolving_does_not_wait_for_a_watch() -> None:
    """A check that watches for a while only looks: it does not hold up the resolution, and goes on after it."""
    story = underway(check("w"), manual("review"))
    story.begin("w")
    story.look("w", UNKNOWN)
    story.give(c.Resolve(actor=by("alice")))
    assert story.look("w") == ["StepCompleted", "StepReady"]


@pytest.mark.parametrize("road", ["mitigated", "resolved", "closed", "canceled"])
def test_reopening_leads_back_to_active(road: str) -> None:
    """From wherever it is the incident becomes active again: its clock runs on, and its updates are due again."""
    story = Story().declare()
    assert "is active" in story.refusal(c.Reopen(actor=by("bob"), reason="It fails again."))
    for command in {
        "mitigated": (c.Mitigate(actor=by("alice")),),
        "resolved": (c.Resolve(actor=by("alice")),),
        "closed": (c.Resolve(actor=by("alice")), c.Close(actor=by("alice"))),
        "canceled": (c.Cancel(actor=by("alice"), reason="No incident."),),
    }[road]:
        story.give(command)
    story.later(hours=1)
    assert "reason is empty" in story.refusal(c.Reopen(actor=by("bob"), reason=""))
    story.give(c.Reopen(actor=by("bob"), reason="It fails again."))
    incident = story.incident
    assert (incident.state, incident.mitigated_at, incident.ended_at) == (IncidentState.ACTIVE, None, None)
    assert incident.updates.anchor == story.now


def test_reopened_incident_goes_on() -> None:
    """Runs that were not stopped go on after a resolution that was too early."""
    story = underway(manual("a"), manual("b"))
    story.give(c.Resolve(actor=by("alice")))
    story.give(c.Reopen(actor=by("bob"), reason="It fails again."))
    story.done("a")
    assert story.step("b").state is StepState.READY
