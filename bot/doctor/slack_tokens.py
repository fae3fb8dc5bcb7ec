"""The Slack credentials: which there are, of which kind, and whether Slack takes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.error import URLError

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.domain.finding import Area, Finding
from bot.settings import Settings
from bot.slack.chat import CODE, Chat, SlackRefused, SlackTrouble
from bot.slack.identity import Us
from bot.slack.needs import APP_TOKEN_SCOPE, SCOPES, users_of

SECONDS = 5
SKEW_DOUBT, SKEW_WRONG = 10, 300  # seconds; Slack's requests count for 300
INSTALL = "Install the app again from manifest.yml, and set the new token."
AREA = Area("Slack")


@dataclass(frozen=True)
class Granted:
    """What Slack said of the bot token."""

    us: Us
    name: str
    workspace: str
    scopes: frozenset[str]
    skew: float | None


def value(secret: SecretStr | None) -> str:
    """The value, empty where there is none."""
    return secret.get_secret_value().strip() if secret else ""


def kinds(settings: Settings) -> Iterator[Finding]:
    """Whether the right credentials are set, by their looks."""
    bot, app, secret = (
        value(secret) for secret in (settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret)
    )
    if not (bot or app or secret):
        mend = "To work in Slack, make an app from manifest.yml and set SLACK_BOT_TOKEN and SLACK_APP_TOKEN."
        yield AREA.doubt("credentials", "There are none: everything goes on by the dr command.", mend)
        return
    yield from _looks("SLACK_BOT_TOKEN", bot, "xoxb-", "OAuth & Permissions, Bot User OAuth Token")
    if app:
        yield from _looks("SLACK_APP_TOKEN", app, "xapp-", "Basic Information, App-Level Tokens")
    yield from _way_in(settings, app, secret)


def _looks(name: str, token: str, begins: str, where: str) -> Iterator[Finding]:
    if not token:
        yield AREA.wrong(name, "It is not set.", f"Copy it from the app's settings ({where}).")
    elif not token.startswith(begins):
        yield AREA.wrong(name, f"It does not begin with {begins}.", f"Copy the right one ({where}).")


def _way_in(settings: Settings, app: str, secret: str) -> Iterator[Finding]:
    """How Slack reaches the bot."""
    if app and secret:
        mend = "Take SLACK_SIGNING_SECRET out of the environment."
        yield AREA.doubt("mode", "Socket Mode; the signing secret is not used.", mend)
    elif app:
        yield AREA.ok("mode", "Socket Mode.")
    elif not secret:
        mend = "Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP mode."
        yield AREA.wrong("mode", "There is no way for Slack to reach the bot.", mend)
    elif not settings.url.startswith("https://"):
        mend = "Set DR_URL to the https:// address by which Slack reaches this bot."
        yield AREA.doubt("mode", f"HTTP mode, and Slack would have to reach {settings.url}.", mend)
    else:
        yield AREA.ok("mode", f"HTTP mode at {settings.url.rstrip('/')}/slack/events.")


def ask(token: str, base_url: str) -> Granted:
    """Who the token is; raises SlackApiError, OSError, HTTPException, SlackClientError, ValueError."""
    client = WebClient(token, base_url, timeout=SECONDS, retry_handlers=[])
    answer = client.auth_test()
    fields = (str(answer.get(name) or "") for name in ("team_id", "enterprise_id", "user_id", "url"))
    scopes = header(answer.headers, "x-oauth-scopes")
    return Granted(
        us=Us(*fields),
        name=str(answer.get("user") or ""),
        workspace=str(answer.get("team") or ""),
        scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
        skew=skew(header(answer.headers, "date")),
    )


def granted(settings: Settings) -> tuple[Granted | None, list[Finding]]:
    """What Slack says of the bot token, and what is to be said of that."""
    token = value(settings.slack_bot_token)
    if not token:
        return None, []
    try:
        found = ask(token, settings.slack_api_url)
    except SlackApiError as error:
        said = str(error.response.get("error") or "") if isinstance(error.response.data, dict) else ""
        code = said if CODE.fullmatch(said) else ""
        says = f"Slack refuses it ({code})." if code else "Slack's answer can't be read."
        return None, [AREA.wrong("bot token", says, INSTALL) if code else AREA.doubt("Web API", says, "Try again.")]
    except (URLError, OSError, HTTPException, SlackClientError, ValueError) as error:
        reason = type(getattr(error, "reason", error)).__name__
        mend = "Look at the network, and at https://slack-status.com. The dr command works meanwhile."
        return None, [AREA.doubt("Web API", f"{settings.slack_api_url} does not answer ({reason}).", mend)]
    return found, [
        AREA.ok("bot token", f"It is {found.name} in {found.workspace}."),
        *scopes(found.scopes),
        *clock(found.skew),
    ]


def scopes(found: frozenset[str]) -> Iterator[Finding]:
    """What was granted against what is needed."""
    mend = "Bring the app's manifest in line with manifest.yml and install it again."
    for scope in sorted(SCOPES - found):
        yield AREA.wrong(f"scope {scope}", f"It is missing, and needed for {', '.join(users_of(scope))}.", mend)
    surplus = sorted(found - SCOPES)
    if surplus:
        yield AREA.doubt("scopes", f"More is granted than needed: {', '.join(surplus)}.", mend)
    elif found >= SCOPES:
        yield AREA.ok("scopes", f"All {len(SCOPES)} that are needed, and no others.")


def clock(difference: float | None) -> Iterator[Finding]:
    """Our clock against Slack's."""
    mend = "Set this machine's clock (NTP): Slack's requests count for 5 min, and the timeline names moments."
    if difference is None:
        yield AREA.doubt("clock", "Slack did not say what time it is.", "Try again.")
    elif abs(difference) < SKEW_DOUBT:
        yield AREA.ok("clock", f"It differs from Slack's by less than {SKEW_DOUBT} s.")
    else:
        judge = AREA.wrong if abs(difference) >= SKEW_WRONG else AREA.doubt
        where = "ahead of" if difference > 0 else "behind"
        yield judge("clock", f"It is {abs(difference):.0f} s {where} Slack's.", mend)


def app_token(settings: Settings) -> Iterator[Finding]:
    """Whether a connection could be opened; none is."""
    token = value(settings.slack_app_token)
    if not token:
        return
    mend = f"Make an app-level token with {APP_TOKEN_SCOPE}, switch Socket Mode on, and set SLACK_APP_TOKEN."
    try:
        Chat(token, settings.slack_api_url).call("apps.connections.open", patience=SECONDS)
    except SlackRefused as refused:
        yield AREA.wrong("app token", f"Slack opens no connection for it ({refused.code}).", mend)
    except SlackTrouble as trouble:
        yield AREA.doubt("app token", f"It could not be tried: {trouble}", "Try again in a minute.")
    else:
        yield AREA.ok("app token", "It can open a connection.")


def header(headers: dict[str, str], name: str) -> str:
    """A header by its name in any case."""
    return next((str(text) for key, text in headers.items() if key.lower() == name), "")


def skew(date: str) -> float | None:
    """Seconds that our clock is ahead of a Date header; None where it says nothing."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (datetime.now(UTC) - theirs.astimezone(UTC)).total_seconds()
