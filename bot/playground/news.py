"""What the bot did since the last look, told once."""

from dataclasses import dataclass, field

from rich.text import Text

from bot.playground.dr_command import DrCommand
from bot.playground.narration import Narrator
from bot.playground.seen import Incident, Step, events_in, of_type

SIGNS = {
    "completed": ("✓", "green"),
    "skipped": ("-", "yellow"),
    "blocked": ("■", "yellow"),
    "failed": ("✗", "bold red"),
    "in_doubt": ("?", "bold yellow"),
}


@dataclass
class News:
    """Tells of steps that ended or stand still, and of status updates."""

    dr: DrCommand
    narrator: Narrator
    told: set[tuple[str, str]] = field(default_factory=set)
    updates: int = 0

    def tell(self, seen: Incident) -> None:
        for step in seen.run.steps if seen.runs else ():
            if step.state in SIGNS and (step.id, step.state) not in self.told:
                self.told.add((step.id, step.state))
                self.tell_step(step)
        if seen.updates.posted > self.updates:
            self.tell_updates(seen)

    def tell_step(self, step: Step) -> None:
        sign, style = SIGNS[step.state]
        word = "" if step.state == "completed" else f" is {step.state.replace('_', ' ')}"
        self.narrator.says(Text.assemble((f"{sign} ", style), (step.title, style), word), step.ended_at)
        if step.kind != "manual" or step.state != "completed":
            said = step.finding or step.reason
            if said:
                self.narrator.goes_on(Text(f"  {said}", style="bright_black"))

    def tell_updates(self, seen: Incident) -> None:
        """The first is told whole, of later ones that they went out."""
        for event in of_type(events_in(self.dr.read("audit", "export", seen.id)), "UpdatePosted"):
            number = int(event.data["number"])
            if number <= self.updates:
                continue
            self.narrator.says(Text.assemble(("The bot", "bold"), f" posts status update {number}, on time."), event.at)
            if number == 1:
                self.narrator.quotes(Text(str(event.data["text"]).strip()))
            self.updates = number
