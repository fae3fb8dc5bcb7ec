"""What can go wrong in words that a person can act on."""


class DRError(Exception):
    """Base of every error that this project raises on purpose."""


class Refused(DRError):
    """A command that may not happen now. `reason` is one line; `advice` says what to do next."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(f"{reason} {advice}".strip())
        self.reason = reason
        self.advice = advice


class NotConfirmed(DRError):
    """No commit was confirmed in time: it may or may not have been recorded."""


class NotRecorded(DRError):
    """Certainly nothing was recorded (the transaction was rolled back)."""
