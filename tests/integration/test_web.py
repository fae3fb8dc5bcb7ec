"""What the bot answers on the web while it runs, and while the database or a channel does not."""

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import SecretStr
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.comms.email import email_channel
from bot.domain import commands as c
from bot.engine.parts import Part
from bot.engine.ports import NotDelivered
from bot.engine.replica import Replica
from bot.playground.mail import MailSink
from bot.web.health import PATIENCE_SECONDS
from bot.web.look import Look
from bot.web.server import CannotListen, WebServer, listen
from tests.integration.lab import Lab, make_lab

ANY = ("127.0.0.1", 0)
MANUAL = {"steps": [{"id": "look", "title": "A secret title", "manual": "Look at it."}]}

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # where the database doesn't matter


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    lab = make_lab(database_url, tmp_path, itertools.count(1), {"manual": MANUAL})
    yield lab
    lab.desk.close()
    lab.desk.database.close()


@pytest.fixture
def running(lab: Lab, eventually: Callable[..., bool]) -> Iterator[Replica]:
    with lab.running() as replica:
        assert eventually(lambda: not replica.trouble())
        yield replica


@contextmanager
def asking(replica: Replica, lab: Lab, *more: Any, patience: float = 10) -> Iterator[httpx.Client]:
    """A client of the replica's web server, which waits so many seconds for the database."""
    with (
        WebServer(ANY, replica, lab.desk, *more, patience=patience) as server,
        httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client,
    ):
        yield client


@pytest.fixture
def get(lab: Lab, running: Replica) -> Iterator[Callable[[str], httpx.Response]]:
    """`get(path)` from the web server of the running replica."""
    with asking(running, lab) as client:
        yield client.get


def samples(text: str) -> dict[str, float]:
    """The metrics of a scrape, comments left out."""
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def test_health_names_every_part(get: Callable[[str], httpx.Response]) -> None:
    """Database, engine, Slack and the channels, each with its state."""
    answer = get("/healthz")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    told = answer.json()
    assert told.pop("slack")["state"] == "headless"
    ok = {"state": "ok", "reason": ""}
    assert told == {"status": "ok", "database": ok, "engine": ok, "list": ok}


@ON_SQLITE
def test_it_is_ready_once_the_engine_takes_work(lab: Lab, eventually: Callable[..., bool]) -> None:
    """Before its start and after its stop it says why not."""
    replica = lab.replica()
    with asking(replica, lab) as client:
        before = client.get("/readyz")
        replica.start()
        assert eventually(lambda: client.get("/readyz").status_code == 200)
        replica.stop()
        after = client.get("/readyz")
    assert (before.status_code, before.json()["engine"]["state"]) == (503, "failed")
    assert (after.status_code, after.json()["engine"]["reason"]) == (503, "It is stopping.")


@ON_SQLITE
def test_slack_that_fails_is_named_but_no_reason_to_restart(lab: Lab, running: Replica) -> None:
    """Its state and reason as its part tells them, without secrets; other routes are served beside."""
    part = Part("failed", "Slack refuses xoxb-1-2-canary.")
    more = [Route("/more", lambda _: PlainTextResponse("more"))]
    with asking(running, lab, lambda: part, more) as client:
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["slack"] == {"state": "failed", "reason": "Slack refuses ***."}
        assert client.get("/more").text == "more"


@ON_SQLITE
def test_a_channel_that_fails_is_named_but_no_reason_to_restart(lab: Lab, get: Callable[[str], httpx.Response]) -> None:
    """The whole is degraded, and the bot stays ready."""
    lab.messages.broken.append("The list is full; token xoxb-1-2-canary.")
    answer = get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["list"] == {"state": "failed", "reason": "The list is full; token ***."}
    assert get("/readyz").status_code == 200


def test_a_replica_whose_lease_was_taken_has_failed(
    lab: Lab, running: Replica, get: Callable[[str], httpx.Response], eventually: Callable[..., bool]
) -> None:
    """It executes nothing any more, so whoever watches may restart it."""
    with lab.desk.database.begin() as connection:
        connection.exec_driver_sql("UPDATE replicas SET executor_id = 'another'")
    assert eventually(lambda: get("/healthz").status_code == 503)
    assert get("/healthz").json()["engine"]["reason"] == "Another process has taken this replica's lease."


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_hangs_is_told_within_a_second(
    lab: Lab, running: Replica, eventually: Callable[..., bool]
) -> None:
    """However many ask; and all is well again when it answers again."""
    dsn = lab.desk.database.url.replace("+psycopg", "")
    with asking(running, lab, patience=PATIENCE_SECONDS) as client:
        with psycopg.connect(dsn) as other:
            other.execute("LOCK TABLE replicas, moments, incidents IN ACCESS EXCLUSIVE MODE")
            for path in ("/healthz", "/readyz", "/healthz"):
                begun = time.monotonic()
                answer = client.get(path)
                assert time.monotonic() - begun < 5  # a statement ends after ten
                assert answer.status_code == 503
                assert answer.json()["database"]["reason"] == "The database has not answered within 0.8 s."
            assert sum(thread.name == "look" for thread in threading.enumerate()) == 1
            found = samples(client.get("/metrics").text)
            assert found["dr_database_up"] == 0
            assert "dr_due_lag_seconds" not in found
            assert found["dr_since_sweep_seconds"] > 1
        assert eventually(lambda: client.get("/healthz").status_code == 200, 60)


def test_metrics_count_without_naming(lab: Lab, get: Callable[[str], httpx.Response]) -> None:
    """Open incidents by severity, steps, jobs and deliveries by state, the lag of what is due."""
    incident = lab.started("manual")
    lab.wait(incident, "look", "ready")
    answer = get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = samples(answer.text)
    assert found['dr_open_incidents{drill="false",severity="sev1"}'] == 1
    assert found['dr_open_incidents{drill="true",severity="sev1"}'] == 0
    assert found['dr_steps{state="ready"}'] == 1
    assert found['dr_steps{state="completed"}'] == 0
    assert found['dr_jobs{state="waiting"}'] >= 0
    assert sum(number for name, number in found.items() if name.startswith("dr_deliveries")) == 1
    assert (found["dr_database_up"], found["dr_engine_up"]) == (1, 1)
    assert found["dr_since_sweep_seconds"] < 5
    assert found["dr_due_lag_seconds"] < 5
    for name in ("A secret title", "down", "alice", "Alice", incident.id, 'database"'):
        assert name not in answer.text


def test_metrics_follow_an_incident(lab: Lab, get: Callable[[str], httpx.Response]) -> None:
    """A step that is done is counted as such at the next scrape; an incident that has ended no more."""
    from_start = samples(get("/metrics").text)
    incident = lab.started("manual")
    lab.wait(incident, "look", "ready")
    assert samples(get("/metrics").text)['dr_steps{state="ready"}'] == 1
    lab.give(incident, c.Done, "alice", run="R1", step="look")
    assert samples(get("/metrics").text)['dr_steps{state="completed"}'] == 1
    lab.give(incident, c.Cancel, "alice", reason="a false alarm")
    ended = samples(get("/metrics").text)
    assert from_start['dr_steps{state="completed"}'] == ended['dr_steps{state="completed"}'] == 0


@ON_SQLITE
def test_an_address_in_use_is_said_in_one_line(lab: Lab) -> None:
    """With what to do; and an address that isn't this machine's too."""
    with socket.create_server(ANY) as taken:
        port = taken.getsockname()[1]
        server = WebServer(("127.0.0.1", port), lab.replica(), lab.desk)
        with pytest.raises(CannotListen, match=rf"^DR_HTTP 127\.0\.0\.1:{port} is in use; choose another\.$"), server:
            pass
    away = WebServer(("192.0.2.1", 80), lab.replica(), lab.desk)
    with (
        pytest.raises(CannotListen, match=r"^DR_HTTP 192\.0\.2\.1:80 can't be listened at \(.+\); choose another\.$"),
        away,
    ):
        pass


@ON_SQLITE
def test_it_ends_within_a_second_and_frees_its_port(lab: Lab) -> None:
    """Even with a connection kept open and another in the middle of a request; a new one may listen there at once."""
    replica = lab.replica()
    with WebServer(ANY, replica, lab.desk) as server:
        host, port = httpx.URL(server.url).host, httpx.URL(server.url).port
        assert port is not None
        client = httpx.Client(trust_env=False)
        assert client.get(f"{server.url}/readyz").status_code == 503
        half = socket.create_connection((host, port))
        half.sendall(b"GET /healthz HTTP/1.1\r\n")
        begun = time.monotonic()
    assert time.monotonic() - begun < 5  # what is in the middle would be waited for
    half.close()
    client.close()
    with WebServer((host, port), replica, lab.desk) as again:
        assert httpx.get(f"{again.url}/readyz", trust_env=False).status_code == 503


def test_answers_are_not_held_back() -> None:
    """asyncio turns Nagle's algorithm off, 40 ms an answer, only where the socket names its protocol."""
    with listen(ANY) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_mail_is_checked_without_sending_any(smtp_sink: MailSink) -> None:
    """The server is greeted; one that is gone, or none at all, is said with what to do."""
    email_channel("dr@example.com", SecretStr(smtp_sink.url)).check()
    assert smtp_sink.messages == []
    with pytest.raises(NotDelivered, match=r"127\.0\.0\.1:9 did not take it"):
        email_channel("dr@example.com", SecretStr("smtp://127.0.0.1:9")).check()
    with pytest.raises(NotDelivered, match="Set SMTP_URL"):
        email_channel("dr@example.com", None).check()


def test_a_look_that_hangs_is_not_begun_again() -> None:
    """Whoever asks meanwhile waits for the same answer, an error as well; afterwards a new look is made."""
    going, begun = threading.Event(), itertools.count(1)

    def work() -> int:
        number = next(begun)
        going.wait(5)
        if number == 2:
            raise ValueError("no")
        return number

    look = Look(work)
    first, same = look.begin(), look.begin()
    with pytest.raises(TimeoutError):
        first.result(timeout=0.05)
    going.set()
    assert (first.result(timeout=5), same.result(timeout=5)) == (1, 1)
    with pytest.raises(ValueError, match="no"):
        look.begin().result(timeout=5)
    assert look.begin().result(timeout=5) == 3


def test_an_answer_is_kept_as_long_as_asked() -> None:
    """So that a mail server is not greeted at each request."""
    number = itertools.count(1)
    look = Look(lambda: next(number), keep=60)
    assert [look.begin().result(timeout=5) for _ in range(3)] == [1, 1, 1]
