"""Who a shopper is by what they did: decayed tastes, vectors.

A profile is a function of the shopper's cleaned events, computed anew when those change: so
late events, merged sessions and erased ones need no code of their own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from retrieval.profile.cleaning import Dropped, clean
from retrieval.profile.items import Item, ItemReader
from retrieval.profile.types import Action, Event, StoredEvent
from retrieval.types import Filters, Language, Vectors

# What an act says of liking, in clicks. An order costs money, a tap a second.
WEIGHTS = {
    Action.CLICK: 1.0,
    Action.DETAIL_VIEW: 1.0,
    Action.CART: 3.0,
    Action.ORDER: 5.0,
    Action.DISMISS: -3.0,
}
# A rating of 3 is neutral; each star counts as much as a click.
NEUTRAL_RATING = 3.0
# Tastes fade by half in a month, what one is after now in half an hour.
LONG_HALF_LIFE = timedelta(days=30)
SESSION_HALF_LIFE = timedelta(minutes=30)
# How much more an act of this very moment counts.
SESSION_BONUS = 2.0
# A pause that ends a session, as web analytics has it.
SESSION_GAP = timedelta(minutes=30)
# Clicks that must speak for a value before its surplus is believed half.
PRIOR = 2.0
PRICE_PRIOR = 3.0
# A taste is never finer than this share of a category's price range.
FINEST_PRICE = 0.15
# Products whose vectors make up the long-term and the session vector.
LONG_PRODUCTS, SESSION_PRODUCTS = 60, 8
# With fewer liked products than this there is a session, not yet a profile.
FEW = 5
# The bound of one taste's say, in logits: nothing is liked or disliked without end.
BOUND = 2.0


class Facet(StrEnum):
    """What a taste is about."""

    CATEGORY = "category"
    BRAND = "brand"
    ATTRIBUTE = "attribute"
    PRICE = "price"


class Stage(StrEnum):
    """How much is known: nothing, what goes on now, or a person's tastes."""

    POPULARITY = "popularity"
    SESSION = "session"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Taste:
    """One like (or dislike) with the log of its surplus over chance and its evidence.

    `weight` counts decayed clicks; `because` names the products that speak most for it.
    """

    facet: Facet
    value: str
    lift: float
    weight: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PriceTaste:
    """Where in a category's price range a shopper chooses, 0 to 1, and how narrowly."""

    level: float
    width: float
    trust: float
    because: tuple[str, ...]

    def lift(self, place: float) -> float:
        """How much better than anywhere in the range a place is, in logits."""
        spread = (place - self.level) / self.width
        peak = -math.log(self.width * math.sqrt(2 * math.pi))
        return self.trust * max(-BOUND, min(BOUND, peak - spread * spread / 2))


@dataclass(frozen=True)
class Profile:
    """A shopper by their acts; products are named by id, newest first.

    `refused` is what they said, which is kept elsewhere and joins the profile when it is read.
    """

    shopper_id: str
    state: tuple[int, int] = (0, 0)
    stage: Stage = Stage.POPULARITY
    evidence: float = 0.0
    tastes: tuple[Taste, ...] = ()
    price: PriceTaste | None = None
    refused: Filters = field(default_factory=Filters)
    liked: tuple[str, ...] = ()
    session: tuple[str, ...] = ()
    dismissed: tuple[str, ...] = ()
    bought: Mapping[str, datetime] = field(default_factory=dict)
    long_vector: Vectors | None = None
    session_vector: Vectors | None = None
    language: Language | None = None
    dropped: Dropped = field(default_factory=Dropped)
    lifts: Mapping[Facet, Mapping[str, Taste]] = field(default_factory=dict)

    def taste(self, facet: Facet, value: str) -> Taste | None:
        """What is known of a value."""
        return self.lifts.get(facet, {}).get(value)


def build_profile(
    shopper_id: str,
    acts: Sequence[StoredEvent],
    items: ItemReader,
    now: datetime,
    state: tuple[int, int] = (0, 0),
) -> Profile:
    """The profile of a shopper whose `acts` are given oldest first (no impressions)."""
    kept, dropped = clean(acts, now)
    events = [stored.event for stored in kept]
    weighed = [(event, weight(event, now)) for event in events]
    about = items.by_product({e.object_id for e, w in weighed if w and e.object_id})
    signs = [(about[e.object_id], w, e) for e, w in weighed if e.object_id in about and w]
    positive = [(item, w, e) for item, w, e in signs if w > 0]
    liked = _newest(item.id for item, _, _ in positive)
    session = _session(events)
    now_liked = tuple(i for i in liked if i in session)
    tastes = find_tastes([(item, w) for item, w, _ in signs], items)
    return Profile(
        shopper_id=shopper_id,
        state=state,
        stage=_stage(positive),
        evidence=sum(w for _, w, _ in positive),
        tastes=tastes,
        price=find_price_taste([(item, w) for item, w, _ in positive], items),
        liked=liked,
        session=now_liked,
        dismissed=_newest(e.object_id for e in events if _refuses(e) and e.object_id),
        bought={e.object_id: e.timestamp for e in events if _buys(e) and e.object_id},
        long_vector=_mean([(i.id, w) for i, w, _ in positive], liked[:LONG_PRODUCTS], items),
        session_vector=_mean(
            [(i.id, w) for i, w, _ in positive], now_liked[:SESSION_PRODUCTS], items
        ),
        language=next((e.language for e in reversed(events) if e.language), None),
        dropped=dropped,
        lifts={facet: {t.value: t for t in tastes if t.facet is facet} for facet in Facet},
    )


def weight(event: Event, now: datetime) -> float:
    """What an event says of liking its product, in clicks of now; dislikes are negative."""
    if event.action_name is Action.RATING:
        base = (event.value or NEUTRAL_RATING) - NEUTRAL_RATING
    else:
        base = WEIGHTS.get(event.action_name, 0.0)
    age = max(now - event.timestamp, timedelta(0))
    return base * (_fade(age, LONG_HALF_LIFE) + SESSION_BONUS * _fade(age, SESSION_HALF_LIFE))


def _fade(age: timedelta, half_life: timedelta) -> float:
    return float(0.5 ** (age / half_life))


# ------------------------------------------------------------------------ tastes


def find_tastes(signs: Sequence[tuple[Item, float]], items: ItemReader) -> tuple[Taste, ...]:
    """Values met more (or less) often than the same choices by chance, strongest first.

    The surplus is log((observed + prior) / (expected + prior)), where expected is what the
    value's share in the categories looked at would give: a liking for black counts where
    black is rare, and a category's usual brand is none.
    """
    observed: dict[tuple[Facet, str], float] = defaultdict(float)
    because: dict[tuple[Facet, str], dict[str, float]] = defaultdict(dict)
    weights: dict[str, float] = defaultdict(float)
    for item, sign in signs:
        weights[item.category] += max(sign, 0.0)
        for name in _values(item):
            observed[name] += sign
            if sign > 0:
                because[name][item.id] = because[name].get(item.id, 0.0) + sign
    total = sum(weights.values())
    shares = {c: items.shares_of_values(c) for c, weight in weights.items() if weight}
    tastes = []
    for name, seen in observed.items():
        expected = _expected(name, weights, shares, total, items)
        if expected is None:
            continue
        lift = math.log(max(seen + PRIOR, PRIOR / 8) / (expected + PRIOR))
        evidence = sorted(because[name], key=lambda i: -because[name][i])[:2]
        bounded = max(-BOUND, min(BOUND, lift))
        tastes.append(Taste(*name, bounded, seen, tuple(evidence)))
    return tuple(sorted(tastes, key=lambda t: -abs(t.lift)))


def _values(item: Item) -> list[tuple[Facet, str]]:
    found = [(Facet.ATTRIBUTE, value) for value in item.attributes]
    if item.category:
        found.append((Facet.CATEGORY, item.category))
    if item.brand:
        found.append((Facet.BRAND, item.brand))
    return found


def _expected(
    name: tuple[Facet, str],
    weights: Mapping[str, float],
    shares_of: Mapping[str, Mapping[str, float]],
    total: float,
    items: ItemReader,
) -> float | None:
    """The weight the value would get by chance; None for values of a single product's kind."""
    facet, value = name
    if facet is Facet.CATEGORY:
        return total * items.share_of_category(value)
    if facet is Facet.BRAND:
        return sum(w * items.share_of_brand(value, c) for c, w in weights.items())
    expected, known = 0.0, not shares_of
    for category, shares in shares_of.items():  # hundreds of values a profile
        if share := shares.get(value):
            expected += weights[category] * share
            known = True
    return expected if known else None


def find_price_taste(liked: Sequence[tuple[Item, float]], items: ItemReader) -> PriceTaste | None:
    """The mean and spread of the places in the price range where a shopper chose."""
    placed = [(p, w, i.id) for i, w in liked if (p := items.price_place(i)) is not None]
    total = sum(w for _, w, _ in placed)
    if not total:
        return None
    level = (sum(p * w for p, w, _ in placed) + 0.5 * PRICE_PRIOR) / (total + PRICE_PRIOR)
    # The prior's own spread is that of a shopper who buys anywhere.
    squares = sum(w * (p - level) ** 2 for p, w, _ in placed) + PRICE_PRIOR / 12
    width = max(FINEST_PRICE, math.sqrt(squares / (total + PRICE_PRIOR)))
    near = sorted(placed, key=lambda each: abs(each[0] - level))
    because = tuple(dict.fromkeys(i for _, _, i in near))[:2]
    return PriceTaste(level, width, total / (total + PRICE_PRIOR), because)


def affinity(profile: Profile, item: Item, items: ItemReader) -> dict[Facet, float]:
    """How well a product fits a profile, by facet, in bounded logits; nothing known: empty."""
    return read_affinity(profile, items)(item)


def read_affinity(profile: Profile, items: ItemReader) -> Callable[[Item], dict[Facet, float]]:
    """`affinity` of one profile, for many products."""
    categories, brands, values = (
        {value: taste.lift for value, taste in profile.lifts.get(facet, {}).items()}
        for facet in (Facet.CATEGORY, Facet.BRAND, Facet.ATTRIBUTE)
    )
    price = profile.price

    def fit(item: Item) -> dict[Facet, float]:
        found: dict[Facet, float] = {}
        if (lift := categories.get(item.category)) is not None:
            found[Facet.CATEGORY] = lift
        if (lift := brands.get(item.brand)) is not None:
            found[Facet.BRAND] = lift
        if known := [lift for lift in map(values.get, item.attributes) if lift is not None]:
            # The strongest few: forty lines of a data sheet are not forty reasons.
            known.sort(key=abs, reverse=True)
            found[Facet.ATTRIBUTE] = max(-BOUND, min(BOUND, sum(known[:3]) / 2))
        place = items.price_place(item) if price else None
        if price is not None and place is not None:
            found[Facet.PRICE] = price.lift(place)
        return found

    return fit


# ------------------------------------------------------------------------ history


def _newest(ids: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reversed(list(ids))))  # type: ignore[call-overload]


def _session(events: Sequence[Event]) -> set[str]:
    """Products of the last session: back to the first pause."""
    found: set[str] = set()
    before: datetime | None = None
    for event in reversed(events):
        if before is not None and before - event.timestamp > SESSION_GAP:
            break
        before = event.timestamp
        if event.object_id:
            found.add(event.object_id)
    return found


def _stage(positive: Sequence[tuple[Item, float, Event]]) -> Stage:
    if not positive:
        return Stage.POPULARITY
    distinct = {item.id for item, _, _ in positive}
    return Stage.PROFILE if len(distinct) >= FEW else Stage.SESSION


def _refuses(event: Event) -> bool:
    low = event.action_name is Action.RATING and (event.value or NEUTRAL_RATING) < NEUTRAL_RATING
    return event.action_name is Action.DISMISS or low


def _buys(event: Event) -> bool:
    return event.action_name is Action.ORDER


def _mean(
    weighted: Sequence[tuple[str, float]], ids: Sequence[str], items: ItemReader
) -> Vectors | None:
    """The unit mean of the products' vectors, by their weights; shape (dimensions,)."""
    weights: dict[str, float] = defaultdict(float)
    for name, each in weighted:
        weights[name] += each
    found = items.vectors(ids)
    if not found:
        return None
    mean = np.sum([weights[name] * vector for name, vector in found.items()], axis=0)
    size = float(np.linalg.norm(mean))
    return (mean / size).astype(np.float32) if size > 0 else None
