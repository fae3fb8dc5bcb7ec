"""Signatures: ours and ssh-keygen's are the same, and nothing but the very text by a listed key passes."""

import base64
from collections.abc import Callable
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP521R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from bot.domain.approvals import Proof
from bot.domain.plan import RecoveryPlan
from bot.engine import sshsig
from bot.engine.signatures import canonical_request, check_proof, prove, read_request, sign, verify
from bot.engine.sshsig import BadKey, BadSignature, armored, string, unarmored

MESSAGE = '{"command":"approve","ü":"→"}'
KINDS: dict[str, Callable[[], sshsig.PrivateKey]] = {
    "ed25519": Ed25519PrivateKey.generate,
    "rsa": lambda: generate_rsa(65537, 2048),
    "ecdsa-256": lambda: generate_ec(SECP256R1()),
    "ecdsa-521": lambda: generate_ec(SECP521R1()),
}
Keys = tuple[bytes, str]


def make(kind: str) -> Keys:
    """A private key's file and its public line."""
    key = KINDS[kind]()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


keys = cache(make)


@pytest.mark.parametrize("kind", KINDS)
def test_signature_of_each_kind_of_key_is_verified(kind: str) -> None:
    """What is signed with a key is verified with the public half of that key among others."""
    private, public = keys(kind)
    verify(sign(private, MESSAGE), MESSAGE, [make("ed25519")[1], public])


@pytest.mark.parametrize("kind", KINDS)
def test_other_text_is_refused(kind: str) -> None:
    """One letter more and the signature is not of this text."""
    private, public = keys(kind)
    with pytest.raises(BadSignature, match="not of this text"):
        verify(sign(private, MESSAGE), MESSAGE + " ", [public])


def test_key_that_is_not_listed_is_refused() -> None:
    """A good signature by somebody else's key does not pass."""
    with pytest.raises(BadSignature, match="does not list"):
        verify(sign(keys("ed25519")[0], MESSAGE), MESSAGE, [make("ed25519")[1]])


def test_no_listed_key_is_refused() -> None:
    """Without any public key nothing passes."""
    with pytest.raises(BadSignature, match="does not list"):
        verify(sign(keys("ed25519")[0], MESSAGE), MESSAGE, [])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("BEGIN SSH SIGNATURE", "BEGIN PGP SIGNATURE"),
        lambda text: text.replace("-----END", "junk\n-----END"),
        lambda text: text + "junk",
        lambda text: "junk\n" + text,
        lambda text: text.replace("\n", "\n ", 1),
        lambda text: text.replace("U1NIU0lH", "U1NIU0l*"),
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: text * 100,
    ],
)
def test_malformed_armor_is_refused(spoil: Callable[[str], str]) -> None:
    """Anything around, between or missing from the lines makes it no signature."""
    private, public = keys("ed25519")
    with pytest.raises(BadSignature):
        verify(spoil(sign(private, MESSAGE)), MESSAGE, [public])


def test_base64_in_another_spelling_is_refused() -> None:
    """Unused bits at the end of base64 can't make a second spelling of one signature."""
    text = base64.b64encode(b"SSHSIG\0").decode()
    other = text[:-3] + chr(ord(text[-3]) + 1) + "=="
    assert base64.b64decode(other) == base64.b64decode(text)
    with pytest.raises(BadSignature, match="one spelling"):
        unarmored(f"{sshsig.BEGIN}\n{other}\n{sshsig.END}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_shortened_or_lengthened_signature_is_refused(kind: str) -> None:
    """Cut off anywhere, or with a byte behind its end, a signature is refused and nothing else is raised."""
    private, public = keys(kind)
    blob = unarmored(sign(private, MESSAGE))
    for spoiled in [blob[:at] for at in range(len(blob))] + [blob + b"\0"]:
        with pytest.raises(BadSignature):
            verify(armored(spoiled), MESSAGE, [public])


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa-256"])
def test_every_flipped_byte_is_refused(kind: str) -> None:
    """Whichever byte of a signature is changed, it is refused and nothing else is raised."""
    private, public = keys(kind)
    blob = unarmored(sign(private, MESSAGE))
    for at in range(len(blob)):
        spoiled = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        with pytest.raises(BadSignature):
            verify(armored(spoiled), MESSAGE, [public])


def test_algorithm_of_another_kind_of_key_is_refused() -> None:
    """The algorithm must be that of the key: rsa-sha2-256 or a foreign name does not pass."""
    private, public = keys("rsa")
    blob = unarmored(sign(private, MESSAGE))
    for other in (b"rsa-sha2-256", b"ssh-ed25519", b"ssh-rsa"):
        head, _, tail = blob.rpartition(string(b"rsa-sha2-512"))
        inner = string(other) + tail
        spoiled = head[:-4] + string(inner)
        with pytest.raises(BadSignature, match="signs with rsa-sha2-512"):
            verify(armored(spoiled), MESSAGE, [public])


def test_short_rsa_key_is_refused() -> None:
    """An RSA key below 2048 bits proves nothing."""
    key = generate_rsa(65537, 1024)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    with pytest.raises(BadSignature, match="at least 2048"):
        verify(sign(private, MESSAGE), MESSAGE, [public])


@pytest.mark.parametrize("data", [b"", b"junk", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"])
def test_file_that_is_no_key_is_refused(data: bytes) -> None:
    """What is no private key is named so."""
    with pytest.raises(BadKey, match="no private SSH key"):
        sign(data, MESSAGE)


# --- requests -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def plan(plan_with_keys: Callable[[str], RecoveryPlan]) -> RecoveryPlan:
    """A recovery plan whose bob has the test's key."""
    return plan_with_keys(keys("ed25519")[1])


@pytest.fixture
def plan_with_keys() -> Callable[[str], RecoveryPlan]:
    """A small recovery plan in which bob has a key and alice has none."""

    def build(key: str) -> RecoveryPlan:
        return RecoveryPlan.model_validate(
            {
                "organisation": "Example",
                "people": {"alice": {"name": "Alice Adams"}, "bob": {"name": "Bob Brown", "ssh_keys": [key]}},
                "teams": {"approvers": {"members": ["alice", "bob"]}},
                "severities": {"sev1": {"title": "Down"}},
                "approvals": {"approvers": "approvers"},
                "systems": {
                    "shop": {
                        "title": "Shop",
                        "objectives": {"rto": "1h", "rpo": "5m"},
                        "regions": {"primary": "west", "recovery": "east"},
                    }
                },
                "environments": {"production": {}},
            }
        )

    return build


def signed(**changes: str) -> Proof:
    """Bob's proof of an approval, with changes to what he signs."""
    said = {"command": "approve", "incident": "INC-7", "step": "R1/promote", "digest": "7f3a", "request_id": "r1"}
    text = canonical_request(arguments={"reason": "it is needed"}, **{**said, **changes})
    return prove(keys("ed25519")[0], text)


def judge(proof: Proof | None, plan: RecoveryPlan, person: str = "bob") -> str | None:
    return check_proof(proof, person, plan, command="approve", incident="INC-7", step="R1/promote", digest="7f3a")


def test_request_has_one_spelling() -> None:
    """The signed text is canonical JSON with sorted keys, and reads back."""
    text = canonical_request("approve", "INC-7", "R1/promote", "7f3a", {"b": 1, "a": "ü"}, "r1")
    assert text == (
        '{"arguments":{"a":"ü","b":1},"command":"approve","digest":"7f3a",'
        '"incident":"INC-7","request_id":"r1","step":"R1/promote"}'
    )
    assert read_request(text).arguments == {"a": "ü", "b": 1}


def test_good_proof_has_no_fault(plan: RecoveryPlan) -> None:
    """A person's signature of the very approval proves it."""
    assert judge(signed(), plan) is None


@pytest.mark.parametrize(
    "change",
    [{"command": "decline"}, {"incident": "INC-8"}, {"step": "R2/promote"}, {"digest": "0000"}],
    ids=lambda change: next(iter(change)),
)
def test_proof_of_something_else_is_refused(change: dict[str, str], plan: RecoveryPlan) -> None:
    """A signature of another command, incident, step or digest is named as such."""
    reason = judge(signed(**change), plan)
    assert reason is not None
    assert next(iter(change)) in reason


def test_proof_by_somebody_else_is_refused(plan: RecoveryPlan) -> None:
    """Bob's signature is no word of Alice's, nor of a stranger's."""
    assert "no SSH key for Alice Adams" in (judge(signed(), plan, "alice") or "")
    assert "no person mallory" in (judge(signed(), plan, "mallory") or "")


def test_missing_proof_is_refused(plan: RecoveryPlan) -> None:
    """What is not signed is not proven."""
    assert judge(None, plan) == "There is no signature."


def test_removed_key_no_longer_proves(plan_with_keys: Callable[[str], RecoveryPlan]) -> None:
    """Once the recovery plan lists another key, what was signed before does not count."""
    assert "does not list" in (judge(signed(), plan_with_keys(make("ed25519")[1])) or "")


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "not json", '{"command": "approve"}', "[" * 5000, '{"a":1e999}'],
    ids=["empty", "null", "list", "text", "partial", "deep", "infinite"],
)
def test_signed_text_that_is_no_request_is_refused(text: str, plan: RecoveryPlan) -> None:
    """A good signature of any other text proves nothing."""
    assert "not a request" in (judge(prove(keys("ed25519")[0], text), plan) or "")


def test_request_in_another_spelling_is_refused(plan: RecoveryPlan) -> None:
    """Doubled keys or blanks can't say one thing to us and another to a person."""
    good = signed().signed
    for text in (" " + good, good.replace('"command":', '"command":"decline","command":')):
        assert "one spelling" in (judge(prove(keys("ed25519")[0], text), plan) or "")
