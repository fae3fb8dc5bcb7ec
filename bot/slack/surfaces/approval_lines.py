"""What a plan still needs before it runs: whose approvals, whose are given, and what it waits for then."""

from collections.abc import Iterator
from datetime import timedelta

from bot.domain.approvals import Rule
from bot.domain.incident import Run, StepRun
from bot.slack.rich import Line, Piece, exact, joined, line, strong
from bot.slack.surfaces.scene import Scene


def needs(step: StepRun) -> str:
    """`needs 3 approvals (2, and 1 more for the risk)`; empty where it needs none."""
    return f"needs {approvals(step.rule)}" if step.rule else ""


def approvals(rule: Rule) -> str:
    """`3 approvals (2, and 1 more for the risk)`."""
    many = "1 approval" if rule.required == 1 else f"{rule.required} approvals"
    return f"{many} ({rule.required - rule.extra}, and {rule.extra} more for the risk)" if rule.extra else many


def approval_lines(scene: Scene, run: Run, step: StepRun) -> Iterator[Line]:
    """Who has approved, who is asked, until when."""
    given = [a for a in step.approvals if a.digest == step.digest]
    if given:
        each = (line(strong(scene.name(a.person)), ", ", scene.at(a.given_at)) for a in given)
        yield line("Approved by ", *joined("; ", each), ".")
    if step.offers:
        names = scene.names(offer.person for offer in step.offers)
        yield line(f"Being checked: the approval of {names}.")
    if step.glass_broken_by:
        yield line(strong("Glass broken"), f" by {scene.name(step.glass_broken_by)}: “{step.glass_reason}”")
    if step.missing:
        yield from _missing(scene, run, step)
    elif step.rule is not None:
        yield from _met(scene, run, step, step.rule.execution_expires)


def _missing(scene: Scene, run: Run, step: StepRun) -> Iterator[Line]:
    left = [person for person in step.waits_for if person not in step.approved_by]
    more = " more" if step.approved_by else ""
    count = "One" if step.missing == 1 else str(step.missing)
    until: tuple[Piece | str, ...] = (" Expires ", scene.at(step.expires_at), ".") if step.expires_at else ()
    if left:
        yield line(strong(f"{count}{more} of"), " ", *scene.people(left), ".", *until)
        return
    command = f"/dr break-glass {scene.incident.id} {run.id}/{step.id}"
    yield line(
        strong("Nobody may approve it"),
        ": everyone in the team is excluded, or it is empty. Change the recovery plan, or go on alone with ",
        exact(command),
        ".",
    )


def _met(scene: Scene, run: Run, step: StepRun, within: timedelta) -> Iterator[Line]:
    """Nothing more is needed: what holds it back now."""
    until: tuple[Piece | str, ...] = (" Approved until ", scene.at(step.met_at + within), ".") if step.met_at else ()
    if run.is_held(step):
        yield line(f"Approved. It starts when {run.id} is resumed.", *until)
    elif step.finding:
        yield line("Approved. ", strong("Waits for "), step.finding.removeprefix("waits for "), *until)
    else:
        yield line("Approved. It starts now.")
