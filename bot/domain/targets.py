"""Where a system is: what stands under `environments.ENVIRONMENT.targets.SYSTEM`, as actions and checks take it."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, model_validator

from bot.domain.durations import Duration
from bot.domain.model import JsonValue, Model
from bot.domain.problems import Unfit
from bot.domain.texts import Arn, Flag, HeaderName, HeaderText, Host, Name, Port, Region, SqlName, Status, Text, Url

RecordType = Literal["A", "AAAA", "CNAME", "TXT", "MX", "SRV", "CAA"]


LISTED = "listed"


def only_listed(values: Iterable[JsonValue]) -> dict[str, list[JsonValue]]:
    """Validation context under which every `Target` must equal an entry somewhere in `values`."""
    return {LISTED: [entry for value in values for entry in _entries(value)]}


def _entries(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _entries(one)


class Target(Model):
    """What may be touched only where the run's environment lists it: whoever takes one need not ask. See `only_listed`."""

    @model_validator(mode="after")
    def _is_listed(self, info: ValidationInfo) -> Self:
        entries = (info.context or {}).get(LISTED)
        if entries is not None and not any(self._equals(entry) for entry in entries):
            what = "that is no target which the environment lists"
            raise Unfit(what, "list it in the plan under environments, and look it up, like ${target.primary}")
        return self

    def _equals(self, entry: JsonValue) -> bool:
        try:
            return type(self).model_validate(entry) == self
        except ValidationError:
            return False


class SecretHeader(Model):
    """A header whose value is a secret of the environment."""

    secret: Name


class HttpProbe(Model):
    """A GET that tells whether something has happened: `expect` is the status that says yes."""

    url: Url
    expect: Status = 200


class FenceHook(Model):
    """A fence that somebody else operates: POST to `url`, then ask `probe` whether the old primary is shut off."""

    url: Url
    probe: HttpProbe
    headers: dict[HeaderName, HeaderText | SecretHeader] = {}


class PostgresTarget(Target):
    """One PostgreSQL server and the database in it. `secret` names the password of `user`.

    For the methods of a fence: `instance` is its EC2 instance (`ec2_stop`), `security_group` the group that lets
    clients in (`security_group`), `fence_hook` somebody else's fence (`hook`).
    """

    kind: Literal["postgres"]
    region: Region
    zone: Text | None = None
    class_: Text | None = Field(default=None, alias="class")
    host: Host
    port: Port = 5432
    tls: Literal["verify-full", "require", "disable"] = "verify-full"
    database: SqlName
    user: SqlName
    secret: Name | None = None
    instance: Text | None = None
    security_group: Text | None = None
    fence_hook: FenceHook | None = None

    @property
    def name(self) -> str:
        """How people know it: host / database."""
        return f"{self.host} / {self.database}"


class DnsTarget(Target):
    """Weighted records of one name; `sets` is role -> set identifier in Route 53."""

    zone: Text
    name: Text
    type: RecordType
    sets: dict[Name, Text] = Field(min_length=1)


class LoadBalancerTarget(Target):
    """An application load balancer; `groups` is role -> ARN of a target group that the listener forwards to."""

    name: Text
    region: Region
    listener: Arn
    groups: dict[Name, Arn] = Field(min_length=1)
    cross_zone: Flag | None = None
    deletion_protection: Flag | None = None
    tags: dict[str, str] = {}


class HealthProbe(Model):
    """A GET that must answer with status `expect` within `within`."""

    name: Text
    url: Url
    expect: Status = 200
    within: Duration = timedelta(seconds=5)


TARGET_KINDS: dict[str, type[BaseModel]] = {"postgres": PostgresTarget}
"""Every `kind` that an entry may say, and its shape. One without a kind is judged by the parameters that it goes to."""
