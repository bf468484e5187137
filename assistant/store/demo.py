"""The demo store's shoppers and orders, taken from its log of purchases."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from secrets import choice, randbelow
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.store.tables import OrderRow, ShopperRow
from assistant.store.types import Cart
from retrieval.catalog.demo.behaviour import SHOPPERS
from retrieval.catalog.demo.generate import REFERENCE_DATE, SEED
from retrieval.catalog.demo.tastes import draw_shoppers
from retrieval.types import Language

# The shipping policy: in by 14:00 leaves the same working day, 2 to 4 working days on the road.
CUT_OFF_HOUR = 14
TRANSIT_DAYS = (2, 3, 4)
_WEEKEND = (5, 6)


def seed_demo_orders(database: Engine, store: str, events: Path, today: date) -> int:
    """Write the demo's shoppers and orders once; gives how many orders there were to write.

    The log ends at the demo's own fixed date. All is moved by as many days as that lies back,
    so that a demo set up today has orders on their way, delivered and out of their return days.
    """
    with Session(database) as session, session.begin():
        if session.scalar(select(OrderRow.id).where(OrderRow.store == store).limit(1)):
            return 0
        shift = timedelta(days=(today - REFERENCE_DATE).days)
        orders = list(_read_orders(store, events, shift))
        session.add_all(orders)
        session.add_all(_shoppers(store, {order.shopper_id for order in orders}))
        return len(orders)


def _shoppers(store: str, ids: set[str]) -> Iterator[ShopperRow]:
    for shopper in draw_shoppers(SHOPPERS, Random(f"{SEED}:shoppers")):
        if shopper.id in ids:
            number = int(shopper.id.removeprefix("u"))
            name = f"顾客 {number}" if shopper.language is Language.CHINESE else f"Shopper {number}"
            yield ShopperRow(store=store, id=shopper.id, name=name, language=shopper.language)


def _read_orders(store: str, events: Path, shift: timedelta) -> Iterator[OrderRow]:
    bought: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with events.open(encoding="utf-8") as lines:
        for line in lines:
            if '"purchase"' in line:
                event = json.loads(line)
                bought[event["order_id"]].append(event)
    for key, purchases in bought.items():
        placed = datetime.fromisoformat(purchases[-1]["timestamp"]) + shift
        digest = hashlib.sha256(key.encode()).digest()
        ships = next_working_day(placed)
        yield OrderRow(
            store=store,
            # Digits only: short enough to be read out, long enough to be unique in the demo.
            id=f"{int.from_bytes(digest[:5]) % 10**8:08d}",
            shopper_id=purchases[0]["user_id"],
            placed=placed,
            ships=ships,
            arrives=add_working_days(ships, TRANSIT_DAYS[digest[5] % len(TRANSIT_DAYS)]),
            tracking=f"AX{int.from_bytes(digest[6:10]) % 10**9:09d}",
            cancelled=0,
            lines=list(_lines(purchases)),
        )


def make_demo_order(store: str, shopper_id: str, placed: datetime, cart: Cart) -> OrderRow:
    """The row of an order of the demo store, which leaves and arrives by its shipping policy."""
    ships = next_working_day(placed)
    return OrderRow(
        store=store,
        id=f"{randbelow(10**8):08d}",
        shopper_id=shopper_id,
        placed=placed,
        ships=ships,
        arrives=add_working_days(ships, choice(TRANSIT_DAYS)),
        tracking=f"AX{randbelow(10**9):09d}",
        cancelled=0,
        lines=[
            {
                "product_id": line.product_id,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
            }
            for line in cart.lines
        ],
    )


def _lines(purchases: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    pieces: dict[tuple[str, str], int] = defaultdict(int)
    for event in purchases:
        pieces[(event["object_id"], event["price"])] += 1
    for (product_id, price), quantity in pieces.items():
        yield {
            "product_id": product_id,
            "quantity": quantity,
            "unit_price": str(Decimal(price)),
        }


def next_working_day(placed: datetime) -> date:
    """The day an order leaves: its own before the cut-off on a working day, else the next."""
    day = placed.date()
    if day.weekday() not in _WEEKEND and placed.hour < CUT_OFF_HOUR:
        return day
    return add_working_days(day, 1)


def add_working_days(day: date, count: int) -> date:
    """`day` and `count` working days more."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() not in _WEEKEND
    return day
