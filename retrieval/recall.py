"""Answers given once and given again, for as long as nothing was written.

Most of a shop's searches are a few popular ones. An answer is kept under the whole typed
request (text, filters, sort, page, treatment of an experiment, candidates of campaigns) with
the number of writes the index had seen before it was made; with the next write it is no longer
given. So a price, a stock or a withdrawal is in the next answer, as without a memory. What is
personal is put on top of it and never kept, nor is what a photo found.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Sequence
from functools import partial

import numpy as np

from retrieval.index.memory import AnswerMemory
from retrieval.index.types import ProductIndex, RecommendQuery, Scored, VectorQuery
from retrieval.index.writes import WriteLog
from retrieval.types import (
    Product,
    Searcher,
    SearchRequest,
    SearchResult,
    SimilarResult,
    SparseVector,
)

# Bytes of an answer in memory, by what it holds: estimates for products of some 20 attributes,
# on the large side (parsed products are shared among answers), so that the bound holds.
ANSWER_BYTES = 6_000
HIT_BYTES = 13_000
VARIANT_BYTES = 1_500
FACET_VALUE_BYTES = 700
# The nearest products of some 2,000 shoppers, and what one of them takes with its id.
VECTOR_ANSWERS_BYTES = 24 * 2**20
SCORED_BYTES = 200


class RecallingSearcher:
    """A `Searcher` that answers from memory what it was asked before."""

    def __init__(self, searcher: Searcher, writes: WriteLog, most_bytes: int) -> None:
        """`writes` are those of the searcher's index."""
        self._searcher = searcher
        self._memory = AnswerMemory[SearchResult | SimilarResult | None](
            writes, most_bytes, weigh_answer
        )

    def search(self, request: SearchRequest) -> SearchResult:
        """Ranked products, from memory where they are there."""
        if request.image:
            return self._searcher.search(request)  # a photo is nobody else's
        started = time.perf_counter()
        if isinstance(known := self._memory.get(request), SearchResult):
            total = (time.perf_counter() - started) * 1000
            # Equal requests may be written differently (10 and 10.0): told is what was asked.
            return known.model_copy(update={"request": request, "timings_ms": {"total": total}})
        made = self._memory.make(request, lambda: self._searcher.search(request))
        assert isinstance(made, SearchResult)
        return made

    def similar(self, product_id: str, request: SearchRequest) -> SimilarResult | None:
        """Products like this one, from memory where they are there."""
        key = (product_id, request)
        if isinstance(known := self._memory.get(key), SimilarResult):
            return known
        made = self._memory.make(key, lambda: self._searcher.similar(product_id, request))
        assert not isinstance(made, SearchResult)
        return made

    @property
    def photo_limit(self) -> int:
        """The most bytes of a photo; 0 where no product has a picture."""
        return self._searcher.photo_limit

    def encode_image(self, data: bytes) -> tuple[float, ...]:
        """The vector of a photo; nothing of it is kept."""
        return self._searcher.encode_image(data)

    def get(self, ids: Iterable[str]) -> tuple[Product, ...]:
        """The products with these ids, in the order asked; unknown ids are left out."""
        return self._searcher.get(ids)


class RecallingVectors:
    """An index's answers to queries by vectors that are asked again while they stand still: a
    shopper's tastes move with what they do, not with every list they are shown."""

    def __init__(self, index: ProductIndex, most_bytes: int = VECTOR_ANSWERS_BYTES) -> None:
        self._index = index
        self._memory = (
            AnswerMemory[list[Scored]](index.writes, most_bytes, lambda a: SCORED_BYTES * len(a))
            if index.writes
            else None
        )

    def search(self, queries: Sequence[VectorQuery | RecommendQuery]) -> list[list[Scored]]:
        """One list, best first, per query, as `ProductIndex.search` gives it."""
        memory = self._memory
        if memory is None:
            return self._index.search(queries)
        return [
            memory.get(key) or memory.make(key, partial(self._ask, query))
            for query, key in zip(queries, map(vector_key, queries), strict=True)
        ]

    def _ask(self, query: VectorQuery | RecommendQuery) -> list[Scored]:
        return self._index.search([query])[0]


def vector_key(query: VectorQuery | RecommendQuery) -> Hashable:
    """The same for equal queries only."""
    if isinstance(query, RecommendQuery):
        examples = tuple(
            tuple(np.asarray(vector).tobytes() for vector in part)
            for part in (query.positives, query.negatives)
        )
        return query.using, examples, query.limit, query.condition
    sparse = isinstance(query.vector, SparseVector)
    vector = query.vector if sparse else np.asarray(query.vector).tobytes()
    return query.using, vector, query.limit, query.condition


def weigh_answer(answer: SearchResult | SimilarResult | None) -> int:
    """The bytes an answer takes in memory, about."""
    if answer is None:
        return ANSWER_BYTES
    result = answer if isinstance(answer, SearchResult) else answer.result
    return (
        ANSWER_BYTES
        + HIT_BYTES * (len(result.hits) + sum(len(r.hits) for r in result.relaxations))
        + VARIANT_BYTES * sum(len(hit.variants) for hit in result.hits)
        + FACET_VALUE_BYTES * sum(len(facet.values) for facet in result.facets)
    )


def recall_answers(searcher: Searcher, index: ProductIndex, most_mb: int) -> Searcher:
    """`searcher` with a memory of `most_mb` MB; without one where it is 0, or where others may
    write to the index unseen (a Qdrant server), so that no answer is older than the question."""
    if index.writes is None or not most_mb:
        return searcher
    return RecallingSearcher(searcher, index.writes, most_mb * 2**20)
