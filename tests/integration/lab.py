"""A laboratory for the engine: real databases, the real durable engine, signed approvals, and toy actions with a ledger."""

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import BaseModel

from bot.comms.drafts import STANDARD
from bot.domain import commands as c
from bot.domain.approvals import Standing
from bot.domain.changes import Change, Measurement, Plan, Risk, Settlement, Verdict
from bot.domain.incident import Incident, StepRun
from bot.domain.plan import RecoveryPlan
from bot.domain.runbook import Runbook
from bot.domain.targets import PostgresTarget
from bot.domain.timeline import Actor, Recorded
from bot.engine.confirming import confirming
from bot.engine.desk import Desk
from bot.engine.durable import Enqueuer, prepare
from bot.engine.looker import Looker
from bot.engine.ports import (
    Action,
    Check,
    Delivery,
    Directory,
    MayChange,
    NotApplied,
    NotDelivered,
    Notice,
    OutcomeUnknown,
    Receipt,
    Registry,
    StepFacts,
    Unavailable,
)
from bot.engine.replica import Replica
from bot.engine.signatures import canonical_request, prove
from bot.engine.steps import StepRunner
from bot.engine.telling import Teller
from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.migrate import upgrade

PEOPLE = ("alice", "bob", "carol", "dave", "erin")


@dataclass
class Switchboard:
    """The outside world: named switches, and a ledger of every call that changed one."""

    values: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    trouble: dict[str, str] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    healthy: bool | None = True
    key: str = ""


class Flip(BaseModel):
    name: str
    to: str
    bound: float | None = None


class Shut(BaseModel):
    database: PostgresTarget


class Ask(BaseModel):
    hold: str | None = None


def flip_action(board: Switchboard, **traits: Any) -> Action[Flip, str]:
    """Sets a switch. `board.trouble[name]` is what goes wrong."""

    def observe(params: Flip, _: Any) -> str:
        if board.trouble.get(params.name) == "unavailable":
            raise Unavailable(f"{params.name} does not answer.")
        return board.values.get(params.name, "off")

    def plan(params: Flip, before: str) -> Plan:
        changed = (
            () if before == params.to else (Change(resource=params.name, what="it", before=before, after=params.to),)
        )
        figure = board.figures.get(params.name)
        risky = board.trouble.get(params.name) == "risky"
        return Plan(
            action="toy.flip",
            summary=f"Flip {params.name}",
            target=params.name,
            changes=changed,
            nothing_to_do="" if changed else f"{params.name} is {before} already.",
            targets=(f"toy/{params.name}",),
            desired={"value": params.to},
            saved={"value": before},
            bounds={} if params.bound is None else {"data_loss": params.bound},
            measurements=() if figure is None else (Measurement(name="data_loss", text=f"{figure:g} s", value=figure),),
            risks=(Risk(name="loss", text="Something may be lost."),) if risky else (),
        )

    def apply(params: Flip, plan: Plan, context: Any) -> dict[str, Any]:
        trouble = board.trouble.get(params.name)
        if trouble == "refuse":
            raise NotApplied("The switch is locked.")
        if trouble == "quote":
            raise NotApplied(f"The switch does not know the key {board.key}.")
        if trouble == "lost":
            raise OutcomeUnknown("No answer within 10 s.")
        board.calls.append((params.name, context.facts.token))
        board.values[params.name] = str(plan.desired["value"])
        if trouble == "answer_lost":
            raise OutcomeUnknown("No answer within 10 s.")
        if trouble == "bug":
            raise RuntimeError("a bug")
        return {"flipped": params.name}

    def settle(params: Flip, plan: Plan, _: Any) -> Settlement:
        value = board.values.get(params.name, "off")
        outcome = "happened" if value == plan.desired["value"] else "not_happened"
        return Settlement(outcome=outcome, finding=f"{params.name} is {value}.")

    def verify(params: Flip, plan: Plan, _: Any) -> Verdict:
        if board.trouble.get(params.name) == "unproven":
            return Verdict(
                holds=None, finding="It can't be proven.", risks=(Risk(name="unproven", text="It may be on."),)
            )
        value = board.values.get(params.name, "off")
        return Verdict(
            holds=value == plan.desired["value"], finding=f"{params.name} is {value}.", evidence={"value": value}
        )

    def undo(params: Flip, done: Plan, now: str) -> Plan:
        back = str(done.saved["value"])
        return plan(params.model_copy(update={"to": back}), now)

    return Action("toy.flip", "Flip a switch.", Flip, observe, plan, apply, settle, verify, undo, **traits)


def shut_action(board: Switchboard) -> Action[Shut, None]:
    """Shuts a database; every look and call goes into the ledger by its host."""

    def observe(params: Shut, context: Any) -> None:
        board.calls.append((params.database.host, "look"))

    def plan(params: Shut, _: None) -> Plan:
        host = params.database.host
        change = Change(resource=host, what="it", before="open", after="shut")
        return Plan(action="toy.shut", summary=f"Shut {host}", target=host, changes=(change,))

    def apply(params: Shut, plan: Plan, context: Any) -> dict[str, Any]:
        board.calls.append((params.database.host, context.facts.token))
        return {}

    def settle(params: Shut, plan: Plan, _: Any) -> Settlement:
        return Settlement(outcome="unknown", finding="")

    def verify(params: Shut, plan: Plan, _: Any) -> Verdict:
        return Verdict(holds=True, finding=f"{params.database.host} is shut.")

    return Action("toy.shut", "Shut a database.", Shut, observe, plan, apply, settle, verify)


def health_check(board: Switchboard) -> Check[Ask]:
    def look(_: Ask, __: Any) -> Verdict:
        if board.healthy is None:
            return Verdict(holds=None, finding="No answer.", risks=(Risk(name="blind", text="Nothing is known."),))
        return Verdict(holds=board.healthy, finding="healthy" if board.healthy else "sick")

    return Check("toy.health", "Ask for the health.", Ask, look)


@dataclass(frozen=True)
class Quiet:
    """Messages of few words; what is delivered goes to a list."""

    sent: list[Delivery] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def caused_by(self, before: Incident | None, after: Incident, events: tuple[Recorded, ...]) -> tuple[Delivery, ...]:
        return tuple(
            Delivery(f"{row.stream}/{row.seq}/{row.event.type}/alice", row.stream, "alice", "any", ("list",), {})
            for row in events
            if row.event.type in ("IncidentDeclared", "UpdatePosted")
        )

    def update(self, incident: Incident, now: datetime, missed: int = 0) -> tuple[str, dict[str, str]]:
        return f"update {incident.updates.number + 1}, missed {missed}", {}

    def sections(self, template: str) -> tuple[str, ...]:
        return STANDARD.get(template, ())

    def message(self, template: str, incident: Incident, now: datetime, written: Mapping[str, str]) -> str:
        return template

    def notices(self, incident: Incident, notices: tuple[Notice, ...]) -> tuple[Delivery, ...]:
        return tuple(Delivery(n.id, incident.id, n.person, n.template, ("list",), {}) for n in notices)

    def deliver(self, delivery: Delivery) -> Receipt:
        self.sent.append(delivery)
        return Receipt("list", delivery.id)

    def checks(self) -> Mapping[str, Callable[[], None]]:
        return {"list": self.check}

    def check(self) -> None:
        """Fails while `broken` holds a reason."""
        for reason in self.broken:
            raise NotDelivered("list", reason)


@dataclass(frozen=True)
class ToyContext:
    facts: StepFacts
    may_change: MayChange | None = None


class NoDirectory:
    def look_up(self, person: str, teams: Collection[str]) -> Standing:
        raise Unavailable(f"Nobody can look {person} up here.")


def keys() -> tuple[dict[str, bytes], dict[str, str]]:
    """Private and public OpenSSH keys for the people."""
    private, public = {}, {}
    for person in PEOPLE:
        key = Ed25519PrivateKey.generate()
        private[person] = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        public[person] = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return private, public


def plan_of(public: Mapping[str, str], **changes: Any) -> RecoveryPlan:
    fields: dict[str, Any] = {
        "organisation": "Laboratory",
        "people": {p: {"name": p.title(), "email": f"{p}@example.com", "ssh_keys": [public[p]]} for p in PEOPLE},
        "teams": {"approvers": {"members": list(PEOPLE)}, "leads": {"members": ["alice", "bob"]}},
        "severities": {"sev1": {"title": "Down", "updates": {"every": "30m"}}},
        "approvals": {"approvers": "approvers", "break_glass": {"allowed": ["leads"], "uses": 5, "per": "1h"}},
        "systems": {
            "database": {
                "title": "Database",
                "objectives": {"rto": "1h", "rpo": "5m"},
                "regions": {"primary": "us-west-2", "recovery": "us-east-1"},
            }
        },
        "environments": {"production": {"targets": {"database": {"name": "db"}}}},
    }
    return RecoveryPlan.model_validate(fields | changes)


@dataclass
class Lab:
    """One replica's world. `alice` declares and starts; the others approve."""

    desk: Desk
    board: Switchboard
    private: Mapping[str, bytes]
    messages: Quiet
    offset: Path
    numbers: Iterator[int]
    directory: Directory = field(default_factory=lambda: NoDirectory())

    def replica(self, name: str = "one", **options: Any) -> Replica:
        looker = Looker(self.desk.plan, self.desk.registry, ToyContext)  # type: ignore[arg-type]
        confirm = confirming(self.desk.plan, self.directory)
        runner = StepRunner(self.desk, looker, confirm, self.directory, f"{name}-{uuid.uuid4().hex}")
        return Replica(self.desk, runner, Teller(self.desk), name, **options)

    @contextmanager
    def running(self, name: str = "one") -> Iterator[Replica]:
        replica = self.replica(name)
        try:
            replica.start()
            yield replica
        finally:
            replica.stop()

    def close(self) -> None:
        self.desk.close()
        self.desk.database.close()

    def advance(self, seconds: float) -> None:
        """Move the clock on."""
        self.offset.write_text(str(float(self.offset.read_text()) + seconds))

    def declare(self, title: str = "down", key: str = "") -> Incident:
        declared = c.Declare(actor=self.actor("alice"), number=0, title=title, severity="sev1", systems=("database",))
        return self.desk.declare(declared, key=key or f"key-{next(self.numbers)}")

    def started(self, runbook: str) -> Incident:
        """An incident with the runbook running."""
        incident = self.declare()
        return self.give(incident, c.Start, "alice", runbook=runbook, system="database")

    def actor(self, person: str) -> Actor:
        return Actor(person=person, via="cli")

    def give(self, incident: Incident, command: type[c.Command], person: str, **fields: Any) -> Incident:
        return self.desk.give(incident.id, command(actor=self.actor(person), **fields), key=f"key-{next(self.numbers)}")

    def step(self, incident: Incident, step: str, run: str = "R1") -> StepRun:
        return self.desk.find(incident.id).runs[run].steps[step]

    def approve(self, incident: Incident, step: str, person: str, run: str = "R1", signer: str = "") -> Incident:
        digest = self.step(incident, step, run).digest
        offer = f"key-{next(self.numbers)}"
        signed = canonical_request("approve", incident.id, f"{run}/{step}", digest, {}, offer)
        proof = prove(self.private[signer or person], signed)
        command = c.Approve(actor=self.actor(person), run=run, step=step, digest=digest, offer=offer, proof=proof)
        return self.desk.give(incident.id, command, key=offer)

    def wait(self, incident: Incident, step: str, *states: str, seconds: float = 60.0, run: str = "R1") -> StepRun:
        """The step once it is in one of the states."""
        deadline = time.monotonic() + seconds
        while (found := self.step(incident, step, run)).state not in states:
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{step} is {found.state} ({found.reason} {found.finding}), not {' or '.join(states)}"
                )
            time.sleep(0.03)
        return found

    def types(self, incident: Incident) -> list[str]:
        return [row.event.type for row in self.desk.timeline(incident.id)]


def make_lab(
    url: str,
    directory: Path,
    numbers: Iterator[int],
    runbooks: Mapping[str, Any],
    board: Switchboard | None = None,
    known: tuple[Mapping[str, bytes], Mapping[str, str]] | None = None,
    messages: Quiet | None = None,
    **plan: Any,
) -> Lab:
    """A laboratory on a database; its tables are made."""
    board = board or Switchboard()
    private, public = known or keys()
    database = Database(url, busy_timeout_ms=15_000)  # a busy machine must not decide a test
    upgrade(database)
    prepare(database)
    offset = directory / "offset"
    if not offset.exists():
        offset.write_text("0")
    flip = flip_action(board)
    once = flip_action(board, point_of_no_return=True)
    harmless = flip_action(board, gated=False)
    repeatable = flip_action(board, gated=False, repeatable=True)
    toys = {"toy.flip": flip, "toy.once": once, "toy.harmless": harmless, "toy.repeatable": repeatable}
    registry = Registry(toys | {"toy.shut": shut_action(board)}, {"toy.health": health_check(board)})
    books = {
        name: Runbook.model_validate({"runbook": name, "title": name, "kind": "failover", "for": "postgres"} | book)
        for name, book in runbooks.items()
    }
    messages = messages or Quiet()
    desk = Desk(
        database,
        Clock(offset),
        plan_of(public, **plan),
        books,
        registry,
        messages,
        Enqueuer(database),
        deadline_seconds=20.0,  # a busy machine must not decide a test
    )
    return Lab(desk, board, private, messages, offset, numbers)
