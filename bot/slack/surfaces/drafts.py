"""The draft of the next status update, shown to whoever writes updates, and to nobody else."""

from dataclasses import replace

from bot.domain.cadence import next_update
from bot.slack.controls import Control
from bot.slack.rich import fallback, line, paragraph
from bot.slack.surfaces.message import Body, Message, Press, single
from bot.slack.surfaces.posts import word_for_word
from bot.slack.surfaces.scene import Scene


def draft_key(number: int) -> str:
    """The key of an update's draft; the text goes by the same."""
    return f"draft/{number}"


def writer(scene: Scene) -> str | None:
    """The account of the scribe, or else of the commander."""
    roles = scene.incident.roles
    person = roles.get("scribe") or roles.get("commander")
    known = scene.plan.people.get(person or "")
    return known.slack if known else None


def draft(scene: Scene, text: str) -> Message | None:
    """What goes out by itself, with the ways to be faster or to say it better; None where nobody can be shown it."""
    incident, to = scene.incident, writer(scene)
    due = next_update(incident)
    if to is None or due is None:
        return None
    heading = line(f"The update for {incident.id} goes out at ", scene.ahead(due, bold=True), ".")
    told = paragraph(line("This is the draft; it posts itself if nobody touches it."))
    number = str(incident.updates.number + 1)
    presses = (
        Press("Post update", Control("post_update", incident.id, detail=number), style="primary"),
        Press("Edit…", Control("edit_update", incident.id, detail=number)),
    )
    below = single(Body(line(""), "", (), presses))
    top = single(Body(heading, fallback(heading), (told,)))
    blocks = (*top.blocks, *word_for_word(text).blocks, below.blocks[-1])
    return replace(top, blocks=blocks, controls=below.controls, place="direct", to=to)
