"""Whatever stands in any field, no message is refused, nobody is called by it, and a plan is shown whole."""

import re
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.domain import commands as c
from bot.domain.changes import Change, Measurement, Plan, Precondition, Risk, SecretVersion, Verdict
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.model import replace
from bot.slack.text import visible
from tests.unit.builders import Story, action, by, manual, underway
from tests.unit.slack.naughty import NAUGHTY
from tests.unit.slack.painting import body_text, in_slack, painted, step_text, whole_plan

SHORT = [text for text in NAUGHTY if len(text) < 1000]
LONG = [text for text in NAUGHTY if len(text) >= 1000]
ROUNDS = range(0, len(SHORT), 9)
# Shrinking takes minutes here, and a failing string says enough.
ANY = settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.generate))
SAID = ("finding", "reason", "risk_reason", "glass_reason")


class Mouth:
    """Says one string after the other, so that every field gets another one."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = cycle(texts)

    def __call__(self) -> str:
        """Anything that a plan or a finding can hold; halves of characters can't be recorded at all."""
        return next(self._texts).encode("utf-8", "replace").decode()

    def typed(self) -> str:
        """What a person can type as a reason."""
        return visible(self()).strip()[:1000] or "-"

    def plan(self) -> Plan:
        """A plan with such strings in every field."""
        changes = (Change(resource=self(), what=self(), before=self(), after=self()) for _ in range(5))
        return whole_plan(
            action=self(),
            summary=self(),
            target=self(),
            account=self(),
            region=self(),
            changes=tuple(changes),
            targets=(self(), self()),
            parameters={self(): {self(): [self(), 1, None], self(): self()}},
            secrets=(SecretVersion(name=self(), version=self()),),
            bounds={self(): 5.0},
            warnings=(self(), self()),
            preconditions=(Precondition(text=self(), holds=None),),
            measurements=(Measurement(name=self(), text=self(), value=1.0, unit=self()),),
            way_back=self(),
        )


def nights(say: Mouth) -> Iterator[Story]:
    """Stories in which people and the world say such strings wherever they may."""
    planned = underway(manual("one"), action("two", needs=[]), plan=in_slack())
    planned.show("two", say.plan().model_copy(update={"preconditions": ()}))
    yield planned
    doubtful = underway(action("two"), plan=in_slack()).launch("two", "bob")
    doubtful.bot(c.Doubt, "two", reason=say())
    doubtful.person(c.Settle, "two", "bob", outcome="happened", reason=say.typed())
    yield doubtful
    failed = underway(action("two"), plan=in_slack()).launch("two", "bob")
    failed.bot(c.Applied, "two", result={})
    failed.look("two", Verdict(holds=False, finding=say(), risks=(Risk(name="r", text=say()),)), late=True)
    yield failed
    unknown = underway(manual("one", needs=[]), action("two", needs=[]), plan=in_slack())
    unknown.bot(c.Block, "two", reason=say(), finding=say(), risks=(Risk(name="r", text=say()),))
    yield unknown
    skipped = underway(manual("two"), plan=in_slack())
    skipped.person(c.Skip, "two", "bob", reason=say.typed())
    yield skipped


def renamed(story: Story, say: Mouth) -> Story:
    """The same with such strings as titles, names and instructions, and as what was found."""
    plan = story.plan
    people = {id_: person.model_copy(update={"name": say()}) for id_, person in plan.people.items()}
    systems = {id_: system.model_copy(update={"title": say()}) for id_, system in plan.systems.items()}
    story.plan = plan.model_copy(update={"people": people, "systems": systems})
    incident: Incident = story.incident
    runs = {id_: _renamed_run(run, say) for id_, run in incident.runs.items()}
    story.state = replace(incident, title=say(), description=say(), runs=runs)
    return story


def _renamed_run(run: Run, say: Mouth) -> Run:
    steps = {id_: _renamed_step(step, say) for id_, step in run.steps.items()}
    return replace(run, steps=steps, runbook=run.runbook.model_copy(update={"title": say()}))


def _renamed_step(step: StepRun, say: Mouth) -> StepRun:
    names = {"title": say(), **({"manual": say()} if step.definition.manual else {})}
    said: dict[str, Any] = {name: say() for name in SAID if getattr(step, name)}
    taken = tuple(replace(taken, reason=say()) for taken in step.taken_risks)
    return replace(step, definition=step.definition.model_copy(update=names), taken_risks=taken, **said)


@pytest.mark.parametrize("first", ROUNDS)
def test_no_string_breaks_a_message(first: int) -> None:
    """Every message stays within Slack's rules, and calls nobody."""
    say = Mouth([*SHORT[first:], *SHORT[:first]])
    for story in nights(say):
        painted(renamed(story, say), {"update/1": say(), "resolution": f"*{say()}* {say()}"})


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_no_long_string_breaks_a_message(text: str) -> None:
    """The same at any length."""
    say = Mouth([text])
    for story in islice(nights(say), 1, None):
        painted(renamed(story, say), {"update/1": text, "resolution": f"*{text}* {text}"})


@ANY
@given(st.lists(st.text(max_size=200), min_size=1, max_size=20))
def test_no_mixture_of_strings_breaks_a_message(texts: list[str]) -> None:
    """The same for whatever else can be written."""
    say = Mouth(texts)
    painted(renamed(next(nights(say)), say), {"update/1": say()})


@pytest.mark.parametrize("first", ROUNDS)
def test_no_string_has_a_plan_cut(first: int) -> None:
    """Every field of the plan can be read."""
    story = underway(action("two"), plan=in_slack())
    plan = Mouth([*SHORT[first:], *SHORT[:first]]).plan().model_copy(update={"preconditions": ()})
    story.show("two", plan)
    shown = squeezed(body_text(story, "two"))
    for text in every_text(plan):
        assert squeezed(text) in shown


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_no_length_has_a_plan_cut(text: str) -> None:
    """A value of any length is shown to its end, before and after."""
    story = underway(action("two"), plan=in_slack())
    change = Change(resource="r", what="w", before=f"0{text}1", after=f"2{text}3")
    story.show("two", whole_plan(changes=(change,), parameters={"p": text}))
    shown = squeezed(body_text(story, "two"))
    assert squeezed(f"w: {change.before} → {change.after}") in shown
    assert squeezed(f"Parameter p: {text}") in shown


def squeezed(text: str) -> str:
    """A text without blanks and line breaks: where it is broken into lines does not matter."""
    return re.sub(r"\s", "", visible(text))


def every_text(plan: Plan) -> Iterator[str]:
    """The texts of a plan that an approver must be able to read."""
    yield from (plan.action, plan.summary, plan.account, plan.region, plan.way_back, *plan.targets, *plan.warnings)
    for change in plan.changes:
        yield from (change.resource, change.what, change.before, change.after)
    yield from (m.text for m in plan.measurements)
    yield from (text for secret in plan.secrets for text in (secret.name, secret.version))
    yield from _leaves(plan.parameters)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str):
        yield value


def test_what_people_say_is_cut_and_says_so() -> None:
    """A finding of any length leaves the message readable."""
    story = underway(action("two"), plan=in_slack())
    story.bot(c.Block, "two", reason="It failed.", finding="x" * 9000)
    assert "x … (cut)" in step_text(story, "two")


def test_a_reversed_text_is_shown_as_it_is_stored() -> None:
    """What would turn the reading round is visible in the plan that is approved."""
    story = underway(action("two"), plan=in_slack())
    story.show("two", whole_plan(changes=(Change(resource="a", what="host", before="x", after="\u202ewest"),)))
    assert "<U+202E>west" in step_text(story, "two")


def test_a_person_without_an_account_is_never_a_mention() -> None:
    """A name that looks like one is a name."""
    story = underway(action("two"), plan=in_slack())
    story.give(c.Assign(actor=by("alice"), role="scribe", person="frank"))
    renamed(story, Mouth(["<@U0BOB>"]))
    users = [piece["user_id"] for m in painted(story).values() for piece in pieces(m.blocks) if "user_id" in piece]
    assert users == ["U0ALICE"]


def pieces(value: Any) -> Iterator[dict[str, Any]]:
    """All rich text pieces in some blocks."""
    if isinstance(value, list | tuple):
        for inner in value:
            yield from pieces(inner)
    elif isinstance(value, dict):
        yield value
        yield from pieces(value.get("elements", []))
