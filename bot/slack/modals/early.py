"""What would be refused anyway is refused at the click, before anybody fills in a form."""

from bot.domain import commands as c
from bot.domain.decisions import World, decide
from bot.domain.errors import Refused
from bot.domain.incident import Incident
from bot.domain.model import replace
from bot.slack.front import Speaker

SOME_REASON = "A reason that is yet to be given."


def refuse_early(speaker: Speaker, incident: Incident, command: c.Command) -> None:
    """Raises Refused where the command would be refused as it stands; nothing is recorded.

    Who has joined a team by its Slack group only now is found by looking once more.
    """
    desk = speaker.front.desk
    world = World(speaker.now(), speaker.plan, desk.runbooks, desk.registry.traits)
    asked = replace(command, actor=speaker.actor)
    try:
        decide(incident, asked, world)
    except Refused:
        speaker.front.members.join_now(speaker.caller.account, speaker.plan.teams)
        decide(incident, asked, world)
