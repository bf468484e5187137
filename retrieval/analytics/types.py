"""What the reports for merchants hold."""

from __future__ import annotations

from datetime import date

from retrieval.types import Frozen


class FunnelRow(Frozen):
    """Steps of one day on one surface: events, and `shoppers` who did any of them."""

    day: date
    surface: str
    impressions: int
    opened: int
    carts: int
    orders: int
    shoppers: int
