"""What a listener answers: words for one person, a modal to open, errors at its fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.slack.blocks import Block
from bot.slack.controls import Control


@dataclass(frozen=True)
class Answer:
    """All of it may be empty: then what the channel shows is the answer.

    `text` is mrkdwn for one person, `controls` are kept before their buttons are shown. `opens` makes a modal and `later`
    a further answer; both run after the acknowledgement and may raise what people can read. `errors` stand at the blocks of
    the modal that was submitted, `becomes` takes its place.
    """

    text: str = ""
    blocks: tuple[Block, ...] = ()
    controls: tuple[Control, ...] = ()
    opens: Callable[[], Block] | None = None
    later: Callable[[], "Answer"] | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    becomes: Block | None = None

    @property
    def is_quick(self) -> bool:
        """Whether it can go out with the acknowledgement: nothing is to be kept or asked first."""
        return not self.controls and self.opens is None


NOTHING = Answer()
