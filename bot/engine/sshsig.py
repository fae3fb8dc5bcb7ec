"""SSH signatures as `ssh-keygen -Y sign -n dr-bot` makes them (OpenSSH's PROTOCOL.sshsig), read and written strictly.

Only sha512 is taken, and of RSA only rsa-sha2-512. A signature has one spelling: whatever differs from it is refused.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)

from bot.domain.errors import DRError

NAMESPACE = "dr-bot"
HASH = "sha512"
MAGIC = b"SSHSIG"
VERSION = (1).to_bytes(4, "big")
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
LINE = 70
LONGEST = 16_384
SMALLEST_RSA = 2048
EC_HASHES: dict[str, HashAlgorithm] = {
    "ecdsa-sha2-nistp256": SHA256(),
    "ecdsa-sha2-nistp384": SHA384(),
    "ecdsa-sha2-nistp521": SHA512(),
}

PrivateKey = Ed25519PrivateKey | RSAPrivateKey | EllipticCurvePrivateKey
PublicKey = Ed25519PublicKey | RSAPublicKey | EllipticCurvePublicKey


class BadSignature(DRError):
    """A signature that is none, or not of this text by one of these keys."""


class BadKey(DRError):
    """A private key that can't be used."""


class KeyLocked(BadKey):
    """A private key whose passphrase is missing."""


@dataclass(frozen=True)
class Envelope:
    """What a signature says of itself: the public key, the algorithm, and the signature proper."""

    key: bytes
    algorithm: str
    signature: bytes


def sign(private_key: bytes, message: str, passphrase: str | None = None) -> str:
    """The armored signature of a text by a key in OpenSSH's format; raises BadKey, KeyLocked."""
    key = load_private(private_key, passphrase)
    blob = public_blob(key)
    algorithm, signature = sign_raw(key, to_be_signed(message))
    inner = string(algorithm.encode()) + string(signature)
    fields = (blob, NAMESPACE.encode(), b"", HASH.encode(), inner)
    return armored(MAGIC + VERSION + b"".join(map(string, fields)))


def verify(signature: str, message: str, public_keys: Iterable[str]) -> None:
    """Whether one of these keys (lines of `.pub` files) signed this very text; raises BadSignature."""
    envelope = read_envelope(unarmored(signature))
    blobs = (blob_of(line) for line in public_keys)
    if not any(blob == envelope.key for blob in blobs):
        raise BadSignature("The signature is by a key that the recovery plan does not list for this person.")
    verify_raw(envelope, to_be_signed(message))


# --- the envelope -----------------------------------------------------------------------------------------------------


def armored(blob: bytes) -> str:
    """The text form, with the line length that OpenSSH writes."""
    text = base64.b64encode(blob).decode()
    return "\n".join([BEGIN, *(text[at : at + LINE] for at in range(0, len(text), LINE)), END, ""])


def unarmored(signature: str) -> bytes:
    """The bytes in a text form; raises BadSignature for anything around or between them."""
    lines = signature[: LONGEST + 1].strip().splitlines()
    if len(signature) > LONGEST or len(lines) < 3 or lines[0] != BEGIN or lines[-1] != END:
        raise BadSignature("This is no SSH signature: it must begin and end as `ssh-keygen -Y sign` writes it.")
    text = "".join(lines[1:-1])
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("The signature is damaged: it is not base64.") from None
    if base64.b64encode(blob).decode() != text:
        raise BadSignature("The signature is damaged: it is not base64 in its one spelling.")
    return blob


def read_envelope(blob: bytes) -> Envelope:
    """What the bytes of a signature say; raises BadSignature for another version, namespace or hash."""
    if not blob.startswith(MAGIC + VERSION):
        raise BadSignature("The signature is of a version that is not known here.")
    reader = Reader(blob[len(MAGIC) + len(VERSION) :])
    key, namespace, reserved, hash_, inner = (reader.string() for _ in range(5))
    reader.end()
    if namespace != NAMESPACE.encode():
        raise BadSignature(f"The signature was made for another purpose. Sign with the namespace {NAMESPACE}.")
    if hash_ != HASH.encode() or reserved:
        raise BadSignature(f"The signature does not use {HASH}.")
    algorithm, signature = split(inner, 2)
    return Envelope(key, algorithm.decode("ascii", "replace"), signature)


def to_be_signed(message: str) -> bytes:
    """The bytes that the key signs for a text."""
    digest = hashlib.sha512(message.encode()).digest()
    return MAGIC + b"".join(map(string, (NAMESPACE.encode(), b"", HASH.encode(), digest)))


def string(value: bytes) -> bytes:
    """A string as SSH writes it: its length, then its bytes."""
    return len(value).to_bytes(4, "big") + value


def split(blob: bytes, count: int) -> tuple[bytes, ...]:
    """The strings that a blob is made of, exactly so many; raises BadSignature."""
    reader = Reader(blob)
    found = tuple(reader.string() for _ in range(count))
    reader.end()
    return found


class Reader:
    """Reads SSH strings from bytes; raises BadSignature where they end too soon or too late."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def string(self) -> bytes:
        size = int.from_bytes(self._data[:4], "big")
        value = self._data[4 : 4 + size]
        if len(self._data) < 4 or len(value) != size:
            raise BadSignature("The signature is damaged: it ends too soon.")
        self._data = self._data[4 + size :]
        return value

    def end(self) -> None:
        if self._data:
            raise BadSignature("The signature is damaged: something stands behind its end.")


# --- keys ---------------------------------------------------------------------------------------------------------------


def load_private(data: bytes, passphrase: str | None) -> PrivateKey:
    """A private key in OpenSSH's format; raises KeyLocked, BadKey."""
    try:
        key = load_ssh_private_key(data, passphrase.encode() if passphrase is not None else None)
    except TypeError:
        raise KeyLocked("The key is protected by a passphrase.") from None
    except UnsupportedAlgorithm:
        raise BadKey("The key is of a kind that is not taken here. Use one of type ed25519.") from None
    except ValueError:
        wrong = (
            "The passphrase is wrong, or the key is damaged." if passphrase else "The file holds no private SSH key."
        )
        raise BadKey(f"{wrong} Keys are read as ssh-keygen writes them.") from None
    if not isinstance(key, Ed25519PrivateKey | RSAPrivateKey | EllipticCurvePrivateKey):
        raise BadKey("The key is of a kind that is not taken here. Use one of type ed25519.")
    return key


def public_blob(key: PrivateKey) -> bytes:
    """The public half as it stands in a signature."""
    return blob_of(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())


def blob_of(line: str) -> bytes:
    """The bytes of a public key's line; the plan's own check has read it before."""
    return base64.b64decode(line.split()[1])


def load_public(blob: bytes) -> tuple[str, PublicKey]:
    """The type and key behind a blob; raises BadSignature."""
    kind = Reader(blob).string()
    try:
        key = load_ssh_public_key(kind + b" " + base64.b64encode(blob))
    except (ValueError, UnsupportedAlgorithm):
        raise BadSignature("The signature names a key of a kind that is not taken here.") from None
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey | EllipticCurvePublicKey):
        raise BadSignature("The signature names a key of a kind that is not taken here.")
    return kind.decode("ascii"), key


def sign_raw(key: PrivateKey, data: bytes) -> tuple[str, bytes]:
    """Algorithm and signature of some bytes."""
    if isinstance(key, Ed25519PrivateKey):
        return "ssh-ed25519", key.sign(data)
    if isinstance(key, RSAPrivateKey):
        return "rsa-sha2-512", key.sign(data, PKCS1v15(), SHA512())
    algorithm = split_type(public_blob(key))
    r, s = decode_dss_signature(key.sign(data, ECDSA(EC_HASHES[algorithm])))
    return algorithm, string(to_mpint(r)) + string(to_mpint(s))


def split_type(blob: bytes) -> str:
    """The type that a public key's blob begins with."""
    return Reader(blob).string().decode("ascii")


def verify_raw(envelope: Envelope, data: bytes) -> None:
    """Check a signature against the key that it names; raises BadSignature."""
    kind, key = load_public(envelope.key)
    expected = "rsa-sha2-512" if isinstance(key, RSAPublicKey) else kind
    if envelope.algorithm != expected:
        raise BadSignature(f"The signature says {envelope.algorithm!r}, but its key signs with {expected}.")
    try:
        check_raw(key, kind, envelope.signature, data)
    except InvalidSignature:
        raise BadSignature("The signature is not of this text.") from None


def check_raw(key: PublicKey, kind: str, signature: bytes, data: bytes) -> None:
    """Raises InvalidSignature, or BadSignature for a malformed one."""
    if isinstance(key, Ed25519PublicKey):
        key.verify(signature, data)
    elif isinstance(key, RSAPublicKey):
        if key.key_size < SMALLEST_RSA:
            raise BadSignature(f"The RSA key has {key.key_size} bits; at least {SMALLEST_RSA} are needed.")
        key.verify(signature, data, PKCS1v15(), SHA512())
    else:
        r, s = (from_mpint(part) for part in split(signature, 2))
        key.verify(encode_dss_signature(r, s), data, ECDSA(EC_HASHES[kind]))


def to_mpint(value: int) -> bytes:
    """A positive number as SSH writes it: big-endian, shortest, with a zero before a set top bit."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def from_mpint(data: bytes) -> int:
    """The positive number in its one spelling; raises BadSignature for any other."""
    value = int.from_bytes(data, "big", signed=True)
    if value <= 0 or to_mpint(value) != data:
        raise BadSignature("The signature is damaged: it holds a number in a wrong spelling.")
    return value
