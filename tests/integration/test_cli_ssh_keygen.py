"""Signatures of DR Bot and of the real ssh-keygen are the same, in both directions."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.engine.signatures import BadKey, BadSignature, KeyLocked, sign, verify
from bot.engine.sshsig import armored, unarmored

MESSAGE = '{"command":"approve","ü":"→"}'


@pytest.fixture
def keygen(tmp_path: Path) -> Callable[..., str]:
    """Runs ssh-keygen in a directory of its own; returns what it says."""
    program = shutil.which("ssh-keygen")
    if program is None:
        if os.environ.get("DR_REQUIRE_ALL") == "1":
            pytest.fail("ssh-keygen is missing; Debian has it in openssh-client.")
        pytest.skip("ssh-keygen is missing; Debian has it in openssh-client.")

    def run(*arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [program, *arguments], cwd=tmp_path, input=stdin.encode(), capture_output=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_ssh_keygen_verifies_ours(kind: str, keygen: Callable[..., str], tmp_path: Path) -> None:
    """ssh-keygen accepts a signature that was made here."""
    keygen("-q", "-t", kind, "-N", "", "-f", "key")
    public = (tmp_path / "key.pub").read_text().strip()
    (tmp_path / "allowed").write_text(f"bob {public}\n")
    (tmp_path / "signature").write_text(sign((tmp_path / "key").read_bytes(), MESSAGE))
    said = keygen(
        *("-Y", "verify", "-f", "allowed", "-I", "bob", "-n", "dr-bot", "-s", "signature"),
        stdin=MESSAGE,
    )
    assert "Good" in said


@pytest.mark.parametrize(("kind", "size"), [("ed25519", ()), ("rsa", ("-b", "2048")), ("ecdsa", ("-b", "384"))])
def test_signature_of_ssh_keygen_is_verified_here(
    kind: str, size: tuple[str, ...], keygen: Callable[..., str], tmp_path: Path
) -> None:
    """A key and a signature that ssh-keygen made pass here, byte for byte in its armor."""
    keygen("-q", "-t", kind, *size, "-N", "", "-f", "key")
    (tmp_path / "message").write_text(MESSAGE)
    keygen("-Y", "sign", "-f", "key", "-n", "dr-bot", "message")
    signature = (tmp_path / "message.sig").read_text()
    verify(signature, MESSAGE, [(tmp_path / "key.pub").read_text().strip()])
    assert armored(unarmored(signature)) == signature


def test_passphrase_is_asked_for_and_checked(keygen: Callable[..., str], tmp_path: Path) -> None:
    """A protected key says so without its passphrase, refuses a wrong one, and signs with the right one."""
    keygen("-q", "-t", "ed25519", "-N", "correct horse", "-f", "key")
    private = (tmp_path / "key").read_bytes()
    with pytest.raises(KeyLocked):
        sign(private, MESSAGE)
    with pytest.raises(BadKey, match="passphrase is wrong"):
        sign(private, MESSAGE, "guess")
    verify(sign(private, MESSAGE, "correct horse"), MESSAGE, [(tmp_path / "key.pub").read_text().strip()])


def test_ed25519_signature_equals_ssh_keygens(keygen: Callable[..., str], tmp_path: Path) -> None:
    """The same key and text give the same signature as ssh-keygen's."""
    keygen("-q", "-t", "ed25519", "-N", "", "-f", "key")
    (tmp_path / "message").write_text(MESSAGE)
    keygen("-Y", "sign", "-f", "key", "-n", "dr-bot", "message")
    assert sign((tmp_path / "key").read_bytes(), MESSAGE) == (tmp_path / "message.sig").read_text()


@pytest.mark.parametrize("option", [("-n", "file"), ("-n", "dr-bot", "-O", "hashalg=sha256")])
def test_other_namespace_or_hash_of_ssh_keygen_is_refused(
    option: tuple[str, ...], keygen: Callable[..., str], tmp_path: Path
) -> None:
    """A signature that was made for another purpose or with another hash is refused."""
    keygen("-q", "-t", "ed25519", "-N", "", "-f", "key")
    (tmp_path / "message").write_text(MESSAGE)
    keygen("-Y", "sign", "-f", "key", *option, "message")
    with pytest.raises(BadSignature, match=r"dr-bot|sha512"):
        verify((tmp_path / "message.sig").read_text(), MESSAGE, [(tmp_path / "key.pub").read_text()])
