"""Carts, orders and returns of the store's own backend, hand-offs, stated preferences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create_orders()
    op.create_table(
        "handoffs",
        sa.Column("conversation_id", sa.String(64), primary_key=True),
        sa.Column("shopper_id", sa.String(64)),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened", MOMENT, nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("summary", sa.JSON, nullable=False),
    )
    op.create_index("handoffs_by_state", "handoffs", ["state", "opened"])
    op.create_table(
        "desk_messages",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("speaker", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("product_ids", sa.JSON, nullable=False),
        sa.Column("written", MOMENT, nullable=False),
    )
    op.create_index("desk_messages_by_conversation", "desk_messages", ["conversation_id", "number"])
    op.create_table(
        "stated_preferences",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("text", sa.String(256), nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.UniqueConstraint("owner", "text"),
    )


def _create_orders() -> None:
    op.create_table(
        "cart_lines",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("product_id", sa.String(256), nullable=False),
        sa.Column("variant_id", sa.String(256), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("added", MOMENT, nullable=False),
        sa.UniqueConstraint("store", "owner", "product_id", "variant_id"),
    )
    op.create_table(
        "store_shoppers",
        sa.Column("store", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
    )
    op.create_table(
        "store_orders",
        sa.Column("store", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("shopper_id", sa.String(64), nullable=False),
        sa.Column("placed", MOMENT, nullable=False),
        sa.Column("ships", sa.Date, nullable=False),
        sa.Column("arrives", sa.Date, nullable=False),
        sa.Column("tracking", sa.String(64), nullable=False),
        sa.Column("cancelled", sa.Integer, nullable=False),
        sa.Column("lines", sa.JSON, nullable=False),
    )
    op.create_index("store_orders_by_shopper", "store_orders", ["store", "shopper_id", "placed"])
    op.create_table(
        "store_returns",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("order_id", sa.String(64), nullable=False),
        sa.Column("product_id", sa.String(256), nullable=False),
        sa.Column("requested", MOMENT, nullable=False),
        sa.UniqueConstraint("store", "order_id", "product_id"),
    )


def downgrade() -> None:
    """Drop what this step brought."""
    for table in (
        "stated_preferences",
        "desk_messages",
        "handoffs",
        "store_returns",
        "store_orders",
        "store_shoppers",
        "cart_lines",
    ):
        op.drop_table(table)
