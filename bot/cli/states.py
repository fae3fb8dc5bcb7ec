"""How states look: a sign, a word and a colour, never a colour alone."""

from collections.abc import Mapping

from rich.text import Text

from bot.domain.transitions import IncidentState, RunState, StepState

STEPS: Mapping[StepState, tuple[str, str]] = {
    StepState.NOT_STARTED: ("·", "dim"),
    StepState.READY: ("○", "cyan"),
    StepState.BLOCKED: ("■", "yellow"),
    StepState.PENDING_APPROVAL: ("◇", "magenta"),
    StepState.RUNNING: ("▶", "blue"),
    StepState.COMPLETED: ("✓", "green"),
    StepState.FAILED: ("✗", "bold red"),
    StepState.IN_DOUBT: ("?", "bold yellow"),
    StepState.SKIPPED: ("-", "dim"),
    StepState.CANCELED: ("-", "dim"),
    StepState.UNDOING: ("◀", "blue"),
    StepState.UNDONE: ("↩", "dim"),
    StepState.UNDO_FAILED: ("✗", "bold red"),
}
INCIDENTS: Mapping[IncidentState, str] = {
    IncidentState.ACTIVE: "bold red",
    IncidentState.MITIGATED: "yellow",
    IncidentState.RESOLVED: "green",
    IncidentState.CLOSED: "dim",
    IncidentState.CANCELED: "dim",
}
RUNS: Mapping[RunState, str] = {
    RunState.RUNNING: "blue",
    RunState.WAITING: "magenta",
    RunState.PAUSED: "yellow",
    RunState.FAILED: "bold red",
    RunState.STOPPED: "dim",
    RunState.COMPLETED: "green",
}


def step_state(state: StepState) -> Text:
    """`✓ completed`."""
    sign, style = STEPS[state]
    return Text(f"{sign} {state.replace('_', ' ')}", style=style)


def incident_state(state: str) -> Text:
    """`active`; a state that is not known here has no colour."""
    return Text(state, style=INCIDENTS.get(IncidentState(state), ""))


def run_state(state: RunState) -> Text:
    """`running`."""
    return Text(state, style=RUNS[state])
