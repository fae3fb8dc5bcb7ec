"""What an action may use, bound to one step in one environment. Nothing here outlives its factory."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Self

import httpx
import psycopg

from bot.actions.aws_clients import AwsClients, AwsSession
from bot.actions.outbound import Outbound
from bot.actions.secrets import Secret, read_secret
from bot.domain.targets import PostgresTarget
from bot.engine.ports import MayChange, NotApplied, Notice, OutcomeUnknown, StepFacts, Unavailable

APPLICATION_NAME_LENGTH = 63
POSTGRES: dict[str, Any] = {
    "connect_timeout": 3,
    "tcp_user_timeout": 3000,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "options": "-c statement_timeout=10s -c lock_timeout=3s -c idle_in_transaction_session_timeout=30s",
}

Notify = Callable[[StepFacts, tuple[Notice, ...]], None]


class ContextFactory:
    """Makes contexts. They share one AWS session."""

    def __init__(self, *, now: Callable[[], datetime], notify: Notify, environ: Mapping[str, str]) -> None:
        self._now = now
        self._notify = notify
        self._environ = environ
        self._session = AwsSession()

    def __call__(self, facts: StepFacts, may_change: MayChange | None = None) -> "StepContext":
        policy = facts.environment_facts.http
        outbound = Outbound(policy.allow if policy else (), may_change)
        aws = AwsClients(self._session, facts, may_change)
        return StepContext(facts, self._now, self._notify, self._environ, aws, outbound, may_change)


def asking_first(may_change: MayChange) -> type[psycopg.Cursor[Any]]:
    """Cursors that ask before each statement whether it may still be sent.

    What was sent before on the same connection stays done, so a no in the middle is OutcomeUnknown.
    """

    class Asking(psycopg.Cursor[Any]):
        def execute(self, *arguments: Any, **options: Any) -> Self:
            try:
                may_change()
            except NotApplied as held_up:
                why = str(held_up).removeprefix("Nothing was sent: ")
                raise OutcomeUnknown(
                    f"The next statement was not sent, those before it may have been: {why}"
                ) from held_up
            return super().execute(*arguments, **options)

    return Asking


class StepContext:
    """See `bot.engine.ports.Context`. Secrets and the role are read once; make a new one for each look or attempt."""

    def __init__(
        self,
        facts: StepFacts,
        now: Callable[[], datetime],
        notify: Notify,
        environ: Mapping[str, str],
        aws: AwsClients,
        outbound: Outbound,
        may_change: MayChange | None,
    ) -> None:
        self._facts = facts
        self._now = now
        self._notify = notify
        self._environ = environ
        self._aws = aws
        self._outbound = outbound
        self._may_change = may_change
        self._secrets: dict[str, Secret] = {}

    @property
    def facts(self) -> StepFacts:
        """The step."""
        return self._facts

    def now(self) -> datetime:
        """The bot's one clock, in UTC."""
        return self._now()

    def aws(self, service: str, region: str, *, mutating: bool = False) -> Any:
        """A boto3 client for one region; raises Unavailable if its account is not the environment's."""
        return self._aws.client(service, region, mutating=mutating)

    def secret(self, name: str) -> Secret:
        """A secret of this environment; raises Unavailable."""
        if name not in self._secrets:
            source = self._facts.environment_facts.secrets.get(name)
            if source is None:
                raise Unavailable(f"{self._facts.environment} has no secret {name}. Add it to the recovery plan.")
            self._secrets[name] = read_secret(name, source, self._environ, self._aws.client)
        return self._secrets[name]

    def postgres(
        self, target: PostgresTarget, *, user: str | None = None, password: str | None = None
    ) -> psycopg.Connection[Any]:
        """An autocommit connection; raises psycopg.OperationalError, and Unavailable if its secret can't be read."""
        if password is None and user is None and target.secret:
            password = self.secret(target.secret).reveal()
        return psycopg.connect(
            **POSTGRES,
            host=target.host,
            port=target.port,
            dbname=target.database,
            user=user or target.user,
            password=password,
            sslmode=target.tls,
            application_name=self._facts.token[:APPLICATION_NAME_LENGTH],
            autocommit=True,
            cursor_factory=asking_first(self._may_change) if self._may_change else psycopg.Cursor,
        )

    def http(self, method: str, url: str, **options: Any) -> httpx.Response:
        """One request to a URL that the environment allows, see `Outbound.request`; raises Unavailable and httpx.HTTPError."""
        return self._outbound.request(method, url, **options)

    def changed(self) -> None:
        """A change has gone through; nothing to a look."""
        if self._may_change:
            self._may_change.changed()

    def notify(self, notices: tuple[Notice, ...]) -> None:
        """Record messages for delivery."""
        self._notify(self._facts, notices)
