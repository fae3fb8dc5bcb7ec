"""The world of the kill matrix: far sides behind one gate, the bot's files, and its database."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr

from bot.app import Bot, build
from bot.playground.aws import EAST, SHOP_NAME, LoadBalancer, make_load_balancer, make_zone, record
from bot.playground.cloud import ACCOUNT, Clients
from bot.playground.keys import make_key
from bot.playground.mail import MailSink
from bot.playground.processes import free_port
from bot.settings import Settings
from tests.faults.gate import Gate
from tests.faults.http_far_side import Aws, Hooks
from tests.faults.nursery import PROJECT, Life, Nursery
from tests.faults.people import People
from tests.faults.smtp_far_side import Smtp

PEOPLE = ("alice", "bob", "carol", "dave", "erin")
SYSTEM = "shop"
LEASE_OVER = 6.0  # seconds by which the clock is moved on after a death, so that its lease has ended
CANARIES = {
    "HOOK_KEY": "canary-hook-0d1f6a",
    "AWS_SECRET_ACCESS_KEY": "canary/aws+7b2e19",
    "SMTP_PASSWORD": "canary-smtp-55c0de",
}
BUILDING = threading.Lock()  # alembic's environment is one for the whole process
HOOKS = {"/probed": "probed", "/blind": "blind", "/fence": "fence"}
RECOVERY: dict[str, Any] = {
    "runbook": "recovery",
    "title": "Recover",
    "kind": "failover",
    "for": "postgres",
    "steps": [
        {"id": "tell", "title": "Tell", "needs": [], "action": "notify.template"}
        | {"with": {"template": "initial_notification", "to": ["dave"]}},
        {"id": "probed", "title": "Hook", "needs": [], "action": "http.request"}
        | {
            "with": {
                "url": "${target.hooks.url}/probed",
                "headers": {"X-Key": {"secret": "hook_key"}},
                "probe": {"url": "${target.hooks.url}/probed"},
            }
        },
        {"id": "blind", "title": "Hook without a probe", "needs": ["probed"], "action": "http.request"}
        | {"with": {"url": "${target.hooks.url}/blind", "body": {"to": "east"}}},
        {"id": "fence", "title": "Fence", "needs": [], "action": "postgres.fence"}
        | {"with": {"database": "${target.old}", "method": "hook"}},
        {"id": "dns", "title": "Names", "needs": [], "action": "route53.weights", "approval": {"required": 2}}
        | {"with": {"record": "${target.dns}", "weights": {"primary": 0, "recovery": 100}}},
        {"id": "balancer", "title": "Balancer", "needs": ["dns"], "action": "elbv2.weights"}
        | {"with": {"load_balancer": "${target.load_balancer}", "weights": {"maintenance": 0, "shop": 100}}},
        {"id": "healthy", "title": "Healthy?", "needs": ["blind", "fence", "balancer", "tell"], "timeout": "1m"}
        | {"check": "http.healthy", "with": {"url": "${target.hooks.url}/health"}},
    ],
}


@dataclass
class World:
    """One bot with its far sides behind the gate. `restore` puts the far sides back to before any recovery."""

    directory: Path
    gate: Gate
    bot: Bot
    life: Life
    keys: Mapping[str, bytes]
    mail: MailSink
    secrets: Mapping[str, str]
    restore: Callable[[], None]

    @property
    def environment(self) -> Mapping[str, str]:
        return self.life.environment

    def start(self) -> None:
        """A life of the bot, as victim of the gate."""
        self.gate.victim = self.life.start()

    def another(self, name: str) -> Life:
        """Another replica of the bot on the same database, not yet started."""
        environment = {**self.life.environment, "DR_REPLICA": name, "DR_HTTP": f"127.0.0.1:{free_port()}"}
        return Life(self.life.nursery, environment, self.directory / f"{name}.log")

    def people(self, happened: Callable[[str], bool] = lambda _: False) -> People:
        """The people of one incident."""
        return People(self.bot.desk, self.keys, happened, name=f"people-{time.monotonic():.6f}")

    def restart(self) -> None:
        """The next life after a death, once the dead one's lease is over."""
        clock = self.directory / "clock"
        clock.write_text(str(float(clock.read_text()) + LEASE_OVER))
        self.start()


@dataclass
class Estate:
    """What the recovery changes: names and a load balancer at AWS, hooks, and a mail server that keeps everything."""

    clients: Clients
    hooks: Hooks
    mail: MailSink
    zone: str
    balancer: LoadBalancer

    def targets(self) -> dict[str, Any]:
        balancer = self.balancer
        return {
            "hooks": {"url": self.hooks.url},
            "old": old_primary(self.hooks.url),
            "dns": {"zone": self.zone, "name": SHOP_NAME, "type": "A", "sets": {"primary": "west", "recovery": "east"}},
            "load_balancer": {
                "name": balancer.name,
                "region": EAST,
                "listener": balancer.listener,
                "groups": dict(balancer.groups),
            },
        }

    def restore(self) -> None:
        """Everything as it was before any recovery, past the gate."""
        self.hooks.done.clear()
        self.mail.messages.clear()
        records = [record("west", 100), record("east", 0)]
        changes = [{"Action": "UPSERT", "ResourceRecordSet": one} for one in records]
        self.clients.get("route53", EAST).change_resource_record_sets(
            HostedZoneId=self.zone, ChangeBatch={"Changes": changes}
        )
        weights = [
            {"TargetGroupArn": self.balancer.groups[name], "Weight": weight}
            for name, weight in (("maintenance", 100), ("shop", 0))
        ]
        self.clients.get("elbv2", EAST).modify_listener(
            ListenerArn=self.balancer.listener,
            DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
        )


@contextmanager
def recovery_world(directory: Path, database_url: str, moto: str, nursery: Nursery) -> Iterator[World]:
    """Names, balancer, hooks and mail; files and database. The bot is not started yet."""
    gate, clients = Gate(), Clients(moto)
    with ExitStack() as stack:
        aws = stack.enter_context(Aws(gate, moto))
        hooks = stack.enter_context(Hooks(gate, HOOKS))
        mail = stack.enter_context(MailSink())
        smtp = stack.enter_context(Smtp(gate, mail.port))
        estate = Estate(clients, hooks, mail, make_zone(clients), make_load_balancer(clients))
        environment = environment_of(directory, database_url, aws.url, smtp.port) | CANARIES
        plan = recovery_plan(write_keys(directory), hooks.url, estate.targets())
        write_files(directory, plan, RECOVERY)
        yield stack.enter_context(bot_world(directory, gate, environment, nursery, mail, estate.restore, CANARIES))


@contextmanager
def bot_world(
    directory: Path,
    gate: Gate,
    environment: Mapping[str, str],
    nursery: Nursery,
    mail: MailSink,
    restore: Callable[[], None],
    secrets: Mapping[str, str],
) -> Iterator[World]:
    """The bot of these files, with one desk in this process and lives of its own."""
    with ExitStack() as stack:
        with BUILDING:
            bot = build(settings_of(environment), environment)
        stack.callback(bot.close)
        life = Life(nursery, environment, directory / "bot.log")
        stack.callback(life.end)
        keys = {person: (directory / "keys" / person).read_bytes() for person in PEOPLE}
        yield World(directory, gate, bot, life, keys, mail, secrets, restore)


def write_keys(directory: Path) -> dict[str, str]:
    (directory / "keys").mkdir()
    return {person: make_key(directory / "keys", person) for person in PEOPLE}


def old_primary(hooks: str) -> dict[str, Any]:
    """A server that nothing listens for; its fence is a hook."""
    probe = {"url": f"{hooks}/fence"}
    hook = {"url": f"{hooks}/fence", "probe": probe, "headers": {"X-Key": {"secret": "hook_key"}}}
    return {
        "kind": "postgres",
        "region": "us-west-2",
        "host": "127.0.0.1",
        "port": 1,
        "database": "customers",
        "user": "dr_bot",
        "fence_hook": hook,
    }


def recovery_plan(keys: Mapping[str, str], hooks: str, targets: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "organisation": "Fault laboratory",
        "senders": {"email": "DR Bot <dr@example.com>"},
        "people": {p: {"name": p.title(), "email": f"{p}@example.com", "ssh_keys": [keys[p]]} for p in PEOPLE},
        "teams": {"approvers": {"members": list(PEOPLE)}, "leads": {"members": ["erin"]}},
        "severities": {"sev1": {"title": "Down", "updates": {"every": "30m"}}},
        "notifications": {"sev1": {"recipients": ["leads"], "channels": ["email"]}},
        "approvals": {"approvers": "approvers"},
        "systems": {
            SYSTEM: {
                "title": "Shop",
                "objectives": {"rto": "1h", "rpo": "5m"},
                "regions": {"primary": "us-west-2", "recovery": "us-east-1"},
                "runbooks": ["recovery"],
            }
        },
        "environments": {
            "production": {
                "account": ACCOUNT,
                "http": {"allow": [f"{hooks}/"]},
                "secrets": {
                    "hook_key": {"from": "env", "name": "HOOK_KEY"},
                    "west": {"from": "env", "name": "WEST_PASSWORD"},
                },
                "targets": {SYSTEM: dict(targets)},
            }
        },
    }


def write_files(directory: Path, plan: Mapping[str, Any], *runbooks: Mapping[str, Any]) -> None:
    (directory / "plan.yml").write_text(yaml.safe_dump(dict(plan), sort_keys=False))
    (directory / "runbooks").mkdir()
    for runbook in runbooks:
        path = directory / "runbooks" / f"{runbook['runbook']}.yml"
        path.write_text(yaml.safe_dump(dict(runbook), sort_keys=False))
    shutil.copytree(PROJECT / "templates", directory / "templates")
    (directory / "clock").write_text("0")


def environment_of(directory: Path, database_url: str, aws: str, smtp_port: int) -> dict[str, str]:
    """Everything that a life of the bot knows, its secrets among it."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": EAST,
        "AWS_ENDPOINT_URL": aws,
        "DATABASE_URL": database_url,
        "DR_PLAN": str(directory / "plan.yml"),
        "DR_RUNBOOKS": str(directory / "runbooks"),
        "DR_TEMPLATES": str(directory / "templates"),
        "DR_CLOCK": str(directory / "clock"),
        "DR_HTTP": f"127.0.0.1:{free_port()}",
        "DR_REPLICA": "one",
        "DR_LOG_LEVEL": "debug",
        "SMTP_URL": f"smtp://dr:{CANARIES['SMTP_PASSWORD']}@127.0.0.1:{smtp_port}",
    }


def settings_of(environment: Mapping[str, str]) -> Settings:
    """The settings that this environment gives, without setting it here."""
    fields: dict[str, Any] = {
        "database_url": SecretStr(environment["DATABASE_URL"]),
        "smtp_url": SecretStr(environment["SMTP_URL"]),
    }
    names = [name for name in environment if name.startswith("DR_")]
    return Settings.model_validate(fields | {_field(name): environment[name] for name in names})


def _field(name: str) -> str:
    plain = {"DR_LOG": "log", "DR_LOG_LEVEL": "log_level"}
    return plain.get(name, name)
