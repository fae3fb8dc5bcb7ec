"""What must hold after every run, judged from the far side's ledger and the audit export."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bot.domain.model import canonical
from bot.store import audit
from bot.store.audit import Line
from bot.store.database import Database
from tests.faults.gate import Call
from tests.faults.people import Word

STARTS = ("StepStarted", "UndoStarted")
RESULTS = ("StepCompleted", "StepFailed", "UndoCompleted", "UndoFailed", "StepBlocked")


def exported(database: Database, stream: str) -> list[Line]:
    """The audit export of one incident."""
    with database.read() as connection:
        return list(audit.export(connection, stream))


def faults_of_chain(database: Database) -> list[str]:
    with database.read() as connection:
        return [f"I6 {found.stream} row {found.seq}: {found.what}" for found in audit.verify(connection)]


def once(ledger: Iterable[Call], parts: Mapping[str, Collection[str]], again: Collection[str]) -> list[str]:
    """I1: with the truth told, each part of each step's change took effect exactly once in the whole run.

    Statements that begin with one of `again` are harmless to repeat, and may have been.
    """
    applied = Counter((call.step, call.place.what) for call in ledger if call.applied)
    wanted = [(step, what) for step, whats in parts.items() for what in whats]
    found = [f"I1 {what} of {step} never took effect" for step, what in wanted if not applied[step, what]]
    for (step, what), times in applied.items():
        if times > 1 and not any(harmless in what for harmless in again):
            found.append(f"I1 {what} of {step} was applied {times} times")
    return found


def within_attempts(ledger: Iterable[Call], lines: Iterable[Line]) -> list[str]:
    """I1: no part of a change took effect more often than its step was started."""
    starts = Counter(of(line)["step"] for line in lines if line["type"] == "StepStarted")
    applied = Counter((call.step, call.place.what) for call in ledger if call.applied)
    return [
        f"I1 {what} of {step} was applied {n} times in {starts[step]} attempts"
        for (step, what), n in applied.items()
        if n > starts[step]
    ]


def one_call_an_attempt(ledger: Iterable[Call]) -> list[str]:
    """I1: a token is on the wire at most once, applied or not."""
    tokens = Counter((call.token, call.place.what) for call in ledger if call.step and call.token)
    return [f"I1 {token} was sent {n} times" for (token, _), n in tokens.items() if n > 1]


def intents(ledger: Iterable[Call]) -> list[str]:
    """I6: the intent was on record when the change arrived at the far side."""
    return [f"I6 {call.place} arrived without a recorded intent" for call in ledger if call.step and not call.intent]


def results(lines: Iterable[Line]) -> list[str]:
    """I6: each start is followed by its result, a doubt that was settled among them."""
    unfinished: dict[tuple[str, int], str] = {}
    for line in lines:
        data = of(line)
        key = (str(data.get("step")), int(data.get("attempt", 0)))
        if line["type"] in STARTS:
            unfinished[key] = line["type"]
        elif line["type"] in RESULTS or data.get("outcome") == "not_happened":
            unfinished.pop(key, None)
    return [f"I6 {step} attempt {n} has a {type_} and no result" for (step, n), type_ in unfinished.items()]


def approved(lines: list[Line], gated: Mapping[str, int]) -> list[str]:
    """I3: before each start stand enough approvals of exactly its digest, by distinct people who may approve."""
    found = []
    for index, line in enumerate(lines):
        data = of(line)
        step = str(data.get("step"))
        if line["type"] != "StepStarted" or step not in gated:
            continue
        people = {
            of(earlier)["person"]
            for earlier in lines[:index]
            if earlier["type"] == "ApprovalGiven" and of(earlier)["digest"] == data["digest"]
        }
        if len(people - {"alice"}) < gated[step]:
            found.append(f"I3 {step} started with {sorted(people)}")
    return found


def words_kept(lines: Iterable[Line], words: Iterable[Word]) -> list[str]:
    """I2: what was acknowledged stands in the timeline exactly once."""
    given = Counter(
        (of(line)["person"], of(line)["step"], of(line)["digest"]) for line in lines if line["type"] == "ApprovalGiven"
    )
    expected = Counter((word.person, word.step, word.digest) for word in words)
    return [f"I2 {key[0]}'s approval of {key[1]}: {given[key]} in the timeline" for key in expected if given[key] != 1]


def mails_once(message_ids: Iterable[str], expected: int) -> list[str]:
    """A mail may come again, but only under its own Message-ID."""
    distinct = set(message_ids)
    return [] if len(distinct) == expected else [f"mails: {sorted(distinct)}, not {expected}"]


def canaries(texts: Mapping[str, bytes], secrets: Mapping[str, str]) -> list[str]:
    """I7: no planted secret stands anywhere."""
    return [
        f"I7 {name} stands in {place}"
        for place, content in texts.items()
        for name, value in secrets.items()
        if value.encode() in content
    ]


def everything_in(database: Database) -> bytes:
    """Every row of every table, the durable engine's among them, as text."""
    with database.read() as connection:
        tables = connection.exec_driver_sql(_TABLES_OF_SQLITE if database.is_sqlite else _TABLES_OF_POSTGRESQL)
        names = [str(row[0]) for row in tables]
        rows = [str(tuple(row)) for name in names for row in connection.exec_driver_sql(f"SELECT * FROM {name}")]
    return "\n".join(rows).encode()


_TABLES_OF_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'table'"
_TABLES_OF_POSTGRESQL = (
    "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'dbos')"
)


def of(line: Line) -> dict[str, Any]:
    data = line["data"]
    assert isinstance(data, dict)
    return data


def as_text(lines: Iterable[Line]) -> bytes:
    return "\n".join(canonical(dict(line)) for line in lines).encode()
