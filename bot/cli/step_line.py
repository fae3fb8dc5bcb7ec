"""What there is to say of a step in a line or two: its title, how long, by whom, what was found, what is missing."""

from collections.abc import Iterator

from rich.text import Text

from bot.cli.output import text
from bot.cli.plan_view import approval_lines
from bot.cli.words import Words
from bot.domain.durations import format_duration
from bot.domain.incident import Run, StepRun
from bot.domain.transitions import StepState

OVER = frozenset({StepState.COMPLETED, StepState.FAILED, StepState.SKIPPED, StepState.UNDONE, StepState.UNDO_FAILED})
TROUBLED = frozenset({StepState.BLOCKED, StepState.FAILED, StepState.IN_DOUBT, StepState.UNDO_FAILED})


def remark(run: Run, step: StepRun, words: Words) -> Text:
    """The title, and below it what matters now."""
    lines = [line for line in _lines(run, step, words) if line]
    first = Text.assemble(text(step.definition.title), ("  " + time_line(step, words)).rstrip())
    return Text("\n").join([first, *(text(line, "yellow" if step.state in TROUBLED else "dim") for line in lines)])


def time_line(step: StepRun, words: Words) -> str:
    """`running for 2s`, `03:11, took 3s`, `about 5m`."""
    if step.state in (StepState.RUNNING, StepState.UNDOING) and step.started_at:
        return f"for {format_duration(words.now - step.started_at)}"
    if step.state in OVER and step.ended_at:
        took = f", took {format_duration(step.ended_at - step.started_at)}" if step.started_at else ""
        return f"{words.clock(step.ended_at)}{took}"
    if step.state is StepState.NOT_STARTED and step.definition.expected:
        return f"about {format_duration(step.definition.expected)}"
    return ""


def _lines(run: Run, step: StepRun, words: Words) -> Iterator[str]:
    if step.state is StepState.READY and step.definition.manual and not run.paused:
        yield step.definition.manual.strip()
    if step.awaits_approval:
        yield from approval_lines(step, words)
    if step.state in TROUBLED or step.state is StepState.SKIPPED or step.waits_for_start:
        yield step.reason
    if step.state is not StepState.NOT_STARTED and step.finding != step.reason:
        yield step.finding
    if step.outcome in ("unproven", "risk_accepted"):
        yield f"{step.outcome.replace('_', ' ')}: {step.risk_reason}".rstrip(": ")
    if step.state is StepState.BLOCKED:
        yield from (f"risk: {risk.text}" for risk in step.risks if risk.text not in step.finding)
    for voice in step.voices:
        yield f"{words.name(voice.person)}: {voice.decision} ({voice.reason})"
