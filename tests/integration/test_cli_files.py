"""dr check, schema, actions, preview: what people write, read without any database."""

import json
from pathlib import Path
from typing import NoReturn

from typer.testing import CliRunner, Result

from bot.cli.main import cli
from bot.settings import Settings

PROJECT = Path(__file__).parents[2]


def closed(_: Settings) -> NoReturn:
    """A bot that must not be opened."""
    raise AssertionError("this command needs no database")


def type_(*words: str, **environment: str) -> Result:
    """One command, in the project's own folder."""
    paths = {f"DR_{name.upper()}": str(PROJECT / name) for name in ("runbooks", "templates")}
    defaults = {"DR_PLAN": str(PROJECT / "plan.yml"), "COLUMNS": "120", **paths}
    return CliRunner().invoke(cli(closed, lambda _: ()), list(words), prog_name="dr", env={**defaults, **environment})


def test_check_accepts_the_projects_own_files() -> None:
    """Doubts are printed, and the exit code is 0."""
    result = type_("check")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("0 errors")


def test_check_ends_with_two_and_names_every_error(tmp_path: Path) -> None:
    """Errors end with 2; as JSON each has its place and its fix."""
    (tmp_path / "plan.yml").write_text("organisation: 1\nnobody: knows\n")
    result = type_("check", "--json", DR_PLAN=str(tmp_path / "plan.yml"))
    assert result.exit_code == 2
    found = [problem for problem in json.loads(result.stdout) if problem["level"] == "error"]
    assert len(found) > 2
    assert set(found[0]) == {"file", "line", "column", "path", "message", "fix", "level"}


def test_schema_completes_plans() -> None:
    """A schema is one JSON document; an unknown one is refused with what comes near."""
    assert "people" in json.loads(type_("schema", "plan").stdout)["properties"]
    wrong = type_("schema", "plam")
    assert (wrong.exit_code, wrong.stderr) == (1, "There is no format plam.\nDid you mean plan?\n")


def test_actions_show_their_parameters() -> None:
    """The list has every action; one of them shows its parameters."""
    assert "route53.weights" in type_("actions").stdout
    shown = json.loads(type_("actions", "postgres.promote", "--json").stdout)
    assert (shown["kind"], shown["gated"], shown["point_of_no_return"]) == ("action", True, True)
    assert "database" in shown["parameters"]["properties"]
    assert "point of no return" in type_("actions", "postgres.promote").stdout


def test_preview_shows_a_runbook_for_a_system() -> None:
    """Steps, who approves them, and parameters as far as they are known; nothing is looked at."""
    shown = json.loads(type_("preview", "regional-failover", "customer-database", "--json").stdout)
    steps = {step["id"]: step for step in shown["steps"]}
    assert steps["promote_replica"]["required"] == 2
    assert steps["promote_replica"]["parameters"]["database"]["host"] == "customers-east.internal"
    assert steps["promote_replica"]["point_of_no_return"]
    assert "cannot be undone" in type_("preview", "regional-failover", "customer-database").stdout


def test_preview_shows_a_template() -> None:
    """A template's message of a made-up incident, with its subject."""
    shown = json.loads(type_("preview", "--template", "status_update", "--json").stdout)
    assert "INC-" in shown["subject"]
    assert type_("preview").exit_code == 2
    assert type_("preview", "nope", "customer-database").exit_code == 1
