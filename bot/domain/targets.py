"""Where a system is: what stands under `environments.ENVIRONMENT.targets.SYSTEM`, as actions and checks take it."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, Field

from bot.domain.durations import Duration
from bot.domain.model import Model
from bot.domain.texts import Arn, Flag, Host, Name, Port, Region, SqlName, Status, Text, Url

RecordType = Literal["A", "AAAA", "CNAME", "TXT", "MX", "SRV", "CAA"]


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
    headers: dict[str, str | SecretHeader] = {}


class PostgresTarget(Model):
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


class DnsTarget(Model):
    """Weighted records of one name; `sets` is role -> set identifier in Route 53."""

    zone: Text
    name: Text
    type: RecordType
    sets: dict[Name, Text] = Field(min_length=1)


class LoadBalancerTarget(Model):
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


class ServiceTarget(Model):
    """An ECS service; `count` is how many tasks it needs."""

    cluster: Text
    name: Text
    region: Region
    count: int = Field(ge=0, le=10_000)


class SecretTarget(Model):
    """A secret of Secrets Manager that applications read."""

    id: Text
    region: Region


class AlarmTarget(Model):
    """A CloudWatch alarm that watches a resource of the system."""

    alarm: Text
    region: Region


class SiteTarget(Model):
    """A web site, by the beginning of its URLs."""

    url: Url


TARGET_KINDS: dict[str, type[BaseModel]] = {"postgres": PostgresTarget}
"""Every `kind` that an entry may say, and its shape. One without a kind is judged by the parameters that it goes to."""
