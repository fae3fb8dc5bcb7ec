"""The people of the night: they do what the bot's own messages ask for, and nothing else, until it is resolved."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.text import Text

from bot.playground.dr_command import DrCommand
from bot.playground.narration import Narrator
from bot.playground.news import News
from bot.playground.persons import Gone, Persons, StoryFailed, account
from bot.playground.room import Post, Room

COMMANDER = "alice"
OTHERS = ("bob", "carol", "dave", "erin")
STANDSTILL = 60.0  # seconds in which something must be asked for or done
CONFIRM = "confirm_system_operation"  # the last step of the recovery itself
ON_A_TERMINAL = "switch_traffic"  # approved by somebody whose chat does not load
BY_HAND = {
    "assess_situation": "has looked: the provider's page says that us-west-2 has lost power.",
    "update_documentation": "has noted where the runbook and the world differed.",
    "review_incident": "has written down what was learned.",
}
STUCK = frozenset({"settle_not_happened", "retry", "start"})
WHY = "nothing more can arrive from a dark region"
MITIGATE, RESOLVE = "/dr mitigate", "/dr resolve"


@dataclass
class Night:
    """Walks one incident in its channel. `try_order` places a test order and says where it was taken."""

    persons: Persons
    room: Room
    incident: str
    dr: DrCommand
    narrator: Narrator
    try_order: Callable[[], str]
    deeds: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.news = News(self.narrator)

    def walk(self) -> None:
        """Until it is resolved; raises StoryFailed where a step fails or nothing moves any more."""
        while True:
            asking = self.next_asking()
            if asking is None:
                return
            try:
                self.answer(asking)
            except Gone:  # it was edited meanwhile, as a person would see
                continue
            self.wait_for_change(asking)

    def next_asking(self) -> Post | None:
        """The first message that asks for something, what is new being told; None once it is resolved."""
        found: list[Post | None] = []

        def look() -> bool:
            posts = self.room.posts()
            self.news.tell(posts)
            asking = next((it for it in posts if self.asks(it)), None)
            if asking or any(it.key.startswith("resolution") for it in posts):
                found.append(asking)
            return bool(found)

        with self.narrator.waiting("the bot is at work"):
            self.until(look, "nothing is asked for")
        return found[-1]

    def asks(self, post: Post) -> bool:
        if post.key == "card":
            return MITIGATE in post.text.plain or RESOLVE in post.text.plain
        if not post.step:
            return False
        if STUCK & post.buttons.keys():
            raise StoryFailed(f"a step stands still: {post.text.plain}")
        return bool({"approve", "done", "accept_risk", "look_again"} & post.buttons.keys())

    def answer(self, post: Post) -> None:
        if post.key == "card":
            self.say_how_it_stands(post)
        elif "approve" in post.buttons:
            self.approve(post)
        elif "done" in post.buttons:
            told = self.try_order() if post.step == CONFIRM else BY_HAND.get(post.step, f"has done {post.step}.")
            self.persons.clicks(self.idle(OTHERS), post, "done", told)
        elif "accept_risk" in post.buttons:
            self.accept(post)
        else:
            self.persons.clicks(COMMANDER, post, "look_again", "asks the bot to look again.")

    def approve(self, post: Post) -> None:
        """All who are needed, of those whom the message names: one reads first, then the others press at once."""
        self.narrator.scene(f"{post.title}: a plan to approve")
        self.narrator.says("It stands in the channel:")
        self.narrator.quotes(post.text)
        self.persons.look(COMMANDER, f"plan:{post.step}")
        able = [person for person in OTHERS if account(person) in post.asked]
        if len(able) < post.missing or not post.missing:
            raise StoryFailed(f"{post.title} asks {post.missing} of {able} for approval")
        first, *others = sorted(able, key=lambda person: self.deeds[person])[: post.missing]
        if post.step == ON_A_TERMINAL:
            self.approve_on_a_terminal(first, post)
        else:
            self.persons.clicks(first, post, "approve", "reads the plan and approves it.")
        self.deeds.update((first, *others))
        if others:
            self.persons.click_together(others, post, "approve", "has read the same plan, and approves it.")

    def approve_on_a_terminal(self, person: str, post: Post) -> None:
        words = ("approve", self.incident, post.step, "--as", person, "--key", f"keys/{person}")
        self.narrator.deed(person, "approves it on a terminal: the same rules hold there.", words)
        with self.narrator.waiting("dr"):
            told = self.dr.on_terminal(*words)
        self.narrator.quotes(Text.from_ansi(told.strip("\n")))

    def accept(self, post: Post) -> None:
        """Somebody whom the message names takes the risk, and says why."""
        said = post.text.plain
        able = [it for it in OTHERS if account(it) in post.asked]
        if not able:
            raise StoryFailed(f"nobody is left to accept the risk of {post.title}")
        if "Accept the risk:" not in said:
            self.narrator.scene(f"{post.title}: it can't be known")
            self.narrator.quotes(post.text)
            self.persons.look(COMMANDER, f"blocked:{post.step}")
        person = self.idle(able)
        self.persons.clicks(person, post, "accept_risk", "takes the risk.")
        self.persons.submits(person, self.persons.form(person), {"reason": WHY})

    def say_how_it_stands(self, card: Post) -> None:
        """What the card says comes next."""
        if MITIGATE in card.text.plain:
            self.persons.asks(COMMANDER, self.room.id, MITIGATE, "says that users are served again.")
            return
        self.narrator.scene("The end")
        self.persons.types(COMMANDER, self.room.id, RESOLVE, "ends the incident; the bot has drafted what to say.")
        form = self.persons.form(COMMANDER)
        self.persons.submits(COMMANDER, form, {})
        self.narrator.says("In the channel, and to everyone who was told of it:")
        self.narrator.quotes(self.wait_for("resolution").text)

    def wait_for_change(self, post: Post) -> None:
        """Until the message asks for something else."""

        def changed() -> bool:
            now = self.room.post(post.key)
            if now is None or not self.asks(now):
                return True
            return now.plan != post.plan if post.plan else now.text.plain != post.text.plain

        with self.narrator.waiting("the bot is at work"):
            self.until(changed, f"nothing came of it: {post.title}")
        self.persons.look(COMMANDER, f"after:{post.step}")

    def wait_for(self, key: str, verb: str = "") -> Post:
        """The message whose key begins like that, once it is there, with the button of a verb if one is named."""
        found: list[Post] = []

        def look() -> bool:
            posts = (it for it in self.room.posts() if it.key.startswith(key))
            found.extend(it for it in posts if not verb or verb in it.buttons)
            return bool(found)

        self.until(look, f"there is no {key}" + (f" with a button to {verb}" if verb else ""))
        return found[0]

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        try:
            self.room.workspace.until(holds, STANDSTILL)
        except TimeoutError as error:
            raise StoryFailed(f"for {STANDSTILL:.0f} s {otherwise}") from error

    def idle(self, people: Sequence[str]) -> str:
        """Who has done least by now; it counts as done."""
        person = min(people, key=lambda it: self.deeds[it])
        self.deeds[person] += 1
        return person
