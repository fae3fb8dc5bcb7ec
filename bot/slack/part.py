"""Slack's whole part of the bot, put together: what listens, what shows, and what watches over both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.comms.outgoing import Outgoing
from bot.domain.plan import Person
from bot.engine.desk import Desk
from bot.engine.steps import StepRunner
from bot.settings import Settings
from bot.slack.app import bolt_app
from bot.slack.chat import Chat
from bot.slack.front import Front
from bot.slack.identity import Members
from bot.slack.link import Ends, SlackLink, link
from bot.slack.painter import painter
from bot.slack.reconciler import Reconciler
from bot.slack.subcommands.registry import WORDS

REFRESH_EVERY = 10.0  # seconds: everybody of a plan with 30 people is known anew within five minutes
Send = Callable[[Outgoing, Person], str]


@dataclass(frozen=True)
class SlackPart:
    """Started after the engine and stopped before it, so that nobody speaks to a bot that does nothing."""

    front: Front
    reconciler: Reconciler
    link: SlackLink

    @property
    def every(self) -> Mapping[float, tuple[Callable[[], None], ...]]:
        """Seconds -> what is to be done so often, each in a thread of its own."""
        return {**self.link.every, REFRESH_EVERY: (self.front.members.refresh,)}

    def start(self) -> None:
        """Begin in the background; Slack may be away."""
        self.reconciler.start()
        self.link.start()

    def stop(self) -> None:
        """Take nothing more, and let what is being answered and posted end."""
        self.link.stop()
        self.front.close()
        self.reconciler.stop()


def slack_part(settings: Settings, desk: Desk, members: Members, runner: StepRunner, send: Send) -> SlackPart:
    """The part, not yet started. `send` reaches an operator by a way that is not Slack."""
    reconciler = Reconciler(desk, members.chat, members, painter(desk), runner.executor)
    front = Front(desk, members.chat, members, reconciler, WORDS, judge=runner.judge)
    token = settings.slack_app_token
    app_chat = Chat(token.get_secret_value(), settings.slack_api_url) if token else None
    secret = settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else ""
    ends = Ends(bolt_app(front), members.chat, app_chat, secret)
    return SlackPart(front, reconciler, link(ends, desk, send, settings.replica))
