"""Conversations, events, who uses which client, consent, daily counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; conversations may be there from before there were steps."""
    if not sa.inspect(op.get_bind()).has_table("turns"):
        op.create_table(
            "turns",
            sa.Column("id", sa.String(64), primary_key=True),
            sa.Column("conversation_id", sa.String(64), nullable=False),
            sa.Column("position", sa.Integer, nullable=False),
            sa.Column("content", sa.JSON, nullable=False),
        )
        op.create_index("turns_by_conversation", "turns", ["conversation_id", "position"])
    _create_events()
    op.create_table(
        "clients",
        sa.Column("application", sa.String(64), primary_key=True),
        sa.Column("client_id", sa.String(128), primary_key=True),
        sa.Column("user_id", sa.String(128), nullable=False),
        sa.Column("signed_in_at", MOMENT, nullable=False),
    )
    op.create_index("clients_by_user", "clients", ["application", "user_id"])
    op.create_table(
        "consents",
        sa.Column("application", sa.String(64), primary_key=True),
        sa.Column("client_id", sa.String(128), primary_key=True),
        sa.Column("choice", sa.String(16), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
    )
    op.create_table(
        "action_counts",
        sa.Column("application", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("action_name", sa.String(32), primary_key=True),
        sa.Column("surface", sa.String(64), primary_key=True),
        sa.Column("object_id", sa.String(256), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("application", sa.String(64), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("action_name", sa.String(32), nullable=False),
        sa.Column("timestamp", MOMENT, nullable=False),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("session_id", sa.String(128), nullable=False),
        sa.Column("user_id", sa.String(128)),
        sa.Column("shopper_id", sa.String(128), nullable=False),
        sa.Column("query_id", sa.String(128)),
        sa.Column("user_query", sa.Text),
        sa.Column("object_id", sa.String(256)),
        sa.Column("ordinal", sa.Integer),
        sa.Column("surface", sa.String(64), nullable=False),
        sa.Column("propensity", sa.Float),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("experiments", sa.JSON),
        sa.Column("price", sa.Float),
        sa.Column("quantity", sa.Integer),
        sa.Column("transaction_id", sa.String(128)),
        sa.Column("value", sa.Float),
        sa.Column("language", sa.String(8)),
        sa.Column("automated", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("detail", sa.JSON),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("events_by_id", "events", ["application", "event_id"], unique=True)
    op.create_index(
        "events_by_shopper", "events", ["application", "shopper_id", "action_name", "timestamp"]
    )
    op.create_index("events_by_action", "events", ["application", "action_name", "timestamp"])
    op.create_index("events_by_client", "events", ["application", "client_id"])
    op.create_index(
        "events_uncounted",
        "events",
        ["application"],
        sqlite_where=sa.text("counted = 0"),
        postgresql_where=sa.text("NOT counted"),
    )


def downgrade() -> None:
    """Drop what this step brought, but never the conversations."""
    for table in ("action_counts", "consents", "clients", "events"):
        op.drop_table(table)
