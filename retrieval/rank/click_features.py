"""What the click model sees of a product on a list: query, product and shopper, as known then.

Training computes these from the log with what was known when the list was shown, serving with
what is known now; both call `click_features`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retrieval.index.analysis import fold
from retrieval.profile.items import Item, ItemReader
from retrieval.profile.profile import Facet, Profile, affinity
from retrieval.types import Language

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

# Clicks that a product, or all products of one value, would get by chance before its own
# record counts as much: a product is seen a hundred times for four clicks.
ITEM_PRIOR, VALUE_PRIOR = 4.0, 20.0
# Bounds of the logarithms: no single fact may decide alone.
BOUND = 1.5
# A product without a rating is taken for an average one.
USUAL_RATING = 4.0
# Values of a data sheet whose record is looked at: the strongest ones say it.
STRONGEST = 3
# Products of the past that count as looked at before.
RECENT = 30


class ClickFeature(StrEnum):
    """The signals of the click model; each is 0 where nothing is known."""

    NAMED = "named"
    CATEGORY = "category"
    BRAND = "brand"
    ATTRIBUTE = "attribute"
    PRICE = "price"
    SESSION = "session"
    LONG = "long"
    SEEN = "seen"
    BOUGHT = "bought"
    DISMISSED = "dismissed"
    POPULARITY = "popularity"
    ITEM_RECORD = "item_record"
    VALUE_RECORD = "value_record"
    RATING = "rating"
    PRICE_PLACE = "price_place"
    LIST_PRICE = "list_price"
    AVAILABLE = "available"
    EVIDENCE = "evidence"


# What the shopper's own behaviour says; the rest would be the same for anybody.
PERSONAL = frozenset(
    {
        ClickFeature.CATEGORY,
        ClickFeature.BRAND,
        ClickFeature.ATTRIBUTE,
        ClickFeature.PRICE,
        ClickFeature.SESSION,
        ClickFeature.LONG,
        ClickFeature.SEEN,
        ClickFeature.BOUGHT,
        ClickFeature.DISMISSED,
    }
)
_FACETS = {
    ClickFeature.CATEGORY: Facet.CATEGORY,
    ClickFeature.BRAND: Facet.BRAND,
    ClickFeature.ATTRIBUTE: Facet.ATTRIBUTE,
    ClickFeature.PRICE: Facet.PRICE,
}
_COLUMN = {feature: place for place, feature in enumerate(ClickFeature)}


@dataclass
class Records:
    """Clicks of products and of attribute values against what their places explain.

    The surplus of a name is log((clicks + prior) / (expected + prior)), `expected` being the
    clicks that anything would have got at the same places: the random effects of a mixed model
    (GLMix, Zhang et al., KDD 2016) in closed form. A value's record carries over to products
    that nobody has seen yet.
    """

    items: dict[str, list[float]] = field(default_factory=dict)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, item: Item, expected: float, clicks: float) -> None:
        """Count a product that was shown."""
        _count(self.items, item.id, expected, clicks)
        for value in values_of(item):
            _count(self.values, value, expected, clicks)

    def item_surplus(self, item: Item) -> float:
        """How much more a product is clicked than its places explain, in bounded logits."""
        return _surplus(self.items.get(item.id), ITEM_PRIOR)

    def value_surplus(self, item: Item) -> float:
        """The same for its brand and attribute values: the mean of the strongest."""
        found = [_surplus(self.values.get(value), VALUE_PRIOR) for value in values_of(item)]
        strongest = sorted(found, key=abs, reverse=True)[:STRONGEST]
        return sum(strongest) / STRONGEST

    def copy(self) -> Records:
        """A copy that can be counted on."""
        return Records(
            {k: list(v) for k, v in self.items.items()},
            {k: list(v) for k, v in self.values.items()},
        )


def values_of(item: Item) -> tuple[str, ...]:
    """The names under which a product's record counts for others of its kind."""
    brand = (f"brand={item.brand}",) if item.brand else ()
    return (*brand, *item.attributes)


def _count(table: dict[str, list[float]], name: str, expected: float, clicks: float) -> None:
    entry = table.setdefault(name, [0.0, 0.0])
    entry[0] += clicks
    entry[1] += expected


def _surplus(entry: Sequence[float] | None, prior: float) -> float:
    if entry is None:
        return 0.0
    return _bounded(math.log((entry[0] + prior) / (entry[1] + prior)))


def _bounded(value: float) -> float:
    return max(-BOUND, min(BOUND, value))


@dataclass(frozen=True)
class Everybody:
    """What all shoppers did until now: share of the top product's appeal by id, and records."""

    shares: Mapping[str, float]
    records: Records


def click_features(
    query: str,
    shown: Sequence[Item],
    profile: Profile,
    items: ItemReader,
    everybody: Everybody,
) -> Numbers:
    """Features of the products of one list, shape (products, len(ClickFeature))."""
    matrix = np.zeros((len(shown), len(ClickFeature)))
    folded = fold(query)
    recent, bought = frozenset(profile.liked[:RECENT]), profile.bought
    dismissed = frozenset(profile.dismissed)
    evidence = math.log1p(profile.evidence)
    for row, item in zip(matrix, shown, strict=True):
        row[_COLUMN[ClickFeature.NAMED]] = _named(folded, item, items) if folded else 0.0
        for feature, lift in affinity(profile, item, items).items():
            row[_COLUMN[_BY_FACET[feature]]] = lift
        row[_COLUMN[ClickFeature.SEEN]] = item.id in recent
        row[_COLUMN[ClickFeature.BOUGHT]] = item.id in bought
        row[_COLUMN[ClickFeature.DISMISSED]] = item.id in dismissed
        share = everybody.shares.get(item.id, 0.0)
        row[_COLUMN[ClickFeature.POPULARITY]] = math.log1p(100 * share) / math.log(101)
        row[_COLUMN[ClickFeature.ITEM_RECORD]] = everybody.records.item_surplus(item)
        row[_COLUMN[ClickFeature.VALUE_RECORD]] = everybody.records.value_surplus(item)
        row[_COLUMN[ClickFeature.RATING]] = (item.rating or USUAL_RATING) - USUAL_RATING
        place = items.price_place(item)
        row[_COLUMN[ClickFeature.PRICE_PLACE]] = 0.0 if place is None else place - 0.5
        row[_COLUMN[ClickFeature.AVAILABLE]] = float(item.available) - 1.0
        row[_COLUMN[ClickFeature.EVIDENCE]] = evidence
    matrix[:, _COLUMN[ClickFeature.LIST_PRICE]] = _relative_prices(shown)
    _add_nearness(matrix, shown, profile, items)
    return matrix


_BY_FACET = {facet: feature for feature, facet in _FACETS.items()}


def _named(query: str, item: Item, items: ItemReader) -> float:
    """How many of a product's brand and values the query names, in halves up to 1."""
    names = {fold(item.brand)} if item.brand else set()
    for value in item.attributes:
        names |= _labels(value, items)
    return min(1.0, sum(1 for name in names if len(name) > 1 and name in query) / 2)


@lru_cache(maxsize=65_536)
def _labels(value: str, items: ItemReader) -> frozenset[str]:
    if value.endswith("=false"):
        return frozenset()
    return frozenset(fold(items.value_label(value, language)) for language in Language)


def _relative_prices(shown: Sequence[Item]) -> Numbers:
    """Standard scores of the logarithm of the price within the list; 0 where there is none."""
    logs = np.array([math.log(i.price) if i.price else math.nan for i in shown])
    known = logs[~np.isnan(logs)]
    if len(known) < 2 or known.std() < 1e-6:
        return np.zeros(len(shown))
    scores: Numbers = np.nan_to_num((logs - known.mean()) / known.std())
    return np.clip(scores, -3, 3)


def _add_nearness(
    matrix: Numbers, shown: Sequence[Item], profile: Profile, items: ItemReader
) -> None:
    """Cosines with the shopper's vectors, against the list's mean: encoders differ in level."""
    targets = {
        ClickFeature.SESSION: profile.session_vector,
        ClickFeature.LONG: profile.long_vector,
    }
    if all(vector is None for vector in targets.values()):
        return
    vectors = items.vectors([item.id for item in shown])
    there = [row for row, item in enumerate(shown) if item.id in vectors]
    if not there:
        return
    stacked = np.stack([vectors[shown[row].id] for row in there]).astype(np.float64)
    for feature, target in targets.items():
        if target is not None:
            cosines = stacked @ target.astype(np.float64)
            matrix[there, _COLUMN[feature]] = cosines - cosines.mean()
