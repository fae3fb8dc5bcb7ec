"""Email without a server: the address of the server, the head and the body of a mail."""

import email
import email.policy

import pytest
from pydantic import SecretStr

from bot.comms.email import compose, email_channel
from bot.comms.outgoing import Outgoing
from bot.comms.smtp import BadSmtpUrl, SmtpServer, smtp_server
from bot.domain.plan import Person
from bot.engine.ports import NotDelivered

SENDER = "DR Bot <dr@example.com>"
ALICE = Person(name="Alice Adams", email="alice@example.com")
MESSAGE = Outgoing("INC-7/1/page/alice.0a1b", "INC-7.0a1b", "[SEV1] INC-7 us-west-2 is down", "*INC-7* Größe 数据库")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, "none", "", "")),
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "none", "", "")),
        ("smtp://u:p@mail:587?starttls=1", ("mail", 587, "starttls", "u", "p")),
        ("smtp://mail:587?starttls=0", ("mail", 587, "none", "", "")),
        ("smtps://dr%40example.com:p%2Fw%3A1@mail", ("mail", 465, "always", "dr@example.com", "p/w:1")),
        ("smtp://[::1]:25/", ("::1", 25, "none", "", "")),
    ],
)
def test_smtp_url_names_a_server(url: str, expected: tuple[str, int, str, str, str]) -> None:
    """Scheme, host, port, TLS, user and password, with escapes undone."""
    server = smtp_server(url)
    assert (server.host, server.port, server.tls, server.user, server.password.get_secret_value()) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://k4naille-9@mail",
        "smtp://",
        "mail.example.com:25",
        "smtp://u:k4naille-9@mail:port",
        "smtp://u:k4naille-9@mail?tls=1",
        "smtp://u:k4naille-9@mail?starttls=yes",
        "smtps://u:k4naille-9@mail?starttls=1",
        "smtp://u:k4naille-9@[mail",
    ],
)
def test_a_wrong_smtp_url_is_explained_without_its_secret(url: str) -> None:
    """The error says how to write it and never repeats what may be a password; only mails stop."""
    with pytest.raises(BadSmtpUrl, match="SMTP_URL") as caught:
        smtp_server(url)
    assert "k4naille-9" not in str(caught.value)
    with pytest.raises(NotDelivered, match="SMTP_URL") as refused:
        email_channel(SENDER, SecretStr(url)).send(MESSAGE, ALICE)
    assert refused.value.permanent


def test_a_servers_password_shows_nowhere() -> None:
    """Neither repr nor str."""
    server = smtp_server("smtp://u:k4naille-9@mail")
    assert "k4naille-9" not in f"{server!r} {server}"


def test_what_a_mail_looks_like() -> None:
    """One recipient, a stable Message-ID, one thread for an incident, marked as automatic, seven bits, the text as it is."""
    raw = compose(MESSAGE, SENDER, ALICE.name, "alice@example.com").as_bytes()
    assert raw.isascii()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["From"] == "DR Bot <dr@example.com>"
    assert mail["To"] == "Alice Adams <alice@example.com>"
    assert mail["Subject"] == "[SEV1] INC-7 us-west-2 is down"
    assert mail["Message-ID"] == "<INC-7.1.page.alice.0a1b@dr-bot.example.com>"
    assert mail["References"] == "<INC-7.0a1b@dr-bot.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].endswith("+0000")
    assert mail.get_content().splitlines() == ["*INC-7* Größe 数据库"]


def test_long_ids_are_not_broken() -> None:
    """Readers compare a Message-ID as it stands, so it is never folded."""
    message = Outgoing("INC-7/R1/activate_dr_team/1/alice-from-the-night-shift.0a1b2c3d4e5f", "INC-7.0a", "s", "t")
    raw = compose(message, SENDER, ALICE.name, "alice@example.com").as_bytes()
    token = b"INC-7.R1.activate_dr_team.1.alice-from-the-night-shift.0a1b2c3d4e5f"
    assert b"\r\nMessage-ID: <" + token + b"@dr-bot.example.com>\r\n" in raw


@pytest.mark.parametrize(
    "naughty",
    ["a\r\nBcc: everyone@example.com", "a\nb", "\x00", "\ud800", "\u202eb", "x" * 10_000, "a\u2028b", "=?utf-8?q?x?="],
)
def test_no_subject_breaks_a_head(naughty: str) -> None:
    """Whatever stands in subject, name or text, the mail has one subject line and no header of somebody else's."""
    message = Outgoing("t/1", "INC-7", naughty, naughty)
    raw = compose(message, SENDER, f"Alice {naughty}", "alice@example.com").as_bytes()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Bcc"] is None
    assert len(mail.keys()) == len(set(mail.keys()))
    assert "\n" not in mail["Subject"]
    assert mail["To"].addresses[0].addr_spec == "alice@example.com"


@pytest.mark.parametrize("address", ["not an address", "a@b@c", "", "alice@"])
def test_an_address_that_is_none_fails_for_good(address: str) -> None:
    """The reason names it, and nothing is sent."""
    with pytest.raises(NotDelivered, match="can't be written to") as caught:
        compose(MESSAGE, SENDER, "Alice", address)
    assert caught.value.permanent


def test_a_person_without_an_address_is_told_of() -> None:
    """The advice says where it belongs."""
    channel = email_channel(SENDER, SecretStr("smtp://127.0.0.1:1"))
    with pytest.raises(NotDelivered, match=r"Bob has no email address\. Add it to people in plan\.yml\.") as caught:
        channel.send(MESSAGE, Person(name="Bob"))
    assert caught.value.permanent


def test_a_plan_without_a_sender_is_told_of() -> None:
    """Mails need a sender of their own."""
    with pytest.raises(NotDelivered, match="names no sender") as caught:
        email_channel(None, SecretStr("smtp://127.0.0.1:1")).send(MESSAGE, ALICE)
    assert caught.value.permanent


def test_a_server_is_a_value() -> None:
    """Two readings of one URL are equal."""
    assert smtp_server("smtps://mail") == SmtpServer(host="mail", port=465, tls="always")
