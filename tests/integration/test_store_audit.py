"""The audit on both databases, against rows changed behind the bot's back."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from bot.domain.events import NoteAdded, StepReady
from bot.domain.model import canonical
from bot.domain.timeline import BOT, GENESIS, Actor, chain_hash, record
from bot.store import audit, streams
from bot.store.audit import Finding, Witness
from bot.store.database import Database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SWAP = (
    "UPDATE events SET seq = 9 WHERE stream = 'INC-1' AND seq = 2",
    "UPDATE events SET seq = 2 WHERE stream = 'INC-1' AND seq = 3",
    "UPDATE events SET seq = 3 WHERE stream = 'INC-1' AND seq = 9",
)


def fill(database: Database) -> dict[str, list[str]]:
    """Two streams of five; their hashes."""
    hashes = {}
    for stream in ("INC-1", "INC-10"):
        notes = [NoteAdded(text=f"note {number}") for number in range(5)]
        recorded = record(notes, stream=stream, after=0, prev=GENESIS, at=NOON, actor=Actor(person="alice", via="cli"))
        with database.begin() as connection:
            streams.append(connection, recorded)
        hashes[stream] = [item.hash for item in recorded]
    return hashes


def tamper(database: Database, *statements: str) -> None:
    """What someone with the database's password can do."""
    names = ("events_no_update", "events_no_delete") if database.is_sqlite else ("events_append_only ON events",)
    with database.begin() as connection:
        for name in names:
            connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))


def findings(database: Database, *witnesses: Witness) -> list[Finding]:
    with database.read() as connection:
        return list(audit.verify(connection, witnesses))


def test_a_whole_timeline_has_no_finding(database: Database) -> None:
    """Untouched streams verify, also against the hashes that were seen outside."""
    hashes = fill(database)
    assert findings(database) == []
    assert findings(database, Witness("INC-1", 3, hashes["INC-1"][2]), Witness("INC-1", 5, hashes["INC-1"][4])) == []


@pytest.mark.parametrize(
    ("statements", "seq", "what"),
    [
        (("UPDATE events SET data = '{\"text\":\"note 9\"}' WHERE stream = 'INC-1' AND seq = 4",), 4, "edited"),
        (("UPDATE events SET at = '2026-11-22T11:00:00.000000Z' WHERE stream = 'INC-1' AND seq = 1",), 1, "edited"),
        (("UPDATE events SET actor = '{}' WHERE stream = 'INC-1' AND seq = 5",), 5, "edited"),
        (("DELETE FROM events WHERE stream = 'INC-1' AND seq = 2",), 2, "row 2 is missing"),
        (("DELETE FROM events WHERE stream = 'INC-1' AND seq = 1",), 1, "row 1 is missing"),
        (SWAP, 2, "does not follow"),
    ],
)
def test_the_first_bad_row_is_named(database: Database, statements: tuple[str, ...], seq: int, what: str) -> None:
    """An edited, removed or moved row is found, and the other stream is still whole."""
    fill(database)
    tamper(database, *statements)
    [finding] = findings(database)
    assert (finding.stream, finding.seq) == ("INC-1", seq)
    assert what in finding.what


def test_a_row_put_in_is_found(database: Database) -> None:
    """A row that was inserted with a hash of its own breaks the chain behind it."""
    fill(database)
    shift = [f"UPDATE events SET seq = {seq + 1} WHERE stream = 'INC-1' AND seq = {seq}" for seq in (5, 4, 3)]
    copy = "INSERT INTO events SELECT stream, 3, type, at, actor, data, hash, hash FROM events"
    tamper(database, *shift, f"{copy} WHERE stream = 'INC-1' AND seq = 2")
    [finding] = findings(database)
    assert (finding.stream, finding.seq, "edited" in finding.what) == ("INC-1", 3, True)


def test_a_cut_end_needs_a_witness(database: Database) -> None:
    """Rows cut off the end leave a whole chain: only a hash seen outside tells, for one stream or for one that is gone."""
    hashes = fill(database)
    tamper(
        database,
        "DELETE FROM events WHERE stream = 'INC-1' AND seq >= 4",
        "DELETE FROM events WHERE stream = 'INC-10'",
    )
    assert findings(database) == []
    cut, gone = findings(database, Witness("INC-1", 5, hashes["INC-1"][4]), Witness("INC-10", 5, hashes["INC-10"][4]))
    assert cut == Finding("INC-1", 4, "the stream ends at row 3; it once had 5")
    assert gone == Finding("INC-10", 1, "the whole stream is gone; it once had 5 rows")


def test_a_stream_written_anew_needs_a_witness(database: Database) -> None:
    """A chain that was computed again from changed content is found by a hash seen outside."""
    hashes = fill(database)
    anew = record([NoteAdded(text="all is well")] * 5, stream="INC-1", after=0, prev=GENESIS, at=NOON, actor=BOT)
    tamper(database, "DELETE FROM events WHERE stream = 'INC-1'")
    with database.begin() as connection:
        streams.append(connection, anew)
    assert findings(database) == []
    [finding] = findings(database, Witness("INC-1", 3, hashes["INC-1"][2]))
    assert (finding.stream, finding.seq, "written anew" in finding.what) == ("INC-1", 3, True)


def test_the_export_proves_itself(database: Database) -> None:
    """Anyone can compute the hashes from the exported lines alone; they come in order, of one stream or of all."""
    fill(database)
    step = StepReady(run="R1", step="fence", attempt=1)
    with database.begin() as connection:
        head = streams.head(connection, "INC-1")
        more = record([step], stream="INC-1", after=head.seq, prev=head.hash, at=NOON, actor=BOT)
        streams.append(connection, more)
    with database.read() as connection:
        lines = list(audit.export(connection))
        assert list(audit.export(connection, "INC-10")) == lines[6:]
    assert [(line["stream"], line["seq"]) for line in lines] == [
        *(("INC-1", seq) for seq in range(1, 7)),
        *(("INC-10", seq) for seq in range(1, 6)),
    ]
    for line in lines:
        place = (line["prev"], line["stream"], line["seq"], line["type"], line["at"])
        assert line["hash"] == chain_hash(*place, canonical(line["actor"]), canonical(line["data"]))
    assert lines[0]["actor"] == {"person": "alice", "slack": None, "via": "cli"}
    assert lines[5]["data"] == {"run": "R1", "step": "fence", "attempt": 1}


@pytest.mark.parametrize("size", [1, 2, 11, 500])
def test_a_long_record_is_read_whole_in_chunks(database: Database, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """No row is left out or given twice where one chunk ends and the next begins, in the middle of a stream too."""
    fill(database)
    with database.read() as connection:
        at_once = list(audit.export(connection))
        monkeypatch.setattr(audit, "CHUNK", size)
        assert list(audit.export(connection)) == at_once
        assert list(audit.export(connection, "INC-10")) == at_once[5:]
        assert list(audit.verify(connection)) == []


def test_a_damaged_row_can_still_be_exported(database: Database) -> None:
    """A column that is no JSON any more is exported as the text that stands there."""
    fill(database)
    tamper(database, "UPDATE events SET data = '{\"text\"' WHERE stream = 'INC-1' AND seq = 1")
    with database.read() as connection:
        first = next(audit.export(connection))
    assert first["data"] == '{"text"'
    assert json.loads(json.dumps(first)) == first
