"""What the ranker sees of a candidate: how each way of matching rates it among the others.

Every feature lies between 0 and 1, 1 being the best candidate of this query, so that weights
learned on one catalogue hold on another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np

from retrieval.index.types import Group, HasId, ProductIndex, VectorName, VectorQuery
from retrieval.types import Vectors

# Candidates taken to be relevant for feedback: 10 to 30 do alike, more blurs the topic.
FEEDBACK = 30


class Feature(StrEnum):
    """The signals that a learned ranker weighs."""

    FUSED = "fused"
    LEXICAL = "lexical"
    DENSE = "dense"
    FEEDBACK = "feedback"


def compute_features(
    index: ProductIndex,
    queries: Sequence[VectorQuery],
    answers: Sequence[Mapping[str, float]],
    weights: Sequence[float],
    fused: Mapping[str, float],
    floors: Mapping[VectorName, float],
) -> Vectors:
    """Features of the candidates `fused` (best first), shape (candidates, len(Feature)).

    Each retriever found only the nearest products (`answers`, raw scores); here it rates all
    candidates, those that the other one found too. FEEDBACK is the closeness to the mean of
    the best candidates: pseudo-relevance feedback after Rocchio (1971) in the dense space.
    """
    pool = tuple(fused)
    feedback = _feedback_query(index, queries, weights, pool)
    unrated = [
        _narrow(query, [key for key in pool if key not in answer])
        for query, answer in zip(queries, answers, strict=True)
    ]
    found = _ask(index, [*unrated, feedback])
    rated = [
        _relative({**answer, **rest}, floors.get(query.using, 0.0), pool)
        for query, answer, rest in zip(queries, answers, found, strict=False)
    ]
    columns = {
        Feature.FUSED: _scaled(np.fromiter(fused.values(), np.float32, len(pool))),
        Feature.LEXICAL: _mean_of(Feature.LEXICAL, queries, weights, rated, len(pool)),
        Feature.DENSE: _mean_of(Feature.DENSE, queries, weights, rated, len(pool)),
        Feature.FEEDBACK: _relative(found[-1], floors.get(feedback.using, 0.0), pool)
        if feedback
        else np.zeros(len(pool), np.float32),
    }
    return np.stack([columns[feature] for feature in Feature], axis=1)


def _narrow(query: VectorQuery, keys: Sequence[str]) -> VectorQuery | None:
    """The same question about `keys` alone; None about none."""
    if not keys:
        return None
    return replace(query, limit=len(keys), condition=Group(must=(HasId(tuple(keys)),)))


def _ask(index: ProductIndex, queries: Sequence[VectorQuery | None]) -> list[dict[str, float]]:
    """Raw scores by id for each query, empty where there is none to ask; one round trip."""
    asked = [query for query in queries if query is not None]
    answers = iter(index.search(asked) if asked else [])
    return [{s.id: s.score for s in next(answers)} if query else {} for query in queries]


def _mean_of(
    feature: Feature,
    queries: Sequence[VectorQuery],
    weights: Sequence[float],
    rated: Sequence[Vectors],
    size: int,
) -> Vectors:
    """The ratings of one kind of query, each wording at its share."""
    mine = [n for n, query in enumerate(queries) if _feature(query) is feature]
    total = sum(weights[n] for n in mine)
    mean = np.zeros(size, np.float32)
    for n in mine:
        mean += weights[n] / total * rated[n]
    return mean


def _feature(query: VectorQuery) -> Feature:
    return Feature.LEXICAL if query.using is VectorName.LEXICAL else Feature.DENSE


def _feedback_query(
    index: ProductIndex,
    queries: Sequence[VectorQuery],
    weights: Sequence[float],
    pool: Sequence[str],
) -> VectorQuery | None:
    """Asks for closeness to the mean of the first candidates, where the heaviest dense query
    looks."""
    dense = [
        (weight, query.using)
        for query, weight in zip(queries, weights, strict=True)
        if _feature(query) is Feature.DENSE
    ]
    if not dense:
        return None
    using = max(dense)[1]
    found = index.vectors(using, pool[:FEEDBACK])
    if not found:
        return None
    mean = np.mean(list(found.values()), axis=0)
    middle = (mean / np.linalg.norm(mean)).astype(np.float32)
    return VectorQuery(using, middle, len(pool), Group(must=(HasId(tuple(pool)),)))


def _relative(ranking: Mapping[str, float], floor: float, pool: Sequence[str]) -> Vectors:
    scores = np.array([ranking.get(key, np.nan) for key in pool])
    known = ~np.isnan(scores)
    cut = floor * max(scores[known].min(initial=np.inf), 0.0) if known.any() else 0.0
    return _scaled(np.where(known, scores - cut, 0.0).astype(np.float32))


def _scaled(scores: Vectors) -> Vectors:
    top = float(scores.max(initial=0.0))
    return np.clip(scores / top, 0.0, 1.0) if top > 0 else np.zeros_like(scores)
