"""What a plan says that the bot reads and does nothing with yet, so that nobody relies on it."""

from collections.abc import Iterator, Mapping

from bot.config.document import Document
from bot.domain.plan import RecoveryPlan
from bot.domain.problems import Problem

SENDING = ("email", "slack")
"""The channels that the bot has; whom none of a severity's channels reaches is told by email."""
NOTHING_YET = "is read, and nothing is done with it yet"
INSTEAD: Mapping[str, str] = {
    "monitoring": "keep your own monitoring: the bot measures nothing by itself",
    "alert_rules": "let your own monitoring alert people, and declare by hand",
    "drills": "put the dates into your own calendar, and declare each with --drill; participants are told then",
    "backup_policies": "make and prove backups with your own tools",
    "reviews": "put the dates into your own calendar",
}


def idle_channels(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Channels that no message goes over yet."""
    for severity, notification in plan.notifications.items():
        for place, channel in enumerate(notification.channels):
            if channel not in SENDING:
                yield document.problem(
                    ("notifications", severity, "channels", place),
                    f"{channel} {NOTHING_YET}",
                    f"messages go by {' and '.join(SENDING)} alone: call whoever must wake up",
                    level="warning",
                )


def idle_deadlines(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """The time to acknowledge, which nobody is followed by."""
    for id, severity in plan.severities.items():
        if severity.acknowledge_within is not None:
            yield document.problem(
                ("severities", id, "acknowledge_within"),
                NOTHING_YET,
                "call the next contact yourself when nobody answers",
                level="warning",
                key=True,
            )


def idle_sections(_: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Sections for what does not run yet."""
    for section, instead in INSTEAD.items():
        if document.at((section,)):
            yield document.problem((section,), NOTHING_YET, instead, level="warning", key=True)


DOUBTS = (idle_channels, idle_deadlines, idle_sections)
