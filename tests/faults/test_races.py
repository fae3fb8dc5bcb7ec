"""Many at once: the same command, the same key, and opposite answers."""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.domain import commands as c
from bot.domain.errors import NotConfirmed, NotRecorded, Refused
from bot.domain.incident import Incident
from bot.engine.signatures import canonical_request, prove
from tests.integration.lab import Lab, make_lab

FLIP = {"id": "flip", "title": "Flip it", "action": "toy.flip", "with": {"name": "west", "to": "on"}}
TWICE = FLIP | {"approval": {"required": 2}}
RACERS = 20
DUELS = 50


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    runbooks = {"one": {"steps": [FLIP]}, "two": {"steps": [TWICE]}}
    lab = make_lab(database_url, tmp_path, itertools.count(1), runbooks)
    yield lab
    lab.desk.close()
    lab.desk.database.close()


def together(*works: Callable[[], object]) -> list[object]:
    """All at the same instant, each repeated until it is answered; the answers, refusals among them."""
    barrier = threading.Barrier(len(works))

    def answer(work: Callable[[], object]) -> object:
        barrier.wait()
        for _ in range(100):
            try:
                return work()
            except (NotConfirmed, NotRecorded):
                continue
            except Refused as refused:
                return refused
        raise AssertionError("never answered")

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(answer, works))


def approval(lab: Lab, incident: Incident, person: str, offer: str) -> Callable[[], object]:
    """An approval of the shown plan, signed; `offer` is its key."""
    digest = lab.step(incident, "flip").digest
    proof = prove(lab.private[person], canonical_request("approve", incident.id, "R1/flip", digest, {}, offer))
    command = c.Approve(actor=lab.actor(person), run="R1", step="flip", digest=digest, offer=offer, proof=proof)
    return lambda: lab.desk.give(incident.id, command, key=offer)


def test_twenty_declares_with_one_key_are_one_incident(lab: Lab) -> None:
    """Everybody is answered with the same incident."""
    answers = together(*[lambda: lab.declare(key="form-1")] * RACERS)
    assert {getattr(answer, "id", answer) for answer in answers} == {"INC-1"}
    assert len(lab.desk.incidents()) == 1


@pytest.mark.parametrize("same_key", [True, False])
def test_twenty_approvals_of_one_person_count_once(lab: Lab, same_key: bool) -> None:
    """Of a click that is sent again and again, and of a person who clicks again and again, one counts."""
    with lab.running():
        incident = lab.started("two")
        lab.wait(incident, "flip", "pending_approval")
        together(*[approval(lab, incident, "bob", "o-0" if same_key else f"o-{n}") for n in range(RACERS)])
        assert lab.types(incident).count("ApprovalGiven") == 1
        assert lab.step(incident, "flip").missing == 1
        assert lab.board.calls == []


def test_of_approve_and_decline_at_once_one_is_the_outcome(lab: Lab) -> None:
    """Either the call was made once and the no came too late, or nothing was called."""
    with lab.running():
        for number in range(DUELS):
            lab.board.values.clear()
            lab.board.calls.clear()
            incident = lab.started("one")
            shown = lab.wait(incident, "flip", "pending_approval")
            no = c.Decline(actor=lab.actor("carol"), run="R1", step="flip", digest=shown.digest, reason="not now")
            declined = f"no-{number}"
            together(
                approval(lab, incident, "bob", f"yes-{number}"),
                lambda no=no, key=declined, id_=incident.id: lab.desk.give(id_, no, key=key),  # type: ignore[misc]
            )
            if "ApprovalDeclined" in lab.types(incident):
                assert lab.wait(incident, "flip", "ready").waits_for_start
                assert lab.board.calls == []
            else:
                lab.wait(incident, "flip", "completed")
                assert [token for _, token in lab.board.calls] == [f"{incident.id}/R1/flip/1"]
