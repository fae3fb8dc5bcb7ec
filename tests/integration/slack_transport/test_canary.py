"""The canary, health and the alarm: a deaf bot is noticed, shown by health, and told by mail, once."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection

from bot.comms.email import email_channel
from bot.comms.outgoing import Outgoing
from bot.domain import commands as c
from bot.domain.outages import STREAM
from bot.domain.plan import Person
from bot.engine.parts import OK
from bot.engine.ports import NotDelivered
from bot.playground.mail import MailSink
from bot.playground.workspace.workspace import Workspace
from bot.slack.alarm import Patience
from bot.slack.canary import FLOCK, Timing
from bot.slack.chat import Chat
from bot.slack.link import Ends, SlackLink, link
from bot.slack.pace import Pace
from bot.store import audit, leases, streams
from tests.integration.lab import Lab, make_lab
from tests.integration.slack_transport.world import Heard, app_chat, bolt

Eventually = Callable[..., bool]
PATIENT = Timing(quiet=0.3, back_within=20.0, again=0.2)
HASTY = Patience(bad=0.5, good=0.2, turn=0.5, again=0.2)
SOME_ARE_DEAF = pytest.mark.parametrize("timing", [Timing(quiet=0.3, back_within=4.0, again=0.2)], ids=["deaf"])
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PLAN: dict[str, Any] = {
    "channels": {"operators": "C0OPS"},
    "emergency_contacts": {"primary": "alice", "secondary": "bob"},
    "senders": {"email": "DR Bot <dr@example.com>"},
}


@dataclass
class Post:
    """Takes mails for people who aren't in `unreachable`."""

    unreachable: dict[str, bool] = field(default_factory=dict)
    sent: list[tuple[str, Outgoing]] = field(default_factory=list)

    def __call__(self, message: Outgoing, person: Person) -> str:
        if person.name in self.unreachable:
            raise NotDelivered("email", f"{person.name} can't be reached.", permanent=self.unreachable[person.name])
        self.sent.append((person.name, message))
        return f"<{message.token}@example.com>"


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.running(limits=False) as running:
        running.retry_waits = (0.0,)
        yield running


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    lab = make_lab(database_url, tmp_path, itertools.count(1), {}, **PLAN)
    yield lab
    lab.close()


@dataclass
class Running:
    """A link whose repeated work a test does by hand, or all of it at once."""

    link: SlackLink
    workspace: Workspace
    post: Post

    @contextmanager
    def started(self) -> Iterator[Self]:
        """It runs until the block ends."""
        self.link.start()
        try:
            yield self
        finally:
            self.link.stop()

    def turn(self) -> None:
        """Everything that a replica repeats, once."""
        for works in self.link.every.values():
            for work in works:
                work()

    def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> bool:
        """Turn until it holds."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                return False
            self.turn()
            time.sleep(0.05)
        return True

    @property
    def subjects(self) -> list[str]:
        return [message.subject.partition(": ")[2] for _, message in self.post.sent]


def make(
    lab: Lab, workspace: Workspace, post: Post | None = None, replica: str = "one", timing: Timing = PATIENT
) -> Running:
    """Linked, connected, not yet running."""
    post = post or Post()
    ends = Ends(bolt(workspace, Heard()), Chat(workspace.bot_token, workspace.api_url), app_chat(workspace))
    return Running(link(ends, lab.desk, post, replica, timing, HASTY, Pace(50)), workspace, post)


@pytest.fixture
def timing() -> Timing:
    """For tests in which whatever the canary sends comes back, however late."""
    return PATIENT


@pytest.fixture
def running(lab: Lab, workspace: Workspace, timing: Timing, eventually: Eventually) -> Iterator[Running]:
    with make(lab, workspace, timing=timing).started() as running:
        assert eventually(lambda: workspace.connections == 3)
        yield running


def canary(workspace: Workspace) -> dict[str, Any]:
    """The canary's message."""
    (found,) = [one for one in workspace.messages("C0OPS") if one["text"].startswith("The bot listens here")]
    return found


def test_on_a_quiet_night_the_canary_sings_on_one_pinned_message(running: Running) -> None:
    """Reactions come and go, their events come back, and nobody is told anything."""
    workspace = running.workspace
    assert running.until(lambda: len(workspace.ledger.applied("reactions.add")) == len(FLOCK))
    assert running.until(lambda: len(workspace.ledger.applied("reactions.remove")) == len(FLOCK))
    assert running.until(lambda: len(workspace.ledger.applied("reactions.add")) == 2 * len(FLOCK))
    assert running.link.part() == OK
    assert canary(workspace)["pinned"]
    assert len(workspace.ledger.applied("chat.postMessage")) == 1
    assert running.post.sent == []


@ON_SQLITE
def test_while_anything_else_comes_the_canary_is_silent(lab: Lab, workspace: Workspace, eventually: Eventually) -> None:
    """A message that is noticed proves as much."""
    with make(lab, workspace, timing=Timing(quiet=2.0)).started() as running:
        assert eventually(lambda: workspace.connections == 3)
        for number in range(20):
            assert workspace.command("U0ALICE", "#oncall", f"/dr {number}").ok
            running.turn()
            time.sleep(0.2)
        assert workspace.ledger.of("reactions.add") == []


@ON_SQLITE
@SOME_ARE_DEAF
def test_a_deaf_bot_is_noticed_told_once_and_mended(running: Running, lab: Lab, eventually: Eventually) -> None:
    """All connections are ghosts: alive, counted, and nothing comes. New ones are made, and mails say both."""
    workspace = running.workspace
    assert running.until(lambda: workspace.ledger.applied("reactions.add") != [])
    assert running.until(lambda: running.link.part() == OK)
    workspace.faults.ghosts = True
    workspace.haunt_sockets()
    assert running.until(lambda: running.link.part().state == "failed", 60)
    assert "no event of Slack came back" in running.link.part().reason
    assert running.until(lambda: running.subjects == ["DR Bot has trouble with Slack"], 60)
    workspace.faults.ghosts = False
    workspace.drop_sockets()
    assert running.until(lambda: running.link.part() == OK, 60)
    assert running.until(lambda: running.subjects[1:] == ["DR Bot works with Slack again"], 60)
    for _ in range(10):
        running.turn()
    assert [name for name, _ in running.post.sent] == ["Alice", "Alice"]
    first, second = (message for _, message in running.post.sent)
    assert first.thread == second.thread
    assert first.token != second.token
    with lab.desk.database.read() as connection:
        types = [row.event.type for row in streams.load(connection, STREAM)]
        assert list(audit.verify(connection)) == []
    assert types == ["ChatLost", "OperatorTold", "ChatBack", "OperatorTold"]


@ON_SQLITE
@SOME_ARE_DEAF
def test_while_no_connection_is_open_nothing_is_sent_that_nobody_would_hear(running: Running) -> None:
    """After an outage the Web API may be back before the connections: their own state says that they are missing."""
    assert running.until(lambda: len(running.workspace.ledger.applied("reactions.add")) == len(FLOCK))
    singer = running.link.canary
    assert singer is not None
    running.workspace.go_away()
    running.workspace.faults.add("error", "apps.connections.open", error="internal_error")
    assert running.until(lambda: running.link.transport.part().state == "failed")
    running.workspace.come_back()
    running.workspace.ledger.clear()
    assert not running.until(lambda: singer.part() != OK, 5)
    assert not running.workspace.ledger.of("reactions.add") + running.workspace.ledger.of("reactions.remove")


@SOME_ARE_DEAF
def test_one_deaf_connection_of_three_is_noticed_and_replaced(running: Running, eventually: Eventually) -> None:
    """Some of the flock are missed: Slack had to repeat them."""
    workspace = running.workspace
    assert running.until(lambda: workspace.ledger.applied("reactions.add") != [] and running.link.part() == OK)
    workspace.haunt_sockets(1)
    assert running.until(lambda: "one of the connections is deaf" in running.link.part().reason, 60)
    assert running.link.part().state == "degraded"
    assert running.until(lambda: running.link.part() == OK, 60)
    assert eventually(lambda: workspace.connections == 3)


@ON_SQLITE
def test_a_deleted_canary_is_replaced(running: Running) -> None:
    """Somebody tidied up the channel."""
    workspace = running.workspace
    assert running.until(lambda: workspace.ledger.applied("reactions.remove") != [])
    old = canary(workspace)["ts"]
    workspace.delete_message(old)
    assert running.until(lambda: len(workspace.ledger.applied("chat.postMessage")) == 2)
    assert canary(workspace)["ts"] != old
    assert running.until(lambda: running.link.part() == OK)


@ON_SQLITE
def test_a_channel_without_the_bot_is_told(running: Running) -> None:
    """The canary can't sing there: the reason says what to do."""
    running.workspace.remove_bot("#ops")
    assert running.until(lambda: running.link.part().state == "degraded")
    assert "Invite the bot" in running.link.part().reason
    running.workspace.invite_bot("#ops")
    assert running.until(lambda: running.link.part() == OK)


@ON_SQLITE
def test_slack_away_is_told_to_the_second_contact_when_the_first_has_no_mail(lab: Lab, workspace: Workspace) -> None:
    """Headless in effect, and said so by a way that is not Slack."""
    workspace.go_away()
    with make(lab, workspace, Post({"Alice": True})).started() as running:
        assert running.until(lambda: len(running.post.sent) == 1)
    (name, message) = running.post.sent[0]
    assert name == "Bob"
    assert "dr list" in message.text
    assert "can't be reached" in message.text


@ON_SQLITE
def test_who_leads_an_open_incident_is_told_too(lab: Lab, workspace: Workspace) -> None:
    """Each once, by a mail of their own, also who leads one only later; who heard of it hears that it is over."""
    incident = lab.declare()
    led_by(lab, "carol")
    workspace.go_away()
    with make(lab, workspace, Post({"Carol": False})).started() as running:
        assert running.until(lambda: [name for name, _ in running.post.sent] == ["Alice"])
        running.post.unreachable.clear()
        assert running.until(lambda: [name for name, _ in running.post.sent] == ["Alice", "Carol"])
        led_by(lab, "dave")
        assert running.until(lambda: [name for name, _ in running.post.sent] == ["Alice", "Carol", "Dave"])
        assert len({message.token for _, message in running.post.sent}) == 3
        lab.give(incident, c.Cancel, "alice", reason="a false alarm")
        workspace.come_back()
        assert running.until(lambda: [name for name, _ in running.post.sent[3:]] == ["Alice", "Carol", "Dave"])


def led_by(lab: Lab, person: str) -> None:
    """An incident that this person leads."""
    command = c.Assign(actor=lab.actor("alice"), role="commander", person=person)
    lab.desk.give(lab.declare().id, command, key=f"assign-{next(lab.numbers)}")


@ON_SQLITE
def test_a_restart_tells_nothing_twice(lab: Lab, workspace: Workspace) -> None:
    """Two lives of a replica in one outage are one message; who comes back to a mended Slack says so."""
    workspace.go_away()
    first = make(lab, workspace)
    assert first.until(lambda: len(first.post.sent) == 1)
    second = make(lab, workspace)
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        second.turn()
        time.sleep(0.05)
    assert second.post.sent == []
    workspace.come_back()
    with second.started():
        assert second.until(lambda: second.subjects == ["DR Bot works with Slack again"])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_replicas_tell_one_outage_once(lab: Lab, workspace: Workspace, eventually: Eventually) -> None:
    """Both lose Slack and both note it; one mail goes out, and one when the last has it again."""
    workspace.go_away()
    post = Post()
    lab.desk.transact(lease_two)
    both = [make(lab, workspace, post, name) for name in ("one", "two")]

    def turns(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
        deadline = time.monotonic() + seconds
        while not holds() and time.monotonic() < deadline:
            for one in both:
                one.turn()
            time.sleep(0.05)
        return holds()

    with both[0].started(), both[1].started():
        assert turns(lambda: post.sent != [])
        assert not turns(lambda: len(post.sent) > 1, 2)
        workspace.come_back()
        assert eventually(lambda: workspace.connections == 6)
        assert turns(lambda: all(one.link.part() == OK for one in both))
        assert turns(lambda: len(post.sent) == 2)
        assert both[0].subjects == ["DR Bot has trouble with Slack", "DR Bot works with Slack again"]
        # Their canaries come back to either, and count for both.
        assert turns(lambda: len(workspace.ledger.applied("reactions.remove")) >= len(FLOCK))
        assert turns(lambda: all(one.link.part() == OK for one in both))


def lease_two(connection: Connection, now: datetime) -> None:
    """Two replicas that live for the test's time."""
    for name in ("one", "two"):
        leases.take(connection, name, f"{name}-life", timedelta(minutes=5), now)


@ON_SQLITE
def test_a_mail_server_that_fails_for_now_is_tried_again(lab: Lab, workspace: Workspace) -> None:
    """Until somebody is told."""
    workspace.go_away()
    running = make(lab, workspace, Post({"Alice": False, "Bob": False}))
    assert not running.until(lambda: running.post.sent != [], 1.5)
    running.post.unreachable.clear()
    assert running.until(lambda: [name for name, _ in running.post.sent] == ["Alice"])


@ON_SQLITE
def test_the_mail_is_a_real_one(lab: Lab, workspace: Workspace) -> None:
    """It goes through the email channel to a mail server."""
    with MailSink() as sink:
        channel = email_channel("DR Bot <dr@example.com>", SecretStr(sink.url))
        workspace.revoke("account_inactive")
        ends = Ends(bolt(workspace, Heard()), Chat(workspace.bot_token, workspace.api_url), app_chat(workspace))
        made = link(ends, lab.desk, channel.send, "one", PATIENT, HASTY)
        with Running(made, workspace, Post()).started() as running:
            assert running.until(lambda: len(sink.messages) == 1)
        assert sink.messages[0].subject == "Laboratory: DR Bot has trouble with Slack"
        assert "account_inactive" in sink.messages[0].text


@ON_SQLITE
def test_a_web_api_that_is_silent_is_shown(running: Running) -> None:
    """The sockets stand, but nothing that the bot says gets through."""
    running.workspace.faults.add("status", "auth.test", status=503)
    assert running.until(lambda: "has not answered since" in running.link.part().reason)
    running.workspace.faults.clear()
    assert running.until(lambda: running.link.part() == OK)


@ON_SQLITE
def test_a_revoked_token_is_failed_with_its_mend(running: Running) -> None:
    """Slack's own word, and what to set."""
    running.workspace.revoke("token_revoked")
    assert running.until(lambda: running.link.part().state == "failed")
    assert "token_revoked" in running.link.part().reason
    assert "SLACK_BOT_TOKEN" in running.link.part().reason
