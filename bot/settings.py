"""The environment, read once: everything that is set from outside the recovery plan."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from socket import gethostname
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.errors import DRError


class SettingsError(DRError):
    """The environment can't be used as it stands; one line for each variable."""


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it like http://127.0.0.1:8080")
    return url


def _api_base(url: str) -> str:
    if not _web_address(url).endswith("/api/"):
        raise ValueError("it must end in /api/, as https://slack.com/api/ does")
    return url


def _listen_address(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError("write it like 127.0.0.1:8080")
    return address


def _mail_server(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("write it like smtp://user:password@mail.example.com:587?starttls=1")
    return url


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """The environment of one process. An empty variable counts as unset; secrets never show in its repr."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: Annotated[str, AfterValidator(_api_base)] = "https://slack.com/api/"
    database_url: SecretStr = SecretStr("sqlite:///dr.db")
    plan: Path = Field(default=Path("plan.yml"), validation_alias="DR_PLAN")
    runbooks: Path = Field(default=Path("runbooks"), validation_alias="DR_RUNBOOKS")
    templates: Path = Field(default=Path("templates"), validation_alias="DR_TEMPLATES")
    http: Annotated[str, AfterValidator(_listen_address)] = Field(default="127.0.0.1:8080", validation_alias="DR_HTTP")
    public_url: Annotated[str, AfterValidator(_web_address)] | None = Field(default=None, validation_alias="DR_URL")
    replica: str = Field(default_factory=gethostname, validation_alias="DR_REPLICA", min_length=1, max_length=80)
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        default="info", validation_alias="DR_LOG_LEVEL"
    )
    log: Literal["text", "json"] = Field(default="text", validation_alias="DR_LOG")
    clock: Path | None = Field(default=None, validation_alias="DR_CLOCK")
    smtp_url: Annotated[SecretStr, AfterValidator(_mail_server)] | None = None

    @classmethod
    def read(cls) -> Self:
        """The process's environment; raises SettingsError with one line for each variable that is wrong."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError("\n".join(_lines(error))) from None

    @property
    def url(self) -> str:
        """The address that links begin with."""
        return self.public_url or f"http://{self.http}"

    @property
    def has_slack(self) -> bool:
        """Whether there is any Slack credential."""
        return any((self.slack_bot_token, self.slack_app_token, self.slack_signing_secret))

    @property
    def clock_file(self) -> Path | None:
        """The file of the clock's offset, where it may be honoured: never beside a real Slack."""
        host = urlsplit(self.slack_api_url).hostname
        return self.clock if not self.has_slack or _is_loopback(host) else None

    @property
    def http_address(self) -> tuple[str, int]:
        """Host and port to listen at."""
        host, _, port = self.http.rpartition(":")
        return host.strip("[]"), int(port)


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _lines(error: ValidationError) -> list[str]:
    # The value is left out: it may be a secret.
    return [
        f"{_variable(str(item['loc'][0]))}: {_what(item['type'], item['msg'], item.get('ctx', {}))}"
        for item in error.errors()
    ]


def _variable(name: str) -> str:
    return name if name.isupper() else name.upper()


def _what(kind: str, message: str, context: Mapping[str, object]) -> str:
    if kind == "literal_error":
        return f"choose one of {context['expected']}."
    return f"{message.removeprefix('Value error, ')}."
