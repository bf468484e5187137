"""Sponsored campaigns, their impressions, clicks and what those cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of retrieval/ads/tables.py."""
    op.create_table(
        "ad_campaigns",
        sa.Column("application", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("changed", MOMENT, nullable=False),
    )
    op.create_table(
        "ad_events",
        sa.Column("application", sa.String(64), primary_key=True),
        sa.Column("event_id", sa.String(128), primary_key=True),
        sa.Column("placement_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("campaign_id", sa.String(64), nullable=False),
        sa.Column("product_id", sa.String(256), nullable=False),
        sa.Column("surface", sa.String(64), nullable=False),
        sa.Column("shopper_id", sa.String(128)),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("micros", sa.BigInteger, nullable=False),
        sa.Column("counted_at", MOMENT, nullable=False),
        sa.UniqueConstraint("application", "placement_id", "kind"),
    )
    op.create_index(
        "ad_events_by_campaign", "ad_events", ["application", "campaign_id", "day", "kind"]
    )
    op.create_index("ad_events_by_shopper", "ad_events", ["application", "shopper_id", "day"])


def downgrade() -> None:
    """Drop what this step brought."""
    op.drop_table("ad_events")
    op.drop_table("ad_campaigns")
