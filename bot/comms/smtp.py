"""A mail server as SMTP_URL names it, and one conversation with it."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.message import EmailMessage
from socket import gethostname
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

from bot.comms.clean import one_line
from bot.domain.errors import DRError
from bot.domain.model import Model
from bot.engine.ports import NotDelivered
from bot.redaction import hide

TIMEOUT = 10.0  # seconds, for the connection and for each answer
PORTS = {"smtp": 25, "smtps": 465}
HOW = "write it like smtp://user:password@mail.example.com:587?starttls=1, or smtps://…"
NAME = "email"


class BadSmtpUrl(DRError):
    """SMTP_URL can't be used. The text never holds the URL, which may hold a password."""


class SmtpServer(Model):
    """Where mails are handed over. The password shows in no repr."""

    host: str
    port: int
    tls: Literal["none", "starttls", "always"] = "none"
    user: str = ""
    password: SecretStr = SecretStr("")
    timeout: float = TIMEOUT


def smtp_server(url: str) -> SmtpServer:
    """The server that a URL names: smtp:// or smtps://, `[user:password@]host[:port]`, `?starttls=1`; raises BadSmtpUrl."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
        asked = parse_qs(parts.query, keep_blank_values=True)
    except ValueError:
        raise BadSmtpUrl(f"SMTP_URL is not a URL: {HOW}.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadSmtpUrl(f"SMTP_URL names no mail server: {HOW}.")
    if asked.keys() - {"starttls"} or asked.get("starttls", ["1"]) not in (["0"], ["1"]):
        raise BadSmtpUrl(f"SMTP_URL takes ?starttls=1 and nothing else after the host: {HOW}.")
    starttls = asked.get("starttls") == ["1"]
    if starttls and parts.scheme == "smtps":
        raise BadSmtpUrl("SMTP_URL asks for TLS twice: smtps:// needs no ?starttls=1.")
    password = unquote(parts.password or "")
    hide(password)
    return SmtpServer(
        host=parts.hostname,
        port=port,
        tls="always" if parts.scheme == "smtps" else "starttls" if starttls else "none",
        user=unquote(parts.username or ""),
        password=SecretStr(password),
    )


def hand_over(server: SmtpServer, message: EmailMessage) -> None:
    """Send one mail to one address; raises NotDelivered. Once the server has taken it, nothing unsends it."""
    with _session(server) as smtp:
        smtp.send_message(message)


def greet(server: SmtpServer) -> None:
    """Connect and log in, and nothing else; raises NotDelivered."""
    with _session(server):
        pass


@contextmanager
def _session(server: SmtpServer) -> Iterator[smtplib.SMTP]:
    """A conversation with the server; whatever goes wrong in it is raised as NotDelivered."""
    try:
        with closing(_connect(server)) as smtp:
            _log_in(smtp, server)
            yield smtp
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _refused("the address", code, said) from None
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        raise _refused("the mail", error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPAuthenticationError as error:
        raise NotDelivered(NAME, f"The mail server refuses the login of SMTP_URL ({error.smtp_code}).") from None
    except smtplib.SMTPNotSupportedError as error:
        text = f"The mail server can't do what is asked: {one_line(str(error))} Correct SMTP_URL or the address."
        raise NotDelivered(NAME, text, permanent=True) from None
    except (smtplib.SMTPException, OSError) as error:
        text = f"The mail server {server.host}:{server.port} did not take it: {_plain(error, server)}."
        raise NotDelivered(NAME, text) from None


def _connect(server: SmtpServer) -> smtplib.SMTP:
    """Greeted, and encrypted where that is asked for. The own name is given, since looking it up may hang."""
    host = gethostname()
    name = host if "." in host else "[127.0.0.1]"
    if server.tls == "always":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, local_hostname=name, timeout=server.timeout, context=context)
    smtp = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=server.timeout)
    if server.tls == "starttls":
        try:
            smtp.starttls(context=ssl.create_default_context())
        except (smtplib.SMTPException, OSError):
            smtp.close()
            raise
    return smtp


def _log_in(smtp: smtplib.SMTP, server: SmtpServer) -> None:
    if server.user:
        smtp.login(server.user, server.password.get_secret_value())


def _refused(what: str, code: int, said: bytes | str) -> NotDelivered:
    return NotDelivered(NAME, f"The mail server refuses {what}: {code} {_text(said)}", permanent=code >= 500)


def _text(said: bytes | str) -> str:
    return one_line(said.decode(errors="replace") if isinstance(said, bytes) else said)


def _plain(error: Exception, server: SmtpServer) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {server.timeout:g} s"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return one_line(str(error)) or type(error).__name__
