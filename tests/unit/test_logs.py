"""One line a record, whoever wrote it, and no secret in any of them."""

import base64
import io
import json
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from urllib.parse import quote

import boto3
import httpx
import psycopg
import pytest
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from pydantic import SecretStr

from bot.logs import Style, set_up
from bot.redaction import MARK, hide, hide_environment, redact

CANARY = "c4nary-Kestrel"
AWS_KEY = "AKIA" + "CANARYCANARY1234"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYCANARYKEY1"
AWS_SESSION = "IQoJb3JpZ2luX2Vj" + "Canary0" * 20
# Family -> a text with a secret in it, and what may be left of it nowhere.
FAMILIES = {
    "dsn": (f"postgresql://dr:{CANARY}@db.internal:5432/dr", CANARY),
    "dsn with an at sign": (f"redis://:p@ss:{CANARY}@cache/0 is gone", CANARY),
    "conninfo": (f"host=db password={CANARY} user=dr", CANARY),
    "conninfo with blanks": (f"host=db password='so long, it\\'s {CANARY}' user=dr", CANARY),
    "sql": (f"ALTER ROLE shop PASSWORD 'it''s {CANARY}'", CANARY),
    "python": (str({"user": "dr", "password": f'a "b {CANARY}'}), CANARY),
    "json": (json.dumps({"db_password": f"a b {CANARY}"}), CANARY),
    "json in json": (json.dumps({"body": json.dumps({"password": f"a b {CANARY}"})}), CANARY),
    "variable": (f"PGPASSWORD={CANARY} psql", CANARY),
    "aws key": (f"for key {AWS_KEY}.", AWS_KEY),
    "aws secret": (f"aws_secret_access_key = {AWS_SECRET}", AWS_SECRET),
    "aws secret alone": (f"({AWS_SECRET})", AWS_SECRET),
    "aws session": (f"x-amz-security-token:{AWS_SESSION}\nx-amz-date:20261103", AWS_SESSION),
    "aws session alone": (f"token {AWS_SESSION} has expired", AWS_SESSION),
    "aws role": (f"<SecretAccessKey>{CANARY}</SecretAccessKey><SessionToken>{CANARY}</SessionToken>", CANARY),
    "aws secret value": (repr(json.dumps({"SecretString": json.dumps({"word": f"a b {CANARY}"})}).encode()), CANARY),
    "slack bot": (f"token=xoxb-12-34-{CANARY}&channel=C1", CANARY),
    "slack app": (f"xapp-1-A1-{CANARY} was refused", CANARY),
    "slack rotating": (f"'xoxe.xoxp-1-{CANARY}'", CANARY),
    "slack hook": (f"https://hooks.slack.com/services/T1/B1/{CANARY}", CANARY),
    "basic": (f"Authorization: Basic {base64.b64encode(CANARY.encode()).decode()}", "YzRuYXJ5"),
    "bearer": (f"[(b'Authorization', b'Bearer {CANARY}')]", CANARY),
    "signature": (f"{{'Authorization': b'AWS4-HMAC-SHA256 Credential=x/s3, Signature={CANARY}'}}", CANARY),
    "cookie": (f"Set-Cookie: session={CANARY}; Path=/", CANARY),
    "presigned": (f"GET https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature={CANARY} 403", CANARY),
    "presigned of old": (f"https://b.s3.amazonaws.com/k?AWSAccessKeyId=x&Signature={CANARY}&Expires=1", CANARY),
    "private key": (f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CANARY}\n-----END OPENSSH PRIVATE KEY-----", CANARY),
}
EVERY_FAMILY = pytest.mark.parametrize(("text", "secret"), FAMILIES.values(), ids=FAMILIES.keys())


class Written(io.StringIO):
    """What was logged, but for what a thread that was there before has to say."""

    def __init__(self) -> None:
        super().__init__()
        self._others = {*threading.enumerate()} - {threading.current_thread()}

    def write(self, text: str) -> int:
        return len(text) if threading.current_thread() in self._others else super().write(text)

    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()

    @property
    def only(self) -> str:
        [line] = self.getvalue().split("\n")[:-1]
        return line


@pytest.fixture
def logged_as() -> Iterator[Callable[..., Written]]:
    """`logged_as(style, level)`: sets logging up, and gives what is written; afterwards it is as for every test."""

    def begin(style: Style = "text", level: str = "debug") -> Written:
        written = Written()
        set_up(level, style, written)
        return written

    yield begin
    set_up("error", "text", sys.__stderr__)
    logging.captureWarnings(False)


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest, logged_as: Callable[..., Written]) -> Written:
    return logged_as(request.param)


@EVERY_FAMILY
def test_a_secret_of_every_family_is_taken_out_of_any_text(text: str, secret: str) -> None:
    """In plain text, and in the ways in which other layers quote it again."""
    assert secret in text
    for shown in (text, repr(text), json.dumps(text), f"it failed: {text!r} (again)"):
        assert secret not in redact(shown)
        assert MARK in redact(shown)


@EVERY_FAMILY
def test_neither_logger_writes_a_secret(written: Written, text: str, secret: str) -> None:
    """The event, its values however deep, the arguments of the standard library, and its own objects."""
    structlog.get_logger().warning(text, value=text, deep={"list": [text, {"of": (text,)}]}, thing=ValueError(text))
    logging.getLogger("somebody.else").warning("it said %s: %r", text, {"text": text})
    assert len(written.lines) == 2
    assert secret not in written.getvalue()


@EVERY_FAMILY
def test_no_exception_brings_a_secret_along(written: Written, text: str, secret: str) -> None:
    """The text of an exception, of the one that caused it, and of its notes."""
    try:
        try:
            raise ValueError(text)
        except ValueError as cause:
            error = RuntimeError(f"failed: {text}")
            error.add_note(text)
            raise error from cause
    except RuntimeError:
        structlog.get_logger().exception("failed")
        logging.getLogger("somebody.else").exception("failed")
    assert len(written.lines) == 2
    assert all("RuntimeError" in line for line in written.lines)
    assert secret not in written.getvalue()


@pytest.mark.parametrize("name", ["password", "db_password", "Authorization", "aws_session_token", "client_secret"])
def test_what_is_called_a_secret_is_never_shown(written: Written, name: str) -> None:
    """Whatever its value looks like, numbers and nested values included."""
    structlog.get_logger().info("hello", **{name: "harmless"}, deep={name: 1234567})
    assert "harmless" not in written.only
    assert "1234567" not in written.only


@pytest.mark.parametrize("value", ["Tr0ub4dor&3", 'quo"te\\d pass', "first-line\nsecond-line", "pässwörd"])
def test_a_value_that_was_read_as_a_secret_is_hidden_in_every_spelling(value: str) -> None:
    """As it is, and as URLs, JSON, Python and Basic authentication spell it."""
    hide(value)
    spelled = (
        value,
        quote(value, safe=""),
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
        base64.b64encode(value.encode()).decode(),
    )
    for text in (*spelled, *value.splitlines()):
        assert redact(f"<{text}>") == f"<{MARK}>"


def test_too_short_a_value_is_not_hidden() -> None:
    """Taking `test` out would garble every line, and protect nothing."""
    hide("test")
    assert redact("a test of this") == "a test of this"


def test_the_environments_secrets_are_hidden() -> None:
    """By the names of its variables, and the passwords in its URLs; the path to a secret's file is none."""
    hide_environment(
        {
            "WEST_PASSWORD": "umbrella-9",
            "SMTP_URL": "smtp://dr:gravel%2F77@mail.example.com:587",
            "SLACK_SIGNING_SECRET_FILE": "/run/secrets/signing",
            "DR_HTTP": "127.0.0.1:8080",
        }
    )
    shown = redact("umbrella-9 gravel%2F77 gravel/77 /run/secrets/signing 127.0.0.1:8080")
    assert shown == f"{MARK} {MARK} {MARK} /run/secrets/signing 127.0.0.1:8080"


@pytest.mark.parametrize(
    "text",
    [
        "The secret west is missing: set WEST_PASSWORD in the bot's environment.",
        "INC-7/R1/promote_replica/1 approved with plan 7f3a91c2",
        "http://127.0.0.1:8080/healthz answers in 12 ms",
        "2f1c8e0a9b3d4c5e6f7a8b9c0d1e2f3a4b5c6d7e",
        "arn:aws:elasticloadbalancing:us-east-1:111111111111:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2",
        'FATAL:  password authentication failed for user "dr_bot"',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    """Hashes, names, addresses and plain sentences are what logs are read for."""
    assert redact(text) == text


@pytest.mark.parametrize(
    "nasty",
    ["a\nb", "a\r\nb", "a\x1b[2Jb", "a\u2028b", "a\x85b", "a\u202eb", "a\x00b", "a\ud800b"],
    ids=["lf", "crlf", "escape", "line-separator", "nel", "bidi", "nul", "surrogate"],
)
def test_one_record_is_one_line(written: Written, nasty: str) -> None:
    """Line breaks and control characters are written out, wherever they stand."""
    structlog.get_logger().info(nasty, value=nasty, deep=[nasty])
    logging.getLogger("somebody.else").info(nasty)
    assert len(written.lines) == 2
    assert written.getvalue().replace("\n", "").isprintable()


def test_json_keeps_the_values(logged_as: Callable[..., Written]) -> None:
    """Each line is an object with moment, level, event, logger and the values in their own shapes."""
    written = logged_as("json")
    structlog.get_logger().warning("away", part="sweep", seconds=1.5, jobs=[1, None], text="a\nb")
    record = json.loads(written.only)
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "level": "warning",
        "event": "away",
        "logger": __name__,
        "part": "sweep",
        "seconds": 1.5,
        "jobs": [1, None],
        "text": "a\nb",
    }


def test_text_begins_with_moment_level_and_event(logged_as: Callable[..., Written]) -> None:
    """What stands behind is quoted only where it must be."""
    written = logged_as("text")
    structlog.get_logger().warning("away", part="sweep", reason='it is "gone"')
    _, _, rest = written.only.partition("Z ")
    assert rest == f'warning away part=sweep reason="it is \\"gone\\"" logger={__name__}'


def test_the_level_holds_for_both_loggers(logged_as: Callable[..., Written]) -> None:
    """And libraries that tell of every request keep to warnings unless everything is asked for."""
    written = logged_as("text", "info")
    structlog.get_logger().debug("no")
    logging.getLogger("somebody.else").debug("no")
    logging.getLogger("httpx").info("no")
    logging.getLogger("httpx").warning("yes")
    assert " yes " in written.only


def test_the_engines_library_writes_by_the_same_way(logged_as: Callable[..., Written]) -> None:
    """DBOS has a handler of its own unless it finds one, and lets nothing through to the root."""
    written = logged_as("json")
    logging.getLogger("dbos").warning("recovering postgresql://dr:%s@db/dr", CANARY)
    assert json.loads(written.only)["logger"] == "dbos"
    assert CANARY not in written.only


def test_a_record_that_cant_be_written_is_not_dumped(
    logged_as: Callable[..., Written], capsys: pytest.CaptureFixture[str]
) -> None:
    """The standard library would print its message and arguments as they are."""
    written = logged_as("text")
    logging.getLogger("somebody.else").warning("%d things", CANARY)
    assert written.only == "a record of somebody.else could not be written (TypeError)"
    assert CANARY not in capsys.readouterr().err


def test_warnings_and_dead_threads_are_logged(
    logged_as: Callable[..., Written], capsys: pytest.CaptureFixture[str]
) -> None:
    """They would go to stderr raw."""
    written = logged_as("json")
    with warnings.catch_warnings(record=False):
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(f"password={CANARY}", stacklevel=1)
        logging.captureWarnings(False)
    thread = threading.Thread(target=lambda: 1 / len([CANARY][1:]), name="lonely")
    thread.start()
    thread.join()
    warned, died = map(json.loads, written.lines)
    assert warned["logger"] == "py.warnings"
    assert died["event"] == "thread lonely died"
    assert "ZeroDivisionError" in died["exception"]
    assert CANARY not in written.getvalue() + capsys.readouterr().err


def test_pydantics_secrets_stay_theirs(written: Written) -> None:
    """A settings object that is logged shows stars."""
    structlog.get_logger().info("settings", it=SecretStr(CANARY))
    assert CANARY not in written.only


def refused_port() -> str:
    """A URL on loopback where nobody listens: port 9, discard."""
    return "http://127.0.0.1:9"


def test_botocore_at_debug_writes_no_secret(logged_as: Callable[..., Written]) -> None:
    """Keys, session token, signature, presigned URL and the request's own body, with every logger of it wide open."""
    written = logged_as("json")
    for name in ("botocore.parsers", "botocore.endpoint"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    session = boto3.Session(AWS_KEY, AWS_SECRET, AWS_SESSION, region_name="us-east-1")
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    client = session.client("secretsmanager", endpoint_url=refused_port(), config=once)
    with pytest.raises(BotoCoreError):
        client.put_secret_value(SecretId="shop", SecretString=f"a b {CANARY}")
    url = session.client("s3").generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    logging.getLogger("somebody.else").info("fetching %s", url)
    signature = url.partition("Signature=")[2].partition("&")[0]
    assert "CanonicalRequest" in written.getvalue()
    for secret in (CANARY, AWS_KEY, AWS_SECRET, AWS_SESSION, quote(AWS_SESSION, safe=""), signature):
        assert secret not in written.getvalue()


def test_httpx_at_debug_writes_no_secret(logged_as: Callable[..., Written]) -> None:
    """The password in a URL, the Authorization header, the error that quotes them."""
    written = logged_as("text")
    url = f"http://dr:{CANARY}@127.0.0.1:9/hook?password={CANARY}"
    with httpx.Client(headers={"Authorization": f"Bearer {CANARY}"}, trust_env=False) as client:
        request = client.build_request("POST", url, json={"password": CANARY})
        try:
            client.send(request)
        except httpx.ConnectError:
            logging.getLogger("somebody.else").exception("%s %s %s", url, request.headers.raw, request.content)
    assert "ConnectError" in written.getvalue()
    assert "connect_tcp.started" in written.getvalue()
    assert CANARY not in written.getvalue()


def test_psycopg_at_debug_writes_no_secret(logged_as: Callable[..., Written]) -> None:
    """The attempt to connect and its error."""
    written = logged_as("text")
    try:
        psycopg.connect(f"host=127.0.0.1 port=9 user=dr password={CANARY} connect_timeout=1")
    except psycopg.OperationalError:
        structlog.get_logger().exception("gone", report=traceback.format_exc())
    assert "connection attempt" in written.getvalue()
    assert "OperationalError" in written.getvalue()
    assert CANARY not in written.getvalue()
