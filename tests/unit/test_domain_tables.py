"""The transition tables: every pair of a state and a trigger, and every state reached by a story."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import commands as c
from bot.domain.evolve import evolve
from bot.domain.pictures import states_page
from bot.domain.timeline import BOT, Event, Recorded
from bot.domain.transitions import (
    INCIDENT,
    MEANINGS,
    STEP,
    IllegalMove,
    IncidentState,
    StepState,
)
from tests.unit.builders import START, Story, a_plan, action, by, manual, underway

TRIGGERS = {
    "incident": sorted({trigger for moves in INCIDENT.values() for trigger in moves}),
    "step": sorted({trigger for moves in STEP.values() for trigger in moves}),
}


@pytest.mark.parametrize("state", IncidentState)
def test_incident_moves_exactly_as_its_table_says(state: IncidentState) -> None:
    """Each pair of state and trigger folds to where the table says; every other pair is illegal and folds to nothing."""
    incident = replace(Story().declare().incident, state=state)
    for trigger in TRIGGERS["incident"]:
        row = Recorded("INC-7", 99, START, BOT, example_of(trigger), "", "")
        if trigger in INCIDENT[state]:
            assert evolve(incident, row).state is INCIDENT[state][trigger]
        else:
            with pytest.raises(IllegalMove, match=state.value):
                evolve(incident, row)


@pytest.mark.parametrize("state", StepState)
def test_step_moves_exactly_as_its_table_says(state: StepState) -> None:
    """Each pair of state and trigger folds to where the table says; every other pair is illegal and folds to nothing."""
    incident = underway(action("a")).incident
    run = incident.runs["R1"]
    step = replace(run.steps["a"], state=state)
    incident = replace(incident, runs={"R1": replace(run, steps={"a": step})})
    before = repr(incident)
    for trigger in TRIGGERS["step"]:
        row = Recorded("INC-7", 99, START, BOT, example_of(trigger), "", "")
        if trigger in STEP[state]:
            assert evolve(incident, row).runs["R1"].steps["a"].state is STEP[state][trigger]
        else:
            with pytest.raises(IllegalMove, match=state.value):
                evolve(incident, row)
    assert repr(incident) == before


def test_every_state_has_a_row_and_leads_only_to_states() -> None:
    """Both tables name every state of their kind, and nothing else."""
    assert set(INCIDENT) == set(IncidentState)
    assert set(STEP) == set(StepState)


def test_every_trigger_is_an_event_and_has_its_sentence() -> None:
    """What moves a table is an event type, and the pictures can say what it means."""
    named = {trigger for triggers in TRIGGERS.values() for trigger in triggers}
    assert named == set(MEANINGS)
    assert {trigger.split(":")[0] for trigger in named} <= set(Event.types)


TELLS: dict[StepState, Callable[[Story], object]] = {
    StepState.READY: lambda s: None,
    StepState.BLOCKED: lambda s: s.bot(c.Block, "a", reason="No answer."),
    StepState.PENDING_APPROVAL: lambda s: s.show("a"),
    StepState.RUNNING: lambda s: s.launch("a", "bob"),
    StepState.COMPLETED: lambda s: s.execute("a", "bob"),
    StepState.FAILED: lambda s: (s.launch("a", "bob"), s.bot(c.NotDone, "a", reason="Denied.")),
    StepState.IN_DOUBT: lambda s: (s.launch("a", "bob"), s.bot(c.Doubt, "a", reason="Lost.")),
    StepState.SKIPPED: lambda s: s.skip("a", "bob"),
    StepState.CANCELED: lambda s: s.give(c.Stop(actor=by("alice"), run="R1")),
    StepState.UNDOING: lambda s: (s.execute("a", "bob"), s.person(c.Undo, "a", "alice", reason="Wrong.")),
    StepState.UNDONE: lambda s: (s.execute("a", "bob"), s.undone("a", "bob")),
    StepState.UNDO_FAILED: lambda s: (
        s.execute("a", "bob"),
        s.person(c.Undo, "a", "alice", reason="Wrong."),
        s.bot(c.Block, "a", reason="No answer."),
    ),
}
"""How a ready, gated step `a` comes into each state."""


@pytest.mark.parametrize("state", StepState)
def test_every_state_of_a_step_is_reached(state: StepState) -> None:
    """There is a story that brings a step into each state."""
    story = underway(action("a"), manual("b"))
    if state is StepState.NOT_STARTED:
        assert story.step("b").state is state
        return
    TELLS[state](story)
    assert story.step("a").state is state


ROADS: dict[IncidentState, tuple[c.Command, ...]] = {
    IncidentState.ACTIVE: (),
    IncidentState.MITIGATED: (c.Mitigate(actor=by("alice")),),
    IncidentState.RESOLVED: (c.Resolve(actor=by("alice")),),
    IncidentState.CLOSED: (c.Resolve(actor=by("alice")), c.Close(actor=by("alice"))),
    IncidentState.CANCELED: (c.Cancel(actor=by("alice"), reason="It was a test."),),
}


@pytest.mark.parametrize("state", IncidentState)
def test_every_state_of_an_incident_is_reached(state: IncidentState) -> None:
    """There is a story that brings an incident into each state."""
    story = Story().declare()
    for command in ROADS[state]:
        story.give(command)
    assert story.incident.state is state


def example_of(trigger: str) -> Event:
    """An event with this trigger, about step a."""
    name, _, refined = trigger.partition(":")
    given = {"run": "R1", "step": "a", "attempt": 1, "reason": "Because.", "requester": "alice", "generation": 1}
    given |= {"plan": a_plan(), "digest": "d", "token": "t", "finding": "Found."}
    if refined:
        given |= {"outcome": refined.removeprefix("undo_"), "undo": refined.startswith("undo_")}
    kind = Event.types[name]
    return kind.model_validate({key: value for key, value in given.items() if key in kind.model_fields})


def test_docs_show_the_tables() -> None:
    """docs/states.md is what the tables say now; `python -m bot.domain.pictures` writes it."""
    written = Path(__file__).parents[2] / "docs" / "states.md"
    assert written.read_text(encoding="utf-8") == states_page()
