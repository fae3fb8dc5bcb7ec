"""What an examination of the bot's surroundings found: one line of `dr doctor`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Judgement = Literal["ok", "doubt", "wrong"]


@dataclass(frozen=True)
class Finding:
    """`says` what was found about `subject`; `mend` says what to do, where something is to be done."""

    area: str
    subject: str
    judgement: Judgement
    says: str
    mend: str = ""


def worst(findings: Iterable[Finding]) -> int:
    """0 where all is ok, 1 with doubts, 2 where something is wrong."""
    order = {"ok": 0, "doubt": 1, "wrong": 2}
    return max((order[finding.judgement] for finding in findings), default=0)


@dataclass(frozen=True)
class Area:
    """Makes the findings of one area."""

    name: str

    def ok(self, subject: str, says: str) -> Finding:
        """As it should be."""
        return Finding(self.name, subject, "ok", says)

    def doubt(self, subject: str, says: str, mend: str) -> Finding:
        """It may be meant so, or could not be known."""
        return Finding(self.name, subject, "doubt", says, mend)

    def wrong(self, subject: str, says: str, mend: str) -> Finding:
        """Something won't work."""
        return Finding(self.name, subject, "wrong", says, mend)
