"""From a typed request to ranked products: filters, hybrid query, fusion, order.

`HybridSearcher` takes finished parts; what it does is plain functions below it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from retrieval.errors import InvalidRequestError
from retrieval.facet_choice import facet_names
from retrieval.facet_rows import FacetReader
from retrieval.index.analysis import warm_up as warm_up_analysis
from retrieval.index.document import read_product
from retrieval.index.filters import build_condition
from retrieval.index.types import (
    Equals,
    Group,
    HasId,
    Missing,
    ProductIndex,
    VectorName,
    VectorQuery,
    point_id,
)
from retrieval.page import (
    SPARE,
    Ranked,
    Retrieved,
    cut_page,
    has_text,
    is_for_page,
    order_set,
    page_extras,
)
from retrieval.pictures import PhotoReader
from retrieval.plan import QueryPlanner, QueryTranslator
from retrieval.rank.diversity import WINDOW
from retrieval.rank.features import compute_features
from retrieval.rank.fusion import best_first, fuse_scores, lower_floor
from retrieval.rank.kinds import ENOUGH, OTHER_SHARE, KindReader, Kinds, demote
from retrieval.rank.ranker import LinearRanker
from retrieval.rank.rules import MOST_PINNED, pin, query_models
from retrieval.relevance import MOST, ResultSet, ResultSets
from retrieval.similar import SORTS, find_similar
from retrieval.types import (
    AttributeKind,
    Encoder,
    Hit,
    Language,
    Product,
    SearchRequest,
    SearchResult,
    SimilarResult,
    Sort,
    Vectors,
    Vocabulary,
)

# Candidates per retriever: recall@100 no longer grows beyond, see docs/evaluation.md.
DEPTH = 200
# Share of the worst cosine that says nothing, see `lower_floor`.
FLOORS = {VectorName.MULTILINGUAL: 0.95}
# The first so many candidates, and how many of the wanted kind are enough among them.
LOOKED_AT, FEW_OF_KIND = 20, 5
# With another order than relevance, what scores below this share of the best is no answer.
RELEVANT_SHARE = 0.6
PICTURED = Group(must=(Equals("pictured", ("yes",)),))
# The name under which a treatment does without a ranker.
RANKER_OFF = "off"


@dataclass(frozen=True)
class Asked:
    """Queries, what each counts and found, and the result sets that it took to know."""

    queries: Sequence[VectorQuery]
    weights: Sequence[float]
    answers: list[dict[str, float]]
    unfiltered: list[dict[str, float]] = field(default_factory=list)
    sets: ResultSets | None = None


@dataclass(frozen=True)
class Ranking:
    """Scores by point id, best first; what was asked for them; what a kind brought in."""

    scores: dict[str, float] = field(default_factory=dict)
    asked: Asked = field(default_factory=lambda: Asked((), (), []))
    added: list[str] = field(default_factory=list)

    @property
    def retrieved(self) -> list[Retrieved]:
        """What each retriever answered, by its name."""
        pairs = zip(self.asked.queries, self.asked.answers, strict=True)
        return [(query.using.value, answer) for query, answer in pairs]


class HybridSearcher:
    """Dense and lexical search fused, on any `ProductIndex`; safe to call from many threads."""

    def __init__(
        self,
        index: ProductIndex,
        english: Encoder,
        multilingual: Encoder,
        vocabulary: Vocabulary | None = None,
        languages: Collection[Language] = (Language.ENGLISH,),
        ranker: LinearRanker | None = None,
        translator: QueryTranslator | None = None,
        kinds: KindReader | None = None,
        photos: PhotoReader | None = None,
        rankers: Mapping[str, LinearRanker] | None = None,
    ) -> None:
        """`languages` are those of the catalogue's texts (`StoreInfo.languages`).

        Without a `ranker` the fused scores order the candidates. The `translator` turns
        Chinese queries into English where the catalogue has no Chinese. With `kinds`
        accessories do not stand for the thing that a query asks for. `photos` encodes them as
        the products' pictures were. `rankers` are those that a request's treatment may name.
        """
        self._index = index
        encoders = {VectorName.ENGLISH: english, VectorName.MULTILINGUAL: multilingual}
        self._planner = QueryPlanner(encoders, languages, translator)
        self._photos = photos if index.has_vector(VectorName.IMAGE) else None
        self._ranker = ranker
        self._rankers = dict(rankers or {})
        self._kinds = kinds
        self._units = attribute_units(vocabulary)
        self._facet_rows = FacetReader(index, facet_names(vocabulary))

    def warm_up(self) -> None:
        """Load what the first query would load: dictionaries and the encoders' kernels."""
        warm_up_analysis()
        self._planner.warm_up()
        if self._kinds is not None:
            self._kinds.warm_up()

    def search(self, request: SearchRequest) -> SearchResult:
        """Ranked products that pass the filters.

        Raises IndexUnavailableError when the store does not answer.
        """
        if is_for_page(request):
            page = self._search_page(self._drop_lost_rewrites(request))
            return page.model_copy(update={"request": request})
        watch = Stopwatch()
        condition = build_condition(request.filters, self._units)
        if has_text(request):
            found = self._rank(request, condition, watch)
            keys = list(self._sorted(found.scores, request.sort))[request.offset :]
            ranked = Ranked(keys[: request.limit], found.scores, found.retrieved)
        else:
            ranked = Ranked(self._browse(request, condition))
        watch.lap("rank")
        payloads = self._index.fetch(ranked.keys)
        total = self._index.count(condition)
        watch.lap("fetch")
        hits = tuple(
            Hit(
                product=read_product(payloads[key]),
                score=ranked.scores.get(key, 0.0),
                signals=ranked.signals(key),
            )
            for key in ranked.keys
            if key in payloads
        )
        watch.lap("read")
        return SearchResult(request=request, hits=hits, total=total, timings_ms=watch.laps())

    def _search_page(self, request: SearchRequest) -> SearchResult:
        """The same list cut to what the text is about, with what a page shows beside it."""
        watch = Stopwatch()
        condition = build_condition(request.filters, self._units)
        ranking = Ranking()
        if has_text(request):
            ranking = self._rank(request, condition, watch, deep=True)
        watch.lap("rank")
        sets = self._result_sets(request, ranking, condition)
        found = sets.find(request.filters)
        watch.lap("relevance")
        order = self._page_order(request, found, ranking.scores)
        ranked = Ranked(order, ranking.scores, ranking.retrieved)
        hits, more = cut_page(self._index, request, ranked)
        watch.lap("page")
        facets, relaxations = page_extras(self._index, request, sets, found, self._facet_rows)
        watch.lap("facets")
        return SearchResult(
            request=request,
            hits=hits,
            total=found.total,
            exhaustive=found.complete or not sets.has_text,
            candidates=place_candidates(request, order, ranking.scores),
            more=more,
            facets=facets,
            relaxations=relaxations,
            timings_ms=watch.laps(),
        )

    def _result_sets(
        self, request: SearchRequest, ranking: Ranking, condition: Group
    ) -> ResultSets:
        """The result sets of the request's text, with what is pinned or was brought in."""
        asked, added = ranking.asked, ranking.added
        if asked.sets is None:
            return ResultSets(self._index, self._units)
        if added and condition != Group() and (kinds := self._read_kinds(request)):
            added = union_keys(self._retrieve_kind(asked.queries, kinds, Group()))
        asked.sets.pin([*self._pinned(request.text, Group()), *added])
        return asked.sets

    def _page_order(
        self, request: SearchRequest, found: ResultSet, scores: Mapping[str, float]
    ) -> Sequence[str]:
        """The result set in the order asked for."""
        if not has_text(request):
            # Folding needs to see the pages before this one, to show no family twice.
            reach = SPARE * (request.offset + request.limit) + WINDOW
            first = request.model_copy(update={"offset": 0, "limit": reach})
            return self._browse(first, found.condition)
        if request.sort is Sort.RELEVANCE:
            return order_set(found, list(scores))
        core = self._find_core(request, found.ids, scores)
        if request.sort is Sort.AFFORDABLE:
            return self._weigh_price(order_set(found, list(scores)), core)
        rest = [key for key in found.ids if key not in core]
        return [
            *self._sorted(dict.fromkeys(core, 1.0), request.sort),
            *self._sorted(dict.fromkeys(rest, 1.0), request.sort),
        ]

    def _weigh_price(self, order: Sequence[str], core: set[str]) -> list[str]:
        """The core by the sum of its ranks by relevance and by price, then the rest.

        The best and dearest then stands where the least relevant and cheapest does. Products
        without a price come last of the core.
        """
        own = [key for key in order if key in core]
        cheapest = self._sorted(dict.fromkeys(own, 1.0), Sort.PRICE_ASCENDING)
        by_price = {key: place for place, key in enumerate(cheapest)}
        weighed = sorted(range(len(own)), key=lambda place: place + by_price[own[place]])
        return [*(own[place] for place in weighed), *(key for key in order if key not in core)]

    def _find_core(
        self, request: SearchRequest, ids: Sequence[str], scores: Mapping[str, float]
    ) -> set[str]:
        """Of a result set what surely is the thing asked for: near the best, and of its kind.

        The cheapest of all that a text is about would be a screw for it.
        """
        least = RELEVANT_SHARE * max((scores.get(key, 0.0) for key in ids), default=0.0)
        near = [key for key in ids if scores.get(key, 0.0) >= least]
        kinds = self._read_kinds(request)
        if kinds is None or not near:
            return set(near)
        own = Group(must=(HasId(tuple(near)),), should=(kinds.condition, Missing("category")))
        return set(self._index.browse(own, limit=len(near))) or set(near)

    def get(self, ids: Iterable[str]) -> tuple[Product, ...]:
        """The products with these ids, in the order asked; unknown ids are left out."""
        keys = [point_id(i) for i in ids]
        payloads = self._index.fetch(list(dict.fromkeys(keys)))
        return tuple(read_product(payloads[key]) for key in keys if key in payloads)

    def similar(self, product_id: str, request: SearchRequest) -> SimilarResult | None:
        """Products like this one that pass the filters; None for an unknown id."""
        return find_similar(
            self._index,
            product_id,
            request,
            self._units,
            lambda asked, within: self._planner.plan(asked, within, DEPTH),
        )

    @property
    def photo_limit(self) -> int:
        """The most bytes of a photo; 0 where no product has a picture."""
        return self._photos.limit if self._photos and self._index.count(PICTURED) else 0

    def encode_image(self, data: bytes) -> tuple[float, ...]:
        """The vector of a photo; nothing of it is kept.

        Raises PictureError, and InvalidRequestError when no product has a picture.
        """
        if self._photos is None or not self.photo_limit:
            raise InvalidRequestError(
                "This store has no pictures to compare a photo with.",
                remedy="Import its catalogue again, with pictures in its media folder or "
                "AISLE_IMAGE_DOWNLOAD=true.",
            )
        return self._photos.encode(data)

    def _rank(
        self, request: SearchRequest, condition: Group, watch: Stopwatch, *, deep: bool = False
    ) -> Ranking:
        """Fused and reranked scores, best first, and what each retriever answered; `deep` asks
        for what a result set looks at as well, which does not change the order."""
        asked = self._ask(request, condition, deep=deep)
        watch.lap("retrieve")
        kinds = self._read_kinds(request)
        if kinds and self._misses(asked, kinds):
            asked = self._ask(request, condition, kinds.wording, deep=deep, before=asked)
        fused, added = self._candidates(asked, kinds, condition)
        ranked = self._rerank(fused, asked, self._ranker_of(request))
        if kinds and kinds.heads and ranked:
            others = self._index.browse(kinds.find_others(list(ranked)), limit=len(ranked))
            ranked = demote(ranked, others, OTHER_SHARE)
        if kinds and kinds.tells_apart and ranked:
            aside = self._index.browse(kinds.find_accessories(list(ranked)), limit=len(ranked))
            ranked = demote(ranked, aside)
        spread = spread_scores(asked.queries, asked.answers)
        ranked = append_deeper(ranked, spread, asked.weights, DEPTH)
        return Ranking(pin(ranked, self._pinned(request.text, condition)), asked, added)

    def _ask(
        self,
        request: SearchRequest,
        condition: Group,
        wording: str = "",
        *,
        deep: bool = False,
        before: Asked | None = None,
    ) -> Asked:
        """Every retriever's answer, as far as the result sets look when `deep`; what was asked
        `before` without the `wording` is not asked again."""
        queries, weights = self._planner.plan(request, condition, DEPTH, wording)
        if not deep:
            known = before.answers if before else []
            return Asked(queries, weights, [*known, *self._retrieve(queries[len(known) :])])
        depth = max(MOST, queries[0].limit) if queries else MOST
        free = [replace(query, limit=depth, condition=Group()) for query in queries]
        known = before.unfiltered if before else []
        found = [*known, *self._retrieve(free[len(known) :])]
        floors = [FLOORS.get(query.using, 0.0) for query in queries]
        sets = ResultSets(self._index, self._units, free, weights, floors, _heads(found, MOST))
        answers = found if condition == Group() else sets.answers(condition)
        return Asked(queries, weights, answers, found, sets)

    def _read_kinds(self, request: SearchRequest) -> Kinds | None:
        """What kind of thing the request asks for, in the catalogue's language."""
        if self._kinds is None or not request.text.strip():
            return None
        return self._kinds.read(self._planner.translate(request) or request.text)

    def _drop_lost_rewrites(self, request: SearchRequest) -> SearchRequest:
        """`request` without the rewrites that lost the thing that its own words ask for:
        a notebook with 8 GB is no "8 GB memory"."""
        if not any(rewrite.strip() for rewrite in request.rewrites):
            return request
        kinds = self._read_kinds(request.model_copy(update={"rewrites": ()}))
        if kinds is None or self._kinds is None:
            return request
        read = {rewrite: self._kinds.read(rewrite) for rewrite in request.rewrites}
        kept = [r for r, own in read.items() if own and set(kinds.wanted) <= set(own.wanted)]
        return request.model_copy(update={"rewrites": tuple(kept)})

    def _candidates(
        self, asked: Asked, kinds: Kinds | None, condition: Group
    ) -> tuple[dict[str, float], list[str]]:
        """The products worth ranking, fused, and those of them that only their kind brought in
        (their scores are added to the answers, behind the others)."""
        heads = _heads(asked.answers, DEPTH)
        fused = fuse_scores(spread_scores(asked.queries, heads), asked.weights)
        if kinds is None or not fused:
            return fused, []
        own = Group(must=(HasId(tuple(fused)), *kinds.condition.must))
        if len(self._index.browse(own, limit=ENOUGH)) >= ENOUGH:
            return fused, []
        brought = self._retrieve_kind(asked.queries, kinds, condition)
        for head, answer, more in zip(heads, asked.answers, brought, strict=True):
            head.update({key: score for key, score in more.items() if key not in head})
            answer.update({key: score for key, score in more.items() if key not in answer})
        added = [key for key in union_keys(brought) if key not in fused]
        return fuse_scores(spread_scores(asked.queries, heads), asked.weights), added

    def _misses(self, asked: Asked, kinds: Kinds) -> bool:
        """Whether next to nothing of what the query's own words find best is of the wanted kind,
        so that the catalogue's name for it is worth searching for."""
        if not kinds.wording:
            return False
        heads = _heads(asked.answers, DEPTH)
        fused = fuse_scores(spread_scores(asked.queries, heads), asked.weights)
        best = list(islice(fused, LOOKED_AT))
        own = Group(must=(HasId(tuple(best)), *kinds.condition.must))
        return bool(best) and len(self._index.browse(own, limit=FEW_OF_KIND)) < FEW_OF_KIND

    def _retrieve_kind(
        self, queries: Sequence[VectorQuery], kinds: Kinds, condition: Group
    ) -> list[dict[str, float]]:
        """What each query finds among the products of the wanted kind."""
        within = Group(must=(condition, *kinds.condition.must))
        return self._retrieve([replace(q, limit=DEPTH, condition=within) for q in queries])

    def _retrieve(self, queries: Sequence[VectorQuery]) -> list[dict[str, float]]:
        return [{s.id: s.score for s in answer} for answer in self._index.search(queries)]

    def features(self, request: SearchRequest) -> tuple[list[str], Vectors]:
        """Candidates of `request` in their fused order (point ids) and the features that the
        ranker weighs, shape (candidates, features): what `aisle train ranker` learns from."""
        condition = build_condition(request.filters, self._units)
        asked = self._ask(request, condition)
        kinds = self._read_kinds(request)
        if kinds and self._misses(asked, kinds):
            asked = self._ask(request, condition, kinds.wording, before=asked)
        fused, _ = self._candidates(asked, kinds, condition)
        if not fused:
            return [], np.zeros((0, 0), np.float32)
        return list(fused), self._features(fused, asked)

    def _features(self, fused: Mapping[str, float], asked: Asked) -> Vectors:
        return compute_features(
            self._index, asked.queries, asked.answers, asked.weights, fused, FLOORS
        )

    def _rerank(
        self, fused: dict[str, float], asked: Asked, ranker: LinearRanker | None
    ) -> dict[str, float]:
        """The candidates as the ranker orders them."""
        pictured = any(query.using is VectorName.IMAGE for query in asked.queries)
        if ranker is None or not fused or pictured:
            return fused  # the ranker learned from words only
        features = self._features(fused, asked)
        scores = ranker.score(features)
        return best_first(dict(zip(fused, map(float, scores), strict=True)))

    def _ranker_of(self, request: SearchRequest) -> LinearRanker | None:
        """The ranker that serves, or the one that the request's treatment names."""
        name = request.treatment.ranker
        if name is None:
            return self._ranker
        if name == RANKER_OFF:
            return None
        try:
            return self._rankers[name]
        except KeyError:
            raise InvalidRequestError(f"This store has no ranker {name!r}.") from None

    def _pinned(self, text: str, condition: Group) -> list[str]:
        models = query_models(text)
        if not models:
            return []
        exact = Group(must=(condition, Equals("models", tuple(models))))
        found = self._index.browse(exact, limit=MOST_PINNED + 1)
        return found if len(found) <= MOST_PINNED else []

    def _sorted(self, ranked: Mapping[str, float], sort: Sort) -> Sequence[str]:
        """All ids by relevance, or the relevant ones in another order."""
        if sort is Sort.RELEVANCE or not ranked:
            return list(ranked)
        floor = RELEVANT_SHARE * max(ranked.values())
        relevant = [key for key, score in ranked.items() if score >= floor]
        field, descending = SORTS[sort]
        payloads = self._index.fetch(relevant, [field])
        known = [k for k in relevant if payloads.get(k, {}).get(field) is not None]
        known.sort(key=lambda k: payloads[k][field], reverse=descending)
        return [*known, *(k for k in relevant if k not in set(known))]

    def _browse(self, request: SearchRequest, condition: Group) -> list[str]:
        """What passes the filters without a text: products without the number come last."""
        key, descending = SORTS.get(request.sort, ("", False))
        limit, offset = request.limit, request.offset
        found = self._index.browse(
            condition, limit=limit, offset=offset, key=key, descending=descending
        )
        if key and len(found) < limit:
            known = self._index.count(Group(must=(condition, Group(must_not=(Missing(key),)))))
            unknown = Group(must=(condition, Missing(key)))
            found += self._index.browse(
                unknown, limit=limit - len(found), offset=max(0, offset - known)
            )
        return found


class Stopwatch:
    """Stage times of one search in milliseconds."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """The time since the last lap belongs to `stage`."""
        now = time.perf_counter()
        self._laps[stage] = (now - self._last) * 1000
        self._last = now

    def laps(self) -> dict[str, float]:
        """All stages, and their sum as "total"."""
        return {**self._laps, "total": (self._last - self._start) * 1000}


def place_candidates(
    request: SearchRequest, order: Sequence[str], scores: Mapping[str, float]
) -> dict[str, float]:
    """The request's candidates that are in the result set, by their place in its relevance.

    A list of everything there is has nothing to be relevant to.
    """
    if not request.candidates or not (has_text(request) or request.filters.categories):
        return {}
    inside = set(order)
    ranked = [key for key in scores if key in inside] or list(order)
    places = {key: 1 - rank / len(ranked) for rank, key in enumerate(ranked)}
    keys = {i: point_id(i) for i in request.candidates}
    return {i: places[key] for i, key in keys.items() if key in places}


def spread_scores(
    queries: Sequence[VectorQuery], rankings: Sequence[Mapping[str, float]]
) -> list[dict[str, float]]:
    """Each ranking with its encoder's floor taken off."""
    return [
        lower_floor(ranking, FLOORS.get(query.using, 0.0), DEPTH)
        for query, ranking in zip(queries, rankings, strict=True)
    ]


def _heads(answers: Sequence[Mapping[str, float]], depth: int) -> list[dict[str, float]]:
    """The first `depth` of each answer."""
    return [dict(islice(answer.items(), depth)) for answer in answers]


def union_keys(answers: Iterable[Mapping[str, float]]) -> list[str]:
    """Every id of the answers once, in their order."""
    return list(dict.fromkeys(key for answer in answers for key in answer))


def append_deeper(
    ranked: dict[str, float],
    rankings: Sequence[Mapping[str, float]],
    weights: Sequence[float],
    depth: int,
) -> dict[str, float]:
    """`ranked` with what lies below `depth` after it, in its own fused order.

    How far a page reaches must not change the order above it.
    """
    if all(len(ranking) <= depth for ranking in rankings):
        return ranked
    floor = min(ranked.values(), default=0.0)
    deeper = fuse_scores(rankings, weights)
    top = max((score for key, score in deeper.items() if key not in ranked), default=0.0)
    scale = floor / top if top > 0 else 0.0
    return ranked | {k: s * scale for k, s in deeper.items() if k not in ranked}


def attribute_units(vocabulary: Vocabulary | None) -> dict[str, str]:
    """The unit in which the catalogue states each number attribute ("" where it has none)."""
    if vocabulary is None:
        return {}
    return {
        name: profile.unit or ""
        for name, profile in vocabulary.attributes.items()
        if profile.kind is AttributeKind.NUMBER
    }
