"""Shoppers with known tastes and what they did in 90 days (model: docs/demo-store.md)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TypeVar

from retrieval.catalog.demo.eventlog import Event
from retrieval.catalog.demo.sources import CategorySource, Sources
from retrieval.catalog.demo.tastes import Shopper, Taste, draw_shoppers, draw_taste
from retrieval.types import Language, Product

T = TypeVar("T")

DAYS = 90
SHOPPERS = 300
PAGE = 12
# The position-based model: a place is looked at with probability position ** -EXAMINATION.
EXAMINATION = 0.8
_CLICK_BIAS, _CART_BIAS, _CART_SLOPE = -1.5, -1.3, 0.9
_ORDER_SHARE = 0.6
_HOME_PAGE_SHARE = 0.15
_SESSIONS_SHAPE, _SESSIONS_SCALE = 1.5, 5.0
_RANKING_NOISE = 1.0
_HOURS = (8, 9, 12, 12, 13, 17, 18, 19, 20, 20, 21, 21, 22, 22, 23)


@dataclass(frozen=True, slots=True)
class _Session:
    """Who shops, when it began, and the ids its events carry."""

    shopper: Shopper
    taste: Taste
    id: str
    began: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """A category that a shopper looks for, perhaps a colour, and the words for it."""

    path: tuple[str, ...]
    color: str | None
    query: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """What an event is about: a product at a position of a query's list."""

    query: str | None = None
    object_id: str | None = None
    position: int | None = None


class Behaviour:
    """Draws shoppers, their tastes and their events from one seed."""

    def __init__(
        self, products: Sequence[Product], sources: Sources, seed: int, today: date
    ) -> None:
        self._seed = seed
        self._first_day = today - timedelta(days=DAYS)
        self._families_zh = sources.words.families_zh
        self._sources = {category.path: category for category in sources.categories}
        self._shelves: dict[tuple[str, ...], list[Product]] = defaultdict(list)
        for product in products:
            self._shelves[product.category].append(product)
        self._price_rank = _rank_prices(self._shelves)
        self.shoppers = draw_shoppers(SHOPPERS, Random(f"{seed}:shoppers"))
        random = Random(f"{seed}:tastes")
        brands = {
            path: sorted({str(p.brand) for p in shelf}) for path, shelf in self._shelves.items()
        }
        self.tastes = {s.id: draw_taste(brands, random) for s in self.shoppers}

    def utility(self, taste: Taste, product: Product) -> float:
        """How much a shopper of this taste likes a product, in logits."""
        return taste.utility(product, self._price_rank[product.id])

    def events(self) -> Iterator[Event]:
        """Every event, oldest first, numbered in that order."""
        drawn: list[Event] = []
        for shopper in self.shoppers:
            random = Random(f"{self._seed}:events:{shopper.id}")
            sessions = 1 + int(random.gammavariate(_SESSIONS_SHAPE, _SESSIONS_SCALE))
            for number in range(sessions):
                drawn.extend(self._session(shopper, number, random))
        drawn.sort(key=lambda event: (event.timestamp, event.session_id, event.event_id))
        for number, event in enumerate(drawn, start=1):
            yield replace(event, event_id=f"e{number:06d}")

    def draw_wish(self, taste: Taste, language: Language, random: Random) -> Wish:
        """What a page is opened for, and how it is said; on the home page nothing is said."""
        path = _weighted(taste.categories, random)
        color = _weighted(taste.colors, random) if random.random() < 0.2 else None
        query = None
        if random.random() >= _HOME_PAGE_SHARE:
            query = self._query(self._sources[path], color, language, random)
        return Wish(path, color, query)

    def draw_shoppers(self, count: int, seed: str) -> dict[str, tuple[Shopper, Taste]]:
        """Further shoppers that are in no log, by id, with their tastes."""
        brands = {
            path: sorted({str(p.brand) for p in shelf}) for path, shelf in self._shelves.items()
        }
        random = Random(f"{self._seed}:{seed}")
        drawn = draw_shoppers(count, random)
        return {
            f"{seed}-{s.id}": (replace(s, id=f"{seed}-{s.id}"), draw_taste(brands, random))
            for s in drawn
        }

    def _session(self, shopper: Shopper, number: int, random: Random) -> list[Event]:
        day = self._first_day + timedelta(days=random.randrange(DAYS))
        clock = time(random.choice(_HOURS), random.randrange(60), random.randrange(60), tzinfo=UTC)
        session = _Session(
            shopper,
            self.tastes[shopper.id],
            f"{shopper.id}-s{number:02d}",
            datetime.combine(day, clock),
        )
        log = _Log(session)
        cart: list[tuple[Product, str]] = []
        for page in range(1 + int(random.random() < 0.45) + int(random.random() < 0.15)):
            cart += self._page(session, page, log, random)
        if cart and random.random() < _ORDER_SHARE:
            for product, query_id in cart:
                log.add(
                    "purchase",
                    query_id,
                    random.randint(30, 200),
                    _Place(object_id=product.id),
                    price=str(product.price),
                    order_id=f"order-{session.id}",
                )
        return log.events

    def _page(
        self, session: _Session, page: int, log: _Log, random: Random
    ) -> list[tuple[Product, str]]:
        """One result list, looked at from the top; gives what went into the cart."""
        taste, query_id = session.taste, f"{session.id}-q{page}"
        wish = self.draw_wish(taste, session.shopper.language, random)
        query = wish.query
        log.add("query", query_id, random.randint(5, 60), _Place(query))
        cart = []
        ranked = self._rank(wish.path, wish.color, random)
        for position, product in enumerate(ranked[:PAGE], start=1):
            place = _Place(query, product.id, position)
            log.add("impression", query_id, 0, place)
            liking = self.utility(taste, product) + random.gauss(0, 0.3)
            if not draw_click(liking, position, random):
                continue
            log.add("click", query_id, random.randint(3, 40), place)
            if product.stock and draw_cart(liking, random):
                log.add("add_to_cart", query_id, random.randint(10, 90), place)
                cart.append((product, query_id))
        return cart

    def _rank(self, path: tuple[str, ...], color: str | None, random: Random) -> list[Product]:
        """The old shop's ranking: popularity, the colour asked for, and much chance."""

        def score(product: Product) -> float:
            found = product.attribute("color")
            match = 1.5 if color and found and found.value == color else 0.0
            return math.log(product.rating_count) * 0.5 + match + random.gauss(0, _RANKING_NOISE)

        scored = [(score(product), product) for product in self._shelves[path]]
        return [product for _, product in sorted(scored, key=lambda pair: -pair[0])]

    def _query(
        self, category: CategorySource, color: str | None, language: Language, random: Random
    ) -> str:
        chinese = language is Language.CHINESE
        leaf = category.path_zh[-1] if chinese else category.path[-1].lower()
        if color:
            return f"{self._families_zh[color]}{leaf}" if chinese else f"{color} {leaf}"
        if category.queries and random.random() < 0.7:
            return random.choice(category.queries).text(language)
        return leaf


class _Log:
    """Events of one session, each a little later than the one before."""

    def __init__(self, session: _Session) -> None:
        self.events: list[Event] = []
        self._session = session
        self._now = session.began

    def add(
        self,
        action: str,
        query_id: str,
        seconds: int,
        place: _Place,
        *,
        price: str | None = None,
        order_id: str | None = None,
    ) -> None:
        """Record an action `seconds` after the last one."""
        self._now += timedelta(seconds=seconds)
        self.events.append(
            Event(
                event_id=f"{len(self.events):04d}",
                timestamp=self._now.isoformat(),
                user_id=self._session.shopper.id,
                session_id=self._session.id,
                query_id=query_id,
                action_name=action,
                query=place.query,
                object_id=place.object_id,
                position=place.position,
                price=price,
                order_id=order_id,
            )
        )


def draw_click(liking: float, position: int, random: Random) -> bool:
    """Whether a product of this liking is looked at in its place, and then opened."""
    examined = random.random() < position**-EXAMINATION
    return examined and random.random() <= _sigmoid(_CLICK_BIAS + liking)


def draw_cart(liking: float, random: Random) -> bool:
    """Whether an opened product goes into the cart."""
    return random.random() < _sigmoid(_CART_BIAS + _CART_SLOPE * liking)


def click_chance(liking: float, position: int) -> float:
    """The probability of `draw_click`."""
    return float(position**-EXAMINATION * _sigmoid(_CLICK_BIAS + liking))


def _rank_prices(shelves: dict[tuple[str, ...], list[Product]]) -> dict[str, float]:
    """Product id → place of its price within its category, 0 (cheapest) to 1."""
    ranks = {}
    for shelf in shelves.values():
        ordered = sorted(shelf, key=lambda product: (product.price or 0, product.id))
        for place, product in enumerate(ordered):
            ranks[product.id] = place / max(1, len(ordered) - 1)
    return ranks


def _weighted(weights: dict[T, float], random: Random) -> T:
    return random.choices(list(weights), list(weights.values()))[0]


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


__all__ = [
    "DAYS",
    "EXAMINATION",
    "SHOPPERS",
    "Behaviour",
    "Shopper",
    "Taste",
    "Wish",
    "click_chance",
    "draw_cart",
    "draw_click",
]
