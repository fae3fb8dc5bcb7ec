"""Executing steps: plan it, attempt it, look at it. Each job reads the state, looks at the world, and gives one command."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from bot.domain import commands as c
from bot.domain.changes import Plan, Settlement, Verdict
from bot.domain.errors import DRError, NotConfirmed, NotRecorded, Refused
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.transitions import StepState
from bot.engine.agenda import again_key, look_key
from bot.engine.calls import Calls
from bot.engine.desk import Desk
from bot.engine.facts import token
from bot.engine.leave import LATEST_CALL_SECONDS, Leave, uptime
from bot.engine.looker import Looker, patience
from bot.engine.ports import Confirm, Directory, NotApplied, OutcomeUnknown, Unavailable
from bot.engine.quoting import without_secrets
from bot.store import moments
from bot.store.errors import Held

LOOK_EVERY = timedelta(seconds=1)
LOOK_SLOWLY = timedelta(seconds=5)
SOON = timedelta(seconds=10)  # looks are frequent for so long
TRY_AGAIN = timedelta(seconds=2)
RECORD_FOR_SECONDS = 900.0

Where = tuple[Incident, Run, StepRun]
log = structlog.get_logger()


@dataclass(frozen=True)
class StepRunner:
    """Runs the steps' jobs. `executor` names this life of a replica, as its lease does; `confirm` checks approvals anew."""

    desk: Desk
    looker: Looker
    confirm: Confirm
    directory: Directory
    executor: str
    calls: Calls = field(default_factory=Calls)

    # --- jobs -----------------------------------------------------------------------------------------------------------

    def plan(self, incident_id: str, run_id: str, step_id: str, attempt: int) -> None:
        """Look at the world and show what the step would do."""
        incident, run, step = self._where(incident_id, run_id, step_id)
        waits = step.state is StepState.READY or (step.state is StepState.UNDOING and not step.digest)
        if step.attempt != attempt or not waits:
            return
        try:
            fresh = self.looker.fresh(incident, run, step)
        except Unavailable as unknown:
            self._try(incident_id, self._blocked(step, run_id, str(unknown)))
            return
        shown = c.ShowPlan(run=run_id, step=step_id, attempt=attempt, plan=fresh, generation=step.generation)
        self._try(incident_id, shown)

    def attempt(self, incident_id: str, run_id: str, step_id: str, attempt: int) -> None:
        """One attempt: look and plan again, record the start, call, record the result. Never the same call twice."""
        incident, run, step = self._where(incident_id, run_id, step_id)
        if step.attempt != attempt or step.state in (StepState.COMPLETED, StepState.IN_DOUBT):
            return
        if step.started_at is not None and step.state in (StepState.RUNNING, StepState.UNDOING):
            self._after_a_crash(incident, run, step)
        elif step.definition.kind == "check":
            self._ask(incident_id, run, step)
        else:
            self._execute(incident, run, step)

    def look(self, incident_id: str, run_id: str, step_id: str, attempt: int) -> None:
        """One look at a step that runs or is in doubt; the next one is armed where it is still needed."""
        incident, run, step = self._where(incident_id, run_id, step_id)
        if step.attempt != attempt or step.started_at is None:
            return
        if step.state is StepState.IN_DOUBT:
            settlement = self.looker.settlement(incident, run, step)
            self._try(incident_id, _probed(step, run_id, settlement))
        elif step.state in (StepState.RUNNING, StepState.UNDOING):
            self._try(incident_id, self._looked(incident, run, step))
        self._look_again(incident_id, run_id, step_id)

    def stalled(self, incident_id: str, run_id: str, step_id: str, attempt: int) -> None:
        """A call that should have ended long ago: whoever made it is gone."""
        reason = "The bot did not say how its call ended, so it may or may not have happened."
        self._try(incident_id, c.Doubt(run=run_id, step=step_id, attempt=attempt, reason=reason))

    def judge(self, incident_id: str, run_id: str, step_id: str, attempt: int, offer_id: str) -> None:
        """Look the person behind a click up; a look-up that fails counts nothing and is made again."""
        _incident, _run, step = self._where(incident_id, run_id, step_id)
        offer = next((o for o in step.offers if o.id == offer_id), None)
        if offer is None or step.rule is None or step.attempt != attempt:
            return
        try:
            found = self.directory.look_up(offer.person, (step.rule.approvers,))
        except Unavailable as unknown:
            log.warning("look_up_failed", person=offer.person, reason=str(unknown))
            self._soon_again(incident_id, again_key("judge", run_id, step_id, offer_id))
            return
        self._try(incident_id, c.JudgeOffer(run=run_id, step=step_id, offer=offer_id, standing=found))

    def expire(self, incident_id: str, run_id: str, step_id: str) -> None:
        """A timer of the approvals has run out."""
        self._try(incident_id, c.Expire(run=run_id, step=step_id))

    def _blocked(self, step: StepRun, run_id: str, finding: str) -> c.Block:
        reason = "What it would do can't be known."
        return c.Block(run=run_id, step=step.id, attempt=step.attempt, reason=reason, finding=finding)

    # --- attempts ---------------------------------------------------------------------------------------------------------

    def _execute(self, incident: Incident, run: Run, step: StepRun) -> None:
        try:
            fresh = self.looker.fresh(incident, run, step)
        except Unavailable as unknown:
            self._try(incident.id, self._blocked(step, run.id, str(unknown)))
            return
        looked_at = uptime()
        try:
            unconfirmed = self.confirm(incident, run, step)
        except Unavailable as unknown:
            reason = f"waits for word of who approved it: {unknown}"
            self._try(incident.id, c.Wait(run=run.id, step=step.id, attempt=step.attempt, reason=reason))
            self._soon_again(incident.id, again_key("attempt", run.id, step.id))
            return
        with self.calls.making(token(incident, run, step)):
            self._start(incident, run, step, self._begin(incident, run, step, fresh, unconfirmed), looked_at)

    def _start(self, incident: Incident, run: Run, step: StepRun, begin: c.Begin, looked_at: float) -> None:
        """Record the start, and call if it was recorded."""
        try:
            after = self.desk.record(incident.id, begin)
        except Held as held:
            log.info("target_held", incident=incident.id, step=step.id, reason=held.reason)
            waits = f"waits for {held.target}, held by {held.stream} {held.run}/{held.step}"
            self._try(incident.id, c.Wait(run=run.id, step=step.id, attempt=step.attempt, reason=waits))
            self._soon_again(incident.id, again_key("attempt", run.id, step.id))
            return
        except Refused as refused:
            log.info("attempt_refused", incident=incident.id, step=step.id, reason=str(refused))
            return
        begun = after.runs[run.id].steps[step.id]
        if begun.started_at is not None and begun.applied_at is None and _executing(begun):
            self._call(after, after.runs[run.id], begun, looked_at)

    def _begin(
        self, incident: Incident, run: Run, step: StepRun, plan: Plan | None, unconfirmed: Mapping[str, str]
    ) -> c.Begin:
        return c.Begin(
            run=run.id,
            step=step.id,
            attempt=step.attempt,
            executor=self.executor,
            token=token(incident, run, step),
            generation=step.generation,
            plan=plan,
            confirmed=tuple(person for person in step.vouched_by if person not in unconfirmed),
            unconfirmed=unconfirmed,
        )

    def _call(self, incident: Incident, run: Run, step: StepRun, looked_at: float) -> None:
        """The one call of this attempt, and whatever is known of its outcome."""
        outcome = self._sent(incident, run, step, looked_at)
        self._record_outcome(incident.id, outcome)

    def _sent(self, incident: Incident, run: Run, step: StepRun, looked_at: float) -> c.Command:
        refused, doubt = partial(c.NotDone, **_where(run, step)), partial(c.Doubt, **_where(run, step))
        may_change = Leave(partial(self._check_ours, incident.id, run.id, step), looked_at + LATEST_CALL_SECONDS)
        try:
            action, plan, params, context = self.looker.prepared(incident, run, step, may_change)
        except Unavailable as missing:
            return refused(reason=str(missing))
        try:
            may_change()
            return c.Applied(run=run.id, step=step.id, attempt=step.attempt, result=action.apply(params, plan, context))
        except NotApplied as certain:
            return refused(reason=str(certain))
        except OutcomeUnknown as unknown:
            return doubt(reason=str(unknown))
        except Exception as error:  # the edge to an action: whatever it raises, the call may have happened
            log.exception("apply_failed", incident=incident.id, step=step.id)
            return doubt(reason=f"The call ended with {type(error).__name__}, so it may or may not have happened.")

    def _check_ours(self, incident_id: str, run_id: str, begun: StepRun) -> None:
        """A process that slept finds that its attempt was settled or given up by others: raises NotApplied."""
        try:
            _, _, step = self._where(incident_id, run_id, begun.id)
        except (NotRecorded, NotConfirmed) as trouble:
            raise NotApplied(f"Nothing was sent: {trouble}") from trouble
        ours = step.attempt == begun.attempt and step.started_at == begun.started_at and step.applied_at is None
        if not ours or not _executing(step):
            raise NotApplied("Nothing was sent: this attempt was given up while the bot was held up.")

    def _record_outcome(self, incident_id: str, outcome: c.Command) -> None:
        """A result must not be lost while the database is away: it is offered again until it is taken."""
        give_up = time.monotonic() + RECORD_FOR_SECONDS
        while True:
            try:
                self.desk.record(incident_id, without_secrets(outcome))
                return
            except Refused as refused:
                log.warning("outcome_refused", incident=incident_id, reason=str(refused))
                return
            except (NotRecorded, NotConfirmed) as trouble:
                if time.monotonic() > give_up:
                    raise
                log.warning("outcome_not_recorded_yet", incident=incident_id, reason=str(trouble))
                time.sleep(0.5)

    def _after_a_crash(self, incident: Incident, run: Run, step: StepRun) -> None:
        """The start was recorded by an earlier life. Only what its token makes harmless is sent again."""
        if step.definition.kind == "check" or step.applied_at is not None or self._is_called_now(incident, run, step):
            return
        action = self.desk.registry.actions.get(step.definition.action or "")
        if action is not None and action.repeatable:
            with self.calls.making(token(incident, run, step)):
                self._call(incident, run, step, uptime())
            return
        reason = "The bot was interrupted while the change was being sent, so it may or may not have happened."
        self._try(incident.id, c.Doubt(run=run.id, step=step.id, attempt=step.attempt, reason=reason))

    def _is_called_now(self, incident: Incident, run: Run, step: StepRun) -> bool:
        """By another thread, or by a replica that is alive: its outcome follows, or the end of its lease."""
        if step.executor == self.executor:
            return self.calls.is_made(token(incident, run, step))
        return any(replica.executor_id == step.executor for replica in self.desk.executors())

    def _soon_again(self, incident_id: str, key: str) -> None:
        """The moment that stands for a lost job comes soon, if the step still waits for it."""
        self.desk.transact(lambda connection, now: moments.rearm(connection, incident_id, key, now + TRY_AGAIN))

    # --- looks ------------------------------------------------------------------------------------------------------------

    def _ask(self, incident_id: str, run: Run, step: StepRun) -> None:
        """A check begins; its looks follow by the moment that its start sets."""
        self._try(incident_id, self._begin(self.desk.find(incident_id), run, step, None, {}))

    def _looked(self, incident: Incident, run: Run, step: StepRun) -> c.Looked:
        assert step.started_at is not None
        hold = None
        try:
            hold = self.looker.hold(incident, run, step)
            verdict = self.looker.verdict(incident, run, step)
        except Unavailable as unknown:
            verdict = Verdict(holds=None, finding=str(unknown))
        except DRError as error:
            verdict = Verdict(holds=None, finding=f"The look failed: {error}")
        waited = self.desk.now() - (step.applied_at or step.started_at)
        late = waited >= patience(step) and not (hold and step.holding_since and verdict.holds)
        return c.Looked(run=run.id, step=step.id, attempt=step.attempt, verdict=verdict, late=late, hold=hold)

    def _look_again(self, incident_id: str, run_id: str, step_id: str) -> None:
        step = self.desk.find(incident_id).runs[run_id].steps[step_id]

        def rearm(connection: Connection, now: datetime) -> bool:
            since = step.applied_at or step.started_at or now
            pause = LOOK_EVERY if now - since < SOON else LOOK_SLOWLY
            return moments.rearm(connection, incident_id, look_key(run_id, step_id), now + pause)

        self.desk.transact(rearm)

    # --- reading and giving -------------------------------------------------------------------------------------------------

    def _where(self, incident_id: str, run_id: str, step_id: str) -> Where:
        incident = self.desk.find(incident_id)
        run = incident.runs[run_id]
        return incident, run, run.steps[step_id]

    def _try(self, incident_id: str, command: c.Command) -> Incident | None:
        """Give a command that may have been overtaken by others; None where it was refused."""
        try:
            return self.desk.record(incident_id, without_secrets(command))
        except Refused as refused:
            log.debug("overtaken", incident=incident_id, command=type(command).__name__, reason=str(refused))
            return None


def _where(run: Run, step: StepRun) -> dict[str, Any]:
    return {"run": run.id, "step": step.id, "attempt": step.attempt}


def _executing(step: StepRun) -> bool:
    return step.state in (StepState.RUNNING, StepState.UNDOING)


def _probed(step: StepRun, run_id: str, settlement: Settlement) -> c.Probed:
    return c.Probed(
        run=run_id,
        step=step.id,
        attempt=step.attempt,
        outcome=settlement.outcome,
        finding=settlement.finding,
        result=settlement.result,
    )
