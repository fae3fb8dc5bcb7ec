"""The engine carries runs out on both databases: approvals, one call an attempt, looks, pauses, updates."""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.domain import commands as c
from bot.domain.errors import Refused
from bot.domain.events import UpdatePosted
from tests.integration.lab import Lab, make_lab

FLIP = {"id": "flip", "title": "Flip it", "action": "toy.flip", "with": {"name": "west", "to": "on"}}
CHECK = {"id": "check", "title": "Is it well?", "check": "toy.health", "timeout": "20s"}
RUNBOOKS = {
    "gated": {"steps": [FLIP | {"approval": {"required": 2}}, CHECK]},
    "one": {"steps": [FLIP]},
    "harmless": {"steps": [FLIP | {"action": "toy.harmless"}]},
    "manual": {"steps": [{"id": "look", "title": "Look", "manual": "Look at it."}, FLIP | {"action": "toy.harmless"}]},
    "check": {"steps": [CHECK]},
    "once": {"steps": [CHECK | {"timeout": None}]},
    "bounded": {"steps": [FLIP | {"with": {"name": "west", "to": "on", "bound": 300}}]},
    "quick": {"steps": [FLIP | {"timeout": "1s"}]},
}


def eventually(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether it holds before the time is over."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    lab = make_lab(database_url, tmp_path, itertools.count(1), RUNBOOKS)
    yield lab
    lab.close()


@pytest.fixture
def running(lab: Lab) -> Iterator[Lab]:
    with lab.running():
        yield lab


def test_a_gated_step_is_called_once_after_two_approvals_and_the_next_follows(running: Lab) -> None:
    """Plan shown, two people approve, one call, verified, and the check behind it runs by itself."""
    incident = running.started("gated")
    shown = running.wait(incident, "flip", "pending_approval")
    assert shown.waits_for == ("bob", "carol", "dave", "erin")
    running.approve(incident, "flip", "bob")
    assert running.step(incident, "flip").missing == 1
    assert running.board.calls == []
    running.approve(incident, "flip", "carol")
    done = running.wait(incident, "flip", "completed")
    assert done.attempts[0].approved_by == ("bob", "carol")
    assert running.board.calls == [("west", f"{incident.id}/R1/flip/1")]
    assert running.wait(incident, "check", "completed").finding == "healthy"


def test_an_approval_signed_by_somebody_else_is_thrown_out_before_the_call(running: Lab) -> None:
    """The executor checks each signature against its own plan, whatever the database says."""
    incident = running.started("one")
    running.wait(incident, "flip", "pending_approval")
    running.approve(incident, "flip", "bob", signer="carol")
    assert eventually(lambda: "ApprovalRejected" in running.types(incident))
    assert running.board.calls == []
    assert running.step(incident, "flip").missing == 1


def test_a_changed_world_voids_the_approvals_and_shows_the_new_plan(running: Lab) -> None:
    """What runs is what was approved: the switch was moved in between, so the fresh plan differs."""
    incident = running.started("gated")
    first = running.wait(incident, "flip", "pending_approval")
    running.approve(incident, "flip", "bob")
    running.board.values["west"] = "stuck"
    running.approve(incident, "flip", "carol")
    assert eventually(lambda: running.step(incident, "flip").generation == 2)
    second = running.step(incident, "flip")
    assert (second.state, second.approved_by, running.board.calls) == ("pending_approval", (), [])
    assert second.digest != first.digest
    assert second.plan is not None
    assert second.plan.changes[0].before == "stuck"


def test_a_figure_that_leaves_its_bound_voids_the_plan(running: Lab) -> None:
    """A measurement is not hashed, but beyond its bound the approvals do not hold."""
    running.board.figures["west"] = 42
    incident = running.started("bounded")
    running.wait(incident, "flip", "pending_approval")
    running.board.figures["west"] = 301
    running.approve(incident, "flip", "bob")
    assert eventually(lambda: "ApprovalsVoided" in running.types(incident))
    assert running.board.calls == []


def test_nothing_to_do_needs_no_approval(running: Lab) -> None:
    """A plan without changes completes with its reason, and makes no call."""
    running.board.values["west"] = "on"
    incident = running.started("one")
    assert running.wait(incident, "flip", "completed").outcome == "nothing_to_do"
    assert running.board.calls == []


def test_a_call_refused_for_certain_fails_and_can_be_retried(running: Lab) -> None:
    """The retry is a new attempt with a new token, and whoever retries becomes its requester."""
    running.board.trouble["west"] = "refuse"
    incident = running.started("harmless")
    assert running.wait(incident, "flip", "failed").reason == "The switch is locked."
    running.board.trouble.clear()
    running.give(incident, c.Retry, "bob", run="R1", step="flip")
    done = running.wait(incident, "flip", "completed")
    assert (done.attempt, done.requester) == (2, "bob")
    assert running.board.calls == [("west", f"{incident.id}/R1/flip/2")]


@pytest.mark.parametrize("trouble", ["lost", "bug"])
def test_a_call_without_an_answer_is_in_doubt_and_never_repeated(running: Lab, trouble: str) -> None:
    """A probe that sees it happened settles it; one that does not see it decides nothing."""
    running.board.trouble["west"] = trouble
    incident = running.started("harmless")
    if trouble == "bug":
        assert running.wait(incident, "flip", "completed").outcome == "verified"
        assert len(running.board.calls) == 1
        return
    doubt = running.wait(incident, "flip", "in_doubt")
    assert eventually(lambda: running.step(incident, "flip").finding == "west is off.")
    assert doubt.reason == "No answer within 10 s."
    running.give(incident, c.Settle, "bob", run="R1", step="flip", outcome="not_happened", reason="it is off")
    assert running.step(incident, "flip").state == "failed"
    assert running.board.calls == []


def test_a_lost_answer_is_settled_by_the_probe(running: Lab) -> None:
    """The call took effect, so the probe settles it as happened and the step is verified."""
    running.board.trouble["west"] = "answer_lost"
    incident = running.started("harmless")
    assert running.wait(incident, "flip", "completed").outcome == "verified"
    types = running.types(incident)
    assert types.index("StepInDoubt") < types.index("StepSettled")
    assert len(running.board.calls) == 1


def test_a_look_that_fails_blocks_and_looking_again_goes_on(running: Lab) -> None:
    """Unknown is not fine: without facts there is no plan."""
    running.board.trouble["west"] = "unavailable"
    incident = running.started("one")
    blocked = running.wait(incident, "flip", "blocked")
    assert blocked.finding == "west does not answer."
    running.board.trouble.clear()
    running.give(incident, c.Retry, "alice", run="R1", step="flip")
    running.wait(incident, "flip", "pending_approval")


def test_a_named_risk_costs_one_approver_more(running: Lab) -> None:
    """A plan with a risk is blocked until somebody accepts it by name; then one approval more is needed."""
    running.board.trouble["west"] = "risky"
    incident = running.started("one")
    running.wait(incident, "flip", "blocked")
    running.give(incident, c.AcceptRisk, "alice", run="R1", step="flip", reason="there is no other way")
    running.wait(incident, "flip", "pending_approval")
    running.approve(incident, "flip", "bob")
    assert running.step(incident, "flip").missing == 1
    running.approve(incident, "flip", "carol")
    running.wait(incident, "flip", "completed")


def test_what_can_not_be_proven_ends_blocked_and_accepted_completes_as_unproven(running: Lab) -> None:
    """Required and one more must give their word for it."""
    running.board.trouble["west"] = "unproven"
    incident = running.started("quick")
    running.wait(incident, "flip", "pending_approval")
    running.approve(incident, "flip", "bob")
    running.wait(incident, "flip", "blocked")
    running.give(incident, c.AcceptRisk, "bob", run="R1", step="flip", reason="the plug is pulled")
    assert running.step(incident, "flip").state == "blocked"
    running.give(incident, c.AcceptRisk, "carol", run="R1", step="flip", reason="I saw it")
    assert running.step(incident, "flip").outcome == "unproven"


def test_a_check_repeats_until_it_holds(running: Lab) -> None:
    """With a timeout a check that fails is asked again."""
    running.board.healthy = False
    incident = running.started("check")
    running.wait(incident, "check", "running")
    assert eventually(lambda: running.step(incident, "check").finding == "sick")
    running.board.healthy = True
    running.wait(incident, "check", "completed")


def test_a_check_without_a_timeout_is_asked_once(running: Lab) -> None:
    """What it measures false has failed; what can't be known is blocked."""
    running.board.healthy = False
    incident = running.started("once")
    assert running.wait(incident, "check", "failed").reason == "sick"
    running.board.healthy = None
    running.give(incident, c.Retry, "bob", run="R1", step="check")
    assert running.wait(incident, "check", "blocked").risks[0].name == "blind"


def test_a_paused_run_starts_nothing_until_it_is_resumed(running: Lab) -> None:
    """Approved while paused, the step waits; resumed, it goes on."""
    incident = running.started("one")
    running.wait(incident, "flip", "pending_approval")
    running.give(incident, c.Pause, "bob", run="R1")
    running.approve(incident, "flip", "bob")
    assert not eventually(lambda: bool(running.board.calls), 0.7)
    running.give(incident, c.Resume, "alice", run="R1")
    running.wait(incident, "flip", "completed")


def test_two_incidents_never_hold_one_target(running: Lab) -> None:
    """While a call on a target is in doubt, another incident's step on it waits, and says for whom."""
    running.board.trouble["west"] = "lost"
    first = running.started("harmless")
    running.wait(first, "flip", "in_doubt")
    running.board.trouble.clear()
    second = running.started("one")
    running.wait(second, "flip", "pending_approval")
    running.approve(second, "flip", "bob")
    held = f"waits for toy/west, held by {first.id} R1/flip"
    assert eventually(lambda: running.step(second, "flip").finding == held)
    assert held.replace("waits for", "flip:") in [row.waiting for row in running.desk.incidents()]
    assert not eventually(lambda: bool(running.board.calls), 3.0)
    assert [type_ for type_ in running.types(second) if type_ == "StepLooked"] == ["StepLooked"]
    running.give(first, c.Settle, "bob", run="R1", step="flip", outcome="not_happened", reason="nothing there")
    running.wait(second, "flip", "completed")
    assert running.board.calls == [("west", f"{second.id}/R1/flip/1")]


def test_an_undo_goes_through_its_own_approvals(running: Lab) -> None:
    """The undo is planned from what was saved, approved anew, called once and verified."""
    incident = running.started("one")
    running.wait(incident, "flip", "pending_approval")
    running.approve(incident, "flip", "bob")
    running.wait(incident, "flip", "completed")
    running.give(incident, c.Undo, "alice", run="R1", step="flip", reason="it was too early")
    assert eventually(lambda: running.step(incident, "flip").awaits_approval)
    running.approve(incident, "flip", "carol")
    running.wait(incident, "flip", "undone")
    assert running.board.values["west"] == "off"
    assert [token for _, token in running.board.calls] == [f"{incident.id}/R1/flip/1", f"{incident.id}/R1/flip/2"]


def test_approvals_expire_by_the_databases_clock(running: Lab) -> None:
    """After half an hour the step waits for somebody to start it again."""
    incident = running.started("one")
    running.wait(incident, "flip", "pending_approval")
    running.advance(1801)
    assert running.wait(incident, "flip", "ready").waits_for_start
    running.give(incident, c.Retry, "alice", run="R1", step="flip")
    running.wait(incident, "flip", "pending_approval")


def test_updates_go_out_on_time_and_after_an_outage_one_catches_up(lab: Lab) -> None:
    """One update a half hour; after three hours of silence exactly one that says what was missed."""
    incident = lab.declare()
    with lab.running():
        lab.advance(1801)
        assert eventually(lambda: lab.desk.find(incident.id).updates.number == 1)
    lab.advance(3 * 3600)
    with lab.running():
        assert eventually(lambda: lab.desk.find(incident.id).updates.number == 2)
        assert not eventually(lambda: lab.desk.find(incident.id).updates.number > 2, 0.7)
        assert eventually(lambda: len(lab.messages.sent) == 3)
    posted = [row.event for row in lab.desk.timeline(incident.id) if isinstance(row.event, UpdatePosted)]
    assert [event.text for event in posted] == ["update 1, missed 0", "update 2, missed 5"]


def test_one_key_counts_once(lab: Lab) -> None:
    """The same declare submitted twice is one incident."""
    assert lab.declare(key="form-1").id == lab.declare(key="form-1").id
    assert len(lab.desk.incidents()) == 1


def test_until_idle_ends_when_only_people_are_waited_for(lab: Lab) -> None:
    """What is due is executed; a manual step is not waited for."""
    incident = lab.started("manual")
    with lab.running() as replica:
        replica.wait_until_idle()
    assert lab.step(incident, "look").state == "ready"
    lab.give(incident, c.Done, "alice", run="R1", step="look")
    with lab.running() as replica:
        replica.wait_until_idle()
    assert lab.step(incident, "flip").state == "completed"


def test_the_refusal_of_an_approval_says_who_may(running: Lab) -> None:
    """The declarer can't approve, and is told who can."""
    incident = running.started("one")
    running.wait(incident, "flip", "pending_approval")
    with pytest.raises(Refused, match=r"You declared it\. Waiting for Bob, Carol, Dave or Erin"):
        running.approve(incident, "flip", "alice")
