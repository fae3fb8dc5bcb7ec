"""What typed subcommands share that ask for a reason: done at once where one is given, else a form asks."""

from bot.slack import outcomes
from bot.slack.answers import Answer
from bot.slack.controls import Control, Verb
from bot.slack.modals import reasons
from bot.slack.spoken import Said


def with_reason(said: Said, verb: Verb, digest: str = "") -> Answer:
    """A verb about a step; raises Refused."""
    incident, run, step = said.step()
    control = Control(verb, incident.id, run.id, step.id, step.attempt, step.generation, digest)
    why = said.reason(1)
    if not why:
        return Answer(opens=lambda: reasons.view(said.speaker, control))
    after, told = reasons.carry_out(said.speaker, control, why)
    return Answer(text=told or outcomes.sent_back(verb, after.runs[run.id].steps[step.id]))


def incident_with_reason(said: Said, verb: Verb) -> Answer:
    """A verb about the incident as a whole; raises Refused."""
    control = Control(verb, said.incident().id)
    why = said.reason()
    if not why:
        return Answer(opens=lambda: reasons.view(said.speaker, control))
    after, _ = reasons.carry_out(said.speaker, control, why)
    return Answer(text=f"*{after.id}* is {after.state.value}.")
