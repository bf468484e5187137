"""The SQL tables of events and consent; `assistant/migrations` creates and changes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData()

# SQLite numbers rows by itself only where the key is exactly INTEGER.
Serial = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it goes in and comes out as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as the database keeps it."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """The moment with its zone."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


events = Table(
    "events",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("application", String(64), nullable=False),
    Column("event_id", String(128), nullable=False),
    Column("action_name", String(32), nullable=False),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("client_id", String(128), nullable=False),
    Column("session_id", String(128), nullable=False),
    Column("user_id", String(128)),
    Column("shopper_id", String(128), nullable=False),
    Column("query_id", String(128)),
    Column("user_query", Text),
    Column("object_id", String(256)),
    Column("ordinal", Integer),
    Column("surface", String(64), nullable=False, default=""),
    Column("propensity", Float),
    Column("model_version", String(64), nullable=False, default=""),
    Column("experiments", JSON),
    Column("price", Float),
    Column("quantity", Integer),
    Column("transaction_id", String(128)),
    Column("value", Float),
    Column("language", String(8)),
    Column("automated", Boolean, nullable=False, default=False, server_default=false()),
    Column("detail", JSON),
    Column("received_at", UtcDateTime, nullable=False),
    Column("counted", Boolean, nullable=False, default=False, server_default=false()),
    Index("events_by_id", "application", "event_id", unique=True),
    Index("events_by_shopper", "application", "shopper_id", "action_name", "timestamp"),
    Index("events_by_action", "application", "action_name", "timestamp"),
    Index("events_by_client", "application", "client_id"),
    # Only what is not counted yet is looked up by it.
    Index(
        "events_uncounted",
        "application",
        sqlite_where=text("counted = 0"),
        postgresql_where=text("NOT counted"),
    ),
)

clients = Table(
    "clients",
    metadata,
    Column("application", String(64), primary_key=True),
    Column("client_id", String(128), primary_key=True),
    Column("user_id", String(128), nullable=False),
    Column("signed_in_at", UtcDateTime, nullable=False),
    Index("clients_by_user", "application", "user_id"),
)

consents = Table(
    "consents",
    metadata,
    Column("application", String(64), primary_key=True),
    Column("client_id", String(128), primary_key=True),
    Column("choice", String(16), nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
)

action_counts = Table(
    "action_counts",
    metadata,
    Column("application", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("action_name", String(32), primary_key=True),
    Column("surface", String(64), primary_key=True),
    Column("object_id", String(256), primary_key=True),
    Column("count", Integer, nullable=False),
)
