"""What is ahead: a run's steps in order, said once when it starts. The channel's bookmark leads here."""

from collections.abc import Iterator

from bot.comms.words import spell
from bot.domain.approvals import rule_for
from bot.domain.incident import Run, StepRun
from bot.slack.rich import Line, fallback, joined, line, paragraph, strong
from bot.slack.surfaces.message import Body, Message, spread
from bot.slack.surfaces.scene import Scene
from bot.slack.text import cut, one_line


def run_key(run: str) -> str:
    """The key of a run's message."""
    return f"run/{run}"


def run_messages(scene: Scene, run: Run) -> Iterator[tuple[str, Message]]:
    """The messages of a run, by their keys: one, unless the runbook is longer than that."""
    where = f"{run.id} · {run.environment}" if len(scene.incident.runs) > 1 or scene.incident.drill else ""
    started = line(f"started by {scene.name(run.requester)} at ", scene.at(run.started_at))
    heading = joined(" · ", (line("Runbook ", strong(title(run))), line(where), started))
    text = fallback(joined(" · ", (line(scene.incident.id), line(scene.drill), line("Runbook ", title(run)))))
    steps = paragraph(*(_step(scene, run, step) for step in run.steps.values()))
    yield from spread(run_key(run.id), Body(heading, text, (steps,)), scene.links.to)


def title(run: Run) -> str:
    """The runbook's title, in one line."""
    return cut(one_line(run.runbook.title), 250)


def _step(scene: Scene, run: Run, step: StepRun) -> Line:
    """`6 · Promote the replica · about 5 min · needs 2 approvals · cannot be undone`."""
    number = list(run.steps).index(step.id) + 1
    name = cut(one_line(step.definition.title), 300)
    return joined(" · ", (line(f"{number} · {name}"), *(line(said) for said in _said(scene, step))))


def _said(scene: Scene, step: StepRun) -> Iterator[str]:
    if step.definition.expected:
        yield f"about {spell(step.definition.expected)}"
    if step.definition.kind == "action" and step.gated:
        required = rule_for(scene.plan.approvals, step.definition.approval).required
        yield f"needs {required} approval{'s' if required > 1 else ''}"
    if step.definition.point_of_no_return:
        yield "cannot be undone"
