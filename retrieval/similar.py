"""Products like a given one: near in words and looks, of its category, about its price.

The stored vectors of the product are the queries, so nothing is encoded. Candidates come from
its own leaf category, which keeps accessories out (a laptop's neighbours in words are its
bags); where that holds too few, from those beside it of the same kind ("Dining Chairs" beside
"Office Chairs"). A text or
filters on top ("like this, but black") act inside the same queries; its other versions then
count as well, for the black one may be one of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from retrieval.index.analysis import terms
from retrieval.index.document import category_key, read_product
from retrieval.index.filters import build_condition
from retrieval.index.lexical import encode_query
from retrieval.index.types import (
    Between,
    Condition,
    Equals,
    Group,
    HasId,
    Payload,
    Point,
    ProductIndex,
    VectorName,
    VectorQuery,
    point_id,
)
from retrieval.page import Ranked, read_hits
from retrieval.rank.families import fold_families
from retrieval.rank.fusion import best_first
from retrieval.similar_reasons import explain_similar
from retrieval.types import (
    Filters,
    Product,
    SearchRequest,
    SearchResult,
    SimilarResult,
    Sort,
    Vectors,
)

DEPTH = 120
"""Candidates per vector; a page shows two dozen and families halve a list at most."""

WEIGHTS = {
    VectorName.ENGLISH: 0.3,
    VectorName.MULTILINGUAL: 0.1,
    VectorName.LEXICAL: 0.15,
    VectorName.IMAGE: 0.25,
}
PRICE_WEIGHT = 0.2
"""These shares were chosen by eye on the demo store; no judgments of similarity are at hand."""

TEXT_WEIGHT = 1.0
"""What the words on top count beside all of the above: they are what the shopper asked for."""

ALIKE_PRICE = 5.0
"""Beyond this factor a product of the same category is another class of thing or a part of it."""

SEPARATOR = " > "
MOST_CATEGORIES = 200
"""Categories below one other that are looked through for those of the same kind."""

READ = ("price", "family", "pictured", "rating", "released")

SORTS = {
    Sort.AFFORDABLE: ("price", False),
    Sort.PRICE_ASCENDING: ("price", False),
    Sort.PRICE_DESCENDING: ("price", True),
    Sort.RATING: ("rating", True),
    Sort.NEWEST: ("released", True),
}

Planner = Callable[[SearchRequest, Group], tuple[Sequence[VectorQuery], Sequence[float]]]
"""The queries of a request's text under a condition, and what each counts."""


@dataclass(frozen=True)
class _Candidates:
    """What was found under one condition: fused scores, cosines of pictures, payload fields."""

    scores: Mapping[str, float]
    looks: Mapping[str, float]
    payloads: Mapping[str, Payload]


def find_similar(
    index: ProductIndex,
    product_id: str,
    request: SearchRequest,
    units: Mapping[str, str],
    plan: Planner,
) -> SimilarResult | None:
    """Products like `product_id` that pass `request.filters`; None when it is not there.

    The hits' score lies between 0 and 1; `total` counts the cards that were found.
    """
    points = index.fetch_points([point_id(product_id)])
    if not points:
        return None
    point, product = points[0], read_product(points[0].payload)
    asked = request.filters != Filters() or bool(request.text.strip())
    base = _base_condition(point, request, units, asked)
    found = _collect(index, point, product, request, plan, _in_leaf(base, product, request))
    cards = _fold(found, request)
    if len(cards) < request.offset + request.limit and (
        wider := _widen(index, base, product, request)
    ):
        found = _append(found, _collect(index, point, product, request, plan, wider))
        cards = _fold(found, request)
    end = request.offset + request.limit
    keys = cards[request.offset : end]
    signals = [(VectorName.IMAGE.value, found.looks)]
    hits = read_hits(
        index,
        keys,
        index.fetch(keys),
        Ranked(keys, found.scores, signals),
        cards=request.cards,
    )
    alike = {key: found.scores[key] for key in cards}
    asked_for = {i: point_id(i) for i in request.candidates}
    result = SearchResult(
        request=request,
        hits=hits,
        candidates={i: alike[key] for i, key in asked_for.items() if key in alike},
        total=len(cards),
        more=len(cards) > end,
    )
    return SimilarResult(
        product=product,
        result=result,
        reasons=explain_similar(product, str(point.payload.get("family", "")), hits),
    )


def _base_condition(
    point: Point, request: SearchRequest, units: Mapping[str, str], asked: bool
) -> Group:
    """The filters, without the product itself and, unless something was asked, its versions."""
    without: list[Condition] = [HasId((point.id,))]
    if not asked and point.payload.get("family"):
        without.append(Equals("family", (str(point.payload["family"]),)))
    return Group(must=(build_condition(request.filters, units),), must_not=tuple(without))


def _in_leaf(base: Group, product: Product, request: SearchRequest) -> Group:
    """Within the product's category, unless the request names another, and its price class."""
    must: list[Condition] = [base]
    if request.filters.categories:
        return base
    if product.category:
        must.append(Equals("category", (category_key(product.category),)))
    if product.price and request.filters.price is None:
        must.append(_priced(product, ALIKE_PRICE))
    return Group(must=tuple(must))


def _widen(
    index: ProductIndex, base: Group, product: Product, request: SearchRequest
) -> Group | None:
    """Within the categories beside the product's that are of its kind; None without any."""
    if len(product.category) < 2 or request.filters.categories:
        return None
    leaf = category_key(product.category)
    above = Group(must=(Equals("category", (category_key(product.category[:-1]),)),))
    beside = index.facet("category", above, MOST_CATEGORIES)
    alike = tuple(
        key
        for key in sorted(beside)
        if key.startswith(leaf.rpartition(SEPARATOR)[0] + SEPARATOR)
        and key != leaf
        and head_word(key) == head_word(leaf)
    )
    if not alike:
        return None
    must: list[Condition] = [base, Equals("category", alike)]
    if product.price and request.filters.price is None:
        must.append(_priced(product, ALIKE_PRICE))
    return Group(must=tuple(must))


def head_word(category: str) -> str:
    """What a category is named after: the last word of its name, in its basic form."""
    found = terms(category.rpartition(SEPARATOR)[2])
    return found[-1].text if found else category


def _priced(product: Product, factor: float) -> Group:
    """Within a factor of the product's price; a product without a price may be anything."""
    price = float(product.price or 0)
    near = Between("price", gte=price / factor, lte=price * factor)
    return Group(should=(near, Group(must_not=(Between("price", gte=0),))))


def _collect(
    index: ProductIndex,
    point: Point,
    product: Product,
    request: SearchRequest,
    plan: Planner,
    condition: Group,
) -> _Candidates:
    """The nearest by each vector, their shares fused with the closeness of their price."""
    queries = _own_queries(index, point, product, condition)
    weights = [WEIGHTS[query.using] for query in queries]
    if request.text.strip():
        asked, shares = plan(request, condition)
        queries += asked
        weights += [TEXT_WEIGHT * share for share in shares]
    rankings = [{s.id: s.score for s in answer} for answer in index.search(queries)]
    keys = list(dict.fromkeys(key for ranking in rankings for key in ranking))
    payloads = index.fetch(keys, READ) if keys else {}
    total: dict[str, float] = dict.fromkeys(payloads, 0.0)
    most: dict[str, float] = dict.fromkeys(payloads, 0.0)
    for query, weight, ranking in zip(queries, weights, rankings, strict=True):
        shares_of = spread(ranking)
        for key, payload in payloads.items():
            if query.using is VectorName.IMAGE and "pictured" not in payload:
                continue  # nothing is known of its looks: the rest decides
            total[key] += weight * shares_of.get(key, 0.0)
            most[key] += weight
    for key, payload in payloads.items():
        if product.price and "price" in payload:
            total[key] += PRICE_WEIGHT * price_closeness(float(product.price), payload["price"])
            most[key] += PRICE_WEIGHT
    scores = best_first({key: total[key] / most[key] for key in payloads if most[key]})
    looks = next(
        (r for q, r in zip(queries, rankings, strict=True) if q.using is VectorName.IMAGE), {}
    )
    return _Candidates(scores, looks, payloads)


def _own_queries(
    index: ProductIndex, point: Point, product: Product, condition: Group
) -> list[VectorQuery]:
    """One query by each vector the product has."""
    vectors: dict[VectorName, Vectors] = {
        name: vector for name, vector in point.dense.items() if index.has_vector(name)
    }
    queries = [VectorQuery(name, vector, DEPTH, condition) for name, vector in vectors.items()]
    words = encode_query(" ".join((product.title, *product.category[-1:])))
    if words.indices:
        queries.append(VectorQuery(VectorName.LEXICAL, words, DEPTH, condition))
    return queries


def spread(ranking: Mapping[str, float]) -> dict[str, float]:
    """Scores from 0 (the worst of the list) to 1 (the best); all 1 where they are equal."""
    low = min(ranking.values(), default=0.0)
    width = max(ranking.values(), default=0.0) - low
    return {key: (score - low) / width if width > 0 else 1.0 for key, score in ranking.items()}


def price_closeness(one: float, other: float) -> float:
    """1 for equal prices, falling with their ratio to 0 at `ALIKE_PRICE` and beyond."""
    if one <= 0 or other <= 0:
        return float(one == other)
    return max(0.0, 1.0 - abs(math.log(one / other)) / math.log(ALIKE_PRICE))


def _append(first: _Candidates, more: _Candidates) -> _Candidates:
    """Both, the second ones below the first."""
    least = min(first.scores.values(), default=1.0)
    below = {key: least * score for key, score in more.scores.items()}
    return _Candidates(
        {**first.scores, **below},
        {**more.looks, **first.looks},
        {**more.payloads, **first.payloads},
    )


def _fold(found: _Candidates, request: SearchRequest) -> list[str]:
    """The candidates in the order asked for, one card a family."""
    keys = list(found.scores)
    if request.sort in SORTS:
        name, descending = SORTS[request.sort]
        known = [k for k in keys if found.payloads[k].get(name) is not None]
        known.sort(key=lambda k: found.payloads[k][name], reverse=descending)
        keys = [*known, *(k for k in keys if k not in set(known))]
    families = {k: str(p["family"]) for k, p in found.payloads.items() if "family" in p}
    return fold_families(keys, families)
