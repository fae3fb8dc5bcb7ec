"""The demo estate, from its start to the loss of a region and back to taking orders."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import httpx
import psycopg
import pytest
import yaml

from bot.playground.binaries import Binaries
from bot.playground.processes import descendants

START = [sys.executable, "-m", "bot.playground", "estate", "--dir"]
ENDED_WITHIN = 60.0  # about one second on a machine that is not busy
get, post = partial(httpx.get, timeout=30), partial(httpx.post, timeout=30)

Described = dict[str, Any]


class Running:
    """An estate in a process of its own, with its two PostgreSQL servers' data directories."""

    def __init__(self, directory: Path) -> None:
        self.process = subprocess.Popen([*START, str(directory)], stdout=subprocess.PIPE, text=True)
        try:
            self.learn()
        except BaseException:
            self.close()
            raise

    def learn(self) -> None:
        """Wait for what it says of itself, and look at what it has started."""
        assert self.process.stdout is not None
        self.described: Described = json.loads(self.process.stdout.readline())
        self.urls: dict[str, str] = self.described["urls"]
        self.environment: dict[str, str] = self.described["environment"]
        self.children = descendants(self.process.pid)
        self.data_directories = {path for pid in self.children for path in data_directory(pid)}
        plan = yaml.safe_load(Path(self.environment["DR_PLAN"]).read_text())
        self.target = plan["environments"]["production"]["targets"]["customer-database"]

    def status(self) -> Described:
        answer: Described = get(f"{self.urls['control']}/status").raise_for_status().json()
        return answer

    def loss(self) -> Described:
        answer: Described = get(f"{self.urls['control']}/loss").raise_for_status().json()
        return answer

    def aws(self, service: str, region: str = "us-east-1") -> Any:
        return boto3.client(service, endpoint_url=self.urls["aws"], region_name=region)

    def connect(self, role: str, password: str) -> psycopg.Connection[tuple[Any, ...]]:
        target = self.target[role]
        return psycopg.connect(
            host=target["host"],
            port=target["port"],
            dbname=target["database"],
            user=target["user"],
            password=password,
            autocommit=True,
        )

    def end(self, sent: signal.Signals) -> int:
        """How it ended after a signal."""
        self.process.send_signal(sent)
        try:
            return self.process.wait(ENDED_WITHIN)
        finally:
            self.close()

    def close(self) -> None:
        """Killed where it still runs; what it started ends by itself then."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def estate(pg_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One estate for the tests below that take it, in their order: it is whole, it breaks, it ends."""
    running = Running(tmp_path_factory.mktemp("demo") / "estate")
    yield running
    running.end(signal.SIGTERM)


def test_the_shop_takes_orders_in_the_primary_region_alone(estate: Running) -> None:
    """Through the front door an order is taken, once however often it is sent; the recovery region refuses it."""
    shop = estate.urls["shop"]
    assert get(f"{shop}/health").json() == {"region": "us-west-2", "state": "ok"}
    assert get(f"{shop}/orders/1").status_code == 200
    assert len(get(f"{shop}/products").json()["products"]) == 6
    assert "Recent orders" in get(shop).text
    order = {"uuid": str(uuid.uuid4()), "product": 3}
    placed = [post(f"{shop}/orders", json=order) for _ in range(2)]
    assert [answer.status_code for answer in placed] == [201, 201]
    assert placed[0].json()["id"] == placed[1].json()["id"]
    unknown = {"uuid": str(uuid.uuid4()), "product": 99}
    assert post(f"{shop}/orders", json=unknown).status_code == 422
    assert post(f"{estate.urls['east']}/orders", json=order).status_code == 503
    assert get(f"{estate.urls['east']}/health").status_code == 503


def test_a_region_is_lost_and_the_other_takes_over(estate: Running, eventually: Callable[..., bool]) -> None:
    """Orders stop with the primary region and flow again once everything points at the other; some are lost."""
    shop = estate.urls["shop"]
    post(f"{estate.urls['control']}/break").raise_for_status()
    assert eventually(lambda: get(f"{shop}/health").status_code in (502, 504))
    assert estate.status()["regions"]["west"]["database"] == "down"

    instance = estate.target["primary"]["instance"]
    ec2 = estate.aws("ec2", "us-west-2")
    ec2.stop_instances(InstanceIds=[instance])
    assert eventually(lambda: state_of(ec2, instance) == "stopped")

    secret = estate.aws("secretsmanager").get_secret_value(SecretId="shop/customers-east")["SecretString"]
    time.sleep(5.5)  # longer than the standby waits for its primary: it dials again, and nobody answers
    promoting = datetime.now(UTC)
    with estate.connect("replica", secret) as connection:
        assert connection.execute("SELECT pg_promote(true, 60)").fetchone() == (True,)
    assert eventually(lambda: get(f"{estate.urls['east']}/health").status_code == 200)

    move_dns(estate, {"west": 0, "east": 100})
    assert eventually(lambda: "back soon" in get(shop).text)
    move_traffic(estate, {"maintenance": 0, "shop": 100})
    assert eventually(lambda: get(f"{shop}/health").status_code == 200)
    assert eventually(lambda: estate.status()["orders"]["outages"][-1]["ended_at"] is not None)

    loss = estate.loss()
    assert 0 < loss["lost"] < 40
    moments = [datetime.fromisoformat(lost["acknowledged_at"]) for lost in loss["orders"]]
    assert max(moments) < promoting


def test_a_signal_ends_it_and_leaves_nothing_behind(
    estate: Running, eventually: Callable[..., bool], alive: Callable[[int], bool]
) -> None:
    """After a signal every process and every file outside its directory is soon gone."""
    assert len(estate.data_directories) == 2
    assert estate.end(signal.SIGINT) == 0
    assert eventually(lambda: not any(alive(pid) for pid in estate.children), seconds=15)
    assert not any(directory.exists() for directory in estate.data_directories)


def test_a_stopped_instance_is_really_off_and_a_kill_leaves_nothing_behind(
    pg_binaries: Binaries, tmp_path: Path, eventually: Callable[..., bool], alive: Callable[[int], bool]
) -> None:
    """`stopped` is said only once the database is gone; a start brings it back; after kill -9 of all this nothing is left."""
    with closing(Running(tmp_path / "estate")) as estate:
        assert len(estate.data_directories) == 2
        post(f"{estate.urls['control']}/break?how=isolate").raise_for_status()
        assert eventually(lambda: estate.loss()["lost"] > 0)
        password = estate.environment["CUSTOMERS_WEST_PASSWORD"]
        instance = estate.target["primary"]["instance"]
        ec2 = estate.aws("ec2", "us-west-2")
        ec2.stop_instances(InstanceIds=[instance])
        assert state_of(ec2, instance) in ("stopping", "stopped")
        assert eventually(lambda: state_of(ec2, instance) == "stopped")
        with pytest.raises(psycopg.OperationalError):
            estate.connect("primary", password)
        ec2.start_instances(InstanceIds=[instance])
        assert eventually(lambda: estate.status()["regions"]["west"]["database"] == "primary")

        assert estate.end(signal.SIGKILL) == -signal.SIGKILL
        assert eventually(lambda: not any(alive(pid) for pid in estate.children))
        assert eventually(lambda: not any(directory.exists() for directory in estate.data_directories))


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    """A directory that holds something is left alone, and one line says what to do."""
    (tmp_path / "mine").touch()
    done = subprocess.run([*START, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is not empty; name another directory" in done.stderr
    assert os.listdir(tmp_path) == ["mine"]


def data_directory(pid: int) -> list[Path]:
    """Of a PostgreSQL server, from its command line; of other processes, and of one that has ended, none."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [Path(words[words.index("-D") + 1])] if "-D" in words else []


def state_of(ec2: Any, instance: str) -> str:
    answer = ec2.describe_instances(InstanceIds=[instance])
    return str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])


def move_dns(estate: Running, weights: dict[str, int]) -> None:
    dns, route53 = estate.target["dns"], estate.aws("route53")
    current = route53.list_resource_record_sets(HostedZoneId=dns["zone"])["ResourceRecordSets"]
    records = [it | {"Weight": weights[it["SetIdentifier"]]} for it in current if it.get("SetIdentifier") in weights]
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record} for record in records]
    route53.change_resource_record_sets(HostedZoneId=dns["zone"], ChangeBatch={"Changes": changes})


def move_traffic(estate: Running, weights: dict[str, int]) -> None:
    balancer = estate.target["load_balancer"]
    groups = [{"TargetGroupArn": arn, "Weight": weights[name]} for name, arn in balancer["groups"].items()]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    estate.aws("elbv2").modify_listener(ListenerArn=balancer["listener"], DefaultActions=[action])
