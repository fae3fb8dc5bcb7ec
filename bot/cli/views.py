"""What --json shows of an incident: durations in seconds, moments RFC 3339 in UTC."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator

from bot.domain.approvals import Approval
from bot.domain.cadence import next_update
from bot.domain.changes import Change, Measurement, Precondition, Risk, SecretVersion
from bot.domain.durations import Duration
from bot.domain.incident import Attempt, Incident, Run, StepRun
from bot.domain.model import JsonValue, Model
from bot.domain.objectives import recovery_clock
from bot.domain.plan import RecoveryPlan
from bot.domain.waiting import waits
from bot.store.projections import IncidentRow

Moment = Annotated[datetime, AfterValidator(lambda at: at.astimezone(UTC))]


class PlanView(Model):
    """A step's plan, with the rule that it is under and who is waited for."""

    digest: str
    generation: int
    action: str
    summary: str
    target: str
    account: str
    region: str
    targets: tuple[str, ...]
    changes: tuple[Change, ...]
    nothing_to_do: str
    parameters: dict[str, JsonValue]
    measurements: tuple[Measurement, ...]
    preconditions: tuple[Precondition, ...]
    bounds: dict[str, float]
    risks: tuple[Risk, ...]
    warnings: tuple[str, ...]
    secrets: tuple[SecretVersion, ...]
    point_of_no_return: bool
    way_back: str
    approvers: str | None
    required: int
    missing: int
    waits_for: tuple[str, ...]
    expires_at: Moment | None

    @classmethod
    def of(cls, step: StepRun) -> Self | None:
        plan, rule = step.plan, step.rule
        if plan is None:
            return None
        return cls(
            **{name: getattr(plan, name) for name in type(plan).model_fields if name in cls.model_fields},
            digest=step.digest,
            generation=step.generation,
            approvers=rule.approvers if rule else None,
            required=rule.required if rule else 0,
            missing=step.missing if step.awaits_approval else 0,
            waits_for=tuple(p for p in step.waits_for if p not in step.approved_by) if step.awaits_approval else (),
            expires_at=step.expires_at,
        )


class ApprovalView(Model):
    """One counted approval; `counts` where it is of the plan that is shown now."""

    person: str
    digest: str
    at: Moment
    via: str
    counts: bool

    @classmethod
    def of(cls, approval: Approval, step: StepRun) -> Self:
        return cls(
            person=approval.person,
            digest=approval.digest,
            at=approval.given_at,
            via=approval.via,
            counts=approval.digest == step.digest,
        )


class AttemptView(Model):
    """One execution of a step."""

    number: int
    started_at: Moment
    ended_at: Moment | None
    outcome: str
    approved_by: tuple[str, ...]
    broken_glass_by: str | None

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        return cls(**{name: getattr(attempt, name) for name in cls.model_fields})


class StepView(Model):
    """One step of a run. `finding` is what the last look found, `reason` why it stands where it stands."""

    id: str
    title: str
    kind: str
    state: str
    needs: tuple[str, ...]
    expected: Duration | None
    attempt: int
    requester: str | None
    plan: PlanView | None
    approvals: tuple[ApprovalView, ...]
    accepted_risks: tuple[Risk, ...]
    risk_accepted_by: tuple[str, ...]
    glass_broken_by: str | None
    attempts: tuple[AttemptView, ...]
    ready_at: Moment | None
    started_at: Moment | None
    ended_at: Moment | None
    outcome: str
    result: dict[str, JsonValue]
    evidence: dict[str, JsonValue]
    finding: str
    reason: str
    risks: tuple[Risk, ...]

    @classmethod
    def of(cls, run: Run, step: StepRun) -> Self:
        same = ("attempt", "requester", "accepted_risks", "risk_accepted_by", "glass_broken_by", "ready_at")
        also = ("started_at", "ended_at", "outcome", "finding", "reason", "risks")
        return cls(
            **{name: getattr(step, name) for name in (*same, *also)},
            id=step.id,
            title=step.definition.title,
            kind=step.definition.kind,
            state=step.state.value,
            needs=run.needs(step.id),
            expected=step.definition.expected,
            plan=PlanView.of(step),
            approvals=tuple(ApprovalView.of(approval, step) for approval in step.approvals),
            attempts=tuple(map(AttemptView.of, step.attempts)),
            result=dict(step.result),
            evidence=dict(step.evidence),
        )


class RunView(Model):
    """One runbook for one system in one environment."""

    id: str
    runbook: str
    title: str
    system: str
    environment: str
    state: str
    started_at: Moment
    inputs: dict[str, JsonValue]
    steps: tuple[StepView, ...]

    @classmethod
    def of(cls, run: Run) -> Self:
        return cls(
            id=run.id,
            runbook=run.runbook.id,
            title=run.runbook.title,
            system=run.system,
            environment=run.environment,
            state=run.state.value,
            started_at=run.started_at,
            inputs=dict(run.inputs),
            steps=tuple(StepView.of(run, step) for step in run.steps.values()),
        )


class ObjectivesView(Model):
    """The recovery clock: `left` is negative beyond the objective; `estimate` is when it may be done."""

    rto: Duration
    rpo: Duration
    elapsed: float
    left: float
    deadline: Moment
    estimate: Moment | None
    stopped: bool

    @classmethod
    def of(cls, incident: Incident, now: datetime) -> Self:
        clock = recovery_clock(incident, now)
        return cls(
            rto=incident.rto,
            rpo=incident.rpo,
            elapsed=clock.elapsed.total_seconds(),
            left=clock.left.total_seconds(),
            deadline=clock.deadline,
            estimate=clock.estimate,
            stopped=clock.stopped,
        )


class UpdatesView(Model):
    """The rhythm of the status updates; `posted` counts them."""

    every: Duration | None
    next_due: Moment | None
    posted: int
    snoozed_until: Moment | None

    @classmethod
    def of(cls, incident: Incident) -> Self:
        updates = incident.updates
        return cls(
            every=updates.every,
            next_due=next_update(incident),
            posted=updates.number,
            snoozed_until=updates.snoozed_until,
        )


class WaitView(Model):
    """A step that can't go on without a person."""

    run: str
    step: str
    needs: str
    since: Moment | None


class UntoldView(Model):
    """Somebody whom a message did not reach, and over which channel it was tried last."""

    person: str
    channel: str
    template: str


class IncidentView(Model):
    """An incident, whole."""

    id: str
    state: str
    severity: str
    title: str
    description: str
    drill: bool
    private: bool
    environment: str
    systems: tuple[str, ...]
    since: Moment
    declared_at: Moment
    declarer: str | None
    channel: str | None
    commander: str | None
    roles: dict[str, str | None]
    objectives: ObjectivesView
    updates: UpdatesView
    waiting: tuple[WaitView, ...]
    untold: tuple[UntoldView, ...]
    mitigated_at: Moment | None
    resolved_at: Moment | None
    ended_at: Moment | None
    runs: tuple[RunView, ...]
    seq: int
    head: str

    @classmethod
    def of(cls, incident: Incident, plan: RecoveryPlan, now: datetime) -> Self:
        made = ("state", "roles", "objectives", "updates", "waiting", "untold", "runs")
        return cls(
            **{name: getattr(incident, name) for name in cls.model_fields if name not in made},
            state=incident.state.value,
            roles=dict(incident.roles),
            objectives=ObjectivesView.of(incident, now),
            updates=UpdatesView.of(incident),
            waiting=tuple(
                WaitView(run=wait.run, step=wait.step, needs=wait.needs, since=wait.since)
                for wait in waits(incident, plan)
            ),
            untold=tuple(
                UntoldView(person=one.person, channel=one.channel, template=one.template) for one in incident.untold
            ),
            runs=tuple(map(RunView.of, incident.runs.values())),
        )


class RowView(Model):
    """One line of the list."""

    id: str
    state: str
    severity: str
    title: str
    systems: tuple[str, ...]
    drill: bool
    private: bool
    commander: str | None
    since: Moment
    declared_at: Moment
    next_update_at: Moment | None
    waiting: str

    @classmethod
    def of(cls, row: IncidentRow) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


def as_json(view: Model) -> JsonValue:
    """A view as JSON values."""
    value: JsonValue = view.model_dump(mode="json")
    return value
