"""runbooks/: judged before the night, each file alone, for every system and environment that it may serve."""

from pathlib import Path

import pytest

from bot.config import Paths, check, load, load_plan, load_runbooks
from bot.domain.plan import RecoveryPlan
from tests.unit.configuration import ACTIONS, PLAN, ROOT, RUNBOOK, Case, StandIn, cases, edited, lines, written

PLAN_WITH_TWO_PLACES = edited(
    PLAN,
    (
        "    targets: {}",
        "    targets:\n      customer-database:\n"
        "        primary: {kind: postgres, region: us-west-2, host: drill-west, database: customers, user: dr_bot}\n"
        "        replica: {kind: postgres, region: us-east-1, host: drill-east, database: customers, user: dr_bot}",
    ),
)


@pytest.fixture(scope="module")
def plan() -> RecoveryPlan:
    return load_plan(ROOT / "plan.yml")


@pytest.mark.parametrize("case", cases("runbook_errors"), ids=lambda case: case.name)
def test_an_error_names_its_place_and_its_mending(tmp_path: Path, case: Case, plan: RecoveryPlan) -> None:
    """One mistake in a runbook is one line, and the runbook is not loaded."""
    paths = written(tmp_path, runbook=edited(RUNBOOK, (case.old, case.new)))
    runbooks, problems = load_runbooks(paths.runbooks, plan, ACTIONS)
    assert case.says in lines(problems)
    assert runbooks == {}


def test_a_sound_runbook_is_loaded_without_a_word(tmp_path: Path, plan: RecoveryPlan) -> None:
    """Nothing is said of a runbook with which nothing is wrong."""
    paths = written(tmp_path, runbook=RUNBOOK)
    runbooks, problems = load_runbooks(paths.runbooks, plan, ACTIONS)
    assert list(runbooks) == ["regional-failover"]
    assert problems == []


def test_all_errors_of_a_runbook_are_said_at_once(tmp_path: Path) -> None:
    """A repeated id, a wrong look-up, a missing step and a wrong key are said together."""
    runbook = edited(
        RUNBOOK,
        ("needs: [fence]", "needs: [fence, check, gone]"),
        ("- id: fence\n", "- id: look\n"),
        ("title: Check", "titel: Check"),
        ("${target.primary}", "${targets.primary}"),
    )
    found = lines(check(written(tmp_path, runbook=runbook), ACTIONS))
    assert [line.split(":")[1] for line in found] == ["11", "14", "17", "17", "21", "22"]


def test_a_circle_names_every_step_in_it(tmp_path: Path) -> None:
    """Whoever has to break a circle sees the whole of it."""
    runbook = edited(RUNBOOK, ("needs: [fence]", "needs: [fence, check]"))
    found = lines(check(written(tmp_path, runbook=runbook), ACTIONS))
    assert found == [
        "runbook.yml:17:12: steps.2.needs: steps wait for each other: promote -> check -> promote (take one of them out of needs)"
    ]


def test_a_circle_is_named_beside_a_missing_step_and_a_repeated_id(tmp_path: Path) -> None:
    """Whoever mends the others does not meet the circle afterwards."""
    runbook = edited(RUNBOOK, ("needs: [fence]", "needs: [gone, check]"), ("- id: fence\n", "- id: look\n"))
    found = "".join(lines(check(written(tmp_path, runbook=runbook), ACTIONS)))
    for said in ("steps wait for each other: promote -> check", "there is no step 'gone'", "the step 'look' stands in"):
        assert said in found


def test_a_bad_runbook_takes_no_other_down(tmp_path: Path) -> None:
    """The sound runbook is loaded, the bad one is named, and the plan's use of it is a warning."""
    other = edited(RUNBOOK, ("runbook: regional-failover", "runbook: other"), ("kind: failover", "kind: fallover"))
    loaded = load(written(tmp_path, a=other, b=RUNBOOK), ACTIONS)
    assert list(loaded.runbooks) == ["regional-failover"]
    assert lines(loaded.problems) == [
        "a.yml:3:7: kind: must be one of failover, switchover, failback, recovery, tabletop (did you mean failover?)"
    ]


def test_two_files_with_one_id_are_an_error_and_neither_is_used(tmp_path: Path) -> None:
    """Nobody could tell which of them a reviewer has read."""
    paths = written(tmp_path, a=RUNBOOK, b=RUNBOOK)
    loaded = load(paths, ACTIONS)
    assert loaded.runbooks == {}
    assert lines(loaded.problems) == [
        f"b.yml:1:10: runbook: {paths.runbooks / 'a.yml'} is the runbook regional-failover too"
        " (give each file its own id; none is used now)"
    ]


def test_what_misfits_in_the_plan_is_shown_in_the_plan(tmp_path: Path) -> None:
    """A whole look-up leads to the plan: there is the mistake, and there it is mended."""
    plan = edited(PLAN, ("expect: 200, within: 2s", "expect: 200, within: 2"))
    found = lines(check(written(tmp_path, plan, runbook=RUNBOOK), ACTIONS))
    assert found == [
        "plan.yml:77:109: environments.production.targets.customer-database.health.0.within: 2 has no unit,"
        " for customer-database in production (write it like 90s, 30m, 12h, 7d or 12 weeks)"
    ]


def test_what_fits_in_one_environment_is_a_warning_about_the_other(tmp_path: Path) -> None:
    """A drill environment that isn't complete must not take the production runbook down."""
    paths = written(tmp_path, PLAN_WITH_TWO_PLACES, runbook=RUNBOOK)
    loaded = load(paths, ACTIONS)
    assert list(loaded.runbooks) == ["regional-failover"]
    assert [line for line in lines(loaded.problems, "warning") if line.startswith("runbook.yml")] == [
        "runbook.yml:24:20: warning: steps.3.with.health: ${target.health} leads to nothing: there is no health,"
        " for customer-database in staging (add it to the plan, or correct the look-up)"
    ]


def test_steps_that_take_longer_than_the_objective_are_a_doubt(tmp_path: Path) -> None:
    """The longest way through the steps is compared with each system's objective."""
    runbook = edited(
        RUNBOOK, ("manual: Look at it.", "manual: Look at it.\n    expected: 50m"), ("needs: [fence]", "expected: 11m")
    )
    found = lines(check(written(tmp_path, runbook=runbook), ACTIONS), "warning")
    assert any(
        "its steps are expected to take 1h 1m; customer-database must be back within 1h" in line for line in found
    )


def test_steps_side_by_side_take_as_long_as_the_longest(tmp_path: Path) -> None:
    """Times of steps that don't wait for each other are not added up."""
    runbook = edited(
        RUNBOOK,
        ("manual: Look at it.", "manual: Look at it.\n    expected: 50m"),
        ("title: Fence", "title: Fence\n    needs: []\n    expected: 50m"),
    )
    assert not any("expected" in line for line in lines(check(written(tmp_path, runbook=runbook), ACTIONS), "warning"))


def test_a_runbook_for_other_targets_is_a_doubt(tmp_path: Path) -> None:
    """`for` says what the runbook needs; a system without it is named."""
    found = lines(
        check(written(tmp_path, runbook=edited(RUNBOOK, ("for: postgres", "for: service"))), ACTIONS), "warning"
    )
    assert any("customer-database has no target of the kind service in production" in line for line in found)


def test_the_examples_are_accepted_once_their_actions_exist() -> None:
    """The project's own runbooks hold every form that the formats name, and nothing is wrong with them."""
    named = ["postgres.fence", "postgres.promote", "route53.weights", "elbv2.weights", "notify.template", "notify.page"]
    checks = ["postgres.replica_fit", "system.health", "postgres.integrity", "postgres.consistency"]
    known = {name: StandIn() for name in named}
    known |= {name: StandIn(kind="check") for name in [*checks, "http.journey", "http.performance"]}
    assert lines(check(Paths(ROOT / "plan.yml", ROOT / "runbooks", ROOT / "templates"), known)) == []


def test_a_missing_folder_is_a_problem_like_any_other(tmp_path: Path) -> None:
    """A wrong path is said in one line."""
    paths = written(tmp_path)._replace(runbooks=tmp_path / "nowhere")
    assert lines(check(paths, ACTIONS)) == ["nowhere:1:1: there is no such folder (create it, or name another one)"]


def test_a_broken_plan_hides_nothing_of_the_runbooks(tmp_path: Path) -> None:
    """The runbooks are judged as far as they can be without a plan."""
    paths = written(tmp_path, "- not a plan\n", runbook=edited(RUNBOOK, ("needs: [fence]", "needs: [gone]")))
    assert [line.split(":")[0] for line in lines(check(paths, ACTIONS))] == ["plan.yml", "runbook.yml"]


def test_a_target_in_a_runbook_that_nothing_uses_is_an_error_too(tmp_path: Path) -> None:
    """Whoever lists the runbook later must not find a target in it, and one that looks like an entry is no better."""
    entry = "{kind: postgres, region: us-west-2, host: drill-west, database: customers, user: dr_bot}"
    written_out = edited(RUNBOOK, ('"${target.replica}"', entry))
    unused = edited(PLAN, ("runbooks: [regional-failover, database-recovery]", "runbooks: []"))
    for folder, plan in (("unused", unused), ("used", PLAN_WITH_TWO_PLACES)):
        (tmp_path / folder).mkdir()
        found = lines(check(written(tmp_path / folder, plan, runbook=written_out), ACTIONS))
        assert any("steps.2.with.database: that is no target which the environment lists" in line for line in found)
