"""Who speaks, proven: every command that changes an incident is signed, and the signature checked before anything is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from uuid import uuid4

from pydantic_core import to_jsonable_python

from bot.cli.asking import secret
from bot.cli.errors import WrongUsage
from bot.domain.approvals import Proof
from bot.domain.commands import Command, StepCommand
from bot.domain.decisions.world import near
from bot.domain.errors import Refused
from bot.domain.model import JsonValue, canonical, sha256
from bot.domain.plan import RecoveryPlan
from bot.domain.timeline import Actor
from bot.engine.signatures import KeyLocked, canonical_request, prove, verify_person

SAID_ELSEWHERE = frozenset({"actor", "run", "step", "digest", "offer", "proof", "number"})
NOT_WORDS = frozenset({"incident", "step", "digest", "yes", "who", "key", "request_id", "json"})
FINGERPRINT = 16  # letters


@dataclass(frozen=True)
class Speaker:
    """A person with the key that proves it. The request id makes a repeated command count once; `typed` is a fingerprint
    of what was typed, so that the same id with other words is another request.
    """

    person: str
    key: bytes
    passphrase: str | None
    request_id: str
    typed: str

    @property
    def actor(self) -> Actor:
        return Actor(person=self.person, via="cli")

    def idempotency_key(self, word: str, incident: str, step: str) -> str:
        """The same request by the same person counts once; a request id used for something else is no repetition."""
        return f"cli:{self.person}:{word}:{incident}:{step}:{self.request_id}:{self.typed}"

    def sign(self, plan: RecoveryPlan, word: str, incident: str, command: Command) -> Proof:
        """The signed command, checked against the recovery plan; raises BadSignature."""
        step = f"{command.run}/{command.step}" if isinstance(command, StepCommand) else ""
        digest = str(getattr(command, "digest", ""))
        text = canonical_request(word, incident, step, digest, arguments(command), self.request_id)
        proof = prove(self.key, text, self.passphrase)
        verify_person(proof, self.person, plan)
        return proof


def arguments(command: Command) -> Mapping[str, JsonValue]:
    """What a command says beside its incident, step and digest."""
    given = ((field.name, getattr(command, field.name)) for field in fields(command))
    return {name: to_jsonable_python(value) for name, value in given if name not in SAID_ELSEWHERE}


def fingerprint(typed: Mapping[str, object]) -> str:
    """What tells the words of one command from any others, by parameter; not the speaker, and not the place."""
    words = {name: to_jsonable_python(value) for name, value in typed.items() if name not in NOT_WORDS}
    return sha256(canonical(words))[:FINGERPRINT]


def speaker(
    person: str | None, key: Path | None, request_id: str | None, plan: RecoveryPlan, typed: Mapping[str, object]
) -> Speaker:
    """The speaker whom the options name; asks for the passphrase of a protected key. Raises WrongUsage, Refused."""
    if person is None or key is None:
        raise WrongUsage("Say who speaks: --as PERSON --key FILE, or set DR_AS and DR_KEY.")
    if person not in plan.people:
        raise Refused(f"The recovery plan has no person {person}.", near(person, plan.people))
    try:
        data = key.expanduser().read_bytes()
    except OSError as error:
        raise WrongUsage(f"The key {key} can't be read: {error.strerror}.") from None
    return Speaker(person, data, passphrase_of(key, data), request_id or uuid4().hex, fingerprint(typed))


def passphrase_of(path: Path, data: bytes) -> str | None:
    """The passphrase of a protected key, asked for on the terminal; raises WrongUsage where there is none."""
    try:
        prove(data, "")
    except KeyLocked:
        return secret(f"Passphrase of {path}")
    return None
