"""The bot's own context against moto and real HTTP servers."""

import gzip
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bot.actions.context import ContextFactory, StepContext
from bot.actions.outbound import BODY_LIMIT
from bot.domain.plan import Environment
from bot.engine.ports import Notice, StepFacts, Unavailable
from bot.playground.cloud import ACCOUNT, Clients

ROLE = f"arn:aws:iam::{ACCOUNT}:role/dr-bot"


class Told:
    def __init__(self) -> None:
        self.notices: list[tuple[str, Notice]] = []

    def __call__(self, facts: StepFacts, notices: tuple[Notice, ...]) -> None:
        self.notices += [(facts.incident, notice) for notice in notices]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def contexts(told: Told, step_facts: Callable[..., StepFacts]) -> Callable[..., StepContext]:
    def make(allow: tuple[str, ...] = (), **environment: Any) -> StepContext:
        written = {"account": ACCOUNT, "http": {"allow": allow}, **environment}
        factory = ContextFactory(now=lambda: datetime.now(UTC), notify=told, environ={})
        return factory(step_facts(environment_facts=Environment.model_validate(written)))

    return make


def test_role_is_assumed_under_the_attempts_name(
    moto_url: str, contexts: Callable[..., StepContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a role every client acts as that role, in a session that is named after the attempt."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    identity = contexts(role=ROLE).aws("sts", "us-east-1", mutating=True).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/dr-bot/INC-7.R1.the_step.1"


def test_role_of_another_account_changes_nothing(
    moto_url: str, contexts: Callable[..., StepContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drill's environment with production's role gets no client that can change anything."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    drill = contexts(account="222222222222", role=ROLE)
    with pytest.raises(Unavailable, match="nothing was sent"):
        drill.aws("ec2", "us-west-2", mutating=True)


def test_clients_are_bounded(
    moto_url: str, contexts: Callable[..., StepContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short time-outs, one attempt for what changes something, two for a look, in the region that was asked for."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    context = contexts()
    for mutating, attempts in ((True, 1), (False, 2)):
        config = context.aws("ec2", "eu-west-1", mutating=mutating).meta.config
        assert (config.connect_timeout, config.read_timeout, config.region_name) == (3, 10, "eu-west-1")
        assert config.retries["total_max_attempts"] == attempts


def test_sts_is_asked_in_the_clients_region(
    contexts: Callable[..., StepContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is configured for the global endpoint, which lives in one region, does not lead there."""
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    url = contexts().aws("sts", "us-west-2").meta.endpoint_url
    assert url == "https://sts.us-west-2.amazonaws.com"


@pytest.mark.parametrize("written", ["s3cret", '{"username": "dr_bot", "password": "s3cret"}'])
def test_managed_secret_has_its_version(
    moto_url: str, contexts: Callable[..., StepContext], monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """A plain text or the password of a JSON object, with the version that was read."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    created = Clients(moto_url).get("secretsmanager", "us-east-1").create_secret(Name="shop/east", SecretString=written)
    source = {"from": "secretsmanager", "id": "shop/east", "region": "us-east-1"}
    context = contexts(secrets={"east": source})
    assert (context.secret("east").reveal(), context.secret("east").version) == ("s3cret", created["VersionId"])
    with pytest.raises(Unavailable, match="has no secret west"):
        context.secret("west")


def test_redirects_stay_inside_the_list(httpserver: HTTPServer, contexts: Callable[..., StepContext]) -> None:
    """A look follows a redirect to an allowed URL, refuses any other, and a change follows none."""
    httpserver.expect_request("/in/a").respond_with_data(status=302, headers={"Location": "/in/b"})
    httpserver.expect_request("/in/b").respond_with_data("here")
    httpserver.expect_request("/in/out").respond_with_data(status=302, headers={"Location": "/out"})
    httpserver.expect_request("/in/loop").respond_with_data(status=302, headers={"Location": "/in/loop"})
    context = contexts((httpserver.url_for("/in"),))
    assert context.http("GET", httpserver.url_for("/in/a")).text == "here"
    assert context.http("POST", httpserver.url_for("/in/a")).status_code == 302
    with pytest.raises(Unavailable):
        context.http("GET", httpserver.url_for("/in/out"))
    with pytest.raises(httpx.TooManyRedirects):
        context.http("GET", httpserver.url_for("/in/loop"))
    assert "/out" not in {request.path for request, _ in httpserver.log}


def test_secret_headers_do_not_follow_to_another_origin(contexts: Callable[..., StepContext]) -> None:
    """A redirect to another allowed server goes without the caller's headers."""
    with HTTPServer() as first, HTTPServer() as second:
        first.expect_request("/a").respond_with_data(status=302, headers={"Location": second.url_for("/b")})
        second.expect_request("/b").respond_with_data("there")
        context = contexts((first.url_for("/"), second.url_for("/")))
        context.http("GET", first.url_for("/a"), headers={"X-Key": "canary"})
        assert first.log[0][0].headers["X-Key"] == "canary"
        assert "X-Key" not in second.log[0][0].headers


def test_one_jar_is_one_session(httpserver: HTTPServer, contexts: Callable[..., StepContext]) -> None:
    """Cookies are kept in the caller's jar, those of a redirect too, and nowhere else."""

    def who(request: Request) -> Response:
        return Response(request.cookies.get("who", "nobody"))

    headers = {"Location": "/who", "Set-Cookie": "who=nora"}
    httpserver.expect_request("/login").respond_with_data(status=302, headers=headers)
    httpserver.expect_request("/who").respond_with_handler(who)
    context, jar = contexts((httpserver.url_for("/"),)), CookieJar()
    assert context.http("GET", httpserver.url_for("/login"), cookies=jar).text == "nora"
    assert context.http("GET", httpserver.url_for("/who"), cookies=jar).text == "nora"
    assert context.http("GET", httpserver.url_for("/who")).text == "nobody"


def test_bodies_are_cut_off_and_time_is_bounded(httpserver: HTTPServer, contexts: Callable[..., StepContext]) -> None:
    """Ten megabytes become one, and an answer that drips ends with a time-out."""

    def drip(_request: Request) -> Response:
        def slowly() -> Any:
            for _ in range(30):
                time.sleep(0.1)
                yield b"."

        return Response(slowly())

    httpserver.expect_request("/large").respond_with_data(b"x" * 10_000_000)
    httpserver.expect_request("/drip").respond_with_handler(drip)
    context = contexts((httpserver.url_for("/"),))
    assert len(context.http("GET", httpserver.url_for("/large")).content) == BODY_LIMIT
    with pytest.raises(httpx.TimeoutException):
        context.http("GET", httpserver.url_for("/drip"), timeout=0.5)


def test_compressed_body_is_read_to_the_limit(httpserver: HTTPServer, contexts: Callable[..., StepContext]) -> None:
    """What comes compressed unasked is decompressed once, and counts as long as it is."""
    packed = gzip.compress(b"y" * 5_000_000)
    httpserver.expect_request("/packed").respond_with_data(packed, headers={"Content-Encoding": "gzip"})
    answer = contexts((httpserver.url_for("/"),)).http("GET", httpserver.url_for("/packed"))
    assert answer.content == b"y" * BODY_LIMIT


def test_notices_are_handed_on_with_their_step(told: Told, contexts: Callable[..., StepContext]) -> None:
    """Whoever records them knows for which incident."""
    notice = Notice("INC-7/R1/tell/1/alice", "alice", "initial_notification", {})
    contexts().notify((notice,))
    assert told.notices == [("INC-7", notice)]
