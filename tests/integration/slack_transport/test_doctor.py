"""dr doctor against a workspace in every kind of trouble: what is wrong, and how to mend it."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from bot.actions.registry import ACTIONS, CHECKS
from bot.cli.main import cli
from bot.cli.services import Services
from bot.doctor.examination import examine
from bot.doctor.slack_tokens import clock, scopes, skew
from bot.domain.finding import Finding
from bot.playground.mail import MailSink
from bot.playground.workspace.installed import from_manifest
from bot.playground.workspace.workspace import Workspace
from bot.settings import Settings
from bot.slack.needs import SCOPES
from bot.store.database import Database
from bot.store.migrate import upgrade

PROJECT = Path(__file__).parents[3]
SECRETS = {"CUSTOMERS_WEST_PASSWORD": "west-hunter2"}


def closed(_: Settings) -> Services:
    raise AssertionError("The doctor needs no bot.")


@dataclass
class Clinic:
    """A patient's environment, well in all that is not Slack."""

    workspace: Workspace
    variables: dict[str, str]
    plan: dict[str, Any]
    folder: Path
    secrets: dict[str, str] = field(default_factory=lambda: dict(SECRETS))

    def settings(self) -> Settings:
        (self.folder / "plan.yml").write_text(yaml.safe_dump(self.plan, sort_keys=False))
        named = {name if name.startswith("DR_") else name.lower(): text for name, text in self.variables.items()}
        return Settings.model_validate(named)

    def examine(self) -> dict[str, Finding]:
        """The findings by area and subject."""
        found = examine(self.settings(), {**ACTIONS, **CHECKS}, self.secrets)
        return {f"{one.area}: {one.subject}": one for one in found}

    def wrong(self) -> dict[str, Finding]:
        return {name: one for name, one in self.examine().items() if one.judgement == "wrong"}

    def type(self, *words: str) -> Result:
        """The command itself."""
        settings = self.settings()
        app = cli(closed, lambda _: examine(settings, {**ACTIONS, **CHECKS}, self.secrets))
        return CliRunner().invoke(app, ["doctor", *words], prog_name="dr", env={"COLUMNS": "120"})


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    manifest = yaml.safe_load((PROJECT / "manifest.yml").read_text())
    database = Database(f"sqlite:///{tmp_path}/dr.db")
    upgrade(database)
    database.close()
    with Workspace.running(limits=False, app=from_manifest(manifest)) as workspace, MailSink() as mail:
        variables = {
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "SLACK_API_URL": workspace.api_url,
            "DATABASE_URL": f"sqlite:///{tmp_path}/dr.db",
            "DR_PLAN": str(tmp_path / "plan.yml"),
            "DR_RUNBOOKS": str(PROJECT / "runbooks"),
            "DR_TEMPLATES": str(PROJECT / "templates"),
            "DR_URL": "https://dr.example.com",
            "SMTP_URL": mail.url,
        }
        yield Clinic(workspace, variables, yaml.safe_load((PROJECT / "plan.yml").read_text()), tmp_path)


def test_a_well_set_bot_has_nothing_wrong(clinic: Clinic) -> None:
    """An app made from the manifest has exactly the scopes that are needed, and every place of the plan is there."""
    found = clinic.examine()
    assert {name: one for name, one in found.items() if one.judgement == "wrong"} == {}
    fine = {name for name, one in found.items() if one.judgement == "ok"}
    assert {
        "Slack: mode",
        "Slack: bot token",
        "Slack: scopes",
        "Slack: clock",
        "Slack: app token",
        "Slack channels: announce_in C0INCIDENTS",
        "Slack channels: broadcast_in C0STATUS",
        "Slack channels: operators C0OPS",
        "Slack people: alice",
        "Slack groups: dr_team",
        "Email: SMTP_URL",
    } <= fine
    assert "Database: replicas" in {name for name, one in found.items() if one.judgement == "doubt"}
    assert all(one.mend for one in found.values() if one.judgement != "ok")


def test_it_changes_nothing(clinic: Clinic) -> None:
    """Only methods that look are called, and no connection stays."""
    clinic.examine()
    called = {entry.method for entry in clinic.workspace.ledger}
    looks = {"auth.test", "apps.connections.open", "conversations.info", "users.info", "usergroups.users.list"}
    assert called == looks
    assert clinic.workspace.connections == 0


def test_a_missing_scope_is_named_with_what_needs_it(clinic: Clinic) -> None:
    """And the looks that it prevents are doubts, not verdicts."""
    clinic.workspace.remove_scope("users:read")
    clinic.workspace.remove_scope("pins:write")
    found = clinic.examine()
    assert found["Slack: scope users:read"].judgement == "wrong"
    assert "users.info" in found["Slack: scope users:read"].says
    assert "pins.add" in found["Slack: scope pins:write"].says
    assert found["Slack people: alice"].judgement == "doubt"
    assert "Slack: scopes" not in found


def test_more_scopes_than_needed_are_a_doubt() -> None:
    """Least privilege is said, and is no error."""
    (finding,) = scopes(SCOPES | {"chat:write.customize"})
    assert (finding.judgement, "chat:write.customize" in finding.says) == ("doubt", True)


def test_channels_that_are_missing_archived_or_without_the_bot(clinic: Clinic) -> None:
    """Each is wrong for its own reason, with its own mend."""
    clinic.plan["channels"] |= {"announce_in": "C0NOWHERE"}
    clinic.workspace.archive("#ops")
    found = clinic.wrong()
    assert found["Slack channels: announce_in C0NOWHERE"].says == "There is no such channel that the bot could see."
    assert "#ops is archived" in found["Slack channels: operators C0OPS"].says
    clinic.plan["channels"] |= {"announce_in": "C0INCIDENTS"}
    clinic.workspace.remove_bot("#incidents")
    assert "/invite <@U0DRBOT>" in clinic.wrong()["Slack channels: announce_in C0INCIDENTS"].mend


def test_a_channel_that_the_plan_does_not_name_is_doubted(clinic: Clinic) -> None:
    """Nobody waits there for the updates."""
    del clinic.plan["channels"]["broadcast_in"]
    found = clinic.examine()["Slack channels: broadcast_in"]
    assert (found.judgement, "own channels alone" in found.says) == ("doubt", True)


def test_people_who_are_not_there_or_no_full_members(clinic: Clinic) -> None:
    """Unknown, deactivated, guests: they could do nothing at three in the morning."""
    clinic.plan["people"]["alice"]["slack"] = "U0NOBODY"
    clinic.workspace.person("U0BOB").deleted = True
    clinic.workspace.person("U0CAROL").is_restricted = True
    found = clinic.wrong()
    assert "There is no account U0NOBODY" in found["Slack people: alice"].says
    assert "deactivated" in found["Slack people: bob"].says
    assert "guest" in found["Slack people: carol"].says


@pytest.mark.parametrize(
    ("group", "says"), [("S0EMPTY", "empty"), ("S0DISABLED", "S0DISABLED"), ("S0NONE", "no user group")]
)
def test_user_groups_that_would_invite_nobody(clinic: Clinic, group: str, says: str) -> None:
    """Empty, disabled, unknown."""
    clinic.plan["teams"]["dr_team"]["slack_group"] = group
    assert says in clinic.wrong()["Slack groups: dr_team"].says


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive", "invalid_auth"])
def test_a_token_that_slack_refuses(clinic: Clinic, code: str) -> None:
    """Slack's word, and the mend; nothing that depends on it is asked."""
    clinic.workspace.revoke(code)
    found = clinic.wrong()
    assert code in found["Slack: bot token"].says
    assert "manifest.yml" in found["Slack: bot token"].mend
    assert code in found["Slack: app token"].says
    assert not [name for name in found if name.startswith("Slack channels")]


def test_tokens_in_each_others_place(clinic: Clinic) -> None:
    """Their kinds are told apart by how they begin."""
    one, other = clinic.variables["SLACK_BOT_TOKEN"], clinic.variables["SLACK_APP_TOKEN"]
    clinic.variables |= {"SLACK_BOT_TOKEN": other, "SLACK_APP_TOKEN": one}
    found = clinic.wrong()
    assert {"Slack: SLACK_BOT_TOKEN", "Slack: SLACK_APP_TOKEN"} <= set(found)


def test_no_way_in(clinic: Clinic) -> None:
    """A bot token alone can speak and hears nothing."""
    del clinic.variables["SLACK_APP_TOKEN"]
    assert "no way for Slack" in clinic.wrong()["Slack: mode"].says
    clinic.variables["SLACK_SIGNING_SECRET"] = "8f742231b10e8888abcd99yyyzzz85a5"
    assert clinic.examine()["Slack: mode"].says == "HTTP mode at https://dr.example.com/slack/events."
    clinic.variables["DR_URL"] = "http://127.0.0.1:1"
    assert clinic.examine()["Slack: mode"].judgement == "doubt"


def test_a_signing_secret_beside_an_app_token(clinic: Clinic) -> None:
    """It is not used, and a secret that is not used should not lie about."""
    clinic.variables["SLACK_SIGNING_SECRET"] = "8f742231b10e8888abcd99yyyzzz85a5"
    assert clinic.examine()["Slack: mode"].judgement == "doubt"


def test_no_credentials_at_all(clinic: Clinic) -> None:
    """Headless is a way to work, and said so."""
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        del clinic.variables[name]
    found = clinic.examine()
    assert found["Slack: credentials"].judgement == "doubt"
    assert clinic.workspace.ledger.of("auth.test") == []


def test_slack_away_is_a_doubt(clinic: Clinic) -> None:
    """It says nothing of our settings."""
    clinic.workspace.go_away()
    found = clinic.examine()
    assert found["Slack: Web API"].judgement == "doubt"
    assert found["Slack: app token"].judgement == "doubt"
    assert {name: one for name, one in found.items() if one.judgement == "wrong"} == {}


def test_answers_that_are_no_answers(clinic: Clinic) -> None:
    """HTML, cut JSON, 5xx: no traceback."""
    for kind in ("html", "cut_json", "status"):
        clinic.workspace.faults.clear()
        clinic.workspace.faults.add(kind, "auth.test")
        clinic.workspace.faults.add(kind, "apps.connections.open")
        found = clinic.examine()
        assert found["Slack: app token"].judgement == "doubt"
        assert any(name in found for name in ("Slack: Web API", "Slack: bot token"))


@pytest.mark.parametrize(
    ("seconds", "judgement"), [(0, "ok"), (-9, "ok"), (45, "doubt"), (-301, "wrong"), (4000, "wrong")]
)
def test_the_clock_is_compared_with_slacks(seconds: float, judgement: str) -> None:
    """Five minutes apart no signed request counts."""
    (finding,) = clock(seconds)
    assert finding.judgement == judgement


def test_a_date_that_is_none_is_no_clock() -> None:
    """Unknown is not zero."""
    assert skew("") is None
    (finding,) = clock(skew("sometime"))
    assert finding.judgement == "doubt"
    measured = skew("Thu, 01 Jan 2026 00:00:00 GMT")
    assert measured is not None
    assert measured > 0


def test_what_is_wrong_around_slack(clinic: Clinic) -> None:
    """Mail server, secrets, database, files: each named."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        clinic.variables["SMTP_URL"] = f"smtp://user:hunter2mail@127.0.0.1:{free.getsockname()[1]}"
    clinic.secrets.clear()
    clinic.variables["DATABASE_URL"] = "postgresql://dr:hunter2@127.0.0.1:1/dr"
    found = clinic.wrong()
    assert "CUSTOMERS_WEST_PASSWORD" in found["Secrets: production customers_west"].says
    assert "did not take it" in found["Email: SMTP_URL"].says
    assert [name for name in found if name.startswith("Database:")]
    assert "hunter2" not in str(found)


def test_a_plan_that_cant_be_used_stops_what_needs_it(clinic: Clinic) -> None:
    """The rest is examined all the same."""
    clinic.plan = {"organisation": "Nothing else"}
    found = clinic.examine()
    assert found[f"Files: {clinic.folder / 'plan.yml'}"].judgement == "wrong"
    assert found["Slack: bot token"].judgement == "ok"


def test_the_command_ends_with_what_it_found(clinic: Clinic) -> None:
    """0, 1 or 2; a table for people, one document for scripts, and no secret in either."""
    table = clinic.type()
    assert table.exit_code == 1
    assert "doubt" in table.stdout
    assert "→ Start: dr serve" in table.stdout
    clinic.workspace.revoke()
    document = clinic.type("--json")
    assert document.exit_code == 2
    findings = json.loads(document.stdout)
    assert {"area", "subject", "judgement", "says", "mend"} == set(findings[0])
    for secret in (clinic.workspace.bot_token, clinic.workspace.app_token, "west-hunter2"):
        assert secret not in table.stdout + document.stdout
