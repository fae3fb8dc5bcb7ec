"""What the formats need to know of an action or check, so that a runbook can be judged before the night."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import BaseModel


class KnownAction(Protocol):
    """An action or a check: the model of its parameters, and whether it can be undone."""

    @property
    def params(self) -> type[BaseModel]: ...

    @property
    def point_of_no_return(self) -> bool: ...

    @property
    def kind(self) -> str:
        """`action` or `check`."""
        ...


KnownActions = Mapping[str, KnownAction]
"""Every action and check by the name that runbooks use."""
