"""dr done, skip, retry, settle, undo, replan: what a person says of a step."""

import json as codec
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.asking import answered
from bot.cli.errors import WrongUsage
from bot.cli.options import IncidentName, Json, Key, Reason, RequestId, StepName, Who
from bot.cli.results import step_result
from bot.cli.session import Session, StepPlace
from bot.cli.voices import voices_line
from bot.domain import commands as c
from bot.domain.incident import StepRun
from bot.domain.model import JsonValue
from bot.domain.transitions import StepState


class Outcome(StrEnum):
    HAPPENED = "happened"
    NOT_HAPPENED = "not_happened"
    LOOK_AGAIN = "look_again"


def done(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Say that a manual step is done.

    Example: dr done INC-7 assess
    """
    session = Session(ctx, as_json=json)
    place = session.place(incident, step)
    command = c.Done(run=place.run.id, step=place.step.id)
    after = session.give_step(session.speaker(who, key, request_id), "done", place, command)
    session.out.answer(step_result(after), f"{place.step.id} is done.", *next_steps(after))


def skip(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Go on without a step.

    What needs approvals, and a check, needs as many people to say so.

    Example: dr skip INC-7 notify_partners --reason "they called us"
    """
    session = Session(ctx, as_json=json)
    place = session.place(incident, step)
    why = answered(f"Why is {place.step.id} skipped?", reason, "--reason TEXT")
    command = c.Skip(**place.looked_at, reason=why)
    after = session.give_step(session.speaker(who, key, request_id), "skip", place, command)
    skipped = after.step.state is StepState.SKIPPED
    lines = [f"{place.step.id} is skipped.", *next_steps(after)] if skipped else [voices_line(session, after)]
    session.out.answer(step_result(after), *lines)


def retry(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Start a step that waits for it, look again at a blocked one, or try a failed one again.

    Example: dr retry INC-7 point_dns
    """
    session = Session(ctx, as_json=json)
    place = session.place(incident, step)
    command = c.Retry(run=place.run.id, step=place.step.id, reason=reason or "")
    after = session.give_step(session.speaker(who, key, request_id), "retry", place, command)
    session.out.answer(step_result(after), f"{place.step.id} is tried again.", follow(after))


def settle(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    outcome: Annotated[Outcome, typer.Argument(help="What became of the call.")],
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Say what became of a call that is in doubt, after you have looked yourself.

    Example: dr settle INC-7 point_dns not_happened --reason "the console shows the old weights"
    """
    session = Session(ctx, as_json=json)
    place = session.place(incident, step)
    command = c.Settle(**place.looked_at, outcome=outcome.value, reason=reason or "")
    after = session.give_step(session.speaker(who, key, request_id), "settle", place, command)
    if outcome is Outcome.LOOK_AGAIN:
        session.out.answer(step_result(after), f"{place.step.id} is looked at again.", follow(after))
        return
    in_doubt = after.step.state is StepState.IN_DOUBT
    settled = f"{place.step.id} is settled: {after.step.state.replace('_', ' ')}."
    session.out.answer(step_result(after), voices_line(session, after) if in_doubt else settled)


def undo(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Take back what a step did.

    The undo has a plan and approvals of its own.

    Example: dr undo INC-7 point_dns --reason "users see errors"
    """
    session = Session(ctx, as_json=json)
    place = session.place(incident, step)
    why = answered(f"Why is {place.step.id} undone?", reason, "--reason TEXT")
    command = c.Undo(**place.looked_at, reason=why)
    after = session.give_step(session.speaker(who, key, request_id), "undo", place, command)
    session.out.answer(step_result(after), f"The undo of {place.step.id} is planned and shown first.", follow(after))


def replan(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Another parameter, as JSON or as text.")
    ] = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Ask for a new plan, maybe with other parameters.

    Approvals are void, and you become the requester. A step that needs no approval, as every check, keeps its parameters.

    Example: dr replan INC-7 point_dns --set 'weights={"primary": 50, "recovery": 50}'
    """
    session = Session(ctx, as_json=json)
    place = session.place(incident, step)
    command = c.Replan(run=place.run.id, step=place.step.id, changes=read_changes(set_ or ()))
    after = session.give_step(session.speaker(who, key, request_id), "replan", place, command)
    session.out.answer(step_result(after), f"A new plan of {place.step.id} is made.", follow(after))


def read_changes(given: Iterable[str]) -> dict[str, JsonValue]:
    """Parameters by name: JSON where it is JSON, else text; raises WrongUsage."""
    changes: dict[str, JsonValue] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise WrongUsage(f"{pair!r} is no parameter: write it like NAME=VALUE.")
        try:
            changes[name] = codec.loads(value)
        except (ValueError, RecursionError):
            changes[name] = value
    return changes


# --- what to say next ----------------------------------------------------------------------------------------------------


def follow(place: StepPlace) -> str:
    """How to watch."""
    return f"Follow it with: dr show {place.incident.id} --follow"


def next_steps(place: StepPlace) -> list[str]:
    """The steps whose turn has come."""
    ready = [step for step in place.run.steps.values() if step.state is StepState.READY]
    return [f"Next: {step.id}, {step.definition.title}{_how(place, step)}" for step in ready]


def _how(place: StepPlace, step: StepRun) -> str:
    by_hand = step.definition.kind == "manual"
    return f" (dr done {place.incident.id} {step.id})" if by_hand else " (the bot does it)"
