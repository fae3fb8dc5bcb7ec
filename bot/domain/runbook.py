"""A runbook: the steps of one recovery, as people write them. It names no targets, so it serves every environment."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, PlainSerializer, model_validator

from bot.domain.durations import Duration, Interval, parse_duration
from bot.domain.model import JsonValue, Model, canonical, sha256
from bot.domain.problems import Unfit, shown
from bot.domain.texts import Count, Flag, Manual, Name, Text

RunbookKind = Literal["failover", "switchover", "failback", "recovery", "tabletop"]
InputType = Literal["text", "name", "number", "duration", "backup"]
StepKind = Literal["manual", "action", "check"]
Excluded = Literal["requester", "declarer"]
Exclude = Annotated[frozenset[Excluded], PlainSerializer(sorted, return_type=list[str])]
"""Who may not approve: who started the run, or last retried or edited the step; who declared the incident."""

NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
WAYS = ("manual", "action", "check", "checks")
With = Annotated[dict[str, JsonValue], Field(alias="with", default_factory=dict)]


class Expiry(Model):
    """How long an approval may be waited for, and how long an approved plan may wait for its execution."""

    approval: Interval = parse_duration("30m")
    execution: Interval = parse_duration("10m")


class StepApproval(Model):
    """What a step asks for beyond the plan's default rule: it can only be stricter."""

    required: Count | None = None
    approvers: Name | None = None
    exclude: Exclude | None = None
    expire: Expiry | None = None


class Input(Model):
    """A value that is asked for when the runbook is started."""

    title: Text
    type: InputType = "text"
    default: Text | int | float | None = None

    def read(self, text: str) -> JsonValue:
        """A value as a person typed it, as look-ups will find it; raises `Unfit`."""
        if not text.strip():
            raise Unfit("a value is missing", f"say what {self.title!r} is to be")
        if self.type == "duration":
            parse_duration(text)
        if self.type == "number":
            return _number(text)
        if self.type == "name" and not (text.isascii() and text.replace("_", "a").isalnum() and not text[0].isdigit()):
            raise Unfit(f"{shown(text)} is not a name", "use letters, digits and _, and begin with a letter")
        return text

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        if self.default is not None:
            self.read(str(self.default))
        return self


class CheckCall(Model):
    """One check of a step that asks several."""

    check: Text
    with_: With


class Step(Model):
    """One step: exactly one of `manual`, `action`, `check`, `checks`. `needs` None means the step above."""

    id: Name
    phase: Name | None = None
    title: Text
    manual: Manual | None = Field(default=None, description="what a person does, who then says Done")
    action: Text | None = Field(default=None, description="what the bot does; `dr actions` lists them")
    check: Text | None = Field(default=None, description="what the bot asks; `dr actions` lists them")
    checks: tuple[CheckCall, ...] | None = Field(default=None, min_length=1, description="everything must hold")
    with_: With
    needs: tuple[Name, ...] | None = Field(default=None, description="steps to wait for; absent, the one above")
    expected: Duration | None = Field(default=None, description="how long it usually takes")
    timeout: Interval | None = Field(default=None, description="how long it may take; a check is repeated until then")
    approval: StepApproval | None = None
    when: Literal["live", "drill"] | None = Field(default=None, description="only in incidents, or only in drills")
    point_of_no_return: Flag | None = Field(default=None, description="nothing before it can be undone afterwards")

    @property
    def kind(self) -> StepKind:
        """What the step is: `checks` is a check too."""
        if self.manual is not None:
            return "manual"
        return "action" if self.action is not None else "check"

    @property
    def calls(self) -> tuple[CheckCall, ...]:
        """The checks that it asks, `check` and `checks` alike."""
        if self.check is not None:
            return (CheckCall.model_validate({"check": self.check, "with": self.with_}),)
        return self.checks or ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [way for way in WAYS if getattr(self, way) is not None]
        if len(given) != 1:
            what = f"has {' and '.join(given)}" if given else "says nothing to do"
            raise Unfit(f"step {self.id} {what}", "give it exactly one of manual, action, check, checks")
        if self.with_ and given[0] in ("manual", "checks"):
            raise Unfit(f"step {self.id} has `with` beside `{given[0]}`", "parameters belong to an action or a check")
        return self


class Runbook(Model):
    """The steps of one recovery, in the order in which people read them."""

    runbook: Name
    title: Text
    kind: RunbookKind
    for_: Name = Field(alias="for", description="a kind or a name of target that the systems must have")
    inputs: dict[Name, Input] = {}
    steps: tuple[Step, ...] = Field(min_length=1, max_length=500)

    @property
    def id(self) -> str:
        """What people type to start it."""
        return self.runbook

    @cached_property
    def digest(self) -> str:
        """sha256 of its canonical JSON."""
        return sha256(canonical(self.model_dump(mode="json", by_alias=True)))

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {step.id: place for place, step in enumerate(self.steps)}

    def step(self, id: str) -> Step:
        """The step of that id; KeyError if there is none."""
        return self.steps[self._places[id]]

    def needs(self, id: str) -> tuple[str, ...]:
        """The steps that must be met first: those that it names, else the step above it."""
        place = self._places[id]
        named = self.steps[place].needs
        if named is not None:
            return named
        return (self.steps[place - 1].id,) if place else ()

    def ancestors(self, id: str) -> frozenset[str]:
        """Every step that is sure to be met before this one starts."""
        found: set[str] = set()
        waiting = list(self.needs(id))
        while waiting:
            step = waiting.pop()
            if step not in found:
                found.add(step)
                waiting.extend(self.needs(step))
        return frozenset(found)


def _number(text: str) -> int | float:
    if not NUMBER.fullmatch(text):
        raise Unfit(f"{shown(text)} is not a number", "write it like 3 or 0.5")
    return float(text) if "." in text else int(text)
