"""What goes over the wire when a changing call goes wrong: one request, and an error that claims no more than is known."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

import boto3
import httpx
import pytest
from botocore.config import Config

from bot.actions import elbv2, http_request, route53
from bot.domain.changes import Plan
from bot.engine.ports import NotApplied, OutcomeUnknown, StepFacts, Unavailable

AWS_ERROR = (
    '<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>{}</Code>'
    "<Message>{}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
)
NAUGHTY = "[Tried 'shop' -- <b>&amp;</b> \u202e ﷽ {{7*7}} <!channel> ${jndi:ldap://x} " + "long " * 400 + "end]"
LISTENER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/2"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/2"


class Ledger:
    """A server that writes down every request and then misbehaves as told."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.behave: Callable[[BaseHTTPRequestHandler], None] = answer(200, "")
        self.over = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        ledger = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                ledger.requests.append(f"{self.path} {body.decode()}")
                ledger.behave(self)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def hang(self, _handler: BaseHTTPRequestHandler) -> None:
        self.over.wait(10)


def answer(status: int, body: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer properly."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        raw = body.encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "text/xml; charset=utf-8")
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return behave


def close(handler: BaseHTTPRequestHandler) -> None:
    """Hang up without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def break_off(handler: BaseHTTPRequestHandler) -> None:
    """Hang up in the middle of the answer."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<Change")
    handler.wfile.flush()
    close(handler)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    made = Ledger()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.over.set()
    made.server.shutdown()
    thread.join()
    made.server.server_close()


class Impatient:
    """Stands in for the bot's context where its time-outs would make a test wait: same clients, a patience of its own."""

    patience = 30.0  # seconds

    def __init__(self, facts: StepFacts, url: str) -> None:
        self.facts = facts
        self._url = url

    def aws(self, service: str, region: str, *, mutating: bool = False) -> Any:
        assert mutating
        limits = {"connect_timeout": self.patience, "read_timeout": self.patience}
        config = Config(**limits, retries={"total_max_attempts": 1, "mode": "standard"})
        return boto3.Session().client(service, region_name=region, endpoint_url=self._url, config=config)

    def http(self, method: str, url: str, **options: Any) -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=self.patience) as client:
            return client.request(method, url, **options)


@dataclass(frozen=True)
class Call:
    """A changing call that is ready to be sent."""

    action: Any
    params: Any
    plan: Plan
    context: Any

    def send(self) -> None:
        self.action.apply(self.params, self.plan, self.context)


def make_call(name: str, url: str, step_facts: Callable[..., StepFacts]) -> Call:
    context = Impatient(step_facts(allow=(f"{url}/",)), url)
    action, parameters, desired = {
        "route53.weights": (
            route53.ACTION,
            {
                "record": {"zone": "Z0SHOP", "name": "shop.example.com", "type": "A", "sets": {"recovery": "east"}},
                "weights": {"recovery": 100},
            },
            {"records": {"east": {"Name": "shop.example.com.", "Type": "A", "SetIdentifier": "east", "Weight": 100}}},
        ),
        "elbv2.weights": (
            elbv2.ACTION,
            {
                "load_balancer": {
                    "name": "shop",
                    "region": "us-east-1",
                    "listener": LISTENER,
                    "groups": {"shop": GROUP},
                },
                "weights": {"shop": 100},
            },
            {
                "actions": [
                    {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": GROUP, "Weight": 1}]}}
                ]
            },
        ),
        "http.request": (http_request.ACTION, {"url": f"{url}/hook", "body": {"go": True}}, {}),
    }[name]
    plan = Plan.model_validate({"action": name, "summary": "", "target": "", "desired": desired})
    return Call(action, action.params.model_validate(parameters), plan, context)  # type: ignore[attr-defined]


@pytest.fixture(params=["route53.weights", "elbv2.weights", "http.request"])
def call(request: pytest.FixtureRequest, ledger: Ledger, step_facts: Callable[..., StepFacts]) -> Call:
    return make_call(request.param, ledger.url, step_facts)


@pytest.fixture(params=["route53.weights", "elbv2.weights"])
def aws_call(request: pytest.FixtureRequest, ledger: Ledger, step_facts: Callable[..., StepFacts]) -> Call:
    return make_call(request.param, ledger.url, step_facts)


FAULTS: dict[str, Callable[[Ledger], Callable[[BaseHTTPRequestHandler], None]]] = {
    "hangs up": lambda _: close,
    "hangs up in the middle": lambda _: break_off,
    "does not answer": lambda ledger: ledger.hang,
    "answers 500": lambda _: answer(500, AWS_ERROR.format("InternalFailure", "try later")),
    "answers 503 in HTML": lambda _: answer(503, "<html><h1>Service Unavailable</h1></html>"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_call_is_sent_once_and_unknown(
    ledger: Ledger, call: Call, fault: str, eventually: Callable[..., bool]
) -> None:
    """Whatever breaks after the request is out, it was sent once, and nobody claims to know what became of it."""
    ledger.behave = FAULTS[fault](ledger)
    if fault == "does not answer":
        call.context.patience = 1.0
    with pytest.raises(OutcomeUnknown):
        call.send()
    assert eventually(lambda: bool(ledger.requests), 60)  # it may have been given up before it was read
    assert len(ledger.requests) == 1


@pytest.mark.parametrize("name", ["route53.weights", "elbv2.weights", "http.request"])
def test_a_call_without_a_connection_is_not_applied(step_facts: Callable[..., StepFacts], name: str) -> None:
    """Where no connection came about, nothing was sent, and that is certain."""
    call = make_call(name, "http://127.0.0.1:1", step_facts)
    with pytest.raises(NotApplied, match="was not sent"):
        call.send()


@pytest.mark.parametrize("code", ["Throttling", "AccessDenied", "ExpiredToken", "SignatureDoesNotMatch"])
def test_what_every_service_refuses_is_not_applied(ledger: Ledger, aws_call: Call, code: str) -> None:
    """A throttled or unauthorised call did nothing; it was sent once, and AWS's words are kept whole."""
    ledger.behave = answer(400, AWS_ERROR.format(code, escape(NAUGHTY)))
    with pytest.raises(NotApplied) as caught:
        aws_call.send()
    assert f"({code})" in str(caught.value)
    assert NAUGHTY in str(caught.value)
    assert len(ledger.requests) == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("route53.weights", code) for code in sorted(route53.REFUSALS)),
        *(("elbv2.weights", code) for code in sorted(elbv2.REFUSALS)),
    ],
)
def test_what_the_operation_refuses_is_not_applied(
    ledger: Ledger, step_facts: Callable[..., StepFacts], name: str, code: str
) -> None:
    """The errors by which an operation says that it did nothing mean just that."""
    ledger.behave = answer(400, AWS_ERROR.format(code, escape(NAUGHTY)))
    with pytest.raises(NotApplied) as caught:
        make_call(name, ledger.url, step_facts).send()
    assert NAUGHTY in str(caught.value)


def test_an_unheard_of_error_proves_nothing(ledger: Ledger, aws_call: Call) -> None:
    """An error code that no list holds leaves the outcome unknown, with AWS's words."""
    ledger.behave = answer(400, AWS_ERROR.format("SomethingNew", "who knows"))
    with pytest.raises(OutcomeUnknown, match=r"SomethingNew.*who knows"):
        aws_call.send()


def test_an_answer_that_no_service_gives_proves_nothing(ledger: Ledger, aws_call: Call) -> None:
    """A 200 from something that is not AWS is no success."""
    ledger.behave = answer(200, "<html><br>Welcome to our wireless network")
    with pytest.raises(OutcomeUnknown, match="wireless network"):
        aws_call.send()


def test_both_records_move_in_one_request(ledger: Ledger, step_facts: Callable[..., StepFacts]) -> None:
    """One change batch holds the upserts of all records, and names the attempt."""
    call = make_call("route53.weights", ledger.url, step_facts)
    east: Any = call.plan.desired["records"]
    both = {"west": east["east"] | {"SetIdentifier": "west", "Weight": 0}} | east
    ledger.behave = answer(500, "")
    with pytest.raises(OutcomeUnknown):
        route53.apply(call.params, call.plan.model_copy(update={"desired": {"records": both}}), call.context)
    [request] = ledger.requests
    assert request.count("<Action>UPSERT</Action>") == 2
    assert "INC-7/R1/the_step/1" in request


@pytest.mark.parametrize("name", ["route53.weights", "elbv2.weights"])
def test_refused_client_means_nothing_was_sent(ledger: Ledger, step_facts: Callable[..., StepFacts], name: str) -> None:
    """Where the context hands out no client (another account, say), nothing was sent, and that is certain."""

    class Refusing(Impatient):
        def aws(self, service: str, region: str, *, mutating: bool = False) -> Any:
            raise Unavailable("These AWS credentials belong to account 2.")

    call = make_call(name, ledger.url, step_facts)
    with pytest.raises(NotApplied, match=r"was not sent: These AWS credentials belong to account 2\."):
        call.action.apply(call.params, call.plan, Refusing(step_facts(), ledger.url))
    assert not ledger.requests


def test_body_on_the_wire_is_the_one_planned(ledger: Ledger, step_facts: Callable[..., StepFacts]) -> None:
    """The request goes to the URL, with the body as it was shown."""
    call = make_call("http.request", ledger.url, step_facts)
    call.send()
    [request] = ledger.requests
    path, _, body = request.partition(" ")
    assert path == "/hook"
    assert json.loads(body) == {"go": True}
