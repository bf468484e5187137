"""A result page from a ranked list: variants folded, look-alikes spread, facets, ways out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from retrieval.facet_rows import FacetReader
from retrieval.facets import count_facets
from retrieval.index.document import read_product
from retrieval.index.types import Equals, Group, Payload, ProductIndex
from retrieval.rank.diversity import WINDOW, count_eligible, diversify, measure_likeness, scale
from retrieval.rank.families import MOST_VARIANTS, fold_families, list_variants
from retrieval.relax import FEW, find_relaxations
from retrieval.relevance import ResultSet, ResultSets
from retrieval.types import (
    Facet,
    Filters,
    Hit,
    Product,
    Relaxation,
    SearchRequest,
    Sort,
)

# Folding halves a list at most on real catalogues; the window grows where that falls short.
SPARE = 2

# What folding and spreading read of the many candidates; whole products only of the shown.
FOLDED_BY = ("family", "terms")


# The name of a retriever and the raw scores of its answer.
Retrieved = tuple[str, Mapping[str, float]]


@dataclass(frozen=True)
class Ranked:
    """Product keys in the order of the list, with what ranked them."""

    keys: Sequence[str]
    scores: Mapping[str, float] = field(default_factory=dict)
    retrieved: Sequence[Retrieved] = ()

    def signals(self, key: str) -> dict[str, float]:
        """The best raw score of `key` from every kind of retriever that found it."""
        found: dict[str, float] = {}
        for retriever, scores in self.retrieved:
            if key in scores:
                found[retriever] = max(scores[key], found.get(retriever, scores[key]))
        return found


def is_for_page(request: SearchRequest) -> bool:
    """Whether the request asks for more than a plain ranking."""
    return request.relevant or request.diverse or request.facets or request.relax


def has_text(request: SearchRequest) -> bool:
    """Whether there is anything to rank by: words, or a picture."""
    worded = request.text.strip() or any(r.strip() for r in request.rewrites)
    return bool(worded or request.image)


def order_set(found: ResultSet, ranked: Sequence[str]) -> list[str]:
    """The result set in the order of `ranked`; what that did not reach comes after."""
    members = set(found.ids)
    return list(dict.fromkeys((*(k for k in ranked if k in members), *found.ids)))


def cut_page(
    index: ProductIndex, request: SearchRequest, ranked: Ranked
) -> tuple[tuple[Hit, ...], bool]:
    """The hits of the page and whether more follow."""
    if request.diverse:
        keys, more = _diverse_page(index, request, ranked)
    else:
        end = request.offset + request.limit
        keys, more = list(ranked.keys[request.offset : end]), len(ranked.keys) > end
    payloads = index.fetch(keys)
    cards = request.cards if request.diverse else 0
    return read_hits(index, keys, payloads, ranked, cards=cards), more


def _diverse_page(
    index: ProductIndex, request: SearchRequest, ranked: Ranked
) -> tuple[list[str], bool]:
    """One card a family, the first of them spread; always the same whatever page is asked."""
    end = request.offset + request.limit
    folding = Folding(index, ranked.keys)
    depth = SPARE * end
    while len(cards := folding.fold(depth)) <= end and depth < len(ranked.keys):
        depth *= SPARE
    if has_text(request) and request.sort is Sort.RELEVANCE:
        cards = spread(folding, cards, ranked, end)
    return cards[request.offset : end], len(cards) > end


class Folding:
    """Cards of a ranked list, read only as far down as they are asked for."""

    def __init__(self, index: ProductIndex, keys: Sequence[str]) -> None:
        self._index = index
        self._keys = keys
        self._payloads: dict[str, Payload] = {}

    def fold(self, depth: int) -> list[str]:
        """One card a family among the first `depth` keys."""
        first = self._keys[:depth]
        unread = [key for key in first if key not in self._payloads]
        self._payloads |= self._index.fetch(unread, FOLDED_BY) if unread else {}
        there = [key for key in first if key in self._payloads]
        read = self._payloads
        return fold_families(there, {k: read[k]["family"] for k in there if "family" in read[k]})

    def terms(self, key: str) -> Sequence[str]:
        """The words of a card."""
        return self._payloads[key].get("terms") or ()


def spread(folding: Folding, cards: list[str], ranked: Ranked, end: int) -> list[str]:
    """The first `end` cards by maximal marginal relevance among the first candidates."""
    window = ranked.keys[:WINDOW]
    least = min(ranked.scores.values(), default=0.0)
    relevance = scale([ranked.scores.get(key, least) for key in window])
    scores = dict(zip(window, relevance.tolist(), strict=True))
    head = [key for key in cards if key in scores]
    if len(head) >= end:
        # Reading a product's words is what costs: only of those that may come this far up.
        threshold = sorted((scores[key] for key in head), reverse=True)[end - 1]
        depth = count_eligible(relevance, threshold)
        head = [key for key in folding.fold(depth) if key in scores]
    else:
        head = folding.fold(WINDOW)
    order = diversify(
        [scores[k] for k in head], measure_likeness(list(map(folding.terms, head))), end
    )
    chosen = [head[i] for i in order]
    return [*chosen, *(key for key in cards if key not in set(chosen))]


def read_hits(
    index: ProductIndex,
    keys: Sequence[str],
    payloads: Mapping[str, Payload],
    ranked: Ranked = Ranked(()),
    *,
    cards: int = 0,
) -> tuple[Hit, ...]:
    """The hits of `keys`; the first `cards` with their variants, wherever those are."""
    there = [key for key in keys if key in payloads]
    products = {key: read_product(payloads[key]) for key in there}
    families = {key: str(payloads[key].get("family", "")) for key in there}
    shown = set(there[:cards])
    members = read_families(index, {families[key] for key in shown}, payloads)
    return tuple(
        Hit(
            product=products[key],
            score=ranked.scores.get(key, 0.0),
            signals=ranked.signals(key),
            family=families[key],
            variants=list_variants(products[key], members.get(families[key], ()))
            if key in shown
            else (),
        )
        for key in there
    )


def read_families(
    index: ProductIndex, families: set[str], payloads: Mapping[str, Payload]
) -> dict[str, list[Product]]:
    """The products of each family that has several, in a stable order."""
    wanted = tuple(sorted(families - {""}))
    if not wanted:
        return {}
    condition = Group(must=(Equals("family", wanted),))
    keys = index.browse(condition, limit=MOST_VARIANTS * len(wanted))
    if len(keys) <= len(wanted):
        return {}
    missing = [key for key in keys if key not in payloads]
    known = {**payloads, **(index.fetch(missing) if missing else {})}
    found: dict[str, list[str]] = {}
    for key in keys:
        if key in known:
            found.setdefault(str(known[key]["family"]), []).append(key)
    return {
        family: sorted((read_product(known[k]) for k in ks), key=lambda p: p.id)
        for family, ks in found.items()
        if len(ks) > 1
    }


def page_extras(
    index: ProductIndex,
    request: SearchRequest,
    sets: ResultSets,
    found: ResultSet,
    reader: FacetReader,
) -> tuple[tuple[Facet, ...], tuple[Relaxation, ...]]:
    """The facets and the ways out that the request asks for."""
    facets = count_facets(reader, sets, request.filters) if request.facets else ()
    stuck = request.relax and found.total < FEW and request.filters != Filters()
    if not stuck:
        return facets, ()
    return facets, find_relaxations(
        request.filters, sets, lambda keys: read_hits(index, keys, index.fetch(list(keys)))
    )
