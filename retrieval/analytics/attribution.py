"""Which touch an order is put down to: the shopper's last one of that product within a week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from retrieval.profile.types import Action, StoredEvent

# How long after a click an order is put down to it; a week, as shops' ad reports usually have it.
WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Touch:
    """A click of a shopper on a product, which counts for `key` (a query, a campaign)."""

    key: str
    shopper_id: str
    product_id: str
    moment: datetime


@dataclass
class Sales:
    """Order lines and what they came to."""

    orders: int = 0
    revenue: float = 0.0

    def add(self, stored: StoredEvent) -> None:
        """Count an order line."""
        self.orders += 1
        self.revenue += revenue_of(stored)


def revenue_of(stored: StoredEvent) -> float:
    """What an order line came to; 0 where its price was not logged."""
    return (stored.event.price or 0.0) * (stored.event.quantity or 1)


def attribute_orders(
    touches: Iterable[Touch], acts: Iterable[StoredEvent]
) -> defaultdict[str, Sales]:
    """Key → the orders put down to it, each to one key."""
    by_pair: dict[tuple[str, str], list[Touch]] = defaultdict(list)
    for touch in touches:
        by_pair[touch.shopper_id, touch.product_id].append(touch)
    sales: defaultdict[str, Sales] = defaultdict(Sales)
    for stored in acts:
        event = stored.event
        if event.action_name is not Action.ORDER or not event.object_id:
            continue
        before = [
            touch
            for touch in by_pair.get((stored.shopper_id, event.object_id), ())
            if touch.moment <= event.timestamp <= touch.moment + WITHIN
        ]
        if before:
            sales[max(before, key=lambda touch: touch.moment).key].add(stored)
    return sales
