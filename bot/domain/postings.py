"""What an incident's channel is told once, as the timeline has it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Posting:
    """A text that went out, or a turn of the incident with its reason. `seq` and `head` are its event's number and hash."""

    text: str
    at: datetime
    seq: int
    head: str
