"""The form in which a role is taken, or given to somebody else."""

from typing import get_args

from bot.domain import commands as c
from bot.domain.decisions.world import going_on
from bot.domain.errors import DRError, Refused
from bot.domain.events import Role
from bot.slack import blocks as b
from bot.slack.answers import NOTHING, Answer
from bot.slack.blocks import Block, Choice
from bot.slack.controls import Control
from bot.slack.front import Speaker
from bot.slack.requests import Submission, origin
from bot.slack.text import name

CALLBACK = "role"
ROLES: tuple[Role, ...] = get_args(Role)


def view(speaker: Speaker, control: Control) -> Block:
    """The form; whoever opens it is proposed. Raises Refused where the incident has ended."""
    incident = going_on(speaker.incident(control.incident))
    choices = [Choice(role.capitalize(), role, f"now {name(incident.roles.get(role), speaker.plan)}") for role in ROLES]
    free = next((role for role in ROLES if incident.roles.get(role) is None), ROLES[0])
    initial = control.detail if control.detail in ROLES else free
    person = b.users_select("account", initial=speaker.caller.account)
    return b.modal(
        "Take or give a role",
        [
            b.field("Role", b.radio_buttons("choice", choices, initial=initial), "role"),
            b.field("Who?", person, "person", hint="Somebody whom the recovery plan names."),
        ],
        callback_id=CALLBACK,
        submit="Assign",
        metadata=origin(speaker.caller, control).text(),
    )


def submitted(speaker: Speaker, sent: Submission) -> Answer:
    """Give the role."""
    role = the_role(sent.form.chosen("role"))
    person = the_person(speaker, sent.form.account("person"))
    speaker.give(sent.origin.about.incident, c.Assign(role=role, person=person))
    return NOTHING


def the_role(text: str) -> Role:
    """A role by its name; raises Refused."""
    found = next((role for role in ROLES if role == text.lower()), None)
    if found is None:
        raise Refused(f"There is no role {text}.", f"Known are: {', '.join(ROLES)}.")
    return found


def the_person(speaker: Speaker, account: str) -> str:
    """The person of the recovery plan behind an account; raises Refused."""
    person = speaker.front.members.actor(account).person if account else None
    if person is None:
        raise Refused(
            "The recovery plan does not name this account.", "Choose one of its people, or add them to plan.yml."
        )
    return person


def blame(error: DRError) -> str:
    return "role" if "role" in str(error) else "person"
