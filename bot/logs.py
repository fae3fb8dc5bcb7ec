"""Logging for the whole process: one line a record to stderr, as text or JSON, whoever wrote it, and no secret in it."""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

from bot.domain.model import JsonValue
from bot.redaction import MARK, is_secret_name, redact

Style = Literal["text", "json"]
# Below a warning these tell of every request; below INFO the first two write whole answers, secrets' values among them.
TOO_OPEN = ("botocore.parsers", "botocore.endpoint")
CHATTY = ("alembic", "asyncio", "boto3", "botocore", "dbos", "httpcore", "httpx", "psycopg", "urllib3", "uvicorn")
# They write what people said, whole requests and signatures, and what fails is told by whoever called them.
TALKATIVE = {"slack_sdk": logging.CRITICAL, "slack_bolt": logging.WARNING, "websockets": logging.ERROR}
HANDLED_APART = ("dbos",)  # it writes by a handler of its own unless it finds one
# What could end a line, forge one, or steer a terminal.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
FIRST = ("timestamp", "level", "event")
PLAIN = re.compile(r"[^\s\"=\\]+")


class Handler(logging.StreamHandler[TextIO]):
    """Writes to a stream. A record that can't be written is named, never shown: the standard library would dump it raw."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        kind = sys.exc_info()[0]
        with suppress(OSError, ValueError):
            self.stream.write(f"a record of {record.name} could not be written ({kind.__name__ if kind else ''})\n")


def set_up(level: str, style: Style, stream: TextIO | None = None) -> None:
    """Send every record of this process through one pipeline to `stream` (stderr). Calling it again replaces the pipeline."""
    handler = Handler(stream or sys.stderr)
    handler.setFormatter(_formatter(style))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in HANDLED_APART:
        logging.getLogger(name).handlers = [handler]
        logging.getLogger(name).propagate = False
    _quieten(root.level)
    logging.captureWarnings(True)
    threading.excepthook = _log_thread
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_PREPARED, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def one_line(text: str) -> str:
    """Line breaks and control characters written out, as JSON does."""
    return UNPRINTABLE.sub(lambda found: NAMED.get(found[0], f"\\u{ord(found[0]):04x}"), text)


def _quieten(level: int) -> None:
    for name in CHATTY:
        logging.getLogger(name).setLevel(level if level <= logging.DEBUG else max(level, logging.WARNING))
    for name in TOO_OPEN:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    for name, least in TALKATIVE.items():
        logging.getLogger(name).setLevel(max(level, least))


def _formatter(style: Style) -> ProcessorFormatter:
    render = _as_json if style == "json" else _as_text
    return ProcessorFormatter(
        foreign_pre_chain=_PREPARED,
        processors=[ProcessorFormatter.remove_processors_meta, _with_exception, _redacted, render],
    )


def _with_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The traceback as text, so that it is redacted like everything else."""
    found = event.pop("exc_info", None)
    if isinstance(found, BaseException):
        found = (type(found), found, found.__traceback__)
    if found and not isinstance(found, tuple):
        found = sys.exc_info()
    if found and found[1] is not None:
        event["exception"] = "".join(traceback.format_exception(*found)).rstrip()
    return event


def _redacted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: _clean(key, value) for key, value in event.items()}


def _clean(name: str, value: object) -> JsonValue:
    """A value without secrets, in the shapes of JSON; what has no such shape becomes text."""
    if is_secret_name(name):
        return MARK
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {redact(str(key)): _clean(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", item) for item in value]
    return redact(str(value))


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return one_line(json.dumps(event))


def _as_text(_: WrappedLogger, __: str, event: EventDict) -> str:
    timestamp, level, said = (event.pop(name, "") for name in FIRST)
    pairs = (f"{name}={_written(value)}" for name, value in event.items())
    return one_line(" ".join((timestamp, f"{level:<7}", said, *pairs)))


def _written(value: JsonValue) -> str:
    if isinstance(value, str) and PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _log_thread(stray: threading.ExceptHookArgs) -> None:
    """A thread that died of an exception is told in the log, not by the interpreter's own raw traceback."""
    name = stray.thread.name if stray.thread else ""
    logging.getLogger("threading").error("thread %s died", name, exc_info=stray.exc_value)


_PREPARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
