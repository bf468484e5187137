"""The funnel: shown, opened (click or detail view), put in the cart, ordered."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime

from retrieval.analytics.types import FunnelRow
from retrieval.profile.cleaning import AHEAD, clean
from retrieval.profile.events import SqlEventStore
from retrieval.profile.types import Action, StoredEvent

_STEPS = {
    Action.CLICK: "opened",
    Action.DETAIL_VIEW: "opened",
    Action.CART: "carts",
    Action.ORDER: "orders",
}
_Place = tuple[date, str]


def report_funnel(events: SqlEventStore, since: datetime, now: datetime) -> tuple[FunnelRow, ...]:
    """By day (UTC) and surface since `since`, cleaned as the profile is, in one pass.

    Acts of the span are held in memory, of impressions only numbers by session and shopper:
    whether a session is a script's is known by its acts at the end.
    """
    acts: list[StoredEvent] = []
    shown: Counter[tuple[str, str, _Place]] = Counter()
    for stored in events.scan(since=since):
        event = stored.event
        if event.action_name is not Action.IMPRESSION:
            acts.append(stored)
        elif not event.automated and event.timestamp <= now + AHEAD:
            shown[event.session_id, stored.shopper_id, _place(stored)] += 1
    acts.sort(key=lambda stored: (stored.event.timestamp, stored.seq))
    kept, _ = clean(acts, now)
    people = {s.event.session_id for s in kept}
    scripted = {s.event.session_id for s in acts} - people
    counts: dict[_Place, Counter[str]] = defaultdict(Counter)
    shoppers: dict[_Place, set[str]] = defaultdict(set)
    for (session, shopper, place), number in shown.items():
        if session not in scripted:
            counts[place]["impressions"] += number
            shoppers[place].add(shopper)
    for stored in kept:
        if step := _STEPS.get(stored.event.action_name):
            counts[_place(stored)][step] += 1
            shoppers[_place(stored)].add(stored.shopper_id)
    return tuple(_row(place, counts[place], len(shoppers[place])) for place in sorted(counts))


def _place(stored: StoredEvent) -> _Place:
    return stored.event.timestamp.date(), stored.event.surface


def _row(place: _Place, counts: Counter[str], shoppers: int) -> FunnelRow:
    steps = {name: counts[name] for name in ("impressions", "opened", "carts", "orders")}
    return FunnelRow(day=place[0], surface=place[1], shoppers=shoppers, **steps)
