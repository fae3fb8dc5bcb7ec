"""The forms. Each is a file that makes its view and takes its submission, and a line here."""

from collections.abc import Mapping
from typing import Protocol

from bot.domain.errors import DRError
from bot.slack.answers import Answer
from bot.slack.front import Speaker
from bot.slack.modals import break_glass, declare, note, reasons, resolve, role, severity, start, update
from bot.slack.requests import Submission


class Modal(Protocol):
    """A form, as the file of that name."""

    def submitted(self, speaker: Speaker, sent: Submission) -> Answer:
        """What the form asks for is done; raises Refused, NotRecorded, NotConfirmed."""

    def blame(self, error: DRError) -> str:
        """The block at which an error is shown."""


MODALS: Mapping[str, Modal] = {
    declare.CALLBACK: declare,
    reasons.CALLBACK: reasons,
    break_glass.CALLBACK: break_glass,
    role.CALLBACK: role,
    severity.CALLBACK: severity,
    note.CALLBACK: note,
    update.CALLBACK: update,
    resolve.CALLBACK: resolve,
    start.CALLBACK: start,
}
