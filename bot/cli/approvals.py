"""dr approve, decline, withdraw, accept-risk, break-glass: whether a plan may be carried out."""

from typing import Annotated

import typer

from bot.cli.asking import agreed, answered
from bot.cli.errors import WrongUsage
from bot.cli.options import Digest, IncidentName, Json, Key, Reason, RequestId, StepName, Who, Yes
from bot.cli.plan_view import plan_card
from bot.cli.results import step_result
from bot.cli.session import Session, StepPlace
from bot.cli.speaker import Speaker
from bot.cli.step_line import step_block
from bot.cli.voices import voices_line
from bot.domain import commands as c
from bot.domain.changes import risks_fingerprint
from bot.domain.errors import Refused
from bot.domain.transitions import StepState
from bot.domain.words import number

SHORTEST_DIGEST = 8


def approve(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    digest: Digest = None,
    yes: Yes = False,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Approve a step's plan, after reading it.

    It runs as soon as enough people have. Where nobody is there to answer, --digest names the plan that was read, with --yes.

    Example: dr approve INC-7 promote_replica --as bob --key ~/.ssh/id_ed25519
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    place = session.place(incident, step)
    read_before(place, digest, yes=yes)
    shown = shown_digest(place, digest)
    confirm(session, place, f"Approve this plan as {session.words.name(speaker.person)}?", yes=yes)
    command = c.Approve(run=place.run.id, step=place.step.id, digest=shown, offer=speaker.request_id)
    after = session.give_step(speaker, "approve", place, command)
    session.out.answer(step_result(after), approved_line(session, speaker, after))


def decline(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    digest: Digest = None,
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Decline a step's plan: it goes back, and every approval of it is void.

    Example: dr decline INC-7 promote_replica --reason "the primary is coming back"
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    place = session.place(incident, step)
    shown = shown_digest(place, digest)
    why = answered(f"Why is {place.step.id} declined?", reason, "--reason TEXT")
    after = session.give_step(
        speaker, "decline", place, c.Decline(run=place.run.id, step=place.step.id, digest=shown, reason=why)
    )
    again = f"Make a fresh plan with: dr retry {after.incident.id} {after.step.id}"
    session.out.answer(step_result(after), f"Declined. {after.step.id} is {words_of(after)}.", again)


def withdraw(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Take your approval back, as long as the step has not begun.

    Example: dr withdraw INC-7 promote_replica
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    place = session.place(incident, step)
    after = session.give_step(speaker, "withdraw", place, c.Withdraw(run=place.run.id, step=place.step.id))
    session.out.answer(step_result(after), f"Withdrawn. {missing_line(session, after)}")


def accept_risk(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    reason: Reason = None,
    yes: Yes = False,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Accept what can't be known or is beyond its objective.

    It then takes one approver more.

    Example: dr accept-risk INC-7 promote_replica --reason "nothing was acknowledged after 03:02"
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    place = session.place(incident, step)
    why = answered("Why is this risk taken?", reason, "--reason TEXT")
    plan = place.step.plan
    if not yes and (plan is None or any(risk not in plan.risks for risk in place.step.risks)):
        session.out.show(step_block(place.run, place.step, session.words))
    confirm(session, place, f"Accept this risk as {session.words.name(speaker.person)}?", yes=yes)
    command = c.AcceptRisk(**place.looked_at, shown=risks_fingerprint(place.step.risks), reason=why)
    after = session.give_step(speaker, "accept-risk", place, command)
    session.out.answer(step_result(after), risk_line(session, after))


def break_glass(
    ctx: typer.Context,
    incident: IncidentName,
    step: StepName,
    digest: Digest = None,
    reason: Reason = None,
    target: Annotated[str | None, typer.Option(metavar="NAME", help="The plan's target, typed out.")] = None,
    yes: Yes = False,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Go on alone where nobody can approve in time.

    All approvers are told, and every report says so.

    Example: dr break-glass INC-7 promote_replica --reason "no approver answers, orders are being lost"
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    place = session.place(incident, step)
    read_before(place, digest, yes=yes)
    shown = shown_digest(place, digest)
    if not yes:
        session.out.show(plan_card(place, session.words))
    why = answered("Why can nobody approve in time?", reason, "--reason TEXT")
    typed = answered("Type the target to go on alone", target, "--target NAME")
    command = c.BreakGlass(run=place.run.id, step=place.step.id, digest=shown, reason=why, target=typed)
    after = session.give_step(speaker, "break-glass", place, command)
    session.out.answer(step_result(after), f"Glass broken: {start_line(session)}")


# --- shared -------------------------------------------------------------------------------------------------------------


def read_before(place: StepPlace, digest: str | None, *, yes: bool) -> None:
    """Who is not asked names the plan that they have read; raises WrongUsage."""
    if yes and digest is None and place.step.digest:
        where = f"{place.incident.id} {place.run.id}/{place.step.id}"
        raise WrongUsage(f"--yes needs --digest, which says what plan you have read. It stands in: dr show {where}")


def shown_digest(place: StepPlace, given: str | None) -> str:
    """The digest of the plan that is shown now, which a given one must match; raises WrongUsage, Refused."""
    if given is None:
        return place.step.digest
    wanted = given.replace(" ", "").lower()
    if len(wanted) < SHORTEST_DIGEST:
        raise WrongUsage(f"{given!r} is too short: give {SHORTEST_DIGEST} letters of the digest or more.")
    if place.step.digest and not place.step.digest.startswith(wanted):
        raise Refused(
            "The plan has changed since you saw it. Your answer was not counted.",
            f"Look at the current plan with: dr show {place.incident.id} {place.step.id}",
        )
    return place.step.digest or wanted


def confirm(session: Session, place: StepPlace, question: str, *, yes: bool) -> None:
    """Show the plan, whole, and ask; raises Refused where the answer is no."""
    if yes:
        return
    if place.step.plan is not None:
        session.out.show(plan_card(place, session.words))
    if not agreed(question, yes=yes):
        raise Refused("Nothing was recorded.")


def approved_line(session: Session, speaker: Speaker, place: StepPlace) -> str:
    """`Approved. 1 of 3; two more of carol, dave, erin until 03:40.`"""
    step = place.step
    if speaker.person not in step.approved_by:
        return f"This request was recorded before. {place.step.id} is {words_of(place)}."
    required = step.rule.required if step.rule else 0
    return f"Approved. {len(step.approved_by)} of {required}; {missing_line(session, place)}"


def missing_line(session: Session, place: StepPlace) -> str:
    """`two more of carol, dave, erin until 03:40.`"""
    step = place.step
    if not step.missing:
        return start_line(session)
    left = ", ".join(person for person in step.waits_for if person not in step.approved_by)
    until = f" until {session.words.clock(step.expires_at)}" if step.expires_at else ""
    return f"{number(step.missing)} more of {left or 'nobody'}{until}."


def risk_line(session: Session, place: StepPlace) -> str:
    """What has become of an accepted risk: a plan that is to come, a step that goes on, or more words to be said."""
    if place.step.state is StepState.READY:
        return f"Risk accepted. {fresh_plan_line(session, place)}"
    if place.step.state is StepState.BLOCKED:
        return voices_line(session, place, extra=session.plan.approvals.accept_risk.extra)
    return f"Risk accepted. {place.step.id} is {words_of(place)}."


def fresh_plan_line(session: Session, place: StepPlace) -> str:
    """When the plan to approve can be read."""
    if not session.desk.executors():
        return "A fresh plan is made once a dr serve is running; none is now."
    return f"A fresh plan to approve follows in a moment: dr show {place.incident.id} {place.step.id}"


def words_of(place: StepPlace) -> str:
    """The step's state in words."""
    return place.step.state.replace("_", " ")


def start_line(session: Session) -> str:
    """Whether somebody carries it out."""
    return "it starts now." if session.desk.executors() else "it starts once a dr serve is running; none is now."
