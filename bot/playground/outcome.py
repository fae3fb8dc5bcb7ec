"""How the night ended: the figures, whether every promise was kept, and the table that says so."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from rich import box
from rich.table import Table
from rich.text import Text

from bot.playground.aws import EAST
from bot.playground.timings import PARTS

EXPECTED_CALLS = {"StopInstances": 1, "ChangeResourceRecordSets": 1, "ModifyListener": 1}
EXPLAINED = {
    "detect": "until somebody declared",
    "decide": "people assessed, and took risks",
    "approve": "plans were shown and waited for approvals",
    "execute": "the bot planned changes and made them",
    "verify": "the bot and people proved that it works",
}


@dataclass(frozen=True)
class Outcome:
    """Everything that the final table says. Lengths are measured, `quoted` is what approvers of the promotion read."""

    incident: str
    state: str
    parts: Mapping[str, timedelta]
    rto: timedelta
    rpo: timedelta
    quoted: timedelta | None
    lost_orders: int
    lost: timedelta
    acknowledged: int
    after_switch: int
    missing_after_switch: int
    taken_in: str
    outage: timedelta
    updates: int
    every: timedelta
    late: timedelta
    mails: int
    audited: int
    starts: int
    calls: Counter[str]
    promotions: int
    messages: int
    edits: int
    misplaced: tuple[str, ...]
    bent: tuple[str, ...]

    @property
    def total(self) -> timedelta:
        return sum(self.parts.values(), timedelta())

    def reasons(self) -> Iterator[str]:
        """Why the night did not end well; nothing where it did."""
        if self.state != "resolved":
            yield f"{self.incident} is {self.state}"
        if self.taken_in != EAST or self.after_switch == 0:
            yield "the shop takes no orders in the recovery region"
        if self.missing_after_switch:
            yield f"{self.missing_after_switch} orders taken after the switch are not in the recovery region's database"
        yield from self.bent
        yield from self.misplaced
        if self.quoted is None:
            yield "the promotion was approved without a quoted loss"
        elif self.quoted < self.lost:
            yield f"{said(self.lost)} of orders are lost, more than the {said(self.quoted)} quoted"
        if dict(self.calls) != EXPECTED_CALLS or self.promotions != 1:
            yield f"a change was not made exactly once: {self.calls_made}"
        if self.updates == 0 or self.mails == 0:
            yield "no status update went out, or no mail arrived"

    @property
    def calls_made(self) -> str:
        """How often the cloud and the databases say that each change was made."""
        counts = {**dict(sorted(self.calls.items())), "pg_promote": self.promotions}
        return ", ".join(f"{name} {'once' if count == 1 else f'{count} times'}" for name, count in counts.items())


def table(outcome: Outcome) -> Table:
    """The table at the end."""
    found = Table(
        box=box.SIMPLE_HEAD, title=f"{outcome.incident} is {outcome.state}", title_justify="left", title_style="bold"
    )
    found.pad_edge = found.show_header = False
    found.add_column(no_wrap=True)
    found.add_column(justify="right", no_wrap=True)
    found.add_column(style="bright_black", overflow="fold")
    for name, figure, remark in rows(outcome):
        found.add_row(Text(name, style="" if name.startswith(" ") else "bold"), figure, remark)
    return found


def rows(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    within = "within" if outcome.total <= outcome.rto else "beyond"
    yield "Recovery time", said(outcome.total), f"{within} the objective of {said(outcome.rto)}"
    yield from ((f"  {part}", said(outcome.parts[part]), EXPLAINED[part]) for part in PARTS)
    yield "Data loss, quoted", *quote(outcome)
    yield "  measured", said(outcome.lost), f"{orders(outcome.lost_orders)}, acknowledged and lost"
    yield "Orders acknowledged", str(outcome.acknowledged), f"none for {said(outcome.outage)}"
    yield "  after the switch", str(outcome.after_switch), f"taken in {outcome.taken_in}, all found in its database"
    yield "Status updates", str(outcome.updates), f"one every {said(outcome.every)}, at most {said(outcome.late)} late"
    yield "Messages in the chat", str(outcome.messages), f"each once, and edited {outcome.edits} times in all"
    yield "Mails delivered", str(outcome.mails), "to the people that the severity calls for"
    yield "Steps started", str(outcome.starts), bending(outcome)
    yield "Changes made", str(outcome.calls.total() + outcome.promotions), outcome.calls_made
    yield "Audit", f"{outcome.audited} rows", "each hash as it was written"


def quote(outcome: Outcome) -> tuple[str, str]:
    if outcome.quoted is None:
        return "unknown", f"the objective is {said(outcome.rpo)}"
    verdict = "within" if outcome.quoted <= outcome.rpo else "beyond"
    taken = ", the risk was accepted" if outcome.quoted > outcome.rpo else ""
    return f"at most {said(outcome.quoted)}", f"{verdict} the objective of {said(outcome.rpo)}{taken}"


def bending(outcome: Outcome) -> str:
    if outcome.bent:
        return "; ".join(outcome.bent)
    return "approved as each needs, none twice, the fence proven first"


def orders(count: int) -> str:
    """`no order`, `1 order`, `10 orders`."""
    return "no order" if count == 0 else "1 order" if count == 1 else f"{count} orders"


def said(length: timedelta) -> str:
    """`41.3 s`, `1 min 12 s`, `1 h`."""
    seconds = length.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min" + (f" {rest} s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h" + (f" {minutes} min" if minutes else "")
