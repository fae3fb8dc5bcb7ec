"""dr list: the incidents, one a line."""

from typing import Annotated

import typer
from rich.table import Table

from bot.cli.options import Json
from bot.cli.output import text
from bot.cli.session import Session
from bot.cli.states import incident_state
from bot.cli.views import RowView, as_json
from bot.domain.durations import format_duration
from bot.domain.outages import Outage
from bot.domain.words import Words, brief
from bot.store.projections import IncidentRow

NOBODY_EXECUTES = "Nobody executes: no dr serve is running. What is asked for is kept, and done once one runs."


def list_incidents(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", "-a", help="Also those that have ended.")] = False,
    json: Json = False,
) -> None:
    """List the incidents that are open, and what each waits for.

    Example: dr list
    """
    session = Session(ctx, as_json=json)
    rows = session.desk.incidents(ended=every)
    if json:
        session.out.data([as_json(RowView.of(row)) for row in rows])
        return
    if not rows:
        session.out.say("No incident is open." if not every else "There has been no incident.")
        return
    session.out.show(table(rows, session.words))
    if any(row.open for row in rows) and not session.desk.executors():
        session.out.show(text(f"! {NOBODY_EXECUTES}", "yellow"))
    outage = session.desk.outage()
    if outage is not None:
        session.out.show(text(f"! {away(outage, session.desk.unshown(), session.words)}", "yellow"))


def away(outage: Outage, unshown: int, words: Words) -> str:
    """Since when the chat is away, and what it will catch up with."""
    many = "1 incident waits" if unshown == 1 else f"{unshown} incidents wait"
    later = f" {many} to be shown there, and will be when it is back." if unshown else ""
    return f"Slack has been away since {words.clock(outage.since)}: {outage.reason}{later}"


def table(rows: list[IncidentRow], words: Words) -> Table:
    """`INC-7  SEV1  Customer Database  active  9m of 1h  waiting for …`."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(5):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        waiting = f"waiting for {row.waiting}" if row.waiting else row.title
        grid.add_row(
            text(row.id, "bold"),
            text(row.severity.upper()),
            text(titles(row, words)),
            incident_state(row.state),
            text(clock(row, words)),
            text(waiting),
        )
    return grid


def titles(row: IncidentRow, words: Words) -> str:
    """The systems by their titles, marked where it is a drill."""
    names = ", ".join(map(words.plan.title_of, row.systems))
    return f"{names} (drill)" if row.drill else names


def clock(row: IncidentRow, words: Words) -> str:
    """`9m of 1h` while the recovery clock runs; the objective is the plan's of today."""
    objectives = [words.plan.systems[system].objectives.rto for system in row.systems if system in words.plan.systems]
    if row.state != "active" or not objectives:
        return ""
    return f"{brief(words.now - row.since)} of {format_duration(min(objectives))}"
