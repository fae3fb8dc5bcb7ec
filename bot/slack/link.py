"""All that keeps the bot and Slack in touch, put together: the transport, the canary, health and the alarm."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from slack_bolt import App
from starlette.routing import Route

from bot.comms.outgoing import Outgoing
from bot.domain.plan import Person
from bot.engine.desk import Desk
from bot.engine.parts import Part
from bot.slack import canary as birds
from bot.slack.alarm import Alarm, Patience
from bot.slack.canary import Canary
from bot.slack.chat import Chat
from bot.slack.health import SlackHealth
from bot.slack.http_mode import HttpMode
from bot.slack.pace import Pace
from bot.slack.sockets import Hears, Sockets, hears_nothing
from bot.store import chat as rows

STEP_EVERY, LOOK_EVERY, WATCH_EVERY, COUNT_EVERY = 3.0, 20.0, 5.0, 15.0  # seconds


@dataclass
class Replicas:
    """How many bots live, known at once and asked for now and then."""

    desk: Desk
    number: int = 1

    def count_replicas(self) -> None:
        """Ask the store; raises its errors."""
        self.number = max(1, len(self.desk.executors()))


@dataclass(frozen=True)
class SlackLink:
    """Started before and stopped after the engine. `every` is what the replica repeats, `routes` what the web serves."""

    transport: Sockets | HttpMode
    health: SlackHealth
    alarm: Alarm
    replicas: Replicas
    canary: Canary | None = None

    @property
    def routes(self) -> Sequence[Route]:
        """None with sockets."""
        return self.transport.routes if isinstance(self.transport, HttpMode) else ()

    @property
    def every(self) -> Mapping[float, tuple[Callable[[], None], ...]]:
        """Seconds -> what is to be done so often, each in a thread of its own."""
        steps = (self.canary.step,) if self.canary else ()
        return {
            STEP_EVERY: steps,
            WATCH_EVERY: (self.alarm.look,),
            COUNT_EVERY: (self.replicas.count_replicas,),
            LOOK_EVERY: (self.health.look,),
        }

    def part(self) -> Part:
        """How the way to Slack is; answers at once."""
        return self.health.part()

    def start(self) -> None:
        """Connect in the background; Slack may be away."""
        self.transport.start()

    def stop(self) -> None:
        """Say goodbye to Slack."""
        self.transport.stop()


@dataclass(frozen=True)
class Ends:
    """The two ends that are to be linked. With an app token Slack comes over sockets, else to `/slack/events`."""

    app: App
    chat: Chat
    app_chat: Chat | None
    signing_secret: str = ""


def link(
    ends: Ends,
    desk: Desk,
    send: Callable[[Outgoing, Person], str],
    replica: str,
    timing: birds.Timing = birds.Timing(),  # noqa: B008 - frozen
    patience: Patience = Patience(),  # noqa: B008 - frozen
    pace: Pace | None = None,
) -> SlackLink:
    """The link, not yet started. `send` reaches an operator by a way that is not Slack."""
    channel = desk.plan.channels.operators
    canary = Canary(desk, ends.chat, channel, replica, timing) if channel else None
    replicas = Replicas(desk)
    transport = _transport(ends, canary.hears if canary else hears_nothing, replicas, pace)
    if canary:
        canary.watch(transport)
    health = SlackHealth(ends.chat, transport.part, canary, partial(unshown, desk))
    return SlackLink(transport, health, Alarm(desk, health.part, send, replica, patience), replicas, canary)


def unshown(desk: Desk) -> Mapping[str, str]:
    """The incidents that can't be shown as they should be, and why; raises the store's errors."""
    with desk.database.read() as connection:
        return rows.troubles(connection)


def _transport(ends: Ends, hears: Hears, replicas: Replicas, pace: Pace | None) -> Sockets | HttpMode:
    if ends.app_chat is not None:
        return Sockets(ends.app, ends.app_chat, replicas=lambda: replicas.number, hears=hears, pace=pace)
    return HttpMode(ends.app, ends.signing_secret, hears=hears)
