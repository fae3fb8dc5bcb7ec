"""A step's message, in every state that it can be in: the fact first, who is waited for, what to do next."""

from collections.abc import Callable, Iterator, Mapping

from bot.comms.words import spell
from bot.domain.incident import Run, StepRun
from bot.domain.transitions import StepState
from bot.domain.words import spaced
from bot.slack.rich import Line, Part, exact, fallback, joined, line, lines, paragraph, strong
from bot.slack.surfaces.approval_lines import approval_lines, needs
from bot.slack.surfaces.guidance import end_below, end_line, end_press
from bot.slack.surfaces.message import Body, Message, spread
from bot.slack.surfaces.plan_lines import change_chunks, plan_chunks
from bot.slack.surfaces.scene import Scene, step_key
from bot.slack.surfaces.step_buttons import buttons
from bot.slack.surfaces.voice_lines import risk_lines, voice_lines
from bot.slack.text import cut, visible

LONGEST_FINDING = 1500
Chunk = tuple[Part, ...]
Says = Callable[[Scene, Run, StepRun], tuple[str, Line, tuple[Chunk, ...]]]
"""A state's sign, what stands behind the title, and what stands below."""


def step_messages(scene: Scene, run: Run, step: StepRun) -> Iterator[tuple[str, Message]]:
    """The messages of a step whose turn has come, by their keys; one, unless its text is longer than that."""
    if step.state is StepState.NOT_STARTED or (step.state is StepState.CANCELED and step.ready_at is None):
        return
    yield from spread(step_key(run.id, step.id), step_body(scene, run, step), scene.links.to)


def step_body(scene: Scene, run: Run, step: StepRun) -> Body:
    """What is said of a step now."""
    says = _shown_plan if step.awaits_approval else _SAYS[step.state]
    sign, rest, chunks = says(scene, run, step)
    title = scene.label(run, step)
    heading = joined(" · ", (line(f"{sign} " if sign else "", strong(title)), scene.timed(rest)))
    text = fallback(joined(" · ", (line(scene.incident.id), line(scene.drill), line(title), rest)))
    end = end_below(scene, step)
    last = (end_press(scene, end),) if end else ()
    shown = (*map(scene.timed_parts, chunks), paragraph(end_line(end)) if end else ())
    return Body(heading, text, tuple(filter(None, shown)), (*last, *buttons(scene, run, step)))


def found(text: str) -> tuple[Line, ...]:
    """What a look or a person said, in a bearable length that says so."""
    return lines(cut(text, LONGEST_FINDING)) if text.strip() else ()


def _once(*texts: str) -> Iterator[Line]:
    """Each text once."""
    for text in dict.fromkeys(filter(None, (text.strip() for text in texts))):
        yield from found(text)


# --- before it runs ---------------------------------------------------------------------------------------------------


def _ready(scene: Scene, run: Run, step: StepRun) -> tuple[str, Line, tuple[Chunk, ...]]:
    if step.waits_for_start:
        return "🟠", line("waits to be started"), (paragraph(*_once(step.reason)),)
    held = line(f"held: {run.id} is paused") if run.paused else ()
    if step.definition.manual is not None:
        about = line(f"about {spell(step.definition.expected)}") if step.definition.expected else ()
        return "", joined(" · ", (about, held)), (paragraph(*lines(step.definition.manual)),)
    if held:
        return "", held, (paragraph(line(f"It goes on when {run.id} is resumed.")),)
    if step.finding:
        return "", line("waits"), (paragraph(*found(step.finding)),)
    return "⏳", line(_coming(step)), (paragraph(*_taken(scene, step)),)


def _coming(step: StepRun) -> str:
    if step.definition.kind == "check":
        return "is being asked"
    return "its plan is being made" if step.gated or step.accepted_risks else "starts now"


def _taken(scene: Scene, step: StepRun) -> Iterator[Line]:
    """Who has taken risks for a step, and why."""
    for people, reason in dict.fromkeys((taken.people, taken.reason) for taken in step.taken_risks):
        yield line(strong("Risk accepted"), f" by {scene.names(people)}: “{reason}”")


def _shown_plan(scene: Scene, run: Run, step: StepRun) -> tuple[str, Line, tuple[Chunk, ...]]:
    plan = step.plan
    rest = joined(" · ", (line(scene.drill), line(needs(step)), line("plan ", exact(spaced(step.digest)))))
    chunks = plan_chunks(scene, step, plan) if plan is not None else ()
    why = paragraph(*_once(step.reason)) if step.undo else ()
    return "🔒", rest, (why, *chunks, paragraph(*approval_lines(scene, run, step)))


def _blocked(scene: Scene, _: Run, step: StepRun) -> tuple[str, Line, tuple[Chunk, ...]]:
    shown = cut(step.finding, LONGEST_FINDING)
    risks = [risk.text for risk in step.risks if risk.text not in shown]
    said = paragraph(*_once(step.reason, step.finding))
    named = paragraph(*(line(strong("Risk"), " ", cut(risk, LONGEST_FINDING)) for risk in risks))
    word = paragraph(*risk_lines(scene, step), *voice_lines(scene, step))
    return "🟠", line("blocked"), (said, named, word)


# --- while it runs ----------------------------------------------------------------------------------------------------


def _running(scene: Scene, _: Run, step: StepRun) -> tuple[str, Line, tuple[Chunk, ...]]:
    since = line("running since ", scene.at(step.started_at, seconds=True)) if step.started_at else line("running")
    return "⏳", joined(" · ", (since, _vouched(scene, step))), (paragraph(*_progress(scene, step)),)


def _progress(scene: Scene, step: StepRun) -> Iterator[Line]:
    if step.holding_since is not None:
        yield line("It holds since ", scene.at(step.holding_since, seconds=True), " and has to go on holding.")
    elif step.definition.kind == "action" and step.applied_at is not None:
        yield line("The call has answered; now it is proven by looking.")
    yield from _once(step.finding)


def _vouched(scene: Scene, step: StepRun) -> Line:
    """`approved by Bob Brown, Carol Chen`, and who went on alone."""
    last = step.attempts[-1] if step.attempts else None
    if last is None:
        return ()
    approved = line(f"approved by {scene.names(last.approved_by)}") if last.approved_by else ()
    broken = line(strong("glass broken"), f" by {scene.name(last.broken_glass_by)}") if last.broken_glass_by else ()
    return joined(" · ", (approved, broken))


def _undoing(scene: Scene, _: Run, step: StepRun) -> tuple[str, Line, tuple[Chunk, ...]]:
    if step.started_at is None:
        return "⏳", line("its plan is being made"), (paragraph(*_asked(scene, step)),)
    since = line("being undone since ", scene.at(step.started_at, seconds=True))
    return "⏳", joined(" · ", (since, _vouched(scene, step))), (paragraph(*_progress(scene, step)),)


def _asked(scene: Scene, step: StepRun) -> Iterator[Line]:
    if step.reason:
        yield line(f"{scene.name(step.requester)} asked for it: “{cut(step.reason, LONGEST_FINDING)}”")


def _in_doubt(scene: Scene, _: Run, step: StepRun) -> tuple[str, Line, tuple[Chunk, ...]]:
    said = paragraph(*_once(step.reason, step.finding), line("Nothing will be repeated by itself."))
    asked = tuple(change_chunks(step.plan)) if step.plan is not None and not step.plan.is_empty else ()
    head = (paragraph(line("What was being sent:")),) if asked else ()
    since = line("in doubt since ", scene.at(step.started_at, seconds=True)) if step.started_at else line("in doubt")
    chunks = (said, *head, *asked, paragraph(*voice_lines(scene, step)))
    return "❓", joined(" · ", (since, _vouched(scene, step))), chunks


# --- afterwards -------------------------------------------------------------------------------------------------------


def _completed(scene: Scene, _: Run, step: StepRun) -> tuple[str, Line, tuple[Chunk, ...]]:
    if step.definition.kind == "manual":
        who = line(scene.name(step.ended_by)) if step.ended_by else ()
        return "✅", joined(", ", (who, _when(scene, step))), ()
    taken = step.outcome in ("unproven", "risk_accepted")
    if taken:
        by = line(strong("Not proven" if step.outcome == "unproven" else "Not known"), f": {_by(scene, step)}")
        return "🟡", _when(scene, step), (paragraph(*_once(step.finding), by),)
    ended = joined(" · ", (_when(scene, step), *_short(step.finding), _vouched(scene, step)))
    return "✅", ended, (paragraph(*_long(step.finding)),)


def _by(scene: Scene, step: StepRun) -> str:
    return f"risk accepted by {scene.names(step.risk_accepted_by)}: “{cut(step.risk_reason, LONGEST_FINDING)}”"


def _short(finding: str) -> tuple[Line, ...]:
    """A finding that fits behind the title."""
    return (line(visible(finding).rstrip(".")),) if len(finding) <= 120 and "\n" not in finding.strip() else ()


def _long(finding: str) -> tuple[Line, ...]:
    return () if _short(finding) else found(finding)


def _when(scene: Scene, step: StepRun) -> Line:
    """`03:11:04, took 3 s`."""
    if step.ended_at is None:
        return ()
    if step.started_at is None:
        return line(scene.at(step.ended_at))
    took = spell(step.ended_at - step.started_at)
    return line(scene.at(step.ended_at, seconds=True), f", took {'less than 1 s' if took == '0 s' else took}")


def _failed(scene: Scene, _: Run, step: StepRun) -> tuple[str, Line, tuple[Chunk, ...]]:
    said = [*_once(step.reason, step.finding)]
    last = step.attempts[-1] if step.attempts else None
    if last is not None and last.refused and step.definition.kind == "action":
        said.append(line("Its call did not happen."))
    word = "the undo failed" if step.state is StepState.UNDO_FAILED else "failed"
    rest = joined(" · ", (joined(", ", (line(word), _when(scene, step))), _vouched(scene, step)))
    return "🔴", rest, (paragraph(*said), paragraph(*voice_lines(scene, step)))


def _left(word: str) -> Says:
    def says(scene: Scene, _: Run, step: StepRun) -> tuple[str, Line, tuple[Chunk, ...]]:
        at = line(scene.at(step.ended_at)) if step.ended_at else ()
        skipped_by = step.skipped_by if step.state is StepState.SKIPPED else ()
        people = skipped_by or ((step.ended_by,) if step.ended_by else ())
        who = line(scene.names(people)) if people else ()
        why = f": {cut(step.reason, LONGEST_FINDING)}" if step.reason else ""
        return _SIGNS[step.state], line(*joined(", ", (line(word), who, at)), why), ()

    return says


def _undone(scene: Scene, _: Run, step: StepRun) -> tuple[str, Line, tuple[Chunk, ...]]:
    rest = joined(" · ", (joined(", ", (line("undone"), _when(scene, step))), _vouched(scene, step)))
    return _SIGNS[step.state], rest, (paragraph(*_once(step.finding)),)


_SIGNS = {StepState.SKIPPED: "⏭️", StepState.CANCELED: "✖️", StepState.UNDONE: "↩️"}
_SAYS: Mapping[StepState, Says] = {
    StepState.READY: _ready,
    StepState.BLOCKED: _blocked,
    StepState.PENDING_APPROVAL: _shown_plan,
    StepState.RUNNING: _running,
    StepState.COMPLETED: _completed,
    StepState.FAILED: _failed,
    StepState.IN_DOUBT: _in_doubt,
    StepState.SKIPPED: _left("skipped"),
    StepState.CANCELED: _left("canceled"),
    StepState.UNDOING: _undoing,
    StepState.UNDONE: _undone,
    StepState.UNDO_FAILED: _failed,
}
