"""The card: one message at the top of the channel, edited all night, that says how it stands at one look."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from bot.comms.words import roughly, spell
from bot.domain.cadence import next_update
from bot.domain.incident import Incident, Run
from bot.domain.objectives import recovery_clock
from bot.domain.transitions import IncidentState, StepState
from bot.domain.untold import untold_line
from bot.domain.waiting import Wait, waits
from bot.slack.rich import Line, Part, fallback, items, joined, line, paragraph, strong
from bot.slack.surfaces.card_buttons import card_buttons
from bot.slack.surfaces.data_clock import data_clock
from bot.slack.surfaces.guidance import next_step
from bot.slack.surfaces.message import Body, Message, single
from bot.slack.surfaces.scene import Scene, chain_head
from bot.slack.text import cut

MINUTE = timedelta(minutes=1)
MOST_WAITS = 6
MOST_RUNS = 12
LONGEST_WAIT = 300
ROLES = ("commander", "deputy", "scribe")
SIGNS: Mapping[IncidentState, str] = {
    IncidentState.ACTIVE: "🔴",
    IncidentState.MITIGATED: "🟡",
    IncidentState.RESOLVED: "🟢",
    IncidentState.CLOSED: "⚪",
    IncidentState.CANCELED: "⚪",
}
DRILL_SIGN = "🔵"  # a rehearsal must never look like the real thing
STATES: Mapping[IncidentState, str] = {
    IncidentState.ACTIVE: "",
    IncidentState.MITIGATED: "Users are served again",
    IncidentState.RESOLVED: "Resolved",
    IncidentState.CLOSED: "Closed",
    IncidentState.CANCELED: "Canceled",
}


def card(scene: Scene) -> Message:
    """The incident at one look."""
    incident = scene.incident
    heading = joined(" · ", (line(f"{sign(incident)} ", strong(scene.title)), *_marks(scene)))
    text = fallback(line(" · ".join(filter(None, (scene.title, scene.drill, incident.title)))))
    title = paragraph(line(cut(incident.title, 300)), *_standing(scene))
    waiting = scene.timed_parts(_waiting(scene)) if incident.ended_at is None else ()
    chunks = (title, scene.timed_parts(paragraph(*_facts(scene))), waiting, paragraph(*_ahead(scene)))
    return single(Body(heading, text, tuple(filter(None, chunks)), card_buttons(scene)), pin=True)


def sign(incident: Incident) -> str:
    """One sign for the state; a drill has its own while it goes on."""
    return DRILL_SIGN if incident.drill and incident.is_open else SIGNS[incident.state]


def _marks(scene: Scene) -> Iterator[Line]:
    yield line(regions(scene))
    if scene.incident.drill:
        yield line(strong(scene.drill))
    if scene.incident.private:
        yield line("private")


def regions(scene: Scene) -> str:
    """`us-west-2 → us-east-1`."""
    known = (scene.plan.systems[s].regions for s in scene.incident.systems if s in scene.plan.systems)
    return ", ".join(dict.fromkeys(f"{r.primary} → {r.recovery}" for r in known))


def _standing(scene: Scene) -> Iterator[Line]:
    """What is over, and since when."""
    incident = scene.incident
    ends: Mapping[IncidentState, datetime | None] = {
        IncidentState.MITIGATED: incident.mitigated_at,
        IncidentState.RESOLVED: incident.resolved_at,
    }
    word = STATES[incident.state]
    if word:
        at = ends.get(incident.state, incident.ended_at)
        since = "since" if incident.state is IncidentState.MITIGATED else "at"
        yield line(strong(word), *((f" {since} ", scene.at(at)) if at else ()))


# --- facts ------------------------------------------------------------------------------------------------------------


def _facts(scene: Scene) -> Iterator[Line]:
    yield from _clock(scene)
    if scene.incident.state is not IncidentState.CANCELED:
        yield data_clock(scene)
    people = scene.incident.roles
    yield joined(" · ", (line(strong(role.capitalize()), " ", scene.person(people.get(role))) for role in ROLES))
    yield from _runs(scene)
    if untold := untold_line(scene.incident, scene.name):
        yield line(strong("Not told"), " ", cut(untold, LONGEST_WAIT))
    if not scene.incident.is_open:
        yield chain_head(scene.incident)


def _runs(scene: Scene) -> Iterator[Line]:
    """Every run, or as many as one look can take, those first that go on."""
    runs = scene.incident.runs.values()
    chosen = sorted(runs, key=lambda run: run.is_over)[:MOST_RUNS]
    yield from (_run(scene, run) for run in runs if run in chosen)
    if len(runs) > MOST_RUNS:
        yield line(f"And {len(runs) - MOST_RUNS} more: /dr show {scene.incident.id}")


def _clock(scene: Scene) -> Iterator[Line]:
    if scene.incident.state is IncidentState.CANCELED:
        return
    clock = recovery_clock(scene.incident, scene.now)
    of = f"{roughly(clock.elapsed)} of {spell(scene.incident.rto)}"
    late = clock.left < timedelta()
    if clock.stopped:
        verdict = strong("beyond the objective") if late else "within the objective"
        yield line(strong("Recovered"), f" after {of} · ", verdict)
        return
    # In whole minutes from the first: seconds would have the card edited all the time.
    used = line(f"{of} used" if clock.elapsed >= MINUTE else f"less than 1 min of {spell(scene.incident.rto)} used")
    beyond = line(strong(f"{roughly(-clock.left)} beyond it")) if late else ()
    estimate = line("estimate ", scene.ahead(_full_minute(clock.estimate))) if clock.estimate else ()
    by = line(strong("Back by "), scene.ahead(clock.deadline, bold=True))
    yield joined(" · ", (by, used, beyond, estimate))


def _full_minute(at: datetime) -> datetime:
    """Up to the next one: an estimate that moves with every second would have the card edited for nothing."""
    left = at.replace(second=0, microsecond=0)
    return left if left == at else left + MINUTE


def _run(scene: Scene, run: Run) -> Line:
    """`Runbook Fail over to the recovery region · 4 of 15 done · now: Validate`."""
    name = f"{run.id} " if len(scene.incident.runs) > 1 else ""
    of = f" for {scene.system(run.system)}" if len(scene.incident.systems) > 1 else ""
    title = line(strong(f"{name}Runbook"), f" {cut(run.runbook.title, LONGEST_WAIT)}{of}")
    done = sum(step.is_met for step in run.steps.values())
    parts = (title, line(f"{done} of {len(run.steps)} done"), _note(scene, run), _now(scene, run))
    return joined(" · ", parts)


def _note(scene: Scene, run: Run) -> Line:
    if run.stopped:
        return line("stopped")
    if run.paused and not run.is_over:
        return line(strong("paused"))
    first = () if run.is_over else scene.incident.unrecovered(run)
    return line(f"waits for the recovery of {', '.join(map(scene.system, first))}") if first else ()


def _now(scene: Scene, run: Run) -> Line:
    under_way = (StepState.RUNNING, StepState.UNDOING)
    running = [step for step in run.steps.values() if step.state in under_way and step.started_at]
    named = joined(", ", (line(scene.link(run, step)) for step in running))
    return line("now: ", *named) if named else ()


# --- what comes -------------------------------------------------------------------------------------------------------


def _waiting(scene: Scene) -> tuple[Part, ...]:
    found = waits(scene.incident, scene.plan)
    rows = [_wait(scene, wait) for wait in found[:MOST_WAITS]]
    if len(found) > MOST_WAITS:
        rows.append(line(f"and {len(found) - MOST_WAITS} more"))
    if len(rows) == 1:
        return paragraph(line(strong("Waiting for"), " ", *rows[0]))
    return (*paragraph(line(strong("Waiting for"))), *items(rows)) if rows else ()


def _wait(scene: Scene, wait: Wait) -> Line:
    run = scene.incident.runs[wait.run]
    since = (" (since ", scene.at(wait.since), ")") if wait.since else ()
    return line(cut(wait.needs, LONGEST_WAIT), " · ", scene.link(run, run.steps[wait.step]), *since)


def _ahead(scene: Scene) -> Iterator[Line]:
    incident = scene.incident
    if not incident.is_open:
        return
    due = next_update(incident)
    if due is None:
        yield line(strong("Next update"), f" none is planned for {incident.severity.upper()}")
    elif due <= scene.now:
        yield line(strong("Next update"), " is due since ", scene.ahead(due))
    else:
        yield line(strong("Next update"), " ", scene.ahead(due))
    yield from next_step(scene)
