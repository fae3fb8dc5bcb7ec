"""What the bot's messages newly say, told once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.text import Text

from bot.playground.narration import Narrator
from bot.playground.room import Post

ENDED = ("✓", "■", "✗", "?", "-")


@dataclass
class News:
    """Tells of steps that ended, and of status updates: the first whole, as it stands in the channel."""

    narrator: Narrator
    told: set[tuple[str, str]] = field(default_factory=set)

    def tell(self, posts: Sequence[Post]) -> None:
        for post in posts:
            sign = post.heading.plain[:1]
            if post.step and sign in ENDED and (post.key, sign) not in self.told:
                self.told.add((post.key, sign))
                self.narrator.says(post.heading)
            elif post.key.startswith("update/") and (post.key, "") not in self.told:
                self.told.add((post.key, ""))
                self.tell_update(post)

    def tell_update(self, post: Post) -> None:
        number = post.key.partition("/")[2]
        self.narrator.says(Text.assemble(("The bot", "bold"), f" has posted status update {number} by itself."))
        if number == "1":
            self.narrator.quotes(post.text)
