"""The recovery plan, `plan.yml`: everything that must be known before the day. It names secrets and holds none."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, PlainSerializer, PrivateAttr, WithJsonSchema

from bot.domain.durations import Duration, Interval, Period
from bot.domain.model import JsonValue, Model, canonical, sha256
from bot.domain.problems import Unfit
from bot.domain.runbook import Exclude, Expiry
from bot.domain.texts import (
    Account,
    Bucket,
    CalendarTime,
    Count,
    Email,
    EnvVar,
    Extra,
    Flag,
    Name,
    Phone,
    Region,
    Role,
    Sender,
    SlackChannel,
    SlackGroup,
    SlackUser,
    SshKey,
    Text,
    TimeZone,
    UrlPrefix,
)


class Channels(Model):
    """Where incidents are shown in Slack: how their channels are named, and the ids of the channels that are told."""

    name: str = Field(
        default="dr-{number}-{system}",
        pattern=r"^(?:[a-z0-9_-]|\{(?:number|system|severity)\})*\{number\}(?:[a-z0-9_-]|\{(?:system|severity)\})*$",
    )
    announce_in: SlackChannel | None = None
    broadcast_in: SlackChannel | None = None
    operators: SlackChannel | None = None


class PhoneSender(Model):
    """Calls go out through Amazon Connect."""

    connect_instance: Text
    contact_flow: Text
    number: Phone


class Senders(Model):
    """Whom messages come from."""

    email: Sender | None = None
    sms: Phone | None = None
    phone: PhoneSender | None = None


class Person(Model):
    """Somebody who may act. `ssh_keys` are the public keys that `dr --as` is checked against."""

    name: Text
    email: Email | None = None
    phone: Phone | None = None
    slack: SlackUser | None = None
    ssh_keys: tuple[SshKey, ...] = ()


class Team(Model):
    """Some of the people. Everyone in the Slack group is invited; those among `people` count as members."""

    members: tuple[Name, ...] = Field(min_length=1)
    slack_group: SlackGroup | None = None


class Updates(Model):
    """How often the stakeholders hear, and how long before that the draft is shown."""

    every: Interval = timedelta(minutes=30)
    draft_before: Duration | None = Field(default=None, description="shorter than every")


def _read_updates(value: Any) -> Any:
    if value is None:
        raise Unfit("updates are empty", "write `updates: none` if nobody is to be told, else {every: 30m}")
    return None if value == "none" else value


UpdatesOrNone = Annotated[
    Updates | None,
    BeforeValidator(_read_updates),
    PlainSerializer(lambda updates: "none" if updates is None else updates.model_dump(mode="json"), when_used="json"),
    WithJsonSchema({"anyOf": [{"const": "none"}, Updates.model_json_schema()]}),
]


class Severity(Model):
    """How bad it is. Stakeholders hear every 30 minutes unless said otherwise; `updates: none` must be written."""

    title: Text
    updates: UpdatesOrNone = Updates()
    acknowledge_within: Interval | None = Field(
        default=None, description="when the next contact is to be called; not done by the bot yet"
    )


class Notification(Model):
    """Who is told, teams or people, and how."""

    recipients: tuple[Name, ...] = Field(min_length=1)
    channels: tuple[Name, ...] = Field(min_length=1, examples=[["phone", "email", "sms", "slack"]])


class AcceptRisk(Model):
    """How many approvers more it takes to go on with a risk."""

    extra: Extra = 1


class BreakGlass(Model):
    """Which teams may go on alone, and how often each person may. Nobody, unless they are named."""

    allowed: tuple[Name, ...] = ()
    uses: Count = 5
    per: Interval = timedelta(hours=1)


class ApprovalDefaults(Model):
    """The default rule; a step may ask for more, never for less."""

    approvers: Name = Field(description="the team whose members may approve")
    required: Count = Field(default=1, description="how many distinct people it takes")
    exclude: Exclude = Field(default=frozenset({"requester", "declarer"}), description="who of them may not")
    expire: Expiry = Expiry()
    accept_risk: AcceptRisk = AcceptRisk()
    break_glass: BreakGlass = BreakGlass()


class Objectives(Model):
    """Back within `rto`, with at most `rpo` of the newest data lost."""

    rto: Interval = Field(description="recovery time objective: back within")
    rpo: Duration = Field(description="recovery point objective: the newest data that may be lost")


class Regions(Model):
    """Where the system normally is, and where it goes."""

    primary: Region
    recovery: Region


class Replication(Model):
    """What we claim of the replication; readiness shows the truth. `heartbeat` is how often the bot writes its row."""

    mode: Literal["asynchronous", "synchronous"] = "asynchronous"
    failover: Literal["manual", "automatic"] = "manual"
    monitoring: Literal["enabled", "disabled"] = "enabled"
    heartbeat: Interval = timedelta(seconds=10)


class System(Model):
    """Something that must be recovered, and what it promises. `backup` names a policy, `depends_on` what goes first."""

    title: Text
    critical: Flag = Field(default=False, description="the organisation stands still without it")
    objectives: Objectives
    site: Literal["hot", "warm", "cold", "mobile", "cloud"] | None = Field(
        default=None, description="how ready the recovery site is"
    )
    regions: Regions
    replication: Replication | None = None
    backup: Name | None = Field(default=None, description="a name under backup_policies")
    depends_on: tuple[Name, ...] = Field(default=(), description="systems that are recovered first")
    runbooks: tuple[Name, ...] = Field(default=(), description="ids of the runbooks that recover it")


class HttpPolicy(Model):
    """Where checks and http.request may go, by the beginning of the URL."""

    allow: tuple[UrlPrefix, ...] = ()

    def permits(self, url: str) -> bool:
        """Whether a URL lies below an allowed prefix: same scheme, host and port, and a path below without detours."""
        return any(_below(url, prefix) for prefix in self.allow)


class EnvSecret(Model):
    """A secret in the environment of the bot's process."""

    from_: Literal["env"] = Field(alias="from")
    name: EnvVar


class FileSecret(Model):
    """A secret in a file, as orchestrators mount them."""

    from_: Literal["file"] = Field(alias="from")
    path: Text


class ManagedSecret(Model):
    """A secret in AWS Secrets Manager."""

    from_: Literal["secretsmanager"] = Field(alias="from")
    id: Text
    region: Region


Secret = Annotated[EnvSecret | FileSecret | ManagedSecret, Field(discriminator="from_")]
Targets = dict[Name, JsonValue]


class Environment(Model):
    """Where things are. `targets` is system -> what it consists of; nothing else can be touched from here."""

    account: Account | None = Field(default=None, description="the AWS account, in quotes")
    role: Role | None = Field(default=None, description="the role that the bot assumes there")
    http: HttpPolicy | None = None
    secrets: dict[Name, Secret] = {}
    targets: dict[Name, Targets] = {}


class BackupSchedule(Model):
    """How often a backup is made, and how long it is kept."""

    every: Interval
    keep: Interval


class Locations(Model):
    """Where backups are kept."""

    primary: Bucket
    secondary: Bucket | None = None


class BackupPolicy(Model):
    """Which backups there must be. One counts once it was restored and checked, which `prove` asks for."""

    full: BackupSchedule | None = None
    incremental: BackupSchedule | None = None
    snapshot: BackupSchedule | None = None
    locations: Locations
    prove: Interval | None = None


class Metric(Model):
    """What a probe measures, and from where on it is a warning or critical."""

    probe: Name
    warning: Duration | None = None
    critical: Duration | None = None


class Monitoring(Model):
    """What is watched, and how often."""

    every: Interval = timedelta(minutes=1)
    metrics: dict[Name, Metric] = {}


class AlertRule(Model):
    """When a metric is so, `notify` is told over the channels of the severity `suggest`, and offered to declare."""

    when: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]* (?:==|!=|>=|<=|>|<) \S+(?: \S+)?$", examples=["replication_lag > 30m"]
    )
    severity: Literal["critical", "high", "medium", "low"]
    notify: tuple[Name, ...] = Field(min_length=1)
    suggest: Name

    @property
    def metric(self) -> str:
        """The metric that `when` compares."""
        return self.when.split(" ", 1)[0]


class Drill(Model):
    """A rehearsal in the calendar. A technical one executes for real, in its own environment."""

    every: Period
    at: CalendarTime = Field(description="in the plan's time zone")
    kind: Literal["tabletop", "technical", "full"]
    test: Name | None = None
    system: Name | None = None
    runbook: Name | None = None
    environment: Name | None = None
    duration: Duration | None = None
    scope: Text | None = None
    participants: tuple[Name, ...] = Field(min_length=1)


class Reviews(Model):
    """How often the plan, the documents and the training are looked at again."""

    plan: Interval | None = None
    documents: Interval | None = None
    training: Interval | None = None


class RecoveryPlan(Model):
    """Everything that must be known before the day, in one reviewed file."""

    organisation: Text
    timezone: TimeZone = "UTC"
    channels: Channels = Channels()
    senders: Senders = Senders()
    people: dict[Name, Person]
    teams: dict[Name, Team]
    emergency_contacts: dict[Name, Name] = {}
    severities: dict[Name, Severity]
    notifications: dict[Name, Notification] = {}
    approvals: ApprovalDefaults
    systems: dict[Name, System]
    environments: dict[Name, Environment]
    backup_policies: dict[Name, BackupPolicy] = {}
    monitoring: Monitoring = Monitoring()
    alert_rules: dict[Name, AlertRule] = {}
    drills: dict[Name, Drill] = {}
    reviews: Reviews = Reviews()
    _joined: dict[str, tuple[str, ...]] = PrivateAttr(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """sha256 of its canonical JSON."""
        return sha256(canonical(self.model_dump(mode="json", by_alias=True)))

    def title_of(self, system: str) -> str:
        """A system's title; its id where the plan does not name it any more."""
        return self.systems[system].title if system in self.systems else system

    def members(self, team: str) -> tuple[str, ...]:
        """The ids of a team's people, each once: those named, then who joined; KeyError for an unknown team."""
        return tuple(dict.fromkeys((*self.teams[team].members, *self._joined.get(team, ()))))

    def join(self, team: str, people: tuple[str, ...]) -> None:
        """Who is in a team by its Slack group, from now on. It alone changes while the plan is in force."""
        self._joined[team] = people

    def people_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """The ids of the people whom teams and people's ids name, each once, in that order."""
        found = (person for name in names for person in (self.members(name) if name in self.teams else (name,)))
        return tuple(dict.fromkeys(found))


def _below(url: str, prefix: str) -> bool:
    try:
        ours, allowed = urlsplit(url), urlsplit(prefix)
        same = (ours.scheme, ours.hostname, ours.port) == (allowed.scheme, allowed.hostname, allowed.port)
    except ValueError:
        return False
    path = ours.path or "/"
    detour = "\\" in url or ".." in unquote(path).split("/")
    return same and ours.username is None and not detour and path.startswith(allowed.path)
