"""What every action and every check must be, whoever writes it: one test over each registry."""

import inspect
import json
import re

import pytest
from pydantic import BaseModel

from bot.actions.registry import ACTIONS, CHECKS
from bot.engine.ports import Action, Check

REGISTERED = [*ACTIONS.items(), *CHECKS.items()]
each = pytest.mark.parametrize(("name", "registered"), REGISTERED, ids=[name for name, _ in REGISTERED])


@each
def test_name_is_the_one_that_it_is_registered_under(name: str, registered: Action | Check) -> None:  # type: ignore[type-arg]
    """A name is `service.verb` in plain letters, the same in the registry and in the plan's action."""
    assert registered.name == name
    assert re.fullmatch(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*", name)


@each
def test_summary_is_one_line(name: str, registered: Action | Check) -> None:  # type: ignore[type-arg]
    """A summary is one line that says what it does, without a full stop."""
    assert registered.summary.strip() == registered.summary
    assert 10 <= len(registered.summary) <= 100
    assert "\n" not in registered.summary
    assert not registered.summary.endswith(".")


@each
def test_parameters_describe_themselves(name: str, registered: Action | Check) -> None:  # type: ignore[type-arg]
    """The parameters are a model with a docstring, a JSON Schema, and no place for unknown keys."""
    assert issubclass(registered.params, BaseModel)
    assert registered.params.__doc__
    schema = registered.params.model_json_schema()
    assert json.dumps(schema)
    assert schema["additionalProperties"] is False
    assert registered.params.model_config["frozen"] is True


@pytest.mark.parametrize("action", ACTIONS.values(), ids=list(ACTIONS))
def test_action_takes_what_the_engine_hands_it(action: Action) -> None:  # type: ignore[type-arg]
    """The functions take the arguments of the contract; a point of no return has no undo and needs approval."""
    wanted = {"observe": 2, "plan": 2, "apply": 3, "settle": 3, "verify": 3} | ({"undo": 3} if action.undo else {})
    found = {name: len(inspect.signature(getattr(action, name)).parameters) for name in wanted}
    assert found == wanted
    if action.point_of_no_return:
        assert action.undo is None
        assert action.gated
