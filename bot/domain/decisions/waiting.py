"""Decisions about a step that could begin, were it not for another one."""

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decisions.world import PLAIN, World, the_step, where
from bot.domain.errors import Refused
from bot.domain.incident import Incident
from bot.domain.timeline import Event
from bot.domain.transitions import StepState


def wait(state: Incident | None, command: c.Wait, _: World) -> tuple[Event, ...]:
    """Said once for each holder, so that people can see what a step waits for."""
    _incident, run, step = the_step(state, command)
    could_begin = step.state is StepState.READY or step.awaits_approval
    if not could_begin or step.attempt != command.attempt:
        raise Refused(f"{step.id} is {PLAIN[step.state]}: it does not wait for a target.")
    if step.finding == command.reason:
        raise Refused(f"It is known already what {step.id} waits for.")
    return (e.StepLooked(**where(run, step), finding=command.reason),)
