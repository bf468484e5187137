"""The SQL tables of carts, shoppers, orders and returns."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, DateTime, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assistant.conversation import Base


class CartLineRow(Base):
    """One line of a cart; `variant_id` is "" where the product has none, so that it is unique."""

    __tablename__ = "cart_lines"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    store: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(128))
    product_id: Mapped[str] = mapped_column(String(256))
    variant_id: Mapped[str] = mapped_column(String(256), default="")
    quantity: Mapped[int] = mapped_column(Integer)
    added: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("store", "owner", "product_id", "variant_id"),)


class ShopperRow(Base):
    """A registered shopper."""

    __tablename__ = "store_shoppers"

    store: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    language: Mapped[str] = mapped_column(String(8))


class OrderRow(Base):
    """An order; its status follows from its days, so that it moves on without a job."""

    __tablename__ = "store_orders"

    store: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    shopper_id: Mapped[str] = mapped_column(String(64))
    placed: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ships: Mapped[date] = mapped_column(Date)
    arrives: Mapped[date] = mapped_column(Date)
    tracking: Mapped[str] = mapped_column(String(64))
    cancelled: Mapped[int] = mapped_column(Integer, default=0)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)

    __table_args__ = (Index("store_orders_by_shopper", "store", "shopper_id", "placed"),)


class ReturnRow(Base):
    """A return asked for."""

    __tablename__ = "store_returns"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    store: Mapped[str] = mapped_column(String(64))
    order_id: Mapped[str] = mapped_column(String(64))
    product_id: Mapped[str] = mapped_column(String(256))
    requested: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("store", "order_id", "product_id"),)
