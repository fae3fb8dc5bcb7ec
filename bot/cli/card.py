"""An incident at one look: clocks, roles, who is waited for, and every step of every run."""

from collections.abc import Collection, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.cli.output import joined, text
from bot.cli.states import incident_state, run_state
from bot.cli.step_line import step_block
from bot.domain.cadence import next_update
from bot.domain.durations import format_duration
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.objectives import recovery_clock
from bot.domain.untold import untold_line
from bot.domain.waiting import waits
from bot.domain.words import Words, brief

ROLES = ("commander", "deputy", "scribe")


def incident_card(incident: Incident, words: Words, warning: str = "") -> RenderableType:
    """The whole card; `warning` stands below it."""
    blocks: list[RenderableType] = [headline(incident, words), text(incident.title), Text(), facts(incident, words)]
    for run in incident.runs.values():
        blocks += [Text(), run_headline(run), steps(run, words)]
    if warning:
        blocks += [Text(), text(f"! {warning}", "yellow")]
    return Group(*blocks)


def headline(incident: Incident, words: Words) -> Text:
    """`INC-7  SEV1  Customer Database  active  drill in staging`."""
    titles = ", ".join(words.plan.systems[s].title if s in words.plan.systems else s for s in incident.systems)
    drill = Text(f"drill in {incident.environment}", style="cyan") if incident.drill else Text()
    private = Text("private", style="dim") if incident.private else Text()
    name = Text(f"{incident.id}  {incident.severity.upper()}", style="bold")
    return joined([name, text(titles, "bold"), incident_state(incident.state), drill, private])


def facts(incident: Incident, words: Words) -> RenderableType:
    """The clocks, the roles, the waiting, the next update and who was not reached, one a line."""
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    rows = (*_clocks(incident, words), *_people(incident, words), *_waiting(incident, words), *_untold(incident, words))
    for label, value in rows:
        table.add_row(label, value)
    return table


def _clocks(incident: Incident, words: Words) -> Iterator[tuple[str, RenderableType]]:
    clock = recovery_clock(incident, words.now)
    used = f"{brief(clock.elapsed)} of {format_duration(incident.rto)}"
    late = "bold red" if clock.left.total_seconds() < 0 else ""
    if clock.stopped:
        verdict = "beyond the objective" if late else "within the objective"
        yield "recovery", text(f"took {used}: {verdict}", late or "green")
    else:
        estimate = f", estimate {words.clock(clock.estimate)}" if clock.estimate else ""
        left = f", {brief(-clock.left)} beyond it" if late else ""
        yield "back by", text(f"{words.clock(clock.deadline)}   {used} used{left}{estimate}", late)
    yield "data", text(f"at most {format_duration(incident.rpo)} may be lost")


def _people(incident: Incident, words: Words) -> Iterator[tuple[str, RenderableType]]:
    yield "roles", text(", ".join(f"{role} {words.name(incident.roles.get(role))}" for role in ROLES))
    due = next_update(incident)
    if due is not None:
        when = f"due since {words.clock(due)}" if due <= words.now else words.clock(due)
        yield "next update", text(f"{when}   number {incident.updates.number + 1}")


def _waiting(incident: Incident, words: Words) -> Iterator[tuple[str, RenderableType]]:
    label = "waiting for"
    for wait in waits(incident, words.plan):
        ago = f" ({words.since(wait.since)})" if wait.since else ""
        yield label, text(f"{wait.step}: {wait.needs}{ago}")
        label = ""


def _untold(incident: Incident, words: Words) -> Iterator[tuple[str, RenderableType]]:
    if line := untold_line(incident, words.name):
        yield "not told", text(line, "yellow")


def run_headline(run: Run) -> Text:
    """`R1  Fail over to the recovery region  customer-database in production  running  4 of 15 done`."""
    done = sum(step.is_met for step in run.steps.values())
    where = text(f"{run.system} in {run.environment}", "dim")
    progress = Text(f"{done} of {len(run.steps)} done")
    return joined([Text(run.id, style="bold"), text(run.runbook.title, "bold"), where, run_state(run.state), progress])


def steps(run: Run, words: Words, chosen: Collection[StepRun] | None = None) -> RenderableType:
    """Every step, or the chosen ones, as blocks."""
    shown = run.steps.values() if chosen is None else chosen
    return Group(*(step_block(run, step, words) for step in shown))
