"""Whom no message reached, in words."""

from collections.abc import Callable

from bot.domain.incident import Incident

CHANNELS = {"slack": "Slack"}


def untold_line(incident: Incident, name: Callable[[str], str]) -> str:
    """`Could not be told: Bob Brown by email. Tell them yourself.`; empty where everybody was reached."""
    by_channel: dict[str, dict[str, None]] = {}
    for one in incident.untold:
        by_channel.setdefault(one.channel, {})[name(one.person)] = None
    groups = (f"{', '.join(people)}{_over(channel)}" for channel, people in by_channel.items())
    said = "; ".join(groups)
    return f"Could not be told: {said}. Tell them yourself." if said else ""


def _over(channel: str) -> str:
    return f" by {CHANNELS.get(channel, channel)}" if channel else ""
