"""What the tests of messages are made of: the project's own plan and templates, a night in Berlin, a channel to look into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bot.comms.channels import Channel
from bot.comms.messages import TemplateMessages
from bot.comms.outgoing import Outgoing
from bot.config.plan_file import load_plan
from bot.config.template_files import load_templates
from bot.domain import commands as c
from bot.domain.changes import Measurement
from bot.domain.evolve import fold
from bot.domain.plan import Person, RecoveryPlan
from bot.domain.template import Template
from bot.engine.ports import Delivery, NotDelivered
from tests.unit.builders import Story, a_plan, action, check, manual, runbook

ROOT = Path(__file__).parents[2]
NIGHT = datetime(2026, 11, 3, 2, 4, tzinfo=UTC)  # 03:04 in Berlin
QUOTED = Measurement(name="data_loss", text="at most 8 min 19 s: last heartbeat here 02:01:12Z", value=499.0)

FAILOVER = runbook(
    manual("assess", title="Assess the situation", expected="5m"),
    action("promote", "promote", title="Promote the replica", approval={"required": 2}, expected="2m"),
    action("dns", title="Point DNS at the recovery region", expected="1m"),
    check("validate", title="Validate: everything must hold", timeout="15m", expected="11m"),
    manual("review", title="Review the incident", phase="post_recovery"),
    title="Fail over to the recovery region",
)


@cache
def project_plan() -> RecoveryPlan:
    return load_plan(ROOT / "plan.yml")


@cache
def project_templates() -> Mapping[str, Template]:
    templates, problems = load_templates(ROOT / "templates")
    assert not problems
    return templates


def template(body: str, name: str = "status_update", **keys: Any) -> dict[str, Template]:
    """One template of a given body, by its id."""
    channels = {"email": {"subject": "{{ incident.id }} {{ incident.title }}"}}
    made = Template.model_validate({"template": name, "channels": channels, "body": body, **keys})
    return {name: made}


@dataclass
class Shelf:
    """A channel that keeps what it is given; with `refuses` it takes nothing."""

    name: str = "email"
    refuses: NotDelivered | None = None
    kept: list[tuple[str, Outgoing]] = field(default_factory=list)

    def send(self, message: Outgoing, person: Person) -> str:
        if self.refuses:
            raise self.refuses
        self.kept.append((person.name, message))
        return f"<{message.token}>"

    def check(self) -> None:
        if self.refuses:
            raise self.refuses


def messages(
    *channels: Channel, plan: RecoveryPlan | None = None, templates: Mapping[str, Template] | None = None
) -> TemplateMessages:
    """Messages of the project's plan and templates over the given channels."""
    return TemplateMessages(
        plan or project_plan(),
        project_templates() if templates is None else templates,
        {channel.name: channel for channel in channels},
        "http://127.0.0.1:8080/",
    )


def night(plan: RecoveryPlan | None = None, **fields: Any) -> Story:
    """Alice has declared at 03:04."""
    story = Story(plan=plan or project_plan(), runbooks={"failover": FAILOVER}, now=NIGHT)
    return story.declare(**{"systems": ("customer-database",), "since": NIGHT, **fields})


def promoted() -> Story:
    """The night up to 03:13: the replica is promoted, DNS points at it, the validation is under way."""
    story = night()
    story.start(system="customer-database")
    story.later(minutes=2)
    story.done("assess")
    story.launch("promote", "bob", "carol", plan=a_plan(measurements=(QUOTED,)))
    story.later(minutes=5)
    applied_and_held(story, "promote")
    story.launch("dns", "bob")
    story.later(minutes=2)
    applied_and_held(story, "dns")
    story.launch("validate")
    return story


def applied_and_held(story: Story, step: str) -> None:
    """A step that was started is applied and verified."""
    story.bot(c.Applied, step, result={})
    story.look(step)


def caused(story: Story, sender: TemplateMessages, since: int = 0) -> tuple[Delivery, ...]:
    """The deliveries of the story's events behind row `since`, as if one transaction had recorded them."""
    before = fold(story.rows[:since])
    return sender.caused_by(before, story.incident, tuple(story.rows[since:]))
