"""Who may give which command: the whole table, walked by everybody, for every command there is."""

from dataclasses import fields
from datetime import timedelta
from typing import Any, get_args, get_type_hints

import pytest

from bot.domain import commands as c
from bot.domain.approvals import Standing
from bot.domain.authority import AUTHORITY, Who, check_authority
from bot.domain.changes import Verdict
from bot.domain.decisions import DECISIONS
from bot.domain.errors import Refused
from bot.domain.timeline import BOT, Actor
from tests.unit.builders import START, Story, a_plan, by, recovery_plan

ABSTRACT = (c.Command, c.StepCommand, c.StepWord, c.SharedWord)
COMMANDS = sorted(
    (
        kind
        for kind in vars(c).values()
        if isinstance(kind, type) and issubclass(kind, c.Command) and kind not in ABSTRACT
    ),
    key=lambda kind: kind.__name__,
)
SPEAKERS = {
    "nobody": by(None),
    "guest": Actor(slack="U0GUEST", via="slack"),
    "stranger": by("mallory"),
    "person": by("frank"),
    "commander": by("alice"),
    "deputy": by("bob"),
    "bot": BOT,
    "bot in a person's name": Actor(person="alice", via="bot"),
}
MAY = {
    Who.ANYONE: {"nobody", "guest", "stranger", "person", "commander", "deputy"},
    Who.PEOPLE: {"person", "commander", "deputy"},
    Who.RULE: {"person", "commander", "deputy"},
    Who.COMMAND: {"commander", "deputy"},
    Who.BOT: {"bot", "bot in a person's name"},
}
BOT_TOO = {c.PostUpdate}
SAMPLES: dict[str, Any] = {
    "number": 1,
    "systems": ("database",),
    "since": START,
    "person": None,
    "until": START + timedelta(hours=1),
    "attempt": 1,
    "generation": 1,
    "plan": a_plan(),
    "standing": Standing(eligible=True),
    "verdict": Verdict(holds=True, finding="It answers."),
}


def example(kind: type[c.Command], actor: Actor) -> c.Command:
    """A command of this kind, its fields filled with anything that fits."""
    hints = get_type_hints(kind)
    given: dict[str, Any] = {"actor": actor}
    for field in fields(kind):
        if field.name != "actor":
            choice = next(iter(get_args(hints[field.name])), "text")
            given[field.name] = SAMPLES.get(field.name, choice if isinstance(choice, str) else "text")
        if field.name in ("inputs", "sections", "changes", "unconfirmed", "result", "gone"):
            given[field.name] = {}
        if field.name in ("proof", "hold"):
            given[field.name] = None
    return kind(**given)


def led() -> Story:
    """An incident that alice commands, with bob as her deputy."""
    story = Story().declare()
    story.give(c.Assign(actor=by("alice"), role="deputy", person="bob"))
    return story


def test_every_command_has_its_authority_and_its_decision() -> None:
    """No command is forgotten in either table, and neither table has one that does not exist."""
    assert set(AUTHORITY) == set(COMMANDS) == set(DECISIONS)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_who_may(kind: type[c.Command]) -> None:
    """Each kind of speaker may give exactly the commands that the table allows them."""
    incident, plan = led().incident, recovery_plan()
    for speaker, actor in SPEAKERS.items():
        if speaker in MAY[AUTHORITY[kind]] or (kind in BOT_TOO and actor.via == "bot"):
            check_authority(incident, example(kind, actor), plan)
        else:
            with pytest.raises(Refused, match=r"\.$"):
                check_authority(incident, example(kind, actor), plan)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_refused_commands_change_nothing(kind: type[c.Command]) -> None:
    """Whoever may not give a command leaves the incident as it was."""
    story = led()
    assert story.refusal(example(kind, BOT if AUTHORITY[kind] is not Who.BOT and kind not in BOT_TOO else by("alice")))


def test_unlisted_command_is_for_nobody() -> None:
    """A command that the table does not know is refused, whoever gives it."""

    class Surprise(c.Command):
        pass

    for actor in SPEAKERS.values():
        with pytest.raises(Refused, match="not in the authority table"):
            check_authority(None, Surprise(actor=actor), recovery_plan())


def test_without_a_commander_the_role_is_taken_first() -> None:
    """What is the commander's waits until somebody is; anybody of the plan may take the role."""
    story = Story().declare("mallory")
    assert "assign commander" in story.refusal(c.Mitigate(actor=by("bob")))
    story.give(c.Assign(actor=by("bob"), role="commander", person="bob"))
    story.give(c.Mitigate(actor=by("bob")))


def test_scribe_does_not_command() -> None:
    """Only the commander and the deputy lead."""
    story = Story().declare()
    story.give(c.Assign(actor=by("alice"), role="scribe", person="carol"))
    assert "This is for the incident commander Alice" in story.refusal(c.Mitigate(actor=by("carol")))
