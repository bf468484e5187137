"""Facets of a result set: what it can be narrowed by, with exact counts.

The count of a value is the number of products that choosing it, alone in its facet and beside
all other filters, would leave: a facet's own filter is ignored in its counts. Which attributes
are shown, and where prices and numbers are cut, is chosen from the result set itself.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from retrieval.facet_choice import MOST_VALUES, TITLES, named_shares, rank_attributes
from retrieval.facet_rows import NO_MEASURES, FacetReader, Measures, Tally
from retrieval.index.analysis import fold
from retrieval.index.document import number_field
from retrieval.index.filters import EQUAL_WITHIN
from retrieval.intervals import intervals, range_key, tidy
from retrieval.relevance import ResultSet, ResultSets
from retrieval.types import (
    AttributeFilter,
    AttributeKind,
    AttributeProfile,
    Facet,
    FacetValue,
    FilterKind,
    Filters,
    Range,
)
from retrieval.units import to_base

MOST_ATTRIBUTES = 6
# More different numbers than this are cut into intervals.
MOST_NUMBERS = 8
# A category that holds this share of the products is taken as read: its parts are shown.
DOMINANT = 0.9
# Stars from which a shopper may want it.
RATINGS = ("4.5", "4", "3.5", "3")
_PARTED = re.compile(r"[,;、，；|/]")


@dataclass(frozen=True)
class Part:
    """One facet's share of the result set: its products, or the condition that finds them."""

    found: ResultSet
    tally: Tally
    count: Callable[[Filters], int]


def count_facets(reader: FacetReader, sets: ResultSets, filters: Filters) -> tuple[Facet, ...]:
    """The facets of what `filters` leave of `sets`: kinds first, then the best attributes."""
    counter = _Counter(reader, sets, filters)
    facets = [
        counter.categories(),
        counter.brands(),
        counter.prices(),
        counter.ratings(),
        counter.stock(),
        *counter.attributes(),
    ]
    return tuple(facet for facet in facets if facet is not None)


def without_own(filters: Filters, kind: FilterKind, name: str = "") -> Filters:
    """`filters` without what a facet of `kind` (and attribute `name`) itself decides."""
    match kind:
        case FilterKind.CATEGORY:
            return filters.model_copy(update={"categories": ()})
        case FilterKind.BRAND:
            return filters.model_copy(update={"brands": ()})
        case FilterKind.PRICE:
            return filters.model_copy(update={"price": None})
        case FilterKind.RATING:
            return filters.model_copy(update={"minimum_rating": None})
        case FilterKind.STOCK:
            return filters.model_copy(update={"in_stock": False})
        case _:
            kept = tuple(a for a in filters.attributes if a.name != name or a.exclude)
            return filters.model_copy(update={"attributes": kept})


class _Counter:
    """Counts the facets of one request."""

    def __init__(self, reader: FacetReader, sets: ResultSets, filters: Filters) -> None:
        self._reader = reader
        self._names = reader.names
        self._sets = sets
        self._filters = filters
        self._base = self._part(filters)

    def _part(self, filters: Filters) -> Part:
        found = self._sets.find(filters)
        rows = self._reader.rows(found.ids)
        return Part(found, Tally(list(rows.values())), self._sets.count)

    def _open(self, kind: FilterKind, name: str = "") -> tuple[Filters, Part]:
        """The filters without the facet's own, and their part of the result set."""
        rest = without_own(self._filters, kind, name)
        return rest, self._base if rest == self._filters else self._part(rest)

    def _is_counted(self, part: Part) -> bool:
        """Whether the rows are all there is to count (or all that is looked at)."""
        return part.found.complete or self._sets.has_text

    def _frequencies(
        self, key: str, part: Part, counted: Callable[[Tally], Counter[str]]
    ) -> Counter[str]:
        """Products by value of the field `key`: as `counted`, or by the index where rows are
        not all there is."""
        if self._is_counted(part):
            return counted(part.tally)
        return Counter(self._reader.index.facet(key, part.found.condition, 1000))

    def _count_range(self, key: str, wanted: Range, rest: Filters, part: Part) -> int:
        if not self._is_counted(part):
            update: dict[str, object] = (
                {"price": wanted} if key == "price" else {"minimum_rating": wanted.minimum}
            )
            return part.count(rest.model_copy(update=update))
        low = -math.inf if wanted.minimum is None else float(wanted.minimum)
        high = math.inf if wanted.maximum is None else float(wanted.maximum)
        numbers = part.tally.prices if key == "price" else part.tally.ratings
        return int(np.count_nonzero((numbers >= low) & (numbers <= high)))

    # ------------------------------------------------------------- the fixed ones

    def categories(self) -> Facet | None:
        """The level of the tree at which the products part, and what lies below a choice."""
        _, part = self._open(FilterKind.CATEGORY)
        counts = self._frequencies("category", part, lambda tally: tally.categories)
        known = {p: n for k, n in counts.items() if (p := self._names.categories.get(k))}
        chosen = set(self._filters.categories)
        shown = [p for p in _level(known, part.found.total) if p not in chosen]
        best = sorted(shown, key=lambda p: (-known[p], p))[:MOST_VALUES]
        below = [p for p in known if p[:-1] in chosen]
        best += [p for p in chosen if p in known] + sorted(below, key=lambda p: -known[p])
        paths = list(dict.fromkeys(best))
        if len(paths) < 2 and not chosen:
            return None
        values = [
            FacetValue(key=" > ".join(p), count=known[p], selected=p in chosen) for p in paths
        ]
        return _facet(FilterKind.CATEGORY, "category", sorted(values, key=lambda v: -v.count))

    def brands(self) -> Facet | None:
        """The most frequent brands."""
        _, part = self._open(FilterKind.BRAND)
        chosen = set(map(fold, self._filters.brands))
        counts = self._frequencies("brand", part, lambda tally: tally.brands)
        known = [k for k, _ in counts.most_common() if k in self._names.brands]
        shown = dict.fromkeys((*known[:MOST_VALUES], *(k for k in known if k in chosen)))
        if len(shown) < 2 and not chosen:
            return None
        values = [
            FacetValue(key=self._names.brands[k], count=counts[k], selected=k in chosen)
            for k in shown
        ]
        return _facet(FilterKind.BRAND, "brand", values)

    def prices(self) -> Facet | None:
        """Price intervals at round numbers near the quantiles."""
        rest, part = self._open(FilterKind.PRICE)
        prices = sorted(part.tally.prices.tolist())
        values = [
            FacetValue(
                key=range_key(wanted),
                count=count,
                selected=wanted == self._filters.price,
                range=wanted,
            )
            for wanted in intervals(prices)
            if (count := self._count_range("price", wanted, rest, part))
        ]
        if len(values) < 2:
            return None
        return _facet(FilterKind.PRICE, "price", values, single=True)

    def ratings(self) -> Facet | None:
        """ "4 stars and more"; each includes the ones above it."""
        rest, part = self._open(FilterKind.RATING)
        values: list[FacetValue] = []
        for least in map(Decimal, RATINGS):
            count = self._count_range("rating", Range(minimum=least), rest, part)
            chosen = self._filters.minimum_rating == least
            told = values[-1].count if values else 0
            if chosen or told < count < part.found.total:
                values.append(FacetValue(key=str(least), count=count, selected=chosen))
        return _facet(FilterKind.RATING, "rating", values, single=True) if values else None

    def stock(self) -> Facet | None:
        """Only what is in stock, where some of it is not."""
        _, part = self._open(FilterKind.STOCK)
        available = self._frequencies("available", part, lambda tally: tally.available)
        if not available["yes"] or not (available["no"] or self._filters.in_stock):
            return None
        value = FacetValue(key="yes", count=available["yes"], selected=self._filters.in_stock)
        return _facet(FilterKind.STOCK, "stock", [value], single=True)

    # ------------------------------------------------------------- attributes

    def attributes(self) -> Iterator[Facet]:
        """The attributes that split the result set best, and those that are filtered by."""
        asked = [a.name for a in self._filters.attributes if not a.exclude]
        ranked = self._rank_attributes()
        for name in list(dict.fromkeys((*asked, *ranked)))[: MOST_ATTRIBUTES + len(asked)]:
            profile = self._names.attributes.get(name)
            if profile is None:
                continue
            rest, part = self._open(FilterKind.ATTRIBUTE, name)
            wanted = next(
                (a for a in self._filters.attributes if a.name == name and not a.exclude), None
            )
            if profile.kind is AttributeKind.NUMBER:
                values, single = self._number_values(profile, wanted, rest, part)
            else:
                values, single = self._text_values(profile, wanted, rest, part), False
            if len(values) > 1 or any(v.selected for v in values):
                yield _facet(FilterKind.ATTRIBUTE, name, values, unit=profile.unit, single=single)

    def _rank_attributes(self) -> list[str]:
        """The attributes by how well they narrow the whole result set."""
        tally = self._base.tally
        values = {name: Counter(counts) for name, counts in tally.texts.items()}
        for stored, measures in tally.measures.items():
            if name := self._names.numbers.get(stored, ""):
                known = values.setdefault(name, Counter())
                known.update(f"{number:g}" for number in measures.values.tolist())
        named = named_shares(self._reader.named(self._base.found.ids[:TITLES]))
        return rank_attributes(len(tally.rows), tally.stated, values, named, self._names)

    def _text_values(
        self, profile: AttributeProfile, wanted: AttributeFilter | None, rest: Filters, part: Part
    ) -> list[FacetValue]:
        counts = part.tally.texts.get(profile.name, Counter())
        chosen = {_flag(fold(v)) for v in wanted.values} if wanted else set()
        known = self._names.values.get(profile.name, {})
        ranked = [v for v, _ in counts.most_common() if not _is_list(v, counts)]
        shown = dict.fromkeys((*ranked[:MOST_VALUES], *(v for v in chosen if v in counts)))
        values = []
        for value in shown:
            key = known.get(value, value)
            count = counts[value]
            if not self._is_counted(part):
                alone = AttributeFilter(name=profile.name, values=(key,))
                count = part.count(_joined(rest, alone))
            values.append(FacetValue(key=key, count=count, selected=value in chosen))
        return sorted(values, key=lambda v: -v.count)

    def _number_values(
        self, profile: AttributeProfile, wanted: AttributeFilter | None, rest: Filters, part: Part
    ) -> tuple[list[FacetValue], bool]:
        factor = to_base(Decimal(1), profile.unit)
        stored = number_field(profile.name).removeprefix("numbers.")
        measures = part.tally.measures.get(stored, NO_MEASURES)
        numbers: Counter[Decimal] = Counter()
        for number, count in measures.count_products().items():
            numbers[tidy(Decimal(str(number)) / factor)] += count
        filters: list[AttributeFilter]
        if len(numbers) <= MOST_NUMBERS:
            filters = [
                AttributeFilter(name=profile.name, values=(_measure(n, profile.unit),))
                for n in sorted(numbers)
            ]
        else:
            flat = sorted(float(n) for n in numbers.elements())
            filters = [
                AttributeFilter(name=profile.name, range=cut, unit=profile.unit)
                for cut in intervals(flat)
            ]
        values = [
            FacetValue(
                key=f.values[0] if f.values else range_key(f.range),
                count=count,
                selected=_is_chosen(f, wanted),
                range=f.range,
            )
            for f in filters
            if (count := self._count_numbers(f, measures, factor, rest, part))
        ]
        return values, len(numbers) > MOST_NUMBERS

    def _count_numbers(
        self,
        alone: AttributeFilter,
        measures: Measures,
        factor: Decimal,
        rest: Filters,
        part: Part,
    ) -> int:
        if not self._is_counted(part):
            return part.count(_joined(rest, alone))
        low, high = _bounds(alone, factor)
        return measures.count_within(low, high)


def _joined(filters: Filters, alone: AttributeFilter) -> Filters:
    return filters.model_copy(update={"attributes": (*filters.attributes, alone)})


def _facet(
    kind: FilterKind,
    name: str,
    values: Sequence[FacetValue],
    unit: str | None = None,
    single: bool = False,
) -> Facet:
    return Facet(kind=kind, name=name, values=tuple(values), unit=unit, single=single)


def _level(known: Mapping[tuple[str, ...], int], total: int) -> list[tuple[str, ...]]:
    """The children of the deepest category that holds nearly all products."""
    root: tuple[str, ...] = ()
    while True:
        children = [path for path in known if path[:-1] == root]
        heavy = [path for path in children if known[path] >= DOMINANT * total]
        if len(heavy) != 1 or not any(path[:-1] == heavy[0] for path in known):
            return children
        root = heavy[0]


def _is_list(value: str, counts: Mapping[str, int]) -> bool:
    """Whether `value` is several values in one, each counted by itself as well."""
    parts = [part.strip() for part in _PARTED.split(value)]
    return len(parts) > 1 and all(part in counts for part in parts if part)


def _flag(value: str) -> str:
    return {"yes": "true", "no": "false"}.get(value, value)


def _measure(number: Decimal, unit: str | None) -> str:
    return f"{number:f} {unit}" if unit else f"{number:f}"


def _bounds(alone: AttributeFilter, factor: Decimal) -> tuple[float, float]:
    """The base-unit interval that the filter holds for, as `build_condition` reads it."""
    if alone.range is not None:
        low, high = alone.range.minimum, alone.range.maximum
        return (
            -math.inf if low is None else float(low * factor),
            math.inf if high is None else float(high * factor),
        )
    number = Decimal(alone.values[0].split(" ")[0]) * factor
    slack = abs(number) * EQUAL_WITHIN
    return float(number - slack), float(number + slack)


def _is_chosen(alone: AttributeFilter, wanted: AttributeFilter | None) -> bool:
    if wanted is None:
        return False
    if alone.range is not None:
        return wanted.range == alone.range
    return bool(set(map(fold, alone.values)) & set(map(fold, wanted.values)))
