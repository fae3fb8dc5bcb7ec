"""Everything that the workspace knows, in one place, under one lock."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from bot.playground.workspace.changes import Change
from bot.playground.workspace.clock import Clock
from bot.playground.workspace.faults import Faults
from bot.playground.workspace.installed import InstalledApp
from bot.playground.workspace.ledger import Ledger
from bot.playground.workspace.limits import Limits
from bot.playground.workspace.panel import Panel
from bot.playground.workspace.people import Group, Person
from bot.playground.workspace.state import State
from bot.playground.workspace.tokens import Tokens
from bot.playground.workspace.triggers import Hooks, Tickets, Triggers
from bot.playground.workspace.uploads import Uploads
from bot.playground.workspace.views import Views


@dataclass
class Core:
    """Whoever reads or changes it holds `changed`, which is notified at each change. `patience`: with the app, in seconds."""

    clock: Clock
    app: InstalledApp
    tokens: Tokens
    state: State
    views: Views
    triggers: Triggers
    hooks: Hooks
    tickets: Tickets
    limits: Limits
    faults: Faults
    ledger: Ledger
    panel: Panel
    uploads: Uploads
    changed: threading.Condition
    patience: float
    url: str = ""

    @property
    def permalink_base(self) -> str:
        return f"{self.url}/archives"


def new_core(
    app: InstalledApp,
    people: Sequence[Person] | None,
    groups: Sequence[Group] | None,
    *,
    limits: bool,
    patience: float,
) -> Core:
    clock = Clock()
    state = State(clock, app, people, groups)
    changed = threading.Condition(threading.RLock())

    def notify(_: Change) -> None:
        with changed:
            changed.notify_all()

    state.listen(notify)
    return Core(
        clock=clock,
        app=app,
        tokens=Tokens(app.id, app.scopes),
        state=state,
        views=Views(state),
        triggers=Triggers(clock, patience),
        hooks=Hooks(clock),
        tickets=Tickets(),
        limits=Limits(clock, enabled=limits),
        faults=Faults(),
        ledger=Ledger(),
        panel=Panel(state),
        uploads=Uploads(),
        changed=changed,
        patience=patience,
    )
