"""The whole examination, in the order in which things depend on each other."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.doctor import slack_places, slack_tokens, surroundings
from bot.domain.finding import Finding
from bot.domain.plan import RecoveryPlan
from bot.settings import Settings
from bot.slack.chat import Chat


def examine(settings: Settings, known: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[Finding]:
    """Every setting, each with its mend. Nothing is changed anywhere. `known` are the actions and checks by name."""
    configuration, found = surroundings.files(settings, known)
    yield from found
    replicas, found = surroundings.database(settings)
    yield from found
    yield from surroundings.web(settings, replicas)
    plan = configuration.plan if configuration else None
    if plan is not None:
        yield from surroundings.secrets(plan, environ)
        yield from surroundings.mail(settings, plan)
    yield from _slack(settings, plan)


def _slack(settings: Settings, plan: RecoveryPlan | None) -> Iterator[Finding]:
    yield from slack_tokens.kinds(settings)
    granted, found = slack_tokens.granted(settings)
    yield from found
    yield from slack_tokens.app_token(settings)
    if granted is None or plan is None:
        return
    chat = Chat(slack_tokens.value(settings.slack_bot_token), settings.slack_api_url)
    yield from slack_places.channels(plan, chat, granted.us)
    yield from slack_places.people(plan, chat, granted.us)
    yield from slack_places.groups(plan, chat)
