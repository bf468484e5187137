"""Orders for tests, dated from today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from assistant.store.tables import OrderRow, ShopperRow


def write_order(
    url: str,
    number: str,
    shopper: str,
    *items: str,
    ships: int,
    arrives: int,
    cancelled: bool = False,
) -> None:
    """An order that left `ships` days from today and arrives `arrives` days from today."""
    now = datetime.now(UTC)
    today = now.date()
    database = create_engine(url)
    with Session(database) as session, session.begin():
        if session.get(ShopperRow, ("jobs", shopper)) is None:
            session.add(ShopperRow(store="jobs", id=shopper, name=shopper, language="en"))
        session.add(
            OrderRow(
                store="jobs",
                id=number,
                shopper_id=shopper,
                placed=now + timedelta(days=ships - 1),
                ships=today + timedelta(days=ships),
                arrives=today + timedelta(days=arrives),
                tracking=f"AX{number}",
                cancelled=int(cancelled),
                lines=[{"product_id": i, "quantity": 1, "unit_price": "10"} for i in items],
            )
        )
    database.dispose()
