"""The digest of a plan as people name it."""

from bot.domain.errors import Refused
from bot.domain.incident import StepRun

SHORTEST = 8


def shown_digest(step: StepRun, given: str | None) -> str:
    """The digest of the plan that is shown now, which a given beginning must match; raises Refused."""
    if given is None:
        return step.digest
    wanted = given.replace(" ", "").lower()
    if len(wanted) < SHORTEST:
        raise Refused(f"{given!r} is too short.", f"Give {SHORTEST} letters of the digest or more.")
    if step.digest and not step.digest.startswith(wanted):
        raise Refused(
            "The plan has changed since you saw it. Your answer was not counted.",
            f"Look at it with: /dr show {step.id}",
        )
    return step.digest or wanted
