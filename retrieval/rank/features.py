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
from retrieval.rank.fusion import lower_floor
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
    weights: Sequence[float],
    fused: Mapping[str, float],
    floors: Mapping[VectorName, float],
) -> Vectors:
    """Features of the candidates `fused` (best first), shape (candidates, len(Feature)).

    Each retriever found only the nearest products; here it rates all candidates, those that
    the other one found too. FEEDBACK is the closeness to the mean of the best candidates:
    pseudo-relevance feedback after Rocchio (1971) in the dense space.
    """
    pool = tuple(fused)
    own = Group(must=(HasId(pool),))
    asked = [replace(query, limit=len(pool), condition=own) for query in queries]
    feedback = _feedback_query(index, asked, weights, pool, own)
    answers = index.search([*asked, feedback] if feedback else asked)
    rated = [
        _relative({s.id: s.score for s in answer}, floors.get(query.using, 0.0), pool)
        for query, answer in zip([*asked, feedback] if feedback else asked, answers, strict=True)
    ]
    columns = {
        Feature.FUSED: _scaled(np.fromiter(fused.values(), np.float32, len(pool))),
        Feature.LEXICAL: _mean_of(Feature.LEXICAL, asked, weights, rated, len(pool)),
        Feature.DENSE: _mean_of(Feature.DENSE, asked, weights, rated, len(pool)),
        Feature.FEEDBACK: rated[-1] if feedback else np.zeros(len(pool), np.float32),
    }
    return np.stack([columns[feature] for feature in Feature], axis=1)


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
    own: Group,
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
    return VectorQuery(using, (mean / np.linalg.norm(mean)).astype(np.float32), len(pool), own)


def _relative(ranking: Mapping[str, float], floor: float, pool: Sequence[str]) -> Vectors:
    spread = lower_floor(ranking, floor, len(pool))
    return _scaled(np.array([spread.get(key, 0.0) for key in pool], np.float32))


def _scaled(scores: Vectors) -> Vectors:
    top = float(scores.max(initial=0.0))
    return np.clip(scores / top, 0.0, 1.0) if top > 0 else np.zeros_like(scores)
