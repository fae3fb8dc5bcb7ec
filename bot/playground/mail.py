"""A mail server that delivers nothing and keeps everything."""

import asyncio
import email
import email.policy
import json
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Mail:
    """One message as it was handed over."""

    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    text: str


class MailSink:
    """Listens on a free port of loopback, in a thread. With `directory`, each mail is written there as JSON too."""

    def __init__(self, directory: Path | None = None) -> None:
        self.messages: list[Mail] = []
        self._directory = directory
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail", daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        """What SMTP_URL should hold."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        body = parsed.get_body(("plain", "html"))
        mail = Mail(
            received_at=datetime.now(UTC),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            subject=str(parsed["subject"] or ""),
            message_id=str(parsed["message-id"] or ""),
            text=body.get_content() if body else "",
        )
        self.messages.append(mail)
        self._write(mail)
        return "250 OK"

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _listen(self) -> asyncio.Server:
        """In the thread of its own: the caller's may run an event loop already, as a browser's driver does."""
        return await self._loop.create_server(lambda: SMTP(self, hostname="localhost", loop=self._loop), "127.0.0.1", 0)

    async def _shut(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _write(self, mail: Mail) -> None:
        if self._directory is not None:
            path = self._directory / f"{len(self.messages):04d}.json"
            path.write_text(json.dumps(asdict(mail), default=str, indent=2) + "\n")
