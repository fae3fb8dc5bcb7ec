"""A message as it goes out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outgoing:
    """One message to one person. `token` names it for ever, `thread` the incident: both survive a repeat."""

    token: str
    thread: str
    subject: str
    text: str
