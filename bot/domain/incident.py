"""What an incident is: the values that the timeline folds into. Nothing here changes anything; see evolve.py."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.approvals import Approval, Proof, Rule, counted
from bot.domain.changes import Plan, Risk
from bot.domain.model import JsonValue
from bot.domain.runbook import Runbook
from bot.domain.runbook import Step as StepDefinition
from bot.domain.transitions import IncidentState, RunState, StepState

MET = frozenset({StepState.COMPLETED, StepState.SKIPPED})
HOLDS_TARGETS = frozenset({StepState.RUNNING, StepState.IN_DOUBT, StepState.UNDOING})


@dataclass(frozen=True)
class Offer:
    """An approval that waits for the look-up of the person."""

    id: str
    person: str
    digest: str
    offered_at: datetime
    proof: Proof | None


ACCEPT_RISK = "accept the risk"  # as a voice says it
SKIP = "skip"


@dataclass(frozen=True)
class Voice:
    """One person's word for skipping, settling, or accepting a risk; enough equal words decide."""

    person: str
    decision: str
    reason: str


@dataclass(frozen=True)
class TakenRisk:
    """A risk, by whom it was accepted, and why: the words of all of them."""

    risk: Risk
    people: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Attempt:
    """One execution of a step, for the record. `refused`: its call is known not to have happened."""

    number: int
    started_at: datetime
    approved_by: tuple[str, ...]
    broken_glass_by: str | None = None
    ended_at: datetime | None = None
    outcome: str = "running"
    undo: bool = False
    refused: bool = False


@dataclass(frozen=True)
class StepRun:
    """One step of one run."""

    definition: StepDefinition
    state: StepState = StepState.NOT_STARTED
    attempt: int = 1
    generation: int = 0
    requester: str | None = None
    editors: tuple[str, ...] = ()
    overrides: Mapping[str, JsonValue] = field(default_factory=dict)
    waits_for_start: bool = False
    gated: bool = True
    plan: Plan | None = None
    done_plan: Plan | None = None
    digest: str = ""
    rule: Rule | None = None
    waits_for: tuple[str, ...] = ()
    expires_at: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    offers: tuple[Offer, ...] = ()
    met_at: datetime | None = None
    risk_accepted_by: tuple[str, ...] = ()
    risk_reason: str = ""
    taken_risks: tuple[TakenRisk, ...] = ()
    glass_broken_by: str | None = None
    glass_reason: str = ""
    glass_proof: Proof | None = None
    attempts: tuple[Attempt, ...] = ()
    ready_at: datetime | None = None
    started_at: datetime | None = None
    executor: str = ""
    applied_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    skipped_by: tuple[str, ...] = ()
    changed_seq: int = 0
    undo: bool = False
    result: Mapping[str, JsonValue] = field(default_factory=dict)
    evidence: Mapping[str, JsonValue] = field(default_factory=dict)
    outcome: str = ""
    finding: str = ""
    reason: str = ""
    risks: tuple[Risk, ...] = ()
    voices: tuple[Voice, ...] = ()
    holding_since: datetime | None = None

    @property
    def id(self) -> str:
        return self.definition.id

    @property
    def awaits_approval(self) -> bool:
        """A plan is shown and approvals of it may be given."""
        return (
            bool(self.digest)
            and self.started_at is None
            and (self.state is StepState.PENDING_APPROVAL or (self.state is StepState.UNDOING and self.undo))
        )

    @property
    def approved_by(self) -> tuple[str, ...]:
        """The distinct people whose approval of the current plan counts."""
        return counted(self.approvals, self.digest)

    @property
    def missing(self) -> int:
        """How many approvals the current plan still lacks; 0 where glass was broken or no rule applies."""
        if self.rule is None or self.glass_broken_by:
            return 0
        return max(0, self.rule.required - len(self.approved_by))

    @property
    def vouched_by(self) -> tuple[str, ...]:
        """Everybody whose word lets the current plan start: who approved it, and who broke the glass."""
        return self.approved_by if self.glass_broken_by is None else (*self.approved_by, self.glass_broken_by)

    @property
    def accepted_risks(self) -> tuple[Risk, ...]:
        """The risks that were accepted, in that order."""
        return tuple(taken.risk for taken in self.taken_risks)

    def taken(self, risk: Risk) -> TakenRisk | None:
        """Who accepted a risk, and why; None where nobody has."""
        return next((taken for taken in self.taken_risks if taken.risk == risk), None)

    @property
    def may_have_acted(self) -> bool:
        """Whether an attempt since the last completed undo is not known to have been refused."""
        back = max((place for place, a in enumerate(self.attempts, start=1) if a.outcome == "undone"), default=0)
        return any(not (attempt.undo or attempt.refused) for attempt in self.attempts[back:])

    @property
    def may_have_changed(self) -> bool:
        """Whether an attempt that had something to do may have done it, and nothing took it back since."""
        return self.may_have_acted and self.done_plan is not None and not self.done_plan.is_empty

    @property
    def passed_at(self) -> datetime | None:
        """When a point of no return was passed, or may have been; None where it was not, and for any other step."""
        if not self.definition.point_of_no_return:
            return None
        if self.definition.kind == "action":
            return next((attempt.started_at for attempt in self.attempts if not attempt.refused), None)
        return self.ended_at if self.state is StepState.COMPLETED else None

    @property
    def is_met(self) -> bool:
        """A step that needs this one may go on. A skipped point of no return never counts."""
        return self.state is StepState.COMPLETED or (
            self.state is StepState.SKIPPED and not self.definition.point_of_no_return
        )


@dataclass(frozen=True)
class Run:
    """One runbook for one system in one environment."""

    id: str
    runbook: Runbook
    digest: str
    system: str
    environment: str
    started_at: datetime
    requester: str | None
    inputs: Mapping[str, JsonValue]
    steps: Mapping[str, StepRun]
    after: tuple[str, ...] = ()
    paused: bool = False
    stopped: bool = False
    resumed_seq: int = 0

    @property
    def state(self) -> RunState:
        """Derived from the steps and the operator's pause."""
        states = [s.state for s in self.steps.values()]
        if self.stopped:
            return RunState.STOPPED
        if all(s in MET for s in states):
            return RunState.COMPLETED
        if self.paused:
            return RunState.PAUSED
        if any(s in (StepState.RUNNING, StepState.UNDOING) for s in states):
            return RunState.RUNNING
        if any(s in (StepState.FAILED, StepState.IN_DOUBT, StepState.UNDO_FAILED) for s in states):
            return RunState.FAILED
        return RunState.WAITING

    @property
    def is_over(self) -> bool:
        return self.state in (RunState.COMPLETED, RunState.STOPPED)

    def needs(self, step: str) -> tuple[str, ...]:
        """What a step waits for here: through a step that `when` leaves out, the ones that it would wait for."""
        found: list[str] = []
        for need in self.runbook.needs(step):
            found.extend((need,) if need in self.steps else self.needs(need))
        return tuple(dict.fromkeys(found))

    def is_turn(self, step: str) -> bool:
        """Whether everything behind a step is met: what it needs, and what that needed in its turn.

        So nothing jumps over a step that is missing because one between them was skipped, or that was undone since.
        """
        waiting, seen = list(self.needs(step)), set[str]()
        while waiting:
            need = waiting.pop()
            if not self.steps[need].is_met:
                return False
            if need not in seen:
                seen.add(need)
                waiting.extend(self.needs(need))
        return True

    def is_held(self, step: "StepRun") -> bool:
        """Whether the operator holds a step back: paused, or stopped, which leaves only the way back."""
        return self.paused or (self.stopped and not step.undo)

    @property
    def is_recovered(self) -> bool:
        """Every step up to the recovery itself is met; what comes after it (phase post_recovery) may go on."""
        return all(s.is_met for s in self.steps.values() if s.definition.phase != "post_recovery")


@dataclass(frozen=True)
class Updates:
    """The rhythm of the status updates. `anchor` is the last post, or the declare; `paced_at` when the rhythm changed."""

    every: timedelta | None
    anchor: datetime
    number: int = 0
    snoozed_until: datetime | None = None
    paced_at: datetime | None = None
    draft: Mapping[str, str] = field(default_factory=dict)
    last_text: str = ""


@dataclass(frozen=True)
class Untold:
    """A message that did not reach its person. `channel` is the last that was tried; empty where there was none."""

    person: str
    channel: str
    template: str


@dataclass(frozen=True)
class Reader:
    """An account that subscribed without being in the recovery plan, and what was out by then: updates, and events."""

    account: str
    updates: int
    seq: int


@dataclass(frozen=True)
class Incident:
    """One incident, as its timeline tells it."""

    id: str
    number: int
    state: IncidentState
    title: str
    description: str
    severity: str
    systems: tuple[str, ...]
    environment: str
    drill: bool
    private: bool
    since: datetime
    declared_at: datetime
    declarer: str | None
    rto: timedelta
    rpo: timedelta
    recovery_plan: str
    updates: Updates
    roles: Mapping[str, str | None]
    runs: Mapping[str, Run] = field(default_factory=dict)
    channel: str | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    reopened_at: datetime | None = None
    ended_at: datetime | None = None
    resolution: Mapping[str, str] = field(default_factory=dict)
    notes: int = 0
    posted: frozenset[str] = frozenset()
    subscribers: frozenset[str] = frozenset()
    readers: tuple[Reader, ...] = ()
    acknowledged: frozenset[str] = frozenset()
    told: Mapping[str, frozenset[str]] = field(default_factory=dict)
    untold: tuple[Untold, ...] = ()
    seq: int = 0
    head: str = ""
    last_at: datetime | None = None
    declarer_account: str | None = None

    @property
    def is_open(self) -> bool:
        """Work goes on: active or mitigated."""
        return self.state in (IncidentState.ACTIVE, IncidentState.MITIGATED)

    @property
    def commander(self) -> str | None:
        return self.roles.get("commander")

    @property
    def current_runs(self) -> tuple[Run, ...]:
        """The runs that count for what comes next: neither stopped nor over before the incident was reopened."""
        return tuple(run for run in self.runs.values() if not run.stopped and not self._was_over(run))

    def _was_over(self, run: Run) -> bool:
        at = self.reopened_at
        ends = (step.ended_at for step in run.steps.values() if step.ended_at is not None)
        return at is not None and run.is_over and all(ended <= at for ended in ends)

    def unrecovered(self, run: Run) -> tuple[str, ...]:
        """The systems whose recovery a run still waits for; none where nothing here recovers them.

        A stopped run recovers nothing: another run of its system has to.
        """
        return tuple(system for system in run.after if not self._is_recovered(system))

    def _is_recovered(self, system: str) -> bool:
        runs = [run for run in self.runs.values() if run.system == system]
        counting = [run for run in runs if run.is_recovered or not run.stopped]
        return not runs or (bool(counting) and all(run.is_recovered for run in counting))

    def every_step(self) -> Iterator[tuple[Run, StepRun]]:
        """All steps of all runs, in order."""
        for run in self.runs.values():
            for step in run.steps.values():
                yield run, step


def held_targets(incident: Incident) -> frozenset[tuple[str, str, str]]:
    """What this incident's steps hold now: target, run and step. Two that hold the same must not be recorded."""
    return frozenset(
        (target, run.id, step.id)
        for run, step in incident.every_step()
        if step.state in HOLDS_TARGETS and step.started_at and step.plan and not step.plan.is_empty
        for target in step.plan.targets
    )
