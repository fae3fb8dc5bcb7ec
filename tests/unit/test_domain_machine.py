"""Random nights: several people, the bot and the clock, in any order, with a ledger beside the bot that keeps its own count."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.approvals import Rule, Standing
from bot.domain.changes import Plan
from bot.domain.errors import Refused
from bot.domain.evolve import fold
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.runbook import Runbook
from bot.domain.timeline import BOT, Actor, Event, Recorded, read_event
from bot.domain.transitions import StepState
from tests.unit.builders import (
    FAILS,
    HOLDS,
    PROOF,
    RISK,
    TARGET,
    UNKNOWN,
    Story,
    a_plan,
    action,
    bounded_plan,
    by,
    check,
    empty_plan,
    manual,
    recovery_plan,
    runbook,
    unmet_plan,
)

PEOPLE = ("alice", "bob", "carol", "dave", "erin", "frank", "mallory")
PLANS = (
    a_plan(),
    a_plan(),
    a_plan(target="customers-east-2"),
    a_plan(risks=(RISK,)),
    empty_plan(),
    unmet_plan(None),
    bounded_plan(100),
    bounded_plan(400),
)
BOOKS = {
    "failover": runbook(
        check("fit", needs=[]),
        action("fence", "fence", needs=[], with_={"weight": 1}),
        action("promote", "promote", needs=["fit", "fence"], approval={"required": 2}),
        manual("rehearse", when="drill"),
        action("dns", "switch"),
        action("tell", "tell"),
    ),
    "short": runbook(manual("assess"), action("post", "post"), name="short"),
}
MEMBERS = frozenset(recovery_plan().members("approvers"))
LEADS = frozenset(recovery_plan().members("leads"))
DONE = ("StepReady", "StepReplanned", "StepBlocked", "UndoRequested", "ApprovalsVoided")

person = st.sampled_from(PEOPLE)
place = st.integers(0, 31)
plans = st.sampled_from(PLANS)


@dataclass
class Account:
    """What the ledger knows of one step, from events alone."""

    requester: str | None = None
    editors: set[str] = field(default_factory=set)
    digest: str = ""
    plan: Plan | None = None
    rule: Rule | None = None
    expires_at: datetime | None = None
    offered: dict[str, tuple[str, str, datetime]] = field(default_factory=dict)
    approved: dict[str, datetime] = field(default_factory=dict)
    glass: datetime | None = None
    voices: dict[str, set[str]] = field(default_factory=dict)
    started: set[int] = field(default_factory=set)

    def clear(self) -> None:
        self.digest, self.plan, self.rule = "", None, None
        self.offered, self.approved, self.glass = {}, {}, None


class Ledger:
    """Reads the timeline and objects to whatever must never happen."""

    def __init__(self) -> None:
        self.accounts: dict[tuple[str, str], Account] = {}
        self.declarer: str | None = None
        self.requesters: dict[str, str | None] = {}
        self.updates = 0

    def read(self, before: Incident | None, row: Recorded) -> None:
        event = row.event
        if isinstance(event, e.IncidentDeclared):
            self.declarer = event.declarer
        elif isinstance(event, e.RunStarted):
            self.requesters[event.run] = event.requester
        elif isinstance(event, e.UpdatePosted):
            assert event.number == self.updates + 1
            self.updates += 1
        elif isinstance(event, e.StepEvent):
            assert before is not None
            fresh = Account(self.requesters[event.run])
            self._step(before, event, row.at, self.accounts.setdefault((event.run, event.step), fresh))

    def _step(self, before: Incident, event: e.StepEvent, at: datetime, account: Account) -> None:
        check = self.CHECKS.get(type(event))
        if check:
            check(self, before, event, at, account)
        if event.type in DONE:
            account.clear()
        if event.type.startswith(("Step", "Undo")) and event.type != "StepLooked":
            account.voices = {}

    def _shown(self, _: Incident, event: e.StepPlanned | e.UndoPlanned, __: datetime, account: Account) -> None:
        account.clear()
        account.digest, account.plan, account.rule = event.digest, event.plan, event.rule
        account.expires_at = event.expires_at

    def _ready(self, _: Incident, event: e.StepReady, __: datetime, account: Account) -> None:
        account.requester = event.requester or account.requester

    def _replanned(self, _: Incident, event: e.StepReplanned, __: datetime, account: Account) -> None:
        account.editors.add(event.requester)

    def _undo(self, before: Incident, event: e.UndoRequested, _: datetime, account: Account) -> None:
        account.requester = event.requester
        self._nothing_passed_over(before.runs[event.run], event.step)

    def _offered(self, _: Incident, event: e.ApprovalOffered, at: datetime, account: Account) -> None:
        account.offered[event.offer] = (event.person, event.digest, at)

    def _given(self, _: Incident, event: e.ApprovalGiven, __: datetime, account: Account) -> None:
        person, digest, clicked_at = account.offered.pop(event.offer)
        assert (event.person, event.digest, digest) == (person, account.digest, account.digest)
        assert account.expires_at is not None
        assert clicked_at < account.expires_at
        self._independent(person, account)
        assert person not in account.approved
        account.approved[person] = clicked_at

    def _independent(self, person: str, account: Account) -> None:
        """In the team, and neither declarer nor requester nor editor."""
        assert person in MEMBERS - {self.declarer, account.requester} - account.editors

    def _not_given(self, _: Incident, event: Any, __: datetime, account: Account) -> None:
        account.approved.pop(event.person, None)

    def _glass(self, _: Incident, event: e.GlassBroken, at: datetime, account: Account) -> None:
        assert event.person in LEADS
        assert len(event.reason) >= 20
        assert account.plan is not None
        assert (event.digest, event.target) == (account.digest, account.plan.target)
        account.glass = at

    def _voice(self, before: Incident, event: e.VoiceGiven, _: datetime, account: Account) -> None:
        self._independent(event.person, account)
        said = account.voices.setdefault(event.decision, set())
        assert event.person not in said
        said.add(event.person)

    def _started(self, before: Incident, event: e.StepStarted, at: datetime, account: Account) -> None:
        run = before.runs[event.run]
        assert not run.paused
        assert not run.stopped
        assert all(self._may_rest_on(run.steps[need]) for need in ancestors(run, event.step))
        self._released(run.steps[event.step], event, at, account)

    def _undo_started(self, before: Incident, event: e.UndoStarted, at: datetime, account: Account) -> None:
        self._nothing_passed_over(before.runs[event.run], event.step)
        self._released(before.runs[event.run].steps[event.step], event, at, account)

    def _released(self, step: StepRun, event: e.StepStarted | e.UndoStarted, at: datetime, account: Account) -> None:
        """Once for each attempt; what changes something only with enough live approvals, or broken glass."""
        assert event.attempt not in account.started
        account.started.add(event.attempt)
        if step.definition.kind == "check":
            return
        assert account.plan is not None
        assert event.digest == account.digest
        if account.plan.is_empty or not (step.gated or account.rule):
            return
        assert account.rule is not None
        needed = step.definition.approval.required if step.definition.approval else 1
        assert account.rule.required >= (needed or 1) + bool(step.accepted_risks)
        if account.glass is None:
            assert len(account.approved) >= account.rule.required
        assert step.met_at is not None
        assert at < step.met_at + account.rule.execution_expires

    def _skipped(self, before: Incident, event: e.StepSkipped, _: datetime, account: Account) -> None:
        step = before.runs[event.run].steps[event.step]
        if step.definition.kind == "check" or step.gated:
            needed = step.definition.approval.required if step.definition.approval else 1
            assert len(account.voices.get("skip", ())) >= (needed or 1)

    def _completed(self, _: Incident, event: e.StepCompleted, __: datetime, account: Account) -> None:
        if event.outcome in ("risk_accepted", "unproven"):
            assert len(account.voices.get("accept the risk", ())) >= 2

    @staticmethod
    def _may_rest_on(step: StepRun) -> bool:
        passed = step.state is StepState.SKIPPED and not step.definition.point_of_no_return
        return step.state is StepState.COMPLETED or passed

    @staticmethod
    def _nothing_passed_over(run: Run, step: str) -> None:
        """No point of no return behind which the step lies has a start that may have taken effect."""
        for point in run.steps.values():
            if point.definition.point_of_no_return and step in ancestors(run, point.id):
                assert all(attempt.refused for attempt in point.attempts)

    CHECKS: dict[type[Event], Callable[..., None]] = {
        e.StepPlanned: _shown,
        e.UndoPlanned: _shown,
        e.StepReady: _ready,
        e.StepReplanned: _replanned,
        e.UndoRequested: _undo,
        e.ApprovalOffered: _offered,
        e.ApprovalGiven: _given,
        e.ApprovalRejected: _not_given,
        e.ApprovalWithdrawn: _not_given,
        e.GlassBroken: _glass,
        e.VoiceGiven: _voice,
        e.StepStarted: _started,
        e.UndoStarted: _undo_started,
        e.StepSkipped: _skipped,
        e.StepCompleted: _completed,
    }


def ancestors(run: Run, step: str) -> set[str]:
    """Everything before a step, by the runbook alone."""
    book: Runbook = run.runbook
    places = {s.id: i for i, s in enumerate(book.steps)}
    found: set[str] = set()
    waiting = [step]
    while waiting:
        here = waiting.pop()
        above = (book.steps[places[here] - 1].id,) if places[here] else ()
        needs = book.steps[places[here]].needs
        new = set(above if needs is None else needs) - found
        found |= new
        waiting.extend(new)
    return found & set(run.steps)


class Night(RuleBasedStateMachine):
    """Everybody does anything. What is refused changes nothing, what is recorded folds, and the ledger never objects."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(runbooks=BOOKS)
        self.twin: Incident | None = None
        self.ledger = Ledger()
        self.digests: list[str] = ["0" * 64]
        self.offers: list[str] = ["O0"]

    def give(self, command: c.Command) -> bool:
        """Give a command; whether it was taken. The state that was decided on is never touched.

        The twin is folded from the rows as they are read back from their text, so it shares nothing with the state.
        """
        before, seen = self.story.state, len(self.story.rows)
        try:
            self.story.give(command)
        except Refused:
            assert len(self.story.rows) == seen
            assert self.story.state == before == self.twin
            return False
        assert before == self.twin
        for row in self.story.rows[seen:]:
            self.ledger.read(self.twin, row)
            self.twin = fold([replace(row, event=read_event(row.event.type, row.event.data()))], self.twin)
        return True

    def pick(self, place: int, *states: str) -> tuple[str, StepRun] | None:
        """Some step, of those in these states where there are any."""
        found = [(run.id, step) for run, step in self.story.incident.every_step()]
        fitting = [where for where in found if where[1].state.value in states]
        found = fitting or found
        return found[place % len(found)] if found else None

    def ask(self, kind: type[c.StepCommand], place: int, states: tuple[str, ...], actor: Actor, **given: Any) -> bool:
        """One command about one step."""
        where = self.pick(place, *states)
        if where is None:
            return False
        run, step = where
        names = kind.__dataclass_fields__
        known: dict[str, Any] = {"attempt": step.attempt, "digest": step.digest, "generation": step.generation}
        known |= {
            "executor": "host-1",
            "token": f"{run}/{step.id}/{step.attempt}",
            "confirmed": step.vouched_by,
            "reason": "Because it is needed now.",
        }
        fields = {name: value for name, value in {**known, **given}.items() if name in names}
        if kind is c.Begin and step.definition.kind == "check":
            fields["plan"] = None
        if step.digest:
            self.digests.append(step.digest)
        return self.give(kind(actor=actor, run=run, step=step.id, **fields))

    @initialize(person=person, drill=st.booleans())
    def declare(self, person: str, drill: bool) -> None:
        """The night begins."""
        environment = "staging" if drill else "production"
        self.story.declare(person, systems=("database", "orders"), drill=drill, environment=environment)
        self.ledger.read(None, self.story.rows[0])
        self.twin = fold(self.story.rows)
        self.give(c.Start(actor=by("alice"), runbook="failover", system="database"))

    @rule(person=person, book=st.sampled_from(sorted(BOOKS)), system=st.sampled_from(["database", "orders"]))
    def start(self, person: str, book: str, system: str) -> None:
        self.give(c.Start(actor=by(person), runbook=book, system=system))

    @rule(seconds=st.sampled_from([1, 240, 599, 600, 1800]))
    def wait(self, seconds: int) -> None:
        self.story.now += timedelta(seconds=seconds)

    # --- as it should go --------------------------------------------------------------------------------------------------

    @rule(place=place, times=st.integers(2, 8))
    def go_on(self, place: int, times: int) -> None:
        """One step goes its way for a while, as on a good night."""
        for _ in range(times):
            where = self.pick(place, "ready", "pending_approval", "running", "undoing", "in_doubt", "failed", "blocked")
            if where is None:
                return
            self._next(place, where[1])

    def _next(self, place: int, step: StepRun) -> None:
        if step.awaits_approval and step.missing and place % 4:
            self.approve(place, ("carol", "dave", "erin", "bob")[len(step.approvals) % 4], True, 0)
        elif step.applied_at or (step.started_at and step.definition.kind == "check"):
            self.look(place, HOLDS, False)
        elif step.started_at and step.state in (StepState.RUNNING, StepState.UNDOING):
            self.answer(place, c.Applied)
        elif step.state is StepState.READY and step.definition.kind == "manual":
            self.answer_as(place, "bob", c.Done)
        elif step.state in (StepState.FAILED, StepState.BLOCKED) or step.waits_for_start:
            self.answer_as(place, "alice", c.Retry)
        elif step.awaits_approval or step.definition.kind == "check" or not step.gated:
            self.begin(place, a_plan(), True)
        else:
            self.show(place, a_plan())

    @rule(place=place, person=person)
    def go_back(self, place: int, person: str) -> None:
        """A step that is done is asked to be undone, planned, and approved."""
        self.ask(c.Undo, place, ("completed",), by(person))
        self.ask(c.ShowPlan, place, ("undoing",), BOT, plan=a_plan())
        for approver in ("carol", "dave", "erin"):
            self.ask(c.Approve, place, ("undoing",), by(approver), offer=f"U{approver}{len(self.digests)}", proof=PROOF)
        self.ask(c.Begin, place, ("undoing",), BOT, plan=a_plan())

    @rule(place=place, person=person)
    def edit_then_approve(self, place: int, person: str) -> None:
        """Somebody has a plan made anew and approves it themselves, with a helper or two."""
        self.ask(c.Replan, place, ("pending_approval", "ready"), by(person))
        self.ask(c.ShowPlan, place, ("ready",), BOT, plan=a_plan())
        for approver in (person, "erin", "dave"):
            self.approve(place, approver, True, 0)

    @rule(place=place, seconds=st.sampled_from([599, 600]))
    def start_late(self, place: int, seconds: int) -> None:
        """Enough people approve, and the executor comes ten minutes later."""
        for approver in ("bob", "carol", "dave", "erin"):
            self.approve(place, approver, True, 0)
        self.wait(seconds)
        self.begin(place, a_plan(), True)

    # --- the bot works on -----------------------------------------------------------------------------------------------

    @rule(place=place, plan=plans)
    def show(self, place: int, plan: Plan) -> None:
        self.ask(c.ShowPlan, place, ("ready", "undoing"), BOT, plan=plan)

    @rule(place=place, plan=plans, like_shown=st.sampled_from([True, True, True, False]))
    def begin(self, place: int, plan: Plan, like_shown: bool) -> None:
        where = self.pick(place, "pending_approval", "undoing", "ready")
        shown = where[1].plan if where else None
        fresh = shown if shown and like_shown else plan
        self.ask(c.Begin, place, ("pending_approval", "undoing", "ready"), BOT, plan=fresh)

    @rule(place=place, person=person)
    def begin_unconfirmed(self, place: int, person: str) -> None:
        where = self.pick(place, "pending_approval")
        plan = where[1].plan if where and where[1].plan else a_plan()
        self.ask(c.Begin, place, ("pending_approval",), BOT, plan=plan, unconfirmed={person: "Deactivated."})

    @rule(place=place, kind=st.sampled_from([c.Applied, c.Applied, c.NotDone, c.Doubt]))
    def answer(self, place: int, kind: type[c.StepCommand]) -> None:
        self.ask(kind, place, ("running", "undoing", "in_doubt"), BOT)

    @rule(place=place, verdict=st.sampled_from([HOLDS, HOLDS, FAILS, UNKNOWN]), late=st.booleans())
    def look(self, place: int, verdict: Any, late: bool) -> None:
        self.ask(c.Looked, place, ("running", "undoing"), BOT, verdict=verdict, late=late)

    @rule(place=place, outcome=st.sampled_from(["happened", "not_happened", "unknown"]))
    def probe(self, place: int, outcome: str) -> None:
        self.ask(c.Probed, place, ("in_doubt",), BOT, outcome=outcome, finding="As seen.")

    @rule(place=place)
    def expire(self, place: int) -> None:
        self.ask(c.Expire, place, ("pending_approval", "undoing"), BOT)

    @rule(place=place)
    def block(self, place: int) -> None:
        self.ask(c.Block, place, ("ready", "pending_approval", "undoing"), BOT, risks=(RISK,))

    @rule(offer=place, place=place, eligible=st.sampled_from([True, True, False]))
    def judge(self, offer: int, place: int, eligible: bool) -> None:
        standing = Standing(eligible=eligible, reason="" if eligible else "Unknown.")
        chosen = self.offers[-1 - offer % len(self.offers)]
        self.ask(c.JudgeOffer, place, ("pending_approval", "undoing"), BOT, offer=chosen, standing=standing)

    # --- people answer ----------------------------------------------------------------------------------------------------

    @rule(place=place, person=person, signed=st.sampled_from([True, True, False]), old=st.sampled_from([0, 0, 0, 1, 2]))
    def approve(self, place: int, person: str, signed: bool, old: int) -> None:
        self.offers.append(f"O{len(self.offers)}")
        given: dict[str, Any] = {"offer": self.offers[-1], "proof": PROOF if signed else None}
        if old:
            given["digest"] = self.digests[-old % len(self.digests)]
        self.ask(c.Approve, place, ("pending_approval", "undoing"), by(person, "cli" if signed else "slack"), **given)

    @rule(place=place, person=person, kind=st.sampled_from([c.Decline, c.Withdraw, c.Replan, c.Done, c.Retry, c.Undo]))
    def answer_as(self, place: int, person: str, kind: type[c.StepCommand]) -> None:
        states = {
            c.Done: ("ready",),
            c.Retry: ("failed", "blocked", "undone", "undo_failed", "ready"),
            c.Undo: ("completed", "failed", "blocked", "skipped"),
        }
        self.ask(kind, place, states.get(kind, ("pending_approval",)), by(person))

    @rule(place=place, person=person)
    def skip(self, place: int, person: str) -> None:
        self.ask(c.Skip, place, ("ready", "failed", "blocked"), by(person))

    @rule(place=place)
    def skip_by_all(self, place: int) -> None:
        """Several people agree to go on without a step, maybe long before its turn."""
        states = ("not_started",) if place % 2 else ("ready", "failed")
        for person in ("carol", "dave"):
            self.ask(c.Skip, place, states, by(person))

    @rule(place=place, person=person, outcome=st.sampled_from(["happened", "not_happened"]))
    def settle(self, place: int, person: str, outcome: str) -> None:
        self.ask(c.Settle, place, ("in_doubt",), by(person), outcome=outcome)

    @rule(place=place, person=person)
    def accept_risk(self, place: int, person: str) -> None:
        self.ask(c.AcceptRisk, place, ("blocked",), by(person))

    @rule(place=place, person=person, typed=st.sampled_from([TARGET, TARGET, "west"]))
    def break_glass(self, place: int, person: str, typed: str) -> None:
        self.ask(c.BreakGlass, place, ("pending_approval", "undoing"), by(person), target=typed)

    # --- the incident ------------------------------------------------------------------------------------------------------

    @rule(
        person=person, run=st.sampled_from(["R1", "R2"]), kind=st.sampled_from([c.Pause, c.Resume, c.Resume, c.Resume])
    )
    def hold(self, person: str, run: str, kind: Any) -> None:
        self.give(kind(actor=by(person), run=run))

    @rule(place=place, run=st.sampled_from(["R1", "R2", "R3"]))
    def stop(self, place: int, run: str) -> None:
        if place == 0:
            self.give(c.Stop(actor=by(self.story.incident.commander), run=run))

    @rule(person=person, kind=st.sampled_from([c.Mitigate, c.Resolve, c.Close, c.Cancel, c.Reopen, c.Reopen]))
    def turn(self, person: str, kind: Any) -> None:
        reason = {"reason": "That is how it is."} if kind in (c.Cancel, c.Reopen) else {}
        self.give(kind(actor=by(person), **reason))

    @rule(automatic=st.booleans(), ahead=st.integers(0, 1))
    def post_update(self, automatic: bool, ahead: int) -> None:
        number = self.story.incident.updates.number + 1 + ahead
        actor = BOT if automatic else by("bob")
        self.give(c.PostUpdate(actor=actor, number=number, text="Going on.", automatic=automatic))

    # --- always --------------------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_waits_under_two_heads(self) -> None:
        """What is counted is counted for the plan that is shown, from distinct people."""
        if self.story.state is None:
            return
        for _, step in self.story.incident.every_step():
            people = [approval.person for approval in step.approvals]
            assert len(set(people)) == len(people)
            assert all(approval.digest == step.digest for approval in step.approvals)

    def teardown(self) -> None:
        """What was recorded, read back, is the state."""
        assert self.story.state == self.twin


TestNight = Night.TestCase
