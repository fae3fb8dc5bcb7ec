"""The bot in a workspace: a laboratory with its engine, people who type and click, over real sockets."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from slack_bolt import App, BoltRequest, BoltResponse

from bot.comms.messages import TemplateMessages
from bot.domain import commands as c
from bot.domain.events import NoteAdded
from bot.domain.incident import Incident, StepRun
from bot.playground.workspace.outcomes import Outcome
from bot.playground.workspace.people import Person, default_people
from bot.playground.workspace.workspace import Workspace
from bot.slack.app import bolt_app
from bot.slack.chat import Chat
from bot.slack.front import Front
from bot.slack.identity import Members
from bot.slack.reconciler import Reconciler
from bot.slack.sockets import Sockets
from bot.slack.subcommands.registry import WORDS
from bot.slack.surfaces import Links, Message, surfaces
from bot.store import chat as rows
from tests.integration.lab import PEOPLE, Lab, keys, make_lab

ALICE, BOB, CAROL, DAVE, ERIN = (f"U0{name.upper()}" for name in PEOPLE)
FRANK = "U0FRANK"  # a full member whom the recovery plan does not name
ONCALL, INCIDENTS = "#oncall", "#incidents"
T = TypeVar("T")
BOOKS: dict[str, Any] = {
    "failover": {
        "title": "Fail over",
        "steps": [
            {"id": "assess", "title": "Assess the situation", "manual": "Look.", "expected": "5m"},
            {
                "id": "promote",
                "title": "Promote the replica",
                "action": "toy.flip",
                "with": {"name": "db", "to": "on"},
                "approval": {"required": 2},
            },
            {"id": "watch", "title": "Watch it", "manual": "Look again."},
        ],
    },
    "restore": {
        "title": "Restore a backup",
        "inputs": {
            "backup": {"title": "Which backup?", "type": "name"},
            "copies": {"title": "How many?", "type": "number", "default": 1},
        },
        "steps": [{"id": "look", "title": "Look at it", "manual": "Look."}],
    },
    "look": {"title": "Look", "steps": [{"id": "look", "title": "Look at it", "manual": "Look."}]},
    "risky": {
        "title": "Take a risk",
        "steps": [
            {"id": "flip", "title": "Flip it", "action": "toy.flip", "with": {"name": "risk", "to": "on"}},
        ],
    },
}


def plan_changes(public: dict[str, str]) -> dict[str, Any]:
    """What the laboratory's recovery plan has more here: accounts, systems, environments, severities, channels."""
    objectives = {
        "objectives": {"rto": "1h", "rpo": "5m"},
        "regions": {"primary": "us-west-2", "recovery": "us-east-1"},
    }
    return {
        "people": {
            person: {
                "name": f"{person.title()} Tester",
                "email": f"{person}@example.com",
                "slack": f"U0{person.upper()}",
                "ssh_keys": [public[person]],
            }
            for person in PEOPLE
        },
        "severities": {
            "sev1": {"title": "Down", "updates": {"every": "30m"}},
            "sev2": {"title": "Degraded", "updates": {"every": "1h"}},
        },
        "systems": {
            "database": {"title": "Database", **objectives, "runbooks": ["failover"]},
            "orders": {"title": "Orders", **objectives, "runbooks": ["restore"]},
        },
        "environments": {
            "production": {"targets": {"database": {"name": "db"}, "orders": {"name": "orders"}}},
            "staging": {"targets": {"database": {"name": "db-test"}}},
        },
        "channels": {"announce_in": "C0INCIDENTS", "broadcast_in": "C0STATUS"},
    }


@dataclass
class SlackWorld:
    """What the tests use. `say` types a /dr line; what comes back for one person alone is `told`."""

    lab: Lab
    workspace: Workspace
    front: Front
    app: App

    # --- people -----------------------------------------------------------------------------------------------------

    def dr(self, text: str, user: str = ALICE, channel: str = ONCALL) -> str:
        """Type /dr and wait for the answer that comes with the acknowledgement, or after it."""
        before = len(self.workspace.ephemeral(channel, user))
        outcome = self.workspace.command(user, channel, f"/dr {text}".strip())
        assert outcome.ok, outcome
        said = (outcome.body or {}).get("text")
        return str(said) if said else self.told(user, channel, before)

    def told(self, user: str, channel: str = ONCALL, before: int = 0) -> str:
        """The next thing that one person alone is told in a channel."""
        found = self.waited(lambda: self.workspace.ephemeral(channel, user)[before:], f"{user} was told nothing")
        return str(found[0]["text"])

    def heard(self, user: str, text: str, channel: str = ONCALL) -> None:
        """Wait until one person alone is told something that has this in it."""
        look = lambda: any(text in told["text"] for told in self.workspace.ephemeral(channel, user))  # noqa: E731
        self.waited(look, f"{user} was not told {text}")

    def form(self, text: str, user: str = ALICE, channel: str = ONCALL) -> dict[str, Any]:
        """Type /dr …, which opens a form; the form."""
        outcome = self.workspace.command(user, channel, f"/dr {text}".strip())
        assert outcome.ok, outcome
        return self.opened(user)

    def opened(self, user: str, count: int = 1) -> dict[str, Any]:
        """The form on top, once so many are open."""
        self.waited(lambda: self.workspace.views(user)[count - 1 :], "no form was opened")
        view: dict[str, Any] = self.workspace.views(user)[-1]
        return view

    def submit(self, user: str, view: dict[str, Any], **values: Any) -> Outcome:
        return self.workspace.submit(user, view, values)

    def message(self, key: str, number: int = 1) -> dict[str, Any]:
        """A surface's message, once it is posted."""
        return self.waited(lambda: self._message(key, number), f"no message {key}")

    def _message(self, key: str, number: int) -> dict[str, Any] | None:
        with self.lab.desk.database.read() as connection:
            place = rows.message_of(connection, f"INC-{number}", key)
        return dict(self.workspace.message(place[1])) if place else None

    def press(self, user: str, key: str, verb: str, number: int = 1) -> Outcome:
        """Press the button of a verb in a surface's message, once it is there."""
        return self.workspace.click(user, self.with_button(key, verb, number)["ts"], f"control:{verb}")

    def with_button(self, key: str, verb: str, number: int = 1) -> dict[str, Any]:
        """A surface's message, once it has the button of a verb."""

        def look() -> dict[str, Any] | None:
            message = self._message(key, number)
            return message if message and f"control:{verb}'" in str(message.get("blocks")) else None

        return self.waited(look, f"{key} has no button {verb}")

    def waited(self, look: Callable[[], T | None], otherwise: str, seconds: float = 60.0) -> T:
        """What `look` finds, once it finds something."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < deadline, otherwise
            time.sleep(0.03)
        return found

    def body(self, kind: str, user: str, **more: Any) -> dict[str, Any]:
        """A payload of Slack's, as far as the bot reads it."""
        made = {"type": kind, "user": {"id": user, "team_id": "T0DR"}, "team": {"id": "T0DR"}, "trigger_id": "no"}
        return {**made, **more}

    def send(self, body: dict[str, Any]) -> BoltResponse:
        """A payload as it comes over a socket; what the bot acknowledges it with."""
        return self.app.dispatch(BoltRequest(body=json.dumps(body), mode="socket_mode"))

    # --- the state --------------------------------------------------------------------------------------------------

    def incident(self, number: int = 1) -> Incident:
        return self.lab.desk.find(f"INC-{number}")

    def channel(self, number: int = 1) -> str:
        """The incident's channel, once it is made."""
        return self.waited(lambda: self.incident(number).channel, "no channel was made")

    def declared(self, title: str = "it is down", system: str = "database", **fields: Any) -> int:
        """An incident that alice declared, with everybody in its channel; its number."""
        self.lab.board.values.clear()
        self.lab.board.trouble.clear()
        declare = c.Declare(
            actor=self.lab.actor("alice"), number=0, title=title, severity="sev1", systems=(system,), **fields
        )
        number = self.lab.desk.declare(declare, key=f"key-{next(self.lab.numbers)}").number
        for user in (ALICE, BOB, CAROL, DAVE, ERIN):
            self.workspace.join(user, self.channel(number))
        return number

    def end_all(self) -> None:
        """No incident is open any more, so that nothing is asked about it."""
        for row in self.lab.desk.incidents():
            boss = self.lab.actor(row.commander or "alice")
            if row.commander is None:
                self.lab.desk.record(row.id, c.Assign(actor=boss, role="commander", person="alice"))
            end = c.Close(actor=boss) if row.state == "resolved" else c.Cancel(actor=boss, reason="The test is over.")
            self.lab.desk.record(row.id, end)

    def started(self, runbook: str = "failover", system: str = "database") -> int:
        """The same with a runbook running, which alice started."""
        number = self.declared(system=system)
        self.lab.give(self.incident(number), c.Start, "alice", runbook=runbook, system=system)
        return number

    def troubled(self, trouble: str) -> int:
        """An incident in which a change that will meet this trouble was started by /dr."""
        number = self.declared()
        self.lab.board.trouble["risk"] = trouble
        self.dr("start risky", channel=self.channel(number))
        return number

    def to_approval(self) -> int:
        """An incident whose promotion waits for its approvals."""
        number = self.started()
        self.lab.give(self.incident(number), c.Done, "alice", run="R1", step="assess")
        self.wait("promote", "pending_approval", number=number)
        return number

    def step(self, step: str, run: str = "R1", number: int = 1) -> StepRun:
        return self.incident(number).runs[run].steps[step]

    def types(self, number: int = 1) -> list[str]:
        return self.lab.types(self.incident(number))

    def notes(self, number: int) -> list[str]:
        """The notes in an incident's timeline."""
        rows_ = self.lab.desk.timeline(f"INC-{number}")
        return [row.event.text for row in rows_ if isinstance(row.event, NoteAdded)]

    def wait(self, step: str, *states: str, number: int = 1) -> None:
        self.lab.wait(self.incident(number), step, *states)


def painter(lab: Lab) -> Callable[[Incident, Any, datetime, Links], dict[str, Message]]:
    """What a channel should show, by this laboratory's plan."""
    desk = lab.desk
    more = (desk.registry.traits, desk.runbooks)
    return lambda incident, texts, now, links: surfaces(incident, texts, desk.plan, now, links, *more)


@contextmanager
def slack_world(
    url: str, directory: Path, numbers: Iterator[int], *, deadline: float = 20.0, **plan: Any
) -> Iterator[SlackWorld]:
    """The bot, connected to a workspace of its own; `plan` is what else its recovery plan says."""
    private, public = keys()
    changes = plan_changes(public) | plan
    lab = make_lab(url, directory, numbers, BOOKS, known=(private, public), **changes)
    messages = TemplateMessages(lab.desk.plan, {}, {}, "http://127.0.0.1:8080")
    object.__setattr__(lab.desk, "messages", messages)
    people = [*default_people(), Person(FRANK, "frank", "Frank Fuller")]
    with Workspace.running(limits=False, people=people, patience=30) as workspace:
        chat = Chat(workspace.bot_token, workspace.api_url)
        members = Members(chat, lab.desk.plan, quick=10, at_once=10)
        lab.directory = members
        reconciler = Reconciler(lab.desk, chat, members, painter(lab), "one")
        front = Front(lab.desk, chat, members, reconciler, WORDS, answer_within=deadline)
        app = bolt_app(front)
        sockets = Sockets(app, Chat(workspace.app_token, workspace.api_url), wanted=1)
        try:
            sockets.start()
            reconciler.start()
            members.identify()
            with lab.running():
                assert workspace.until(lambda: workspace.connections)
                yield SlackWorld(lab, workspace, front, app)
        finally:
            sockets.stop()
            front.close()
            reconciler.stop()
            lab.close()
