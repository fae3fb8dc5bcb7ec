"""The demo's recovery plan: the project's own, with the targets of the local estate."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.playground.aws import APP_SECRET, EAST, EAST_SECRET, ROLE, SHOP_NAME, WEST, Account, Machine
from bot.playground.cloud import ACCOUNT
from bot.playground.pair import DATABASE

SYSTEM = "customer-database"
WEST_PASSWORD = "CUSTOMERS_WEST_PASSWORD"
FAILOVER = "regional-failover.yml"
OFTEN = {"every": "30s"}
SELDOM = {"every": "3m", "draft_before": "1m"}  # where people take the time to read
WATCHED = ("default: 15m", "default: 5s")  # how long the runbook watches the shop at its end
HEADER = "# The demo's recovery plan: the project's plan.yml with the targets of the local estate.\n"


@dataclass(frozen=True)
class Places:
    """Where the estate's parts are."""

    account: Account
    west_port: int
    east_port: int
    shop_url: str


def shorten_watch(runbook: Path) -> None:
    """The runbook's last look lasts seconds."""
    runbook.write_text(runbook.read_text().replace(*WATCHED))


def write_plan(
    source: Path, target: Path, places: Places, ssh_keys: Mapping[str, str], updates: Mapping[str, str]
) -> None:
    """Read the plan at `source` and write the demo's to `target`. `ssh_keys` is person -> public key.

    Minutes become seconds, so that a night takes two minutes: the objective for lost data, and the rhythm of updates.
    """
    plan = yaml.safe_load(source.read_text())
    for person, line in ssh_keys.items():
        plan["people"][person]["ssh_keys"] = [line]
    plan["timezone"] = "UTC"
    system = plan["systems"][SYSTEM]
    system["objectives"] = {"rto": "1h", "rpo": "5s"}
    system["replication"]["heartbeat"] = "2s"
    system["runbooks"] = [Path(FAILOVER).stem]
    plan["severities"]["sev1"]["updates"] = dict(updates)
    plan["environments"]["production"] = environment(places)
    text = yaml.safe_dump(plan, sort_keys=False, allow_unicode=True, width=120)
    target.write_text(HEADER + text)


def people(source: Path) -> list[str]:
    return list(yaml.safe_load(source.read_text())["people"])


def environment(places: Places) -> dict[str, Any]:
    return {
        "account": ACCOUNT,
        "role": ROLE,
        "http": {"allow": [f"{places.shop_url}/"]},
        "secrets": {
            "customers_west": {"from": "env", "name": WEST_PASSWORD},
            "customers_east": {"from": "secretsmanager", "id": EAST_SECRET, "region": EAST},
        },
        "targets": {SYSTEM: targets(places)},
    }


def targets(places: Places) -> dict[str, Any]:
    account, shop = places.account, places.shop_url
    balancer = account.load_balancer
    return {
        "primary": database(WEST, places.west_port, account.west, "customers_west"),
        "replica": database(EAST, places.east_port, account.east, "customers_east"),
        "dns": {"zone": account.zone, "name": SHOP_NAME, "type": "A", "sets": {"primary": "west", "recovery": "east"}},
        "load_balancer": {
            "name": balancer.name,
            "region": EAST,
            "listener": balancer.listener,
            "groups": dict(balancer.groups),
        },
        "shop": {"url": shop},
        "app_secret": {"id": APP_SECRET, "region": EAST},
        "health": [{"name": "orders can be taken", "url": f"{shop}/health", "expect": 200, "within": "2s"}],
        "resources": [{"alarm": "customers-east-cpu", "region": EAST}],
    }


def database(region: str, port: int, machine: Machine, secret: str) -> dict[str, Any]:
    return {
        "kind": "postgres",
        "region": region,
        "zone": f"{region}a",
        "class": "r5.2xlarge",
        "host": "127.0.0.1",
        "port": port,
        "tls": "disable",
        "database": DATABASE,
        "user": "dr_bot",
        "secret": secret,
        "instance": machine.instance,
        "security_group": machine.security_group,
    }
