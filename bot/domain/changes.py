"""A plan: what one step would do now, in the form that people approve and the digest covers."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Literal

from pydantic import Field

from bot.domain.durations import format_duration
from bot.domain.model import JsonValue, Model, canonical, sha256

FINGERPRINT_LENGTH = 24


class Change(Model):
    """One thing that would be different afterwards, in a human's words."""

    resource: str
    what: str
    before: str
    after: str


class Measurement(Model):
    """A figure read just now and shown beside the plan; never hashed. `value` None means unknown."""

    name: str
    text: str
    value: float | None = None
    unit: str = ""


class Risk(Model):
    """What is unknown or beyond its objective. Its text must not hold figures that move from look to look."""

    name: str
    text: str


def risks_fingerprint(risks: Iterable[Risk]) -> str:
    """What tells these risks, word for word, from any others."""
    return sha256(canonical([risk.model_dump(mode="json") for risk in risks]))[:FINGERPRINT_LENGTH]


class Precondition(Model):
    """What must hold before the call; None is unknown, which does not hold."""

    text: str
    holds: bool | None


class SecretVersion(Model):
    """A secret by name and version. Its value is nowhere in a plan."""

    name: str
    version: str


class Plan(Model):
    """What one step would do now.

    `desired` and `saved` are the states after and before, as the action's apply and undo read them.

    No changes means that nothing is to do, and `nothing_to_do` says why. `targets` are canonical names
    (account/region/kind/resource), locked while the step runs. `bounds` are figures that approvers accept (data_loss in
    seconds): a fresh measurement of the same name beyond its bound, or unknown, voids the plan.
    """

    action: str
    summary: str
    target: str = Field(description="the short name that break-glass asks a person to type")
    account: str = ""
    region: str = ""
    changes: tuple[Change, ...] = ()
    nothing_to_do: str = ""
    targets: tuple[str, ...] = ()
    parameters: dict[str, JsonValue] = {}
    desired: dict[str, JsonValue] = {}
    saved: dict[str, JsonValue] = {}
    secrets: tuple[SecretVersion, ...] = ()
    bounds: dict[str, float] = {}
    warnings: tuple[str, ...] = ()
    risks: tuple[Risk, ...] = ()
    preconditions: tuple[Precondition, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    point_of_no_return: bool = False
    way_back: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing to do."""
        return not self.changes

    @property
    def obstacles(self) -> tuple[Precondition, ...]:
        """The preconditions that do not hold, or are not known to."""
        return tuple(p for p in self.preconditions if p.holds is not True)

    def bound_text(self, name: str, spelled: Callable[[timedelta], str] = format_duration) -> str:
        """`data loss up to 5m`, and that a measurement beyond it voids the plan; KeyError for an unknown bound."""
        bound = self.bounds[name]
        unit = next((measurement.unit for measurement in self.measurements if measurement.name == name), "")
        most = spelled(timedelta(seconds=bound)) if unit == "s" else f"{bound:g} {unit}".strip()
        return f"{name.replace('_', ' ')} up to {most}; more than that voids the plan"

    def beyond_bounds(self, fresh: "Plan") -> tuple[str, ...]:
        """The bounds that the measurements of a fresh plan leave, as sentences."""
        measured = {m.name: m for m in fresh.measurements}
        found = []
        for name, bound in self.bounds.items():
            measurement = measured.get(name)
            if measurement is None or measurement.value is None:
                found.append(f"{name} is unknown now; the plan was approved for at most {bound:g}.")
            elif measurement.value > bound:
                found.append(f"{name} is {measurement.text} now; the plan was approved for at most {bound:g}.")
        return tuple(found)


NOT_HASHED = {"measurements", "preconditions"}


def plan_digest(plan: Plan, **bound_to: JsonValue) -> str:
    """The digest that approvals are bound to: the plan without its measurements, and what it is bound to.

    `bound_to` names incident, run, environment, runbook, step, attempt, generation, rule and accepted risks.
    """
    return sha256(canonical({"plan": plan.model_dump(mode="json", exclude=NOT_HASHED), **bound_to}))


class Verdict(Model):
    """What one look found: it holds, it does not, or (None) it cannot be known."""

    holds: bool | None
    finding: str
    evidence: dict[str, JsonValue] = {}
    risks: tuple[Risk, ...] = ()


class Settlement(Model):
    """What a look at the world says of a call whose outcome is unknown."""

    outcome: Literal["happened", "not_happened", "unknown"]
    finding: str
    result: dict[str, JsonValue] = {}
