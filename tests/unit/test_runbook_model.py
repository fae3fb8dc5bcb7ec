"""A runbook as a value: its order, its round trip, its inputs."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.domain.problems import Unfit
from bot.domain.runbook import Input, Runbook
from tests.unit.configuration import ROOT, RUNBOOK


def steps(*needs: list[str] | None) -> Runbook:
    """A runbook of manual steps s0, s1, …, with these needs."""
    made = [{"id": f"s{i}", "title": "t", "manual": "m", "needs": need} for i, need in enumerate(needs)]
    return Runbook.model_validate({"runbook": "r", "title": "t", "kind": "recovery", "for": "postgres", "steps": made})


def test_a_runbook_survives_its_own_json() -> None:
    """A pinned runbook is read back the same, with the same digest."""
    shipped = (ROOT / "runbooks" / "regional-failover.yml").read_text(encoding="utf-8")
    for text in (RUNBOOK, shipped):
        runbook = Runbook.model_validate(yaml.safe_load(text))
        again = Runbook.model_validate(runbook.model_dump(mode="json", by_alias=True))
        assert again == runbook
        assert again.digest == runbook.digest


def test_a_step_without_needs_waits_for_the_one_above() -> None:
    """Absent is the step above, empty is nothing, and names are exactly those."""
    runbook = steps(None, None, [], ["s0", "s2"])
    assert [runbook.needs(step.id) for step in runbook.steps] == [(), ("s0",), (), ("s0", "s2")]


def test_ancestors_are_all_that_is_sure_to_come_before() -> None:
    """Ancestors follow needs through every step between, and a circle ends."""
    runbook = steps(None, None, [], ["s1"])
    assert runbook.ancestors("s3") == {"s0", "s1"}
    assert runbook.ancestors("s2") == frozenset()
    assert steps(["s1"], ["s0"]).ancestors("s0") == {"s0", "s1"}


@given(st.lists(st.integers(min_value=0, max_value=5), min_size=1, max_size=8))
def test_ancestors_of_what_is_needed_are_ancestors(back: list[int]) -> None:
    """Whatever the graph, what a needed step waits for is waited for."""
    runbook = steps(*[[f"s{max(i - b, 0)}"] if b and i else None for i, b in enumerate(back)])
    for step in runbook.steps:
        for need in runbook.needs(step.id):
            assert {need} | runbook.ancestors(need) <= runbook.ancestors(step.id)


def test_kinds_and_calls_of_steps() -> None:
    """`check` and `checks` are both checks, and both can be asked the same way."""
    runbook = Runbook.model_validate(yaml.safe_load(RUNBOOK))
    assert [step.kind for step in runbook.steps] == ["manual", "action", "action", "check"]
    assert [call.check for call in runbook.step("check").calls] == ["system.health"]
    assert runbook.step("look").calls == ()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "a b", "a b"),
        ("number", "3", 3),
        ("number", "-0.5", -0.5),
        ("duration", "15m", "15m"),
        ("name", "shop_2", "shop_2"),
    ],
)
def test_an_input_is_read_as_its_type(kind: str, text: str, value: object) -> None:
    """What a person types becomes what look-ups find."""
    assert Input.model_validate({"title": "T", "type": kind}).read(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text", " "),
        ("number", "three"),
        ("number", "nan"),
        ("number", "٣"),
        ("number", "1e9"),
        ("duration", "soon"),
        ("name", "a-b"),
        ("name", "2a"),
        ("name", "ä"),
        ("name", "x; drop"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(kind: str, text: str) -> None:
    """The refusal is for a person: what is wrong, and what to write."""
    with pytest.raises(Unfit):
        Input.model_validate({"title": "T", "type": kind}).read(text)


def test_a_runbook_without_steps_is_none() -> None:
    """There is nothing to run."""
    with pytest.raises(ValidationError):
        steps()
