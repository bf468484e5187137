"""No dead ends: which condition to give up when few products are left, and what that adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from retrieval.relevance import ResultSets
from retrieval.types import FilterKind, Filters, Hit, Relaxation

# With fewer products than this a shopper is told what to relax.
FEW = 3
# More ways out than this are no help.
MOST_RELAXATIONS = 5
# Nearest products shown for each way out.
NEAREST = 3
# Two conditions at once are tried only among so many: the pairs of seven are 21 counts.
MOST_PAIRED = 7

Loader = Callable[[Sequence[str]], Sequence[Hit]]


def drop_conditions(filters: Filters) -> Iterator[tuple[FilterKind, str, bool, Filters]]:
    """Every condition as (kind, name, whether it excludes, the filters without it)."""

    def without(**changes: object) -> Filters:
        return filters.model_copy(update=changes)

    if filters.price:
        yield FilterKind.PRICE, "", False, without(price=None)
    for number, attribute in enumerate(filters.attributes):
        rest = (*filters.attributes[:number], *filters.attributes[number + 1 :])
        yield FilterKind.ATTRIBUTE, attribute.name, attribute.exclude, without(attributes=rest)
    if filters.brands:
        yield FilterKind.BRAND, "", False, without(brands=())
    if filters.categories:
        yield FilterKind.CATEGORY, "", False, without(categories=())
    if filters.minimum_rating is not None:
        yield FilterKind.RATING, "", False, without(minimum_rating=None)
    if filters.in_stock:
        yield FilterKind.STOCK, "", False, without(in_stock=False)
    yield from _drop_exclusions(filters)


def _drop_exclusions(filters: Filters) -> Iterator[tuple[FilterKind, str, bool, Filters]]:
    for brand in filters.excluded_brands:
        left = tuple(b for b in filters.excluded_brands if b != brand)
        rest = filters.model_copy(update={"excluded_brands": left})
        yield FilterKind.BRAND, brand, True, rest
    for path in filters.excluded_categories:
        paths = tuple(p for p in filters.excluded_categories if p != path)
        rest = filters.model_copy(update={"excluded_categories": paths})
        yield FilterKind.CATEGORY, " > ".join(path), True, rest
    for term in filters.excluded_terms:
        terms = tuple(t for t in filters.excluded_terms if t != term)
        rest = filters.model_copy(update={"excluded_terms": terms})
        yield FilterKind.TERM, term, True, rest


def find_relaxations(filters: Filters, sets: ResultSets, load: Loader) -> tuple[Relaxation, ...]:
    """The conditions of `filters` that are worth giving up, most added products first.

    Two are given up together only where no single one helps; `load` turns ids into hits.
    Counts are exact wherever those of the result set are.
    """
    have = sets.find(filters)
    single = [
        relaxation
        for kind, name, excluded, rest in drop_conditions(filters)
        if (relaxation := _weigh(kind, name, excluded, rest, sets, have.total))
    ]
    found = single or list(_pairs(filters, sets, have.total))
    best = sorted(found, key=lambda r: -r.added)[:MOST_RELAXATIONS]
    known = set(have.ids)
    return tuple(
        r.model_copy(update={"hits": tuple(_nearest(r, filters, sets, known, load))}) for r in best
    )


def _weigh(
    kind: FilterKind, name: str, excluded: bool, rest: Filters, sets: ResultSets, have: int
) -> Relaxation | None:
    added = sets.count(rest) - have
    if added <= 0:
        return None
    return Relaxation(kind=kind, name=name, excluded=excluded, added=added, filters=rest)


def _pairs(filters: Filters, sets: ResultSets, have: int) -> Iterable[Relaxation]:
    """Two conditions given up at once; named by the first, told by `filters`."""
    dropped = list(drop_conditions(filters))[:MOST_PAIRED]
    for one, other in combinations(dropped, 2):
        rest = _drop_named(one[3], other)
        if rest is not None and (relaxation := _weigh(one[0], one[1], one[2], rest, sets, have)):
            yield relaxation.model_copy(update={"also": (other[0], other[1], other[2])})


def _drop_named(filters: Filters, wanted: tuple[FilterKind, str, bool, Filters]) -> Filters | None:
    for kind, name, excluded, rest in drop_conditions(filters):
        if (kind, name, excluded) == wanted[:3]:
            return rest
    return None


def _nearest(
    relaxation: Relaxation, filters: Filters, sets: ResultSets, known: set[str], load: Loader
) -> Sequence[Hit]:
    """The first products that the relaxation lets in; by price where the price was given up."""
    ids = [key for key in sets.find(relaxation.filters).ids if key not in known]
    if relaxation.kind is not FilterKind.PRICE or relaxation.excluded or filters.price is None:
        return load(ids[:NEAREST])
    ceiling, floor = filters.price.maximum, filters.price.minimum

    def distance(hit: Hit) -> float:
        price = hit.product.price
        if price is None:
            return float("inf")
        over = price - ceiling if ceiling is not None and price > ceiling else None
        under = floor - price if floor is not None and price < floor else None
        return float(over if over is not None else under if under is not None else 0)

    return sorted(load(ids), key=distance)[:NEAREST]
