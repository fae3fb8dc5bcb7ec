"""What would be refused anyway is refused at the click, before anybody fills in a form."""

from bot.domain import commands as c
from bot.domain.decisions import World, decide
from bot.domain.incident import Incident
from bot.domain.model import replace
from bot.slack.front import Speaker

SOME_REASON = "A reason that is yet to be given."


def refuse_early(speaker: Speaker, incident: Incident, command: c.Command) -> None:
    """Raises Refused where the command would be refused as it stands; nothing is recorded."""
    desk = speaker.front.desk
    world = World(speaker.now(), speaker.plan, desk.runbooks, desk.registry.traits)
    decide(incident, replace(command, actor=speaker.actor), world)
