"""The first tables, and the triggers that keep the timeline append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    timeline()
    projections()
    work()
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def timeline() -> None:
    op.create_table(
        "events",
        sa.Column("stream", PLAIN, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("type", PLAIN, nullable=False),
        sa.Column("at", PLAIN, nullable=False),
        sa.Column("actor", PLAIN, nullable=False),
        sa.Column("data", PLAIN, nullable=False),
        sa.Column("prev", PLAIN, nullable=False),
        sa.Column("hash", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name="pk_events"),
        sa.CheckConstraint("seq >= 1", name="ck_events_seq"),
    )
    op.create_index("ix_events_type_at", "events", ["type", "at"])
    op.create_table(
        "command_keys",
        sa.Column("key", PLAIN, nullable=False),
        sa.Column("stream", PLAIN, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_command_keys"),
    )


def projections() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", PLAIN, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", PLAIN, nullable=False),
        sa.Column("severity", PLAIN, nullable=False),
        sa.Column("title", PLAIN, nullable=False),
        sa.Column("systems", PLAIN, nullable=False),
        sa.Column("drill", sa.Boolean, nullable=False),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("commander", PLAIN),
        sa.Column("since", PLAIN, nullable=False),
        sa.Column("declared_at", PLAIN, nullable=False),
        sa.Column("next_update_at", PLAIN),
        sa.Column("waiting", PLAIN, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.UniqueConstraint("number", name="uq_incidents_number"),
    )
    op.create_index("ix_incidents_open_number", "incidents", ["open", "number"])
    op.create_table(
        "numbers",
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_numbers"),
    )


def work() -> None:
    op.create_table(
        "moments",
        sa.Column("stream", PLAIN, nullable=False),
        sa.Column("key", PLAIN, nullable=False),
        sa.Column("at", PLAIN, nullable=False),
        sa.Column("kind", PLAIN, nullable=False),
        sa.Column("data", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("stream", "key", name="pk_moments"),
    )
    op.create_index("ix_moments_at", "moments", ["at"])
    op.create_table(
        "targets",
        sa.Column("target", PLAIN, nullable=False),
        sa.Column("stream", PLAIN, nullable=False),
        sa.Column("run", PLAIN, nullable=False),
        sa.Column("step", PLAIN, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("since", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("target", name="pk_targets"),
    )
    op.create_index("ix_targets_stream_run_step", "targets", ["stream", "run", "step"])
    op.create_table(
        "deliveries",
        sa.Column("id", PLAIN, nullable=False),
        sa.Column("stream", PLAIN, nullable=False),
        sa.Column("channel", PLAIN, nullable=False),
        sa.Column("recipient", PLAIN, nullable=False),
        sa.Column("template", PLAIN, nullable=False),
        sa.Column("data", PLAIN, nullable=False),
        sa.Column("state", PLAIN, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", PLAIN),
        sa.Column("message_id", PLAIN),
        sa.Column("error", PLAIN),
        sa.Column("created_at", PLAIN, nullable=False),
        sa.Column("changed_at", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_stream", "deliveries", ["stream"])
    op.create_index("ix_deliveries_state_next_at", "deliveries", ["state", "next_at"])
    op.create_table(
        "replicas",
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("executor_id", PLAIN, nullable=False),
        sa.Column("lease_until", PLAIN, nullable=False),
        sa.Column("started_at", PLAIN, nullable=False),
        sa.Column("version", PLAIN, nullable=False),
        sa.Column("url", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_replicas"),
        sa.UniqueConstraint("executor_id", name="uq_replicas_executor_id"),
    )


def guard_sqlite() -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events"
            " BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END"
        )


def guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the timeline is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events"
        " FOR EACH STATEMENT EXECUTE FUNCTION events_append_only()"
    )
