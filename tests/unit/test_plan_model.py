"""The recovery plan as a value."""

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from bot.domain.plan import EnvSecret, FileSecret, HttpPolicy, RecoveryPlan
from bot.domain.scope import system_values, target_values
from bot.domain.targets import PostgresTarget
from tests.unit.configuration import PLAN


@pytest.fixture(scope="module")
def raw() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(PLAN)
    return found


@pytest.fixture(scope="module")
def plan(raw: dict[str, Any]) -> RecoveryPlan:
    return RecoveryPlan.model_validate(raw)


def test_a_plan_survives_its_own_json(plan: RecoveryPlan) -> None:
    """What is dumped is read back to the same plan with the same digest, `updates: none` included."""
    again = RecoveryPlan.model_validate_json(plan.model_dump_json(by_alias=True))
    assert again == plan
    assert again.digest == plan.digest
    assert again.severities["sev4"].updates is None


def test_the_digest_changes_with_the_plan(plan: RecoveryPlan, raw: dict[str, Any]) -> None:
    """Two plans that differ anywhere have different digests."""
    other = RecoveryPlan.model_validate({**raw, "organisation": "Another"})
    assert other.digest != plan.digest


def test_severities_have_updates_unless_none_is_written(raw: dict[str, Any]) -> None:
    """Silence must be asked for by name: absent means every 30 minutes, empty is refused."""
    plan = RecoveryPlan.model_validate({**raw, "severities": {"sev1": {"title": "Down"}}})
    updates = plan.severities["sev1"].updates
    assert updates is not None
    assert updates.every.total_seconds() == 1800
    with pytest.raises(ValidationError, match="updates: none"):
        RecoveryPlan.model_validate({**raw, "severities": {"sev1": {"title": "Down", "updates": None}}})


def test_defaults_are_closed(raw: dict[str, Any]) -> None:
    """A rule that names only its team excludes requester and declarer, and lets nobody break glass."""
    rule = RecoveryPlan.model_validate({**raw, "approvals": {"approvers": "dr_approvers"}}).approvals
    assert rule.exclude == {"requester", "declarer"}
    assert rule.break_glass.allowed == ()
    assert rule.accept_risk.extra == 1


def test_recipients_are_teams_and_people_each_once(plan: RecoveryPlan) -> None:
    """Somebody in two teams is told once; a person may be named alone."""
    assert plan.people_of(["dr_team", "operations_team", "erin"]) == ("alice", "bob", "carol", "erin")
    assert plan.members("dr_team") == ("alice", "bob")
    with pytest.raises(KeyError):
        plan.members("nobody")


def test_a_secret_is_told_by_where_it_comes_from(raw: dict[str, Any]) -> None:
    """Environment, file and Secrets Manager have each their own keys."""
    secrets = {"a": {"from": "env", "name": "A"}, "b": {"from": "file", "path": "/run/secrets/b"}}
    plan = RecoveryPlan.model_validate({**raw, "environments": {"production": {"secrets": secrets}}})
    found = plan.environments["production"].secrets
    assert isinstance(found["a"], EnvSecret)
    assert isinstance(found["b"], FileSecret)


def test_lookups_find_the_system_with_its_policy_and_its_targets(plan: RecoveryPlan) -> None:
    """`system.backup` is the policy, durations are seconds, and targets are those of one environment."""
    system = system_values(plan, "customer-database")
    assert system["id"] == "customer-database"
    assert system["objectives"] == {"rto": 3600, "rpo": 300}
    assert system["backup"]["locations"]["secondary"] == "s3://backup-dr"
    assert (
        PostgresTarget.model_validate(target_values(plan, "customer-database", "production")["replica"]).class_
        == "r5.2xlarge"
    )
    assert target_values(plan, "customer-database", "staging") == {}


POLICY = HttpPolicy(allow=("https://shop.example.com/api", "http://127.0.0.1:8080/"))


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.com/api",
        "https://shop.example.com/api/x?y=1",
        "HTTPS://SHOP.example.com/api",
        "http://127.0.0.1:8080",
    ],
)
def test_a_url_below_an_allowed_prefix_may_be_called(url: str) -> None:
    """Scheme, host and port are the same, and the path begins alike."""
    assert POLICY.permits(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.com.evil.com/api",
        "https://shop.example.com@evil.com/api",
        "https://user:pass@shop.example.com/api",
        "http://shop.example.com/api",
        "https://shop.example.com:8443/api",
        "https://shop.example.com/",
        "https://shop.example.com/api/../admin",
        "https://shop.example.com/api/%2e%2e/admin",
        "https://shop.example.com/api\\..\\admin",
        "http://127.0.0.1:80800/",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "//shop.example.com/api",
        "",
    ],
)
def test_a_url_that_only_looks_allowed_may_not_be_called(url: str) -> None:
    """No spelling leads to another host, another port or out of the path."""
    assert not POLICY.permits(url)


def test_nothing_may_be_called_where_nothing_is_allowed() -> None:
    """An empty list is nobody, not everybody."""
    assert not HttpPolicy().permits("https://shop.example.com/")
