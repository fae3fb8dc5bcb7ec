"""What the bot did since the last look, told once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.text import Text

from bot.playground.mail import Mail
from bot.playground.narration import Narrator
from bot.playground.seen import Incident, Step

SIGNS = {
    "completed": ("✓", "green"),
    "skipped": ("-", "yellow"),
    "blocked": ("■", "yellow"),
    "failed": ("✗", "bold red"),
    "in_doubt": ("?", "bold yellow"),
}


@dataclass
class News:
    """Tells of steps that ended or stand still, and of status updates. `mails` is what has arrived by now."""

    narrator: Narrator
    mails: Sequence[Mail]
    told: set[tuple[str, str]] = field(default_factory=set)
    updates: int = 0

    def tell(self, seen: Incident) -> None:
        for step in seen.run.steps if seen.runs else ():
            by_hand = step.kind == "manual" and step.state == "completed"  # its own command has said so
            if step.state in SIGNS and not by_hand and (step.id, step.state) not in self.told:
                self.told.add((step.id, step.state))
                self.tell_step(step)
        self.tell_updates(seen.updates.posted)

    def tell_step(self, step: Step) -> None:
        sign, style = SIGNS[step.state]
        word = "" if step.state == "completed" else f" is {step.state.replace('_', ' ')}"
        self.narrator.says(Text.assemble((f"{sign} ", style), (step.title, style), word), step.ended_at)
        said = step.finding or step.reason
        if said:
            self.narrator.goes_on(Text(said, style="bright_black"))

    def tell_updates(self, posted: int) -> None:
        """That they went out; the first whole, as one of those who are told received it."""
        for number in range(self.updates + 1, posted + 1):
            mail = next((it for it in self.mails if it.subject.endswith(f"update {number}")), None)
            if mail is None:
                return
            self.updates = number
            self.narrator.says(Text.assemble(("The bot", "bold"), f" has posted status update {number} by itself."))
            if number == 1:
                self.narrator.goes_on(Text(f"To {mail.recipients[0]}: {mail.subject}", style="bright_black"))
                self.narrator.quotes(Text(mail.text.strip()))
