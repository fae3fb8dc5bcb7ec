"""What each action plans from what it observed: one data file a case, see tests/unit/cases/plans."""

from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml
from pydantic import TypeAdapter

from bot.actions.registry import ACTIONS
from bot.domain.changes import Plan, plan_digest

CASES = sorted((Path(__file__).parent / "cases" / "plans").glob("*.yml"))


def planned(case: dict[str, Any]) -> Plan:
    action = ACTIONS[case["action"]]
    facts = next(hint for name, hint in get_type_hints(action.plan).items() if name not in ("params", "return"))
    return action.plan(
        action.params.model_validate(case["parameters"]), TypeAdapter(facts).validate_python(case["facts"])
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_plan_is_as_the_case_says(path: Path) -> None:
    """The plan holds what the case says, part by part."""
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = planned(case).model_dump(mode="json", by_alias=True)
    assert {name: found[name] for name in case["plan"]} == case["plan"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_plan_is_pure(path: Path) -> None:
    """The same parameters and facts give the same plan, whose digest survives its way through JSON."""
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    plan = planned(case)
    again = Plan.model_validate_json(plan.model_dump_json(by_alias=True))
    assert planned(case) == plan == again
    assert plan_digest(plan, step="a") == plan_digest(again, step="a") != plan_digest(plan, step="b")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_plan_without_changes_says_why(path: Path) -> None:
    """A plan has either changes or a reason for having none."""
    plan = planned(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert plan.is_empty == bool(plan.nothing_to_do)
