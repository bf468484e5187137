"""The SQL tables of campaigns and what became of their placements."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Date, Index, String, Table, UniqueConstraint

from retrieval.profile.tables import UtcDateTime, metadata

campaigns = Table(
    "ad_campaigns",
    metadata,
    Column("application", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("content", JSON, nullable=False),
    Column("changed", UtcDateTime, nullable=False),
)

# One row for each impression and click that counts; money in millionths of the currency's unit,
# because SQLite has no exact decimals.
ad_events = Table(
    "ad_events",
    metadata,
    Column("application", String(64), primary_key=True),
    Column("event_id", String(128), primary_key=True),
    Column("placement_id", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("campaign_id", String(64), nullable=False),
    Column("product_id", String(256), nullable=False),
    Column("surface", String(64), nullable=False),
    Column("shopper_id", String(128)),
    Column("day", Date, nullable=False),
    Column("micros", BigInteger, nullable=False),
    Column("counted_at", UtcDateTime, nullable=False),
    UniqueConstraint("application", "placement_id", "kind"),
    Index("ad_events_by_campaign", "application", "campaign_id", "day", "kind"),
    Index("ad_events_by_shopper", "application", "shopper_id", "day"),
)
