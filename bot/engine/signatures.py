"""What a person signs who speaks through the `dr` command, and whether a kept signature still proves it.

The signed text is one canonical JSON object. An executor checks it again, against its own recovery plan, before a call.
"""

import json
from collections.abc import Mapping

from pydantic import ValidationError

from bot.domain.approvals import Proof
from bot.domain.model import JsonValue, Model, canonical
from bot.domain.plan import RecoveryPlan
from bot.engine.sshsig import BadKey, BadSignature, KeyLocked, sign, verify

__all__ = [
    "BadKey",
    "BadSignature",
    "KeyLocked",
    "Request",
    "canonical_request",
    "check_proof",
    "prove",
    "sign",
    "verify",
    "verify_person",
]


class Request(Model):
    """One signed command: its words, and the digest of the plan that the person saw, where there is one."""

    command: str
    incident: str
    step: str
    digest: str
    arguments: dict[str, JsonValue]
    request_id: str


def canonical_request(
    command: str, incident: str, step: str, digest: str, arguments: Mapping[str, JsonValue], request_id: str
) -> str:
    """The text to sign. `step` is RUN/STEP; what a command does not name is empty."""
    request = Request(
        command=command,
        incident=incident,
        step=step,
        digest=digest,
        arguments=dict(arguments),
        request_id=request_id,
    )
    return canonical(request.model_dump(mode="json"))


def prove(private_key: bytes, signed: str, passphrase: str | None = None) -> Proof:
    """A text with its signature; raises BadKey, KeyLocked."""
    return Proof(signed=signed, signature=sign(private_key, signed, passphrase))


def verify_person(proof: Proof, person: str, plan: RecoveryPlan) -> None:
    """Whether the recovery plan's keys of a person made this signature; raises BadSignature."""
    known = plan.people.get(person)
    if known is None:
        raise BadSignature(f"The recovery plan has no person {person}.")
    if not known.ssh_keys:
        raise BadSignature(f"The recovery plan lists no SSH key for {known.name}, so nothing that they sign counts.")
    verify(proof.signature, proof.signed, known.ssh_keys)


def check_proof(
    proof: Proof | None,
    person: str,
    plan: RecoveryPlan,
    *,
    command: str,
    incident: str,
    step: str,
    digest: str,
) -> str | None:
    """Why a signature does not prove that this person said this; None where it does. `step` is RUN/STEP."""
    if proof is None:
        return "There is no signature."
    try:
        verify_person(proof, person, plan)
        request = read_request(proof.signed)
    except BadSignature as bad:
        return str(bad)
    expected = {"command": command, "incident": incident, "step": step, "digest": digest}
    for name, value in expected.items():
        said = getattr(request, name)
        if said != value:
            return f"The signature is for the {name} {said!r}, not for {value!r}."
    return None


def read_request(signed: str) -> Request:
    """What a signed text says; raises BadSignature where it is not in its one spelling."""
    try:
        request = Request.model_validate(json.loads(signed))
    except (ValidationError, ValueError, RecursionError):
        raise BadSignature("The signed text is not a request to DR Bot.") from None
    if canonical(request.model_dump(mode="json")) != signed:
        raise BadSignature("The signed text is not in the one spelling that is signed.")
    return request
