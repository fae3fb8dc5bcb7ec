"""Approvals that were clicked: each person is looked up when it counts, and again just before the call."""

import itertools
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.domain import commands as c
from bot.domain.approvals import Standing
from bot.domain.incident import Incident
from bot.domain.model import replace
from bot.domain.timeline import Actor
from bot.engine.ports import Unavailable
from tests.integration.lab import Lab, make_lab
from tests.integration.test_engine import eventually

FLIP = {"id": "flip", "title": "Flip it", "action": "toy.flip", "with": {"name": "west", "to": "on"}}


@dataclass
class Register:
    """A directory as it stands now; `answers` left are told one after the other, then `usual`."""

    usual: Standing | None = field(default_factory=lambda: Standing(eligible=True))
    answers: list[Standing | None] = field(default_factory=list)
    asked: int = 0

    def look_up(self, person: str, teams: Collection[str]) -> Standing:
        self.asked += 1
        found = self.answers.pop(0) if self.answers else self.usual
        if found is None:
            raise Unavailable("The directory does not answer.")
        return found


YES, GONE, SILENT = Standing(eligible=True), Standing(eligible=False, reason="This account is deactivated."), None


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    lab = replace(
        make_lab(database_url, tmp_path, itertools.count(1), {"one": {"steps": [FLIP]}}), directory=Register()
    )
    yield lab
    lab.close()


def register(lab: Lab) -> Register:
    assert isinstance(lab.directory, Register)
    return lab.directory


def clicked(lab: Lab, *people: str) -> Incident:
    """Clicks on Approve, bob's where nobody is named."""
    incident = lab.started("one")
    lab.wait(incident, "flip", "pending_approval")
    step = lab.desk.find(incident.id).runs["R1"].steps["flip"]
    for person in people or ("bob",):
        actor, offer = Actor(person=person, slack=f"U0{person.upper()}", via="slack"), f"click-{person}"
        click = c.Approve(actor=actor, run="R1", step="flip", digest=step.digest, offer=offer)
        incident = lab.desk.give(incident.id, click, key=offer)
    return incident


def test_a_click_counts_once_the_person_is_known_and_is_looked_up_again(lab: Lab) -> None:
    """Twice asked: when it counts, and before the call."""
    with lab.running():
        incident = clicked(lab)
        lab.wait(incident, "flip", "completed")
    assert register(lab).asked == 2


def test_who_left_between_the_click_and_the_call_lets_nothing_start(lab: Lab) -> None:
    """The approval is taken away again and the step waits for somebody else."""
    register(lab).answers = [YES, GONE]
    with lab.running():
        incident = clicked(lab)
        assert eventually(lambda: register(lab).asked == 2, 20)
        assert eventually(lambda: not lab.desk.find(incident.id).runs["R1"].steps["flip"].approved_by, 10)
    assert lab.board.calls == []


def test_a_directory_that_is_silent_before_the_call_is_asked_again(lab: Lab) -> None:
    """Nothing starts and no approval is lost meanwhile, and the step says what it waits for."""
    register(lab).answers, register(lab).usual = [YES], SILENT
    with lab.running():
        incident = clicked(lab)
        assert eventually(lambda: "waits for word" in lab.desk.find(incident.id).runs["R1"].steps["flip"].finding, 20)
        assert lab.board.calls == []
        assert lab.desk.find(incident.id).runs["R1"].steps["flip"].approved_by == ("bob",)
        register(lab).usual = YES
        lab.wait(incident, "flip", "completed")
    assert len(lab.board.calls) == 1


def test_clicks_that_a_silent_directory_leaves_open_are_looked_up_again_soon(lab: Lab) -> None:
    """Each of them, within seconds of its answering again; nobody has to click once more."""
    register(lab).usual = SILENT
    with lab.running():
        incident = clicked(lab, "bob", "carol")
        assert eventually(lambda: register(lab).asked >= 2, 20)
        assert len(lab.desk.find(incident.id).runs["R1"].steps["flip"].offers) == 2
        time.sleep(1)
        register(lab).usual = YES
        assert eventually(lambda: not lab.desk.find(incident.id).runs["R1"].steps["flip"].offers, 20)


def test_a_click_of_who_may_not_act_is_rejected(lab: Lab) -> None:
    """A guest's or a deactivated account's approval never counts."""
    register(lab).usual = GONE
    with lab.running():
        incident = clicked(lab)
        assert eventually(lambda: not lab.desk.find(incident.id).runs["R1"].steps["flip"].offers, 20)
    step = lab.desk.find(incident.id).runs["R1"].steps["flip"]
    assert step.approved_by == ()
    assert lab.board.calls == []
