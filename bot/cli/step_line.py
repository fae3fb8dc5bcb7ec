"""A step in a line, and below it what there is to say: by whom, what was found, what is missing."""

from collections.abc import Iterator
from datetime import timedelta

from rich.console import RenderableType
from rich.text import Text

from bot.cli.output import joined, numbered, text
from bot.cli.plan_view import approval_lines
from bot.cli.states import step_state
from bot.domain.durations import SECOND, format_duration
from bot.domain.incident import Run, StepRun
from bot.domain.transitions import StepState
from bot.domain.words import Words

OVER = frozenset({StepState.COMPLETED, StepState.FAILED, StepState.SKIPPED, StepState.UNDONE, StepState.UNDO_FAILED})
TROUBLED = frozenset({StepState.BLOCKED, StepState.FAILED, StepState.IN_DOUBT, StepState.UNDO_FAILED})
EXECUTED = OVER | TROUBLED | {StepState.RUNNING, StepState.UNDOING}
STATE_WIDTH = 18


def step_block(run: Run, step: StepRun, words: Words) -> RenderableType:
    """`6  ◇ pending approval  promote_replica  Promote the replica`, and the details below."""
    position = list(run.steps).index(step.id) + 1
    state = step_state(step.state)
    state.pad_right(STATE_WIDTH - len(state))
    name = text(step.id, "bold")
    name.pad_right(max(map(len, run.steps)) - len(name))
    line = joined([state, name, title(step), time_line(step, words)])
    return numbered(position, line, *details(run, step, words))


def title(step: StepRun) -> Text:
    """The title; for an undo it says so."""
    return text(f"Undo: {step.definition.title}" if step.undo else step.definition.title)


def time_line(step: StepRun, words: Words) -> Text:
    """`for 2s`, `03:11, took 3s`, `about 5m`."""
    if step.state in (StepState.RUNNING, StepState.UNDOING) and step.started_at:
        return Text(f"for {format_duration(words.now - step.started_at)}")
    if step.state in OVER and step.ended_at:
        took = _took(step.ended_at - step.started_at) if step.started_at else ""
        return Text(f"{words.clock(step.ended_at)}{took}")
    if step.state is StepState.NOT_STARTED and step.definition.expected:
        return Text(f"about {format_duration(step.definition.expected)}", "dim")
    return Text()


def _took(length: timedelta) -> str:
    return f", took {format_duration(length)}" if length >= SECOND else ", took less than 1s"


def details(run: Run, step: StepRun, words: Words) -> list[Text]:
    """What matters now, one thought a line."""
    style = "yellow" if step.state in TROUBLED else "dim"
    return [text(line, style) for line in dict.fromkeys(_lines(run, step, words)) if line]


def _lines(run: Run, step: StepRun, words: Words) -> Iterator[str]:
    if step.state is StepState.READY and step.definition.manual and not run.paused:
        yield step.definition.manual.strip()
    if step.awaits_approval:
        yield from approval_lines(step, words)
    if step.state in TROUBLED or step.state is StepState.SKIPPED or step.waits_for_start:
        yield step.reason
    if step.state in EXECUTED or step.state in (StepState.READY, StepState.PENDING_APPROVAL):
        yield step.finding
    if step.state is StepState.BLOCKED:
        yield from (f"risk: {risk.text}" for risk in step.risks if risk.text not in step.finding)
    if step.outcome in ("unproven", "risk_accepted"):
        yield f"{step.outcome.replace('_', ' ')} by {words.names(step.risk_accepted_by)}: {step.risk_reason}"
    if step.approved_by and step.started_at:
        yield f"approved by {words.names(step.approved_by)}"
    for voice in step.voices if step.state not in OVER else ():
        yield f"{words.name(voice.person)}: {voice.decision} ({voice.reason})"
