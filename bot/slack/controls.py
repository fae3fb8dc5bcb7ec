"""What a button means. The button itself carries only an opaque id; the store finds its meaning again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from bot.domain.model import JsonValue, canonical, sha256

Verb = Literal[
    "approve",
    "decline",
    "withdraw",
    "accept_risk",
    "done",
    "skip",
    "retry",
    "start",
    "look_again",
    "undo",
    "settle_happened",
    "settle_not_happened",
    "settle_look_again",
    "start_runbook",
    "take_role",
    "update_now",
    "post_update",
    "edit_update",
    "pause",
    "resume",
    "mitigate",
    "resolve",
    "more",
    "subscribe",
    "open_channel",
    "declare_anyway",
    "declare",
    "list",
    "help",
    "status",
    "timeline",
    "note",
    "severity",
    "stop",
    "close",
    "cancel",
    "reopen",
    "acknowledge",
    "break_glass",
]
VERBS: tuple[str, ...] = get_args(Verb)
ACTION = "control:"
"""How every button's action_id begins; the verb follows."""
ID_LENGTH = 24


@dataclass(frozen=True)
class Control:
    """A verb and what it is about. A step's control names the attempt and the plan that were shown beside it.

    `generation` counts a step's plans, so that a button of an old copy never has the id of a current one. `detail` is
    whatever else the verb needs: a role, a form, the number of an update.
    """

    verb: Verb
    incident: str = ""
    run: str = ""
    step: str = ""
    attempt: int = 0
    generation: int = 0
    digest: str = ""
    detail: str = ""

    @cached_property
    def id(self) -> str:
        """Opaque: the beginning of the hash of everything that it means."""
        return sha256(canonical(asdict(self)))[:ID_LENGTH]

    @property
    def action(self) -> str:
        """The button's action_id. What was clicked is found by the button's value, the id."""
        return f"{ACTION}{self.verb}"

    @property
    def meaning(self) -> dict[str, JsonValue]:
        """What is kept under the id."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def of(cls, meaning: Mapping[str, Any]) -> "Control":
        """The control that was kept; TypeError where a field is unknown here."""
        return cls(**meaning)
