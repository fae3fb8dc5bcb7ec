"""What look-ups find before anything has run: the system with its backup policy, and its targets in one environment."""

from typing import Any, Literal

from bot.domain.plan import RecoveryPlan


def system_values(plan: RecoveryPlan, system: str, mode: Literal["json", "python"] = "json") -> dict[str, Any]:
    """What `${system.…}` finds: the system's keys, `id`, and under `backup` the policy itself. KeyError if unknown.

    Durations are seconds, or `timedelta` with mode "python".
    """
    facts = plan.systems[system]
    policy = plan.backup_policies.get(facts.backup or "")
    backup = policy.model_dump(mode=mode, by_alias=True) if policy else None
    return {**facts.model_dump(mode=mode, by_alias=True), "id": system, "backup": backup}


def target_values(plan: RecoveryPlan, system: str, environment: str) -> dict[str, Any]:
    """What `${target.…}` finds: the system's entry in the environment, empty if it has none. KeyError if unknown."""
    return dict(plan.environments[environment].targets.get(system, {}))
