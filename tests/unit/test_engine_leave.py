"""The leave to change something: until when the first change may be sent, and what its completion still needs."""

import pytest

from bot.engine.leave import Leave, uptime
from bot.engine.ports import NotApplied


def test_first_change_may_not_come_late() -> None:
    """Before the first change the last look must be fresh; what completes that change has no such limit."""
    leave = Leave(lambda: None, uptime() + 1000)
    leave()
    leave.until = uptime()
    with pytest.raises(NotApplied, match="held up for too long"):
        leave()
    leave.changed()
    leave()


def test_what_is_no_longer_ours_is_not_completed() -> None:
    """An attempt that others gave up sends nothing more, whatever it has changed."""

    def given_up() -> None:
        raise NotApplied("This attempt was given up.")

    leave = Leave(given_up, uptime() + 1000)
    leave.changed()
    with pytest.raises(NotApplied, match="given up"):
        leave()
