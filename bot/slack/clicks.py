"""What each button does. Who pressed is who Slack says; what was pressed is found by the button's id in the database."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import get_args

from bot.domain import commands as c
from bot.domain.addresses import find_run
from bot.domain.errors import Refused
from bot.domain.incident import Incident, Run, StepRun
from bot.slack import declaring, outcomes
from bot.slack.answers import NOTHING, Answer
from bot.slack.approving import approve, is_outdated, outdated
from bot.slack.blocks import Block
from bot.slack.commands import incident_here
from bot.slack.controls import Control, Verb
from bot.slack.front import Front, Speaker
from bot.slack.help import help_text
from bot.slack.listing import card
from bot.slack.menu import more
from bot.slack.modals import break_glass, note, reasons, resolve, role, severity, start, update
from bot.slack.modals import declare as declare_form
from bot.slack.requests import Click
from bot.slack.spoken import Said
from bot.slack.subcommands import list_incidents, timeline
from bot.slack.subcommands.registry import SUBCOMMANDS
from bot.slack.surfaces.scene import Scene
from bot.slack.surfaces.step_buttons import buttons
from bot.slack.text import code, link
from bot.store import chat as rows
from bot.store import streams

Does = Callable[[Speaker, Control], Answer]
OfStep = Callable[[Speaker, Control, Incident, Run, StepRun], Answer]
Form = Callable[[Speaker, Control], Block]
UNKNOWN = "This button is not known any more. Nothing was counted."


def pressed(front: Front, click: Click) -> Answer:
    """What a press does; raises Refused, NotRecorded, NotConfirmed."""
    speaker = Speaker(front, click.caller, click.key)
    with front.desk.database.read() as connection:
        meaning = rows.button(connection, click.value)
    if meaning is None:
        return _unknown(speaker)
    control = Control.of(meaning)
    return CLICKS[control.verb](speaker, control)


def _unknown(speaker: Speaker) -> Answer:
    incident = incident_here(speaker.front, speaker.caller.channel)
    url = speaker.front.reconciler.link(incident, "card") if incident else None
    return Answer(
        text=f"{UNKNOWN} {link(url, 'Open the card.')}" if url else f"{UNKNOWN} What there is: {code('/dr list')}"
    )


# --- steps ------------------------------------------------------------------------------------------------------------


def _of_step(does: OfStep) -> Does:
    """A verb about a step: a button beside something that is no longer so only says what has changed."""

    def press(speaker: Speaker, control: Control) -> Answer:
        incident = speaker.incident(control.incident)
        run = incident.runs.get(control.run)
        step = run.steps.get(control.step) if run else None
        if run is None or step is None:
            raise Refused(f"{incident.id} has no such step any more.", f"Look at it with: /dr show {incident.id}")
        if is_outdated(step, control) or _has_gone_on(speaker, incident, run, step, control):
            return outdated(speaker, incident, run, step, control)
        return does(speaker, control, incident, run, step)

    return press


def _has_gone_on(speaker: Speaker, incident: Incident, run: Run, step: StepRun, control: Control) -> bool:
    """Whether the button stands below the step no more. A press that came before, and did this, is only repeated."""
    if step.awaits_approval:
        return False
    desk = speaker.front.desk
    scene = Scene(incident, speaker.plan, speaker.now(), traits=desk.registry.traits)
    if any(press.control.verb == control.verb for press in buttons(scene, run, step)):
        return False
    with desk.database.read() as connection:
        return streams.key_seen(connection, speaker.key) is None


def _approve(speaker: Speaker, control: Control, incident: Incident, run: Run, step: StepRun) -> Answer:
    return approve(speaker, incident, run, step, control.digest, aloud=False)


def _step_command(word: Callable[..., c.StepWord]) -> Does:
    def does(speaker: Speaker, control: Control, incident: Incident, *_: object) -> Answer:
        speaker.give(incident.id, word(**reasons.looked_at(control)))
        return NOTHING

    return _of_step(does)


def _settle_not_happened(speaker: Speaker, control: Control, incident: Incident, run: Run, step: StepRun) -> Answer:
    after = speaker.give(incident.id, c.Settle(**reasons.looked_at(control), outcome="not_happened"))
    return Answer(text=outcomes.settled(after, after.runs[run.id].steps[step.id], speaker.plan))


def _step_form(form: Form) -> Does:
    return _of_step(lambda speaker, control, *_: Answer(opens=lambda: form(speaker, control)))


# --- the incident -----------------------------------------------------------------------------------------------------


def _form(form: Form) -> Does:
    return lambda speaker, control: Answer(opens=lambda: form(speaker, control))


def _command(command: Callable[[], c.Command], says: Callable[[Incident], str] | None = None) -> Does:
    def press(speaker: Speaker, control: Control) -> Answer:
        after = speaker.give(control.incident, command())
        return Answer(text=says(after)) if says else NOTHING

    return press


def _each_run(command: Callable[[str, Control], c.Command], wanted: Callable[[Run], bool]) -> Does:
    """A run's verb: for the run that is named, or for every one that it fits."""

    def press(speaker: Speaker, control: Control) -> Answer:
        incident = speaker.incident(control.incident)
        runs = [run.id for run in incident.runs.values() if not run.is_over and wanted(run)]
        for run in [control.run] if control.run else runs or [find_run(incident, None).id]:
            speaker.give(incident.id, command(run, control), part=run)
        return NOTHING

    return press


def _resume(run: str, control: Control) -> c.Resume:
    """The pause beside which the button stands, and no later one."""
    return c.Resume(run=run, resumed_seq=int(control.detail) if control.detail else None)


def _subscribe(speaker: Speaker, control: Control) -> Answer:
    return Answer(text=outcomes.subscribed(speaker.give(control.incident, c.Subscribe()), speaker))


def _post_update(speaker: Speaker, control: Control) -> Answer:
    number = speaker.incident(control.incident).updates.number + 1
    return update.post(speaker, control.incident, int(control.detail) if control.detail else number, {})


# --- all --------------------------------------------------------------------------------------------------------------

STEPS: Mapping[Verb, Does] = {
    "approve": _of_step(_approve),
    "done": _step_command(c.Done),
    "retry": _step_command(c.Retry),
    "start": _step_command(c.Retry),
    "look_again": _step_command(c.Retry),
    "withdraw": _step_command(c.Withdraw),
    "settle_look_again": _step_command(partial(c.Settle, outcome="look_again")),
    "settle_not_happened": _of_step(_settle_not_happened),
    "settle_happened": _step_form(reasons.view),
    "decline": _step_form(reasons.view),
    "accept_risk": _step_form(reasons.view),
    "skip": _step_form(reasons.view),
    "undo": _step_form(reasons.view),
    "break_glass": _step_form(break_glass.view),
}
INCIDENTS: Mapping[Verb, Does] = {
    "start_runbook": _form(start.view),
    "take_role": _form(role.view),
    "update_now": _form(update.view),
    "edit_update": _form(update.view),
    "post_update": _post_update,
    "resolve": _form(resolve.view),
    "note": _form(note.view),
    "severity": _form(severity.view),
    "stop": _form(reasons.view),
    "cancel": _form(reasons.view),
    "reopen": _form(reasons.view),
    "more": _form(lambda speaker, control: more(speaker, control.incident)),
    "pause": _each_run(lambda run, _: c.Pause(run=run), lambda run: not run.paused),
    "resume": _each_run(_resume, lambda run: run.paused),
    "mitigate": _command(c.Mitigate, outcomes.mitigated),
    "close": _command(c.Close, lambda incident: f"*{incident.id}* is closed."),
    "subscribe": _subscribe,
    "acknowledge": _command(c.Acknowledge, outcomes.acknowledged),
    "status": lambda speaker, control: card(speaker, speaker.incident(control.incident)),
    "timeline": lambda speaker, control: timeline.recent(speaker, control.incident),
    "open_channel": lambda _, __: NOTHING,
}
EVERYWHERE: Mapping[Verb, Does] = {
    "declare": _form(lambda speaker, _: declare_form.view(speaker)),
    "declare_anyway": declaring.anyway,
    "list": lambda speaker, _: list_incidents.answer(Said(speaker)),
    "help": lambda _, __: Answer(text=help_text(SUBCOMMANDS)),
}
CLICKS: Mapping[Verb, Does] = {**STEPS, **INCIDENTS, **EVERYWHERE}
assert set(CLICKS) == set(get_args(Verb)), "a button does nothing"
