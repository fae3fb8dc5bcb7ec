"""Incidents painted for the tests: a story's surfaces, each message checked against Slack's rules."""

from collections.abc import Mapping
from typing import Any

from bot.domain.changes import Change, Measurement, Plan, Precondition, Risk, SecretVersion
from bot.domain.plan import RecoveryPlan
from bot.domain.postings import Posting
from bot.slack.surfaces import Links, Message, surfaces
from tests.unit.builders import Story, a_plan, recovery_plan
from tests.unit.slack.rules import check_message, labels, says

ACCOUNTS = {"alice": "U0ALICE", "bob": "U0BOB", "carol": "U0CAROL"}


def posted(key: str) -> str | None:
    """Every message but the cards of old incidents has a permalink."""
    return f"https://slack.test/archives/C0INC/{key}"


def in_slack(**overrides: Any) -> RecoveryPlan:
    """The recovery plan of the tests, in which three people have accounts in Slack."""
    plan = recovery_plan(**overrides)
    people = {
        id_: person.model_copy(update={"slack": ACCOUNTS.get(id_), "name": f"{person.name} Adams"})
        for id_, person in plan.people.items()
    }
    return plan.model_copy(update={"people": people})


def painted(story: Story, texts: Mapping[str, str] | None = None) -> dict[str, Message]:
    """Every message of a story, checked."""
    shown = unchecked(story, texts)
    for message in shown.values():
        check_message(message)
    return shown


def unchecked(story: Story, texts: Mapping[str, str] | None = None) -> dict[str, Message]:
    """Every message of a story. The check takes several times as long as the painting."""
    links = Links(to=posted)
    texts = dict(texts or {})
    drafted = texts.pop(f"draft/{story.incident.updates.number + 1}", "")
    postings = {key: posting(story, key, text) for key, text in texts.items()}
    more = (story.traits, story.runbooks, drafted)
    return surfaces(story.incident, postings, story.plan, story.now, links, *more)


def posting(story: Story, key: str, text: str) -> Posting:
    """A text or a turn as the timeline has it, at the story's moment."""
    return Posting(text, story.now, int(key.partition("/")[2] or 1), story.incident.head)


def step_text(story: Story, step: str, run: str = "R1") -> str:
    """Everything that a step's messages say, parts included."""
    key = f"step/{run}/{step}"
    parts = [m for k, m in unchecked(story).items() if k == key or k.startswith(f"{key}/")]
    return "\n".join(says(message.blocks) for message in parts)


def body_text(story: Story, step: str) -> str:
    """What a step's messages say between their headings and what stands below."""
    key = f"step/R1/{step}"
    parts = [m for k, m in unchecked(story).items() if k == key or k.startswith(f"{key}/")]
    return "".join(says(m.blocks[1:] if m.controls else m.blocks[1:-1]) for m in parts)


def step_labels(story: Story, step: str, run: str = "R1") -> list[str]:
    """The buttons below a step, by their labels."""
    return labels(unchecked(story)[f"step/{run}/{step}"].blocks)


def whole_plan(**overrides: Any) -> Plan:
    """A plan with something in every field that an approver has to see."""
    fields: dict[str, Any] = {
        "action": "postgres.promote",
        "summary": "Promote customers-east.internal / customers",
        "target": "customers-east",
        "account": "111111111111",
        "region": "us-east-1",
        "changes": (
            Change(resource="customers-east.internal", what="role", before="in recovery", after="accepts writes"),
            Change(resource="customers-east.internal", what="timeline", before="3", after="4"),
        ),
        "targets": ("111111111111/us-east-1/postgres/customers-east",),
        "parameters": {"database": {"host": "customers-east.internal", "port": 5432, "tags": ["a", ""]}, "wait": 60},
        "secrets": (SecretVersion(name="customers_east", version="v17"),),
        "bounds": {"data_loss": 300.0},
        "warnings": ("Replication slots do not move.",),
        "risks": (),
        "preconditions": (Precondition(text="dr_bot may promote it", holds=True),),
        "measurements": (Measurement(name="data_loss", text="at most 3 min 19 s", value=199.0, unit="s"),),
        "point_of_no_return": True,
        "way_back": "The way back is the runbook failback.",
    }
    return a_plan(**{**fields, **overrides})


RISKY = Risk(name="data_loss_unknown", text="Everything written after 03:01:12 may be lost.")
