"""Everything of the local estate, composed: two regions, the cloud, the front door, customers, mail."""

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.playground.aws import EAST, WEST, Account, seed
from bot.playground.binaries import find_binaries
from bot.playground.cloud import CREDENTIALS, Clients, start_cloud
from bot.playground.front_door import FrontDoor, WeightWatch
from bot.playground.http_server import HttpServer
from bot.playground.hypervisor import Hypervisor
from bot.playground.keys import make_key
from bot.playground.mail import MailSink
from bot.playground.pair import DATABASE, Pair, build_pair
from bot.playground.plan_file import FAILOVER, OFTEN, WEST_PASSWORD, Places, people, shorten_watch, write_plan
from bot.playground.processes import Processes, free_port
from bot.playground.region import Region, start_shop
from bot.playground.traffic import Ledger, Order, Traffic

PROJECT = Path(__file__).parents[2]
DYING = 2.0  # seconds between the loss of replication and the loss of power

FIRST_ORDER_WITHIN = 60.0

Say = Callable[[str], None]


class DirectoryInUse(Exception):
    """The estate's directory holds something already."""


class NoOrders(Exception):
    """Everything runs, yet the shop takes no orders."""


@dataclass(frozen=True)
class Estate:
    """A running estate. `environment` is what `dr` needs to work on it, `keys` person -> private key file."""

    directory: Path
    cloud_url: str
    account: Account
    pair: Pair
    west: Region
    east: Region
    shop_url: str
    mail: MailSink
    ledger: Ledger
    watch: WeightWatch
    hypervisor: Hypervisor
    environment: Mapping[str, str]
    keys: Mapping[str, Path]

    def isolate(self) -> None:
        """Replication stops; the primary region goes on taking orders."""
        self.pair.wire.cut()

    def lose_primary(self) -> None:
        """Replication stops, and two seconds later the primary region's power is gone."""
        self.isolate()
        time.sleep(DYING)
        self.west.lose_power()

    def restore_primary(self) -> None:
        """The primary region has power and its cable again. A machine that was fenced stays off."""
        self.west.restore_power()
        self.pair.wire.mend()

    def lost_orders(self) -> list[Order]:
        """Orders that were acknowledged and that the recovery region's database does not hold."""
        acknowledged = self.ledger.acknowledged()  # before the look, so that none is counted that came after it
        with self.pair.as_shop(self.east.server) as connection:
            held: list[tuple[uuid.UUID]] = connection.execute("SELECT uuid FROM orders").fetchall()
        surviving = {number for (number,) in held}
        return [order for order in acknowledged if order.uuid not in surviving]


@contextmanager
def running_estate(directory: Path, say: Say, updates: Mapping[str, str] = OFTEN) -> Iterator[Estate]:
    """Start everything in `directory`, which is empty or to be made; end everything afterwards.

    `updates` is how often status updates go out, as the recovery plan says it.
    """
    prepare(directory)
    with ExitStack() as stack:
        yield start(directory, say, stack, updates)


def prepare(directory: Path) -> None:
    if directory.exists() and any(directory.iterdir()):
        raise DirectoryInUse(f"{directory} is not empty; name another directory, or remove it")
    for name in ("keys", "mail", "logs"):
        (directory / name).mkdir(parents=True)
    for name in ("runbooks", "templates"):
        shutil.copytree(PROJECT / name, directory / name, copy_function=shutil.copyfile)
    shorten_watch(directory / "runbooks" / FAILOVER)


def start(directory: Path, say: Say, stack: ExitStack, updates: Mapping[str, str]) -> Estate:
    logs = directory / "logs"
    processes = stack.enter_context(Processes())
    mail = stack.enter_context(MailSink(directory / "mail"))
    with ThreadPoolExecutor() as together:
        cloud = together.submit(start_cloud, processes, logs, hypervisor=True)
        pair = start_pair(processes, stack)
        say("two PostgreSQL servers, the second streaming from the first")
        open_west = partial(start_shop, processes, WEST, pair.primary, pair, logs)
        open_east = partial(start_shop, processes, EAST, pair.standby, pair, logs)
        shops = [together.submit(open_west), together.submit(open_east)]
        clients = Clients(cloud.result())
        account = seed_account(clients, pair)
        say("AWS: names, load balancer, machines, secrets, buckets")
        west = Region("west", WEST, pair.primary, shops[0].result(), processes, open_west)
        east = Region("east", EAST, pair.standby, shops[1].result(), processes, open_east)
    hypervisor = stack.enter_context(
        closing(Hypervisor(clients, {account.west.instance: west, account.east.instance: east}))
    )
    watch = stack.enter_context(closing(WeightWatch(clients, account)))
    door = FrontDoor(watch, {"west": lambda: west.shop.url, "east": lambda: east.shop.url})
    shop_url = stack.enter_context(closing(HttpServer(door.app(), "front door"))).url
    say(f"a shop in each region, reached through {shop_url}")
    ledger = Ledger()
    stack.enter_context(closing(Traffic(shop_url, ledger)))
    await_first_order(ledger)
    say("customers, five orders a second")
    keys = write_files(directory, Places(account, pair.primary.port, pair.standby.port, shop_url), updates)
    environment = environment_of(directory, clients.url, mail.url, pair)
    return Estate(
        directory, clients.url, account, pair, west, east, shop_url, mail, ledger, watch, hypervisor, environment, keys
    )


def await_first_order(ledger: Ledger) -> None:
    deadline = time.monotonic() + FIRST_ORDER_WITHIN
    while not ledger.acknowledged():
        if time.monotonic() > deadline:
            raise NoOrders(f"the shop took no order within {FIRST_ORDER_WITHIN:.0f} s; see the logs of the shops")
        time.sleep(0.02)


def start_pair(processes: Processes, stack: ExitStack) -> Pair:
    scratch = processes.scratch_directory("dr-bot-estate-")
    return stack.enter_context(closing(build_pair(find_binaries(os.environ, scratch), processes, scratch / "pair")))


def seed_account(clients: Clients, pair: Pair) -> Account:
    shop = pair.roles.shop
    app_url = pair.primary.url(DATABASE, shop.user, shop.password)
    return seed(clients, east_password=pair.roles.bot.password, app_url=app_url)


def write_files(directory: Path, places: Places, updates: Mapping[str, str]) -> dict[str, Path]:
    """The plan and the people's keys; person -> key file."""
    names = people(PROJECT / "plan.yml")
    lines = {person: make_key(directory / "keys", person) for person in names}
    write_plan(PROJECT / "plan.yml", directory / "plan.yml", places, lines, updates)
    (directory / "clock").write_text("0\n")
    return {person: directory / "keys" / person for person in names}


def environment_of(directory: Path, cloud_url: str, smtp_url: str, pair: Pair) -> dict[str, str]:
    """The environment in which `dr` works on this estate."""
    port = free_port()
    return CREDENTIALS | {
        "AWS_ENDPOINT_URL": cloud_url,
        "AWS_DEFAULT_REGION": EAST,
        "AWS_EC2_METADATA_DISABLED": "true",
        WEST_PASSWORD: pair.roles.bot.password,
        "DATABASE_URL": f"sqlite:///{directory / 'dr.db'}",
        "DR_PLAN": str(directory / "plan.yml"),
        "DR_RUNBOOKS": str(directory / "runbooks"),
        "DR_TEMPLATES": str(directory / "templates"),
        "DR_CLOCK": str(directory / "clock"),
        "DR_HTTP": f"127.0.0.1:{port}",
        "DR_URL": f"http://127.0.0.1:{port}",
        "SMTP_URL": smtp_url,
    }
