"""AWS clients of one environment: its role, its account and nothing else."""

import hashlib
import re
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.actions.aws_errors import aws_look
from bot.engine.ports import MayChange, StepFacts, Unavailable

if TYPE_CHECKING:
    import boto3

CONNECT_TIMEOUT = 3
READ_TIMEOUT = 10
READ_ATTEMPTS = 2
ROLE_SECONDS = 900  # the shortest that STS grants
SESSION_NAME_LENGTH = 64

Credentials = dict[str, str]


class AwsSession:
    """The AWS session of this process. boto3 is loaded with the first client: most commands need none."""

    def __init__(self) -> None:
        self._making = threading.Lock()  # a boto3 session must not make two clients at once
        self._made: boto3.Session | None = None

    def client(self, service: str, region: str, attempts: int, credentials: Credentials) -> Any:
        """A client that sends a request so many times at most."""
        from botocore.config import Config  # noqa: PLC0415

        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            tcp_keepalive=True,
        )
        with self._making:
            self._made = self._made or _new_session()
            return self._made.client(service, region_name=region, config=config, **credentials)


def _new_session() -> "boto3.Session":
    """A session whose STS endpoints are regional, whatever the machine's configuration says."""
    import boto3  # noqa: PLC0415
    from botocore.session import Session  # noqa: PLC0415

    core = Session()
    core.set_config_variable("sts_regional_endpoints", "regional")
    return boto3.Session(botocore_session=core)


def _ask(may_change: MayChange, **_: object) -> None:
    """In botocore's words: no answer of ours, so the request is sent, unless this raises."""
    may_change()


def role_session_name(token: str) -> str:
    """The attempt's token in the characters that STS allows; a long one keeps its start and becomes unique by a hash."""
    name = re.sub(r"[^\w+=,.@-]", ".", token, flags=re.ASCII)
    if len(name) <= SESSION_NAME_LENGTH:
        return name.ljust(2, ".")
    return f"{name[: SESSION_NAME_LENGTH - 9]}-{hashlib.sha256(token.encode()).hexdigest()[:8]}"


@dataclass
class AwsClients:
    """Clients for one step. The role is assumed and the account is checked once a region."""

    session: AwsSession
    facts: StepFacts
    may_change: MayChange | None = None
    _credentials: dict[str, Credentials] = field(default_factory=dict)
    _checked: set[str] = field(default_factory=set)

    def client(self, service: str, region: str, *, mutating: bool = False) -> Any:
        """A client; a mutating one only after its account is known to be the environment's. Raises Unavailable."""
        if mutating and region not in self._checked:
            self._check_account(region)
            self._checked.add(region)
        attempts = 1 if mutating else READ_ATTEMPTS
        made = self.session.client(service, region, attempts, self._role_credentials(region))
        if mutating and self.may_change:
            made.meta.events.register("before-send", partial(_ask, self.may_change))
        return made

    def _check_account(self, region: str) -> None:
        expected = self.facts.environment_facts.account
        if expected is None:
            raise Unavailable(
                f"Nothing in AWS may be changed from {self.facts.environment}: it names no account. "
                f"Write environments.{self.facts.environment}.account into the recovery plan."
            )
        with aws_look("which account these credentials belong to"):
            client = self.session.client("sts", region, READ_ATTEMPTS, self._role_credentials(region))
            account = client.get_caller_identity()["Account"]
        if account != expected:
            raise Unavailable(
                f"These AWS credentials belong to account {account}, but {self.facts.environment} is account {expected}: "
                "nothing was sent. Correct the environment's role or the bot's credentials."
            )

    def _role_credentials(self, region: str) -> Credentials:
        role = self.facts.environment_facts.role
        if not role:
            return {}
        if region not in self._credentials:
            self._credentials[region] = self._assume(role, region)
        return self._credentials[region]

    def _assume(self, role: str, region: str) -> Credentials:
        with aws_look(f"whether the bot may act as {role}"):
            granted = self.session.client("sts", region, READ_ATTEMPTS, {}).assume_role(
                RoleArn=role, RoleSessionName=role_session_name(self.facts.token), DurationSeconds=ROLE_SECONDS
            )["Credentials"]
        return {
            "aws_access_key_id": granted["AccessKeyId"],
            "aws_secret_access_key": granted["SecretAccessKey"],
            "aws_session_token": granted["SessionToken"],
        }
