"""/dr assign: a role for somebody."""

from bot.domain import commands as c
from bot.domain.decisions.world import near
from bot.domain.errors import Refused
from bot.slack.answers import Answer
from bot.slack.controls import Control
from bot.slack.modals import role as form
from bot.slack.spoken import Said, Subcommand
from bot.slack.text import name, safe
from bot.slack.wording import account_in

NOBODY = "nobody"


def answer(said: Said) -> Answer:
    """Give the role; where the person or the role is missing, a form asks."""
    incident = said.incident()
    if len(said.words) < 2:
        control = Control("take_role", incident.id, detail=said.word(0).lower())
        return Answer(opens=lambda: form.view(said.speaker, control))
    role = form.the_role(said.word(0))
    person = the_person(said)
    after = said.speaker.give(incident.id, c.Assign(role=role, person=person))
    who = safe(name(person, said.speaker.plan)) if person else "Nobody"
    return Answer(text=f"{who} is {role} of *{after.id}*.")


def the_person(said: Said) -> str | None:
    """Whoever is mentioned, named by their id in the recovery plan, `me` or `nobody`; raises Refused."""
    account = account_in(said.words[1])
    if account:
        return form.the_person(said.speaker, account)
    named = said.word(1).removeprefix("@")
    if named.lower() == NOBODY:
        return None
    if named.lower() in ("me", "you"):
        return form.the_person(said.speaker, said.speaker.caller.account)
    if named not in said.speaker.plan.people:
        raise Refused(f"The recovery plan has no person {named}.", near(named, said.speaker.plan.people))
    return named


SUBCOMMAND = Subcommand(
    usage="assign commander | deputy | scribe @PERSON",
    summary="Give a role to somebody.",
    group="Incident",
    answer=answer,
)
