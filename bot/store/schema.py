"""The tables. Moments are RFC 3339 text in UTC with microseconds, so that both databases sort and hash alike."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, MetaData, Table, Text

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)
# Compared byte by byte on PostgreSQL too, whatever the database's language.
Plain = Text().with_variant(Text(collation="C"), "postgresql")

events = Table(
    "events",
    metadata,
    Column("stream", Plain, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("type", Plain, nullable=False),
    Column("at", Plain, nullable=False),
    Column("actor", Plain, nullable=False),
    Column("data", Plain, nullable=False),
    Column("prev", Plain, nullable=False),
    Column("hash", Plain, nullable=False),
    CheckConstraint("seq >= 1", name="seq"),
    Index(None, "type", "at"),
)

command_keys = Table(
    "command_keys",
    metadata,
    Column("key", Plain, primary_key=True),
    Column("stream", Plain, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", Plain, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Plain, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("state", Plain, nullable=False),
    Column("severity", Plain, nullable=False),
    Column("title", Plain, nullable=False),
    Column("systems", Plain, nullable=False),
    Column("drill", Boolean, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("commander", Plain),
    Column("since", Plain, nullable=False),
    Column("declared_at", Plain, nullable=False),
    Column("next_update_at", Plain),
    Column("waiting", Plain, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
    Index(None, "open", "number"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("name", Plain, primary_key=True),
    Column("value", Integer, nullable=False),
)

moments = Table(
    "moments",
    metadata,
    Column("stream", Plain, primary_key=True),
    Column("key", Plain, primary_key=True),
    Column("at", Plain, nullable=False, index=True),
    Column("kind", Plain, nullable=False),
    Column("data", Plain, nullable=False),
)

targets = Table(
    "targets",
    metadata,
    Column("target", Plain, primary_key=True),
    Column("stream", Plain, nullable=False),
    Column("run", Plain, nullable=False),
    Column("step", Plain, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("since", Plain, nullable=False),
    Index(None, "stream", "run", "step"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Plain, primary_key=True),
    Column("stream", Plain, nullable=False, index=True),
    Column("channel", Plain, nullable=False),
    Column("recipient", Plain, nullable=False),
    Column("template", Plain, nullable=False),
    Column("data", Plain, nullable=False),
    Column("state", Plain, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Plain),
    Column("message_id", Plain),
    Column("error", Plain),
    Column("created_at", Plain, nullable=False),
    Column("changed_at", Plain, nullable=False),
    Index(None, "state", "next_at"),
)

replicas = Table(
    "replicas",
    metadata,
    Column("name", Plain, primary_key=True),
    Column("executor_id", Plain, nullable=False, unique=True),
    Column("lease_until", Plain, nullable=False),
    Column("started_at", Plain, nullable=False),
    Column("version", Plain, nullable=False),
    Column("url", Plain, nullable=False),
)

channels = Table(
    "channels",
    metadata,
    Column("stream", Plain, primary_key=True),
    Column("name", Plain, nullable=False),
    Column("channel", Plain, unique=True),
    Column("done", Plain, nullable=False),
    Column("shown_seq", Integer, nullable=False),
    Column("due_at", Plain, nullable=False),
    Column("claimed_by", Plain),
    Column("claimed_until", Plain),
    Column("tries", Integer, nullable=False),
    Column("trouble", Plain, nullable=False),
)

surfaces = Table(
    "surfaces",
    metadata,
    Column("stream", Plain, primary_key=True),
    Column("key", Plain, primary_key=True),
    Column("channel", Plain, nullable=False),
    Column("nonce", Plain, nullable=False),
    Column("ts", Plain),
    Column("digest", Plain, nullable=False),
    Column("begun_at", Plain, nullable=False),
)

buttons = Table(
    "buttons",
    metadata,
    Column("id", Plain, primary_key=True),
    Column("stream", Plain, nullable=False, index=True),
    Column("data", Plain, nullable=False),
)
