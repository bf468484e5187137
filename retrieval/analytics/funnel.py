"""The funnel: shown, opened (click or detail view), put in the cart, ordered."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

from retrieval.analytics.log import CleanLog
from retrieval.analytics.types import FunnelReport, FunnelRow, FunnelSteps
from retrieval.profile.types import Action

STEPS = {
    Action.CLICK: "opened",
    Action.DETAIL_VIEW: "opened",
    Action.CART: "carts",
    Action.ORDER: "orders",
}
_NAMES = ("impressions", "opened", "carts", "orders")
_Place = tuple[date, str]


def report_funnel(log: CleanLog) -> FunnelReport:
    """By day (UTC) and surface, and over all of them."""
    counts: dict[_Place, Counter[str]] = defaultdict(Counter)
    shoppers: dict[_Place, set[str]] = defaultdict(set)
    reached: dict[str, set[str]] = {name: set() for name in _NAMES}
    for shown in log.shown:
        place = (shown.day, shown.surface)
        counts[place]["impressions"] += shown.number
        reached["impressions"].add(shown.shopper_id)
        shoppers[place].add(shown.shopper_id)
    for stored in log.acts:
        if step := STEPS.get(stored.event.action_name):
            place = (stored.event.timestamp.date(), stored.event.surface)
            counts[place][step] += 1
            reached[step].add(stored.shopper_id)
            shoppers[place].add(stored.shopper_id)
    rows = tuple(_row(place, counts[place], len(shoppers[place])) for place in sorted(counts))
    return FunnelReport(
        period=log.period,
        rows=rows,
        total=FunnelSteps(
            shoppers=len(set().union(*shoppers.values())),
            **{name: sum(getattr(row, name) for row in rows) for name in _NAMES},
        ),
        reached={name: len(found) for name, found in reached.items()},
        left_out=log.left_out,
    )


def _row(place: _Place, counts: Counter[str], shoppers: int) -> FunnelRow:
    steps = {name: counts[name] for name in _NAMES}
    return FunnelRow(day=place[0], surface=place[1], shoppers=shoppers, **steps)
