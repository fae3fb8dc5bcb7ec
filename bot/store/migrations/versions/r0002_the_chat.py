"""What the chat shows of each incident: its channel, its messages there, and their buttons."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "channels",
        sa.Column("stream", PLAIN, nullable=False),
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("channel", PLAIN),
        sa.Column("done", PLAIN, nullable=False),
        sa.Column("shown_seq", sa.Integer, nullable=False),
        sa.Column("due_at", PLAIN, nullable=False),
        sa.Column("claimed_by", PLAIN),
        sa.Column("claimed_until", PLAIN),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("trouble", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_channels"),
        sa.UniqueConstraint("channel", name="uq_channels_channel"),
    )
    op.create_table(
        "surfaces",
        sa.Column("stream", PLAIN, nullable=False),
        sa.Column("key", PLAIN, nullable=False),
        sa.Column("channel", PLAIN, nullable=False),
        sa.Column("nonce", PLAIN, nullable=False),
        sa.Column("ts", PLAIN),
        sa.Column("digest", PLAIN, nullable=False),
        sa.Column("begun_at", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("stream", "key", name="pk_surfaces"),
    )
    op.create_table(
        "buttons",
        sa.Column("id", PLAIN, nullable=False),
        sa.Column("stream", PLAIN, nullable=False),
        sa.Column("data", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_buttons"),
    )
    op.create_index("ix_buttons_stream", "buttons", ["stream"])
