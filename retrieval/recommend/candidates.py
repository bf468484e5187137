"""Where recommendations come from: product ids with the scores of what found them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from retrieval.index.types import (
    Group,
    ProductIndex,
    RecommendQuery,
    VectorQuery,
    point_id,
)
from retrieval.profile.items import ItemReader
from retrieval.profile.profile import SESSION_PRODUCTS, Profile
from retrieval.profile.statistics import BehaviourStatistics
from retrieval.recall import RecallingVectors
from retrieval.recommend.next_items import NextItems, Serving

# Candidates of one vector query; ranking looks at the best few hundred of all sources.
NEAREST = 60
POPULAR = 40
# Latest liked products whose companions are candidates.
STARTS = 12
# Examples of one recommend query: each costs a comparison with every product.
EXAMPLES = 3


class Signal(StrEnum):
    """What may speak for a candidate; each lies between 0 and 1."""

    SESSION = "session"
    LONG = "long"
    VIEWED_WITH = "viewed_with"
    BOUGHT_WITH = "bought_with"
    POPULAR = "popular"
    TREND = "trend"
    NEARNESS = "nearness"
    NEXT = "next"


@dataclass
class Pool:
    """Candidates by the index's ids, their signals, and the product that each came from."""

    signals: dict[str, dict[Signal, float]] = field(default_factory=lambda: defaultdict(dict))
    sources: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, signal: Signal, scored: Iterable[tuple[str, float]]) -> None:
        """Note scores of one source; the best counts where a candidate comes twice."""
        for key, score in scored:
            known = self.signals[key]
            known[signal] = max(score, known.get(signal, 0.0))


def add_nearest(pool: Pool, index: RecallingVectors, items: ItemReader, profile: Profile) -> None:
    """Products near what the session and the long-term profile are about.

    Where something was dismissed, the session's latest products are positives and the
    dismissed ones negatives of one recommend query.
    """
    queries: list[VectorQuery | RecommendQuery] = []
    names: list[Signal] = []
    if profile.session_vector is not None:
        queries.append(_session_query(items, profile))
        names.append(Signal.SESSION)
    # Who is here for the first time has one history: one search answers for both.
    first_time = bool(queries) and profile.session == profile.liked[:SESSION_PRODUCTS]
    if profile.long_vector is not None and not first_time:
        queries.append(VectorQuery(items.using, profile.long_vector, NEAREST))
        names.append(Signal.LONG)
    if queries:
        for name, answer in zip(names, index.search(queries), strict=True):
            scored = spread([(s.id, s.score) for s in answer])
            pool.add(name, scored)
            if first_time:
                pool.add(Signal.LONG, scored)


def _session_query(items: ItemReader, profile: Profile) -> VectorQuery | RecommendQuery:
    assert profile.session_vector is not None
    negatives = items.vectors(profile.dismissed[:EXAMPLES])
    positives = items.vectors(profile.session[:EXAMPLES]) if negatives else {}
    if not positives:
        return VectorQuery(items.using, profile.session_vector, NEAREST)
    return RecommendQuery(
        items.using, tuple(positives.values()), tuple(negatives.values()), NEAREST
    )


def add_companions(
    pool: Pool, statistics: BehaviourStatistics, starts: Sequence[str], *, bought: bool
) -> None:
    """Products that others looked at (or bought) together with `starts`, the newest first."""
    signal = Signal.BOUGHT_WITH if bought else Signal.VIEWED_WITH
    read = statistics.bought_with if bought else statistics.viewed_with
    for place, start in enumerate(starts[:STARTS]):
        fade = 0.9**place
        for other, score, times in read(start):
            key = point_id(other)
            known, faded = pool.signals[key], score * fade
            if faded > known.get(signal, 0.0):
                known[signal] = faded
                pool.sources[key] = (start, times)


def add_popular(
    pool: Pool, statistics: BehaviourStatistics, segment: str, most: int = POPULAR
) -> None:
    """What everybody, or everybody of a language, chooses."""
    popular = statistics.popularity(segment)[:most]
    pool.add(Signal.POPULAR, ((point_id(i), share) for i, share in popular))


def add_next(pool: Pool, model: NextItems, serving: Serving, profile: Profile) -> None:
    """What the next-item model expects after the products the shopper met last."""
    scored = model.foretell(serving, profile.liked, NEAREST)
    pool.add(Signal.NEXT, ((point_id(i), score) for i, score in spread(scored)))


def add_near_products(
    pool: Pool, index: ProductIndex, items: ItemReader, starts: Sequence[str], condition: Group
) -> None:
    """Products near each of `starts`."""
    vectors = items.vectors(starts)
    queries = [VectorQuery(items.using, v, NEAREST, condition) for v in vectors.values()]
    for answer in index.search(queries) if queries else ():
        pool.add(Signal.NEARNESS, spread([(s.id, s.score) for s in answer]))


def spread(scored: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Scores from 1 (the best) to near 0 (the worst of the list): cosines lie too close."""
    if not scored:
        return []
    values = [score for _, score in scored]
    low, width = min(values), max(values) - min(values)
    if width <= 0:
        return [(key, 1.0) for key, _ in scored]
    return [(key, 0.05 + 0.95 * (score - low) / width) for key, score in scored]


def weigh(signals: Mapping[Signal, float], weights: Mapping[Signal, float]) -> float:
    """The weighted sum of what speaks for a candidate."""
    total = 0.0
    for name, value in signals.items():  # hundreds of times a list
        total += weights.get(name, 0.0) * value
    return total
