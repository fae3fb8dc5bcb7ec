"""Approvals checked anew just before the call: who gave them must still be eligible, and prove that it was they."""

from collections.abc import Collection, Mapping

from bot.domain.approvals import Approval, Proof, Rule, standing
from bot.domain.decisions.gates import requesters
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.plan import RecoveryPlan
from bot.engine.ports import Confirm, Directory
from bot.engine.signatures import check_proof


def confirming(plan: RecoveryPlan, directory: Directory) -> Confirm:
    """Confirms with this replica's own recovery plan: a signature by the plan alone, a click by the live directory too."""

    def confirm(incident: Incident, run: Run, step: StepRun) -> Mapping[str, str]:
        if step.rule is None:
            return {}
        reasons: dict[str, str | None] = {}
        for approval in step.approvals:
            if approval.digest == step.digest:
                reason = _unproven(approval, step.rule, incident, run, step)
                verdict = standing(approval.person, step.rule, plan, requesters(step), incident.declarer)
                reasons[approval.person] = reason or (None if verdict.eligible else verdict.reason)
        if step.glass_broken_by:
            breaker, proof = step.glass_broken_by, step.glass_proof
            signed = _signed(proof, breaker, "break-glass", incident, run, step)
            reasons[breaker] = signed if proof else _unknown(breaker, plan.approvals.break_glass.allowed)
        return {person: reason for person, reason in reasons.items() if reason}

    def _unproven(approval: Approval, rule: Rule, incident: Incident, run: Run, step: StepRun) -> str | None:
        """Who clicked is looked up, and so is a member by the Slack group alone who signed."""
        signed = _signed(approval.proof, approval.person, "approve", incident, run, step)
        team = plan.teams.get(rule.approvers)
        joined = team is not None and team.slack_group is not None and approval.person not in team.members
        return signed or (_unknown(approval.person, (rule.approvers,)) if approval.proof is None or joined else None)

    def _signed(
        proof: Proof | None, person: str, command: str, incident: Incident, run: Run, step: StepRun
    ) -> str | None:
        if proof is None:
            return None
        where = f"{run.id}/{step.id}"
        return check_proof(proof, person, plan, command=command, incident=incident.id, step=where, digest=step.digest)

    def _unknown(person: str, teams: Collection[str]) -> str | None:
        found = directory.look_up(person, teams)
        return None if found.eligible else found.reason

    return confirm
