"""What is delivered to the app, and what it answered."""

import asyncio
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.playground.workspace.shapes import Json

Kind = Literal["slash_commands", "interactive", "events_api"]
PATIENCE = 3.0  # seconds, in Slack


@dataclass(frozen=True)
class Retry:
    """`number` from 1."""

    number: int
    reason: str


@dataclass(frozen=True)
class Answer:
    """`error` is empty once acknowledged. `again`: whether an event may be retried."""

    error: str = ""
    body: Json | None = None
    again: bool = True

    @property
    def ok(self) -> bool:
        return not self.error


TIMEOUT = Answer("operation_timeout")
UNREACHABLE = Answer("dispatch_failed")


class Transport(Protocol):
    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None) -> Answer:
        """Wait for the acknowledgement, as long as the workspace has patience."""


async def patient(answer: "asyncio.Future[Answer]", seconds: float) -> Answer:
    try:
        return await asyncio.wait_for(answer, seconds)
    except TimeoutError:
        return TIMEOUT
