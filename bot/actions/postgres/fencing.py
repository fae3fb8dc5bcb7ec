"""What every method of fencing shares: its parameters, the shape of a method, and how a proof is written down."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import model_validator

from bot.actions.postgres.connections import server_lock, server_of, short_name
from bot.actions.postgres.earlier_steps import FENCE, has_promoted
from bot.domain.changes import Change, Plan, Precondition, Risk, Settlement, Verdict
from bot.domain.model import JsonValue, Model
from bot.domain.problems import Unfit
from bot.domain.targets import PostgresTarget
from bot.domain.timeline import moment
from bot.engine.ports import Context

MethodName = Literal["ec2_stop", "security_group", "revoke_connect", "hook"]
NO_PROMOTION = "No step of this run has promoted another server: a second primary would lose data"


class FenceParameters(Model):
    """The old primary and how it is shut off: each method needs what it acts on in the target."""

    database: PostgresTarget
    method: MethodName

    @model_validator(mode="after")
    def _method_has_its_target(self) -> "FenceParameters":
        target = self.database
        if self.method == "ec2_stop" and not target.instance:
            raise Unfit("ec2_stop stops an instance, and this database names none", "add instance to the target")
        if self.method == "security_group" and not (target.instance or target.security_group):
            raise Unfit("this database names neither an instance nor a security group", "add one of them to the target")
        if self.method == "hook" and not target.fence_hook:
            raise Unfit("this database has no hook that fences it", "add fence_hook to the target")
        return self


class Place(Model):
    """Where a fence is put up, and whether it may still be taken down."""

    account: str | None
    promoted: bool


F = TypeVar("F")


@dataclass(frozen=True)
class Method(Generic[F]):
    """One way to fence, in the shape of an action."""

    observe: Callable[[FenceParameters, Context], F]
    plan: Callable[[FenceParameters, F], Plan]
    apply: Callable[[FenceParameters, Plan, Context], dict[str, JsonValue]]
    settle: Callable[[FenceParameters, Plan, Context], Settlement]
    verify: Callable[[FenceParameters, Plan, Context], Verdict]
    undo: Callable[[Plan, F], Plan]


def place_of(context: Context) -> Place:
    """The step's account, and whether its run has promoted a server."""
    return Place(account=context.facts.environment_facts.account, promoted=has_promoted(context.facts.earlier))


def fence_plan(
    params: FenceParameters,
    place: Place,
    *,
    changes: tuple[Change, ...],
    nothing_to_do: str,
    desired: dict[str, JsonValue],
    saved: dict[str, JsonValue],
    locks: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
    preconditions: tuple[Precondition, ...] = (),
    way_back: str = "",
) -> Plan:
    """A plan to put a fence up; empty where it stands, which verify still has to prove."""
    target = params.database
    return Plan(
        action=FENCE,
        summary=f"Fence {target.name} ({params.method})",
        target=short_name(target),
        account=place.account or "",
        region=target.region,
        changes=changes,
        nothing_to_do="" if changes else nothing_to_do,
        targets=(server_lock(place.account, target), *locks),
        desired={"fenced": True, **desired},
        saved=saved,
        warnings=warnings if changes else (),
        preconditions=preconditions if changes else (),
        way_back=way_back,
    )


def unfence_plan(done: Plan, place: Place, changes: tuple[Change, ...], nothing_to_do: str) -> Plan:
    """The plan that takes the fence of `done` down, to what it saved. Not once another server was promoted."""
    return done.model_copy(
        update={
            "summary": done.summary.replace("Fence", "Take down the fence of", 1),
            "changes": changes,
            "nothing_to_do": "" if changes else nothing_to_do,
            "desired": {**done.desired, **done.saved, "fenced": False},
            "saved": {**done.desired},
            "warnings": (),
            "preconditions": (Precondition(text=NO_PROMOTION, holds=not place.promoted),),
            "way_back": "",
        }
    )


def is_fence(plan: Plan) -> bool:
    """Whether the plan puts the fence up, and not down again."""
    return plan.desired["fenced"] is True


def called(params: FenceParameters, **more: JsonValue) -> dict[str, JsonValue]:
    """The result of the call: what a promotion must know even where the fence is never proven and its risk is accepted."""
    return {"method": params.method, "server": server_of(params.database), **more}


def proven(params: FenceParameters, at: datetime, finding: str, **evidence: JsonValue) -> Verdict:
    """The fence holds; `at` is the bot's clock after the look that proved it."""
    return Verdict(holds=True, finding=finding, evidence=_evidence(params, evidence, moment(at)))


def not_fenced(params: FenceParameters, finding: str, **evidence: JsonValue) -> Verdict:
    """The look found that it does not hold (yet)."""
    return Verdict(holds=False, finding=finding, evidence=_evidence(params, evidence, None))


def unproven(params: FenceParameters, why: str, **evidence: JsonValue) -> Verdict:
    """Nothing can prove it. `why` must not hold figures that move: it is the risk's text."""
    text = f"{params.database.name} is not proven fenced: {why}"
    risk = Risk(name="fence_unproven", text=f"{text} What it still takes in is lost once another server is promoted.")
    return Verdict(holds=None, finding=text, evidence=_evidence(params, evidence, None), risks=(risk,))


def _evidence(params: FenceParameters, found: dict[str, JsonValue], proven_at: str | None) -> dict[str, JsonValue]:
    return {"method": params.method, "server": server_of(params.database), **found, "proven_at": proven_at}


def taken_down(holds: bool, finding: str) -> Verdict:
    """What the verification of an undo found."""
    return Verdict(holds=holds, finding=finding)
