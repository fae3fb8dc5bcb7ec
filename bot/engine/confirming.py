"""Approvals checked anew just before the call: who gave them must still be eligible, and prove that it was they."""

from collections.abc import Mapping

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
                reason = _unproven(approval.proof, approval.person, "approve", incident, run, step)
                reasons[approval.person] = reason or _not_of_team(approval, step.rule, incident, step)
        if step.glass_broken_by:
            breaker = step.glass_broken_by
            reasons[breaker] = _unproven(step.glass_proof, breaker, "break-glass", incident, run, step)
        return {person: reason for person, reason in reasons.items() if reason}

    def _unproven(
        proof: Proof | None, person: str, command: str, incident: Incident, run: Run, step: StepRun
    ) -> str | None:
        if proof is None:
            return _unknown(person)
        where = f"{run.id}/{step.id}"
        return check_proof(proof, person, plan, command=command, incident=incident.id, step=where, digest=step.digest)

    def _not_of_team(approval: Approval, rule: Rule, incident: Incident, step: StepRun) -> str | None:
        """A member by the Slack group alone is looked up even where they signed."""
        team = plan.teams.get(rule.approvers)
        if approval.proof is not None and team is not None and approval.person not in team.members and team.slack_group:
            unknown = _unknown(approval.person)
            if unknown:
                return unknown
        verdict = standing(approval.person, rule, plan, requesters(step), incident.declarer)
        return None if verdict.eligible else verdict.reason

    def _unknown(person: str) -> str | None:
        found = directory.look_up(person)
        return None if found.eligible else found.reason

    return confirm
