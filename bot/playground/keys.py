"""SSH keys for the people of the demo."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


def make_key(directory: Path, person: str) -> str:
    """Write `directory/PERSON` in OpenSSH's format, and `PERSON.pub`; the line for `ssh_keys`."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() + f" {person}"
    path = directory / person
    path.touch(mode=0o600)
    path.write_bytes(private)
    path.with_suffix(".pub").write_text(line + "\n")
    return line
