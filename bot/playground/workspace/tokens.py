"""The app's tokens: which is known, which was revoked, and what the bot token may do."""

import secrets

from bot.playground.workspace.errors import SlackError


class Tokens:
    """Both tokens, drawn anew for each run, and the scopes that the workspace granted to this app (its id)."""

    def __init__(self, app: str, scopes: frozenset[str]) -> None:
        self.bot, self.app = f"xoxb-{secrets.token_hex(16)}", f"xapp-1-{app}-{secrets.token_hex(16)}"
        self.signing_secret = secrets.token_hex(16)
        self.scopes = set(scopes)
        self.revoked = ""

    def check(self, token: str, kind: str) -> None:
        """Refuse a token that is missing, unknown, revoked, or of the other kind (kind: bot or app)."""
        if not token:
            raise SlackError("not_authed")
        if token not in (self.bot, self.app):
            raise SlackError("invalid_auth")
        if self.revoked:
            raise SlackError(self.revoked)
        if kind != "any" and (token == self.app) != (kind == "app"):
            raise SlackError("not_allowed_token_type")

    def need(self, *scopes: str) -> None:
        """Refuse where none of these scopes was granted."""
        if scopes and not self.scopes.intersection(scopes):
            raise SlackError("missing_scope", needed=",".join(scopes), provided=self.provided())

    def provided(self) -> str:
        return ",".join(sorted(self.scopes))

    def redacted(self, text: str) -> str:
        for secret in (self.bot, self.app, self.signing_secret):
            text = text.replace(secret, "[token]")
        return text
