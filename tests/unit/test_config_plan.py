"""plan.yml: every error with its place and its mending, all of them at once; an expert's doubts as warnings."""

from pathlib import Path

import pytest

from bot.comms.channels import Setup, open_channels
from bot.config import check, load_plan
from bot.config.idle_doubts import SENDING
from bot.config.plan_file import read_plan
from bot.domain.plan import Senders
from bot.domain.problems import ConfigurationError
from tests.unit.configuration import ACTIONS, PLAN, Case, cases, edited, lines, written

ERRORS = cases("plan_errors")


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case.name)
def test_an_error_names_its_place_and_its_mending(tmp_path: Path, case: Case) -> None:
    """One mistake in the example plan is one line: file, line, column, key path, what is wrong, how to mend it."""
    with pytest.raises(ConfigurationError) as refused:
        load_plan(written(tmp_path, edited(PLAN, (case.old, case.new))).plan)
    assert case.says in lines(list(refused.value.problems))


def test_all_errors_of_a_plan_are_said_at_once(tmp_path: Path) -> None:
    """Mistakes of form, of names and of sense in one file are all reported, and nothing that isn't wrong."""
    plan = edited(
        PLAN,
        ("organisation: Example Shop", "organisation: 7"),
        ("members: [dave]", "members: [dav]"),
        ("required: 1", "required: 9"),
        ("rpo: 5m", "rpo: soon"),
        ("secret: customers_east", "secret: nobody"),
        ("every: month", "every: moon"),
        ("reviews:", "revews:"),
    )
    found = lines(check(written(tmp_path, plan), ACTIONS))
    assert [line.split(": ")[0] for line in found] == [
        f"plan.yml:{place}" for place in ("3:15", "18:32", "37:13", "47:32", "71:195", "108:21", "114:1")
    ]


def test_the_example_plan_has_no_error(tmp_path: Path) -> None:
    """The plan that people start from is accepted as it is; what an expert would ask are warnings."""
    paths = written(tmp_path)
    problems = check(paths, ACTIONS)
    assert lines(problems) == []
    assert load_plan(paths.plan).organisation == "Example Shop"
    assert any("environments.staging: the environment has no targets" in line for line in lines(problems, "warning"))
    assert any("the runbook regional-failover is not loaded" in line for line in lines(problems, "warning"))


@pytest.mark.parametrize(
    "said",
    [
        "severities.sev1.acknowledge_within: is read, and nothing is done with it yet",
        "notifications.sev1.channels.0: phone is read, and nothing is done with it yet",
        "notifications.sev1.channels.2: sms is read, and nothing is done with it yet",
        "backup_policies: is read, and nothing is done with it yet",
        "monitoring: is read, and nothing is done with it yet",
        "alert_rules: is read, and nothing is done with it yet",
        "drills: is read, and nothing is done with it yet",
    ],
)
def test_what_a_plan_says_and_the_bot_does_not_do_is_named(tmp_path: Path, said: str) -> None:
    """The README promises it: nobody relies on a phone that does not ring."""
    assert any(said in line for line in lines(check(written(tmp_path), ACTIONS), "warning"))


def test_a_person_without_a_phone_number_is_no_doubt_while_no_phone_rings(tmp_path: Path) -> None:
    """A number would change nothing."""
    without = edited(PLAN, ('phone: "+12025550105", ', ""))
    assert "phone number" not in "".join(lines(read_plan(written(tmp_path, without).plan).problems, "warning"))


def test_the_channels_called_idle_are_those_that_the_bot_lacks() -> None:
    """A new channel has to be named in both places."""
    assert set(SENDING) == set(open_channels(Setup(Senders())))


DOUBTS = cases("plan_doubts")


@pytest.mark.parametrize("case", DOUBTS, ids=lambda case: case.name)
def test_a_doubt_is_a_warning_and_stops_nothing(tmp_path: Path, case: Case) -> None:
    """What an expert would ask is said, and the plan is loaded all the same."""
    read = read_plan(written(tmp_path, edited(PLAN, (case.old, case.new))).plan)
    assert lines(read.problems) == []
    assert any(case.says in line for line in lines(read.problems, "warning"))
    assert read.plan


def test_no_doubt_is_cast_on_what_the_example_does_well(tmp_path: Path) -> None:
    """Each doubt above comes from its edit alone."""
    found = lines(check(written(tmp_path), ACTIONS), "warning")
    assert [case.name for case in DOUBTS if any(case.says in line for line in found)] == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbforganisation: x\n", "plan.yml:1:1: the file begins with a byte order mark (save it as UTF-8 without BOM)"),
        (b"a: 1\nb: \xff\n", "plan.yml:2:4: the file is not UTF-8 (save it as UTF-8)"),
        (b"a: 1\nb: x\x00\n", "plan.yml:2:5: the character U+0000 can't be seen (remove it)"),
        ("a: x\u202ey\n".encode(), "plan.yml:1:5: the character U+202E can't be seen (remove it)"),
        (b"#" * 500_001, "plan.yml:1:1: the file is larger than 500 kB (split it, or leave out what is not needed)"),
        (b"text\n", "plan.yml:1:1: must be a mapping (write it like {organisation: …, people: …, teams: …, severities: …})"),
    ],
)  # fmt: skip
def test_a_file_that_can_not_be_read_says_why(tmp_path: Path, content: bytes, expected: str) -> None:
    """Bytes that no editor shows are refused at their place."""
    path = tmp_path / "plan.yml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as refused:
        load_plan(path)
    assert expected in lines(list(refused.value.problems))


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    """A plan that isn't there, or is a folder, is a problem like any other."""
    with pytest.raises(ConfigurationError, match="there is no such file"):
        load_plan(tmp_path / "plan.yml")
    with pytest.raises(ConfigurationError, match="can't be read: Is a directory"):
        load_plan(tmp_path)
