"""Who may give which command: one table. What is not in it nobody may."""

from collections.abc import Mapping
from enum import Enum

from bot.domain import commands as c
from bot.domain.errors import Refused
from bot.domain.incident import Incident
from bot.domain.plan import RecoveryPlan
from bot.domain.timeline import Actor


class Who(Enum):
    ANYONE = "any full member"
    PEOPLE = "the people of the recovery plan"
    COMMAND = "the incident commander or the deputy"
    RULE = "the people whom the step's rule names"
    BOT = "the bot alone"


AUTHORITY: Mapping[type[c.Command], Who] = {
    c.Declare: Who.ANYONE,
    c.Note: Who.ANYONE,
    c.Subscribe: Who.ANYONE,
    c.Acknowledge: Who.PEOPLE,
    c.Assign: Who.PEOPLE,
    c.Start: Who.PEOPLE,
    c.Done: Who.PEOPLE,
    c.Retry: Who.PEOPLE,
    c.Replan: Who.PEOPLE,
    c.Undo: Who.PEOPLE,
    c.Withdraw: Who.PEOPLE,
    c.DraftUpdate: Who.PEOPLE,
    c.PostUpdate: Who.PEOPLE,
    c.SnoozeUpdate: Who.COMMAND,
    c.SetSeverity: Who.COMMAND,
    c.Stop: Who.COMMAND,
    c.Pause: Who.PEOPLE,
    c.Resume: Who.COMMAND,
    c.Mitigate: Who.COMMAND,
    c.Resolve: Who.COMMAND,
    c.Close: Who.COMMAND,
    c.Cancel: Who.COMMAND,
    c.Reopen: Who.PEOPLE,
    c.Skip: Who.RULE,
    c.Settle: Who.RULE,
    c.Approve: Who.RULE,
    c.Decline: Who.RULE,
    c.AcceptRisk: Who.RULE,
    c.BreakGlass: Who.RULE,
    c.JudgeOffer: Who.BOT,
    c.ShowPlan: Who.BOT,
    c.Block: Who.BOT,
    c.Begin: Who.BOT,
    c.Applied: Who.BOT,
    c.NotDone: Who.BOT,
    c.Doubt: Who.BOT,
    c.Wait: Who.BOT,
    c.Looked: Who.BOT,
    c.Probed: Who.BOT,
    c.Expire: Who.BOT,
    c.PostMessage: Who.BOT,
    c.OpenChannel: Who.BOT,
    c.RecordDelivery: Who.BOT,
}


def check_authority(state: Incident | None, command: c.Command, plan: RecoveryPlan) -> None:
    """Raises Refused where the table says no. Who.RULE is checked where the step's rule is known, closer to the step."""
    who = AUTHORITY.get(type(command))
    actor = command.actor
    if who is None:
        raise Refused(f"Nobody may give {type(command).__name__}: it is not in the authority table.")
    if actor.via == "bot":
        if who is Who.BOT or isinstance(command, c.PostUpdate):
            return
        raise Refused(f"The bot itself may not give {type(command).__name__}.")
    if who is Who.BOT:
        raise Refused(f"Only the bot may give {type(command).__name__}.")
    if who is Who.ANYONE:
        return
    if actor.person not in plan.people:
        raise Refused(
            "This is for the people named in the recovery plan, and you are not one of them.",
            "Ask one of them, or have yourself added to plan.yml.",
        )
    if who is Who.COMMAND:
        _check_command(state, actor, plan)


def _check_command(state: Incident | None, actor: Actor, plan: RecoveryPlan) -> None:
    if state is None or actor.person in (state.roles.get("commander"), state.roles.get("deputy")):
        return
    commander = state.commander
    if commander is None:
        raise Refused(
            "This is for the incident commander, and there is none.", "Take the role first: assign commander."
        )
    name = plan.people[commander].name if commander in plan.people else commander
    raise Refused(
        f"This is for the incident commander {name} or the deputy.",
        "Ask them, or take the role: assign commander.",
    )
