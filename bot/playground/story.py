"""python -m bot.playground story: one night, told as it really happens on this machine, in under three minutes.

Everything is real but the scale: PostgreSQL, orders, the `dr` command, its signatures, mails. It ends with 0 only if the
shop takes orders in the recovery region and no rule was bent.
"""

import argparse
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import yaml

from bot.playground.announce import ChildFailed
from bot.playground.binaries import PostgresMissing
from bot.playground.cloud_calls import start_recording
from bot.playground.dr_command import DrCommand, DrFailed, dr_path, environment_for
from bot.playground.estate import PROJECT, Estate, NoOrders, running_estate
from bot.playground.narration import Narrator, new_console
from bot.playground.news import News
from bot.playground.night import COMMANDER, Night, StoryFailed
from bot.playground.outcome import Outcome, said, table
from bot.playground.plan_file import SYSTEM
from bot.playground.postgres import PostgresFailed
from bot.playground.processes import Processes
from bot.playground.reckoning import reckon, where_orders_go
from bot.playground.serving import Serving, start_serving

RUNBOOK = "regional-failover"
TITLE = "us-west-2 is down"
HOLD = "5s"
QUIET = 3.0  # seconds of an ordinary evening before it happens
NOTICED_AFTER = 4.0  # seconds without an order until somebody declares
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
    """The acts of the night, in order."""

    estate: Estate
    dr: DrCommand
    serving: Serving
    narrator: Narrator

    def tell(self) -> Outcome:
        self.ordinary_evening()
        dark_at = self.power_is_lost()
        night = Night(
            self.dr, self.serving, self.narrator, News(self.narrator, self.estate.mail.messages), self.try_order
        )
        self.declare(night, dark_at)
        last = night.walk()
        self.narrator.scene("The end")
        words = ("resolve", night.incident, "The shop takes orders in us-east-1.")
        night.do(night.deed(COMMANDER, "resolves the incident.", *words))
        with self.narrator.waiting("adding up"):
            return reckon(self.estate, self.dr, night.first or last, dark_at)

    def ordinary_evening(self) -> None:
        self.narrator.scene("An ordinary evening")
        with self.narrator.waiting("customers order"):
            time.sleep(QUIET)
        taken = len(self.estate.ledger.acknowledged())
        self.narrator.says(f"The shop in {where_orders_go(self.estate)} has taken {taken} orders. The replica follows.")

    def power_is_lost(self) -> datetime:
        """Break the primary region; the moment since which no order is taken."""
        self.narrator.scene("us-west-2 goes dark")
        cut_at = datetime.now(UTC)
        with self.narrator.waiting("the cable goes first"):
            self.estate.lose_primary()
        dark_at = datetime.now(UTC)
        self.narrator.says("Replication to us-east-1 breaks off. Nobody notices; orders go on.", cut_at)
        self.narrator.says("The power is gone: the database and the shop with it.", dark_at)
        with self.narrator.waiting("customers see errors"):
            time.sleep(NOTICED_AFTER)
        quiet = said(datetime.now(UTC) - dark_at)
        self.narrator.says(f"No order has been taken for {quiet}. The alarm wakes {self.narrator.name(COMMANDER)}.")
        return dark_at

    def declare(self, night: Night, dark_at: datetime) -> None:
        """Alice declares the incident and starts the runbook."""
        self.narrator.scene("Declared")
        words = ("declare", "sev1", SYSTEM, TITLE, "--since", self.narrator.clock(dark_at))
        shown = night.do(night.deed(COMMANDER, "declares an incident.", *words))
        found = re.search(r"INC-\d+", shown)
        if found is None:
            raise StoryFailed(f"dr declare did not name the incident: {shown}")
        night.incident = found[0]
        self.narrator.scene("The runbook")
        start = ("start", night.incident, RUNBOOK, "--input", f"hold={HOLD}")
        night.do(night.deed(COMMANDER, "starts the runbook.", *start))

    def try_order(self) -> str:
        """A person's test order through the shop's own name; a deed to tell."""
        order = {"uuid": str(uuid.uuid4()), "product": 1}
        answer = httpx.post(f"{self.estate.shop_url}/orders", json=order, timeout=5, trust_env=False)
        if answer.status_code != httpx.codes.CREATED:
            raise StoryFailed(f"the test order was not taken: HTTP {answer.status_code}")
        return f"places a test order: number {answer.json()['id']}, taken in {answer.json()['region']}."


@contextmanager
def staged(narrator: Narrator) -> Iterator[Story]:
    """The estate and a running `dr serve`, ended in order afterwards."""
    with Processes() as processes:
        directory = processes.scratch_directory("dr-bot-story-")
        with running_estate(directory, narrator.says) as estate, Processes() as children:
            environment = environment_for(estate.environment)
            start_recording(estate.cloud_url)
            serving = start_serving(children, dr_path(), directory, environment)
            narrator.says("dr serve, ready to take work")
            yield Story(estate, DrCommand(directory, environment, narrator.width), serving, narrator)


def new_narrator(*, record: bool) -> Narrator:
    """It names people as the recovery plan does."""
    plan = yaml.safe_load((PROJECT / "plan.yml").read_text())
    return Narrator(new_console(record=record), {person: entry["name"] for person, entry in plan["people"].items()})


def tell(narrator: Narrator) -> bool:
    """The whole night; whether it ended well. What went wrong is said first."""
    try:
        with staged(narrator) as story:
            outcome = story.tell()
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
