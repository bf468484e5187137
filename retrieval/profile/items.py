"""What a profile compares products by, read from the index and kept for a while."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from retrieval.index.analysis import fold
from retrieval.index.document import category_key
from retrieval.index.rows import RowCache
from retrieval.index.types import Equals, Group, Payload, ProductIndex, VectorName, point_id
from retrieval.types import CategoryProfile, Language, Vectors, Vocabulary

# Seconds until price, stock and rating are read again where another process may have changed
# them; what this process writes is read again at once.
FRESH_S = 30.0
# Products kept; 20,000 with their vectors take about 60 MB.
KEPT = 20_000
# Places of prices kept: a hundred of them are asked for a list.
KEPT_PLACES = 50_000
# Values of one category looked at; beyond, each holds a fraction of a percent of products.
MOST_VALUES = 400
FIELDS = (
    "id", "category", "brand", "price", "attributes", "family", "available", "rating",
)  # fmt: skip

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Item:
    """A product as payload fields give it: folded names, the deepest category's key first."""

    key: str
    id: str
    category: str
    categories: tuple[str, ...]
    brand: str
    price: float | None
    attributes: tuple[str, ...]
    family: str
    available: bool
    rating: float


class Cache(Generic[K, V]):
    """The latest values by key, forgotten after `fresh_s` seconds; thread-safe."""

    def __init__(self, most: int, fresh_s: float) -> None:
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._most = most
        self._fresh_s = fresh_s
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value, or None when there is none or it is too old."""
        with self._lock:
            found = self._kept.get(key)
        return found[1] if found and found[0] > time.monotonic() - self._fresh_s else None

    def put(self, key: K, value: V) -> None:
        """Keep a value."""
        with self._lock:
            self._kept[key] = (time.monotonic(), value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget a value."""
        with self._lock:
            self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


class ItemReader:
    """Reads items and vectors by product id, and what is usual in a category."""

    def __init__(
        self, index: ProductIndex, vocabulary: Vocabulary, languages: Sequence[Language]
    ) -> None:
        english = Language.ENGLISH in languages
        self.using = VectorName.ENGLISH if english else VectorName.MULTILINGUAL
        self.vocabulary = vocabulary
        self._index = index
        self._items = RowCache(index, FIELDS, make_item, most=KEPT, stale_s=FRESH_S)
        self._vectors: Cache[str, Vectors] = Cache(KEPT, 20 * FRESH_S)
        self._values: Cache[str, dict[str, float]] = Cache(2_000, 20 * FRESH_S)
        self._profiles = {category_key(c.path): c for c in vocabulary.categories}
        self._brands = {fold(name): name for name in vocabulary.brands}
        self._quantiles = {
            name: tuple(map(float, steps)) for name, steps in vocabulary.price_quantiles.items()
        }
        self._places: dict[tuple[str, float], float | None] = {}
        self._total = max(1, sum(c.products for c in vocabulary.categories if len(c.path) == 1))

    def read(self, keys: Iterable[str]) -> dict[str, Item]:
        """Items by the index's own ids; unknown ones are left out."""
        return self._items.read(keys)

    def by_product(self, ids: Iterable[str]) -> dict[str, Item]:
        """Items by product id."""
        return {item.id: item for item in self.read(map(point_id, ids)).values()}

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Vectors of shape (dimensions,) by product id."""
        keys = {point_id(i): i for i in ids}
        found = {i: v for key, i in keys.items() if (v := self._vectors.get(key)) is not None}
        missing = [key for key, i in keys.items() if i not in found]
        if missing:
            for key, vector in self._index.vectors(self.using, missing).items():
                found[keys[key]] = vector
                self._vectors.put(key, vector)
        return found

    # ---------------------------------------------------------------- what is usual

    def share_of_category(self, category: str) -> float:
        """The share of the catalogue's products that a category holds."""
        profile = self._profiles.get(category)
        return profile.products / self._total if profile else 0.0

    def share_of_brand(self, brand: str, category: str) -> float:
        """The share of a category's products that a brand holds."""
        profile = self._profiles.get(category)
        if profile is None or not profile.products:
            return 0.0
        name = self._brands.get(brand, brand)
        return profile.brands.get(name, 0) / profile.products

    def shares_of_values(self, category: str) -> Mapping[str, float]:
        """Attribute value ("color=black") → the share of a category's products that have it."""
        known = self._values.get(category)
        if known is None:
            inside = Group(must=(Equals("category", (category,)),)) if category else Group()
            total = max(1, self._index.count(inside))
            counts = self._index.facet("attributes", inside, MOST_VALUES)
            known = {value: count / total for value, count in counts.items()}
            self._values.put(category, known)
        return known

    def price_place(self, item: Item) -> float | None:
        """Where a price lies in its category: 0 the cheapest, 1 the dearest."""
        if item.price is None:
            return None
        asked = item.category, item.price
        try:
            return self._places[asked]
        except KeyError:
            pass
        if len(self._places) >= KEPT_PLACES:
            self._places.clear()
        place = self._places[asked] = self._find_place(*asked)
        return place

    def _find_place(self, category: str, price: float) -> float | None:
        profile = self._profiles.get(category)
        steps = self._quantiles.get(profile.path[-1]) if profile else None
        steps = steps or self._quantiles.get("")
        if not steps or steps[-1] <= steps[0]:
            return None
        at = min(max(bisect_right(steps, price) - 1, 0), len(steps) - 2)
        width = steps[at + 1] - steps[at]
        inside = (price - steps[at]) / width if width > 0 else 0.5
        return min(1.0, max(0.0, (at + inside) / (len(steps) - 1)))

    # ---------------------------------------------------------------- names to show

    def category(self, key: str) -> CategoryProfile | None:
        """The category of a key."""
        return self._profiles.get(key)

    def category_label(self, key: str, language: Language) -> str:
        """A category as a shopper reads it."""
        profile = self._profiles.get(key)
        if profile is None:
            return key.rsplit(" > ", 1)[-1]
        return profile.labels.get(language, profile.path[-1])

    def brand_label(self, brand: str) -> str:
        """A brand as it writes itself."""
        return self._brands.get(brand, brand)

    def value_label(self, value: str, language: Language) -> str:
        """An attribute's value as a shopper reads it; a flag is its attribute's name."""
        name, _, text = value.partition("=")
        if text == "true":
            return self.vocabulary.label(name, language)
        if text == "false":
            no = "非" if language is Language.CHINESE else "not "
            return no + self.vocabulary.label(name, language)
        return self.vocabulary.label(text, language)


def make_item(key: str, payload: Payload) -> Item:
    """An item of a payload's fields."""
    categories = tuple(reversed(payload.get("category") or ()))
    return Item(
        key=key,
        id=str(payload.get("id", "")),
        category=categories[0] if categories else "",
        categories=categories,
        brand=str(payload.get("brand") or ""),
        price=payload.get("price"),
        attributes=tuple(payload.get("attributes") or ()),
        family=str(payload.get("family") or ""),
        available=payload.get("available") != "no",
        rating=float(payload.get("rating") or 0.0),
    )
