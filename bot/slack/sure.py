"""What a button asks before it counts, where one tap would put something on record for everybody."""

from collections.abc import Mapping

from bot.slack.blocks import Block, confirm
from bot.slack.controls import Verb

SURE: Mapping[Verb, Block] = {
    "mitigate": confirm(
        "Are users served again?",
        "It is put on record that users are served again from this moment on, and the recovery clock stops. "
        "If that was wrong, reopen the incident.",
        "Mitigate",
    ),
    "close": confirm(
        "Is the review done?",
        "It is put on record that the incident is closed: no notes and no follow-ups any more, unless it is reopened.",
        "Close",
    ),
}
