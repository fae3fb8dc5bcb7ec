"""The audit of one chain, against every way of tampering with its rows."""

from dataclasses import astuple
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.events import NoteAdded
from bot.domain.timeline import BOT, GENESIS, record
from bot.store.audit import Row, Witness, first_bad
from bot.store.streams import as_row

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def chain(notes: list[str]) -> list[Row]:
    recorded = record(
        [NoteAdded(text=note) for note in notes], stream="INC-1", after=0, prev=GENESIS, at=NOON, actor=BOT
    )
    return [Row(**as_row(item)) for item in recorded]  # type: ignore[arg-type]


chains = st.lists(TEXT, min_size=1, max_size=8).map(chain)


@settings(max_examples=40)
@given(chains)
def test_an_untouched_chain_is_whole(rows: list[Row]) -> None:
    """Whatever was written, rows that are as they were have no finding."""
    witnesses = [Witness("INC-1", row.seq, row.hash) for row in rows]
    assert first_bad("INC-1", rows, witnesses) is None


@settings(max_examples=40)
@given(chains, st.data())
def test_any_edit_is_found_at_its_row(rows: list[Row], data: st.DataObject) -> None:
    """A changed column is found at the very row, whichever column and row it is."""
    place = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(["type", "at", "actor", "data", "prev", "hash"]))
    value = data.draw(TEXT.filter(lambda text: text != getattr(rows[place], column)))
    rows[place] = Row(**(rows[place]._asdict() | {column: value}))
    finding = first_bad("INC-1", rows, [])
    assert finding is not None
    assert finding.seq == place + 1


@settings(max_examples=40)
@given(chains, st.data())
def test_any_other_order_is_found(rows: list[Row], data: st.DataObject) -> None:
    """Rows that were moved, renumbered so that no gap shows, are found at the first that moved."""
    order = data.draw(st.permutations(rows))
    moved = [row._replace(seq=number) for number, row in enumerate(order, start=1)]
    finding = first_bad("INC-1", moved, [])
    first = next((n for n, (was, now) in enumerate(zip(rows, order, strict=True), start=1) if was != now), None)
    assert (finding.seq if finding else None) == first


@settings(max_examples=40)
@given(chains, st.data())
def test_any_removed_row_is_found(rows: list[Row], data: st.DataObject) -> None:
    """A row taken out is found at its place: by what follows it, or, at the end, by a witness."""
    place = data.draw(st.integers(0, len(rows) - 1))
    last = Witness("INC-1", rows[-1].seq, rows[-1].hash)
    finding = first_bad("INC-1", rows[:place] + rows[place + 1 :], [last])
    assert finding is not None
    assert astuple(finding)[:2] == ("INC-1", place + 1)
