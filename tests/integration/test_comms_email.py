"""Email over real SMTP: what arrives, what a refusal means, what happens where the server closes, hangs or asks for TLS."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from bot.comms.email import EmailChannel, email_channel
from bot.comms.outgoing import Outgoing
from bot.comms.smtp import smtp_server
from bot.domain.plan import Person
from bot.engine.ports import NotDelivered
from bot.playground.mail import MailSink

SENDER = "DR Bot <dr@example.com>"
ALICE = Person(name="Alice Adams", email="alice@example.com")
MESSAGE = Outgoing("INC-7/1/page/alice.0a1b", "INC-7.0a1b", "[SEV1] us-west-2 is down", "*INC-7* Größe\n\n.\nend")
PASSWORD = "kanarie/4711"


def channel_to(url: str) -> EmailChannel:
    return email_channel(SENDER, SecretStr(url))


class Moody(MailSink):
    """Answers RCPT and DATA as told, until it is told otherwise."""

    def __init__(self, rcpt: str = "250 OK", data: str = "250 OK") -> None:
        self.rcpt, self.data = rcpt, data
        super().__init__()

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return await super().handle_DATA(server, session, envelope) if self.data.startswith("250") else self.data


def test_a_mail_arrives(smtp_sink: MailSink) -> None:
    """Sender, recipient, subject and the text, a line of one dot included."""
    message_id = channel_to(smtp_sink.url).send(MESSAGE, ALICE)
    (mail,) = smtp_sink.messages
    assert (mail.sender, mail.recipients) == ("dr@example.com", ("alice@example.com",))
    assert mail.subject == "[SEV1] us-west-2 is down"
    assert mail.message_id == message_id == "<INC-7.1.page.alice.0a1b@dr-bot.example.com>"
    assert mail.text.splitlines() == ["*INC-7* Größe", "", ".", "end"]


def test_a_repeat_carries_the_same_message_id(smtp_sink: MailSink) -> None:
    """Sent again after a crash, a reader shows it once."""
    channel = channel_to(smtp_sink.url)
    assert channel.send(MESSAGE, ALICE) == channel.send(MESSAGE, ALICE)
    assert len({mail.message_id for mail in smtp_sink.messages}) == 1


@pytest.mark.parametrize(
    ("moods", "permanent", "said"),
    [
        ({"rcpt": "550 no such user here"}, True, "The mail server refuses the address: 550 no such user here"),
        ({"rcpt": "451 try again later"}, False, "The mail server refuses the address: 451 try again later"),
        ({"data": "554 looks like spam"}, True, "The mail server refuses the mail: 554 looks like spam"),
        ({"data": "452 out of space"}, False, "The mail server refuses the mail: 452 out of space"),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(moods: dict[str, str], permanent: bool, said: str) -> None:
    """5xx is for good, 4xx is worth another try."""
    with Moody(**moods) as sink:
        with pytest.raises(NotDelivered) as caught:
            channel_to(sink.url).send(MESSAGE, ALICE)
        assert (str(caught.value), caught.value.permanent, caught.value.channel) == (said, permanent, "email")
        sink.rcpt = sink.data = "250 OK"
        assert channel_to(sink.url).send(MESSAGE, ALICE)
        assert len(sink.messages) == 1


Conversation = Callable[[socket.socket], None]


@contextmanager
def talking(conversation: Conversation) -> Iterator[int]:
    """A server that holds one conversation; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                conversation(connection)
                done.wait(5)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            done.set()
            thread.join(5)  # and no longer: it may be that nobody has connected


def closes(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(100)
    connection.shutdown(socket.SHUT_RDWR)


def hangs(_: socket.socket) -> None:
    """Says nothing at all."""


def is_busy(connection: socket.socket) -> None:
    connection.sendall(b"421 too many connections\r\n")


def takes_it_and_falls_silent(connection: socket.socket) -> None:
    """Everything up to the mail is answered, QUIT is not."""
    reader = connection.makefile("rb")
    connection.sendall(b"220 hello\r\n")
    for answer in (b"250 hello", b"250 OK", b"250 OK", b"354 go on"):
        reader.readline()
        connection.sendall(answer + b"\r\n")
    while reader.readline() not in (b".\r\n", b""):
        pass
    connection.sendall(b"250 taken\r\n")


@pytest.mark.parametrize(
    ("conversation", "said"),
    [(closes, "Connection unexpectedly closed"), (hangs, "timed out"), (is_busy, "421 too many")],
)
def test_a_server_in_trouble_is_worth_another_try(conversation: Conversation, said: str) -> None:
    """Closed, silent or busy: the reason names the server, and the failure is not for good."""
    with talking(conversation) as port:
        server = smtp_server(f"smtp://u:{PASSWORD}@127.0.0.1:{port}".replace("/4", "%2F4"))
        patience = 0.2 if conversation is hangs else 30
        channel = EmailChannel(SENDER, server.model_copy(update={"timeout": patience}))
        with pytest.raises(NotDelivered, match=f"127.0.0.1:{port} did not take it: .*{said}") as caught:
            channel.send(MESSAGE, ALICE)
    assert not caught.value.permanent
    assert PASSWORD not in str(caught.value)


def test_nobody_listening_is_worth_another_try() -> None:
    """A refused connection is told as one."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(NotDelivered, match="refused") as caught:
            channel_to(f"smtp://127.0.0.1:{deaf.getsockname()[1]}").send(MESSAGE, ALICE)
    assert not caught.value.permanent


def test_what_the_server_took_is_delivered() -> None:
    """A server that hangs after it took the mail has taken it: sending again would make two."""
    with talking(takes_it_and_falls_silent) as port:
        server = smtp_server(f"smtp://127.0.0.1:{port}").model_copy(update={"timeout": 2.0})
        assert EmailChannel(SENDER, server).send(MESSAGE, ALICE)


# --- TLS ----------------------------------------------------------------------------------------------------------------


def certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 and its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "mail.pem"
    path.write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    return path


def check_login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"dr", PASSWORD.encode())
    return AuthResult(success=known, handled=False)


class Strict:
    """A server that takes mail only after STARTTLS and a login, or one that speaks TLS from the first byte and checks logins."""

    def __init__(self, pem: Path, *, at_once: bool) -> None:
        self.taken: list[bytes] = []
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(pem)
        options: dict[str, Any] = {"authenticator": check_login, "auth_required": not at_once}
        options |= {"auth_require_tls": False} if at_once else {"tls_context": tls, "require_starttls": True}
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: SMTP(self, hostname="localhost", loop=self._loop, **options),
                "127.0.0.1",
                0,
                ssl=tls if at_once else None,
            )
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        return "250 OK"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        asyncio.run_coroutine_threadsafe(self._settle(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _settle(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.fixture(params=[False, True], ids=["starttls", "smtps"])
def strict(request: pytest.FixtureRequest, pem: Path) -> Iterator[tuple[Strict, str]]:
    """A strict server and how SMTP_URL must begin and end for it."""
    server = Strict(pem, at_once=request.param)
    tail = f"127.0.0.1:{server.port}"
    yield server, f"smtps://dr:{{}}@{tail}" if request.param else f"smtp://dr:{{}}@{tail}?starttls=1"
    server.close()


def test_tls_and_login(strict: tuple[Strict, str], pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a trusted certificate and the right password the mail goes through."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    server, url = strict
    channel_to(url.format(PASSWORD.replace("/", "%2F"))).send(MESSAGE, ALICE)
    assert b"Message-ID: <INC-7.1.page.alice.0a1b@dr-bot.example.com>" in server.taken[0]


def test_a_wrong_password_is_told_without_it(
    strict: tuple[Strict, str], pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login is SMTP_URL's to mend, so the mail is not lost for good."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    server, url = strict
    with pytest.raises(NotDelivered, match=r"refuses the login of SMTP_URL \(535\)") as caught:
        channel_to(url.format("wrong-canary")).send(MESSAGE, ALICE)
    assert not caught.value.permanent
    assert "canary" not in str(caught.value)
    assert not server.taken


def test_an_untrusted_certificate_stops_the_mail(strict: tuple[Strict, str]) -> None:
    """The password is never sent to a server that proves nothing."""
    server, url = strict
    with pytest.raises(NotDelivered, match="certificate verify failed"):
        channel_to(url.format("x")).send(MESSAGE, ALICE)
    assert not server.taken


def test_a_server_without_starttls_is_refused(smtp_sink: MailSink) -> None:
    """What was asked for is not silently left out."""
    with pytest.raises(NotDelivered, match="STARTTLS") as caught:
        channel_to(f"{smtp_sink.url}?starttls=1").send(MESSAGE, ALICE)
    assert caught.value.permanent
    assert not smtp_sink.messages
