"""The real bot, `dr serve` in a process of its own, in a workspace where things go wrong; people who type and click there."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml
from sqlalchemy import select

from bot.app import Bot, build
from bot.domain import commands as c
from bot.domain.incident import Incident, StepRun
from bot.domain.model import replace
from bot.domain.timeline import Actor
from bot.engine.signatures import canonical_request, prove
from bot.playground.mail import Mail, MailSink
from bot.playground.processes import free_port
from bot.playground.workspace.installed import from_manifest
from bot.playground.workspace.ledger import Entry
from bot.playground.workspace.outcomes import Outcome
from bot.playground.workspace.workspace import Workspace
from bot.slack.painter import painter
from bot.slack.surfaces import Links
from bot.store import chat as rows
from bot.store.schema import channels
from tests.faults.gate import Gate
from tests.faults.http_far_side import Hooks
from tests.faults.nursery import PROJECT, Life, Nursery
from tests.faults.slack.plan import PEOPLE, SWITCH, recovery_plan
from tests.faults.world import BUILDING, environment_of, settings_of, write_files, write_keys

ALICE, BOB, CAROL, DAVE, ERIN = (f"U0{person.upper()}" for person in PEOPLE)
ONCALL, INCIDENTS, STATUS = "#oncall", "#incidents", "#status"
CONNECTIONS = 3
READY_WITHIN = 40.0
WITHIN = 45.0
RECORDED_WITHIN, TRIES = 5.0, 5
Json = dict[str, Any]
T = TypeVar("T")


@dataclass
class World:
    """What the tests use. `bot` is a desk of our own on the same database: it only looks, and signs for `dr`."""

    directory: Path
    workspace: Workspace
    bot: Bot
    life: Life
    hooks: Hooks
    mail: MailSink
    keys: Mapping[str, bytes]
    counted: Iterator[int]
    others: list[Life] = field(default_factory=list)

    # --- the bot's process --------------------------------------------------------------------------------------------

    def start(self) -> None:
        """A life of the bot, once it hears what people type."""
        self.life.start()
        self.until(self._hears, "the bot never listened", READY_WITHIN)

    def _hears(self) -> bool:
        assert self.life.alive, f"the bot ended: {self.life.log.read_text()[-2000:]}"
        return self.workspace.connections >= CONNECTIONS * (1 + sum(life.alive for life in self.others))

    def restart(self) -> None:
        """Another life after kill -9, once the sockets of the dead one are noticed to be gone."""
        self.life.end()
        self.until(lambda: self.workspace.connections == 0, "the sockets of the dead bot stay")
        self.start()

    def end(self) -> None:
        """Every life, at once."""
        for life in (self.life, *self.others):
            life.end()

    def make_ready(self) -> None:
        """A bot that lives and hears: after an outage it waits for up to a minute, and another life doesn't."""
        if not self.life.alive or self.workspace.connections < CONNECTIONS:
            self.restart()

    def tidy_up(self) -> None:
        """Nothing is wrong any more, nobody is gone, and no incident is open."""
        self.workspace.faults.clear()
        self.workspace.revoke("")
        for scope in self.workspace.core.app.scopes:
            self.workspace.add_scope(scope)
        for user in (ALICE, BOB, CAROL, DAVE, ERIN):
            self.workspace.person(user).deleted = False
        for channel in (INCIDENTS, STATUS):
            if self.workspace.core.app.user not in self.workspace.channel(channel).members:
                self.workspace.invite_bot(channel)
        self.hooks.done.clear()
        for row in self.bot.desk.incidents():
            self.signed("alice", row.number, c.Cancel(reason="The test is over."))

    def another(self, name: str) -> Life:
        """A second replica beside the first."""
        environment = {**self.life.environment, "DR_REPLICA": name, "DR_HTTP": f"127.0.0.1:{free_port()}"}
        life = Life(self.life.nursery, environment, self.directory / f"{name}.log")
        self.others.append(life)
        life.start()
        self.until(self._hears, "the other bot never listened", READY_WITHIN)
        return life

    def later(self, seconds: float) -> None:
        """Time passes, for the bot and for Slack."""
        clock = self.directory / "clock"
        clock.write_text(str(float(clock.read_text()) + seconds))
        self.workspace.clock.advance(seconds)

    def health(self) -> Json:
        """What /healthz answers."""
        return dict(httpx.get(f"http://{self.life.environment['DR_HTTP']}/healthz", timeout=5).json())

    def mails(self, subject: str) -> list[Mail]:
        """The mails whose subject has this in it."""
        return [mail for mail in self.mail.messages if subject in mail.subject]

    def until(self, look: Callable[[], T], otherwise: str, seconds: float = WITHIN) -> T:
        """What `look` finds, once it finds something; who does not answer it has nothing yet."""
        deadline = time.monotonic() + seconds
        while not (found := answered(look)):
            assert time.monotonic() < deadline, f"{otherwise}\n{self.life.log.read_text()[-3000:]}"
            time.sleep(0.05)
        return found

    # --- people ---------------------------------------------------------------------------------------------------------

    def declared(self, *options: str, title: str = "it is down", severity: str = "sev1") -> int:
        """An incident that alice declares in Slack; its number."""
        before = {row.id for row in self.rows()}
        line = f"/dr declare {severity} shop {title} --yes {' '.join(options)}".strip()

        def new() -> list[Any]:
            return [row for row in self.rows() if row.id not in before]

        self.insist(lambda: self.workspace.command(ALICE, ONCALL, line), lambda: bool(new()))
        number = int(new()[0].number)
        if "--runbook switch" in options and not self.incident(number).runs:
            self.dr(number, "start switch", channel=ONCALL)  # declared, but too busy to start it
        return number

    def insist(self, act: Callable[[], Outcome], is_recorded: Callable[[], bool]) -> None:
        """Somebody does something; told that nothing was recorded, as happens on a busy machine, they do it again."""
        for _ in range(TRIES):
            outcome = act()
            assert outcome.ok, outcome
            deadline = time.monotonic() + RECORDED_WITHIN
            while time.monotonic() < deadline:
                if is_recorded():
                    return
                time.sleep(0.05)
        raise AssertionError(f"It is never recorded.\n{self.life.log.read_text()[-3000:]}")

    def _has_spoken(self, user: str, number: int) -> Callable[[], bool]:
        """Tells whether something of this person's was recorded since."""
        before = len(self.bot.desk.timeline(f"INC-{number}"))
        return lambda: any(row.actor.slack == user for row in self.bot.desk.timeline(f"INC-{number}")[before:])

    def rows(self) -> list[Any]:
        return self.bot.desk.incidents(ended=True)

    def dr(self, number: int, text: str, user: str = ALICE, channel: str = "") -> None:
        """A /dr line, in an incident's channel or in another one, that is recorded."""
        place = channel or self.channel(number)
        line = f"/dr INC-{number} {text}" if channel else f"/dr {text}"
        self.insist(lambda: self.workspace.command(user, place, line), self._has_spoken(user, number))

    def press(self, user: str, number: int, key: str, verb: str) -> None:
        """A button below a message, once it is there; what it does is recorded."""
        button = self.with_button(number, key, verb)
        self.insist(lambda: self.workspace.click(user, button, f"control:{verb}"), self._has_spoken(user, number))

    def with_button(self, number: int, key: str, verb: str) -> str:
        """The ts of a message that has this button."""
        wanted = f"control:{verb}"

        def look() -> str:
            for message in self.posts(number).get(key, []):
                elements = [e for block in message["blocks"] for e in block.get("elements", ())]
                if any(element.get("action_id") == wanted for element in elements):
                    return str(message["ts"])
            return ""

        return self.until(look, f"{key} of INC-{number} has no button {verb}")

    def signed(self, person: str, number: int, command: c.Command) -> Incident:
        """A command of the terminal's `dr`."""
        said = replace(command, actor=Actor(person=person, via="cli"))
        return self.bot.desk.give(f"INC-{number}", said, key=f"{self.directory.name}-{next(self.counted)}")

    def approve_signed(self, person: str, number: int, step: str = "flip") -> Incident:
        """`dr approve`: a signature instead of a click."""
        offer = f"{self.directory.name}-offer-{next(self.counted)}"
        digest = self.step(number, step).digest
        request = canonical_request("approve", f"INC-{number}", f"R1/{step}", digest, {}, offer)
        proof = prove(self.keys[person], request)
        return self.signed(person, number, c.Approve(run="R1", step=step, digest=digest, offer=offer, proof=proof))

    # --- the state ------------------------------------------------------------------------------------------------------

    def incident(self, number: int) -> Incident:
        return self.bot.desk.find(f"INC-{number}")

    def step(self, number: int, step: str) -> StepRun:
        return self.incident(number).runs["R1"].steps[step]

    def reaches(self, number: int, step: str, state: str) -> None:
        """Wait until a step is in a state."""
        self.until(lambda: self.step(number, step).state == state, f"{step} does not become {state}")

    def types(self, number: int) -> list[str]:
        """What happened, by type, in order."""
        return [row.event.type for row in self.bot.desk.timeline(f"INC-{number}")]

    def to_approval(self, *options: str) -> int:
        """An incident whose gated step waits for two approvals; the plan is shown."""
        number = self.declared("--runbook switch", *options, severity="sev2")
        self.press(ALICE, number, "step/R1/assess", "done")
        self.reaches(number, "flip", "pending_approval")
        self.with_button(number, "step/R1/flip", "approve")
        return number

    # --- what the chat shows ----------------------------------------------------------------------------------------------

    def channel(self, number: int) -> str:
        """The incident's channel, once it is made."""

        def look() -> str | None:
            with self.bot.database.read() as connection:
                return rows.channel_of(connection, f"INC-{number}")

        return str(self.until(look, f"INC-{number} has no channel"))

    def posts(self, number: int, place: str = "") -> dict[str, list[Json]]:
        """Every message about an incident that stands anywhere (or in one place), by its key."""
        found: dict[str, list[Json]] = {}
        for channel in [self.workspace.channel(place)] if place else self.workspace.channels():
            for message in list(channel.messages.values()):
                payload = (message.metadata or {}).get("event_payload", {})
                if payload.get("incident") == f"INC-{number}":
                    found.setdefault(payload["key"], []).append(message.shape())
        return found

    def post(self, number: int, key: str) -> Json:
        """The one message of a key, once it is there."""
        self.until(lambda: self.posts(number).get(key), f"INC-{number} shows no {key}")
        return self.posts(number)[key][0]

    def wanted(self, number: int) -> list[str]:
        """The keys that the chat should show now."""
        desk, incident = self.bot.desk, self.incident(number)
        with self.bot.database.read() as connection:
            postings = rows.postings(connection, incident.id)
        return list(painter(desk)(incident, postings, desk.now(), Links(to=lambda _: None)))

    def shown(self, number: int, seconds: float = WITHIN) -> dict[str, Json]:
        """Wait until the chat shows exactly what it should, everything once; the messages by their keys."""

        def look() -> bool:
            counts = Counter({key: len(found) for key, found in self.posts(number).items()})
            return self.is_level(number) and counts == Counter(self.wanted(number))

        try:
            self.until(look, "", seconds)
        except AssertionError as late:
            seen = {key: len(found) for key, found in self.posts(number).items()}
            raise AssertionError(f"shown {seen}, wanted {self.wanted(number)}{late}") from None
        return {key: found[0] for key, found in self.posts(number).items()}

    def is_level(self, number: int) -> bool:
        """Whether the bot says that the channel shows the present state, and has nothing left to find out."""
        with self.bot.database.read() as connection:
            shown = rows.shown(connection, f"INC-{number}").values()
            found = connection.execute(select(channels.c.shown_seq).where(channels.c.stream == f"INC-{number}"))
            return found.scalar() == self.incident(number).seq and all(one.ts for one in shown)

    def never_twice(self, number: int) -> None:
        """No message stands twice, now."""
        twice = {key: len(found) for key, found in self.posts(number).items() if len(found) > 1}
        assert not twice, twice

    def told(self, user: str, text: str, channel: str = ONCALL) -> str:
        """Something that one person alone is told, with this in it."""

        def look() -> list[str]:
            return [str(m["text"]) for m in self.workspace.ephemeral(channel, user) if text in m["text"]]

        return self.until(look, f"{user} was not told {text!r}")[-1]

    def calls(self, method: str, channel: str = "") -> list[Entry]:
        """What was asked of Slack, in order."""
        return [it for it in self.workspace.ledger.of(method) if not channel or it.args.get("channel") == channel]


def answered(look: Callable[[], T]) -> T | None:
    """What `look` finds, if whoever it asks answers."""
    try:
        return look()
    except httpx.TransportError:
        return None


@contextmanager
def running_world(
    directory: Path, database_url: str, nursery: Nursery, counted: Iterator[int], *, limits: bool = False
) -> Iterator[World]:
    """A workspace with the bot in it, started. `limits`: those of Slack."""
    app = from_manifest(yaml.safe_load((PROJECT / "manifest.yml").read_text()))
    with ExitStack() as stack:
        workspace = stack.enter_context(Workspace.running(app=app, limits=limits))
        hooks = stack.enter_context(Hooks(Gate(), {"/flip": "flip"}))
        mail = stack.enter_context(MailSink())
        plan = recovery_plan(write_keys(directory), hooks.url)
        write_files(directory, plan, SWITCH)
        apart = environment_of(directory, database_url, "http://127.0.0.1:9", mail.port) | {
            "SMTP_URL": mail.url,
            "DR_LOG_LEVEL": "info",
        }
        with BUILDING:
            bot = build(settings_of(apart), apart)
        stack.callback(bot.close)
        life = Life(nursery, {**apart, **workspace.environment}, directory / "bot.log")
        keys = {person: (directory / "keys" / person).read_bytes() for person in PEOPLE}
        world = World(directory, workspace, bot, life, hooks, mail, keys, counted)
        stack.callback(world.end)
        world.start()
        yield world
