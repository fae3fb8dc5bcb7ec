"""The people of the night: whoever is asked for something does it, by the real `dr` command, until the runbook is done."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.text import Text

from bot.playground.dr_command import DrCommand
from bot.playground.narration import Narrator
from bot.playground.news import News
from bot.playground.seen import Incident, Plan, Run, Step

COMMANDER = "alice"
OTHERS = ("bob", "carol", "dave", "erin")
STANDSTILL = 45.0
STUCK = frozenset({"failed", "in_doubt", "undo_failed", "canceled"})
CONFIRM = "confirm_system_operation"  # the last step of the recovery itself
BY_HAND = {
    "assess_situation": "has looked: the provider's page says that us-west-2 has lost power.",
    "update_documentation": "notes where the runbook and the world differed.",
    "review_incident": "writes down what was learned.",
}
WHY = "nothing more can arrive from a dark region"


class StoryFailed(Exception):
    """The night did not end as it must; the text says why in one line."""


@dataclass
class Night:
    """Walks the run of one incident. `try_order` places a test order and says where it was taken."""

    dr: DrCommand
    narrator: Narrator
    news: News
    try_order: Callable[[], str]
    incident: str = ""
    deeds: Counter[str] = field(default_factory=Counter)
    seq: int = 0
    moved_at: float = field(default_factory=time.monotonic)

    def walk(self) -> None:
        """Until every step is done; raises StoryFailed where one fails or nothing moves any more."""
        while True:
            seen = self.look()
            if seen.run.state == "completed":
                return
            if seen.state == "active" and seen.run.step(CONFIRM).state == "completed":
                self.mitigate()
            elif not any(self.act(step) for step in seen.run.steps):
                self.refuse_standstill(seen.run)

    def look(self) -> Incident:
        """The incident as `dr show --json` has it; what is new of it is told."""
        with self.narrator.waiting("the bot is at work"):
            seen = Incident.model_validate_json(self.dr.read("show", self.incident, "--json"))
        self.news.tell(seen)
        if seen.seq != self.seq:
            self.seq, self.moved_at = seen.seq, time.monotonic()
        return seen

    def refuse_standstill(self, run: Run) -> None:
        stuck = next((step for step in run.steps if step.state in STUCK), None)
        if stuck is not None:
            raise StoryFailed(f"{stuck.id} is {stuck.state.replace('_', ' ')}: {stuck.reason or stuck.finding}")
        if time.monotonic() - self.moved_at > STANDSTILL:
            where = ", ".join(f"{step.id} {step.state}" for step in run.steps if step.state != "completed")
            raise StoryFailed(f"nothing has moved for {STANDSTILL:.0f} s: {where}")

    def act(self, step: Step) -> bool:
        """Do what the step asks of a person; whether it asked for something."""
        if step.state == "ready" and step.kind == "manual":
            self.by_hand(step)
        elif step.state == "pending_approval" and step.plan is not None and step.plan.missing:
            self.approve(step.id, step.plan)
        elif step.state == "blocked" and step.risks:
            self.take_risk(step)
        elif step.state == "blocked":
            self.does(COMMANDER, "asks the bot to look again.", "retry", self.incident, step.id)
        else:
            return False
        return True

    def by_hand(self, step: Step) -> None:
        person = min(OTHERS, key=lambda each: self.deeds[each])
        deed = self.try_order() if step.id == CONFIRM else BY_HAND.get(step.id, f"has done it: {step.title}.")
        self.does(person, deed, "done", self.incident, step.id)

    def approve(self, step: str, plan: Plan) -> None:
        """The first reads the plan and answers on the terminal; the others name the digest of what they have read."""
        people = sorted(plan.waits_for, key=lambda person: self.deeds[person])[: plan.missing]
        if len(people) < plan.missing:
            raise StoryFailed(f"{step} needs {plan.missing} more approvals, and only {len(people)} people may give one")
        self.does(people[0], "reads the plan and approves it.", "approve", self.incident, step)
        for person in people[1:]:
            words = ("approve", self.incident, step, "--digest", plan.digest[:12], "--yes")
            self.does(person, "has read the same plan, and approves it.", *words)

    def take_risk(self, step: Step, extra: int = 1) -> None:
        """The commander takes what a plan would risk; what only a check can't vouch for is for those who may approve."""
        judged = step.kind == "check" or step.started_at is not None
        people = sorted(OTHERS, key=lambda person: self.deeds[person])[: 1 + extra] if judged else [COMMANDER]
        for person in people:
            self.does(person, "takes the risk.", "accept-risk", self.incident, step.id, "--reason", WHY, "--yes")

    def mitigate(self) -> None:
        self.does(COMMANDER, "says that users are served again.", "mitigate", self.incident)

    def does(self, person: str, deed: str, *words: str) -> str:
        """One person's command, told as the terminal shows it; what it showed."""
        self.deeds[person] += 1
        signed = (*words, "--as", person, "--key", f"keys/{person}")
        self.narrator.deed(person, deed, signed)
        with self.narrator.waiting("dr"):
            shown = Text.from_ansi(self.dr.on_terminal(*signed).strip("\n"))
        self.narrator.quotes(shown)
        return shown.plain
