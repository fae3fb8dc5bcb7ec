"""Decisions about runs: start, pause, resume, stop, and whose turn it is."""

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decisions.incidents import optional_text, stop_runs
from bot.domain.decisions.world import World, going_on, near, the_run, voiding
from bot.domain.errors import Refused
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.lookups import paths
from bot.domain.model import JsonValue
from bot.domain.problems import Unfit
from bot.domain.runbook import Input, Runbook
from bot.domain.timeline import Event
from bot.domain.transitions import IncidentState, StepState

LONGEST_INPUT = 500


def start(state: Incident | None, command: c.Start, world: World) -> tuple[Event, ...]:
    """A run begins: the runbook is pinned whole, with the points of no return that its actions declare."""
    incident = going_on(state)
    if command.runbook not in world.runbooks:
        raise Refused(f"No runbook {command.runbook} is loaded.", near(command.runbook, world.runbooks))
    runbook = _with_declared_points(world.runbooks[command.runbook], world)
    if command.system not in incident.systems:
        raise Refused(f"{incident.id} is not about {command.system}.", near(command.system, incident.systems))
    for run in incident.runs.values():
        if (run.runbook.runbook, run.system) == (command.runbook, command.system) and not run.is_over:
            raise Refused(f"{command.runbook} runs for {command.system} already, as {run.id}.", "Stop that run first.")
    if command.system not in world.plan.systems:
        raise Refused(f"The recovery plan has no system {command.system} any more.", near("", world.plan.systems))
    _check_targets(runbook, command.system, incident.environment, world)
    ungated = tuple(
        s.id
        for s in runbook.steps
        if s.kind != "action" or (s.approval is None and not world.traits[s.action or ""].gated)
    )
    return (
        e.RunStarted(
            run=f"R{len(incident.runs) + 1}",
            runbook=runbook,
            digest=world.runbooks[command.runbook].digest,
            system=command.system,
            environment=incident.environment,
            inputs=_inputs(runbook, command),
            requester=command.actor.person,
            ungated=ungated,
            after=tuple(s for s in world.plan.systems[command.system].depends_on if s in incident.systems),
        ),
    )


def _with_declared_points(runbook: Runbook, world: World) -> Runbook:
    steps = []
    for step in runbook.steps:
        if step.action and step.action not in world.traits:
            raise Refused(f"The step {step.id} names the action {step.action}, which this bot does not have.")
        declared = bool(step.action and world.traits[step.action].point_of_no_return)
        steps.append(step.model_copy(update={"point_of_no_return": bool(step.point_of_no_return) or declared}))
    return runbook.model_copy(update={"steps": tuple(steps)})


def _check_targets(runbook: Runbook, system: str, environment: str, world: World) -> None:
    if environment not in world.plan.environments:
        raise Refused(
            f"The recovery plan has no environment {environment} any more.", near("", world.plan.environments)
        )
    named = {
        path
        for step in runbook.steps
        for with_ in (step.with_, *(c.with_ for c in step.checks or ()))
        for path in paths(with_)
    }
    wanted = any(path.split(".")[0] == "target" for path in named)
    if wanted and system not in world.plan.environments[environment].targets:
        raise Refused(
            f"The environment {environment} lists no targets for {system}, so {runbook.runbook} has nothing to act on.",
            "Add them to plan.yml.",
        )


def _inputs(runbook: Runbook, command: c.Start) -> dict[str, JsonValue]:
    for name in command.inputs:
        if name not in runbook.inputs:
            raise Refused(f"{runbook.runbook} has no input {name}.", near(name, runbook.inputs))
    return {name: _input(name, spec, command.inputs.get(name, spec.default)) for name, spec in runbook.inputs.items()}


def _input(name: str, spec: Input, value: JsonValue) -> JsonValue:
    if value is None:
        raise Refused(f"The input {name} ({spec.title}) is missing.", f"Give it: --input {name}=VALUE.")
    text = str(value)
    if not isinstance(value, str | int | float) or len(text) > LONGEST_INPUT:
        raise Refused(f"The input {name} ({spec.title}) is not one short value.", f"Give it: --input {name}=VALUE.")
    try:
        return spec.read(text)
    except Unfit as unfit:
        raise Refused(f"The input {name}: {unfit.what}.", f"Please {unfit.fix}.") from unfit


def stop(state: Incident | None, command: c.Stop, _: World) -> tuple[Event, ...]:
    incident = going_on(state)
    run = the_run(incident, command.run)
    if run.is_over:
        raise Refused(f"{run.id} is {run.state} already.")
    return tuple(
        event
        for event in stop_runs(incident, optional_text(command.reason, "The reason"))
        if isinstance(event, e.RunStopped | e.StepCanceled) and event.run == run.id
    )


def pause(state: Incident | None, command: c.Pause, _: World) -> tuple[Event, ...]:
    run = the_run(going_on(state), command.run)
    if run.is_over or run.paused:
        raise Refused(f"{run.id} is {run.state} already.")
    return (e.RunPaused(run=run.id, reason=optional_text(command.reason, "The reason")),)


def resume(state: Incident | None, command: c.Resume, _: World) -> tuple[Event, ...]:
    run = the_run(going_on(state), command.run)
    if not run.paused:
        raise Refused(f"{run.id} is not paused.")
    if command.resumed_seq not in (None, run.resumed_seq):
        raise Refused(
            f"{run.id} was resumed and paused again since you looked at it: it stays paused.",
            "Read why, then resume it from the card.",
        )
    return (e.RunResumed(run=run.id),)


def turns(before: Incident | None, incident: Incident) -> tuple[Event, ...]:
    """The steps whose turn has come, and those that wait and whose turn has come again: they are planned anew."""
    if incident.state in (IncidentState.CLOSED, IncidentState.CANCELED):
        return ()
    return tuple(
        event
        for run in incident.runs.values()
        if not run.stopped and not run.paused and not incident.unrecovered(run)
        for step in run.steps.values()
        if _is_due(before, run, step)
        for event in (
            *voiding(run, step, "Its turn has come again, and it is planned anew."),
            e.StepReady(run=run.id, step=step.id, attempt=step.attempt),
        )
    )


def _is_due(before: Incident | None, run: Run, step: StepRun) -> bool:
    if step.state is StepState.NOT_STARTED:
        return run.is_turn(step.id)
    if step.state not in (StepState.READY, StepState.PENDING_APPROVAL) or step.waits_for_start:
        return False
    if before is None or run.id not in before.runs:
        return False
    was = before.runs[run.id]
    held = not was.is_turn(step.id) or bool(before.unrecovered(was))
    return held and run.is_turn(step.id)
