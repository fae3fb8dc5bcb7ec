"""What a context lets through: URLs, secrets, names of role sessions."""

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.actions.allowed import check_allowed
from bot.actions.aws_clients import role_session_name
from bot.actions.secrets import Secret, read_secret
from bot.domain.plan import Secret as Source
from bot.engine.ports import Unavailable

ALLOWED = ("https://shop.example.com/api", "https://hooks.example.com/", "http://127.0.0.1:8080/")
CANARY = "cAnArY-5up3rs3cret"


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.com/api",
        "https://shop.example.com/api/",
        "https://shop.example.com/api/orders/1?x=../y&z=%2e",
        "https://shop.example.com:443/api/v1",
        "https://SHOP.example.com/api/v1",
        "https://hooks.example.com",
        "https://hooks.example.com/a/b.c/...",
        "http://127.0.0.1:8080/health",
    ],
)
def test_url_below_an_entry_is_allowed(url: str) -> None:
    """Same scheme, host and port, and a path that leads below the entry's."""
    assert check_allowed(url, ALLOWED).host


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com/api",
        "https://shop.example.com:8443/api",
        "https://shop.example.com/",
        "https://shop.example.com/apix",
        "https://shop.example.com/API/",
        "https://shop.example.com.evil.example/api",
        "https://evil.example/https://shop.example.com/api",
        "https://shop.example.com@evil.example/api",
        "https://user:pw@shop.example.com/api",
        "https://@shop.example.com/api",
        "https://shop.example.com/api#x",
        "https://shop.example.com/api/../admin",
        "https://shop.example.com/api/./x",
        "https://shop.example.com/api/%2e%2e/admin",
        "https://shop.example.com/api/%252e%252e/admin",
        "https://shop.example.com/api/..%2fadmin",
        "https://shop.example.com/api/..;/admin",
        "https://shop.example.com/api\\..\\admin",
        "https://shop.example.com/api/ x",
        "https://shop.example.com/api/\r\nHost: evil",
        "https://127.0.0.1:8080/",
        "http://127.0.0.1/",
        "http://127.0.0.1:80800/",
        "ftp://shop.example.com/api",
        "file:///etc/passwd",
        "//shop.example.com/api",
        "shop.example.com/api",
        "",
    ],
)
def test_every_other_url_is_refused(url: str) -> None:
    """Look-alikes, detours, credentials and other schemes don't pass, and the error gives no password away."""
    with pytest.raises(Unavailable) as refusal:
        check_allowed(url, ALLOWED)
    assert "pw" not in str(refusal.value)


def test_nothing_is_allowed_by_default() -> None:
    """An environment without a list lets nothing out."""
    with pytest.raises(Unavailable, match=r"http\.allow"):
        check_allowed("https://shop.example.com/", ())


def source(**written: Any) -> Source:
    return TypeAdapter[Source](Source).validate_python(written)


def no_clients(service: str, region: str) -> Any:
    raise AssertionError((service, region))


def test_secret_shows_itself_nowhere() -> None:
    """Neither its texts nor its attributes nor a pickle give the value away."""
    secret = Secret(CANARY, "v1")
    assert CANARY not in f"{secret} {secret!r} {[secret]} {secret.version}"
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret.reveal() == CANARY


def test_secret_from_the_environment_or_a_file(tmp_path: Path) -> None:
    """A variable and a file, whose last line break is not part of it."""
    path = tmp_path / "password"
    path.write_text(f"{CANARY}\n")
    from_file = source(**{"from": "file", "path": str(path)})
    from_env = source(**{"from": "env", "name": "WEST"})
    assert read_secret("west", from_env, {"WEST": CANARY}, no_clients).reveal() == CANARY
    assert read_secret("west", from_file, {}, no_clients).reveal() == CANARY


def test_missing_secret_says_what_to_do(tmp_path: Path) -> None:
    """A missing, empty or unreadable secret is Unavailable, and never quoted."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff" + CANARY.encode())
    empty = tmp_path / "empty"
    empty.touch()
    for written in (
        {"from": "env", "name": "WEST"},
        {"from": "file", "path": str(tmp_path / "none")},
        {"from": "file", "path": str(binary)},
        {"from": "file", "path": str(empty)},
    ):
        with pytest.raises(Unavailable, match="west") as failure:
            read_secret("west", source(**written), {"WEST": ""}, no_clients)
        assert CANARY not in f"{failure.value} {failure.value.__cause__!r}"


@given(st.text(st.sampled_from("aZ09_-/ é\n"), min_size=1, max_size=300))
def test_role_session_name_is_one_that_sts_takes(token: str) -> None:
    """Every token becomes a name of 2 to 64 allowed characters."""
    assert re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,64}", role_session_name(token))


def test_role_session_name_tells_the_story() -> None:
    """The attempt can be read from it; two long tokens don't share one."""
    assert role_session_name("INC-7/R1/promote_replica/1") == "INC-7.R1.promote_replica.1"
    assert role_session_name(f"INC-7/R1/{'x' * 80}/1") != role_session_name(f"INC-7/R1/{'x' * 80}/2")
