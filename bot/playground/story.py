"""python -m bot.playground story: one night, told as it really happens on this machine, in under three minutes.

Everything is real but the scale and the chat's owner: PostgreSQL, orders, the bot, its messages, mails. People do only
what the bot's messages ask them for. It ends with 0 only if the shop takes orders in the recovery region and no rule was
bent.
"""

import argparse
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import yaml

from bot.playground.announce import ChildFailed
from bot.playground.binaries import PostgresMissing
from bot.playground.demo_panel import BREAK, DemoPanel
from bot.playground.dr_command import DrFailed
from bot.playground.estate import PROJECT, NoOrders
from bot.playground.narration import Narrator, new_console
from bot.playground.night import COMMANDER, Night
from bot.playground.outcome import Outcome, said, table
from bot.playground.persons import Look, Persons, StoryFailed, nobody_looks
from bot.playground.plan_file import OFTEN, SYSTEM
from bot.playground.postgres import PostgresFailed
from bot.playground.reckoning import reckon, where_orders_go
from bot.playground.room import Room
from bot.playground.seen import Incident
from bot.playground.stage import Stage, staged

TITLE = "us-west-2 is down"
HOLD = "5s"
QUIET = 3.0  # seconds of an ordinary evening before it happens
NOTICED_AFTER = 5.0  # seconds without an order until somebody declares
ONCALL = "C0ONCALL"
Looking = Callable[[Stage], AbstractContextManager[Look]]
FAILURES = (
    ChildFailed,
    DrFailed,
    NoOrders,
    PostgresFailed,
    PostgresMissing,
    StoryFailed,
    httpx.HTTPError,
    subprocess.TimeoutExpired,
)


@dataclass
class Story:
    """The acts of the night, in order. `look` is told what there is to be seen."""

    stage: Stage
    panel: DemoPanel
    narrator: Narrator
    look: Look = nobody_looks

    def __post_init__(self) -> None:
        self.persons = Persons(self.stage.workspace, self.narrator, self.look)

    def tell(self) -> Outcome:
        self.ordinary_evening()
        dark_at = self.power_is_lost()
        night = self.declare(dark_at)
        self.start_runbook(night)
        first = Incident.model_validate_json(self.stage.dr.read("show", night.incident, "--json"))
        night.walk()
        self.look(COMMANDER, "end")
        with self.narrator.waiting("adding up"):
            return reckon(self.stage, night.room, first, dark_at)

    def ordinary_evening(self) -> None:
        self.narrator.scene("An ordinary evening")
        with self.narrator.waiting("customers order"):
            time.sleep(QUIET)
        estate = self.stage.estate
        taken = len(estate.ledger.acknowledged())
        self.narrator.says(f"The shop in {where_orders_go(estate)} has taken {taken} orders. The replica follows.")
        self.look(COMMANDER, "evening")

    def power_is_lost(self) -> datetime:
        """Break the primary region; the moment since which no order is taken."""
        self.narrator.scene("us-west-2 goes dark")
        cut_at = datetime.now(UTC)
        with self.narrator.waiting("the cable goes first"):
            self.panel.press("primary", BREAK.id)
        dark_at = self.panel.dark_at or cut_at
        self.narrator.says("Replication to us-east-1 breaks off. Nobody notices; orders go on.", cut_at)
        self.narrator.says("The power is gone: the database and the shop with it.", dark_at)
        with self.narrator.waiting("customers see errors"):
            time.sleep(NOTICED_AFTER)
        quiet = said(datetime.now(UTC) - dark_at)
        self.narrator.says(f"No order has been taken for {quiet}. The shop's alarm says so in #oncall:")
        self.persons.quotes(self.stage.workspace.messages(ONCALL)[-1])
        self.look(COMMANDER, "alarm")
        return dark_at

    def declare(self, dark_at: datetime) -> Night:
        """Alice declares the incident; the night in its channel."""
        self.narrator.scene("Declared")
        line = f"/dr declare sev1 {SYSTEM} {TITLE} --since {self.narrator.clock(dark_at)}"
        answers = self.persons.asks(COMMANDER, ONCALL, line, "declares an incident.", answers=2)
        incident, channel = found(r"INC-\d+", answers[0]), found(r"#(\S+?)\.", answers[1])
        room = Room(self.stage.workspace, self.stage.workspace.channel(channel).id)
        return Night(self.persons, room, incident, self.stage.dr, self.narrator, self.try_order)

    def start_runbook(self, night: Night) -> None:
        """Alice starts the runbook that the card offers."""
        self.narrator.scene("The runbook")
        card = night.wait_for("card", "start_runbook")
        self.narrator.says("In the incident's channel stands the card:")
        self.narrator.quotes(card.text)
        self.look(COMMANDER, "card")
        self.persons.clicks(COMMANDER, card, "start_runbook", "starts the runbook.")
        which = self.persons.form(COMMANDER)
        self.persons.submits(COMMANDER, which, {})
        self.persons.submits(COMMANDER, self.persons.form(COMMANDER, which), {"input:hold": HOLD})

    def try_order(self) -> str:
        """A person's test order through the shop's own name; a deed to tell."""
        order = {"uuid": str(uuid.uuid4()), "product": 1}
        url = f"{self.stage.estate.shop_url}/orders"
        answer = httpx.post(url, json=order, timeout=5, trust_env=False)
        if answer.status_code != httpx.codes.CREATED:
            raise StoryFailed(f"the test order was not taken: HTTP {answer.status_code}")
        return f"places a test order: number {answer.json()['id']}, taken in {answer.json()['region']}."


def found(pattern: str, text: str) -> str:
    """What the pattern (its first group, if it has one) finds in what the bot has said."""
    match = re.search(pattern, text)
    if match is None:
        raise StoryFailed(f"the bot did not say what was hoped for: {text}")
    return match[match.re.groups]


def nobody_comes(_: Stage) -> AbstractContextManager[Look]:
    return nullcontext(nobody_looks)


def new_narrator(*, record: bool) -> Narrator:
    """It names people as the recovery plan does."""
    plan = yaml.safe_load((PROJECT / "plan.yml").read_text())
    return Narrator(new_console(record=record), {person: entry["name"] for person, entry in plan["people"].items()})


def tell(narrator: Narrator, looking: Looking = nobody_comes) -> bool:
    """The whole night; whether it ended well. What went wrong is said first. `looking` may come along and look."""
    try:
        with (
            staged(narrator.says, OFTEN, width=narrator.width) as stage,
            closing(DemoPanel(stage, again=lambda: None)) as panel,
            looking(stage) as look,
        ):
            outcome = Story(stage, panel, narrator, look).tell()
            reasons = list(outcome.reasons())
            for reason in reasons:
                narrator.fails(reason)
            narrator.shows(table(outcome))
    except FAILURES as error:
        narrator.fails(str(error))
        return False
    return not reasons


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bot.playground story", description="One night, told as it happens."
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep what was told: .svg, .html, or text")
    arguments = parser.parse_args()
    narrator = new_narrator(record=arguments.record is not None)
    started = time.monotonic()
    went_well = tell(narrator)
    if went_well:
        narrator.says(f"The shop takes orders in us-east-1, and no rule was bent: {since(started)} in all.")
    if arguments.record is not None:
        narrator.keep(arguments.record)
    sys.exit(0 if went_well else 1)


def since(started: float) -> str:
    return said(timedelta(seconds=round(time.monotonic() - started)))


if __name__ == "__main__":
    main()
