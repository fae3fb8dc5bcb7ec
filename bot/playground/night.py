"""The people of the night: whoever is asked for something does it, by the real `dr` command, until the runbook is done."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

from rich.text import Text

from bot.playground.dr_command import DrCommand
from bot.playground.narration import Narrator
from bot.playground.news import News
from bot.playground.seen import Incident, Plan, Run, Step
from bot.playground.serving import Serving

COMMANDER = "alice"
OTHERS = ("bob", "carol", "dave", "erin")
PATIENCE = 20.0  # seconds that the bot may work before somebody looks
STANDSTILL = 60.0
STUCK = frozenset({"failed", "in_doubt", "undo_failed", "canceled"})
CONFIRM = "confirm_system_operation"  # the last step of the recovery itself
BY_HAND = {
    "assess_situation": "has looked: the provider's page says that us-west-2 has lost power.",
    "update_documentation": "notes where the runbook and the world differed.",
    "review_incident": "writes down what was learned.",
}
NEXT_BY_HAND = re.compile(r"\(dr done \S+ (\w+)\)")
WHY = "nothing more can arrive from a dark region"


class StoryFailed(Exception):
    """The night did not end as it must; the text says why in one line."""


@dataclass(frozen=True)
class Deed:
    """What one person does, and the command for it; `later` than what others do at the same time."""

    person: str
    told: str
    words: tuple[str, ...]
    later: bool = False

    @property
    def signed(self) -> tuple[str, ...]:
        return (*self.words, "--as", self.person, "--key", f"keys/{self.person}")


@dataclass
class Night:
    """Walks the run of one incident. `try_order` places a test order and says where it was taken."""

    dr: DrCommand
    serving: Serving
    narrator: Narrator
    news: News
    try_order: Callable[[], str]
    incident: str = ""
    first: Incident | None = None
    deeds: Counter[str] = field(default_factory=Counter)
    seq: int = 0
    moved_at: float = field(default_factory=time.monotonic)

    def walk(self) -> Incident:
        """Until every step is done; raises StoryFailed where one fails or nothing moves any more."""
        while (seen := self.look()).run.state != "completed":
            asked = [deed for step in seen.run.steps for deed in self.asked(step)]
            if not asked:
                self.refuse_standstill(seen.run)
            self.answer([deed for deed in asked if not deed.later])
            self.answer([deed for deed in asked if deed.later])
        return seen

    def answer(self, deeds: Sequence[Deed]) -> None:
        """Do what was asked for. Where a command says that the next step is done by hand, and how, somebody does it."""
        if len(deeds) > 1:
            self.do_together(deeds)
        elif deeds:
            shown = self.do(deeds[0])
            if CONFIRM in deeds[0].words:
                self.do(self.deed(COMMANDER, "says that users are served again.", "mitigate", self.incident))
            if named := NEXT_BY_HAND.search(shown):
                self.answer([self.by_hand(named[1])])

    def look(self) -> Incident:
        """The incident as `dr show --json` has it, once the bot waits for people; what is new of it is told."""
        with self.narrator.waiting("the bot is at work"):
            self.serving.wait_for_people(PATIENCE)
            seen = Incident.model_validate_json(self.dr.read("show", self.incident, "--json"))
        self.first = self.first or seen
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

    def asked(self, step: Step) -> Iterator[Deed]:
        """What a step asks of people now."""
        if step.state == "ready" and step.kind == "manual":
            yield self.by_hand(step.id)
        elif step.state == "pending_approval" and step.plan is not None and step.plan.missing:
            yield from self.approvals(step.id, step.plan)
        elif step.state == "blocked" and step.risks:
            yield from self.acceptances(step)
        elif step.state == "blocked":
            yield self.deed(COMMANDER, "asks the bot to look again.", "retry", self.incident, step.id)

    def by_hand(self, step: str) -> Deed:
        told = self.try_order() if step == CONFIRM else BY_HAND.get(step, f"has done {step}.")
        return self.deed(self.idle(OTHERS, 1)[0], told, "done", self.incident, step)

    def approvals(self, step: str, plan: Plan) -> Iterator[Deed]:
        """One person reads the plan and answers on the terminal; the others name the digest of what they have read."""
        first, *others = self.idle(plan.waits_for, plan.missing)
        yield self.deed(first, "reads the plan and approves it.", "approve", self.incident, step)
        for person in others:
            words = ("approve", self.incident, step, "--digest", plan.digest[:12], "--yes")
            yield replace(self.deed(person, "has read the same plan, and approves it.", *words), later=True)

    def acceptances(self, step: Step) -> Iterator[Deed]:
        """The commander takes what a plan would risk; what only a look can't vouch for is for two who may approve."""
        only_looked = step.kind == "check" or step.started_at is not None
        for person in self.idle(OTHERS, 2) if only_looked else (COMMANDER,):
            words = ("accept-risk", self.incident, step.id, "--reason", WHY, "--yes")
            yield self.deed(person, "takes the risk.", *words)

    def idle(self, people: Sequence[str], count: int) -> list[str]:
        """Those who have done least by now."""
        if len(people) < count:
            raise StoryFailed(f"{count} people are needed, and only {len(people)} may act")
        return sorted(people, key=lambda person: self.deeds[person])[:count]

    def deed(self, person: str, told: str, *words: str) -> Deed:
        self.deeds[person] += 1
        return Deed(person, told, words)

    def do(self, deed: Deed) -> str:
        """One person's command, told as it goes; what the terminal showed."""
        self.narrator.deed(deed.person, deed.told, deed.signed)
        with self.narrator.waiting("dr"):
            shown = self.dr.on_terminal(*deed.signed)
        return self.narrator.quotes(Text.from_ansi(shown.strip("\n")))

    def do_together(self, deeds: Sequence[Deed]) -> None:
        """Several people at the same moment, told in the order in which their commands ended."""
        with ThreadPoolExecutor(len(deeds)) as people:
            answers = {people.submit(self.dr.on_terminal, *deed.signed): deed for deed in deeds}
            try:
                with self.narrator.waiting("several people answer at once"):
                    for answer in as_completed(answers):
                        deed = answers[answer]
                        self.narrator.deed(deed.person, deed.told, deed.signed)
                        self.narrator.quotes(Text.from_ansi(answer.result().strip("\n")))
            finally:
                self.dr.stop()
