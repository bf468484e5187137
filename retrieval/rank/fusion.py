"""Ways to make one ranking out of several: by rank, by score distribution, by weight.

A retriever's answer is a mapping id → score, best first. All functions return id → fused
score, best first; an id that a retriever did not return counts as its worst.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

Ranking = Mapping[str, float]

# Cormack, Clarke, Büttcher (SIGIR 2009): ranks far down hardly differ.
RRF_K = 60


def fuse_ranks(
    rankings: Sequence[Ranking], weights: Sequence[float] | None = None, k: int = RRF_K
) -> dict[str, float]:
    """Reciprocal rank fusion: the sum of weight / (k + rank)."""
    fused: dict[str, float] = {}
    for ranking, weight in zip(rankings, weights or [1.0] * len(rankings), strict=True):
        for rank, key in enumerate(ranking, start=1):
            fused[key] = fused.get(key, 0.0) + weight / (k + rank)
    return best_first(fused)


def fuse_distributions(
    rankings: Sequence[Ranking], weights: Sequence[float] | None = None
) -> dict[str, float]:
    """Distribution-based score fusion (Mazzecchi 2023): each list's mean ± 3 σ becomes 0 to 1."""
    fused: dict[str, float] = {}
    for ranking, weight in zip(rankings, weights or [1.0] * len(rankings), strict=True):
        if not ranking:
            continue
        scores = np.fromiter(ranking.values(), float)
        low, width = scores.mean() - 3 * scores.std(), 6 * scores.std()
        scaled = np.clip((scores - low) / width, 0, 1) if width > 0 else np.full(len(scores), 0.5)
        for key, score in zip(ranking, scaled, strict=True):
            fused[key] = fused.get(key, 0.0) + weight * float(score)
    return best_first(fused)


def fuse_scores(rankings: Sequence[Ranking], weights: Sequence[float]) -> dict[str, float]:
    """Weighted sum of scores, each list divided by its best (convex combination of Bruch, Gai,
    Ingber, ACM TOIS 2023, with the best as the theoretical maximum); missing scores count as
    nothing."""
    fused: dict[str, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        top = max(ranking.values(), default=0.0)
        for key, score in ranking.items():
            share = max(score, 0.0) / top if top > 0 else 0.0
            fused[key] = fused.get(key, 0.0) + weight * share
    return best_first(fused)


def lower_floor(ranking: Ranking, share: float, depth: int) -> dict[str, float]:
    """The ranking with `share` of the worst score among its first `depth` taken off each.

    Some encoders squeeze all cosines into a narrow band (multilingual-e5: .79 to .87); with
    the floor taken off, a score says again how much better than the others a product is.
    """
    worst = min(islice(ranking.values(), depth), default=0.0)
    floor = share * max(worst, 0.0)
    return {key: score - floor for key, score in ranking.items()}


def best_first(scores: Mapping[str, float]) -> dict[str, float]:
    """The same, sorted by falling score, ties by id so that runs agree."""
    # Sorting by score alone takes a quarter of the time; ties are few and mended after.
    ranked = sorted(scores.items(), key=itemgetter(1), reverse=True)
    values = np.fromiter(map(itemgetter(1), ranked), float, len(ranked))
    for start, end in _find_runs(values):
        ranked[start:end] = sorted(ranked[start:end])
    return dict(ranked)


def _find_runs(values: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Where equal values stand side by side: start and end of each run."""
    same = np.concatenate(([False], values[1:] == values[:-1], [False]))
    edges = np.flatnonzero(same[1:] != same[:-1]).tolist()
    # The value before a run's first repetition belongs to it.
    yield from zip(edges[::2], (end + 1 for end in edges[1::2]), strict=True)
