"""Email: plain text, one mail to one person. The text is word for word what was posted, asterisks and all."""

import re
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr

from pydantic import SecretStr

from bot.comms.clean import clean, one_line
from bot.comms.outgoing import Outgoing
from bot.comms.smtp import NAME, BadSmtpUrl, SmtpServer, greet, hand_over, smtp_server
from bot.domain.plan import Person
from bot.engine.ports import NotDelivered

UNFOLDED = ("Message-ID", "References")
UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


class MailPolicy(EmailPolicy):
    """Ids stay on the line of their name: not every reader puts them together again."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name in UNFOLDED:
            return f"{name}: {value}{self.linesep}".encode()
        return super().fold_binary(name, value)


POLICY = MailPolicy(linesep="\r\n", cte_type="7bit")  # any mail server takes it


class EmailChannel:
    """Mails by one server. Without a server or a sender every send says what to set."""

    name = NAME

    def __init__(self, sender: str | None, server: SmtpServer | None, trouble: str = "") -> None:
        self._sender = sender
        self._server = server
        self._trouble = trouble

    def send(self, message: Outgoing, person: Person) -> str:
        """Hand a mail over; returns its Message-ID; raises NotDelivered."""
        server, sender = self._set_up()
        if person.email is None:
            text = f"{person.name} has no email address. Add it to people in plan.yml."
            raise NotDelivered(NAME, text, permanent=True)
        mail = compose(message, sender, person.name, person.email)
        hand_over(server, mail)
        return str(mail["Message-ID"])

    def check(self) -> None:
        """Greet the mail server and log in; raises NotDelivered."""
        server, _ = self._set_up()
        greet(server)

    def _set_up(self) -> tuple[SmtpServer, str]:
        """The server and the sender; raises NotDelivered with what to set."""
        if self._server is None:
            raise NotDelivered(NAME, self._trouble, permanent=True)
        if self._sender is None:
            text = "The recovery plan names no sender. Add senders: {email: DR Bot <dr@example.com>} to plan.yml."
            raise NotDelivered(NAME, text, permanent=True)
        return self._server, self._sender


def email_channel(sender: str | None, url: SecretStr | None) -> EmailChannel:
    """The channel for what plan.yml and SMTP_URL say; a wrong SMTP_URL stops the mails, nothing else."""
    if url is None:
        return EmailChannel(sender, None, "No mail server is set. Set SMTP_URL, such as smtp://mail.example.com:587.")
    try:
        return EmailChannel(sender, smtp_server(url.get_secret_value()))
    except BadSmtpUrl as error:
        return EmailChannel(sender, None, str(error))


def compose(message: Outgoing, sender: str, name: str, address: str) -> EmailMessage:
    """The mail; a repeat is the same mail under the same Message-ID, so that readers show it once. Raises NotDelivered."""
    mail = EmailMessage(POLICY)
    _, sent_from = parseaddr(sender)
    domain = sent_from.rpartition("@")[2]
    try:
        mail["From"] = sender
        mail["To"] = Address(one_line(name), addr_spec=address)
        mail["Subject"] = one_line(message.subject)
    except (ValueError, IndexError, MessageError) as error:  # what the header parser makes of an address that isn't one
        raise NotDelivered(NAME, f"{address} can't be written to: {one_line(str(error))}", permanent=True) from error
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = message_id(message.token, domain)
    mail["References"] = message_id(message.thread, domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(clean(message.text))
    return mail


def message_id(token: str, domain: str) -> str:
    """A Message-ID from a name that is unique for ever."""
    return f"<{UNSAFE.sub('.', token)}@dr-bot.{domain}>"
