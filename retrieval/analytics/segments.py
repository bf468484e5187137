"""Shoppers in groups: new and returning, account, language, device, leading taste."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from retrieval.analytics.attribution import revenue_of
from retrieval.analytics.funnel import STEPS
from retrieval.analytics.log import CleanLog, first_seen
from retrieval.analytics.searches import is_search
from retrieval.analytics.types import (
    FEWEST_SHOPPERS,
    Dimension,
    Hidden,
    SegmentReport,
    SegmentRow,
)
from retrieval.profile.events import SqlEventStore
from retrieval.profile.items import ItemReader
from retrieval.profile.profile import WEIGHTS
from retrieval.profile.types import Action, StoredEvent
from retrieval.types import Language

LABELS = {"new": "New", "returning": "Returning", "signed_in": "Signed in", "guest": "Guest"}


@dataclass
class _Shopper:
    """What one shopper did in the period."""

    sessions: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    revenue: float = 0.0
    acts: list[StoredEvent] = field(default_factory=list)


def report_segments(
    store: SqlEventStore, log: CleanLog, items: ItemReader | None, language: Language
) -> SegmentReport:
    """Every dimension the log tells of; tastes need the catalogue (`items`)."""
    shoppers = _gather(log)
    known = first_seen(store, log.period.since)
    groups: dict[tuple[Dimension, str], list[_Shopper]] = defaultdict(list)
    tastes = _tastes(shoppers, items) if items else {}
    for name, shopper in shoppers.items():
        groups[Dimension.VISIT, "returning" if name in known else "new"].append(shopper)
        for place in _places(shopper.acts):
            groups[place].append(shopper)
        if name in tastes:
            groups[Dimension.TASTE, tastes[name]].append(shopper)
    small = [found for found in groups.values() if len(found) < FEWEST_SHOPPERS]
    rows = [
        _row(dimension, value, found, items, language)
        for (dimension, value), found in groups.items()
        if len(found) >= FEWEST_SHOPPERS
    ]
    order = list(Dimension)
    rows.sort(key=lambda row: (order.index(row.dimension), -row.shoppers, row.value))
    return SegmentReport(
        period=log.period,
        rows=tuple(rows),
        shoppers=len(shoppers),
        hidden=Hidden(rows=len(small), events=sum(len(found) for found in small)),
    )


def _gather(log: CleanLog) -> dict[str, _Shopper]:
    found: dict[str, _Shopper] = defaultdict(_Shopper)
    for shown in log.shown:
        found[shown.shopper_id].sessions.add(shown.session_id)
    for stored in log.acts:
        shopper, event = found[stored.shopper_id], stored.event
        shopper.sessions.add(event.session_id)
        shopper.acts.append(stored)
        if step := STEPS.get(event.action_name):
            shopper.counts[step] += 1
        if is_search(event):
            shopper.counts["searches"] += 1
        if event.action_name is Action.ORDER:
            shopper.revenue += revenue_of(stored)
    return found


def _places(acts: Sequence[StoredEvent]) -> Iterator[tuple[Dimension, str]]:
    """The groups a shopper is in by the fields of what they did, last first."""
    if not acts:
        return
    signed = any(stored.event.user_id for stored in acts)
    yield Dimension.ACCOUNT, "signed_in" if signed else "guest"
    spoken = [stored.event.language for stored in acts if stored.event.language]
    if spoken:
        yield Dimension.LANGUAGE, spoken[-1].value
    devices = [d for s in acts if isinstance(d := s.event.detail.get("device"), str) and d]
    if devices:
        yield Dimension.DEVICE, devices[-1][:40]


def _tastes(shoppers: dict[str, _Shopper], items: ItemReader) -> dict[str, str]:
    """Shopper → the category that most of what they liked lies in."""
    liked = {s.event.object_id for each in shoppers.values() for s in each.acts}
    about = items.by_product(name for name in liked if name)
    found = {}
    for name, shopper in shoppers.items():
        weights: Counter[str] = Counter()
        for stored in shopper.acts:
            item = about.get(stored.event.object_id or "")
            if item and item.category:
                weights[item.category] += round(WEIGHTS.get(stored.event.action_name, 0.0))
        best = max(weights, key=lambda category: weights[category], default="")
        if best and weights[best] > 0:
            found[name] = best
    return found


def _row(
    dimension: Dimension,
    value: str,
    shoppers: Sequence[_Shopper],
    items: ItemReader | None,
    language: Language,
) -> SegmentRow:
    counts = sum((shopper.counts for shopper in shoppers), Counter[str]())
    buyers = sum(bool(shopper.counts["orders"]) for shopper in shoppers)
    tasted = dimension is Dimension.TASTE and items is not None
    label = items.category_label(value, language) if tasted and items else LABELS.get(value, value)
    return SegmentRow(
        dimension=dimension,
        value=value,
        label=label,
        shoppers=len(shoppers),
        sessions=sum(len(shopper.sessions) for shopper in shoppers),
        buyers=buyers,
        conversion=round(buyers / len(shoppers), 4),
        revenue=round(sum(shopper.revenue for shopper in shoppers), 2),
        **{name: counts[name] for name in ("searches", "opened", "carts", "orders")},
    )
