"""What is to be told is told, whatever a channel raises, whoever dies over it, and however many try."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.domain.incident import Incident
from bot.domain.model import JsonValue
from bot.engine.ports import Delivery, NotDelivered, Receipt
from bot.engine.telling import LOST_AFTER, RETRY_PAUSES, Teller
from bot.store import deliveries
from tests.integration.lab import Lab, Quiet, make_lab
from tests.integration.test_engine import eventually

FLIP = {"id": "flip", "title": "Flip it", "action": "toy.flip", "with": {"name": "west", "to": "on"}}
DATA: dict[str, JsonValue] = {"channels": ["list"], "fields": {}}
RUNBOOKS = {"one": {"steps": [FLIP]}, "harmless": {"steps": [FLIP | {"action": "toy.harmless"}]}}


class Clumsy(Quiet):
    """A channel and a template that raise what nobody expects, as long as `broken` says so."""

    def deliver(self, delivery: Delivery) -> Receipt:
        if "deliver" in self.broken:
            raise ZeroDivisionError("a bug")
        return super().deliver(delivery)

    def message(self, template: str, incident: Incident, now: datetime, written: object) -> str:
        if "message" in self.broken:
            raise ZeroDivisionError("a bug")
        return template


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    lab = make_lab(database_url, tmp_path, itertools.count(1), RUNBOOKS, messages=Clumsy())
    yield lab
    lab.close()


def state_of(lab: Lab, id_: str) -> deliveries.Delivery:
    with lab.desk.database.read() as connection:
        found = deliveries.get(connection, id_)
    assert found is not None
    return found


def test_a_channel_that_breaks_is_tried_again(lab: Lab) -> None:
    """An exception that nobody expected does not lose the message."""
    lab.messages.broken.append("deliver")
    with lab.running():
        id_ = f"{lab.declare().id}/1/IncidentDeclared/alice"
        assert eventually(lambda: state_of(lab, id_).error is not None, 30)
        assert state_of(lab, id_).error == "The channel failed with ZeroDivisionError."
        lab.messages.broken.clear()
        lab.advance(RETRY_PAUSES[-1].total_seconds() + 1)
        assert eventually(lambda: state_of(lab, id_).state == "sent", 30)
    assert [delivery.id for delivery in lab.messages.sent].count(id_) == 1


def test_an_announcement_that_breaks_is_made_later(lab: Lab) -> None:
    """The moment that stands for a lost announcement gives it again."""
    lab.messages.broken.append("message")
    with lab.running() as replica:
        incident = lab.declare()
        replica.wait_until_idle()
        assert "MessagePosted" not in lab.types(incident)
        lab.messages.broken.clear()
        lab.advance(61)
        assert eventually(lambda: "MessagePosted" in lab.types(incident))


@pytest.mark.parametrize("state", ["pending", "sending"])
def test_a_message_whose_job_is_lost_is_sent_by_another(lab: Lab, state: str) -> None:
    """What has not moved for two minutes gets a job again; what moves is left alone."""
    incident = lab.declare()

    def lose(connection: Connection, now: datetime) -> None:
        deliveries.add(connection, deliveries.Message("lost", incident.id, "list", "bob", "any", DATA), now)
        if state == "sending":
            assert deliveries.claim(connection, "lost", now) is not None

    lab.desk.transact(lose)
    with lab.running() as replica:
        replica.teller.give_again()
        replica.wait_until_idle()
        assert state_of(lab, "lost").state == state
        lab.advance(LOST_AFTER.total_seconds() + 1)
        replica.teller.give_again()
        assert eventually(lambda: state_of(lab, "lost").state == "sent")
    assert [delivery.id for delivery in lab.messages.sent].count("lost") == 1


@dataclass(frozen=True)
class Overtaken(Quiet):
    """Another sender gets the message out while this one's try fails."""

    others: list[Teller] = field(default_factory=list)

    def deliver(self, delivery: Delivery) -> Receipt:
        self.sent.append(delivery)
        if len(self.sent) == 1:
            self.others[0].deliver(delivery.id)
            raise NotDelivered("list", "refused", permanent=bool(self.broken))
        return Receipt("list", delivery.id)


@pytest.mark.parametrize("broken", [[], ["for good"]])
def test_a_late_failure_does_not_undo_what_another_has_sent(
    database_url: str, tmp_path: Path, broken: list[str]
) -> None:
    """Of two senders the one that got it out has the last word: it is neither sent again nor told as failed."""
    messages = Overtaken(broken=broken)
    lab = make_lab(database_url, tmp_path, itertools.count(1), RUNBOOKS, messages=messages)
    messages.others.append(Teller(lab.desk))
    incident = lab.declare()
    id_ = f"{incident.id}/1/IncidentDeclared/alice"
    Teller(lab.desk).deliver(id_)
    assert state_of(lab, id_).state == "sent"
    assert [type_ for type_ in lab.types(incident) if type_.startswith("Notification")] == ["NotificationSent"]
    lab.close()
